"""Redacting afterwards: the words of a message, or of a whole session, are removed for good from wherever they stand. Nothing here can be undone.

What follows an entry and quotes it goes too: the summaries of later handoffs, and the evidence of every turn and summary that had read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from glassine.rules.permits import require
from glassine.store import Tx, calls, events, jobs, sessions, summaries, turns, vault, webhooks
from glassine.store.live import notify
from glassine.story.privacy.reasons import written
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import EventId, SessionId
from glassine.words.people import Actor, Verb
from glassine.words.sessions import Event, EventType, Session

_SAYS = frozenset({EventType.MESSAGE, EventType.AGENT_MESSAGE, EventType.AGENT_COMMENT, EventType.CSAT_SUBMITTED, EventType.STATE_CHECKPOINT})


class Redaction(NamedTuple):
    """What was removed. All numbers are 0 when it had been removed before."""

    entries: int
    messages: int
    files: int
    turns: int


_NOTHING = Redaction(0, 0, 0, 0)


async def redact_message(world: World, actor: Actor, message: EventId, why: str = "", *, within: SessionId | None = None) -> Redaction:
    """One message, note, rating's comment or saved state. `within`: it must be of this session. Raises NotFound, and Refused for an entry that says nothing."""
    require(actor, Verb.REDACT)
    async with world.store.tx(actor.org) as tx:
        event = await events.find(tx, actor.org, message)
    if event is None or within not in (None, event.session):
        raise NotFound("There is no message with this id.")
    if event.type not in _SAYS:
        raise Refused("Only messages, notes, ratings and saved states can be redacted. This entry says nothing of its own.")
    if event.redacted:
        return _NOTHING
    reason = await written(world, actor.org, why, event.session)
    async with world.store.tx(actor.org) as tx:
        session = await sessions.hold(tx, actor.org, event.session)
        quoting = await events.later_handoffs(tx, event, actor.org)
        done = await _remove(tx, actor, session, event, [message, *quoting], reason)
        await events.append(tx, actor.org, session.id, EventType.MESSAGE_REDACTED, actor.kind, actor_id=actor.id, payload={"target": str(message)})
        await notify(tx, actor.org, session.id, "redacted")
    return done


async def redact_session(world: World, actor: Actor, id: SessionId, why: str = "") -> Redaction:
    """Everything that was said, attached or saved in a session; that it took place stays. Raises NotFound."""
    require(actor, Verb.REDACT)
    async with world.store.tx(actor.org) as tx:
        await sessions.load(tx, actor.org, id)
    reason = await written(world, actor.org, why, id)
    async with world.store.tx(actor.org) as tx:
        session = await sessions.hold(tx, actor.org, id)
        done = await _remove(tx, actor, session, None, None, reason)
        await events.append(tx, actor.org, id, EventType.SESSION_REDACTED, actor.kind, actor_id=actor.id)
        await notify(tx, actor.org, id, "redacted")
    return done


async def _remove(tx: Tx, actor: Actor, session: Session, event: Event | None, only: Sequence[EventId] | None, why: str) -> Redaction:
    """In this order, because files are found by the texts that name them, and unused placeholders by the texts that do not."""
    org, id = actor.org, session.id
    files = await vault.forget_messages(tx, org, id, only)
    blanked = await events.redact(tx, actor, id, only, thing="message" if event else "session", id=event.id if event else id, why=why)
    await events.forget_votes(tx, org, id, only)
    await calls.blank(tx, org, id, event.created_at if event else None)
    emptied = await turns.blank(tx, org, id, event.created_at if event else None)
    await summaries.blank(tx, org, id, event.created_at if event else None)
    silent = event is None or event.seq == session.last_user_seq  # nobody can answer what is no longer there
    await sessions.blank(tx, org, id, whole=event is None or event.type is EventType.STATE_CHECKPOINT, silent=silent)
    await webhooks.blank_answers(tx, org, id)
    await vault.forget_unused(tx, org, id)
    if silent:
        await jobs.drop_waiting(tx, org, id)
    return Redaction(blanked.entries, blanked.messages, files, emptied)
