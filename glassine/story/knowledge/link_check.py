"""Asks the hosts that published articles link to whether the page is there: politely, through the gate, once a day. What they answer is not kept."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit

from glassine.edge.gate import Crossing
from glassine.rules.permits import require
from glassine.store import Tx, jobs, links, vault
from glassine.story.world import World
from glassine.words.errors import CrossingRefused
from glassine.words.ids import OrgId
from glassine.words.people import Actor, Verb
from glassine.words.work import JobKind, NewJob

_AGAIN = timedelta(hours=20)  # after which an address is asked anew
_DAY = 86_400.0
_MOST = 300  # addresses of one run; the rest has its turn tomorrow
_PAUSE = 1.0  # seconds between two requests to one host
_TIMEOUT = 10.0
_LARGEST = 200_000  # bytes of an answer; more is as good as there
_AT_ONCE = 4  # hosts
_HEADERS = {"User-Agent": "Glassine link check", "Accept": "text/html,*/*;q=0.5"}


async def ask_now(world: World, by: Actor) -> None:
    """A run that begins at once. Raises Refused (403), also while the boundary is switched off."""
    require(by, Verb.WRITE_KNOWLEDGE)
    await world.switches.admit(by.org, "link-check")
    async with world.store.tx(by.org) as tx:
        await vault.audit(tx, by, "knowledge.link_check", "organization", by.org)
        await _schedule(tx, by.org, "now", 0)


async def schedule(tx: Tx, org: OrgId) -> None:
    """Tomorrow's run, unless it waits already: made when an article with links outside is published."""
    await _schedule(tx, org, "daily", 60)


async def _schedule(tx: Tx, org: OrgId, which: str, seconds: float) -> None:
    word = f"links:{which}:{org}"
    await jobs.add(tx, org, NewJob(kind=JobKind.CHECK_LINKS, ref=org, key=f"links:{org}", dedupe=word, delay_seconds=seconds))


async def run(world: World, org: OrgId) -> int:
    """Asks for what is due and returns how many were asked. The next run waits for tomorrow, as long as there is a link outside."""
    async with world.store.tx(org) as tx:
        await links.tidy(tx, org)
        due = await links.due(tx, org, world.clock() - _AGAIN, _MOST)
        if (await links.counts(tx, org))["outside"]:
            await _schedule(tx, org, "daily", _DAY)
    if await world.switches.closed(org, "link-check"):
        return 0
    by_host: dict[str, list[str]] = {}
    for url in due:
        by_host.setdefault(urlsplit(url).netloc, []).append(url)
    turns = asyncio.Semaphore(_AT_ONCE)

    async def host(urls: list[str]) -> None:
        async with turns:
            for place, url in enumerate(urls):
                await asyncio.sleep(_PAUSE if place else 0)
                await _ask(world, org, url)

    async with asyncio.TaskGroup() as group:
        for urls in by_host.values():
            group.create_task(host(urls))
    return len(due)


async def _ask(world: World, org: OrgId, url: str) -> None:
    state, reason = await _answer(world, org, url)
    async with world.store.tx(org) as tx:
        await links.answered(tx, org, url, state, reason, world.clock())


async def _answer(world: World, org: OrgId, url: str) -> tuple[str, str]:
    """`fine`, `broken` (the host says the page is gone, or there is no such host) or `unsure` (it does not let us look, or not now)."""
    try:
        status = await _status(world, org, url)
    except CrossingRefused as refusal:
        return ("fine", "") if "larger" in str(refusal) else ("unsure", f"It was not asked: {refusal}.")
    except TimeoutError:
        return "unsure", f"The host did not answer within {_TIMEOUT:g} seconds."
    except ConnectionError:
        return "broken", "The host cannot be reached."
    except ValueError:
        return "broken", "This is no address."
    if status in (404, 410):
        return "broken", f"The host says that the page is {'gone' if status == 410 else 'not there'} ({status})."
    if status >= 400:
        return "unsure", f"The host answered {status}, which may hold for a program only."
    return "fine", ""


async def _status(world: World, org: OrgId, url: str) -> int:
    """By HEAD, and by GET where a host does not know HEAD. A redirect counts as there: the reader's browser follows it."""
    hosts = (urlsplit(url).netloc.rpartition("@")[2],)
    crossing = Crossing(org=org, purpose="link-check", hosts=hosts)
    answer = await world.gate.request(crossing, "HEAD", url, headers=_HEADERS, timeout=_TIMEOUT, max_bytes=_LARGEST)
    if answer.status in (403, 404, 405, 501):
        answer = await world.gate.request(crossing, "GET", url, headers=_HEADERS, timeout=_TIMEOUT, max_bytes=_LARGEST)
    return answer.status
