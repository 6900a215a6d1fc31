"""The ground before a crawl: where the start addresses lead to, what the site shows for a page that is not there, what its sitemaps list."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from glassine.connect.website.addresses import Scope, folder_of
from glassine.connect.website.fetching import Got, Kind, Site
from glassine.connect.website.sitemaps import Listing, gather
from glassine.connect.website.verdicts import seen
from glassine.words.sources import SourceFailed, Trouble

_PROBE = "/glassine-asks-for-a-page-that-is-not-there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """`ready`: start pages that were fetched already. `missing`: host -> what it shows instead of an error. `trouble`: a start address failed."""

    scope: Scope
    ready: Mapping[str, Got] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    trouble: bool = False


async def explored(site: Site, scope: Scope) -> Ground:
    """Start addresses where they lead to now. Raises SourceFailed when none of them shows a page."""
    starts: list[str] = []
    ready: dict[str, Got] = {}
    failures: list[SourceFailed] = []
    for url in scope.starts:
        if is_sitemap(url):
            starts.append(url)
            continue
        got = await site.follow(url, scope.hosts)
        if got.kind in (Kind.PAGE, Kind.SAME):
            found = scope.spelled(got.url) or url
            starts.append(found)
            ready[found] = replace(got, url=found)
        else:
            failures.append(_failed(url, got))
    if not starts:
        raise failures[0]
    below = tuple(dict.fromkeys((*scope.below, *(folder_of(url) for url in starts if not is_sitemap(url))))) if scope.below else ()
    found_scope = replace(scope, starts=tuple(starts), below=below)
    roots = {urlsplit(url).netloc: f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" for url in starts}
    return Ground(scope=found_scope, ready=ready, missing={host: shown for host, root in roots.items() if (shown := await _shown_for_nothing(site, root))}, trouble=bool(failures))


async def _shown_for_nothing(site: Site, root: str) -> str:
    """The digest of what a site shows for a page that cannot be there: some answer 200 and a page that says so."""
    got = await site.get(root + _PROBE)
    return (await asyncio.to_thread(seen, got, depth=0, alternate=False, lastmod="", files=False)).digest if got.kind is Kind.PAGE else ""


async def listed(site: Site, scope: Scope) -> Listing:
    """What the sitemaps of the start addresses' sites list. Raises SourceFailed where nothing but a sitemap was given, and there is none."""
    roots = [url for url in scope.starts if is_sitemap(url)]
    for url in scope.starts:
        if not is_sitemap(url):
            named = [found for each in (await site.robots(url)).sitemaps if (found := scope.of_site(each))]
            roots += named or [f"{urlsplit(url).scheme}://{urlsplit(url).netloc}/sitemap.xml"]
    listing = await gather(list(dict.fromkeys(roots)), site.raw, scope.of_site)
    if not listing.files and all(map(is_sitemap, scope.starts)):
        raise SourceFailed(Trouble.MISSING, f"There is no sitemap at {scope.starts[0]}. {' '.join(listing.troubles[:1])}".strip())
    return listing


def is_sitemap(url: str) -> bool:
    return urlsplit(url).path.endswith((".xml", ".xml.gz"))


def _failed(url: str, got: Got) -> SourceFailed:
    host = urlsplit(url).netloc
    match got.kind:
        case Kind.MOVED:
            other = urlsplit(got.to).netloc[:100]
            return SourceFailed(Trouble.MISSING, f"{host} leads to {other or 'an address that is none'}. If that is the site you mean, enter its address instead.")
        case Kind.GONE:
            return SourceFailed(Trouble.MISSING, f"There is no page at {url}. Check the address.")
        case Kind.SHUT:
            return SourceFailed(Trouble.FORBIDDEN, f"{url} {got.reason}. Only pages that everybody can see are read.")
        case Kind.UNWANTED:
            return SourceFailed(Trouble.FORBIDDEN, f"The robots.txt of {host} asks robots not to read {url}. If the site is yours, allow the robot Glassine there.")
        case _ if got.trouble is Trouble.UNREACHABLE and url.startswith("https:"):
            return SourceFailed(got.trouble, f"{got.reason} If the site has no https, begin the address with http://.")
        case _:
            return SourceFailed(got.trouble, got.reason if got.reason.endswith(".") else f"{url} {got.reason}.")
