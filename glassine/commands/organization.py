"""Which organisation a command is about, and who acts when the operator does."""

from __future__ import annotations

from glassine.store import jobs
from glassine.story.world import World
from glassine.words.errors import Misconfigured
from glassine.words.ids import OrgId
from glassine.words.people import Actor, ActorKind, Role


async def chosen(world: World, named: str | None) -> OrgId:
    """The one that was named, or the only one there is. Raises Misconfigured."""
    async with world.store.outside() as tx:
        known = await jobs.organizations(tx)
    if named is None and len(known) == 1:
        return known[0]
    for org in known:
        if str(org) == named:
            return org
    listed = ", ".join(str(org) for org in known) or "none"
    raise Misconfigured(f"Say which organisation: --organization ID. These are here: {listed}.")


def operator(org: OrgId) -> Actor:
    """Whoever has this machine: no person of the team, and free to do everything."""
    return Actor(org=org, kind=ActorKind.SYSTEM, id=None, name="the operator", role=Role.OWNER)
