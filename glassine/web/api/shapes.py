"""The wire's shapes: what sessions, contacts, events and replies look like as JSON (OpenCX's names; docs/api.md). Only shapes: nothing is loaded here."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from glassine.rules.redaction import restore
from glassine.story.actions import continuing
from glassine.story.actions.continuing import Shown
from glassine.story.visitor import restored
from glassine.words.errors import Refused
from glassine.words.people import ActorKind
from glassine.words.sessions import Contact, Event, EventType, Owner, OwnerKind, Session, Status

Json = dict[str, Any]


def moment(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds, as browsers write it."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def cursor(at: datetime, id: UUID) -> str:
    """An opaque place in a list."""
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{id}".encode()).decode()


def place(text: str | None) -> tuple[datetime, UUID] | None:
    """The place that a cursor names. Raises Refused (400)."""
    if not text:
        return None
    try:
        at, id = base64.urlsafe_b64decode(text.encode()).decode().split("|")
        when = datetime.fromisoformat(at)
        return when if when.tzinfo else when.replace(tzinfo=UTC), UUID(id)
    except (ValueError, binascii.Error):
        raise Refused("This cursor is not one of ours. Start the list again without it.") from None


def contact(contact: Contact) -> Json:
    return {
        "id": str(contact.id), "email": contact.email, "phone_number": contact.phone_number, "name": contact.name, "custom_data": dict(contact.custom_data),
        "non_verified_email": contact.non_verified_email, "non_verified_name": contact.non_verified_name,
        "non_verified_custom_data": dict(contact.non_verified_custom_data),
        "created_at": moment(contact.created_at), "updated_at": moment(contact.updated_at),
    }


def unnamed(who: Contact) -> Json:
    """A contact for those who may read sessions but no contacts: nothing of who they are."""
    shown = {"id", "created_at", "updated_at"}
    return {name: value if name in shown else None for name, value in contact(who).items()}


def session(session: Session, who: Json, attached: Json, system: Json | None = None) -> Json:
    """A session as the public API shows it; `who` is `contact` or `unnamed`, `system` the helpdesk that it has a ticket in."""
    return {
        "id": str(session.id), "status": session.status, "ai_closure_type": session.ai_closure_type, "sentiment": session.sentiment, "summary": session.summary,
        "channel": {"type": session.channel}, "ticket_number": session.ticket_number, "assist_mode": False,
        "created_at": moment(session.created_at), "updated_at": moment(session.updated_at), "contact": who, "language": session.language,
        "assignee_id": str(session.owner.id) if session.owner.kind is OwnerKind.PERSON else None, "assignee": {"kind": session.owner.assignee, "name": session.owner.name},
        "custom_data": attached, "team": None,
        "handoff": {"summary": session.summary, "sentiment": session.sentiment} if session.handed_off_at else None,
        "ticketing_system": system or ({"name": "open", "external_id": None, "id_type": None} if session.handed_off_at else None),
    }


_SENDERS = {ActorKind.USER: "contact", ActorKind.AI: "ai", ActorKind.AGENT: "human_agent", ActorKind.API: "human_agent", ActorKind.HELPDESK: "human_agent", ActorKind.SYSTEM: "system"}
_OLD_NAMES = {
    EventType.AGENT_TOOK_SESSION_FROM_AI: "human_agent_takeover", EventType.AGENT_COMMENT: "human_agent_comment", EventType.HANDOFF: "handoff",
    EventType.AGENT_ASSIGNED_BY_USER: "human_agent_joined", EventType.MESSAGE: "message", EventType.AGENT_MESSAGE: "message",
}


def history_item(event: Event) -> Json:
    """One line of GET /chat/sessions/{id}/history. Texts are masked, as everywhere outside the customer's own channel."""
    body: Json = {"type": _OLD_NAMES.get(event.type, event.type), "sender": {"type": _SENDERS[event.actor], "name": event.actor_name}}
    if event.actor is ActorKind.AGENT:
        body["human_agent_id"] = str(event.actor_id) if event.actor_id else None
    if event.actor is ActorKind.HELPDESK and event.payload.get("third_party_name"):
        body["third_party_name"] = event.payload["third_party_name"]
    if event.redacted:
        body["redacted"] = True
    if event.text:
        body["content"] = {"type": "text", "text": event.text}
    if event.type is EventType.HANDOFF:
        body |= {"reasons": event.payload.get("reasons", []), "summary": event.payload.get("summary"), "sentiment": event.payload.get("sentiment")}
    if event.payload.get("sources"):
        body["sources"] = event.payload["sources"]
    if event.payload.get("attachments"):
        body["attachments"] = [dict(file) for file in event.payload["attachments"]]  # with the masked text of each
    return {"id": str(event.id), "created_at": moment(event.created_at), "event": body}


def autopilot_response(id: UUID, text: str, *, resolves: bool, debug: Json | None = None) -> Json:
    """A reply as send gives it. `id` is the id of the reply's row in the history."""
    value: Json = {"type": "text", "value": {"error": False, "content": text}, "id": str(id), "mightSolveUserIssue": resolves}
    return value | {"completelyAndFullyCoveredUserIssue": resolves, "mode": None, "didExitMode": False} | ({"debugInfo": debug} if debug is not None else {})


# -- the widget's shapes (protocol v2) ------------------------------------------------------------------------------------------


def widget_session(session: Session, checkpoint: Any = None, glimpse: tuple[str, str] | None = None) -> Json:
    """Every key is always there: the widget counts on it. `glimpse`: the customer's first words and the last ones, which only the list gives."""
    first, last = glimpse or (None, None)
    return {
        "id": str(session.id), "ticketNumber": session.ticket_number, "title": first or None, "createdAt": moment(session.created_at), "updatedAt": moment(session.updated_at),
        "isHandedOff": session.handed_off_at is not None, "isOpened": session.status is Status.OPEN, "assignee": _assignee(session.owner),
        "channel": session.channel, "isVerified": session.verified, "lastMessage": last or None, "modeId": None, "latestStateCheckpointPayload": checkpoint,
        "sessionAttributes": {}, "customStatus": None,
    }


def _assignee(owner: Owner) -> Json:
    return {"kind": owner.assignee, "name": owner.name if owner.kind is OwnerKind.PERSON else None, "avatarUrl": None}


# What a customer's own history shows; everything else, notes above all, never leaves by this way.
_FOR_CUSTOMERS = frozenset({EventType.MESSAGE, EventType.AGENT_MESSAGE, EventType.CSAT_REQUESTED, EventType.CSAT_SUBMITTED, EventType.STATE_CHECKPOINT})
_REMOVED = "This message was removed."  # for widgets that do not know `isRemoved`; ours says it in the customer's language
_KINDS = {ActorKind.USER: "user", ActorKind.AI: "ai", ActorKind.AGENT: "agent", ActorKind.API: "agent", ActorKind.HELPDESK: "agent", ActorKind.SYSTEM: "system"}


def widget_item(event: Event, text: str, tokens: dict[str, str], calls: Mapping[str, Shown] | None = None) -> Json | None:
    """One row of the widget's history, or None for what customers do not see. `text`: with their own values back in place; `calls`: those that rows name."""
    if event.type not in _FOR_CUSTOMERS:
        return None
    special = event.type not in (EventType.MESSAGE, EventType.AGENT_MESSAGE)
    return {
        "publicId": str(event.id), "type": event.type, "content": {"text": _REMOVED if event.redacted and not special else text}, "isRemoved": event.redacted,
        "sender": {"kind": "system" if special else _KINDS[event.actor], "name": event.actor_name, "avatar": None}, "sentAt": moment(event.created_at),
        "actionCalls": None if event.redacted else action_calls(event, calls or {}), "waiting": None if event.redacted else waiting(event, calls or {}), "attachments": [_attachment(file, tokens) for file in event.payload.get("attachments", [])] or None,
        "systemMessagePayload": {"type": event.type if special else "none", "payload": _special(event, text, tokens)},
        "sources": event.payload.get("sources", []), "mightSolveUserIssue": bool(event.payload.get("resolves")),
        "choices": list(event.payload.get("choices", [])), "isHandoffNotice": bool(event.payload.get("handoff")),
    }


def action_calls(event: Event, calls: Mapping[str, Shown]) -> list[Json] | None:
    """The calls that a reply rests on or asks about, as widgets of the protocol read them."""
    return [_action_call(calls[id]) for id in continuing.named(event) if id in calls] or None


def _action_call(shown: Shown) -> Json:
    call, action = shown.call, shown.action
    result = None if call.settled_at is None else {"state": call.state, "status": call.status, "responseBodyText": shown.seen}
    known: Json = {"name": call.name, "id": str(call.action) if call.action else None, "metadata": {}, "required_form_submission": call.state == "form", "is_handoff_like": bool(action and action.handoff_like)}
    return {"actionName": call.name, "args": dict(shown.arguments), "result": result, "action": known | ({"openapi": continuing.operation(action)} if action and call.state == "form" else {})}


def waiting(event: Event, calls: Mapping[str, Shown]) -> Json | None:
    """What a reply asked the customer for, and whether that is still open."""
    asked = event.payload.get("call")
    shown = calls.get(asked["id"]) if asked else None
    if asked is None or shown is None:
        return None
    title, _, lines = shown.says.partition("\n")
    return {
        "id": asked["id"], "kind": asked["state"], "state": shown.call.state, "open": str(shown.call.state) == asked["state"], "title": title,
        "lines": [[name, value] for name, colon, value in (line.partition(": ") for line in lines.split("\n")) if colon], "schema": dict(shown.form) or None, "expiresAt": moment(shown.expires_at),
    }


def form_submission(event: Event, calls: Mapping[str, Shown]) -> Json | None:
    """The form that a reply asks for, as `send` gives it."""
    asked = event.payload.get("call")
    shown = calls.get(asked["id"]) if asked else None
    if shown is None or shown.action is None or shown.call.state != "form":
        return None
    operation = continuing.operation(shown.action)
    return {"name": shown.call.name, "id": str(shown.call.action), "formMessageId": str(event.id), "callId": str(shown.call.id), "openapi": operation, "schema": dict(shown.form)}


def _attachment(file: Json, tokens: dict[str, str]) -> Json:
    """As its owner sees it, who has the file and needs no text of it."""
    return {name: file[name] for name in ("id", "type", "size", "url") if name in file} | {"name": restore(str(file.get("name", "")), tokens)}


def _special(event: Event, text: str, tokens: dict[str, str]) -> Json:
    if event.type is EventType.CSAT_SUBMITTED:
        return {"score": event.payload.get("score"), "feedback": text or None}
    return dict(restored(event.payload.get("payload", {}), tokens)) if event.type is EventType.STATE_CHECKPOINT else {}
