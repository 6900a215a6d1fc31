"""Calls that wait for somebody of the team: what waits, and a person's yes or no. It applies no policy; story/actions/acting.py does, and runs the call."""

from __future__ import annotations

from typing import NamedTuple

from glassine.rules.permits import require
from glassine.rules.reactions import turn_of
from glassine.store import calls, jobs, people, sessions, vault
from glassine.store.live import notify
from glassine.story import desk, masking
from glassine.story.actions import acting, lapsing
from glassine.story.world import World
from glassine.words.actions import Call, CallId, CallState
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import SessionId
from glassine.words.people import Actor, ActorKind, Verb

_LONGEST_REASON = 1_000


class Waiting(NamedTuple):
    call: Call
    ticket_number: int


async def waiting(world: World, actor: Actor) -> list[Waiting]:
    """Everything that waits for the team, the oldest first. Raises Refused (403)."""
    require(actor, Verb.APPROVE)
    require(actor, Verb.READ_SESSIONS)
    async with world.store.tx(actor.org) as tx:
        return [Waiting(call, number) for call, number in await calls.approvals(tx, actor.org)]


async def one(world: World, actor: Actor, id: CallId) -> Call:
    """A call that waits or waited for the team. Raises NotFound, and Refused (403)."""
    require(actor, Verb.APPROVE)
    require(actor, Verb.READ_SESSIONS)
    async with world.store.tx(actor.org) as tx:
        return (await calls.load(tx, actor.org, id)).call


async def decide(world: World, actor: Actor, session: SessionId, id: CallId, *, yes: bool, reason: str = "") -> Call:
    """A person's word. On a yes the call runs now; either way the customer hears of it in a turn of its own. `reason` is a note for the team.

    Raises NotFound, and Refused: (400) for a long reason, (403) for who may not, (409) for what does not wait any more.
    """
    require(actor, Verb.APPROVE)
    reason = reason.strip()
    if len(reason) > _LONGEST_REASON:
        raise Refused(f"A reason has at most {_LONGEST_REASON:,} characters.")
    await _still_waits(world, actor, session, id)
    await _four_eyes(world, actor, session)
    call = await acting.go_on(world, actor.org, session, id, yes=yes, actor=actor)
    async with world.store.tx(actor.org) as tx:
        await vault.audit(tx, actor, "actions.approve" if yes else "actions.decline", "session", session, {"name": call.name, "call": str(call.id)})
        if await sessions.reopen_turn(tx, actor.org, session):
            await jobs.add(tx, actor.org, turn_of(session))
        await notify(tx, actor.org, session, "call")
    if reason:
        await desk.note(world, actor, session, f"{'Approved' if yes else 'Declined'} {call.name}: {reason}")
    return call


async def _still_waits(world: World, actor: Actor, session: SessionId, id: CallId) -> None:
    async with world.store.tx(actor.org) as tx:
        await lapsing.expire(tx, actor.org, session)
        call = (await calls.load(tx, actor.org, id)).call
    if call.session != session:
        raise NotFound("There is no such call.")
    if call.state is not CallState.APPROVAL:
        who = f" {call.by_name} was quicker." if call.by_name else ""
        raise Refused(f"This call does not wait for the team any more.{who}", status=409, code="conflict")


async def _four_eyes(world: World, actor: Actor, session: SessionId) -> None:
    """Nobody says yes to what they asked for themselves: a member of the team who writes as a customer is known by the address."""
    if actor.kind is not ActorKind.AGENT or actor.id is None:
        return
    mask, _ = await masking.look(world, actor.org, session)
    async with world.store.tx(actor.org) as tx:
        own = str((await people.load(tx, actor.org, actor.id))["email"])
    if own.casefold() in {(each or "").casefold() for each in (mask.identity.email, mask.identity.non_verified_email)}:
        raise Refused("This is your own conversation: somebody else has to decide.", status=403, code="forbidden")
