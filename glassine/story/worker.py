"""Runs jobs: those this process claimed when it made them, and those that nobody holds. What fails is tried again, and in the end handed to people.

Deliveries have places and claims of their own (story/delivery/delivering.py), so that a turn never waits for somebody else's server.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from glassine.store import DatabaseError, Unreachable, calls, house, jobs
from glassine.story import notices, summarising, turn, watching
from glassine.story.actions import codes, lapsing
from glassine.story.behaviour import rehearsing
from glassine.story.boundary import ledger
from glassine.story.delivery import delivering, outgoing, telling, webhooks
from glassine.story.helpdesks import looking
from glassine.story.knowledge import gaps, link_check, segments, tidying
from glassine.story.privacy import retaining
from glassine.story.scene import Scene
from glassine.story.sources import connecting, syncing
from glassine.story.turn import Settled
from glassine.story.world import World
from glassine.words.actions import CallId
from glassine.words.errors import NotFound
from glassine.words.ids import OrgId, RunId, SegmentId, SessionId
from glassine.words.rehearsals import RehearsalId
from glassine.words.webhooks import WebhookId
from glassine.words.work import Job, JobKind

_log = logging.getLogger(__name__)
_AT_ONCE = 8
_WAITING = ((JobKind.SYNC_SOURCE, JobKind.CHECK_LINKS, JobKind.REHEARSE), (JobKind.LOOK_AT_TICKET, JobKind.SUMMARISE))  # they wait for other people's servers, or have much to do, …
_WAITING_AT_ONCE = 2  # … so of each of these no more run at once, and turns shall always find a free place
_LONG = frozenset(kind for kinds in _WAITING for kind in kinds)
_POLL = 0.5  # seconds
_SWEEP = 2.0
_TRIES = 5
_UNREACHABLE = (Unreachable, OSError, TimeoutError)  # not the job's fault: it is tried again for as long as it takes
_TROUBLE = (DatabaseError, OSError, TimeoutError)


def begin_turn(world: World, org: OrgId, session: SessionId, job: int, scene: Scene | None = None) -> asyncio.Task[Settled]:
    """Takes the turn of a message that this process has just stored, beside the caller."""
    world.running.add(job)
    return world.start(_own_turn(world, org, session, job, scene))


async def _own_turn(world: World, org: OrgId, session: SessionId, job: int, scene: Scene | None) -> Settled:
    try:
        return await turn.take_turn(world, org, session, job, scene)
    except Exception as error:
        await _later(world, job, 1, error)
        raise
    finally:
        world.running.discard(job)


async def run(world: World, stop: asyncio.Event) -> None:
    """Claims and runs jobs until `stop` is set; then finishes what it has begun."""
    at_work: dict[asyncio.Task[None], JobKind] = {}
    stopping = asyncio.create_task(stop.wait())
    beside = [asyncio.create_task(_sweep_for_ever(world)), asyncio.create_task(ledger.keep_sealing(world)), asyncio.create_task(gaps.keep_finding(world))]
    dispatcher = asyncio.create_task(delivering.run(world, stop))
    try:
        while not stop.is_set():
            found = await _claim(world, _AT_ONCE - len(at_work), tuple(at_work.values()))
            world.running.update(job.id for job in found)  # before anything else happens: what is not in there is given to others
            for job in found:
                task = world.start(_run_one(world, job))
                at_work[task] = job.kind
                task.add_done_callback(lambda done: at_work.pop(done, None) and None)
            if not found:
                await asyncio.wait({stopping, *at_work}, timeout=_POLL, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.set()
        for task in (*beside, stopping):
            task.cancel()
        await asyncio.gather(*beside, stopping, dispatcher, return_exceptions=True)


async def _claim(world: World, limit: int, at_work: Sequence[JobKind] = ()) -> list[Job]:
    """`at_work`: the kinds of what this process runs now."""
    if limit == 0:
        return []
    found: list[Job] = []
    try:
        async with world.store.outside() as tx:
            for kinds in _WAITING:
                if len(found) < limit and sum(kind in kinds for kind in at_work) < _WAITING_AT_ONCE:
                    found += await jobs.claim(tx, world.process, 1, kinds, world.keeps)
            others = tuple(kind for kind in _WORK if kind not in _LONG)
            return found + (await jobs.claim(tx, world.process, limit - len(found), others, world.keeps) if len(found) < limit else [])
    except _TROUBLE as error:
        _log.warning("The queue cannot be read: %s", type(error).__name__)
        return []


async def _run_one(world: World, job: Job) -> None:
    try:
        with contextlib.suppress(NotFound):  # what the job was about has been deleted meanwhile
            await _WORK[job.kind](world, job)
        async with world.store.outside() as tx:
            await jobs.finish(tx, job.id, world.process)
    except Exception as error:
        _log.exception("Job %s of kind %s failed (try %s)", job.id, job.kind, job.attempts)
        await _again_or_give_up(world, job, error)
    finally:
        world.running.discard(job.id)


async def _again_or_give_up(world: World, job: Job, error: Exception) -> None:
    if job.attempts < _TRIES or isinstance(error, _UNREACHABLE):
        await _later(world, job.id, job.attempts, error)
        return
    try:
        if job.kind is JobKind.TAKE_TURN:
            await turn.give_up(world, job.org, SessionId(job.ref))
        async with world.store.outside() as tx:
            await jobs.give_up(tx, job.id, why=type(error).__name__)
    except Exception:
        _log.exception("Job %s could not be given up; it is tried again", job.id)
        await _later(world, job.id, job.attempts, error)


async def _later(world: World, job: int, attempts: int, error: Exception) -> None:
    """Back into the queue with a pause that doubles. Without a database nothing is done: the sweeper frees what nobody holds."""
    try:
        async with world.store.outside() as tx:
            await jobs.retry(tx, job, delay=min(60.0, 0.5 * 2**attempts), why=type(error).__name__)
    except _TROUBLE:
        _log.warning("Job %s could not be put back; it is freed when the database is there again", job)


async def _take_turn(world: World, job: Job) -> None:
    await turn.take_turn(world, job.org, SessionId(job.ref), job.id)


async def _notify_handoff(world: World, job: Job) -> None:
    await _put_off(world, job, await notices.handoff_waits(world, job.org, SessionId(job.ref), job.key))


async def _summarise(world: World, job: Job) -> None:
    await summarising.run(world, job.org, SessionId(job.ref))


async def _escalate(world: World, job: Job) -> None:
    await _put_off(world, job, await notices.overdue(world, job.org, SessionId(job.ref), job.key))


async def _put_off(world: World, job: Job, until: datetime | None) -> None:
    if until is not None:
        async with world.store.outside() as tx:
            await jobs.put_off(tx, job.id, until)


async def _notify_approval(world: World, job: Job) -> None:
    await notices.approval_waits(world, job.org, CallId(job.ref), job.key)


async def _notify_webhook(world: World, job: Job) -> None:
    await webhooks.disabled(world, job.org, WebhookId(job.ref), job.key)


async def _send_code(world: World, job: Job) -> None:
    await codes.send(world, job.org, CallId(job.ref))


async def _place_contacts(world: World, job: Job) -> None:
    await segments.ask_everybody(world, job.org, SegmentId(job.ref))


async def _find_gaps(world: World, job: Job) -> None:
    await gaps.find(world, job.org)


async def _check_links(world: World, job: Job) -> None:
    await link_check.run(world, job.org)


async def _tidy_knowledge(world: World, job: Job) -> None:
    await tidying.run(world, job.org)


async def _retain(world: World, job: Job) -> None:
    await retaining.run(world, job.org)


async def _sync_source(world: World, job: Job) -> None:
    await syncing.run(world, job.org, RunId(job.ref))


async def _rehearse(world: World, job: Job) -> None:
    await rehearsing.run(world, job.org, RehearsalId(job.ref))


async def _look_at_ticket(world: World, job: Job) -> None:
    await looking.look(world, job.org, SessionId(job.ref))


async def _anchor_ledger(world: World, job: Job) -> None:
    await ledger.anchor(world, job.org)


_WORK: Mapping[JobKind, Callable[[World, Job], Awaitable[None]]] = MappingProxyType({
    JobKind.ANCHOR_LEDGER: _anchor_ledger, JobKind.RETAIN: _retain, JobKind.PLACE_CONTACTS: _place_contacts, JobKind.SYNC_SOURCE: _sync_source,
    JobKind.FIND_GAPS: _find_gaps, JobKind.LOOK_AT_TICKET: _look_at_ticket,
    JobKind.CHECK_LINKS: _check_links, JobKind.TIDY_KNOWLEDGE: _tidy_knowledge,
    JobKind.REHEARSE: _rehearse,
    JobKind.TAKE_TURN: _take_turn, JobKind.NOTIFY_HANDOFF: _notify_handoff, JobKind.ESCALATE: _escalate, JobKind.SUMMARISE: _summarise, JobKind.NOTIFY_APPROVAL: _notify_approval, JobKind.SEND_CODE: _send_code,
    JobKind.NOTIFY_WEBHOOK: _notify_webhook,
})


async def _sweep_for_ever(world: World) -> None:
    while True:
        try:
            await sweep(world)
        except _TROUBLE as error:
            _log.warning("Nothing could be swept: %s", type(error).__name__)
        await asyncio.sleep(_SWEEP)


async def sweep(world: World) -> None:
    """Frees the jobs of dead processes, sees to sessions that nobody can act in or has not acted in, and forgets expired secrets.

    One process sweeps at a time: the others have nothing to find.
    """
    async with world.store.outside() as broom:
        if not await jobs.may_sweep(broom):
            return
        freed, everybody = await jobs.sweep(broom), await jobs.organizations(broom)
        await house.sweep_doors(broom)
        for org in everybody:
            await watching.watch(world, org)
            async with world.store.tx(org) as tx:
                await connecting.keep_up(world, tx, org)
                await looking.keep_up(tx, org)
                await lapsing.expire(tx, org)
                await calls.strand(tx, org)
            async with world.store.tx(org) as tx:  # by itself: whoever waits for a destination must hold nothing that those need who have it
                await delivering.expire(world, tx, org)
                await outgoing.forget(world, tx, org)
            await telling.forget(world, org)
    if freed:
        _log.info("%s jobs of processes that died are taken up again", freed)
