"""What answers about gaps look like, for the OpenAPI description only; a test holds the two together."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from glassine.words.gaps import GapStatus, Why


class Gap(BaseModel):
    id: UUID
    name: str
    language: str
    status: GapStatus
    by_itself: bool
    article_id: UUID | None
    asked: int
    answered: int
    sessions: int
    this_week: int
    last_week: int
    recent: list[bool]
    last_asked: datetime
    changed_at: datetime


class Gaps(BaseModel):
    items: list[Gap]
    total: int


class Question(BaseModel):
    turn_id: UUID
    session_id: UUID
    ticket_number: int
    text: str
    why: Why
    asked_at: datetime


class Detail(Gap):
    questions: list[Question]


class Drafted(BaseModel):
    article_id: UUID
    title: str
