"""A first look at a website before it is saved: what is there, said in one sentence. It reads one page and no more."""

from __future__ import annotations

import asyncio
from urllib.parse import unquote, urlsplit

from glassine.connect.website.addresses import Scope, scope_of
from glassine.connect.website.fetching import Kind, Site, Wait
from glassine.connect.website.ground import Ground, explored, listed
from glassine.connect.website.pages import Page
from glassine.connect.website.sitemaps import Listing
from glassine.connect.website.verdicts import seen
from glassine.words.sources import Link, SourceFailed, Trouble

_EXAMPLES = 3


async def sentence(link: Link, wait: Wait) -> str:
    """Raises Refused for settings that cannot be, SourceFailed for a site that cannot be read."""
    site = Site(link, wait)
    ground = await explored(site, scope_of(link.settings))
    scope, listing = ground.scope, await listed(site, ground.scope)
    wanted = [url for url in listing.pages if scope.belongs(url)]
    page, why_not = await _first(ground)
    linked = [] if page is None else [url for address, follow in page.links if follow and (url := scope.spelled(address)) and scope.belongs(url)]
    linked = [url for url in dict.fromkeys(linked) if url not in scope.starts]
    if why_not and not wanted and not linked:
        raise SourceFailed(Trouble.MALFORMED, f"The first page {why_not}, and it leads to no others. Enter the address of a page with text, or of a sitemap.")
    name = page.title if page is not None and page.title else urlsplit(scope.starts[0]).netloc
    return f"Reached {name[:80]}: {_found(scope, wanted, linked, listing)}"


async def _first(ground: Ground) -> tuple[Page | None, str]:
    got = next((got for got in ground.ready.values() if got.kind is Kind.PAGE), None)
    if got is None:
        return None, "lists pages only" if not ground.ready else "shows nothing"
    found = await asyncio.to_thread(seen, got, depth=0, alternate=False, lastmod="", files=ground.scope.files)
    return found.page, found.why_not


def _found(scope: Scope, wanted: list[str], linked: list[str], listing: Listing) -> str:
    of = len(listing.pages)
    if wanted:
        count = f"{len(wanted):,} pages" if len(wanted) > 1 else "one page"
        rest = f" of {of:,}" if of > len(wanted) else ""
        limit = f" The limit of {scope.limit:,} pages leaves some of them out." if len(wanted) > scope.limit else ""
        return f"its sitemap lists {count}{rest} to read, such as {_examples(wanted)}.{limit}"
    before = f"its sitemap lists {of:,} pages, but none of them belongs to what is read here; " if of else "" if listing.files else "it has no sitemap; "
    if not linked:
        return f"{before}the page leads to no others, so it alone is read."
    return f"{before}pages are found by their links, and the first leads to {len(linked):,}, such as {_examples(linked)}."


def _examples(urls: list[str]) -> str:
    paths = [unquote(urlsplit(url).path)[:60] or "/" for url in urls[:_EXAMPLES]]
    return " and ".join(paths) if len(paths) < 3 else f"{', '.join(paths[:-1])} and {paths[-1]}"
