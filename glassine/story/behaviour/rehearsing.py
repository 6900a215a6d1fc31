"""A rehearsal: a change tried on past conversations before it goes live. It reads, and writes only what it found: nothing is sent, no action is called.

Both sides are played by the settings of now, with what each turn had then: its messages, what it found, and its model's own words where the model would be
asked the same. So what differs comes of the change. A conversation is looked at as far as its first turn that ends otherwise: what would have followed nobody knows.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

from glassine.rules.permits import require
from glassine.store import DatabaseError, Tx, jobs, rehearsals, vault
from glassine.story.behaviour import playing, proposals
from glassine.story.behaviour.playing import Stage
from glassine.story.inspection.remembered import Unanswered
from glassine.story.models import chain
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.ids import OrgId, SessionId, new_id
from glassine.words.models import Budget
from glassine.words.people import Actor, Verb
from glassine.words.rehearsals import MOST, OPEN, USUAL, Case, Proposal, Rehearsal, RehearsalId, Shown, State, Verdict
from glassine.words.work import JobKind, NewJob

_log = logging.getLogger(__name__)
_AT_ONCE = 20  # sessions of one job; then others have their turn
_MOST_RUNNING = 3
LISTED = 100  # cases of one page
_TROUBLE = (DatabaseError, OSError, TimeoutError)


class Costs(NamedTuple):
    """An estimate. `money` is None where the model has no price, `model` empty where none is set, and what is left None where there is no budget."""

    tokens: int
    money: float | None
    model: str
    left: int | None
    left_money: float | None


async def begin(world: World, actor: Actor, proposal: Proposal, sessions: int = USUAL) -> Rehearsal:
    """Raises NotFound, Refused: (400) for a change that could not be saved either, or changes nothing, (403), (409) while others run."""
    if not 1 <= sessions <= MOST:
        raise Refused(f"A change is tried on 1 to {MOST} conversations.")
    proposal, book = await proposals.checked(world, actor, proposal)
    id = RehearsalId(new_id())
    async with world.store.tx(actor.org) as tx:
        if sum(one.state is State.RUNNING for one in await rehearsals.newest(tx, actor.org, 20)) >= _MOST_RUNNING:
            raise Refused(f"{_MOST_RUNNING} rehearsals are running already. Wait for one, or cancel it.", status=409)
        await rehearsals.insert(tx, actor.org, id, proposal, rulebook=book.number, wanted=sessions, by=actor.id if actor.scopes is None else None)
        await vault.audit(tx, actor, "rehearsal.begin", "rehearsal", id, {"changed": list(proposal.kinds), "sessions": sessions})
        await _go_on(tx, actor.org, id)
        return await rehearsals.load(tx, actor.org, id)


async def _go_on(tx: Tx, org: OrgId, id: RehearsalId) -> None:
    await jobs.add(tx, org, NewJob(kind=JobKind.REHEARSE, ref=id, key=f"rehearsal:{id}"))


async def newest(world: World, actor: Actor, limit: int = 20) -> list[Rehearsal]:
    require(actor, Verb.READ_SESSIONS)
    async with world.store.tx(actor.org) as tx:
        return await rehearsals.newest(tx, actor.org, limit)


async def one(world: World, actor: Actor, id: RehearsalId) -> Rehearsal:
    """Raises NotFound."""
    require(actor, Verb.READ_SESSIONS)
    async with world.store.tx(actor.org) as tx:
        return await rehearsals.load(tx, actor.org, id)


async def cases(world: World, actor: Actor, id: RehearsalId, verdicts: Sequence[Verdict], *, limit: int = LISTED, offset: int = 0) -> list[Shown]:
    require(actor, Verb.READ_SESSIONS)
    async with world.store.tx(actor.org) as tx:
        return await rehearsals.cases(tx, actor.org, id, verdicts, limit=limit, offset=offset)


async def costs(world: World, actor: Actor, found: Rehearsal) -> Costs:
    """What asking a model for what nobody knows would take, and what is left of the day's budget."""
    require(actor, Verb.READ_SESSIONS)
    settings = await world.switches.of(actor.org)
    asked = next((one for one in playing.asked(settings, found.proposal, chain.operator(world))), None)
    budget, (tokens, money) = Budget.read(settings.model_budget), await world.meter.used(actor.org)
    spends = asked.costs(found.tally.tokens_in, found.tally.tokens_out) if asked and asked.price_in is not None else None
    return Costs(
        tokens=found.tally.tokens_in + found.tally.tokens_out, money=spends, model=asked.name if asked else "",
        left=max(0, budget.tokens - tokens) if budget.tokens else None, left_money=max(0.0, budget.money - money) if budget.money else None,
    )


async def ask_models(world: World, actor: Actor, id: RehearsalId) -> None:
    """Goes on with what only a language model can tell, through the gate and within the day's budget. Raises NotFound, Refused: (403), (409)."""
    require(actor, Verb.CHANGE_SETTINGS)
    await world.switches.admit(actor.org, "what-if")
    async with world.store.tx(actor.org) as tx:
        found = await _held(tx, actor, id)
        await rehearsals.reconsider(tx, actor.org, id)
        await rehearsals.set_state(tx, actor.org, id, State.RUNNING, world.clock(), asks=True)
        await vault.audit(tx, actor, "rehearsal.ask", "rehearsal", id, {"changed": list(found.proposal.kinds)})
        await _go_on(tx, actor.org, id)


async def go_on(world: World, actor: Actor, id: RehearsalId) -> None:
    """One that was stopped or cancelled, from where it stood. Raises NotFound, Refused: (403), (409)."""
    require(actor, Verb.CHANGE_SETTINGS)
    async with world.store.tx(actor.org) as tx:
        await _held(tx, actor, id)
        await rehearsals.set_state(tx, actor.org, id, State.RUNNING, world.clock())
        await _go_on(tx, actor.org, id)


async def cancel(world: World, actor: Actor, id: RehearsalId) -> None:
    """What was found so far stays. Raises NotFound, Refused: (403), (409) when it does not run."""
    require(actor, Verb.CHANGE_SETTINGS)
    async with world.store.tx(actor.org) as tx:
        if (await rehearsals.hold(tx, actor.org, id)).state is not State.RUNNING:
            raise Refused("It does not run any more.", status=409)
        await rehearsals.set_state(tx, actor.org, id, State.CANCELLED, world.clock())


async def publish(world: World, actor: Actor, id: RehearsalId) -> int | None:
    """Puts the change in force; returns the version of the rulebook that it made, if any. Raises NotFound, Refused: (403), (409) where that has changed since."""
    async with world.store.tx(actor.org) as tx:
        found = await _held(tx, actor, id)
    version = await proposals.put_in_force(world, actor, found.proposal, found.rulebook)
    await _close(world, actor, found, State.PUBLISHED, "rehearsal.publish")
    return version


async def drop(world: World, actor: Actor, id: RehearsalId) -> None:
    """Nothing is changed. Raises NotFound, Refused: (403), (409)."""
    require(actor, Verb.CHANGE_SETTINGS)
    async with world.store.tx(actor.org) as tx:
        found = await _held(tx, actor, id)
    await _close(world, actor, found, State.DROPPED, "rehearsal.drop")


async def _held(tx: Tx, actor: Actor, id: RehearsalId) -> Rehearsal:
    """One that waits for a decision. Raises Refused (409) for any other."""
    found = await rehearsals.hold(tx, actor.org, id)
    if found.state not in OPEN:
        raise Refused("It is running. Cancel it first, or wait until it is done." if found.state is State.RUNNING else f"It was {found.state} already.", status=409)
    return found


async def _close(world: World, actor: Actor, found: Rehearsal, state: State, verb: str) -> None:
    async with world.store.tx(actor.org) as tx:
        await rehearsals.set_state(tx, actor.org, found.id, state, world.clock())
        await vault.audit(tx, actor, verb, "rehearsal", found.id, {"changed": list(found.proposal.kinds)})


async def run(world: World, org: OrgId, id: RehearsalId) -> None:
    """Looks at the next sessions, and leaves the rest to a job of its own. Each is written as soon as it is known, so that a crash loses one at most."""
    async with world.store.tx(org) as tx:
        found = await rehearsals.load(tx, org, id)
    if found.state is not State.RUNNING:
        return
    stage = await playing.stage(world, org, found)
    for _ in range(_AT_ONCE):
        if not await _next(world, org, id, stage):
            return
    async with world.store.tx(org) as tx:
        await _go_on(tx, org, id)


async def _next(world: World, org: OrgId, id: RehearsalId, stage: Stage) -> bool:
    """Whether there is more to look at."""
    async with world.store.tx(org) as tx:
        running = (await rehearsals.hold(tx, org, id)).state is State.RUNNING
        session = await rehearsals.next_session(tx, org, id) if running else None
        if running and session is None:
            await rehearsals.set_state(tx, org, id, State.READY, world.clock())
    if session is None:
        return False
    try:
        case = await _looked_at(world, stage, session)
    except Unanswered as why:
        async with world.store.tx(org) as tx:
            if (await rehearsals.hold(tx, org, id)).state is State.RUNNING:
                await rehearsals.set_state(tx, org, id, State.STOPPED, world.clock(), why=str(why))
        return False
    async with world.store.tx(org) as tx:
        await rehearsals.write(tx, org, id, session, case)
    return True


async def _looked_at(world: World, stage: Stage, session: SessionId) -> Case:
    """One conversation that cannot be played must not end the whole."""
    try:
        return await playing.session(world, stage, session)
    except (Unanswered, *_TROUBLE):
        raise
    except Exception:
        _log.exception("A session could not be played once more")
        return Case(verdict=Verdict.LEFT_OUT, why="Playing it once more failed. The program's log says why.")
