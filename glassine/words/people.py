"""People and what they may do: roles, verbs and actors. The table of who may do what is rules/permits.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from glassine.words.ids import OrgId, PersonId


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    AGENT = "agent"
    VIEWER = "viewer"


class Verb(StrEnum):
    """What can be done; each is one row of the permits table."""

    READ_SESSIONS = "sessions.read"
    ANSWER = "sessions.answer"  # reply, note, take over, hand back, close, reopen, assign
    REVEAL = "privacy.reveal"
    REDACT = "privacy.redact"  # remove a message or a conversation's words for good
    ERASE = "privacy.erase"  # a contact with everything of theirs
    EXPORT = "privacy.export"  # everything about a contact in the clear
    INSPECT = "sessions.inspect"
    DEBUG = "sessions.debug"  # debug mode, and what-if
    READ_KNOWLEDGE = "knowledge.read"
    WRITE_KNOWLEDGE = "knowledge.write"
    READ_ACTIONS = "actions.read"
    WRITE_ACTIONS = "actions.write"  # actions, the keys that go along, and trying them out
    APPROVE = "actions.approve"  # a call that waits for the team
    SETTLE_DELIVERIES = "deliveries.settle"  # try one again, drop it, or say that it has arrived
    CHANGE_SETTINGS = "settings.change"
    MANAGE_PEOPLE = "people.manage"
    MANAGE_KEYS = "keys.manage"
    MANAGE_WEBHOOKS = "webhooks.manage"  # endpoints, what they were sent, and sending it again
    READ_AUDIT = "audit.read"
    READ_MAP = "boundaries.read"
    READ_LEDGER = "ledger.read"
    SWITCH = "boundaries.switch"  # a boundary, or all AI
    TRANSFER_OWNERSHIP = "organization.transfer"


class ActorKind(StrEnum):
    """Who did something, in the event log. `user` is the customer, as on the wire; `agent` is a person of the team."""

    USER = "user"
    AGENT = "agent"
    AI = "ai"
    SYSTEM = "system"
    API = "api"
    HELPDESK = "helpdesk"  # somebody of the team who works in another system; its id is the helpdesk's, their name stands in the payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who is acting now, and for which organisation: a person with a role, or an API key with scopes (`resource:read`)."""

    org: OrgId
    kind: ActorKind
    id: UUID | None
    name: str
    role: Role
    scopes: frozenset[str] | None = None  # None: everything the role may do


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member of the team. `email` is the team's own datum, not a customer's; it is stored as it is."""

    id: PersonId
    email: str
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None = None
