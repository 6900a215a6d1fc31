"""Looks at open tickets every few minutes, so that a hook which was lost is made good: what happened there comes by the same way as a hook's news."""

from __future__ import annotations

from datetime import timedelta

from glassine import connect
from glassine.rules.reactions import look_at
from glassine.store import Tx, helpdesks, house, jobs, sessions, tickets
from glassine.story.helpdesks import helpdesk_reach, hooks
from glassine.story.world import World
from glassine.words.boundaries import shut
from glassine.words.deliveries import DeliveryFailed
from glassine.words.helpdesks import Filed, Looked
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId, SessionId
from glassine.words.sessions import Session

_SOON, _SELDOM, _CLOSED = 120.0, 3_600.0, 21_600.0  # seconds from one look to the next: when something just happened, after long silence, and once it is closed
_AT_ONCE = 50
_CLOSED_FOR = timedelta(days=14)


async def keep_up(tx: Tx, org: OrgId) -> None:
    """The sweeper's part: a job for each session with a ticket that is to be looked at. Called every two seconds."""
    due = await tickets.due(tx, org, limit=_AT_ONCE)
    if due and not shut("helpdesk", OrgSettings.read((await house.load(tx, org))["settings"])):
        for filed in due:
            await tickets.put_off(tx, org, filed)
            await jobs.add(tx, org, look_at(filed.session))


async def look(world: World, org: OrgId, id: SessionId) -> None:
    """At each of a session's tickets. One that cannot be looked at now is looked at later, and less and less often."""
    async with world.store.tx(org) as tx:
        session = await sessions.load(tx, org, id)
        found = (await tickets.of_sessions(tx, org, [id])).get(id, [])
        await tickets.forget_heard(tx, org)
    for one in found:
        if one.filed.external_id and one.filed.gone_at is None and one.kind in connect.helpdesks():
            await _look_at(world, org, one.filed, session)


async def _look_at(world: World, org: OrgId, filed: Filed, session: Session) -> None:
    async with world.store.tx(org) as tx:
        desk = await helpdesks.load(tx, org, filed.helpdesk)
    try:
        there = await helpdesk_reach.reached(world, org, desk, filed.session, filed)
        looked = await helpdesk_reach.asked(there.module.look(there.link, filed.ticket, filed.since), there.secrets)
    except DeliveryFailed:
        looked = Looked(heard=(), since=filed.since)
    news = await hooks.hear(world, org, desk, sorted(looked.heard, key=lambda one: getattr(one, "at", world.clock())))
    looks = 0 if news else filed.looks + 1
    async with world.store.tx(org) as tx:
        await tickets.looked(tx, filed, org, since=looked.since, looks=looks, seconds=pause(looks, session, world))


def pause(looks: int, session: Session, world: World) -> float | None:
    """Seconds until the next look; None: no more, because it was closed long ago."""
    if not session.open:
        return _CLOSED if world.clock() - session.updated_at < _CLOSED_FOR else None
    return float(min(_SELDOM, _SOON * 1.5 ** min(looks, 20)))
