"""What the rulebook says of one message, looked up before anybody decides: its topics, the contact's segments where they count, and the time. It decides nothing."""

from __future__ import annotations

from dataclasses import replace

from glassine.rules import autopilot
from glassine.store import segments
from glassine.story import about
from glassine.story.scene import Scene
from glassine.story.search import sight
from glassine.story.world import World
from glassine.words.autopilot import Assist, Rollout
from glassine.words.ids import SegmentId
from glassine.words.sessions import Autopilot, OwnerKind
from glassine.words.turns import Trace


async def applied(world: World, scene: Scene, trace: Trace | None = None) -> Scene:
    """The scene with what the rulebook says of its message; the turn's evidence keeps what that was made from."""
    if scene.terms is not None:
        return scene
    own = await _segments(world, scene) if scene.segments is None else scene.segments
    found = await about.about(world, scene) if _counts(scene) else ()
    made = autopilot.terms(scene.rulebook, scene.session, scene.language, scene.at, own, found)
    if trace is not None:
        trace.given |= {"topics": [one.plain() for one in found[: about.KEPT]]} if found else {}
        trace.given |= {"segments": sorted(map(str, own))} if own else {}
        trace.given |= {"at": scene.at.isoformat()} if scene.at else {}
    return replace(scene, terms=made, about=found, segments=own)


def _counts(scene: Scene) -> bool:
    """Whether anything depends on what the message is about: the AI might answer it, or draft."""
    if not scene.session.open or scene.settings.ai_off:
        return False
    if scene.session.owner.kind is OwnerKind.AI:
        return scene.mode.autopilot is not Autopilot.OFF
    return scene.mode.autopilot is Autopilot.ASSIST or scene.session.channel in Assist.read(scene.rulebook.part("assist")).channels


async def _segments(world: World, scene: Scene) -> frozenset[SegmentId]:
    """The segments of a verified contact, asked for only where the rollout names some."""
    viewer = sight.customer(scene.session)
    if viewer.contact is None or not Rollout.read(scene.rulebook.part("rollout")).on(scene.session.channel).segments:
        return frozenset()
    async with world.store.tx(scene.org) as tx:
        return frozenset(each.segment for each in await segments.of_contact(tx, scene.org, viewer.contact))
