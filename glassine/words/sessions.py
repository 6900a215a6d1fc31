"""Sessions, contacts and the one typed event log that hangs on a session (vocabulary: OpenCX, docs.open.cx/core-concepts)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from glassine.words.ids import ContactId, EventId, SessionId
from glassine.words.people import ActorKind


class ChannelKind(StrEnum):
    """The wire's channel names; `web` and `api` have a connector so far."""

    WEB = "web"
    EMAIL = "email"
    PHONE_VOICE = "phone_voice"
    SLACK = "slack"
    SMS = "sms"
    WHATSAPP = "whatsapp"
    INSTAGRAM = "instagram"
    MESSENGER = "messenger"
    API = "api"
    WEB_VOICE = "web_voice"


class Status(StrEnum):
    OPEN = "open"
    CLOSED_RESOLVED = "closed_resolved"
    CLOSED_UNRESOLVED = "closed_unresolved"


class Autopilot(StrEnum):
    """What the AI may do on a channel: nothing; draft notes for people; answer."""

    OFF = "off"
    ASSIST = "assist"
    ON = "on"


class OwnerKind(StrEnum):
    """Who must act next. There is always exactly one; `team` with no id is the whole team: the unassigned queue."""

    AI = "ai"
    PERSON = "person"
    TEAM = "team"
    HELPDESK = "helpdesk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    kind: OwnerKind
    id: UUID | None = None
    name: str | None = None  # filled on reading, for display

    @property
    def assignee(self) -> str:
        """The wire's assignee kind: `human`, `ai` or `none` (a queue that nobody has taken from yet)."""
        return {OwnerKind.AI: "ai", OwnerKind.TEAM: "none"}.get(self.kind, "human")


AI = Owner(kind=OwnerKind.AI)


class EventType(StrEnum):
    """The kinds of event this version writes, by their wire names; the wire knows more (docs/api.md lists them)."""

    MESSAGE = "message"  # by the customer (user) or the AI (ai)
    AGENT_MESSAGE = "agent_message"  # by a person, to the customer
    AGENT_COMMENT = "agent_comment"  # by a person, to the team: a private note
    STATE_CHECKPOINT = "state_checkpoint"
    CONTACT_DATA_UPDATED = "contact_data_updated"
    AGENT_TOOK_SESSION_FROM_AI = "agent_took_session_from_ai"
    AGENT_ASSIGNED_BY_USER = "agent_assigned_by_user"
    AGENT_UNASSIGNED_BY_USER = "agent_unassigned_by_user"
    TEAM_ASSIGNED_BY_SYSTEM = "team_assigned_by_system"
    CLOSED_RESOLVED_BY_AGENT = "closed_resolved_by_agent"
    CLOSED_RESOLVED_BY_API = "closed_resolved_by_api"
    CLOSED_RESOLVED_BY_CONTACT = "closed_resolved_by_contact"
    CLOSED_UNRESOLVED_BY_AGENT = "closed_unresolved_by_agent"
    CLOSED_UNRESOLVED_BY_API = "closed_unresolved_by_api"
    AGENT_REOPENED_SESSION = "agent_reopened_session"
    SYSTEM_REOPENED_SESSION = "system_reopened_session"
    AI_DECIDED_TO_NOT_REPLY = "ai_decided_to_not_reply"
    AI_RESPONSE_CANCELLED = "ai_response_cancelled"
    AI_RESUMED_BY_SYSTEM = "ai_resumed_by_system"
    AI_DECIDED_TO_RESOLVE_THE_ISSUE = "ai_decided_to_resolve_the_issue"
    HANDOFF = "handoff"
    HANDOFF_OVERDUE = "handoff_overdue"  # nobody has answered by the deadline, and more people are told
    HANDOFF_TO_THIRD_PARTY = "handoff_to_third_party"  # a helpdesk owns it from now on
    HANDOFF_TO_THIRD_PARTY_FAILED = "handoff_to_third_party_failed"  # no ticket could be opened, and the team is told why
    HANDOFF_TO_THIRD_PARTY_RECOVERED = "handoff_to_third_party_recovered"  # it has been after all
    PROHIBITED_TOPIC_DETECTED = "prohibited_topic_detected"  # before the handoff that it causes
    CSAT_REQUESTED = "csat_requested"
    CSAT_SUBMITTED = "csat_submitted"
    MESSAGE_REDACTED = "message_redacted"  # an entry before it was emptied for good; its payload names which
    SESSION_REDACTED = "session_redacted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A customer. Everything that says who they are is sealed in the store and stands here in the clear: keep it short-lived."""

    id: ContactId
    verified: bool
    email: str | None = field(default=None, repr=False)
    phone_number: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    custom_data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    non_verified_email: str | None = field(default=None, repr=False)
    non_verified_name: str | None = field(default=None, repr=False)
    non_verified_custom_data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One conversation on one channel: the unit of everything. `last_seq` is the sequence number of its newest event."""

    id: SessionId
    ticket_number: int
    contact: ContactId
    channel: ChannelKind
    status: Status
    owner: Owner
    language: str | None
    ai_closure_type: str | None
    sentiment: str | None
    summary: str | None
    handed_off_at: datetime | None
    deadline: datetime | None  # until when whoever owns it should act; shown in the inbox
    last_seq: int
    last_user_seq: int  # the newest customer message: a turn for an older one is overtaken
    settled_seq: int  # the newest customer message whose turn has an outcome
    verified: bool
    handed_back_seq: int = 0  # the newest event when the AI was given it; what was said before does not count against it
    handed_back_at: datetime | None = None
    reopened_seq: int = 0  # the newest event when it was opened again; 0: never
    redactions: int = 0  # how often something of it was removed for good: a turn that began before is overtaken
    created_at: datetime
    updated_at: datetime

    @property
    def open(self) -> bool:
        return self.status is Status.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a session's log. `text` is masked; `payload` holds the type's own fields, masked too. Append-only."""

    id: EventId
    session: SessionId
    seq: int
    type: EventType
    actor: ActorKind
    actor_id: UUID | None
    actor_name: str | None
    text: str
    payload: Mapping[str, Any]
    created_at: datetime

    @property
    def redacted(self) -> bool:
        """Whether what it said was removed for good."""
        return bool(self.payload.get("redacted"))
