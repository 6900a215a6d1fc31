"""What is written on an article before it is live, and what was live before: working copies and immutable versions."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.articles import Fields, Version
from glassine.words.errors import NotFound
from glassine.words.ids import ArticleId, OrgId

_SQL = Statements(__file__)


class Edit(NamedTuple):
    """The working copy of a published article."""

    fields: Fields
    by: UUID | None
    at: datetime


async def load(tx: Tx, org: OrgId, id: ArticleId) -> Edit | None:
    """None where nothing is written beside what is live."""
    row = await one(tx, _SQL.load, {"org": org, "id": id})
    return Edit(Fields.read(row["fields"]), row["by"], row["updated_at"]) if row else None


async def put(tx: Tx, org: OrgId, id: ArticleId, fields: Fields, by: UUID | None) -> Edit:
    row = await one(tx, _SQL.put, {"org": org, "id": id, "fields": Jsonb(fields.written()), "by": by})
    assert row is not None, "an insert returns its row"
    return Edit(Fields.read(row["fields"]), row["by"], row["updated_at"])


async def remove(tx: Tx, org: OrgId, id: ArticleId) -> None:
    await tx.execute(_SQL.remove, {"org": org, "id": id})


async def add_version(tx: Tx, org: OrgId, id: ArticleId, fields: Fields, *, published: bool, note: str = "", by: UUID | None = None) -> int:
    """Its number, which follows the last one."""
    row = await one(tx, _SQL.add_version, {"org": org, "id": id, "fields": Jsonb(fields.written()), "published": published, "note": note[:300], "by": by})
    assert row is not None, "the article exists in this transaction"
    return int(row["number"])


async def versions(tx: Tx, org: OrgId, id: ArticleId, *, limit: int = 200, published: bool = False) -> list[Version]:
    """Newest first."""
    return [_version(row) for row in await rows(tx, _SQL.versions, {"org": org, "id": id, "number": None, "limit": limit, "published": published})]


async def version(tx: Tx, org: OrgId, id: ArticleId, number: int) -> Version:
    """Raises NotFound."""
    row = await one(tx, _SQL.versions, {"org": org, "id": id, "number": number, "limit": 1, "published": False})
    if row is None:
        raise NotFound("There is no such version.")
    return _version(row)


def _version(row: DictRow) -> Version:
    return Version(
        article=row["article_id"], number=row["number"], fields=Fields.read(row["fields"]), published=row["published"], note=row["note"], by=row["by"],
        by_name=row["by_name"], created_at=row["created_at"],
    )
