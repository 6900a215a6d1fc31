"""`glassine replay`: finds a turn or a session wherever it is, replays it, and tells the result to people or to programs. It changes nothing but the audit log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import UUID

from glassine.store import jobs, turns
from glassine.story.inspection import replaying
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import OrgId, SessionId, TurnId
from glassine.words.people import Actor, ActorKind, Role
from glassine.words.replays import PieceKind, Replay, Step, Verdict

_MARKS = {Verdict.SAME: "✓", Verdict.DIFFERS: "≠", Verdict.IMPOSSIBLE: "–", Verdict.GIVEN: "·"}


async def replays(world: World, id: UUID) -> list[Replay | Refused]:
    """A turn's, or those of all turns of a session; a turn that cannot be replayed gives the reason. Raises NotFound."""
    org, session, turn = await _found(world, id)
    actor = Actor(org=org, kind=ActorKind.SYSTEM, id=None, name="Command line", role=Role.OWNER)
    every = [turn] if turn else await replaying.turns_of(world, actor, org, session)
    return [await _one(world, actor, session, each) for each in every]


async def _found(world: World, id: UUID) -> tuple[OrgId, SessionId, TurnId | None]:
    async with world.store.outside() as tx:
        everybody = await jobs.organizations(tx)
    for org in everybody:
        async with world.store.tx(org) as tx:
            place = await turns.whereabouts(tx, org, id)
        if place:
            return org, *place
    raise NotFound("There is no turn and no session with this id.")


async def _one(world: World, actor: Actor, session: SessionId, turn: TurnId) -> Replay | Refused:
    try:
        return await replaying.replay(world, actor, session, turn)
    except Refused as refusal:
        return refusal


def told(replay: Replay | Refused) -> Iterator[str]:
    """Lines for people."""
    if isinstance(replay, Refused):
        yield f"Not replayed: {replay.message}"
        return
    yield f"Turn {replay.turn} of {replay.taken_at:%Y-%m-%d %H:%M} UTC, taken with version {replay.program}, replayed with {replay.now}"
    for step in replay.steps:
        yield f"  {_MARKS[step.verdict]} {step.name:<9} {step.says}"
        yield from (f"      {line}" for line in _difference(step))


def _difference(step: Step) -> list[str]:
    """As in `[-gone-]` and `{+new+}`."""
    marked = {PieceKind.SAME: "{}", PieceKind.GONE: "[-{}-]", PieceKind.NEW: "{{+{}+}}"}
    return "".join(marked[piece.kind].format(piece.text) for piece in step.pieces).splitlines()


def as_json(replays: list[Replay | Refused]) -> str:
    return json.dumps([{"refused": one.message} if isinstance(one, Refused) else one.plain() for one in replays], indent=2, ensure_ascii=False)
