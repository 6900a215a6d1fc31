"""Gaps in words: what customers asked and nobody had written about. It decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from glassine.words.ids import ArticleId, EventId, GapId, SessionId, TurnId


class GapStatus(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"
    ARCHIVED = "archived"  # nobody wants to write about it; it does not come back by itself


class Why(StrEnum):
    """How a question was left, or that it was answered."""

    NOTHING_FOUND = "nothing_found"
    NOT_SURE = "not_sure"
    DID_YOU_MEAN = "did_you_mean"
    NOT_GROUNDED = "not_grounded"
    DOWNVOTED = "downvoted"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Questions that mean the same. `recent` says of the last ones, oldest first, whether they were answered."""

    id: GapId
    name: str  # a person's, or the masked words of the question in the middle
    named: bool
    language: str
    status: GapStatus
    by_itself: bool
    merged_into: GapId | None
    article: ArticleId | None
    asked: int  # left open
    answered: int
    sessions: int
    this_week: int  # left open within the last seven days …
    last_week: int  # … and within the seven before
    recent: tuple[bool, ...]
    last_asked: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One of a gap, as its masked message says it."""

    turn: TurnId
    session: SessionId
    ticket: int
    message: EventId
    text: str = field(repr=False)
    why: Why
    asked_at: datetime
