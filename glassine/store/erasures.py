"""Certificates of erasures in the store: written once, read, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.errors import NotFound
from glassine.words.ids import ContactId, OrgId

_SQL = Statements(__file__)


async def insert(tx: Tx, org: OrgId, id: UUID, contact: ContactId, certificate: Mapping[str, Any]) -> None:
    await tx.execute(_SQL.insert, {"org": org, "id": id, "contact": contact, "certificate": Jsonb(certificate)})


async def load(tx: Tx, org: OrgId, id: UUID) -> DictRow:
    row = await one(tx, _SQL.load, {"org": org, "id": id})
    if row is None:
        raise NotFound("There is no erasure with this id.")
    return row


async def page(tx: Tx, org: OrgId, *, before: tuple[datetime, UUID] | None = None, limit: int = 50) -> list[DictRow]:
    """Newest first."""
    when, id = before or (None, None)
    return await rows(tx, _SQL.page, {"org": org, "before": when, "before_id": id, "limit": limit})
