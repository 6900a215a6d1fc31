"""The catalogue: every event that webhooks and the event stream can carry, with the JSON Schema of its data and an example. It decides nothing.

Names and fields that the reference has are spelt as there; what a version of the product cannot know stands in the schema as null.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Json = Mapping[str, Any]
SCHEMA = "https://json-schema.org/draft/2020-12/schema"
_EXAMPLE_ORG = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


@dataclass(frozen=True, slots=True, kw_only=True)
class WireEvent:
    """One kind of event. `data` are the properties of its data, each with its JSON Schema; all of them are always there."""

    name: str
    title: str
    data: Json
    example: Json
    since: str = "0.1.0"
    ours: bool = False  # not of the reference

    @property
    def schema(self) -> dict[str, Any]:
        """JSON Schema (2020-12) of `data`. Further fields may come in later versions."""
        return {"$schema": SCHEMA, "title": self.name, "description": self.title, "type": "object", "properties": dict(self.data), "required": list(self.data)}

    @property
    def sample(self) -> dict[str, Any]:
        """A whole envelope with the example in it."""
        return {"event": self.name, "organization_id": _EXAMPLE_ORG, "data": dict(self.example)}


def _object(about: str, **properties: Json) -> Json:
    return {"type": "object", "description": about, "properties": properties, "required": list(properties)}


def _maybe(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}], **({"description": schema["description"]} if "description" in schema else {})}


def _text(about: str) -> Json:
    return {"type": "string", "description": about}


def _one_of(about: str, *values: str | None) -> Json:
    return {"enum": list(values), "description": about}


_ID = {"type": "string", "format": "uuid"}
_CONVERSATION: Json = {"type": "string", "format": "uuid", "description": "The session."}
_TIMESTAMP: Json = {"type": "string", "format": "date-time", "description": "When it happened, in UTC."}
_CHANNEL = _text("The session's channel, such as web or api.")
_MASKED = "Masked: placeholders such as [EMAIL_1] stand in the place of personal values."
_CONTACT = _object(
    "Who the customer is. Without “contact details in the clear” only the id is there, and all else is null.", id=_ID,
    name=_maybe({"type": "string"}),
    enriched_data=_object("How to reach them.", address={"type": "null"}, phone_number=_maybe({"type": "string"}), email=_maybe({"type": "string"})),
    custom_data={"type": "object"},
)
_ASSIGNEE = _object(
    "Who has to act next.", type=_one_of("A person, the AI, the whole team or a helpdesk.", "AI", "human", "team", "helpdesk"), id=_maybe(_ID), name=_maybe({"type": "string"}),
    avatar_url={"type": "null"},
)
_FILES: Json = {"type": "array", "items": _object("A file that came along; its content is not sent.", id=_ID, type={"type": "string"}, size={"type": "integer"})}
_MESSAGE = _object("What was said.", id=_ID, text=_text(_MASKED + " Empty when it was redacted."), attachments=_FILES, redacted={"type": "boolean"})
_SENTIMENT = _maybe(_text("The customer's mood, as far as it is known."))
_LANGUAGE = _maybe(_text("The language of the conversation, such as en."))
_THIRD_PARTY = _maybe(_text("The helpdesk, such as zendesk."))
_PERSON = _object("Who of the team it was.", type=_one_of("Always a person.", "human"), id=_maybe(_ID), name=_maybe({"type": "string"}), avatar_url={"type": "null"})

_AT: Mapping[str, Json] = {"conversation_id": _CONVERSATION, "timestamp": _TIMESTAMP}
_IN: Mapping[str, Json] = {**_AT, "ticket_number": {"type": "integer", "description": "The session's number for people."}, "channel": _CHANNEL, "contact": _CONTACT}

_WHEN = "2026-03-14T09:26:53.589Z"
_SESSION, _WHO, _ADA = "0f8fad5b-d9cb-469f-a165-70867728950e", "3f333df6-90a4-4fda-8dd3-9485d27cee36", "6ecd8c99-4036-403d-bf84-cf8400f67836"
_E_AT: Json = {"conversation_id": _SESSION, "timestamp": _WHEN}
_E_IN: Json = {
    **_E_AT, "ticket_number": 1042, "channel": "web",
    "contact": {"id": _WHO, "name": None, "enriched_data": {"address": None, "phone_number": None, "email": None}, "custom_data": {}},
}  # fmt: skip
_E_ADA: Json = {"type": "human", "id": _ADA, "name": "Ada", "avatar_url": None}
_E_AI: Json = {"type": "AI", "id": None, "name": "AI", "avatar_url": None}


def _said(text: str) -> Json:
    return {"id": "16fd2706-8baf-433b-82eb-8c7fada847da", "text": text, "attachments": [], "redacted": False}


_CLOSED_BY = _object(
    "Who closed it.", type=_one_of("The AI, a person of the team, the contact, a program with an API key, or the system.", "AI", "human", "contact", "api", "system"),
    id=_maybe(_ID), name=_maybe({"type": "string"}), email={"type": "null"},
)

_ALL = (
    WireEvent(
        name="conversation.started", title="A conversation began: its first message was stored.",
        data={**_IN, "assignee": _ASSIGNEE, "first_message": _text(_MASKED)},
        example={**_E_IN, "assignee": _E_AI, "first_message": "Where is my order? My address is [EMAIL_1]."},
    ),
    WireEvent(
        name="conversation.contact_response", title="The customer wrote, the first time too.",
        data={**_IN, "message": _MESSAGE}, example={**_E_IN, "message": _said("Where is my order? My address is [EMAIL_1].")},
    ),
    WireEvent(
        name="conversation.ai_response", title="The AI wrote to the customer: an answer, a question, or that people take over.",
        data={**_IN, "message": _MESSAGE, "sources": {"type": "array", "items": _object("What the answer cites.", title={"type": "string"}, url=_maybe({"type": "string"}))}},
        example={**_E_IN, "message": _said("Parcels take three to five days. [1]"), "sources": [{"title": "Delivery › How long", "url": None}]},
    ),
    WireEvent(
        name="conversation.agent_response", title="Somebody of the team wrote to the customer, in the inbox or through the API.",
        data={**_IN, "message": _MESSAGE, "agent": _PERSON}, example={**_E_IN, "message": _said("I have looked it up for you."), "agent": _E_ADA},
    ),
    WireEvent(
        name="conversation.third_party_agent_response", title="Somebody of the team wrote to the customer from a helpdesk.",
        data={**_IN, "message": _MESSAGE, "agent": _PERSON, "third_party_name": _THIRD_PARTY},
        example={**_E_IN, "message": _said("It is on its way."), "agent": {**_E_ADA, "id": None}, "third_party_name": "zendesk"},
    ),
    WireEvent(
        name="conversation.handoff_to_human", title="The AI stopped, and people take over.",
        data={
            **_IN, "customer_id": _ID,
            "reason": _one_of("In the reference's words; the third one is not spelt out there.", "ai_decided_to_handoff_the_conversation", "ai_is_forbidden_from_handling_this_topic", "human_agent_decided_to_take_over_the_conversation"),
            "reasons": {"type": "array", "items": {"type": "string"}, "description": "All of them, as in inspect and in handoff analytics."},
            "summary": _maybe(_text(_MASKED)), "sentiment": _SENTIMENT, "language": _LANGUAGE, "assignee": _ASSIGNEE,
        },
        example={
            **_E_IN, "customer_id": _WHO, "reason": "ai_decided_to_handoff_the_conversation", "reasons": ["user_requested_human_assistance"],
            "summary": "The customer asks where their order is.", "sentiment": "neutral", "language": "en", "assignee": {"type": "team", "id": None, "name": None, "avatar_url": None},
        },
    ),
    WireEvent(
        name="conversation.handoff_to_third_party_failed", title="A ticket could not be opened at a helpdesk. The conversation waits in the own inbox. Once for each trouble.",
        data={**_IN, "third_party_name": _THIRD_PARTY, "error": _text("What went wrong, in words.")},
        example={**_E_IN, "third_party_name": "zendesk", "error": "Zendesk does not answer."},
    ),
    WireEvent(
        name="conversation.handoff_to_third_party_recovered", title="The ticket that could not be opened is there now, once.", ours=True,
        data={**_IN, "third_party_name": _THIRD_PARTY}, example={**_E_IN, "third_party_name": "zendesk"},
    ),
    WireEvent(
        name="conversation.closed", title="A conversation was closed.",
        data={
            **_IN, "contact_id": _ID, "human_resolution_status": _one_of("null when no person had it.", "resolved", "not_resolved", None),
            "ai_resolution_status": _one_of("null when people had it.", "resolved", "not_resolved", None), "ai_billing_tier": {"type": "null"}, "closed_by": _CLOSED_BY,
            "is_from_third_party": {"type": "boolean"}, "third_party_name": _THIRD_PARTY, "summary": _maybe(_text(_MASKED)), "contact_reason": {"type": "null"},
            "user_sentiment": _SENTIMENT, "language": _LANGUAGE, "message_count": {"type": "integer", "description": "Messages of both sides until then."},
        },
        example={
            **_E_IN, "contact_id": _WHO, "human_resolution_status": "resolved", "ai_resolution_status": None, "ai_billing_tier": None,
            "closed_by": {"type": "human", "id": _ADA, "name": "Ada", "email": None}, "is_from_third_party": False, "third_party_name": None,
            "summary": "The customer asks where their order is.", "contact_reason": None, "user_sentiment": "neutral", "language": "en", "message_count": 6,
        },
    ),
    WireEvent(name="conversation.reopened", title="A closed conversation was opened again.", ours=True, data={**_IN, "assignee": _ASSIGNEE}, example={**_E_IN, "assignee": _E_ADA}),
    WireEvent(
        name="conversation.redacted", title="Words of a conversation were removed for good. Remove your copies too.", ours=True,
        data={**_AT, "message_id": _maybe({**_ID, "description": "The message; null: everything that was said."})}, example={**_E_AT, "message_id": None},
    ),
    WireEvent(
        name="contact.erased", title="A contact was erased with everything of theirs. Remove your copies too.", ours=True,
        data={"contact_id": _ID, "timestamp": _TIMESTAMP}, example={"contact_id": _WHO, "timestamp": _WHEN},
    ),
    WireEvent(name="csat.requested", title="The customer was asked how it went.", data=dict(_IN), example=dict(_E_IN)),
    WireEvent(
        name="csat.score_submitted", title="The customer rated the conversation.",
        data={**_IN, "score": {"type": "integer", "minimum": 1, "maximum": 5}, "comment": _maybe(_text(_MASKED))}, example={**_E_IN, "score": 5, "comment": "Quick and kind."},
    ),
    WireEvent(
        name="action.approval_requested", title="The AI wants to call an action, and somebody of the team has to agree.", ours=True,
        data={**_IN, "call_id": _ID, "action": _text("The action's name. What it would be called with is not sent."), "expires_at": _maybe({**_TIMESTAMP, "description": "Until when somebody can agree."})},
        example={**_E_IN, "call_id": "9c858901-8a57-4791-81fe-4c455b099bc9", "action": "cancel_order", "expires_at": "2026-03-15T09:26:53.589Z"},
    ),
    WireEvent(
        name="webhook.test", title="Somebody pressed “Send a test event”.", ours=True,
        data={"webhook_id": _ID, "timestamp": _TIMESTAMP, "message": {"type": "string"}},
        example={"webhook_id": "886313e1-3b8a-5372-9b90-0c9aee199e5d", "timestamp": _WHEN, "message": "It works."},
    ),
    WireEvent(
        name="webhook.disabled", title="An endpoint was disabled because it failed for five days or answered 410. The others hear of it.", ours=True,
        data={"webhook_id": _ID, "timestamp": _TIMESTAMP, "name": {"type": "string"}, "why": {"type": "string"}},
        example={"webhook_id": "886313e1-3b8a-5372-9b90-0c9aee199e5d", "timestamp": _WHEN, "name": "Warehouse", "why": "It failed for five days."},
    ),
)

WIRE_EVENTS: Mapping[str, WireEvent] = MappingProxyType({one.name: one for one in _ALL})
TEST, DISABLED = "webhook.test", "webhook.disabled"
NEVER_SENT = ("workflow.run.succeeded", "workflow.run.failed", "phone_call.started")  # names of the reference that this version has nothing to send for
