"""A caller that waits: a message goes in, its settled turn comes out, or the reason why none does. What comes too late reaches it by polling."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from glassine.rules.redaction import PLACEHOLDER, restore
from glassine.story import desk
from glassine.story.actions import continuing
from glassine.story.conversations import event, restorer, session
from glassine.story.inbound import receive
from glassine.story.turn import Settled
from glassine.story.worker import begin_turn
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.errors import Refused
from glassine.words.ids import EventId, OrgId, SessionId
from glassine.words.people import Actor
from glassine.words.sessions import Event, EventType, OwnerKind
from glassine.words.turns import HandOff, Reason, Reply, Silence

_log = logging.getLogger(__name__)
PATIENCE = 20.0  # seconds that a caller waits for a turn

_CODES = {
    Reason.OVERTAKEN: "response_cancelled",
    Reason.OWNED_BY_PERSON: "session_assigned_to_human_agent",
    Reason.AUTOPILOT_OFF: "session_assigned_to_human_agent",
    Reason.ASSIST_ONLY: "session_assigned_to_human_agent",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What the sender hears. `said` is the reply as the customer reads it; `code` says why there is none (the wire's words)."""

    message: Event
    said: Event | None = None
    text: str = ""
    code: str | None = None
    handed_off: bool = False
    resolves: bool = False


async def exchange(world: World, org: OrgId, id: SessionId, inbound: Inbound, *, first: Sequence[tuple[UUID, str]] = ()) -> Sent:
    """Receives a message and waits for its turn. Raises what `receive` raises; a turn that fails or is late goes on without the caller."""
    heard = await receive(world, org, id, inbound, first=first)
    if heard.job is None:
        return await _unanswered(world, org, heard.event, "duplicate_message_ignored")
    task = begin_turn(world, org, id, heard.job, heard.scene)
    try:
        settled = await asyncio.wait_for(asyncio.shield(task), PATIENCE)
    except TimeoutError:
        return await _unanswered(world, org, heard.event, None)
    except Exception:
        _log.exception("The turn of session %s failed; it is tried again", id)
        return await _unanswered(world, org, heard.event, None)
    return await _heard_back(world, org, heard.event, settled)


async def continued(world: World, org: OrgId, id: SessionId) -> Sent:
    """What the AI says to something that happened without a message, such as a form that was filled in. Its turn is queued already."""
    said = await continuing.said_since(world, org, id, PATIENCE)
    now = await session(world, org, id)
    if said is None:
        raise Refused("Nothing was said yet. It follows in this conversation.", status=409, code="not_yet")
    tokens = await restorer(world, org, id) if PLACEHOLDER.search(said.text) else {}
    return Sent(message=said, said=said, text=restore(said.text, tokens), handed_off=now.owner.kind is not OwnerKind.AI, resolves=bool(said.payload.get("resolves")))


async def _heard_back(world: World, org: OrgId, message: Event, settled: Settled) -> Sent:
    outcome, said = settled.outcome, settled.said
    if Reason.PERSON_TYPING in outcome.reasons:
        return await _unanswered(world, org, message, None)  # it is going to be answered, by whoever comes first
    if isinstance(outcome, Silence) or said is None:
        code = next((code for reason, code in _CODES.items() if reason in outcome.reasons), "skipping_unuseful_response")
        return await _unanswered(world, org, message, code)
    tokens = await restorer(world, org, said.session) if PLACEHOLDER.search(said.text) else {}
    return Sent(message=message, said=said, text=restore(said.text, tokens), handed_off=isinstance(outcome, HandOff), resolves=isinstance(outcome, Reply) and outcome.resolves)


async def _unanswered(world: World, org: OrgId, message: Event, code: str | None) -> Sent:
    """Who owns the session is read anew: whoever took it while its turn ran is why the turn was cancelled, unless the customer wrote again."""
    now = await session(world, org, message.session)
    owned = now.owner.kind is not OwnerKind.AI
    if code == _CODES[Reason.OVERTAKEN] and owned and now.last_user_seq == message.seq:
        code = _CODES[Reason.OWNED_BY_PERSON]
    return Sent(message=message, code=code, handed_off=owned)


async def reply_once(world: World, actor: Actor, id: SessionId, text: str, message: EventId) -> Sent:
    """The team's words to the customer, under the sender's own id of them. Raises what `desk.reply` raises, and Refused (409) for an id that is taken."""
    before = await event(world, actor.org, message)
    if before is None:
        return Sent(message=await desk.reply(world, actor, id, text, message=message), handed_off=True)
    if before.session != id or before.type is not EventType.AGENT_MESSAGE:
        raise Refused("Another message already has this id. Give each message a new UUID.", status=409, code="id_taken")
    return Sent(message=before, code="duplicate_message_ignored", handed_off=True)
