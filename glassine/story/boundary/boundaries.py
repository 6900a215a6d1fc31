"""Switching boundaries and all AI off and on. Each switch is one line of the audit log, and every process knows within a second."""

from __future__ import annotations

from typing import Any

from glassine.rules.permits import require
from glassine.store import Tx, house, vault
from glassine.store.live import notify
from glassine.story.boundary.switches import NOTICE
from glassine.story.world import World
from glassine.words.boundaries import BOUNDARIES
from glassine.words.errors import NotFound, Refused
from glassine.words.house import OrgSettings
from glassine.words.people import Actor, Verb

AI = "ai"  # the switch for all AI, in `off_since`


async def switch(world: World, actor: Actor, name: str, *, on: bool) -> bool:
    """Opens or shuts one boundary, and returns whether that changed anything. Raises NotFound, and Refused for one without a switch."""
    require(actor, Verb.SWITCH)
    boundary = BOUNDARIES.get(name)
    if boundary is None:
        raise NotFound(f"There is no boundary called {name[:60]}. These can be switched: {', '.join(one.name for one in BOUNDARIES.values() if one.off)}.")
    if not boundary.off:
        raise Refused(f"“{boundary.title}” has no switch. {boundary.always}", status=409)
    return await _set(world, actor, name, on=on)


async def switch_ai(world: World, actor: Actor, *, on: bool) -> bool:
    """The switch for all AI: no model is asked, nothing is quoted, and customers' messages go to the team."""
    require(actor, Verb.SWITCH)
    return await _set(world, actor, AI, on=on)


async def _set(world: World, actor: Actor, name: str, *, on: bool) -> bool:
    async with world.store.tx(actor.org) as tx:
        await house.lock(tx, actor.org)  # two switches at once must not undo each other
        before = OrgSettings.read((await house.load(tx, actor.org))["settings"])
        if on != (before.ai_off if name == AI else name in before.switched_off):
            return False
        await house.change(tx, actor.org, settings=_changed(world, actor, before, name, on=on))
        await _record(tx, actor, name, on=on)
        await notify(tx, actor.org, None, NOTICE)
    world.switches.forget(actor.org)
    return True


def _changed(world: World, actor: Actor, before: OrgSettings, name: str, *, on: bool) -> dict[str, Any]:
    since = {known: dict(told) for known, told in before.off_since.items() if known != name}
    if not on:
        since[name] = {"at": world.clock().isoformat(timespec="seconds"), "by": actor.name}
    if name == AI:
        return {"ai_off": not on, "off_since": since}
    others = tuple(one for one in before.switched_off if one != name)
    return {"switched_off": others if on else (*others, name), "off_since": since}


async def _record(tx: Tx, actor: Actor, name: str, *, on: bool) -> None:
    if name == AI:
        await vault.audit(tx, actor, "ai.on" if on else "ai.off", "organization", actor.org)
    else:
        await vault.audit(tx, actor, "boundary.on" if on else "boundary.off", "boundary", None, {"boundary": name})
