"""The watchdog: sessions whose owner cannot act come to the team, and those that nobody answered in time are told of. It decides nothing about an answer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from glassine.rules.reactions import jobs_for, turn_of
from glassine.store import events, jobs, owners, sessions
from glassine.store.live import notify
from glassine.store.owners import Overdue, Ownerless
from glassine.story import owning
from glassine.story.world import World
from glassine.words.ids import OrgId
from glassine.words.people import ActorKind
from glassine.words.sessions import EventType

WHY: Mapping[str, str] = MappingProxyType({
    "person_gone": "Whoever owned it may not answer customers any more.", "helpdesk_gone": "The helpdesk that owned it is not connected any more.",
    "no_ticket": "The helpdesk that owned it has no ticket for it, and none is on its way.",
})
_NOT_FILED = "The helpdesk had no ticket for it by the deadline."


async def ownerless(world: World, org: OrgId) -> list[Ownerless]:
    """Open sessions that nobody can act in at this moment."""
    async with world.store.tx(org) as tx:
        return await owners.ownerless(tx, org)


async def watch(world: World, org: OrgId) -> None:
    """Called again and again by the sweeper. Each session is moved in a transaction of its own, and only from the owner that it was seen with."""
    async with world.store.tx(org) as tx:
        for session in await sessions.forgotten(tx, org):
            await jobs.add(tx, org, turn_of(session))
        lost, late = await owners.ownerless(tx, org), await owners.overdue(tx, org)
    for one in lost:
        if one.why in WHY:
            async with world.store.tx(org) as tx:
                await owning.to_team(world, tx, org, one.session, WHY[one.why], was=one.owner)
    for each in late:
        await _late(world, org, each)


async def _late(world: World, org: OrgId, each: Overdue) -> None:
    """What a helpdesk has never got goes to the team. All else stays where it is, for two voices are worse than a late one, and more people are told."""
    async with world.store.tx(org) as tx:
        if not each.filed:
            await owning.to_team(world, tx, org, each.session, _NOT_FILED, was=each.owner)
        elif await owners.escalate(tx, org, each.session, each.deadline):
            await events.append(tx, org, each.session, EventType.HANDOFF_OVERDUE, ActorKind.SYSTEM, payload={"deadline": each.deadline.isoformat()})
            for follow in jobs_for(EventType.HANDOFF_OVERDUE, each.session):
                await jobs.add(tx, org, follow)
            await notify(tx, org, each.session, "owner")
