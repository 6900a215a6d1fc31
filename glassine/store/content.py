"""Articles and topics in the store as `glassine content` reads and places them: what is being written, not what is live."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.ids import ArticleId, OrgId, new_id

_SQL = Statements(__file__)


async def articles(tx: Tx, org: OrgId, *, id: ArticleId | None = None, after: UUID | None = None, limit: int = 1) -> list[DictRow]:
    """By id; of each the live columns, the working copy as `edit`, and `saved_at`, which names the state of its text."""
    return await rows(tx, _SQL.articles, {"org": org, "id": id, "after": after, "limit": limit})


async def topics(tx: Tx, org: OrgId) -> dict[str, DictRow]:
    """By the slugs from the top, such as `returns/abroad`."""
    return {row["way"]: row for row in await rows(tx, _SQL.topics, {"org": org})}


async def put_topic(
    tx: Tx, org: OrgId, slug: str, *, parent: UUID | None, name: str, description: str, icon: str, position: int, names: Mapping[str, str],
) -> None:
    """Makes the topic with this slug, or changes it."""
    await tx.execute(_SQL.put_topic, {
        "org": org, "id": new_id(), "slug": slug, "parent": parent, "name": name, "description": description, "icon": icon, "position": position, "names": Jsonb(dict(names)),
    })


async def place(tx: Tx, org: OrgId, id: ArticleId, *, topic: UUID | None, position: int, translation_of: UUID | None) -> None:
    """Where an article stands; its text and the state of it stay."""
    await tx.execute(_SQL.place, {"org": org, "id": id, "topic": topic, "position": position, "translation_of": translation_of})


async def by_slug(tx: Tx, org: OrgId, language: str, slug: str) -> UUID | None:
    row = await one(tx, _SQL.by_slug, {"org": org, "language": language, "slug": slug})
    return row["id"] if row else None
