"""What answers about segments look like, for the OpenAPI description only; a test holds the two together."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from glassine.words.segments import Operator


class Rule(BaseModel):
    field: str
    operator: Operator
    value: str


class Segment(BaseModel):
    id: UUID
    name: str
    description: str
    rule: Rule | None
    members: int
    articles: int
    placing: bool
    created_at: datetime
    updated_at: datetime


class Segments(BaseModel):
    items: list[Segment]


class Membership(BaseModel):
    id: UUID
    name: str
    by_rule: bool
    by_hand: bool


class Memberships(BaseModel):
    items: list[Membership]
