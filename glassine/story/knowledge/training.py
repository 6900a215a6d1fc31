"""Writing training scenarios: drafts, publishing with versions, taking back, trying out, and making one from a conversation. What turns do with them is in scenarios.py."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np

from glassine.edge.embed import Vectors
from glassine.rules import drafting
from glassine.rules.lines import one_line, storable
from glassine.rules.permits import require
from glassine.store import Tx, events, scenarios, vault
from glassine.store import segments as stored_segments
from glassine.store.scenarios import Live
from glassine.story.models.chain import model_for
from glassine.story.search import finding
from glassine.story.search import scenarios as turns
from glassine.story.world import World
from glassine.words.errors import ModelFailed, NotFound, Refused
from glassine.words.ids import OrgId, SessionId, new_id
from glassine.words.knowledge import EVERYBODY
from glassine.words.models import Use
from glassine.words.people import Actor, ActorKind, Verb
from glassine.words.scenarios import Fields, Met, Scenario, ScenarioId, ScenarioKind, Version
from glassine.words.sessions import ChannelKind

MOST_TRIGGERS, LONGEST_TRIGGER, LONGEST_CONTENT = 30, 300, 8_000
_LEAST_SHOWN = 0.3  # similarity from which the trial lists a scenario that would not be met
_REMEMBERED = 200  # messages of a conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a message would meet, and the nearest that it would not."""

    met: Sequence[Met]
    near: Sequence[Met]


async def listing(
    world: World, actor: Actor, *, directory: str | None = None, kind: ScenarioKind | None = None, contains: str = "", limit: int = 100, offset: int = 0,
) -> tuple[list[Scenario], int]:
    require(actor, Verb.READ_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        return await scenarios.page(tx, actor.org, directory=directory, kind=kind, contains=contains, limit=limit, offset=offset)


async def directories(world: World, actor: Actor) -> dict[str, int]:
    require(actor, Verb.READ_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        return await scenarios.directories(tx, actor.org)


async def one(world: World, actor: Actor, id: ScenarioId) -> tuple[Scenario, list[Version]]:
    """Raises NotFound."""
    require(actor, Verb.READ_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        return await scenarios.load(tx, actor.org, id), await scenarios.versions(tx, actor.org, id)


async def create(
    world: World, actor: Actor, fields: Fields, *, kind: ScenarioKind = ScenarioKind.SPECIFIC, directory: str = "", learned_from: UUID | None = None,
) -> Scenario:
    """A draft. Raises Refused (400), (403)."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    fields, id = checked(fields), ScenarioId(new_id())
    async with world.store.tx(actor.org) as tx:
        await _check_segments(tx, actor.org, fields)
        await scenarios.insert(tx, actor.org, id, kind=kind, directory=_directory(directory), enabled=True, draft=fields, learned_from=learned_from)
        await _record(tx, actor, "scenario.create", id, fields.title)
        return await scenarios.load(tx, actor.org, id)


async def edit(
    world: World, actor: Actor, id: ScenarioId, changes: Mapping[str, Any], *, kind: ScenarioKind | None = None, directory: str | None = None, enabled: bool | None = None,
    read_at: str | None = None,
) -> Scenario:
    """Changes the named fields of the draft; what is live stays. Another kind takes back what is live. Raises NotFound, Refused (400), (403), (409)."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        before = await scenarios.load(tx, actor.org, id)
        if read_at is not None and read_at != before.updated_at.isoformat():
            raise Refused("Somebody else has changed this scenario meanwhile. Load it again.", status=409, code="conflict")
        fields = checked(replace(before.draft, **changes))
        await _check_segments(tx, actor.org, fields)
        if fields != before.draft:
            await scenarios.write(tx, actor.org, id, fields, before.updated_at)
        if kind is not None and kind is not before.kind:
            await scenarios.set_kind(tx, actor.org, id, kind)
        await scenarios.place(tx, actor.org, id, directory=None if directory is None else _directory(directory), enabled=enabled)
        await _record(tx, actor, "scenario.change", id, fields.title)
        after = await scenarios.load(tx, actor.org, id)
    world.scenarios.pop(actor.org, None)
    return after


def checked(fields: Fields) -> Fields:
    """As it is stored. Raises Refused."""
    triggers = tuple(dict.fromkeys(filter(None, (one_line(each, LONGEST_TRIGGER + 1) for each in fields.triggers))))
    made = replace(fields, title=one_line(fields.title, 200), content=storable(fields.content).replace("\r\n", "\n").strip(), triggers=triggers)
    if not made.title:
        raise Refused("A scenario needs a title.")
    if len(made.content) > LONGEST_CONTENT:
        raise Refused(f"The text has {len(made.content):,} characters; {LONGEST_CONTENT:,} is the most.", status=413, code="too_large")
    if len(triggers) > MOST_TRIGGERS or any(len(each) > LONGEST_TRIGGER for each in triggers):
        raise Refused(f"There may be {MOST_TRIGGERS} trigger questions of {LONGEST_TRIGGER} characters.")
    if strange := set(made.channels) - {str(kind) for kind in ChannelKind}:
        raise Refused(f"There is no channel called {', '.join(sorted(strange))}.")
    if made.starts_at and made.ends_at and made.starts_at >= made.ends_at:
        raise Refused("It would end before it begins.")
    return made


async def _check_segments(tx: Tx, org: OrgId, fields: Fields) -> None:
    known = {each.id for each in await stored_segments.every(tx, org)} if fields.segments else set()
    if set(fields.segments) - known:
        raise Refused("One of these segments is not there any more. Load the page again.", status=409, code="conflict")


def _directory(name: str) -> str:
    return "/".join(filter(None, (one_line(part, 60) for part in re.split(r"[/\\]", name))))[:200]


async def publish(world: World, actor: Actor, id: ScenarioId, *, read_at: str | None = None) -> Scenario:
    """Makes the draft what turns go by. `read_at`: only if it is as it was then. Raises NotFound, and Refused where something is missing, (403), (409)."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        read = await scenarios.load(tx, actor.org, id)
    if read_at is not None and read_at != read.updated_at.isoformat():
        raise Refused("Somebody else has changed this scenario meanwhile. Load it again.", status=409, code="conflict")
    vectors = (await as_live(world, actor.org, read)).vectors
    by = actor.id if actor.kind is ActorKind.AGENT else None
    async with world.store.tx(actor.org) as tx:
        await scenarios.publish(tx, actor.org, read, vectors, world.clock(), by)
        await _record(tx, actor, "scenario.publish", id, read.draft.title)
        after = await scenarios.load(tx, actor.org, id)
    world.scenarios.pop(actor.org, None)
    return after


async def as_live(world: World, org: OrgId, read: Scenario) -> Live:
    """The draft as turns would meet it. Raises Refused where something is missing."""
    if not read.draft.content:
        raise Refused("Write what is to be said or done before you publish.")
    if read.kind is ScenarioKind.SPECIFIC and not read.draft.triggers:
        raise Refused("Write at least one trigger question: without one, no message would ever meet this scenario.")
    vectors = await _embedded(world, org, read.draft.triggers) if read.kind is ScenarioKind.SPECIFIC else {}
    return Live(read.id, read.kind, read.version + 1, read.draft, vectors)


async def _embedded(world: World, org: OrgId, triggers: Sequence[str]) -> dict[str, Vectors]:
    """By each model that questions of this organisation are read with. Triggers are questions themselves, so they are read as such."""
    made: dict[str, Vectors] = {}
    for language in await finding.languages_of(world, org):
        model = world.embed.model(language)
        if model not in made:
            made[model] = np.stack([await world.embed.query(finding.plainly(each) or each, language) for each in triggers])
    return made


async def take_back(world: World, actor: Actor, id: ScenarioId) -> Scenario:
    """A draft again: no turn goes by it any more. Raises NotFound, Refused (403)."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        await scenarios.take_back(tx, actor.org, id)
        after = await scenarios.load(tx, actor.org, id)
        await _record(tx, actor, "scenario.unpublish", id, after.draft.title)
    world.scenarios.pop(actor.org, None)
    return after


async def restore(world: World, actor: Actor, id: ScenarioId, number: int) -> Scenario:
    """Loads a version into the draft. Raises NotFound, Refused (403)."""
    _, versions = await one(world, actor, id)
    wanted = next((each for each in versions if each.number == number), None)
    if wanted is None:
        raise NotFound("There is no such version.")
    return await edit(world, actor, id, {name: getattr(wanted.fields, name) for name in Fields.__slots__})


async def delete(world: World, actor: Actor, id: ScenarioId) -> Scenario:
    """Gone with its versions; returns what it was, so that it can be made once more."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        before = await scenarios.load(tx, actor.org, id)
        await scenarios.delete(tx, actor.org, id)
        await _record(tx, actor, "scenario.delete", id, before.draft.title)
    world.scenarios.pop(actor.org, None)
    return before


async def _record(tx: Tx, actor: Actor, verb: str, id: ScenarioId, title: str) -> None:
    await vault.audit(tx, actor, verb, "scenario", id, {"title": title})


async def try_out(world: World, actor: Actor, text: str, channel: str = "web") -> Trial:
    """Which scenarios a message of anybody on this channel would meet. Nothing is stored."""
    require(actor, Verb.READ_KNOWLEDGE)
    spoken = finding.spoken_in(text, await finding.languages_of(world, actor.org), None)
    world.scenarios.pop(actor.org, None)
    every = await turns.found(world, actor.org, text, spoken, channel=channel, viewer=EVERYBODY, least=_LEAST_SHOWN, most=20)
    met = await turns.found(world, actor.org, text, spoken, channel=channel, viewer=EVERYBODY)
    return Trial(met=met, near=[each for each in every if each.id not in {own.id for own in met}])


async def from_session(world: World, actor: Actor, session: SessionId) -> Scenario:
    """A draft that says how a conversation was handled: by the language model where there is one, else from what the team wrote. Raises NotFound, Refused (403)."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    require(actor, Verb.READ_SESSIONS)
    async with world.store.tx(actor.org) as tx:
        history = await events.log(tx, actor.org, session, limit=_REMEMBERED)
    if not history:
        raise NotFound("There is no session with this id.")
    history = [event for event in history if not event.redacted]
    model = await model_for(world, actor.org, await world.switches.of(actor.org), Use.SUMMARISE)
    fields = None
    if model is not None:
        try:
            fields = drafting.read((await model.complete(drafting.asked(history), org=actor.org, session=session)).text)
        except ModelFailed:
            fields = None
    return await create(world, actor, fields or drafting.plain(history), learned_from=session)
