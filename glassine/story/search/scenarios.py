"""Which training scenarios a turn goes by: those that always hold, and those whose trigger questions are like the message. Writing them is told in training.py."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from glassine.rules import scenarios as rules
from glassine.store import scenarios, segments
from glassine.store.scenarios import Live
from glassine.story.search import finding, sight
from glassine.story.world import World
from glassine.words.ids import OrgId, SegmentId
from glassine.words.knowledge import Viewer
from glassine.words.scenarios import Met, ScenarioKind
from glassine.words.turns import Trace

if TYPE_CHECKING:
    from glassine.story.scene import Scene

_KNOWN_FOR = 0.8  # seconds: what is published or taken back counts within a second, in every process
_MOST_KNOWN = 1_000  # organisations


async def meet(world: World, scene: Scene, trace: Trace) -> Scene:
    """The scene with the scenarios that hold for its message and its customer, also for a draft; the turn's evidence keeps them. One that is played once more has its own."""
    if scene.scenarios is not None:
        met = scene.scenarios
    else:
        spoken = str(trace.given.get("spoken") or scene.language)
        met = tuple(await found(world, scene.org, trace.query, spoken, channel=str(scene.session.channel), viewer=sight.customer(scene.session)))
    if met:
        trace.given["scenarios"] = [asdict(one) for one in met]
    return replace(scene, scenarios=met)


async def found(
    world: World, org: OrgId, text: str, spoken: str, *, channel: str, viewer: Viewer, least: float = rules.LIKE, most: int = rules.MOST, live: Sequence[Live] | None = None,
) -> list[Met]:
    """What always holds, and then what is like the text, the likest first. `live`: of these, instead of those that are published."""
    live = await published(world, org) if live is None else live
    if not live:
        return []
    own = await _segments(world, org, viewer, live)
    holding = [one for one in live if rules.holds(one.fields, channel=channel, segments=own, now=world.clock())]
    always = [_met(one, 1.0, "") for one in holding if one.kind is ScenarioKind.BEHAVIORAL]
    return [*always, *rules.nearest(await _compared(world, text, spoken, holding), least, most)]


async def published(world: World, org: OrgId) -> tuple[Live, ...]:
    """All that turns may meet, not older than a second."""
    until, known = world.scenarios.get(org, (0.0, ()))
    if until < time.monotonic():
        async with world.store.tx(org) as tx:
            known = await scenarios.live(tx, org)
        if len(world.scenarios) > _MOST_KNOWN:
            world.scenarios.clear()
        world.scenarios[org] = (time.monotonic() + _KNOWN_FOR, known)
    return known  # type: ignore[no-any-return]  # the world does not know the store's types


async def _segments(world: World, org: OrgId, viewer: Viewer, live: Sequence[Live]) -> frozenset[SegmentId]:
    """The segments of a verified contact, asked for only where a scenario is for some."""
    if viewer.contact is None or not any(one.fields.segments for one in live):
        return frozenset()
    async with world.store.tx(org) as tx:
        return frozenset(each.segment for each in await segments.of_contact(tx, org, viewer.contact))


async def _compared(world: World, text: str, spoken: str, live: Sequence[Live]) -> list[Met]:
    """Each scenario that has triggers, by the nearest of them."""
    asked, model = finding.plainly(text), world.embed.model(spoken)
    having = [one for one in live if one.kind is ScenarioKind.SPECIFIC and model in one.vectors]
    if not asked or not having:
        return []
    query = await world.embed.query(asked, spoken)
    met = []
    for one in having:
        cosines = one.vectors[model] @ query
        best = int(cosines.argmax())
        met.append(_met(one, world.embed.comparable(float(cosines[best]), spoken, across=False), one.fields.triggers[best]))
    return met


def _met(one: Live, score: float, trigger: str) -> Met:
    return Met(
        id=str(one.id), version=one.version, kind=one.kind, title=one.fields.title, content=one.fields.content, verbatim=one.fields.verbatim, score=round(score, 4), trigger=trigger,
    )
