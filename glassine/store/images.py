"""Pictures of articles in the store, and which article shows which. Whether bytes are a picture is decided before they come here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from psycopg.rows import DictRow

from glassine.store import Tx, count, one, rows
from glassine.store.statements import Statements
from glassine.words.errors import NotFound
from glassine.words.ids import ArticleId, OrgId, new_id

_SQL = Statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    id: UUID
    name: str
    media_type: str
    width: int
    height: int
    size: int
    created_at: datetime
    unused_since: datetime | None
    articles: int = 0  # that show it
    content: bytes = field(default=b"", repr=False)


async def add(tx: Tx, org: OrgId, *, name: str, media_type: str, width: int, height: int, content: bytes, by: UUID | None) -> Image:
    """Kept once: the same bytes again are the picture that is there."""
    row = await one(tx, _SQL.add, {
        "org": org, "id": new_id(), "name": name, "media_type": media_type, "width": width, "height": height, "size": len(content),
        "digest": hashlib.sha256(content).digest(), "content": content, "by": by,
    })
    assert row is not None, "an insert returns its row"
    return _image(row)


async def load(tx: Tx, org: OrgId, id: UUID) -> Image:
    """With its content. Raises NotFound."""
    return _found(await one(tx, _SQL.load, {"org": org, "id": id}))


async def shown(tx: Tx, org: OrgId, id: UUID, scopes: Sequence[int]) -> Image:
    """With its content, if an article that is published for one of these scopes shows it. Raises NotFound."""
    return _found(await one(tx, _SQL.shown, {"org": org, "id": id, "scopes": list(scopes)}))


def _found(row: DictRow | None) -> Image:
    if row is None:
        raise NotFound("There is no such picture.")
    return _image(row)


async def all_of(tx: Tx, org: OrgId, *, limit: int = 100, offset: int = 0) -> tuple[list[Image], int, int]:
    """Newest first, with how many there are and how many bytes they have."""
    found = await rows(tx, _SQL.all, {"org": org, "limit": limit, "offset": offset})
    return [_image(row) for row in found], (found[0]["total"] if found else 0), (int(found[0]["bytes"]) if found else 0)


async def used(tx: Tx, org: OrgId, article: ArticleId, ids: Iterable[UUID], *, live: bool) -> None:
    """An article's text shows these and no others."""
    await tx.execute(_SQL.forget_uses, {"org": org, "article": article, "live": live})
    if wanted := list(ids):
        await tx.execute(_SQL.use, {"org": org, "article": article, "live": live, "ids": wanted})
    await tx.execute(_SQL.mark, {"org": org})


async def delete(tx: Tx, org: OrgId, id: UUID) -> None:
    """Raises NotFound."""
    if await one(tx, _SQL.delete, {"org": org, "id": id}) is None:
        raise NotFound("There is no such picture.")


async def purge(tx: Tx, org: OrgId, before: datetime) -> int:
    """Those that no article has shown since before then; returns how many."""
    await tx.execute(_SQL.mark, {"org": org})
    return await count(tx, _SQL.purge, {"org": org, "before": before})


async def unused(tx: Tx, org: OrgId) -> int:
    """How many no article shows."""
    return await count(tx, _SQL.unused, {"org": org})


async def held(tx: Tx, org: OrgId) -> int:
    """Bytes of all."""
    return await count(tx, _SQL.held, {"org": org})


def _image(row: DictRow) -> Image:
    return Image(
        id=row["id"], name=row["name"], media_type=row["media_type"], width=row["width"], height=row["height"], size=row["size"], created_at=row["created_at"],
        unused_since=row["unused_since"], articles=row.get("articles", 0), content=bytes(row.get("content") or b""),
    )
