"""One page of a website as its HTML tells it: title, language, text in Markdown, links, and what it asks of robots. It fetches nothing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from glassine.connect.website.content import only_lists, own_text
from glassine.connect.website.markup import HEADINGS, Element, tree
from glassine.connect.website.writing import escaped, markdown

_LITTLE = 80  # characters of text; a page with less, and scripts, shows its text by scripts
_MOUNTS = frozenset({"root", "app", "__next", "___gatsby", "__nuxt", "main-app", "application"})  # empty boxes that scripts fill
_SHORT = 600  # a page of an error, or one that asks for a login, has no more
_MOST_LINKS = 5_000
_MOST_QUESTIONS = 200
_PARTED = re.compile(r"\s+[|·•»›–—-]\s+|\s*::\s*|\s+\|\s*")
_NOT_FOUND = re.compile(
    r"\b404\b|page not found|not found|doesn.t exist|no longer (?:exists|available)|nicht gefunden|existiert nicht|introuvable|no encontrad[ao]|não encontrad[ao]|non trovat[ao]|niet gevonden",
    re.IGNORECASE,
)
_ENABLE = re.compile(r"enable javascript|javascript (?:is )?(?:required|disabled)|requires javascript|javascript (?:aktivieren|muss)|activer javascript", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page says. `links` are (address, may be followed) as they stand, made absolute."""

    title: str
    text: str  # Markdown
    language: str | None
    canonical: str | None
    alternates: Mapping[str, str]  # language -> address
    links: tuple[tuple[str, bool], ...]
    refresh: str | None  # where it sends readers on by itself
    noindex: bool
    nofollow: bool
    login: bool
    needs_script: bool
    lists: bool
    not_found: bool  # it says so, though its status does not
    trail: tuple[str, ...]
    changed_at: datetime | None

    @property
    def digest(self) -> str:
        """The same for the same text, whatever stands around it."""
        return _hash(" ".join(self.text.lower().split()))

    @property
    def outline(self) -> str:
        """The same for pages that differ in numbers and names of months only, as the days of a calendar do."""
        return _hash(" ".join(_WORDS.findall(_MONTHS.sub("", self.text.lower()))[:2_000]))


_WORDS = re.compile(r"[^\W\d_]+")
_MONTHS = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun)[a-z]*\b")


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def read(text: str, url: str, robots_header: str = "") -> Page:
    """Reads a page. `url` is where it was found; `robots_header` is what X-Robots-Tag says. Takes time: about a second for the largest."""
    page = tree(text)
    ones = list(page.walk())
    head = _Head.of(page, ones, url)
    scripts = sum(one.name == "script" and ("src" in one.attributes or bool(one.children)) for one in ones)
    links = tuple(_links(ones, head.base))
    things = list(_things(ones))
    password = any(one.name == "input" and one.attributes.get("type", "").lower() == "password" for one in ones)
    mounts = any(one.attributes.get("id") in _MOUNTS and not one.text().strip() for one in ones)
    whole = page.text()
    root = own_text(page)
    lists = only_lists(root)
    body = markdown(root, head.base)
    title = _title(root, page, head)
    body += _missing(list(_questions(things)), body)
    short = len(body) < _SHORT
    robots = head.robots | _from_header(robots_header)
    return Page(
        title=title, text=body, language=head.language, canonical=head.canonical, alternates=head.alternates, links=links, refresh=head.refresh,
        noindex=bool(robots & {"noindex", "none"}), nofollow=bool(robots & {"nofollow", "none"}), login=password and short,
        needs_script=len(body) < _LITTLE and (bool(_ENABLE.search(whole[:20_000])) or (scripts > 0 and (mounts or not links))), lists=lists,
        not_found=short and bool(_NOT_FOUND.search(title)), trail=_trail(things), changed_at=head.changed_at,
    )


# -- what its head says ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    base: str
    title: str
    site: str
    language: str | None
    canonical: str | None
    alternates: Mapping[str, str]
    refresh: str | None
    robots: frozenset[str]
    changed_at: datetime | None

    @staticmethod
    def of(page: Element, all_of_it: list[Element], url: str) -> _Head:
        ones = [one for one in all_of_it if one.name in ("meta", "link", "base", "title")]
        meta = dict(_metas(ones))
        base = next((_joined(url, one.attributes["href"]) for one in ones if one.name == "base" and one.attributes.get("href")), None) or url
        links = [(one.attributes.get("rel", "").lower().split(), one.attributes) for one in ones if one.name == "link" and one.attributes.get("href")]
        alternates = {
            given["hreflang"].lower(): found for rel, given in links if "alternate" in rel and given.get("hreflang") and (found := _joined(base, given["href"]))
        }
        sent = re.match(r"\s*[\d.]+\s*[;,]\s*url\s*=\s*['\"]?([^'\"]+)", meta.get("refresh", ""), re.IGNORECASE)
        return _Head(
            base=base, title=next((" ".join(one.text().split()) for one in ones if one.name == "title"), ""), site=meta.get("og:site_name", ""),
            language=_language(page, meta, alternates, url), canonical=next((_joined(base, given["href"]) for rel, given in links if "canonical" in rel), None),
            alternates=alternates, refresh=_joined(base, sent[1].strip()) if sent else None, robots=_robots(meta), changed_at=_moment(meta.get("article:modified_time", "")),
        )


def _metas(ones: list[Element]) -> Iterator[tuple[str, str]]:
    for one in ones:
        given = one.attributes
        name = (given.get("name") or given.get("property") or given.get("http-equiv") or "").strip().lower()
        if one.name == "meta" and name:
            yield name, given.get("content", "")


def _language(page: Element, meta: Mapping[str, str], alternates: Mapping[str, str], url: str) -> str | None:
    """Two letters, as the page says or as its siblings call it."""
    own = next((name for name, address in alternates.items() if address.rstrip("/") == url.rstrip("/") and name != "x-default"), "")
    for said in (page.attributes.get("lang", ""), page.attributes.get("xml:lang", ""), meta.get("content-language", ""), own, meta.get("og:locale", "")):
        if found := re.match(r"\s*([a-zA-Z]{2})(?:[-_,]|\s*$)", said):
            return found[1].lower()
    return None


def _robots(meta: Mapping[str, str]) -> frozenset[str]:
    """What is said to this robot by name counts instead of what is said to all."""
    said = meta.get("glassine", meta.get("robots", ""))
    return frozenset(word.strip().lower() for word in said.split(","))


def _from_header(header: str) -> frozenset[str]:
    """X-Robots-Tag: rules for all, and `glassine: …` for this one; those that name another robot are not meant."""
    ours: set[str] = set()
    named = "*"
    for part in header.split(","):
        who, colon, rule = part.partition(":")
        if colon and not who.strip().lower().startswith(("unavailable_after", "max-")):
            named, part = who.strip().lower(), rule
        if named in ("*", "glassine"):
            ours.add(part.strip().lower())
    return frozenset(ours)


def _joined(base: str, target: str) -> str | None:
    try:
        return urljoin(base, target.strip())
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo else None


# -- what stands in it ----------------------------------------------------------------------------------------------------------


def _links(ones: list[Element], base: str) -> Iterator[tuple[str, bool]]:
    seen: set[str] = set()
    for one in ones:
        target = one.attributes.get("href", "").strip() if one.name in ("a", "area") else ""
        if not target or target.startswith(("#", "javascript:", "mailto:", "tel:", "data:")):
            continue
        address = _joined(base, target)
        if address and address not in seen:
            seen.add(address)
            yield address, not {"nofollow", "ugc", "sponsored"} & set(one.attributes.get("rel", "").lower().split())
            if len(seen) >= _MOST_LINKS:
                return


def _title(root: Element, page: Element, head: _Head) -> str:
    """The first heading of the first level in the text; else the page's title without the name of the site."""
    for within in (root, page):
        for one in within.walk():
            if one.name == "h1" and (text := _words(one)):
                return text
    if head.title:
        return _without_site(head.title, head.site)
    return next((text for one in root.walk() if one.name in HEADINGS and (text := _words(one))), "")


def _words(one: Element) -> str:
    return " ".join(one.text().replace("¶", "").split()).strip(" #")[:300]


def _without_site(title: str, site: str) -> str:
    parts = [part.strip() for part in _PARTED.split(title) if part and part.strip()]
    if len(parts) < 2:
        return title[:300]
    kept = [part for part in parts if not site or part.casefold() != site.casefold()]
    if len(kept) == len(parts):
        kept = parts[:-1]
    return (" – ".join(kept) or title)[:300]


def _trail(things: list[Mapping[str, Any]]) -> tuple[str, ...]:
    """Where the page stands in its site, as its breadcrumbs say in JSON-LD: without the site itself and without the page."""
    for thing in things:
        if thing.get("@type") == "BreadcrumbList" and isinstance(places := thing.get("itemListElement"), list):
            names = [" ".join(str(name).split())[:120] for place in places[:8] if isinstance(place, dict) and (name := place.get("name") or _named(place.get("item")))]
            return tuple(names[1:-1])
    return ()


def _named(thing: Any) -> Any:
    return thing.get("name") if isinstance(thing, dict) else None


def _questions(things: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Questions and answers that the page tells in JSON-LD, which many pages show by scripts only."""
    count = 0
    for thing in things:
        entries = thing.get("mainEntity") if thing.get("@type") == "FAQPage" else None
        for entry in entries if isinstance(entries, list) else [entries]:
            answer = entry.get("acceptedAnswer") if isinstance(entry, dict) else None
            if isinstance(entry, dict) and isinstance(answer, dict) and isinstance(entry.get("name"), str) and isinstance(answer.get("text"), str) and count < _MOST_QUESTIONS:
                count += 1
                yield " ".join(entry["name"].split())[:300], answer["text"][:20_000]


def _things(ones: list[Element]) -> Iterator[Mapping[str, Any]]:
    for one in ones:
        if one.name == "script" and one.children:
            try:
                said = json.loads(one.text())
            except (ValueError, RecursionError):
                continue
            graph = said.get("@graph", [said]) if isinstance(said, dict) else said
            yield from (thing for thing in (graph if isinstance(graph, list) else [graph]) if isinstance(thing, dict))


def _missing(questions: list[tuple[str, str]], body: str) -> str:
    """Those of the questions that the text does not hold, under headings of their own."""
    plain = " ".join(re.sub(r"[\\*]", "", body).split()).casefold()
    added = [f"## {escaped(question)}\n\n{markdown(tree(answer), '')}" for question, answer in questions if question.casefold() not in plain]
    return "\n" + "\n".join(added) if added else ""

