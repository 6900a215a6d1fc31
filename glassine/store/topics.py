"""Topics in the store: the shelves of the help centre and their order. What stands on them is in articles.py."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.articles import Topic
from glassine.words.errors import NotFound
from glassine.words.ids import ArticleId, OrgId

_SQL = Statements(__file__)


async def all_of(tx: Tx, org: OrgId) -> list[Topic]:
    """In their order."""
    return [_topic(row) for row in await rows(tx, _SQL.all, {"org": org, "id": None})]


async def load(tx: Tx, org: OrgId, id: UUID) -> Topic:
    """Raises NotFound."""
    row = await one(tx, _SQL.all, {"org": org, "id": id})
    if row is None:
        raise NotFound("There is no such topic.")
    return _topic(row)


async def insert(tx: Tx, org: OrgId, topic: Topic, *, position: int | None = None) -> None:
    """At the end, unless a position is given. Raises Taken for a slug that another one has."""
    await tx.execute(_SQL.insert, {**_values(org, topic), "position": position})


async def update(tx: Tx, org: OrgId, topic: Topic) -> None:
    """Raises NotFound, and Taken for a slug that another one has."""
    if await one(tx, _SQL.update, _values(org, topic)) is None:
        raise NotFound("There is no such topic.")


async def delete(tx: Tx, org: OrgId, id: UUID) -> None:
    """Its articles stay, in no topic. Raises NotFound."""
    if await one(tx, _SQL.delete, {"org": org, "id": id}) is None:
        raise NotFound("There is no such topic.")


async def order(tx: Tx, org: OrgId, ids: Sequence[UUID]) -> None:
    await tx.execute(_SQL.order, {"org": org, "ids": list(ids)})


async def within(tx: Tx, org: OrgId, id: UUID) -> list[ArticleId]:
    """The articles of a topic in their order."""
    return [ArticleId(row["id"]) for row in await rows(tx, _SQL.within, {"org": org, "id": id})]


def _values(org: OrgId, topic: Topic) -> dict[str, object]:
    return {
        "org": org, "id": topic.id, "parent": topic.parent, "name": topic.name, "slug": topic.slug, "description": topic.description, "icon": topic.icon,
        "names": Jsonb(dict(topic.names)),
    }


def _topic(row: DictRow) -> Topic:
    return Topic(
        id=row["id"], name=row["name"], slug=row["slug"], description=row["description"], icon=row["icon"], position=row["position"], parent=row["parent"],
        names=row["names"], articles=row["articles"], drafts=row["drafts"],
    )
