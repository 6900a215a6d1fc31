"""What answers about the ledger look like, for the OpenAPI description only."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class Sealed(BaseModel):
    seq: int
    link: str
    sealed_at: datetime
    fits: bool


class Crossing(BaseModel):
    """`masked`, `found`: how many placeholders and raw values by kind. `sealed` is null until the row is a link of the chain."""

    id: UUID
    at: datetime
    session_id: UUID | None
    destination: str
    purpose: str
    bytes: int
    allowed: bool
    why: str
    raw: bool
    digest: str
    masked: dict[str, int]
    found: dict[str, int]
    exempt: int
    sealed: Sealed | None


class Chain(BaseModel):
    sealed: int
    unsealed: int
    head: str | None
    anchored: int | None
    anchored_at: datetime | None


class Ledger(BaseModel):
    items: list[Crossing]
    next: str | None
    chain: Chain


class Left(BaseModel):
    """`left`: at least one of the crossings was allowed."""

    left: bool
    items: list[Crossing]
