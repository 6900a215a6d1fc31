"""How an organisation masks, as its admins change it: what becomes of each type, and their own patterns. Each change is a version in the audit log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, NamedTuple
from uuid import UUID

from glassine.rules import patterns as judging
from glassine.rules.patterns import Piece, Reach
from glassine.rules.permits import require
from glassine.rules.policies import EVERYWHERE, TYPES, patterns, policy_of, rules
from glassine.rules.redaction import before_names, by_pattern, redact
from glassine.store import events, house, vault
from glassine.story.masking import storable
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId
from glassine.words.people import Actor, Verb
from glassine.words.privacy import CustomPattern, Known, PiiType, Redacted, Treatment

Line = tuple[str, UUID | None, dict[str, Any]]  # verb, thing and details of a line of the audit log
_SAMPLE = 20_000  # characters
_PAST = 2_000  # messages that a pattern is tried on
_EXAMPLES = 5


class Policies(NamedTuple):
    """All that is set: rules by channel ("" for all of them), the channels there are, the patterns, and how often any of it was changed."""

    rules: Mapping[str, Mapping[PiiType, Treatment]]
    channels: tuple[str, ...]
    patterns: tuple[CustomPattern, ...]
    version: int


async def current(world: World, org: OrgId) -> Policies:
    async with world.store.tx(org) as tx:
        settings = OrgSettings.read((await house.load(tx, org))["settings"])
        channels = tuple(row["kind"] for row in await house.channels(tx, org))
    return Policies({where: rules(settings, where) for where in (EVERYWHERE, *channels)}, channels, patterns(settings.patterns), settings.policy_version)


# -- what becomes of each type --------------------------------------------------------------------------------------------------


async def treat(world: World, actor: Actor, type: PiiType, treatment: Treatment | None, channel: str = EVERYWHERE) -> Treatment | None:
    """Sets one rule and returns the one before. None: none of its own, so on a channel what holds for all, and for all a pseudonym."""
    await _check_channels(world, actor.org, [channel])
    was: list[Treatment | None] = []

    def change(settings: OrgSettings) -> tuple[dict[str, Any], list[Line]]:
        given = rules(settings, channel)
        was.append(given.pop(type, None))
        return _ruled(settings, {channel: {**given, **({type: treatment} if treatment else {})}})

    await _change(world, actor, change)
    return was[0]


async def replace_all(
    world: World, actor: Actor, wanted: Mapping[str, Mapping[PiiType, Treatment]], own: Sequence[CustomPattern] | None = None, *, version: int | None = None,
) -> None:
    """Sets the rules of the named channels, and with `own` all patterns, as one version. Raises Refused, and then nothing is changed:
    for what would do harm, or (409) when this is not the `version` that was read."""
    require(actor, Verb.CHANGE_SETTINGS)
    await _check_channels(world, actor.org, wanted)
    await _check_own(world, actor.org, own or ())

    def change(settings: OrgSettings) -> tuple[dict[str, Any], list[Line]]:
        if version not in (None, settings.policy_version):
            raise Refused(f"Somebody changed the policy meanwhile: it is at version {settings.policy_version}. Read it again, then set it.", status=409)
        changed, lines = _ruled(settings, wanted)
        if own is None:
            return changed, lines
        return {**changed, "patterns": [asdict(pattern) for pattern in own]}, [*lines, *_renewed(patterns(settings.patterns), own)]

    await _change(world, actor, change)


async def _check_channels(world: World, org: OrgId, named: Iterable[str]) -> None:
    there = (EVERYWHERE, *(await current(world, org)).channels)
    if unknown := [channel for channel in named if channel not in there]:
        raise Refused(f"There is no channel called {unknown[0]}. These are there: {', '.join(there[1:])}.")


async def _check_own(world: World, org: OrgId, own: Sequence[CustomPattern]) -> None:
    if len({pattern.id for pattern in own}) < len(own):
        raise Refused("Two patterns have the same id. Leave the id of a new pattern out.")
    known = (await current(world, org)).patterns if own else ()
    for pattern in own:
        judging.check(pattern, [other for other in own if other is not pattern])
        if pattern not in known:
            judging.check_past((await _past(world, org, pattern))[0])


def _ruled(settings: OrgSettings, wanted: Mapping[str, Mapping[PiiType, Treatment]]) -> tuple[dict[str, Any], list[Line]]:
    if EVERYWHERE in wanted:  # a pseudonym is what everything gets that has no rule
        wanted = {**wanted, EVERYWHERE: {type: treatment for type, treatment in wanted[EVERYWHERE].items() if treatment is not Treatment.PSEUDONYM}}
    lines = [line for where, given in wanted.items() for line in _differences(where, rules(settings, where), given)]
    merged = {**settings.treatments, **{where: {str(type): str(treatment) for type, treatment in given.items()} for where, given in wanted.items()}}
    return {"treatments": {where: given for where, given in merged.items() if given}}, lines


def _differences(channel: str, before: Mapping[PiiType, Treatment], after: Mapping[PiiType, Treatment]) -> list[Line]:
    usual = Treatment.PSEUDONYM if channel == EVERYWHERE else "as on all channels"
    return [
        ("redaction.treatment", None, {"type": type, "channel": channel or None, "from": before.get(type, usual), "to": after.get(type, usual)})
        for type in TYPES if before.get(type, usual) != after.get(type, usual)
    ]


def _renewed(before: Sequence[CustomPattern], after: Sequence[CustomPattern]) -> list[Line]:
    was, now = {one.id: one for one in before}, {one.id: one for one in after}
    lines = [_line("delete", one) for id, one in was.items() if id not in now]
    return lines + [_line("change" if id in was else "create", one) for id, one in now.items() if was.get(id) != one]


def _line(what: str, pattern: CustomPattern) -> Line:
    return f"patterns.{what}", UUID(pattern.id), {"name": pattern.name, "on": pattern.on, "treatment": pattern.treatment}


async def _change(world: World, actor: Actor, change: Callable[[OrgSettings], tuple[dict[str, Any], list[Line]]]) -> None:
    """One transaction that holds the organisation's row: of two admins at once, the second changes what the first has left."""
    require(actor, Verb.CHANGE_SETTINGS)
    async with world.store.tx(actor.org) as tx:
        await house.lock(tx, actor.org)
        settings = OrgSettings.read((await house.load(tx, actor.org))["settings"])
        changed, lines = change(settings)
        if not lines:
            return
        version = settings.policy_version + 1
        await house.change(tx, actor.org, settings={**changed, "policy_version": version})
        for verb, thing, detail in lines:
            await vault.audit(tx, actor, verb, "pattern" if thing else "organization", thing or actor.org, {**detail, "version": version})


# -- patterns of the organisation's own -----------------------------------------------------------------------------------------


async def save(world: World, actor: Actor, pattern: CustomPattern) -> CustomPattern | None:
    """Adds a pattern, or changes the one with its id, and returns what that was. Raises Refused for one that would do harm."""
    require(actor, Verb.CHANGE_SETTINGS)
    judging.check(pattern, await _beside(world, actor.org, pattern.id))
    judging.check_past((await _past(world, actor.org, pattern))[0])
    was: list[CustomPattern] = []

    def change(settings: OrgSettings) -> tuple[dict[str, Any], list[Line]]:
        before = patterns(settings.patterns)
        was.extend(one for one in before if one.id == pattern.id)
        judging.check(pattern, [one for one in before if one.id != pattern.id])
        after = [pattern if one.id == pattern.id else one for one in before] if was else [*before, pattern]
        return {"patterns": [asdict(one) for one in after]}, _renewed(before, after)

    await _change(world, actor, change)
    return was[0] if was else None


async def _beside(world: World, org: OrgId, id: str) -> list[CustomPattern]:
    return [one for one in (await current(world, org)).patterns if one.id != id]


async def switch(world: World, actor: Actor, id: str, *, on: bool) -> CustomPattern:
    """On or off; off goes always. Raises NotFound, and Refused for one that must not be on."""
    pattern = replace(await one(world, actor.org, id), on=on)
    if on:
        await save(world, actor, pattern)
        return pattern

    def change(settings: OrgSettings) -> tuple[dict[str, Any], list[Line]]:
        before = patterns(settings.patterns)
        after = [replace(each, on=False) if each.id == id else each for each in before]
        return {"patterns": [asdict(each) for each in after]}, _renewed(before, after)

    await _change(world, actor, change)
    return pattern


async def one(world: World, org: OrgId, id: str) -> CustomPattern:
    """Raises NotFound."""
    found = next((one for one in (await current(world, org)).patterns if one.id == id), None)
    if found is None:
        raise NotFound("There is no such pattern. Perhaps somebody has deleted it.")
    return found


async def delete(world: World, actor: Actor, id: str) -> CustomPattern:
    """Returns what was deleted, so that it can be brought back. Raises NotFound."""
    gone = await one(world, actor.org, id)

    def change(settings: OrgSettings) -> tuple[dict[str, Any], list[Line]]:
        before = patterns(settings.patterns)
        after = [one for one in before if one.id != id]
        return {"patterns": [asdict(one) for one in after]}, _renewed(before, after)

    await _change(world, actor, change)
    return gone


# -- the tester -----------------------------------------------------------------------------------------------------------------


class Example(NamedTuple):
    """Where a pattern matches in a past message, and how many more matches that has."""

    pieces: list[Piece]
    more: int


class Trial(NamedTuple):
    """What a pattern would do: to a sample, to the newest messages, and which everyday things it covers. `wrong`: why it may not be saved."""

    sample: Redacted
    past: Reach | None
    examples: list[Example]
    also: list[str]
    wrong: str


async def try_out(world: World, actor: Actor, pattern: CustomPattern, sample: str) -> Trial:
    """Nothing is stored. The sample is masked with all that is set and this pattern; past messages are stored masked, and only this pattern is tried on them."""
    require(actor, Verb.CHANGE_SETTINGS)
    if len(sample) > _SAMPLE:
        raise Refused(f"The sample has {len(sample):,} characters; {_SAMPLE:,} is the most.", status=413)
    wrong = ""
    try:
        judging.check(pattern, await _beside(world, actor.org, pattern.id))
    except Refused as refusal:
        wrong = str(refusal)
    if wrong and not judging.compiles(pattern):
        return Trial(await _masked(world, actor.org, None, sample), None, [], [], wrong)
    past, examples = await _past(world, actor.org, pattern)
    try:
        judging.check_past(past)
    except Refused as refusal:
        wrong = wrong or str(refusal)
    return Trial(await _masked(world, actor.org, pattern, sample), past, examples, judging.also(pattern), wrong)


async def _masked(world: World, org: OrgId, pattern: CustomPattern | None, sample: str) -> Redacted:
    async with world.store.tx(org) as tx:
        row = await house.load(tx, org)
    policy, clean = policy_of(row["name"], OrgSettings.read(row["settings"])), storable(sample)
    if pattern:
        policy = replace(policy, patterns=(*(one for one in policy.patterns if one.id != pattern.id), replace(pattern, on=True)))
    return redact(clean, policy, Known(), await world.names.find(before_names(clean, policy)))


async def _past(world: World, org: OrgId, pattern: CustomPattern) -> tuple[Reach, list[Example]]:
    async with world.store.tx(org) as tx:
        texts = await events.newest_texts(tx, org, limit=_PAST)
    return await asyncio.to_thread(_tried, replace(pattern, on=True), texts)  # two thousand texts take a moment


def _tried(pattern: CustomPattern, texts: Sequence[str]) -> tuple[Reach, list[Example]]:
    examples = []
    for text in texts:
        if found := by_pattern(text, (pattern,)):
            examples.append(Example(*judging.around(text, found)))
        if len(examples) == _EXAMPLES:
            break
    return judging.reach(pattern, texts), examples
