"""One run over a website, from its start addresses to the last page that belongs to it. It tells what it found and keeps nothing.

Pages that are known are always asked for again, so that what is gone is told by the page itself, not by a link that is missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from glassine.connect.website.addresses import address_of, is_login, name_of, scope_of
from glassine.connect.website.fetching import AT_ONCE, Got, Kind, Site, Wait
from glassine.connect.website.frontier import Frontier, Visit, counted, packed, unpacked
from glassine.connect.website.ground import explored, is_sitemap, listed
from glassine.connect.website.pages import Page
from glassine.connect.website.verdicts import Seen, known, seen
from glassine.words.sources import Asked, Checkpoint, Complete, Failed, Gone, Item, Link, Progress, Skipped, SourceFailed, Told, Trouble, Unchanged

_IN_A_ROW = 10  # pages that fail one after the other: then it is the site that fails
_TRUSTED_FOR = timedelta(days=1)  # how long a sitemap's word that nothing changed spares a request
_CHECKPOINT_EVERY = 50
_MOST_SKIPPED_TOLD = 1_000  # pages that were never known, so that nobody misses them
_MOST_AGAIN = 500
_MOST_CLAIMS = 3  # pages that call one other page their own address; more, and the site does not mean it


class Crawl:
    """A run's memory. `outcome` is what each page became: ok | gone | skipped | failed."""

    def __init__(self, link: Link, asked: Asked, wait: Wait = asyncio.sleep) -> None:
        self.link, self.asked = link, asked
        self.scope = scope_of(link.settings)
        self.site = Site(link, wait)
        self.markers = {name: known(marker) for name, marker in asked.markers.items()}
        self.since: Mapping[str, Any] = asked.since or {}
        self.lastmods: Mapping[str, str] = {}
        self.outcome: dict[str, str] = {}
        self.texts: dict[str, str] = {}  # digest -> the page that says it
        self.alternates: set[str] = set()
        self.claims: dict[str, list[str]] = {}  # canonical address -> pages that claim it
        self.moved: dict[str, str] = {}  # known page -> where it is now
        self.refused: dict[str, str] = {}  # pages that are shut, until another one shows that the site as a whole is not
        self.reasons: list[str] = []
        self.missing: Mapping[str, str] = {}
        self.count = self.in_a_row = self.unlisted = 0
        self.trouble = False
        self.frontier = Frontier(self.scope)
        self.ready: dict[str, Got] = {}

    # -- the run ----------------------------------------------------------------------------------------------------------------

    async def told(self) -> AsyncIterator[Told]:
        if self.asked.only:
            for name in self.asked.only:
                self.frontier.add(address_of(name, self.scope), int(self.markers.get(name, {}).get("d", 0)), listed=True)
        else:
            await self._begin()
        since_checkpoint = 0
        while self.count < self.scope.limit and (visits := self.frontier.take(min(AT_ONCE, self.scope.limit - self.count))):
            for visit, got in zip(visits, await asyncio.gather(*(self._fetch(visit) for visit in visits)), strict=True):
                for told in await self._judged(visit, got):
                    yield told
            for told in self._given_up():
                yield told
            since_checkpoint += len(visits)
            yield Progress(done=self.frontier.done, total=None if self.asked.only else len(self.frontier))
            if since_checkpoint >= max(_CHECKPOINT_EVERY, self.frontier.done // 10) and not self.asked.only:
                since_checkpoint = 0
                yield Checkpoint(cursor=self._put_down())
            if self.frontier.done == len(self.frontier):
                self._return_to_unproven()
        for told in self._closing():
            yield told
        yield self._complete()

    async def _begin(self) -> None:
        ground = await explored(self.site, self.scope)
        self.scope, self.ready, self.missing, self.trouble = ground.scope, dict(ground.ready), ground.missing, ground.trouble
        if self.asked.cursor and self._take_up(self.asked.cursor):
            return
        for url in self.scope.starts:
            if not is_sitemap(url):
                self.frontier.add(url, 0, listed=True)
        for name in sorted(self.markers):
            self._add_known(name)
        listing = await listed(self.site, self.scope)
        self.trouble |= bool(listing.troubles) or listing.full
        self.lastmods = listing.pages
        for url in listing.pages:
            if self.scope.belongs(url):
                self.frontier.add(url, 1, listed=True)
        for name in self.since.get("again", ()):
            self.frontier.add(address_of(str(name), self.scope), 1, listed=True)

    def _add_known(self, name: str) -> None:
        """A page that is known is asked for again, or told to be left out."""
        url, marker = address_of(name, self.scope), self.markers[name]
        if marker.get("a"):
            self.alternates.add(url)
        self.frontier.add(url, int(marker.get("d", 0)), listed=True)

    async def _fetch(self, visit: Visit) -> Got:
        name = name_of(visit.url)
        marker = self.markers.get(name, {})
        if reason := self._left_out(visit.url) if name in self.markers or self.asked.only else "":
            return Got(kind=Kind.UNWANTED, url=visit.url, reason=reason)
        if (ready := self.ready.pop(visit.url, None)) is not None and not visit.as_is:
            return ready
        lastmod = self.lastmods.get(visit.url, "")
        if lastmod and marker.get("l") == lastmod and self._is_trusted():
            return Got(kind=Kind.SAME, url=visit.url)
        return await self.site.get(visit.url, None if visit.as_is else marker)

    def _left_out(self, url: str) -> str:
        """Why a page that was read before is no more, by the admin's settings."""
        if url in self.scope.starts:
            return ""
        if not (self.scope.holds(url) or url in self.alternates):
            return "lies outside of what is read"
        if not self.scope.worth(url):
            return "is no page that is read"
        return self.scope.refusal(url)

    def _is_trusted(self) -> bool:
        """Whether all pages were asked for themselves not long ago."""
        try:
            return self.link.now - datetime.fromisoformat(str(self.since.get("verified", ""))) < _TRUSTED_FOR
        except (ValueError, TypeError):
            return False

    # -- one page ---------------------------------------------------------------------------------------------------------------

    async def _judged(self, visit: Visit, got: Got) -> list[Told]:
        name = name_of(visit.url)
        match got.kind:
            case Kind.SAME:
                return [*self._site_is_open(), self._ok(name)]
            case Kind.UNWANTED:
                return self._skipped(name, got.reason)
            case Kind.GONE:
                return [*self._site_is_open(), *self._gone(name, got.reason)]
            case Kind.SHUT:
                self._count_failure(got)
                self.refused[name] = got.reason
                return []
            case Kind.MOVED:
                return self._on_to(visit, got.to)
            case Kind.FAILED:
                self._count_failure(got)
                return self._failed(name, got.reason)
        lastmod = self.lastmods.get(visit.url, "")
        found = await asyncio.to_thread(seen, got, depth=visit.depth, alternate=visit.url in self.alternates, lastmod=lastmod, files=self.scope.files)
        return [*self._site_is_open(), *self._told_of(visit, found)]

    def _told_of(self, visit: Visit, found: Seen) -> list[Told]:
        name, page = name_of(visit.url), found.page
        if page is not None:
            self.frontier.heard(visit.url, page.outline)
            if not self.asked.only:
                self._take_links(visit, page)
        if found.gone or (found.digest and self.missing.get(urlsplit(visit.url).netloc) == found.digest):
            return self._gone(name, found.why_not or "shows what the site shows for a page that is not there")
        if page is not None and page.refresh and (found.item is None or len(page.text) < 200):
            return self._on_to(visit, page.refresh)
        if found.unreadable:
            return self._failed(name, found.why_not)
        if found.item is None:
            return self._skipped(name, found.why_not)
        if page is not None and not visit.as_is and self._is_elsewhere(visit, page):
            return []
        twin = self.texts.setdefault(found.digest, name)
        if twin != name:
            return self._skipped(name, f"says the same as {twin}")
        return [self._item(found.item)]

    def _item(self, item: Item) -> Item:
        self.count += 1
        self.outcome[item.path] = "ok"
        return item

    def _ok(self, name: str) -> Told:
        """Known, and as it was."""
        if (digest := self.markers.get(name, {}).get("h")) and (twin := self.texts.setdefault(str(digest), name)) != name:
            return self._skipped(name, f"says the same as {twin}")[0]
        self.count += 1
        self.outcome[name] = "ok"
        return Unchanged(path=name)

    def _gone(self, name: str, reason: str) -> list[Told]:
        self.outcome[name] = "gone"
        return [Gone(path=name, reason=reason)] if name in self.markers or self.asked.only else []

    def _skipped(self, name: str, reason: str) -> list[Told]:
        self.outcome[name] = "skipped"
        self.reasons.append(reason)
        if name not in self.markers and not self.asked.only:
            self.unlisted += 1
            if self.unlisted > _MOST_SKIPPED_TOLD:
                return []
        return [Skipped(path=name, reason=reason)]

    def _failed(self, name: str, reason: str) -> list[Told]:
        self.trouble = True
        self.outcome[name] = "failed"
        self.reasons.append(reason)
        return [Failed(path=name, reason=reason)]

    def _count_failure(self, got: Got) -> None:
        self.in_a_row += 1
        if self.in_a_row >= _IN_A_ROW:
            reason = got.reason if got.reason.endswith(".") else f"The last one {got.reason}."
            raise SourceFailed(got.trouble, f"{_IN_A_ROW} pages of {urlsplit(got.url).netloc} in a row could not be read. {reason} The next run tries again.")

    def _site_is_open(self) -> list[Told]:
        """A page was shown, so pages that were refused before are shut each for itself."""
        self.in_a_row = 0
        refused, self.refused = self.refused, {}
        return [told for name, reason in refused.items() for told in (self._gone(name, reason) or self._skipped(name, reason))]

    def _on_to(self, visit: Visit, target: str) -> list[Told]:
        """A redirect: the page is where it leads to, if that belongs to the source."""
        name, to = name_of(visit.url), self.scope.of_site(target)
        if to is None or not (self.scope.holds(to) or visit.url in self.alternates):
            host = urlsplit(target).netloc[:100] or "an address that is none"
            reason = f"leads to {host}, which is not among the sites to read" if to is None else "leads out of what is read"
            return self._gone(name, reason) or self._skipped(name, reason)
        if to == visit.url:
            return self._failed(name, "leads back to itself, as pages do that need cookies")
        if visit.hops >= 5:
            return self._failed(name, "sends readers on without an end")
        if is_login(to):
            return self._gone(name, "asks for a login") or self._skipped(name, "asks for a login")
        if not self.scope.refusal(to) and self.scope.worth(to):
            self.frontier.add(to, visit.depth, hops=visit.hops + 1, listed=name in self.markers)
        if name in self.markers or self.asked.only:
            self.moved[name] = name_of(to)
        return []

    def _is_elsewhere(self, visit: Visit, page: Page) -> bool:
        """Whether the page names another one as its own address, and can be believed."""
        own = self.scope.of_site(page.canonical) if page.canonical else None
        if own is None or own == visit.url or not self.scope.belongs(own) or self.asked.only:
            return False
        alike = _bare(own) == _bare(visit.url)
        if not alike and urlsplit(own).path in ("", "/"):
            return False  # a template that names the home page everywhere
        self.claims.setdefault(own, []).append(visit.url)
        if not alike and len(self.claims[own]) > _MOST_CLAIMS:
            return False
        self.frontier.add(own, visit.depth)
        return True

    def _take_links(self, visit: Visit, page: Page) -> None:
        for language, address in page.alternates.items():
            url = self.scope.of_site(address)
            if url and language != "x-default" and self.scope.worth(url) and not self.scope.refusal(url) and self.frontier.add(url, visit.depth, listed=True):
                self.alternates.add(url)
        if page.nofollow or visit.depth >= self.scope.depth or not (self.scope.holds(visit.url)):
            return
        for address, follow in page.links:
            url = self.scope.spelled(address) if follow else None
            if url and self.scope.belongs(url):
                self.frontier.add(url, visit.depth + 1)

    # -- the end ----------------------------------------------------------------------------------------------------------------

    def _return_to_unproven(self) -> None:
        """Pages that name another address as their own, where that is none, or everybody's: they are read as they are."""
        proven: dict[str, list[str]] = {}
        for own, pages in self.claims.items():
            meant = len(pages) <= _MOST_CLAIMS or all(_bare(own) == _bare(url) for url in pages)
            if meant and self.outcome.get(name_of(own)) in ("ok", "skipped"):
                proven[own] = pages
                continue
            for url in pages:
                if name_of(url) not in self.outcome:
                    self.frontier.again(url, 0)
        self.claims = proven

    def _given_up(self) -> list[Told]:
        urls, self.frontier.given_up = self.frontier.given_up, []
        return [told for url in urls for told in self._skipped(name_of(url), "is one of many pages that differ in numbers only")]

    def _closing(self) -> Iterator[Told]:
        yield from self._given_up()
        for name, reason in self.refused.items():
            yield from self._failed(name, reason)
        for name, to in self.moved.items():
            if self.outcome.get(to) == "failed" or self.moved.get(to) == name:
                yield from self._failed(name, f"leads to {to}, which cannot be read")
            else:
                yield from self._gone(name, f"has moved to {to}")
        for own, pages in self.claims.items():
            for name in map(name_of, pages):
                if name not in self.outcome and self.outcome.get(name_of(own)) in ("ok", "skipped"):
                    yield from self._gone(name, f"names {name_of(own)} as its own address")
        if self.count >= self.scope.limit and not self.asked.only:
            for name in sorted(self.markers):
                if name not in self.outcome:
                    yield from self._skipped(name, f"is beyond the limit of {self.scope.limit:,} pages")

    def _complete(self) -> Complete:
        if self.asked.only:
            return Complete(marker=self.since, everything=False)
        if not self.count and not self.markers:
            reason = counted(self.reasons)
            raise SourceFailed(Trouble.MALFORMED, f"No page with a text was found. {f'Most often, a page {reason}.' if reason else 'Check the start address and the patterns.'}")
        verified = self.since.get("verified") if self._is_trusted() else self.link.now.isoformat()
        again = [name for name, outcome in self.outcome.items() if outcome == "failed"][:_MOST_AGAIN]
        cut = self.count >= self.scope.limit or self.frontier.full
        return Complete(marker={"verified": verified, "again": again}, everything=not cut and not self.trouble)

    # -- put down and taken up ---------------------------------------------------------------------------------------------------

    _KEPT = ("outcome", "texts", "claims", "moved", "refused")

    def _put_down(self) -> dict[str, Any]:
        state = {name: getattr(self, name) for name in self._KEPT} | {"alternates": sorted(self.alternates), "count": self.count, "trouble": self.trouble}
        return {"for": self._settings(), "frontier": self.frontier.put_down(), "state": packed(state)}

    def _take_up(self, cursor: Mapping[str, Any]) -> bool:
        """False where the cursor is of other settings or cannot be read: then the run begins anew."""
        try:
            if cursor["for"] != self._settings():
                return False
            state = unpacked(cursor["state"])
            self.frontier.take_up(cursor["frontier"])
        except (KeyError, ValueError, TypeError):
            self.frontier = Frontier(self.scope)
            return False
        for name in self._KEPT:
            setattr(self, name, state[name])
        self.alternates, self.count, self.trouble = set(state["alternates"]), int(state["count"]), bool(state["trouble"])
        return True

    def _settings(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple | frozenset) else value for name, value in sorted(asdict(scope_of(self.link.settings)).items()) if name != "hosts"}


def _bare(url: str) -> str:
    """What two spellings of one page have in common."""
    path = urlsplit(url).path.lower().rstrip("/")
    return urlsplit(url).netloc.removeprefix("www.") + path.removesuffix("/index.html").removesuffix("/index.php")

