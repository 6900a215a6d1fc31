"""What answers about redacting, erasing, exporting and revealing look like, for the API's description."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel


class Erasure(BaseModel):
    id: UUID
    contact: UUID
    created_at: datetime


class Signed(BaseModel):
    """A document, and an Ed25519 signature over its JSON with sorted keys and no white space."""

    document: dict[str, Any]
    signature: dict[str, str]


class Exported(BaseModel):
    """Everything about a contact in the clear. `looks` are the lines of the audit log about what is theirs, and `left_for` where requests went."""

    kind: str
    version: int
    exported_at: datetime
    organization: dict[str, str]
    contact: dict[str, Any]
    sessions: list[dict[str, Any]]
    files: list[dict[str, Any]]
    looks: list[dict[str, Any]]
    left_for: list[dict[str, Any]]


class Revealed(BaseModel):
    value: str


class Redacted(BaseModel):
    """What became of a redaction. `affectedCount` counts emptied entries of the log, and `messagesRedacted` those that were messages or notes; 0: done before."""

    success: bool
    message: str
    itemId: str  # noqa: N815 - the wire's name
    redactionType: str  # noqa: N815 - the wire's name
    affectedCount: int  # noqa: N815 - the wire's name
    messagesRedacted: int  # noqa: N815 - the wire's name
