"""Jobs in words. A job carries ids only, never text: the queue is readable by every process of every organisation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from glassine.words.ids import OrgId


class JobKind(StrEnum):
    TAKE_TURN = "take_turn"  # ref: the session
    NOTIFY_HANDOFF = "notify_handoff"  # ref: the session
    SUMMARISE = "summarise"  # ref: the session that went to people
    ESCALATE = "escalate"  # ref: the session whose deadline has passed
    NOTIFY_APPROVAL = "notify_approval"  # ref: the call
    SEND_CODE = "send_code"  # ref: the call
    PLACE_CONTACTS = "place_contacts"  # ref: the segment whose rule changed
    FIND_GAPS = "find_gaps"  # ref: the organisation
    RETAIN = "retain"  # ref: the organisation
    TIDY_KNOWLEDGE = "tidy_knowledge"  # ref: the organisation
    CHECK_LINKS = "check_links"  # ref: the organisation
    SYNC_SOURCE = "sync_source"  # ref: the run
    ANCHOR_LEDGER = "anchor_ledger"  # ref: the organisation
    NOTIFY_WEBHOOK = "notify_webhook"  # ref: the endpoint that was disabled
    DELIVER = "deliver"  # ref: the delivery
    REHEARSE = "rehearse"  # ref: the rehearsal
    LOOK_AT_TICKET = "look_at_ticket"  # ref: the session


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to enqueue. `key` orders: two jobs with the same key never run at once, and run in the order they were made.
    `dedupe`: while a job with this word waits unclaimed, a second one is not made."""

    kind: JobKind
    ref: UUID
    key: str
    dedupe: str | None = None
    delay_seconds: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A claimed job."""

    id: int
    org: OrgId
    kind: JobKind
    ref: UUID
    key: str
    attempts: int
    run_at: datetime
