"""What the answers about turns look like, as in described.py: for the OpenAPI description only."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class Piece(BaseModel):
    """`kind`: same | gone (only in what was recorded) | new (only in what came out now)."""

    kind: str
    text: str


class ReplayStep(BaseModel):
    """`verdict`: same | differs | cannot_be_recomputed | given."""

    name: str
    verdict: str
    says: str
    difference: list[Piece]


class Replay(BaseModel):
    session_id: UUID
    turn_id: UUID
    taken_at: datetime
    program: str
    now: str
    same: bool
    steps: list[ReplayStep]


class Side(BaseModel):
    outcome: str
    said: str
    model: str
    found: list[str]
    used: list[str]
    notes: list[str]


class WhatIf(BaseModel):
    changed: list[str]
    same: bool
    as_it_was: Side
    what_if: Side
    difference: list[Piece]
    prompt_difference: list[Piece]
    model_asked: bool
