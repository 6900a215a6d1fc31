"""A first look at a website before it is saved: what is there, said in one sentence. It reads one page and no more."""

from __future__ import annotations

import asyncio
from urllib.parse import unquote, urlsplit

from glassine.connect.website.crawl import Crawl
from glassine.connect.website.fetching import Kind
from glassine.connect.website.pages import Page
from glassine.connect.website.verdicts import seen
from glassine.words.sources import SourceFailed, Trouble

_EXAMPLES = 3


async def sentence(crawl: Crawl) -> str:
    """Raises Refused for settings that cannot be, SourceFailed for a site that cannot be read."""
    await crawl.resolve_starts()
    listing = await crawl.listed()
    listed = [url for url in listing.pages if crawl.belongs(url)]
    page, why_not = await _first(crawl)
    linked = [] if page is None else [url for address, follow in page.links if follow and (url := crawl.scope.spelled(address)) and crawl.belongs(url)]
    linked = [url for url in dict.fromkeys(linked) if url not in crawl.scope.starts]
    if why_not and not listed and not linked:
        raise SourceFailed(Trouble.MALFORMED, f"The first page {why_not}, and it leads to no others. Enter the address of a page with text, or of a sitemap.")
    name = page.title if page is not None and page.title else urlsplit(crawl.scope.starts[0]).netloc
    return f"Reached {name[:80]}: {_found(crawl, listed, len(listing.pages), linked, files=listing.files)}"


async def _first(crawl: Crawl) -> tuple[Page | None, str]:
    got = next((got for got in crawl.ready.values() if got.kind is Kind.PAGE), None)
    if got is None:
        return None, "lists pages only" if not crawl.ready else "shows nothing"
    found = await asyncio.to_thread(seen, got, depth=0, alternate=False, lastmod="", files=crawl.scope.files)
    return found.page, found.why_not


def _found(crawl: Crawl, listed: list[str], of: int, linked: list[str], *, files: int) -> str:
    if listed:
        count = f"{len(listed):,} pages" if len(listed) > 1 else "one page"
        rest = f" of {of:,}" if of > len(listed) else ""
        limit = f" The limit of {crawl.scope.limit:,} pages leaves some of them out." if len(listed) > crawl.scope.limit else ""
        return f"its sitemap lists {count}{rest} to read, such as {_examples(listed)}.{limit}"
    before = f"its sitemap lists {of:,} pages, but none of them belongs to what is read here; " if of else "" if files else "it has no sitemap; "
    if not linked:
        return f"{before}the page leads to no others, so it alone is read."
    return f"{before}pages are found by their links, and the first leads to {len(linked):,}, such as {_examples(linked)}."


def _examples(urls: list[str]) -> str:
    paths = [unquote(urlsplit(url).path)[:60] or "/" for url in urls[:_EXAMPLES]]
    return " and ".join(paths) if len(paths) < 3 else f"{', '.join(paths[:-1])} and {paths[-1]}"
