"""Brings about what is to happen in other systems: each effect is tried until it is known how it ended. How a target is spoken to stands in its own file."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from glassine.rules import ladders
from glassine.store import DatabaseError, Tx, Unreachable, deliveries, jobs, lazily
from glassine.store.deliveries import Begun, Claimed
from glassine.story.delivery import webhooks
from glassine.story.helpdesks import ticketing
from glassine.story.together import Together
from glassine.story.world import World
from glassine.words.deliveries import Brought, Delivery, DeliveryFailed, DeliveryId, DeliveryState, Destination, Effect, Target
from glassine.words.errors import CrossingRefused, LeakStopped, NotFound
from glassine.words.ids import OrgId
from glassine.words.work import Job

_log = logging.getLogger(__name__)
_PLACES = 100  # at once in one process; most of them wait for somebody else's server
_EACH = 4  # to one destination at once
_AT_A_TIME = 32  # claimed and begun at once: what they do before they wait must not keep a turn from its thread
_POLL = 0.5  # seconds
_BREATH = 0.02  # between two looks at a queue that had less than could be taken: what ends meanwhile makes room together
_LONGEST: Mapping[Target, float] = MappingProxyType({Target.WEBHOOK: 60.0, Target.HELPDESK: 300.0})  # seconds, whatever their own limits are
_MOST_WORDS = 1_000
_UNREACHABLE = (Unreachable, OSError, TimeoutError)
_TROUBLE = (DatabaseError, OSError, TimeoutError)
NO_TICKET = "The ticket that it belongs to was not opened."
TOO_LATE = "It waited for longer than a delivery is tried, because its destination was left alone after failures."


class Bringer(Protocol):
    """What a kind of target offers (story/delivery/webhooks.py, story/helpdesks/ticketing.py)."""

    async def ready(self, world: World, tx: Tx, org: OrgId, begun: Sequence[Delivery]) -> Mapping[DeliveryId, Any]:
        """What each of these tries needs to know, read in the transaction in which they begin."""

    async def bring(self, world: World, org: OrgId, delivery: Delivery, ready: Any) -> Brought:
        """Tries once, with what was made ready for it. Raises DeliveryFailed, or NotFound where nobody wants it any more."""

    async def arrived(self, world: World, tx: Tx, org: OrgId, brought: Sequence[tuple[Delivery, Brought]]) -> None:
        """After tries that succeeded, in the transaction that says so."""

    async def failed(self, world: World, tx: Tx, org: OrgId, delivery: Delivery, failure: DeliveryFailed, last: bool) -> None:
        """After every try that did not succeed, in the transaction that says so. `last`: nothing more is tried until a person says so."""

    async def recovered(self, world: World, tx: Tx, org: OrgId, delivery: Delivery) -> None:
        """After a success that followed failures, in the transaction that says so."""

    async def destinations(self, tx: Tx, org: OrgId) -> Sequence[Destination]:
        """Everything of this kind that is connected, and what was lately, for the page of deliveries."""


class _Gone(DeliveryFailed):
    """Nobody wants it any more."""


_BRINGERS: Mapping[Target, Bringer] = MappingProxyType({Target.WEBHOOK: webhooks, Target.HELPDESK: ticketing})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """A try that succeeded. `follows`: whether what follows from it is done too."""

    delivery: Delivery
    brought: Brought
    follows: bool = True


class _Trying(NamedTuple):
    """A try that has begun, and what its target needs for it."""

    org: OrgId
    begun: Begun
    ready: Any


async def run(world: World, stop: asyncio.Event) -> None:
    """Claims and brings deliveries until `stop` is set; then finishes what it has begun."""
    at_work: set[asyncio.Task[None]] = set()
    stopping, successes = asyncio.create_task(stop.wait()), _successes(world)
    try:
        while not stop.is_set():
            busy = len(at_work)
            room = min(_AT_A_TIME, _PLACES - busy)
            found = await _claim(world, room)
            for task in await _started(world, found, successes):
                at_work.add(task)
                task.add_done_callback(at_work.discard)
            if found and len(found) == room:
                await asyncio.sleep(0)
                continue
            await asyncio.wait({stopping}, timeout=_BREATH)
            if not found and len(at_work) == busy:  # else one has ended since the look, and what comes after it may go
                await asyncio.wait({stopping, *at_work}, timeout=_POLL, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        await asyncio.gather(stopping, return_exceptions=True)


def _successes(world: World) -> Together[_Ended]:
    return Together(partial(_write_successes, world))


async def _claim(world: World, limit: int) -> list[Claimed]:
    if limit <= 0:
        return []
    try:
        async with world.store.outside() as tx:
            await lazily(tx)
            return await deliveries.claim(tx, world.process, limit, _EACH, world.clock(), world.keeps)
    except _TROUBLE as error:
        _log.warning("The queue of deliveries cannot be read: %s", type(error).__name__)
        return []


async def _started(world: World, found: Sequence[Claimed], successes: Together[_Ended]) -> list[asyncio.Task[None]]:
    """What was claimed goes on its way, each by itself; those of one organisation begin in one transaction."""
    world.running.update(one.job.id for one in found)  # before anything else happens: what is not in there is given to others
    by_org: dict[OrgId, list[Job]] = {}
    for one in found:
        if not one.held:
            by_org.setdefault(one.job.org, []).append(one.job)
    begun = await asyncio.gather(*(_begin_or_leave(world, org, some) for org, some in by_org.items()))
    tries = [world.start(_run_one(world, job, _try(world, trying, successes))) for some in begun for job, trying in some]
    return tries + [world.start(_run_one(world, one.job, _hold(world, one.job))) for one in found if one.held]


async def _begin_or_leave(world: World, org: OrgId, some: Sequence[Job]) -> list[tuple[Job, _Trying]]:
    """What cannot be begun is taken up again when the next sign of life gives it back."""
    begun: dict[DeliveryId, _Trying] = {}
    try:
        begun = await _begin(world, org, {DeliveryId(job.ref): job.id for job in some})
    except _TROUBLE as error:
        _log.warning("Deliveries cannot be begun: %s", type(error).__name__)
    except Exception:
        _log.exception("%s deliveries of organisation %s could not be begun; they are taken up again", len(some), org)
    world.running.difference_update(job.id for job in some if DeliveryId(job.ref) not in begun)
    return [(job, begun[DeliveryId(job.ref)]) for job in some if DeliveryId(job.ref) in begun]


async def _begin(world: World, org: OrgId, some: Mapping[DeliveryId, int]) -> dict[DeliveryId, _Trying]:
    """Writes down that these tries begin, in one transaction that is over before the other side is asked. Those that nobody wants any more have no job.

    It does not wait for the disk: the ledger's row of each crossing does, before the first byte leaves, and what was committed before it is on the disk with it.
    """
    async with world.store.tx(org) as tx:
        await lazily(tx)
        await deliveries.beside(tx, org, list(some))
        begun = await deliveries.begin(tx, org, list(some), world.clock())
        for id, job in some.items():
            if id not in begun:
                await jobs.done(tx, job)
        ready: dict[DeliveryId, Any] = {}
        for target, bringer in _BRINGERS.items():
            if mine := [one.delivery for one in begun.values() if one.delivery.target is target]:
                ready |= await bringer.ready(world, tx, org, mine)
    return {id: _Trying(org, one, ready.get(id)) for id, one in begun.items()}


async def _run_one(world: World, job: Job, work: Awaitable[None]) -> None:
    try:
        await work
    except _TROUBLE as error:  # what could not be written down stays this process's until its next sign of life gives it back
        _log.warning("How delivery %s ended could not be written down: %s. It is taken up again.", job.ref, type(error).__name__)
    except Exception:
        _log.exception("Delivery %s could not be settled; it is taken up again", job.ref)
    finally:
        world.running.discard(job.id)


async def deliver(world: World, org: OrgId, id: DeliveryId, job: int) -> None:
    """One try of one delivery, and what is written of it."""
    for trying in (await _begin(world, org, {id: job})).values():
        await _try(world, trying, _successes(world))


async def _try(world: World, trying: _Trying, successes: Together[_Ended]) -> None:
    """No transaction is open while the other side is asked."""
    org, delivery = trying.org, trying.begun.delivery
    bringer = _BRINGERS[delivery.target]
    outcome = await _tried(org, delivery, bringer.bring(world, org, delivery, trying.ready))
    try:
        await _settle(world, trying, outcome, successes, follows=True)
    except _UNREACHABLE:
        raise
    except Exception:  # what follows from it cannot be done: that must not keep it from being known how it ended, or it would be tried without a pause
        _log.exception("What follows from delivery %s of organisation %s could not be done", delivery.id, org)
        await _settle(world, trying, outcome, successes, follows=False)


async def _settle(world: World, trying: _Trying, outcome: Brought | DeliveryFailed, successes: Together[_Ended], *, follows: bool) -> None:
    """Writes down how the try ended, with all that follows from it."""
    if isinstance(outcome, Brought):
        await successes.put(trying.org, _Ended(delivery=trying.begun.delivery, brought=outcome, follows=follows))
        return
    async with world.store.tx(trying.org) as tx:
        await deliveries.beside(tx, trying.org, [trying.begun.delivery.id])
        await _failed(world, tx, trying.org, trying.begun, outcome, _BRINGERS[trying.begun.delivery.target] if follows else None)


async def _write_successes(world: World, org: OrgId, ended: Sequence[_Ended]) -> None:
    async with world.store.tx(org) as tx:
        await deliveries.beside(tx, org, [one.delivery.id for one in ended])
        fresh = await deliveries.succeed(tx, org, [(one.delivery, _storable(one.brought.external)) for one in ended], world.clock())
        for target, bringer in _BRINGERS.items():
            mine = [one for one in ended if one.delivery.target is target and one.follows]
            if mine:
                await bringer.arrived(world, tx, org, [(one.delivery, one.brought) for one in mine])
            for one in mine:
                if one.delivery.why and one.delivery.id in fresh:
                    await bringer.recovered(world, tx, org, one.delivery)


async def _tried(org: OrgId, delivery: Delivery, trying: Awaitable[Brought]) -> Brought | DeliveryFailed:
    try:
        async with asyncio.timeout(_LONGEST[delivery.target]):
            return await trying
    except DeliveryFailed as failure:
        return failure
    except NotFound as gone:
        return _Gone(gone.message, again=False)
    except CrossingRefused as refusal:  # by our own gate, so nothing has left
        return DeliveryFailed(f"The gate did not let it through: {refusal}.", again=not isinstance(refusal, LeakStopped))
    except Unreachable:
        raise  # of our own database: it says nothing of the other side
    except TimeoutError:
        return DeliveryFailed(f"Nothing was heard within {_LONGEST[delivery.target]:.0f} seconds.", unknown=True)
    except Exception as error:
        _log.exception("Delivery %s of organisation %s failed in our own code", delivery.id, org)
        return DeliveryFailed(f"Something in Glassine went wrong ({type(error).__name__}). The log of the worker says more.", unknown=True)


async def _failed(world: World, tx: Tx, org: OrgId, begun: Begun, failure: DeliveryFailed, bringer: Bringer | None) -> None:
    delivery, now, chance = begun.delivery, world.clock(), random.random()  # noqa: S311 - spreads tries over time, and keeps no secret
    seconds = ladders.pause(delivery.target, begun.rung + 1, failure.after, chance) if failure.again else None
    state = _state_after(failure, seconds)
    next = now + timedelta(seconds=seconds or 0)
    if not await deliveries.fail(tx, org, delivery, state=state, why=_storable(failure.message), unknown=failure.unknown, next=next, now=now):
        return
    if ladders.tells_of_destination(failure):
        await _rest(tx, org, delivery, failure, now, chance)
    if state is DeliveryState.DROPPED:
        return
    last = state is not DeliveryState.WAITING
    if last and delivery.effect is Effect.OPEN:
        await deliveries.end_line(tx, org, delivery, NO_TICKET, now)
    if bringer:
        await bringer.failed(world, tx, org, delivery, failure, last)


def _storable(words: str) -> str:
    """What came from outside may hold what no database takes."""
    return words.replace("\0", "").encode("utf-8", "replace").decode()[:_MOST_WORDS]


def _state_after(failure: DeliveryFailed, seconds: float | None) -> DeliveryState:
    if isinstance(failure, _Gone):
        return DeliveryState.DROPPED
    if seconds is not None:
        return DeliveryState.WAITING
    return DeliveryState.UNKNOWN if failure.unknown and not failure.again else DeliveryState.DEAD


async def _rest(tx: Tx, org: OrgId, delivery: Delivery, failure: DeliveryFailed, now: datetime, chance: float) -> None:
    """The destination's breaker: what has failed here would have failed for others too."""
    failures = await deliveries.lane_failed(tx, org, delivery.target, delivery.target_id, now)
    seconds = ladders.rest(failures, failure.after, chance)
    if seconds is not None:
        await deliveries.open_breaker(tx, org, delivery.target_id, now + timedelta(seconds=seconds))


async def _hold(world: World, job: Job) -> None:
    """Its destination's breaker is open: it waits untried, and whoever counts on it hears so at once."""
    org, id = job.org, DeliveryId(job.ref)
    async with world.store.tx(org) as tx:
        await deliveries.beside(tx, org, [id])
        delivery = await deliveries.load(tx, org, id)
        if delivery is None or delivery.state is not DeliveryState.WAITING:
            await jobs.done(tx, job.id)
            return
        said = await deliveries.newest_trouble(tx, org, delivery.target_id)
        failure = DeliveryFailed(f"It waits: the tries before it have failed. {said}".strip())
        if await deliveries.hold(tx, org, id, failure.message):
            await _BRINGERS[delivery.target].failed(world, tx, org, delivery, failure, False)


async def recovered(world: World, tx: Tx, org: OrgId, delivery: Delivery) -> None:
    """Somebody says that it has arrived."""
    await _BRINGERS[delivery.target].recovered(world, tx, org, delivery)


async def destinations(tx: Tx, org: OrgId) -> list[tuple[Target, Destination]]:
    """All that are connected, of every kind."""
    return [(target, one) for target, bringer in _BRINGERS.items() for one in await bringer.destinations(tx, org)]


async def expire(world: World, tx: Tx, org: OrgId) -> None:
    """Gives up what has waited behind a breaker for longer than a delivery is tried."""
    now = world.clock()
    for target, bringer in _BRINGERS.items():
        for delivery in await deliveries.expired(tx, org, target, now - ladders.lasts(target), TOO_LATE, now):
            await bringer.failed(world, tx, org, delivery, DeliveryFailed(delivery.why, again=False), True)
