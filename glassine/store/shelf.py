"""What strangers may read, in the store: every statement reads the view `public_articles`, so that nothing else can be shown. It changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from psycopg.rows import DictRow

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.errors import NotFound
from glassine.words.ids import ArticleId, OrgId

_SQL = Statements(__file__)


async def languages(tx: Tx, org: OrgId, spoken: Sequence[str]) -> list[str]:
    """Those of the organisation's languages in which there is something to read, in its order."""
    return [row["language"] for row in await rows(tx, _SQL.languages, {"org": org, "languages": list(spoken)})]


async def topics(tx: Tx, org: OrgId, language: str) -> list[DictRow]:
    """All topics with `n`, how many articles each has in this language by itself."""
    return await rows(tx, _SQL.topics, {"org": org, "language": language})


async def of_topic(tx: Tx, org: OrgId, language: str, topic: UUID, limit: int) -> list[DictRow]:
    return await rows(tx, _SQL.of_topic, {"org": org, "language": language, "topic": topic, "limit": limit})


async def firsts(tx: Tx, org: OrgId, language: str, each: int) -> list[DictRow]:
    return await rows(tx, _SQL.firsts, {"org": org, "language": language, "each": each})


async def loose(tx: Tx, org: OrgId, language: str, limit: int, offset: int) -> list[DictRow]:
    """Articles of no topic, by title; each row has the `total`."""
    return await rows(tx, _SQL.loose, {"org": org, "language": language, "limit": limit, "offset": offset})


async def by_slug(tx: Tx, org: OrgId, language: str, slug: str) -> DictRow | None:
    return await one(tx, _SQL.by_slug, {"org": org, "language": language, "slug": slug})


async def by_id(tx: Tx, org: OrgId, id: ArticleId) -> DictRow:
    """Raises NotFound."""
    row = await one(tx, _SQL.by_id, {"org": org, "id": id})
    if row is None:
        raise NotFound("There is no such article.")
    return row


async def by_former_slug(tx: Tx, org: OrgId, language: str, slug: str) -> tuple[str, str] | None:
    """Where an article is now that was at this address: its language and slug."""
    row = await one(tx, _SQL.by_former_slug, {"org": org, "language": language, "slug": slug})
    return (row["language"], row["slug"]) if row else None


async def translations(tx: Tx, org: OrgId, group: UUID) -> dict[str, str]:
    """The slug of each language's version; `group` is the article that the others are translations of."""
    return {row["language"]: row["slug"] for row in await rows(tx, _SQL.translations, {"org": org, "group": group})}


async def some(tx: Tx, org: OrgId, ids: Sequence[ArticleId]) -> dict[ArticleId, DictRow]:
    """Those of them that are public."""
    return {ArticleId(row["id"]): row for row in await rows(tx, _SQL.some, {"org": org, "ids": list(ids)})}


async def of_source(tx: Tx, org: OrgId, source: str) -> dict[str, tuple[str, str]]:
    """Language and slug of a source's articles, by path: for links from one file to another."""
    return {row["path"]: (row["language"], row["slug"]) for row in await rows(tx, _SQL.of_source, {"org": org, "source": source})}


async def count(tx: Tx, org: OrgId) -> int:
    row = await one(tx, _SQL.count, {"org": org})
    return int(row["n"]) if row else 0


async def listed(tx: Tx, org: OrgId, language: str | None, limit: int, offset: int) -> list[DictRow]:
    """Articles in a fixed order, for maps of the site."""
    return await rows(tx, _SQL.listed, {"org": org, "language": language, "limit": limit, "offset": offset})


async def newest(tx: Tx, org: OrgId, language: str, limit: int) -> list[DictRow]:
    return await rows(tx, _SQL.newest, {"org": org, "language": language, "limit": limit})
