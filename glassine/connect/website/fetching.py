"""One page of a website fetched politely: as robots.txt allows, a few at a time, and only when it has changed. It follows no redirect and reads no HTML."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urljoin, urlsplit

from glassine.connect.website.addresses import is_file, is_login
from glassine.connect.website.robots import AGENT, MOST_BYTES, Robots
from glassine.words.crossings import Answer
from glassine.words.sources import Link, SourceFailed, Trouble

AT_ONCE = 2  # requests to a site
MOST_BYTES_OF_PAGE = 4_000_000
MOST_BYTES_OF_FILE = 25_000_000
_MOST_HOPS = 5
_LONGEST_PAUSE = 2.0  # seconds; a site that answers slowly is asked as slowly

Wait = Callable[[float], Awaitable[None]]


class Kind(StrEnum):
    PAGE = "page"
    SAME = "same"  # as it was when it was read last
    MOVED = "moved"
    GONE = "gone"
    SHUT = "shut"  # not shown to everybody
    UNWANTED = "unwanted"  # robots.txt asks to leave it alone
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """What came of asking for one address. `to`: where it has moved; `reason`: why there is no page, to be read after its address."""

    kind: Kind
    url: str
    answer: Answer | None = field(default=None, repr=False)
    to: str = ""
    reason: str = ""
    trouble: Trouble = Trouble.MALFORMED


class Site:
    """One run's way to a site: rules and pace are kept by host."""

    def __init__(self, link: Link, wait: Wait = asyncio.sleep) -> None:
        self._link, self._wait = link, wait
        self._robots: dict[str, asyncio.Task[Robots]] = {}
        self._free: dict[str, float] = {}
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._slow: dict[str, float] = {}

    async def get(self, url: str, marker: Mapping[str, Any] | None = None) -> Got:
        """Asks for a page, on condition that it has changed since `marker`. Raises SourceFailed when the whole site cannot be read."""
        robots = await self.robots(url)
        if not robots.allows(url):
            return Got(kind=Kind.UNWANTED, url=url, reason="robots.txt asks robots to leave it alone")
        try:
            async with self._turn(url, robots.delay):
                answer = await self._link.request("GET", url, headers=_headers(marker), max_bytes=MOST_BYTES_OF_FILE if is_file(url) else MOST_BYTES_OF_PAGE)
        except SourceFailed as failure:
            return _failed(url, failure)
        return _got(url, answer, asked_if_changed=bool(marker))

    async def follow(self, url: str, hosts: frozenset[str]) -> Got:
        """As `get`, and on to where it has moved, a few times and within these hosts."""
        for _ in range(_MOST_HOPS):
            got = await self.get(url)
            if got.kind is not Kind.MOVED or urlsplit(got.to).netloc not in hosts:
                return got
            url = got.to
        return Got(kind=Kind.FAILED, url=url, reason="sends readers on without an end")

    async def raw(self, url: str, max_bytes: int) -> bytes | None:
        """A file of the site such as a sitemap, followed where it has moved within the site; None where there is none."""
        for _ in range(_MOST_HOPS):
            robots = await self.robots(url)
            if not robots.allows(url):
                return None
            async with self._turn(url, robots.delay):
                answer = await self._link.request("GET", url, headers=_headers(None), max_bytes=max_bytes)
            if 300 <= answer.status < 400 and (to := _target(url, answer)) and urlsplit(to).netloc == urlsplit(url).netloc:
                url = to
                continue
            return answer.body if 200 <= answer.status < 300 else None
        return None

    async def robots(self, url: str) -> Robots:
        """The rules of a page's host. Raises SourceFailed where they cannot be known, for then nothing may be read."""
        parts = urlsplit(url)
        root = f"{parts.scheme}://{parts.netloc}"
        if root not in self._robots:
            self._robots[root] = asyncio.create_task(self._fetch_robots(root))
        return await asyncio.shield(self._robots[root])

    async def _fetch_robots(self, root: str) -> Robots:
        url = f"{root}/robots.txt"
        for _ in range(_MOST_HOPS):
            try:
                answer = await self._link.request("GET", url, headers=_headers(None), max_bytes=MOST_BYTES * 2)
            except SourceFailed as failure:
                if failure.trouble in (Trouble.CREDENTIALS, Trouble.FORBIDDEN, Trouble.MALFORMED):
                    return Robots()  # a robots.txt that is refused (4xx) asks for nothing
                raise
            to = _target(url, answer) if 300 <= answer.status < 400 else ""
            if not to or urlsplit(to).netloc != urlsplit(url).netloc:
                return Robots.of(answer.body) if 200 <= answer.status < 300 else Robots()
            url = to
        return Robots()

    @asynccontextmanager
    async def _turn(self, url: str, delay: float) -> AsyncIterator[None]:
        """Waits for this site's next turn: a few requests at once, or one by one with the pause that robots.txt asks for."""
        host = urlsplit(url).netloc
        async with self._slots.setdefault(host, asyncio.Semaphore(1 if delay else AT_ONCE)):
            pause = self._free.get(host, 0.0) - time.monotonic()
            if pause > 0:
                await self._wait(pause)
            began = time.monotonic()
            self._free[host] = began + (delay or min(self._slow.get(host, 0.0), _LONGEST_PAUSE))
            yield
            self._slow[host] = time.monotonic() - began


def _headers(marker: Mapping[str, Any] | None) -> dict[str, str]:
    headers = {"User-Agent": AGENT, "Accept": "text/html, application/xhtml+xml, application/pdf, text/plain, application/xml;q=0.9, */*;q=0.5"}
    if marker and (tag := marker.get("e")):
        headers["If-None-Match"] = str(tag)
    if marker and (moment := marker.get("m")):
        headers["If-Modified-Since"] = str(moment)
    return headers


def _got(url: str, answer: Answer, *, asked_if_changed: bool) -> Got:
    if answer.status == 304 and asked_if_changed:
        return Got(kind=Kind.SAME, url=url)
    if answer.status in (301, 302, 303, 307, 308):
        to = _target(url, answer)
        if not to:
            return Got(kind=Kind.FAILED, url=url, reason="sends readers on, but does not say where")
        if is_login(to) and not is_login(url):
            return Got(kind=Kind.SHUT, url=url, reason="asks for a login")
        return Got(kind=Kind.MOVED, url=url, to=to)
    if answer.status in (404, 410):
        return Got(kind=Kind.GONE, url=url, reason=f"is no longer there ({answer.status})")
    if answer.status not in (200, 203):
        return Got(kind=Kind.FAILED, url=url, reason=f"was answered with {answer.status} and no page")
    return Got(kind=Kind.PAGE, url=url, answer=answer)


def _target(url: str, answer: Answer) -> str:
    location = answer.headers.get("location", "").strip()
    with contextlib.suppress(UnicodeError):  # servers write other bytes than ASCII as they are; they are UTF-8 in all but name
        location = location.encode("latin-1").decode("utf-8")
    try:
        return urljoin(url, location) if location else ""
    except ValueError:
        return ""


def _failed(url: str, failure: SourceFailed) -> Got:
    """What concerns one page only; the rest concerns the run."""
    match failure.trouble:
        case Trouble.CREDENTIALS:
            return Got(kind=Kind.SHUT, url=url, reason="asks for a login", trouble=failure.trouble)
        case Trouble.FORBIDDEN:
            return Got(kind=Kind.SHUT, url=url, reason="is not shown to everybody", trouble=failure.trouble)
        case Trouble.LARGE:
            return Got(kind=Kind.FAILED, url=url, reason="is larger than a page may be", trouble=failure.trouble)
        case Trouble.LIMITED:
            raise failure
        case _:
            return Got(kind=Kind.FAILED, url=url, reason=failure.message, trouble=failure.trouble)
