"""A help centre of Zendesk that answers over HTTP, written from Zendesk's documentation of its API. It knows what it holds, so tests can ask it for the truth."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.vendors import Request, Response

EMAIL, TOKEN, OAUTH = "ada@acme.example", "zd-secret-token-42", "zd-oauth-token-77"
SETTINGS = {"subdomain": "acme", "email": EMAIL, "token": TOKEN}
_EPOCH = 1_760_000_000


@dataclass(slots=True)
class Translation:
    title: str
    body: str
    draft: bool = False
    outdated: bool = False
    updated: int = 0


@dataclass(slots=True)
class Attachment:
    id: int
    name: str
    content: bytes
    content_type: str = "application/pdf"
    locale: str | None = None
    inline: bool = False
    updated: int = 0


@dataclass(slots=True)
class Article:
    id: int
    section: int
    translations: dict[str, Translation]
    segment: int | None = None
    segments: list[int] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    attachments: dict[int, Attachment] = field(default_factory=dict)
    created: int = 0
    updated: int = 0


@dataclass(slots=True)
class HelpCentre:
    """State and answers. `clock` moves on with every change; `faults` are asked before each answer."""

    articles: dict[int, Article] = field(default_factory=dict)
    locales: list[str] = field(default_factory=lambda: ["en-us", "de"])
    open: bool = True
    exists: bool = True
    sideloads: bool = True
    quiet_translations: bool = False  # an edit of a translation does not move its article's time
    unsaid: tuple[str, ...] = ()  # fields that it leaves out of articles
    slips: set[int] = field(default_factory=set)  # articles that its listing forgets
    role: str = "admin"
    page_size: int = 100  # at most
    tokens: set[str] = field(default_factory=lambda: {TOKEN, OAUTH})
    clock: int = _EPOCH
    faults: Callable[[Request], Response | None] = lambda _: None
    sections: dict[int, tuple[str, int | None, int]] = field(default_factory=lambda: {7: ("Refunds", None, 3), 8: ("Abroad", 7, 3)})  # name, parent, category
    categories: dict[int, str] = field(default_factory=lambda: {3: "Billing"})
    _last: int = 100

    # -- changes -----------------------------------------------------------------------------------------------------------

    def write(self, title: str = "Refunds", body: str = "<p>Within 14 days.</p>", *, section: int = 7, locale: str = "en-us", **more: Any) -> Article:
        self._last += 1
        article = Article(id=self._last, section=section, translations={locale: Translation(title, body)}, **more)
        self.articles[article.id] = article
        article.created = self.clock + 1
        return self._moved(article, article.translations[locale])

    def translate(self, article: Article, locale: str, title: str, body: str, **more: Any) -> None:
        article.translations[locale] = Translation(title, body, **more)
        self._moved(article, article.translations[locale], quiet=self.quiet_translations)

    def edit(self, article: Article, locale: str, **changes: Any) -> None:
        for name, value in changes.items():
            setattr(article.translations[locale], name, value)
        self._moved(article, article.translations[locale], quiet=self.quiet_translations)

    def restrict(self, article: Article, segment: int | None) -> None:
        article.segment = segment
        self._moved(article)

    def attach(self, article: Article, name: str, content: bytes, **more: Any) -> Attachment:
        self._last += 1
        self.clock += 1
        made = Attachment(self._last, name, content, updated=self.clock, **more)
        article.attachments[made.id] = made
        return made

    def archive(self, article: Article) -> None:
        self.clock += 1
        del self.articles[article.id]

    def _moved(self, article: Article, translation: Translation | None = None, *, quiet: bool = False) -> Article:
        self.clock += 1
        if translation is not None:
            translation.updated = self.clock
        if not quiet:
            article.updated = self.clock
        return article

    # -- the truth ---------------------------------------------------------------------------------------------------------

    def texts(self) -> dict[str, bool]:
        """Every document that is there with its path, and whether everybody sees it."""
        found: dict[str, bool] = {}
        for article in self.articles.values():
            seen = {locale: self._seen_by_all(article, locale) for locale, one in article.translations.items() if one.body}
            found |= {f"articles/{article.id}/{locale}": shown for locale, shown in seen.items()}
            for one in article.attachments.values():
                beside = [shown for locale, shown in seen.items() if one.locale in (None, locale)]
                found |= {f"articles/{article.id}/attachments/{one.id}": any(beside)} if beside else {}
        return found

    def _seen_by_all(self, article: Article, locale: str) -> bool:
        return self.open and article.segment is None and not article.segments and locale in self.locales and not article.translations[locale].draft

    # -- answers -----------------------------------------------------------------------------------------------------------

    def __call__(self, request: Request) -> Response:
        fault = self.faults(request)
        if fault is not None:
            return fault
        parts = urlsplit(request.target)
        if parts.path.startswith("/hc/article_attachments/"):
            return self._download(parts.path, request)
        who = self._who(request)
        if who == "nobody":
            return _json({"error": "Couldn't authenticate you"}, 401)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return self._answer(parts.path.removeprefix("/api/v2/").strip("/").split("/"), query, anonymous=who == "anonymous")

    def _who(self, request: Request) -> str:
        given = request.headers.get("authorization", "")
        if not given:
            return "anonymous"
        kind, _, value = given.partition(" ")
        if kind == "Basic":
            name, _, token = base64.b64decode(value).decode().partition(":")
            return "ada" if name == f"{EMAIL}/token" and token in self.tokens else "nobody"
        return "ada" if kind == "Bearer" and value in self.tokens else "nobody"

    def _answer(self, path: list[str], query: dict[str, str], *, anonymous: bool) -> Response:
        match path:
            case ["users", "me"]:
                return _json({"user": {"id": 5, "name": "Ada", "role": self.role}})
            case ["brands"]:
                return _json({"brands": [{"subdomain": "acme", "has_help_center": True}, {"subdomain": "acme-outdoor", "has_help_center": True}, {"subdomain": "acme-plain", "has_help_center": False}]})
            case ["help_center", *_] if not self.exists:
                return _json({"error": "RecordNotFound"}, 404)
            case ["help_center", "locales"]:
                return _json({"locales": self.locales, "default_locale": self.locales[0]})
            case ["help_center", locale, "articles"] if anonymous:
                if not self.open:
                    return _json({"error": "Couldn't authenticate you"}, 401)
                return self._paged("articles", [self._json(one, {}, locale) for one in self.articles.values() if locale in one.translations and self._seen_by_all(one, locale)], query)
            case _ if anonymous:
                return _json({"error": "Couldn't authenticate you"}, 401)
            case ["help_center", *rest]:
                return self._of_help_center(rest, query)
        return _json({"error": "InvalidEndpoint"}, 404)

    def _of_help_center(self, path: list[str], query: dict[str, str]) -> Response:
        match path:
            case ["categories"]:
                rows = [{"id": id, "name": name, "translations": [{"locale": "de", "title": f"{name} (de)"}]} for id, name in self.categories.items()]
                return self._paged("categories", rows, query)
            case ["sections"]:
                found = [{"id": id, "name": name, "parent_section_id": parent, "category_id": category} for id, (name, parent, category) in self.sections.items()]
                return self._paged("sections", found, query)
            case ["articles"]:
                ordered = sorted((one for one in self.articles.values() if one.id not in self.slips), key=lambda one: one.created)
                return self._paged("articles", [self._json(one, query) for one in ordered], query)
            case ["incremental", "articles"]:
                return self._incremental(query)
            case ["articles", id, *rest]:
                return self._one(self.articles.get(int(id)), rest, query)
        return _json({"error": "InvalidEndpoint"}, 404)

    def _one(self, article: Article | None, rest: list[str], query: dict[str, str]) -> Response:
        if article is None:
            return _json({"error": "RecordNotFound"}, 404)
        match rest:
            case []:
                return _json({"article": self._json(article, query)})
            case ["translations"]:
                return _json({"translations": [self._translation(article, locale) for locale in article.translations]})
            case ["attachments"]:
                return _json({"article_attachments": [_attachment(one, article) for one in article.attachments.values()]})
        return _json({"error": "InvalidEndpoint"}, 404)

    def _incremental(self, query: dict[str, str]) -> Response:
        """Two a page; `next_page` leads on, at last to an empty page that has none."""
        start = int(query["start_time"])
        changed = sorted((one for one in self.articles.values() if one.updated >= start), key=lambda one: one.updated)
        page = changed[:2]
        after = f"https://acme.zendesk.com/api/v2/help_center/incremental/articles.json?start_time={page[-1].updated + 1}" if page else None
        return _json({"articles": [self._json(one, query) for one in page], "count": len(page), "next_page": after, "end_time": page[-1].updated if page else None})

    def _json(self, article: Article, query: dict[str, str], locale: str | None = None) -> dict[str, Any]:
        first = locale or next(iter(article.translations))
        shown = article.translations[first]
        found: dict[str, Any] = {
            "id": article.id, "section_id": article.section, "locale": first, "source_locale": first, "title": shown.title, "body": shown.body, "draft": shown.draft,
            "user_segment_id": article.segment, "user_segment_ids": article.segments, "label_names": article.labels, "permission_group_id": 1, "updated_at": _time(article.updated),
            "html_url": f"https://acme.zendesk.com/hc/{first}/articles/{article.id}",
        }
        if self.sideloads and query.get("include") == "translations":
            found["translations"] = [self._translation(article, one) for one in article.translations]
        return {name: value for name, value in found.items() if name not in self.unsaid}

    def _translation(self, article: Article, locale: str) -> dict[str, Any]:
        one = article.translations[locale]
        return {
            "locale": locale, "title": one.title, "body": one.body, "draft": one.draft, "outdated": one.outdated, "hidden": False, "source_id": article.id, "updated_at": _time(one.updated),
            "html_url": f"https://acme.zendesk.com/hc/{locale}/articles/{article.id}",
        }

    def _paged(self, name: str, found: list[dict[str, Any]], query: dict[str, str]) -> Response:
        """By cursor where `page[size]` is given, else by offset with a count."""
        if "page[size]" not in query:
            return _json({name: found[:int(query.get("per_page", 30))], "count": len(found), "next_page": None})
        size, after = min(int(query["page[size]"]), self.page_size), int(query.get("page[after]", "0"))
        page = [one for one in found if one["id"] > after][:size]
        more = bool(page) and page[-1]["id"] != found[-1]["id"]
        return _json({name: page, "meta": {"has_more": more, "after_cursor": str(page[-1]["id"]) if page else None}, "links": {}})

    def _download(self, path: str, request: Request) -> Response:
        id = int(path.split("/")[3])
        one = next((each for article in self.articles.values() for each in article.attachments.values() if each.id == id), None)
        if one is None:
            return Response(status=404)
        if path.endswith("/stored"):  # where the first address redirects to
            return Response(body=one.content, headers={"Content-Type": one.content_type})
        return Response(status=302, headers={"Location": f"{path}/stored"}) if "authorization" in request.headers else Response(status=401)


def _attachment(one: Attachment, article: Article) -> dict[str, Any]:
    return {
        "id": one.id, "article_id": article.id, "file_name": one.name, "content_type": one.content_type, "size": len(one.content), "inline": one.inline, "locale": one.locale,
        "content_url": f"https://acme.zendesk.com/hc/article_attachments/{one.id}", "updated_at": _time(one.updated),
    }


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(value: object, status: int = 200) -> Response:
    return Response(status=status, body=json.dumps(value).encode(), headers={"Content-Type": "application/json"})


def paths(requests: list[Request]) -> Iterator[str]:
    """What was asked for, without queries."""
    return (urlsplit(one.target).path for one in requests)
