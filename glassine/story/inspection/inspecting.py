"""Inspect: who opens a turn's evidence, and what there is of it, also while the turn runs. Each opening is a line of the audit log, once an hour for each person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from glassine.rules.permits import require
from glassine.store import sessions, summaries, turns, vault
from glassine.story.world import Running, World
from glassine.words.errors import NotFound
from glassine.words.ids import SessionId, TurnId
from glassine.words.people import Actor, Verb

Summed = Mapping[str, Any]


class Looked(NamedTuple):
    """A turn as far as it has come. `step` is the one it is at while it runs; `others` are the ids of the session's turns, in order;
    `summed`, what a model was asked after it had handed off, for whoever takes over."""

    row: Mapping[str, Any]
    step: str
    others: list[TurnId]
    summed: Sequence[Summed]


async def look(world: World, actor: Actor, session: SessionId, id: TurnId) -> Looked:
    """Raises NotFound, also for a turn that ended without an outcome, and Refused (403)."""
    require(actor, Verb.INSPECT)
    running = world.turning.get(id)
    async with world.store.tx(actor.org) as tx:
        await sessions.load(tx, actor.org, session)
        others = [TurnId(row["id"]) for row in await turns.all_of(tx, actor.org, session)]
        row = await turns.load(tx, actor.org, session, id) if id in others or running is None or running.session != session else _so_far(running)
        summed = [one for one in await summaries.all_of(tx, actor.org, session) if one["turn_id"] == id]
        await vault.audit_hourly(tx, actor, "inspect.open", "turn", id, {"session": str(session)})
    return Looked(row, running.step if running and id not in others else "", others if id in others else [*others, id], summed)


def _so_far(running: Running) -> dict[str, Any]:
    """What this process has seen of a turn that it is taking."""
    trace = running.trace
    return {
        "id": running.id, "event_id": None, "outcome": "", "reasons": [], "model": trace.model, "created_at": running.began, "trace": turns.plain(trace),
        "redacted_at": None, "conditions": None, "knowledge": None,
    }


async def newest(world: World, actor: Actor, session: SessionId) -> TurnId:
    """The turn that runs, or the last one that was taken. Raises NotFound, and Refused (403)."""
    require(actor, Verb.INSPECT)
    running = [one for one in world.turning.values() if one.session == session]
    async with world.store.tx(actor.org) as tx:
        await sessions.load(tx, actor.org, session)
        settled = [TurnId(row["id"]) for row in await turns.all_of(tx, actor.org, session)]
    found = [one.id for one in sorted(running, key=lambda one: one.began)] or settled
    if not found:
        raise NotFound("The AI has taken no turn in this conversation yet.")
    return found[-1]


async def every_turn(world: World, actor: Actor, session: SessionId) -> list[dict[str, Any]]:
    """All turns of a session with their evidence. Raises NotFound, and Refused (403)."""
    require(actor, Verb.INSPECT)
    async with world.store.tx(actor.org) as tx:
        await sessions.load(tx, actor.org, session)
        await vault.audit_hourly(tx, actor, "inspect.open", "session", session)
        return await turns.all_of(tx, actor.org, session)


async def every_summary(world: World, actor: Actor, session: SessionId) -> list[Summed]:
    """What models were asked of a session for whoever takes it over, oldest first. Raises NotFound, and Refused (403)."""
    require(actor, Verb.INSPECT)
    async with world.store.tx(actor.org) as tx:
        await sessions.load(tx, actor.org, session)
        await vault.audit_hourly(tx, actor, "inspect.open", "session", session)
        return list(await summaries.all_of(tx, actor.org, session))
