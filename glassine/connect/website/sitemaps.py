"""Sitemaps: the pages a site lists itself. Read as text, so that no entity unfolds; packed ones are unpacked up to a limit. It fetches by what it is handed."""

from __future__ import annotations

import asyncio
import html
import re
import zlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from glassine.words.sources import SourceFailed

MOST_BYTES = 20_000_000  # of one sitemap, unpacked
_MOST_FILES = 200
_MOST_PAGES = 100_000
_DEEPEST = 3  # an index in an index in an index

Fetch = Callable[[str, int], Awaitable[bytes | None]]

_TAG = re.compile(r"<(?:[\w-]+:)?(loc|lastmod|sitemap|url|link|item|entry)\b([^<>]*)>([^<]*)", re.IGNORECASE)
_HREF = re.compile(r"\shref\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")


@dataclass(slots=True)
class Listing:
    """Pages in the order of the sitemaps, address -> when it says that they changed; `troubles` are sitemaps that could not be read, and why."""

    pages: dict[str, str] = field(default_factory=dict)
    files: int = 0
    troubles: list[str] = field(default_factory=list)
    full: bool = False  # there were more than are read


async def gather(roots: list[str], fetch: Fetch, wanted: Callable[[str], str | None]) -> Listing:
    """Everything that these sitemaps list. `wanted` spells an address, or says None for one that is not to be fetched."""
    listing = Listing()
    waiting = [(root, 0) for root in roots]
    seen = set(roots)
    while waiting and not listing.full:
        url, depth = waiting.pop(0)
        content = await _fetched(url, fetch, listing)
        if content is None:
            continue
        listing.files += 1
        pages, indexed = await asyncio.to_thread(read, content)
        for address, changed in pages:
            if spelled := wanted(address):
                listing.pages.setdefault(spelled, changed)
        for address in indexed:
            spelled = wanted(address)
            if spelled and spelled not in seen and depth < _DEEPEST:
                seen.add(spelled)
                waiting.append((spelled, depth + 1))
        listing.full = len(listing.pages) >= _MOST_PAGES or listing.files >= _MOST_FILES
    return listing


async def _fetched(url: str, fetch: Fetch, listing: Listing) -> bytes | None:
    try:
        content = await fetch(url, MOST_BYTES)
        return None if content is None else await asyncio.to_thread(unpacked, content)
    except SourceFailed as failure:
        listing.troubles.append(f"A sitemap could not be read: {failure.message}")
    except ValueError as error:
        listing.troubles.append(f"A sitemap could not be read: it {error}.")
    return None


def unpacked(content: bytes) -> bytes:
    """Gunzipped if it is packed. Raises ValueError for what is broken or unfolds to more than a sitemap may have."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    unpacker = zlib.decompressobj(31)
    try:
        found = unpacker.decompress(content, MOST_BYTES)
    except zlib.error:
        raise ValueError("is packed, and damaged") from None
    if unpacker.unconsumed_tail:
        raise ValueError(f"unfolds to more than {MOST_BYTES // 1_000_000} MB")
    return found


def read(content: bytes) -> tuple[list[tuple[str, str]], list[str]]:
    """(pages with when they changed, other sitemaps) of one file: XML, a feed, or an address a line."""
    text = content.decode("utf-8", "replace").replace("<![CDATA[", "").replace("]]>", "")
    if "<" not in text[:2_000]:
        return [(line.strip(), "") for line in text.splitlines()[:_MOST_PAGES] if line.strip().startswith(("http://", "https://"))], []
    pages: dict[str, str] = {}
    indexed: list[str] = []
    for kind, address, changed in _entries(text):
        if kind == "sitemap":
            indexed.append(address)
        else:
            pages.setdefault(address, changed)
        if len(pages) + len(indexed) >= _MOST_PAGES:
            break
    return list(pages.items()), indexed


def _entries(text: str) -> Iterator[tuple[str, str, str]]:
    kind, address, changed = "url", "", ""
    for tag in _TAG.finditer(text):
        name, said = tag[1].lower(), html.unescape(tag[3][:2_000]).strip()
        if name in ("sitemap", "url", "item", "entry"):
            if address:
                yield kind, address, changed
            kind, address, changed = ("sitemap" if name == "sitemap" else "url"), "", ""
        elif name == "loc" or (name == "link" and said.startswith("http")):  # a feed says `link`
            if address and name == "loc":
                yield kind, address, changed
                changed = ""
            address = address if address and name == "link" else said
        elif name == "lastmod":
            changed = said[:40]
        elif found := _HREF.search(tag[2]):  # the same page in another language
            yield "url", html.unescape(found[1] or found[2] or ""), ""
    if address:
        yield kind, address, changed
