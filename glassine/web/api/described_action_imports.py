"""What answers about imports of OpenAPI files look like, for the API's description."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from glassine.words.openapi import Kind


class Field(BaseModel):
    name: str
    before: Any
    after: Any


class Change(BaseModel):
    """`kept` are fields that somebody set here and the file says otherwise; `lost` what no longer fits; `notes` what was mended in the file."""

    kind: Kind
    name: str
    id: UUID | None
    fields: list[Field]
    kept: list[str]
    lost: list[str]
    notes: list[str]


class LeftOut(BaseModel):
    method: str
    path: str
    why: str


class Outcome(BaseModel):
    """`import_id` is what the import is taken back by; null in a dry run."""

    dry_run: bool
    import_id: UUID | None
    origin: str
    base_url: str
    counts: dict[Kind, int]
    made_by_hand: int
    changes: list[Change]
    left_out: list[LeftOut]
    notes: list[str]
    authentication: list[str]


class Import(BaseModel):
    id: UUID
    origin: str
    url: str | None
    by: str
    actions: int
    imported_at: datetime
    undone_at: datetime | None


class Imports(BaseModel):
    items: list[Import]


class Undone(BaseModel):
    left: list[str]
