"""Links of articles in the store: where published texts lead, what of ours is at the other end, and what hosts outside answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.rows import DictRow

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.errors import NotFound
from glassine.words.ids import ArticleId, OrgId

_SQL = Statements(__file__)


class Target(NamedTuple):
    """An article that a link may mean."""

    id: ArticleId
    slug: str
    language: str
    body: str
    published: bool


class Targets(NamedTuple):
    articles: list[Target]
    former: dict[str, ArticleId]  # slugs of before
    pictures: set[UUID]


async def there(tx: Tx, org: OrgId, *, ids: Sequence[UUID], slugs: Sequence[str], pictures: Sequence[UUID]) -> Targets:
    """What is at the other end of links inside."""
    values: dict[str, Any] = {"org": org, "ids": list(ids), "slugs": [slug.replace("\0", "") for slug in slugs]}
    found = await rows(tx, _SQL.there, values)
    former = await rows(tx, _SQL.former, values)
    shown = await rows(tx, _SQL.pictures, {"org": org, "ids": list(pictures)})
    return Targets(
        [Target(ArticleId(row["id"]), row["slug"], row["language"], row["body"], row["status"] == "published") for row in found],
        {row["slug"]: ArticleId(row["article_id"]) for row in former}, {row["id"] for row in shown},
    )


async def note(tx: Tx, org: OrgId, article: ArticleId, inside: Mapping[str, str], outside: Sequence[str]) -> None:
    """Where a published text leads. `inside`: links to something of ours, with what is wrong with each, or an empty text."""
    await tx.execute(_SQL.forget, {"org": org, "article": article})
    urls = [*inside, *outside]
    if urls:
        await tx.execute(_SQL.note, {
            "org": org, "article": article, "urls": urls, "internals": [url in inside for url in urls], "faults": [inside.get(url, "") for url in urls],
        })


async def known_broken(tx: Tx, org: OrgId, urls: Sequence[str]) -> dict[str, str]:
    """Those outside that were found broken, with the reason."""
    return {row["url"]: row["reason"] for row in await rows(tx, _SQL.known, {"org": org, "urls": list(urls)})}


async def broken(tx: Tx, org: OrgId) -> list[DictRow]:
    return await rows(tx, _SQL.broken, {"org": org})


async def counts(tx: Tx, org: OrgId) -> DictRow:
    """`outside`, `unchecked`, and `checked_at` of the last one."""
    row = await one(tx, _SQL.counts, {"org": org})
    assert row is not None, "a count has a row"
    return row


async def due(tx: Tx, org: OrgId, before: datetime, limit: int) -> list[str]:
    """Addresses that have not been asked since."""
    return [row["url"] for row in await rows(tx, _SQL.due, {"org": org, "before": before, "limit": limit})]


async def answered(tx: Tx, org: OrgId, url: str, state: str, reason: str, at: datetime) -> None:
    await tx.execute(_SQL.answered, {"org": org, "url": url, "state": state, "reason": reason, "at": at})


async def tidy(tx: Tx, org: OrgId) -> None:
    """Addresses that no article links to any more are forgotten."""
    await tx.execute(_SQL.tidy, {"org": org})


async def ignore(tx: Tx, org: OrgId, url: str, ignored: bool) -> None:
    """Raises NotFound."""
    if await one(tx, _SQL.ignore, {"org": org, "url": url, "ignored": ignored}) is None:
        raise NotFound("No article links there.")


async def pointing(tx: Tx, org: OrgId, names: Sequence[str]) -> list[ArticleId]:
    """Published articles that link to something of ours by one of these words, an id or a slug."""
    return [ArticleId(row["article_id"]) for row in await rows(tx, _SQL.pointing, {"org": org, "names": [name for name in names if name]})]
