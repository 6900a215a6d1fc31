"""What people do about handoffs: how readily the AI hands off is set here, and what came of it is counted. The turn itself is told elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from glassine.rules import handoff_phrases, phrases
from glassine.rules.permits import require
from glassine.store import handoffs, helpdesks
from glassine.store.handoffs import Counted
from glassine.story.behaviour import autopilot
from glassine.story.world import World
from glassine.words.autopilot import Rulebook
from glassine.words.errors import Refused
from glassine.words.handoffs import MOST, Handoff, HandoffRules, Level, Triggers
from glassine.words.helpdesks import Connected
from glassine.words.ids import OrgId
from glassine.words.people import Actor, Verb
from glassine.words.routing import Goes, Routing
from glassine.words.turns import Reason

LATELY = timedelta(days=30)
_LONGEST = timedelta(days=366)


async def rules(world: World, org: OrgId) -> HandoffRules:
    """What holds now."""
    return HandoffRules.read((await autopilot.in_force(world, org)).part("handoff"))


async def set_rules(world: World, actor: Actor, level: Level, custom: Triggers | None = None, *, expects: int | None = None) -> Rulebook:
    """A level, or each trigger by itself. `custom` None leaves what was set before. Raises Refused: (400) for a number out of bounds, (403), (409)."""
    wanted = checked(HandoffRules(level=level, custom=custom or (await rules(world, actor.org)).custom))
    return await autopilot.change(world, actor, "handoff", wanted.written(), expects=expects)


def checked(wanted: HandoffRules) -> HandoffRules:
    """Raises Refused (400) for a number out of bounds."""
    for name, most in MOST.items():
        least = 1 if name == "days" else 0
        if not least <= getattr(wanted.custom, name) <= most:
            raise Refused(f"{name.replace('_', ' ').capitalize()} is a number from {least} to {most:,}.")
    return wanted


async def undo(world: World, actor: Actor, number: int) -> Rulebook:
    return await autopilot.undo(world, actor, number)


async def routing(world: World, org: OrgId) -> Routing:
    """Where handoffs go now, channel by channel."""
    return Routing.read((await autopilot.in_force(world, org)).part("routing"))


async def set_routing(world: World, actor: Actor, routing: Routing, *, expects: int | None = None) -> Rulebook:
    """Holds for handoffs from now on; what was handed off before stays where it is. Raises Refused: (400) for a helpdesk that is not connected, (403), (409)."""
    require(actor, Verb.CHANGE_SETTINGS)
    known = {one.id for one in await connected(world, actor.org)}
    for channel, route in routing.channels.items():
        if route.to is not Goes.INBOX and route.helpdesk is None:
            raise Refused(f"Choose a helpdesk for {channel}. Connect one under Settings › Helpdesks if there is none.")
        if route.to is not Goes.INBOX and route.helpdesk not in known:
            raise Refused(f"The helpdesk chosen for {channel} is not connected any more. Choose another, or connect it again under Settings › Helpdesks.")
    kept = {channel: route for channel, route in routing.channels.items() if route.to is not Goes.INBOX}
    return await autopilot.change(world, actor, "routing", Routing(channels=kept).written() if kept else {}, expects=expects)


async def connected(world: World, org: OrgId) -> Sequence[Connected]:
    async with world.store.tx(org) as tx:
        return await helpdesks.all_of(tx, org)


def shown(rules: HandoffRules) -> dict[str, Any]:
    """As the API tells it: the level, and what it makes of each trigger."""
    return {"level": str(rules.level), "triggers": {each.name: getattr(rules.triggers, each.name) for each in fields(Triggers)}}


def preview(rules: HandoffRules, language: str, minutes: int) -> list[tuple[str, str]]:
    """What customers read by these rules: what happens, and our words."""
    triggers, people = rules.triggers, phrases.handed_off([Reason.USER_REQUESTED_HUMAN], language, minutes=minutes)
    asked = handoff_phrases.notice("basics" if triggers.basics else "try", language) if triggers.basics or triggers.request > 1 else people
    missed = phrases.handed_off([Reason.INSUFFICIENT_KNOWLEDGE], language, minutes=minutes)
    found = [("Asks for a person, and says nothing else", asked if triggers.request else handoff_phrases.notice("declined", language))]
    if triggers.request and asked != people:
        found.append(("Says what it is about" if triggers.request == 1 else "Asks for a person once more", people))
    found.append(("Asks something that no article answers", missed if triggers.nothing_found == 1 else handoff_phrases.notice("unanswered", language)))
    if triggers.nothing_found > 1:
        found.append((f"Asks such a thing {triggers.nothing_found} times in a row", missed))
    return [*found, *([("Is angry", phrases.handed_off([Reason.FRUSTRATION], language, minutes=minutes))] if triggers.tone else [])]


async def counted(world: World, actor: Actor, since: datetime | None = None, until: datetime | None = None) -> Counted:
    """Handoffs of a stretch of time, the last thirty days unless it is said otherwise. Raises Refused (400), (403)."""
    require(actor, Verb.READ_SESSIONS)
    since, until = between(since, until)
    async with world.store.tx(actor.org) as tx:
        return await handoffs.counted(tx, actor.org, since, until)


def between(since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    until = _aware(until or datetime.now(UTC))
    since = _aware(since or until - LATELY)
    if not timedelta(0) < until - since <= _LONGEST:
        raise Refused("The end comes after the beginning, and at most 366 days after it.")
    return since, until


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def listed(world: World, actor: Actor, since: datetime | None, until: datetime | None, *, before: tuple[datetime, Any] | None, limit: int) -> list[tuple[Any, Handoff]]:
    """Single handoffs, newest first, each with the id that the next page goes on from."""
    require(actor, Verb.READ_SESSIONS)
    since, until = between(since, until)
    async with world.store.tx(actor.org) as tx:
        return await handoffs.page(tx, actor.org, since, until, before=before, limit=limit)
