"""Changing how the AI is to behave: one document, a version for each change, who made it, and taking it back. It decides no turn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from glassine.rules import office_hours
from glassine.rules.permits import require
from glassine.store import Tx, autopilot, house, vault
from glassine.story.world import World
from glassine.words.autopilot import PARTS, Assist, Edition, Hours, Live, Rollout, Rulebook
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import OrgId, PersonId
from glassine.words.people import Actor, Verb
from glassine.words.sessions import Autopilot, ChannelKind

_MOST_KNOWN = 1_000  # organisations whose rulebook a process remembers


async def in_force(world: World, org: OrgId) -> Rulebook:
    async with world.store.tx(org) as tx:
        return await autopilot.newest(tx, org)


async def at(world: World, actor: Actor, number: int) -> Rulebook:
    """As it was in this version. Raises NotFound, Refused (403)."""
    require(actor, Verb.READ_SESSIONS)
    async with world.store.tx(actor.org) as tx:
        return await autopilot.at(tx, actor.org, number)


def known(world: World, org: OrgId) -> Rulebook:
    """The one that this process remembers. Whoever reads a session asks only for the content of another one."""
    return world.rulebooks.get(org) or Rulebook()


def read(world: World, org: OrgId, row: Mapping[str, Any], before: Rulebook) -> Rulebook:
    """The rulebook of a row of sessions.IN_PLACE. It has no content where that is the one of `before`, which was known when the row was asked for."""
    if row["rules"] is None:
        return before if row["rulebook"] else Rulebook()
    if len(world.rulebooks) > _MOST_KNOWN:
        world.rulebooks.clear()
    book = world.rulebooks[org] = Rulebook(number=row["rulebook"], content=row["rules"])
    return book


async def change(world: World, actor: Actor, part: str, content: Mapping[str, Any], *, expects: int | None = None) -> Rulebook:
    """Puts another part in force. `content` was checked by the part's own class. With `expects`, only if the part is as it was in that version.

    Raises Refused: (400), (403), (409).
    """
    require(actor, Verb.CHANGE_SETTINGS)
    if part not in PARTS:
        raise Refused(f"There is no part called {part}. The parts are {', '.join(PARTS)}.")
    async with world.store.tx(actor.org) as tx:
        return await write(tx, actor, part, content, expects=expects)


async def write(tx: Tx, actor: Actor, part: str, content: Mapping[str, Any], *, expects: int | None = None, undoes: int | None = None) -> Rulebook:
    """The same within a transaction; without a difference no version is made."""
    await house.lock(tx, actor.org)
    before = await autopilot.newest(tx, actor.org)
    if expects is not None and (await autopilot.at(tx, actor.org, expects)).part(part) != before.part(part):
        raise Refused("Somebody else has changed this meanwhile. Load it again.", status=409, code="conflict")
    if dict(before.part(part)) == dict(content):
        return before
    made = Rulebook(number=before.number + 1, content={**before.content, part: dict(content)})
    await autopilot.add(tx, actor.org, made, part, _person(actor), undoes)
    await vault.audit(tx, actor, "autopilot.undo" if undoes else "autopilot.rules", "autopilot", None, {"part": part, "version": made.number, **({"undoes": undoes} if undoes else {})})
    return made


def _person(actor: Actor) -> UUID | None:
    """Whoever signed in; nobody for an API key."""
    return actor.id if actor.scopes is None else None


async def set_mode(world: World, actor: Actor, channel: ChannelKind, mode: Autopilot) -> None:
    """What the AI does on a channel: kept where sessions read it, and with the versions."""
    require(actor, Verb.CHANGE_SETTINGS)
    async with world.store.tx(actor.org) as tx:
        await _set_modes(tx, actor, {channel: mode})
        await vault.audit(tx, actor, "autopilot.change", "channel", None, {"channel": channel, "autopilot": mode})


async def _set_modes(tx: Tx, actor: Actor, modes: Mapping[ChannelKind, Autopilot], undoes: int | None = None) -> None:
    await house.lock(tx, actor.org)
    before = {row["kind"]: row["autopilot"] for row in await house.channels(tx, actor.org)}
    if not (await autopilot.newest(tx, actor.org)).part("channels"):
        await write(tx, actor, "channels", before)
    for channel, mode in modes.items():
        person = _person(actor)
        await house.set_channel(tx, actor.org, channel, mode, PersonId(person) if person else None)
    await write(tx, actor, "channels", {**before, **{str(channel): str(mode) for channel, mode in modes.items()}}, undoes=undoes)


async def history(world: World, actor: Actor, *, part: str | None = None, below: int = 0, limit: int = 50) -> list[Edition]:
    """The changes, newest first. Raises Refused (403)."""
    require(actor, Verb.READ_SESSIONS)
    async with world.store.tx(actor.org) as tx:
        return await autopilot.editions(tx, actor.org, part=part, below=below, limit=limit)


async def undo(world: World, actor: Actor, number: int) -> Rulebook:
    """Brings the part back that this change changed, as a change of its own; later changes of other parts stay. Raises NotFound, Refused (403)."""
    require(actor, Verb.CHANGE_SETTINGS)
    async with world.store.tx(actor.org) as tx:
        edition = await autopilot.edition(tx, actor.org, number)
        if edition.part == "channels":
            await _set_modes(tx, actor, {ChannelKind(kind): Autopilot(mode) for kind, mode in edition.before.items()}, number)
            return await autopilot.newest(tx, actor.org)
        return await write(tx, actor, edition.part, edition.before, undoes=number)


def patience(rulebook: Rulebook, now: datetime | None, minutes: int) -> timedelta:
    """How long a customer who was handed off may wait from now on: so many minutes, and where there are office hours those only. Without a `now` none are known."""
    return office_hours.due(Hours.read(rulebook.part("hours")), now, minutes) - now if now else timedelta(minutes=minutes)


async def set_hours(world: World, actor: Actor, hours: Hours, *, expects: int | None = None) -> Rulebook:
    """Raises Refused: (400) with what is wrong, (403), (409)."""
    return await change(world, actor, "hours", office_hours.checked(hours).written(), expects=expects)


async def set_rollout(world: World, actor: Actor, rollout: Rollout, *, expects: int | None = None) -> Rulebook:
    """Raises Refused: (400) with what is wrong, (403), (409)."""
    for slice in (rollout.everywhere, *rollout.channels.values()):
        if not 0 <= slice.share <= 100:
            raise Refused("The share of sessions is a number from 0 to 100.")
        if wrong := [language for language in slice.languages if not (language.isascii() and language.isalpha() and len(language) in (2, 3))]:
            raise Refused(f"{wrong[0][:20]} is no language. Write codes such as en or de.")
    return await change(world, actor, "rollout", rollout.written(), expects=expects)


async def set_assist(world: World, actor: Actor, assist: Assist, *, expects: int | None = None) -> Rulebook:
    """Raises Refused: (403), (409)."""
    return await change(world, actor, "assist", assist.written(), expects=expects)


async def set_live(world: World, actor: Actor, live: Live, *, expects: int | None = None) -> Rulebook:
    """Raises Refused: (403), (409)."""
    return await change(world, actor, "live", live.written(), expects=expects)


async def as_then(tx: Tx, org: OrgId, conditions: Mapping[str, Any]) -> Rulebook:
    """What was in force under a turn's conditions; turns from before there were versions had none."""
    try:
        return await autopilot.at(tx, org, int(conditions.get("rulebook", 0)))
    except NotFound:
        return Rulebook()
