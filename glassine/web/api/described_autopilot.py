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
