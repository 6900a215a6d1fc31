"""What the routes under /autopilot return, as the API describes itself. It holds shapes only."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel


class ChangedBy(BaseModel):
    id: UUID
    name: str


class Version(BaseModel):
    """One change. `before` and `after` are the part that it changed."""

    version: int
    part: str
    before: dict[str, Any]
    after: dict[str, Any]
    undoes: int | None
    changed_by: ChangedBy | None
    changed_at: datetime


class Versions(BaseModel):
    items: list[Version]


class TopicLine(BaseModel):
    name: str
    examples: list[str]


class TopicLists(BaseModel):
    answers: list[TopicLine]
    hands_off: list[TopicLine]
    no_assist: list[TopicLine]
    only: bool
    least: float
    version: int


class PastMessage(BaseModel):
    session_id: UUID
    turn_id: UUID
    text: str
    topic: str | None
    score: float
    outcome: str
    created_at: datetime


class ExampleTexts(BaseModel):
    topic: str
    texts: list[str]


class Tried(BaseModel):
    looked_at: int
    handed_off: list[PastMessage]
    no_longer: list[PastMessage]
    examples: list[ExampleTexts]


class ScoredTopic(BaseModel):
    list: str
    topic: str
    score: float
    by: str


class Preview(BaseModel):
    decision: str
    reasons: list[str]
    topic: str | None
    score: float | None
    topics: list[ScoredTopic]
    version: int


class StretchShown(BaseModel):
    opens: str
    closes: str


class OfficeHours(BaseModel):
    """`open`: the team is in now; `opens_at`: when it is in next, if it is not."""

    timezone: str
    week: dict[str, list[StretchShown]]
    holidays: list[str]
    ai_answers: str
    open: bool
    opens_at: datetime | None


class SliceShown(BaseModel):
    share: int
    segments: list[UUID]
    languages: list[str]


class RolloutShown(BaseModel):
    everywhere: SliceShown
    channels: dict[str, SliceShown]


class AssistShown(BaseModel):
    channels: list[str]


class LiveShown(BaseModel):
    on: bool
