"""A caller that waits: a message goes in, its settled turn comes out, or the reason why none does. What comes too late reaches it by polling."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from glassine.rules.redaction import PLACEHOLDER, restore
from glassine.story.conversations import restorer
from glassine.story.inbound import receive
from glassine.story.turn import Settled
from glassine.story.worker import begin_turn
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.ids import OrgId, SessionId
from glassine.words.sessions import Event
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
        return Sent(message=heard.event, code="duplicate_message_ignored")
    task = begin_turn(world, org, id, heard.job)
    try:
        settled = await asyncio.wait_for(asyncio.shield(task), PATIENCE)
    except TimeoutError:
        return Sent(message=heard.event)
    except Exception:
        _log.exception("The turn of session %s failed; it is tried again", id)
        return Sent(message=heard.event)
    return await _heard_back(world, org, heard.event, settled)


async def _heard_back(world: World, org: OrgId, message: Event, settled: Settled) -> Sent:
    outcome, said = settled.outcome, settled.said
    if isinstance(outcome, Silence) or said is None:
        code = next((code for reason, code in _CODES.items() if reason in outcome.reasons), "skipping_unuseful_response")
        return Sent(message=message, code=code)
    tokens = await restorer(world, org, said.session) if PLACEHOLDER.search(said.text) else {}
    return Sent(message=message, said=said, text=restore(said.text, tokens), handed_off=isinstance(outcome, HandOff), resolves=isinstance(outcome, Reply) and outcome.resolves)
