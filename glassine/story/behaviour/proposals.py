"""A change of how the AI behaves, before it counts: checked like the change itself, and put in force as one. What it would do to conversations is told in rehearsing.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from glassine.rules import guarding
from glassine.rules.permits import require
from glassine.store import autopilot as versions
from glassine.store import scenarios
from glassine.story import house
from glassine.story.behaviour import autopilot, handoffs, topic_lists
from glassine.story.knowledge import training
from glassine.story.models import chain, model_settings
from glassine.story.world import World
from glassine.words.autopilot import PARTS, Rulebook, Topics
from glassine.words.errors import Refused
from glassine.words.handoffs import HandoffRules
from glassine.words.models import Use, chosen
from glassine.words.people import Actor, Verb
from glassine.words.rehearsals import Proposal
from glassine.words.scenarios import ScenarioId

TRIED = ("topics", "handoff", "guard")  # parts of the rulebook


async def checked(world: World, actor: Actor, proposal: Proposal) -> tuple[Proposal, Rulebook]:
    """As it would be put in force, and what is now. Raises NotFound, Refused: (400) for what could not be saved either, or changes nothing, (403)."""
    require(actor, Verb.CHANGE_SETTINGS)
    if sum(map(bool, (proposal.parts, proposal.scenario, proposal.models))) > 1:
        raise Refused("Try rules, a scenario or models: one of the three at a time, so that it is clear what makes a difference.")
    book = await autopilot.in_force(world, actor.org)
    parts = {name: await _part(world, actor, name, content) for name, content in proposal.parts.items()}
    proposal = replace(proposal, parts={name: part for name, part in parts.items() if not _same(name, book.part(name), part)})
    if proposal.scenario is not None:
        proposal = await _scenario(world, actor, proposal, ScenarioId(proposal.scenario))
    if proposal.models:
        await _check_models(world, actor, proposal)
    if not proposal.kinds:
        raise Refused("Change something first: this is how it is already.")
    return proposal, book


async def _part(world: World, actor: Actor, name: str, content: Mapping[str, Any]) -> dict[str, Any]:
    if name == "topics":
        return (await topic_lists.ready(world, actor, Topics.read(content))).written()
    if name == "handoff":
        return handoffs.checked(HandoffRules.read(content)).written()
    if name == "guard":
        now = guarding.read(content)
        return guarding.written(guarding.checked(promised=now.promises, backed=now.claims, answer=now.thresholds.answer, suggest=now.thresholds.suggest))
    raise Refused(f"{PARTS.get(name, name).capitalize()} cannot be tried on past conversations. What can: {', '.join(TRIED)}.")


def _same(name: str, one: Mapping[str, Any], two: Mapping[str, Any]) -> bool:
    """Whether two parts say the same: one that nobody has written is the usual one, and triggers count only where they hold."""
    if name == "topics":
        return Topics.read(one) == Topics.read(two)
    if name == "handoff":
        return (HandoffRules.read(one).level, HandoffRules.read(one).triggers) == (HandoffRules.read(two).level, HandoffRules.read(two).triggers)
    return guarding.read(one) == guarding.read(two)


async def _scenario(world: World, actor: Actor, proposal: Proposal, id: ScenarioId) -> Proposal:
    require(actor, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        found = await scenarios.load(tx, actor.org, id)
    if found.live is not None and not found.apart:
        raise Refused("Change something first: this is how it is already.")
    await training.as_live(world, actor.org, found)
    return replace(proposal, read_at=found.updated_at.isoformat())


async def _check_models(world: World, actor: Actor, proposal: Proposal) -> None:
    settings = (await house.organization(world, actor.org)).settings
    now = [one.id for one in chosen(settings, Use.ANSWER, chain.operator(world))]
    if len(set(proposal.models)) < len(proposal.models) or not set(proposal.models) <= await _known(world, actor):
        raise Refused("A change of models names models of yours, each once.")
    if list(proposal.models) == now:
        raise Refused("Change something first: this is how it is already.")


async def _known(world: World, actor: Actor) -> set[str]:
    current = await model_settings.current(world, actor)
    return {one.id for one in (*current.endpoints, *filter(None, [current.operator]))}


async def put_in_force(world: World, actor: Actor, proposal: Proposal, expects: int) -> int | None:
    """Publishes it; returns the version of the rulebook that it made, if it made one. Raises NotFound, Refused (403), (409) where what it changes has changed since."""
    require(actor, Verb.CHANGE_SETTINGS)
    if proposal.scenario is not None:
        await training.publish(world, actor, ScenarioId(proposal.scenario), read_at=proposal.read_at)
    if proposal.models:
        await model_settings.set_uses(world, actor, {str(Use.ANSWER): proposal.models})
    if not proposal.parts:
        return None
    async with world.store.tx(actor.org) as tx:
        before = await versions.newest(tx, actor.org)
        made = before
        for name, content in proposal.parts.items():
            made = await autopilot.write(tx, actor, name, content, expects=expects)
    if "topics" in proposal.parts:
        await topic_lists.tidy(world, actor, Topics.read(proposal.parts["topics"]))
    return made.number if made.number != before.number else None
