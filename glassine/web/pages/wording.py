"""The log's events, reasons and channels in plain sentences, with the icon each has. Words only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from glassine.words.files import FileNote
from glassine.words.people import ActorKind
from glassine.words.sessions import ChannelKind, Event, EventType
from glassine.words.turns import Reason

CHANNELS: Mapping[str, tuple[str, str]] = {  # name, icon
    ChannelKind.WEB: ("Web chat", "chat"), ChannelKind.EMAIL: ("E-mail", "mail"), ChannelKind.PHONE_VOICE: ("Phone", "chat"), ChannelKind.SLACK: ("Slack", "chat"),
    ChannelKind.SMS: ("SMS", "chat"), ChannelKind.WHATSAPP: ("WhatsApp", "chat"), ChannelKind.INSTAGRAM: ("Instagram", "chat"),
    ChannelKind.MESSENGER: ("Messenger", "chat"), ChannelKind.API: ("API", "plug"), ChannelKind.WEB_VOICE: ("Voice in the browser", "chat"),
}
REPLY_BY: Mapping[str, str] = {
    ChannelKind.WEB: "in the web chat", ChannelKind.EMAIL: "by e-mail", ChannelKind.SLACK: "in Slack", ChannelKind.SMS: "by SMS",
    ChannelKind.WHATSAPP: "by WhatsApp", ChannelKind.INSTAGRAM: "on Instagram", ChannelKind.MESSENGER: "in Messenger", ChannelKind.API: "through the API",
}

REASONS: Mapping[str, str] = {
    Reason.USER_REQUESTED_HUMAN: "The customer asked for a person",
    Reason.INSUFFICIENT_KNOWLEDGE: "The knowledge base has no answer to this",
    Reason.PROHIBITED_TOPIC: "The topic is one that the AI must leave to people",
    Reason.LOW_CONFIDENCE: "What was found is too uncertain to answer with",
    Reason.AUTOPILOT_OFF: "Autopilot is off on this channel",
    Reason.AI_OFF: "All AI is switched off",
    Reason.ASSIST_ONLY: "Autopilot only drafts on this channel",
    Reason.OWNED_BY_PERSON: "A person owns the conversation",
    Reason.SESSION_CLOSED: "The conversation is closed",
    Reason.OVERTAKEN: "The customer wrote again meanwhile",
    Reason.MODEL_FAILED: "The language model gave no usable answer",
    Reason.STOPPED_AT_GATE: "The gate stopped the request: it held personal values that the model may not see",
    Reason.NOT_GROUNDED: "The model's answer was not covered by the passages",
    Reason.ANSWERED_FROM_KNOWLEDGE: "Answered from the knowledge base",
    Reason.ACTION_ANSWERED: "Told what an action brought",
    Reason.ACTION_WAITS: "A call waits for the customer or for your team",
    Reason.ACTION_DECLINED: "The customer said no to an action",
    Reason.ACTION_EXPIRED: "The team did not decide on an action in time",
    Reason.ACTION_FAILED: "An action failed",
    Reason.DID_YOU_MEAN: "Close enough to ask back, not to answer",
    Reason.GREETING: "A greeting, not a question",
    Reason.FRUSTRATION: "The customer is angry",
    Reason.REPEAT_CONTACT: "The customer comes back after conversations that nobody solved",
    Reason.REOPENED: "The conversation was opened again",
    Reason.LOOP: "The same comes up again and again",
    Reason.TIME_LIMIT: "It took too long, or too many messages of the AI",
    Reason.HANDOFF_DECLINED: "Asked for a person, and by your settings there is none",
    Reason.ASKED_BACK: "Asked for a person, and is asked first what it is about",
    Reason.PERSON_TYPING: "A person is writing the reply",
    Reason.NOT_IN_ROLLOUT: "The AI answers only some conversations, and this is none of them",
    Reason.OFFICE_HOURS: "The AI answers at other times of the day or week",
    Reason.NO_ASSIST_TOPIC: "The topic is one that the AI drafts nothing about",
    Reason.UNHELPFUL_DRAFT: "What the AI found would have helped nobody",
    Reason.INTERNAL_ERROR: "Something failed inside; people take it from here",
}
OUTCOMES: Mapping[str, tuple[str, str]] = {  # words, icon
    "Reply": ("Replied to the customer", "ai"), "Suggestion": ("Drafted for the team", "note"), "HandOff": ("Handed off to the team", "handoff"),
    "Silence": ("Said nothing", "system"),
}


def reason(word: str) -> str:
    """A reason in words; one that this version does not know is shown as it is."""
    return REASONS.get(word, word.replace("_", " ").capitalize())


class Look(NamedTuple):
    """How an event appears: `side` is its kind (customer, ai, person, note, system), told apart by icon and label as well as colour."""

    side: str
    icon: str
    label: str


def look(event: Event) -> Look:
    """Messages and notes are cards; everything else is one line of the system's."""
    if event.type is EventType.AGENT_COMMENT:
        by_ai = event.actor is ActorKind.AI
        return Look("note", "note", "AI draft" if by_ai else event.actor_name or "Your team")
    if event.type is EventType.AGENT_MESSAGE:
        return Look("person", "person", event.actor_name or "Your team")
    if event.type is EventType.MESSAGE and event.actor is ActorKind.AI:
        return Look("ai", "ai", "AI")
    if event.type is EventType.MESSAGE and event.actor is ActorKind.USER:
        return Look("customer", "customer", "Customer")
    return Look("system", _LINES.get(event.type, ("system", ""))[0], line(event))


_LINES: Mapping[EventType, tuple[str, str]] = {  # icon, sentence
    EventType.MESSAGE: ("system", "{text}"),
    EventType.STATE_CHECKPOINT: ("globe", "The host page saved its state"),
    EventType.CONTACT_DATA_UPDATED: ("person", "Contact details were updated"),
    EventType.AGENT_TOOK_SESSION_FROM_AI: ("person", "{who} took over from the AI"),
    EventType.AGENT_ASSIGNED_BY_USER: ("person", "{who} assigned it{whom}"),
    EventType.AGENT_UNASSIGNED_BY_USER: ("people", "{who} gave it back to the team"),
    EventType.TEAM_ASSIGNED_BY_SYSTEM: ("people", "Waits for the team{because}"),
    EventType.CLOSED_RESOLVED_BY_AGENT: ("check", "{who} closed it as resolved"),
    EventType.CLOSED_RESOLVED_BY_API: ("check", "Closed as resolved through the API"),
    EventType.CLOSED_RESOLVED_BY_CONTACT: ("check", "The customer closed it as resolved"),
    EventType.CLOSED_UNRESOLVED_BY_AGENT: ("closed", "{who} closed it as unresolved"),
    EventType.CLOSED_UNRESOLVED_BY_API: ("closed", "Closed as unresolved through the API"),
    EventType.AGENT_REOPENED_SESSION: ("undo", "{who} reopened it"),
    EventType.SYSTEM_REOPENED_SESSION: ("undo", "Reopened, because the customer wrote again"),
    EventType.AI_DECIDED_TO_NOT_REPLY: ("ai", "The AI did not reply"),
    EventType.AI_RESPONSE_CANCELLED: ("ai", "The AI stopped: a newer message came in"),
    EventType.AI_DECIDED_TO_RESOLVE_THE_ISSUE: ("ai", "The AI closed it as solved"),
    EventType.AI_RESUMED_BY_SYSTEM: ("ai", "{who} handed back to the AI"),
    EventType.PROHIBITED_TOPIC_DETECTED: ("rows", "About “{topic}”, which is left to people"),
    EventType.HANDOFF: ("handoff", "Handed off to the team"),
    EventType.HANDOFF_TO_THIRD_PARTY: ("handoff", "{who} gave it to {helpdesk}"),
    EventType.HANDOFF_TO_THIRD_PARTY_FAILED: ("alert", "No ticket could be opened in {helpdesk}{because}"),
    EventType.HANDOFF_TO_THIRD_PARTY_RECOVERED: ("check", "The ticket in {helpdesk} has been opened after all"),
    EventType.HANDOFF_OVERDUE: ("alert", "Nobody has answered by the deadline"),
    EventType.CSAT_REQUESTED: ("customer", "The customer was asked how it went"),
    EventType.CSAT_SUBMITTED: ("customer", "The customer rated the conversation"),
    EventType.MESSAGE_REDACTED: ("lock", "{who} removed the words of an entry for good"),
    EventType.SESSION_REDACTED: ("lock", "{who} removed all words of this conversation for good"),
}


def line(event: Event) -> str:
    """A system event as one sentence."""
    sentence = _LINES.get(event.type, ("", event.type.replace("_", " ").capitalize()))[1]
    who = event.actor_name or {ActorKind.API: "The API", ActorKind.USER: "The customer", ActorKind.AI: "The AI"}.get(event.actor, "The system")
    if event.type is EventType.AGENT_ASSIGNED_BY_USER and event.payload.get("assignee") == str(event.actor_id):
        return f"{who} took it back from {event.payload['from'] or 'the helpdesk'}" if event.payload.get("from") else f"{who} took it over"
    whom = event.payload.get("assignee_name") or event.payload.get("name")
    because = str(event.payload.get("why") or "")
    return sentence.format(
        who=who, whom=f" to {whom}" if whom else "", text=event.text, topic=event.payload.get("topic") or "…", helpdesk=whom or "a helpdesk",
        because=f". {because.rstrip('.')}" if because else "",
    )


def why(event: Event) -> list[str]:
    """The reasons that an event carries, in words."""
    given = event.payload.get("reasons") or []
    return [reason(str(word)) for word in given]


_FILES: Mapping[str, str] = {
    "image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WebP", "application/pdf": "PDF", "text/csv": "CSV", "text/plain": "Text",
    "application/vnd.ms-excel": "Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
}
FILE_NOTES: Mapping[str, str] = {
    FileNote.CUT: "Only its beginning was read.", FileNote.LOCKED: "Its text could not be read: it asks for a password. The file itself is sealed whole.",
    FileNote.BROKEN: "Its text could not be read: it is damaged, or not what it says it is. The file itself is sealed whole.",
    FileNote.TOO_BIG: "Its text could not be read: it unpacks to more, or takes longer, than is allowed. The file itself is sealed whole.",
    FileNote.NO_TEXT: "It holds no text that can be read; perhaps it is a scan.",
}


def file(media_type: str, size: int) -> str:
    """What an upload is and how large (`size` in bytes), as in 'PDF, 1.2 MB'."""
    large = f"{size} bytes" if size < 1_000 else f"{size / 1_000:.0f} KB" if size < 999_500 else f"{size / 1_000_000:.1f} MB"
    return f"{_FILES.get(media_type, 'File')}, {large}"
