"""Reads articles of a help centre into documents: one for each language, with who may see it. It asks nobody and has no settings of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from glassine.connect.zendesk.api import LARGEST_FILE, Json
from glassine.words.knowledge import Audience
from glassine.words.sources import Item, Skipped

READABLE = {  # the ending of a file -> what it is, for those whose text can be read
    ".pdf": "application/pdf", ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".txt": "text/plain", ".md": "text/markdown", ".csv": "text/csv", ".html": "text/html", ".htm": "text/html",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the admin wants of a help centre."""

    team_only: bool = True  # drafts and restricted articles are read, for the team
    attachments: bool = True
    outdated: str = "as_shown"  # translations that Zendesk marks as outdated: as_shown | internal | skip
    unwanted_labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelves:
    """Where articles stand, and to whom the help centre is open at all."""

    names: Mapping[str, Mapping[str, str]] = field(repr=False)  # 'sections/7' -> locale -> name; '' is its name where there is no translation
    parents: Mapping[str, str] = field(repr=False)  # 'sections/7' -> what it stands in
    locales: frozenset[str]  # the languages that the help centre shows
    open: bool  # readers see it without signing in

    def trail(self, section: object, locale: str) -> tuple[str, ...]:
        """The names from the category down to a section."""
        found: list[str] = []
        at = f"sections/{section}"
        while at in self.names and len(found) < 10:
            found.append(self.names[at].get(locale) or self.names[at][""])
            at = self.parents.get(at, "")
        return tuple(reversed([name for name in found if name]))


def texts(article: Json, shelves: Shelves, rules: Rules) -> Iterator[Item | Skipped]:
    """An article in each of its languages. The translations stand in it, as Zendesk sideloads them."""
    for translation in article["translations"]:
        locale = str(translation.get("locale") or "").lower()
        path = f"articles/{article['id']}/{locale}"
        if reason := _left_out(article, translation, rules):
            yield Skipped(path=path, reason=reason)
            continue
        shown = _audience(article, translation, shelves, rules)
        if shown is Audience.INTERNAL and not rules.team_only:
            yield Skipped(path=path, reason="is a draft or restricted in Zendesk, and only what everybody sees is to be read")
            continue
        yield marked(Item(
            path=path, title=str(translation.get("title") or article.get("title") or "").strip() or f"Article {article['id']}", content=str(translation["body"]).encode(), media_type="text/html",
            url=_address(translation) or _address(article), language=locale.partition("-")[0] or None, audience=shown, updated_at=at(translation.get("updated_at")),
            trail=shelves.trail(article.get("section_id"), locale),
        ), rules.attachments)


def _left_out(article: Json, translation: Json, rules: Rules) -> str:
    if wanted := rules.unwanted_labels & {str(label).lower() for label in article.get("label_names") or ()}:
        return f"carries the label {min(wanted)}"
    if rules.outdated == "skip" and translation.get("outdated"):
        return "is an outdated translation"
    return "" if str(translation.get("body") or "").strip() else "has no text"


def _audience(article: Json, translation: Json, shelves: Shelves, rules: Rules) -> Audience:
    """Public is what Zendesk shows to everybody; where it does not say so in so many words, it is not."""
    everybody = "user_segment_id" in article and article["user_segment_id"] is None and not article.get("user_segment_ids")
    live = translation.get("draft") is False and not translation.get("hidden") and str(translation.get("locale")).lower() in shelves.locales
    trusted = rules.outdated != "internal" or not translation.get("outdated")
    return Audience.PUBLIC if shelves.open and everybody and live and trusted else Audience.INTERNAL


def file(attachment: Json, article: Json, shown: list[Item]) -> Item | Skipped | None:
    """The document that a file of an article will be, without its content; None for files without text of their own.

    `shown`: the article's languages. A file is public where a public text of the article lists it.
    """
    name = str(attachment.get("display_file_name") or attachment.get("file_name") or "")
    kind = READABLE.get("." + name.rpartition(".")[2].lower())
    if kind is None or attachment.get("id") is None:
        return None
    path = f"articles/{article['id']}/attachments/{attachment['id']}"
    locale = str(attachment.get("locale") or "").lower()
    beside = [one for one in shown if not locale or one.path.endswith(f"/{locale}")]
    if not beside:
        return None
    if int(attachment.get("size") or 0) > LARGEST_FILE:
        return Skipped(path=path, reason=f"is larger than {LARGEST_FILE // 1_000_000} MB")
    first = next((one for one in beside if one.audience is Audience.PUBLIC), beside[0])
    return marked(Item(
        path=path, title=f"{first.title}: {name}", content=b"", media_type=kind, url=first.url, language=first.language if locale or len(beside) == 1 else None, audience=first.audience,
        updated_at=at(attachment.get("updated_at")), trail=first.trail,
    ), attachment.get("id"), attachment.get("size"), attachment.get("content_url"))


def marked(item: Item, *more: object) -> Item:
    """With a marker that changes when anything of it does, its audience and its shelf included, which Zendesk's own times do not promise."""
    said = json.dumps([item.title, item.url, item.audience, item.trail, item.language, str(item.updated_at), *map(str, more)])
    return replace(item, marker=hashlib.sha256(said.encode() + b"\0" + item.content).hexdigest()[:24])


def at(written: object) -> datetime | None:
    """A time as Zendesk writes it; None where it writes none."""
    try:
        found = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _address(given: Json) -> str | None:
    url = given.get("html_url")
    return url if isinstance(url, str) and url.startswith("https://") else None
