"""Reading and changing what an organisation's answers are checked for. It checks none."""

from __future__ import annotations

from glassine.rules import guarding
from glassine.rules.guarding import Guard
from glassine.rules.permits import require
from glassine.story.behaviour import autopilot
from glassine.story.world import World
from glassine.words.people import Actor, Verb


async def in_force(world: World, actor: Actor) -> Guard:
    """Raises Refused (403)."""
    require(actor, Verb.READ_SESSIONS)
    return guarding.read((await autopilot.in_force(world, actor.org)).part("guard"))


async def change(world: World, actor: Actor, guard: Guard) -> Guard:
    """Puts another in force, as a version that can be undone. Raises Refused (403)."""
    book = await autopilot.change(world, actor, "guard", guarding.written(guard))
    return guarding.read(book.part("guard"))
