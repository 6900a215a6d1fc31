"""Where an article's text links to, and which headings it has. Pure; whether the other end is there is asked elsewhere."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from uuid import UUID

from markdown_it import MarkdownIt

from glassine.rules.markdown import blocks, slug

_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_PICTURE = re.compile(r"/images/[0-9a-f-]{36}/([0-9a-f-]{36})(?:\.\w+)?")
_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
MOST = 500  # links of one article that are looked at


class Inside(NamedTuple):
    """A link to something of ours: a picture, or an article by id or slug, and a heading of it. All empty: this article."""

    picture: UUID | None = None
    article: UUID | None = None
    slug: str = ""
    heading: str = ""


def links(body: str) -> list[str]:
    """Addresses in order, each once."""
    found = [
        str(child.attrs["href" if child.type == "link_open" else "src"])
        for block in _parser.parse(body) for child in block.children or [] if child.type in ("link_open", "image")
    ]
    return list(dict.fromkeys(url for url in found if url))[:MOST]


def headings(body: str) -> set[str]:
    """Ids of the headings, as the page gives them."""
    seen: dict[str, int] = {}
    named: set[str] = set()
    for block in blocks(body):
        if block.kind == "heading" and (name := slug(block.text)):
            seen[name] = seen.get(name, -1) + 1
            named.add(f"{name}-{seen[name]}" if seen[name] else name)
    return named


def inside(url: str, own: str) -> Inside | None:
    """What of ours an address means; None: it leads outside, or is none of the web. `own` is our public address."""
    at = urlsplit(url)
    if at.scheme and not (own and url.startswith(own.rstrip("/") + "/")):
        return None
    heading = unquote(at.fragment)
    if not at.path:
        return Inside(heading=heading)
    if found := _PICTURE.fullmatch(at.path):
        return Inside(picture=_uuid(found[1]))
    if not at.path.startswith("/help/"):
        return None
    last = unquote(at.path.rstrip("/").rpartition("/")[2]).removesuffix(".md")
    if _ID.fullmatch(last):
        return Inside(article=UUID(last), heading=heading)
    return Inside(slug=last, heading=heading)


def outside(url: str, own: str) -> bool:
    """Whether it is an address of the web that is not ours."""
    return url.startswith(("https://", "http://")) and inside(url, own) is None


def _uuid(text: str) -> UUID | None:
    return UUID(text) if _ID.fullmatch(text) else None
