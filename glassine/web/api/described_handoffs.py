"""What answers about handoffs look like, for the OpenAPI description only; a test holds the two together."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from glassine.words.handoffs import Level, Sentiment
from glassine.words.routing import Goes
from glassine.words.sessions import ChannelKind, OwnerKind


class Triggers(BaseModel):
    """A number says at which time a trigger hands off; 0 and false: never."""

    request: int
    basics: bool
    nothing_found: int
    low_confidence: int
    refused: int
    action_failed: int
    topic: bool
    tone: bool
    contacts: int
    days: int
    reopened: bool
    same_question: int
    same_answer: int
    messages: int
    minutes: int


class Rules(BaseModel):
    level: Level
    triggers: Triggers


class Route(BaseModel):
    channel: ChannelKind
    to: Goes
    helpdesk_id: UUID | None
    owns: Literal["inbox", "helpdesk"]


class Routes(BaseModel):
    items: list[Route]


class Owned(BaseModel):
    kind: OwnerKind
    id: UUID | None
    name: str | None
    deadline: datetime | None


class OwnerlessSession(BaseModel):
    session_id: UUID
    why: Literal["no_turn", "person_gone", "helpdesk_gone", "no_ticket"]


class Ownerless(BaseModel):
    count: int
    items: list[OwnerlessSession]


class OnCallList(BaseModel):
    people: list[UUID]
    addresses: list[str]


class OnCall(BaseModel):
    minutes: int
    first: OnCallList
    then: OnCallList
    only_in_office_hours: bool


class ReasonCount(BaseModel):
    reason: str
    count: int


class Combination(BaseModel):
    reasons: list[str]
    count: int


class SentimentCount(BaseModel):
    sentiment: str
    count: int


class Day(BaseModel):
    date: date
    count: int


class Analytics(BaseModel):
    summary: str
    start_date: datetime
    end_date: datetime
    total_handoffs: int
    total_sessions: int
    handed_off_sessions: int
    handoff_rate: float
    reasons: list[ReasonCount]
    reason_combinations: list[Combination]
    trends: list[Day]
    sentiments: list[SentimentCount]


class HandoffEvent(BaseModel):
    session_id: UUID
    summary: str
    explanation: str
    reasons: list[str]
    sentiment: Sentiment | None
    language: str | None
    created_at: datetime


class Events(BaseModel):
    items: list[HandoffEvent]
    next: str | None
