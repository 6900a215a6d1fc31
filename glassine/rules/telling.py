"""What an entry of a session's log is called on the wire, and what is said of it there. Pure: everything it needs is handed to it, words masked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from glassine.words.people import ActorKind
from glassine.words.sessions import Contact, Event
from glassine.words.webhooks import Told
from glassine.words.wire_events import WIRE_EVENTS

Json = dict[str, Any]
_HANDS_OFF = frozenset({"handoff", "agent_took_session_from_ai", "team_assigned_by_system"})
_ONES = MappingProxyType({
    "handoff_to_third_party_failed": "conversation.handoff_to_third_party_failed", "handoff_to_third_party_recovered": "conversation.handoff_to_third_party_recovered",
    "csat_requested": "csat.requested", "csat_submitted": "csat.score_submitted", "message_redacted": "conversation.redacted", "session_redacted": "conversation.redacted",
})  # fmt: skip


def names(type: str, actor: ActorKind, payload: Mapping[str, Any], *, first: bool) -> tuple[str, ...]:
    """The wire's names for an entry; `first`: nobody had written in the session before. The database says the same (`wire_events` in migration 0053)."""
    began = ("conversation.started",) if first and type in ("message", "agent_message") else ()
    return began + _name(type, actor, payload)


def _name(type: str, actor: ActorKind, payload: Mapping[str, Any]) -> tuple[str, ...]:
    if type == "message":
        return ("conversation.contact_response" if actor is ActorKind.USER else "conversation.ai_response",)
    if type == "agent_message":
        return ("conversation.third_party_agent_response" if actor is ActorKind.HELPDESK else "conversation.agent_response",)
    if type in _HANDS_OFF:
        return () if type == "team_assigned_by_system" and payload.get("moved") else ("conversation.handoff_to_human",)
    if type.startswith("closed_"):
        return ("conversation.closed",)
    if type.endswith("_reopened_session"):
        return ("conversation.reopened",)
    return (_ONES[type],) if type in _ONES else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What stands behind something that was told. `entry`: of the log, emptied when it was redacted; None for what stands in no log."""

    entry: Event | None = None
    messages: int = 0  # of both sides until then
    handed: Mapping[str, Any] = field(default_factory=dict)  # the payload of the last handoff until then
    third_party: str | None = None  # by its name on the wire
    contact: Contact | None = field(default=None, repr=False)  # only where contact details may go along


def envelope(organization: UUID, told: Told, known: Known) -> Json:
    """What is sent. The same every time, but for what was redacted since."""
    return {"event": told.name, "organization_id": str(organization), "data": _data(told, known)}


def _data(told: Told, known: Known) -> Json:
    """In the order of the catalogue; a test holds the two together."""
    said = {**_common(told, known), **_BY_NAME[told.name](told, known)}
    return {name: said[name] for name in WIRE_EVENTS[told.name].data}


def _common(told: Told, known: Known) -> Json:
    facts, entry = told.facts, known.entry
    return {
        "conversation_id": _text(told.session), "timestamp": moment(entry.created_at if entry else told.at), "ticket_number": facts.get("number"), "channel": told.channel,
        "contact": _contact(facts.get("contact"), known.contact), "assignee": _assignee(facts),
    }


def made_here(envelope: Mapping[str, Any]) -> frozenset[str]:
    """The ids and times in an envelope: what the catalogue says is one, and nothing that anybody wrote."""
    schema = WIRE_EVENTS[envelope["event"]].schema
    return frozenset({str(envelope["organization_id"]), *_of_format(envelope["data"], schema)})


def _of_format(value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(value, str) and schema.get("format") in ("uuid", "date-time"):
        yield value
    elif isinstance(value, dict):
        for name, each in schema.get("properties", {}).items():
            yield from _of_format(value.get(name), each)
    elif isinstance(value, list):
        for one in value:
            yield from _of_format(one, schema.get("items", {}))
    for other in schema.get("anyOf", ()):
        yield from _of_format(value, other)


def moment(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text(id: UUID | None) -> str | None:
    return str(id) if id else None


def _contact(id: str | None, who: Contact | None) -> Json:
    reach = {"address": None, "phone_number": who.phone_number if who else None, "email": (who.email or who.non_verified_email) if who else None}
    return {"id": id, "name": (who.name or who.non_verified_name) if who else None, "enriched_data": reach, "custom_data": dict(who.custom_data) if who else {}}


def _assignee(facts: Mapping[str, Any]) -> Json:
    kind = {"ai": "AI", "person": "human"}.get(str(facts.get("owner")), facts.get("owner"))
    return {"type": kind, "id": facts.get("owner_id"), "name": "AI" if kind == "AI" else facts.get("owner_name"), "avatar_url": None}


def _started(_: Told, known: Known) -> Json:
    return {"first_message": known.entry.text if known.entry else ""}


def _message(_: Told, known: Known) -> Json:
    entry = known.entry
    if entry is None:
        return {"message": {"id": None, "text": "", "attachments": [], "redacted": True}}
    files = [] if entry.redacted else [{name: file.get(name) for name in ("id", "type", "size")} for file in entry.payload.get("attachments", ())]
    return {"message": {"id": str(entry.id), "text": entry.text, "attachments": files, "redacted": entry.redacted}}


def _by_ai(told: Told, known: Known) -> Json:
    cited = known.entry.payload.get("sources", ()) if known.entry else ()
    return {**_message(told, known), "sources": [{"title": source["title"], "url": source.get("url")} for source in cited]}


def _by_person(told: Told, known: Known) -> Json:
    entry = known.entry
    person = entry is not None and entry.actor is ActorKind.AGENT
    name = told.facts.get("by") or (entry.payload.get("name") if entry and entry.actor is ActorKind.HELPDESK else None)
    return {
        **_message(told, known), "third_party_name": known.third_party,
        "agent": {"type": "human", "id": _text(entry.actor_id) if entry and person else None, "name": name, "avatar_url": None},
    }


def _handed_off(told: Told, known: Known) -> Json:
    payload = known.entry.payload if known.entry else {}
    reasons = [str(reason) for reason in payload.get("reasons", ())]
    by_hand = known.entry is not None and known.entry.type != "handoff"
    forbidden = "prohibited_topic" in reasons
    why = "human_agent_decided_to_take_over_the_conversation" if by_hand else "ai_is_forbidden_from_handling_this_topic" if forbidden else "ai_decided_to_handoff_the_conversation"
    return {
        "customer_id": told.facts.get("contact"), "reason": why, "reasons": reasons, "summary": payload.get("summary"),
        "sentiment": payload.get("sentiment") or told.facts.get("sentiment"), "language": payload.get("language") or told.facts.get("language"),
    }


def _elsewhere(_: Told, known: Known) -> Json:
    return {"third_party_name": known.third_party, "error": str(known.entry.payload.get("why", "")) if known.entry else ""}


def _closed(told: Told, known: Known) -> Json:
    entry, facts = known.entry, told.facts
    solved = "resolved" if entry is not None and entry.type.startswith("closed_resolved") else "not_resolved"
    by_people = bool(facts.get("handed_off"))
    return {
        "contact_id": facts.get("contact"), "human_resolution_status": solved if by_people else None, "ai_resolution_status": None if by_people else solved, "ai_billing_tier": None,
        "closed_by": _closed_by(told, entry), "is_from_third_party": entry is not None and entry.actor is ActorKind.HELPDESK, "third_party_name": known.third_party,
        "summary": known.handed.get("summary"), "contact_reason": None, "user_sentiment": known.handed.get("sentiment") or facts.get("sentiment"), "language": facts.get("language"),
        "message_count": known.messages,
    }


_CLOSERS: Mapping[ActorKind, str] = MappingProxyType({
    ActorKind.AI: "AI", ActorKind.AGENT: "human", ActorKind.HELPDESK: "human", ActorKind.USER: "contact", ActorKind.API: "api", ActorKind.SYSTEM: "system",
})  # fmt: skip


def _closed_by(told: Told, entry: Event | None) -> Json:
    kind = _CLOSERS[entry.actor] if entry else "system"
    id = _text(entry.actor_id) if entry and entry.actor is ActorKind.AGENT else told.facts.get("contact") if kind == "contact" else None
    return {"type": kind, "id": id, "name": "AI" if kind == "AI" else told.facts.get("by"), "email": None}


def _rated(_: Told, known: Known) -> Json:
    entry = known.entry
    return {"score": entry.payload.get("score") if entry else None, "comment": (entry.text or None) if entry else None}


def _redacted(_: Told, known: Known) -> Json:
    return {"message_id": known.entry.payload.get("target") if known.entry else None}


def _erased(told: Told, _: Known) -> Json:
    return {"contact_id": told.facts.get("contact")}


def _to_approve(told: Told, _: Known) -> Json:
    until = told.facts.get("expires_at")
    return {"call_id": _text(told.ref), "action": told.facts.get("action"), "expires_at": moment(datetime.fromisoformat(until)) if until else None}


def _of_endpoint(told: Told, _: Known) -> Json:
    return {"webhook_id": _text(told.ref), **{name: told.facts.get(name, "") for name in ("message", "name", "why")}}


def _nothing_more(_: Told, __: Known) -> Json:
    return {}


_BY_NAME = MappingProxyType({
    "conversation.started": _started, "conversation.contact_response": _message, "conversation.ai_response": _by_ai, "conversation.agent_response": _by_person,
    "conversation.third_party_agent_response": _by_person, "conversation.handoff_to_human": _handed_off, "conversation.handoff_to_third_party_failed": _elsewhere,
    "conversation.handoff_to_third_party_recovered": _elsewhere, "conversation.closed": _closed, "conversation.reopened": _nothing_more, "conversation.redacted": _redacted,
    "contact.erased": _erased, "csat.requested": _nothing_more, "csat.score_submitted": _rated, "action.approval_requested": _to_approve, "webhook.test": _of_endpoint,
    "webhook.disabled": _of_endpoint,
})  # fmt: skip
