"""What the routes under /autopilot/rehearsals return, as the API describes itself. It holds shapes only."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel


class Move(BaseModel):
    """So many conversations that end one way now, and another way with the change."""

    before: str
    after: str
    count: int


class Rehearsal(BaseModel):
    """`verdicts` counts conversations; `says` is the result in a sentence; tokens are an estimate of what asking a language model for the rest would take."""

    id: UUID
    state: str
    change: dict[str, Any]
    against_version: int
    sessions: int
    done: int
    says: str
    why: str
    verdicts: dict[str, int]
    moves: list[Move]
    estimated_tokens: int
    created_at: datetime
    ended_at: datetime | None


class Rehearsals(BaseModel):
    items: list[Rehearsal]


class Side(BaseModel):
    end: str
    outcome: str


class Case(BaseModel):
    session_id: UUID
    turn_id: UUID | None
    asked: str
    verdict: str
    as_it_is: Side | None
    with_the_change: Side | None
    why: str


class Cases(BaseModel):
    items: list[Case]


class Published(BaseModel):
    """`version` is null where the rulebook did not change: a scenario or the models did."""

    version: int | None
