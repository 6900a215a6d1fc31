"""Retention: what is older than an organisation wants to keep is removed every day, in small transactions, and never from an open conversation.

A former key of the organisation whose time is up goes too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from glassine.rules.permits import require
from glassine.store import Tx, house, jobs, retention, rotations, sites, vault
from glassine.store.retention import Old
from glassine.story import house as houses
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.house import Kind, OrgSettings
from glassine.words.ids import OrgId, new_id
from glassine.words.people import Actor, ActorKind, Role, Verb
from glassine.words.work import JobKind, NewJob

LEAST: Mapping[Kind, int] = {Kind.MESSAGES: 1, Kind.ATTACHMENTS: 1, Kind.TRACES: 1, Kind.AUDIT: 30}  # days
_MOST_DAYS = 3_650
_DAY = 86_400.0  # seconds between two runs
_GRACE = 900.0  # seconds before the first run after a change: until then it can be undone
_BATCH = 100


def wanted(given: Mapping[Kind, int]) -> dict[Kind, int]:
    """Days by kind as they may be set; 0 keeps for ever. Raises Refused."""
    for kind, days in given.items():
        if days and not LEAST[kind] <= days <= _MOST_DAYS:
            raise Refused(f"{kind.capitalize()} can be kept for {LEAST[kind]} to {_MOST_DAYS:,} days, or for ever.")
    return dict(given)


async def preview(world: World, actor: Actor, given: Mapping[Kind, int]) -> dict[Kind, Old]:
    """What would be removed now if these days were set; kinds that are kept for ever are left out. Nothing is changed."""
    require(actor, Verb.READ_SESSIONS)
    async with world.store.tx(actor.org) as tx:
        return {kind: await retention.old(tx, actor.org, kind, _before(world, days)) for kind, days in wanted(given).items() if days}


async def set_days(world: World, actor: Actor, given: Mapping[Kind, int]) -> None:
    """Sets the days and schedules the first run, which does not come before a quarter of an hour."""
    changes: dict[str, Any] = {f"keep_{kind}": days for kind, days in wanted(given).items()}
    await houses.change(world, actor, **changes)
    if any(given.values()):
        async with world.store.tx(actor.org) as tx:
            await _schedule(tx, actor.org, "soon", _GRACE)


async def run(world: World, org: OrgId) -> dict[str, int]:
    """Removes what is old by the settings of now. The next run is scheduled first: a failure must not end them."""
    async with world.store.tx(org) as tx:
        await rotations.forget_retired(tx, org)
        days = kept(OrgSettings.read((await house.load(tx, org))["settings"]))
        if not any(days.values()):
            return {}
        await _schedule(tx, org, "daily", _DAY)
        id = new_id()
        await retention.begin(tx, org, id, world.clock())
    removed = Counter[str]()
    for kind, number in days.items():
        if number:
            await _remove(world, org, kind, _before(world, number), removed)
    async with world.store.tx(org) as tx:
        await retention.finish(tx, org, id, removed, world.clock())
        if removed.total():
            await vault.audit(tx, Actor(org=org, kind=ActorKind.SYSTEM, id=None, name="Retention", role=Role.OWNER), "privacy.retain", "organization", org, removed)
    return dict(removed)


def kept(settings: OrgSettings) -> dict[Kind, int]:
    """Days by kind; 0: for ever."""
    return {kind: int(getattr(settings, f"keep_{kind}")) for kind in Kind}


async def _schedule(tx: Tx, org: OrgId, which: str, seconds: float) -> None:
    """Two words, because a run that waits for tomorrow must not keep one from coming sooner."""
    word = f"retain:{which}:{org}"
    await jobs.add(tx, org, NewJob(kind=JobKind.RETAIN, ref=org, key=word, dedupe=word, delay_seconds=seconds))


async def _remove(world: World, org: OrgId, kind: Kind, before: datetime, removed: Counter[str]) -> None:
    """Batch by batch, so that nobody waits for it; a run that was interrupted is gone on with by the next."""
    while True:
        async with world.store.tx(org) as tx:
            done, more = await _conversations(tx, org, before, removed) if kind is Kind.MESSAGES else await _others(tx, org, kind, before)
        removed[str(kind)] += done
        if not more:
            return


async def _conversations(tx: Tx, org: OrgId, before: datetime, removed: Counter[str]) -> tuple[int, bool]:
    sessions = await retention.some_old_sessions(tx, org, before, _BATCH)
    if not sessions:
        removed["visitors"] += await retention.forget_visitors(tx, org, before)
        await sites.forget_comments(tx, org, before)
        return 0, False
    for session in sessions:
        await vault.forget_messages(tx, org, session, None)
        await jobs.drop_waiting(tx, org, session)
    removed["conversations"] += len(sessions)
    return await retention.forget_sessions(tx, org, sessions), True


async def _others(tx: Tx, org: OrgId, kind: Kind, before: datetime) -> tuple[int, bool]:
    done = await retention.forget(tx, org, kind, before, 5 * _BATCH)
    return done, done == 5 * _BATCH


def _before(world: World, days: int) -> datetime:
    return world.clock() - timedelta(days=days)


async def runs(world: World, actor: Actor) -> list[dict[str, Any]]:
    """The last runs, newest first."""
    require(actor, Verb.READ_SESSIONS)
    async with world.store.tx(actor.org) as tx:
        return await retention.runs(tx, actor.org)
