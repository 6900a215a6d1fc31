"""The versions of how the AI is to behave, in the store. A row is never changed: the newest is in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.autopilot import Edition, Rulebook
from glassine.words.errors import NotFound
from glassine.words.ids import OrgId

_SQL = Statements(__file__)


async def newest(tx: Tx, org: OrgId) -> Rulebook:
    return _rulebook(await one(tx, _SQL.newest, {"org": org}))


async def at(tx: Tx, org: OrgId, number: int) -> Rulebook:
    """As it was with this number; the empty one for 0. Raises NotFound."""
    row = await one(tx, _SQL.at, {"org": org, "number": number}) if number else None
    if number and row is None:
        raise NotFound("There is no version with this number.")
    return _rulebook(row)


def _rulebook(row: DictRow | None) -> Rulebook:
    return Rulebook(number=row["number"], content=row["content"]) if row else Rulebook()


async def add(tx: Tx, org: OrgId, made: Rulebook, part: str, by: UUID | None, undoes: int | None) -> None:
    """Whoever calls holds the organisation (`house.lock`), so that no number is given twice."""
    await tx.execute(_SQL.add, {"org": org, "number": made.number, "part": part, "content": Jsonb(made.content), "undoes": undoes, "by": by})


async def editions(tx: Tx, org: OrgId, *, part: str | None, below: int, limit: int) -> list[Edition]:
    """Newest first; those with a lower number than `below`, unless that is 0."""
    return [_edition(row) for row in await rows(tx, _SQL.editions, {"org": org, "part": part, "below": below, "limit": limit})]


async def edition(tx: Tx, org: OrgId, number: int) -> Edition:
    """Raises NotFound."""
    row = await one(tx, _SQL.edition, {"org": org, "number": number})
    if row is None:
        raise NotFound("There is no version with this number.")
    return _edition(row)


def _edition(row: Mapping[str, Any]) -> Edition:
    return Edition(
        number=row["number"], part=row["part"], before=row["before"], after=row["after"], undoes=row["undoes"], by=row["by"], by_name=row["by_name"], at=row["created_at"],
    )
