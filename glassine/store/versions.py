"""Versions of the knowledge base: a number that every change raises, and the passages that are no longer searched, for as long as a turn may have read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg.rows import DictRow

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.ids import ArticleId, OrgId

_SQL = Statements(__file__)


async def current(tx: Tx, org: OrgId) -> int:
    """The version that a search would read now."""
    row = await one(tx, _SQL.current, {"org": org})
    return int(row["version"]) if row else 0


async def raised(tx: Tx, org: OrgId) -> int:
    """The next version, which begins when this transaction ends. Until then nobody else changes what search reads."""
    row = await one(tx, _SQL.raised, {"org": org})
    assert row is not None, "an insert returns its row"
    return int(row["version"])


async def take_out(tx: Tx, org: OrgId, article: ArticleId, version: int) -> None:
    """An article's passages leave the search with `version`, and are kept as they were; earlier ones that nobody needs any more go."""
    await take_all_out(tx, org, [article], version)


async def take_all_out(tx: Tx, org: OrgId, articles: Sequence[ArticleId], version: int) -> None:
    """As `take_out`, for many in one statement."""
    await forget(tx, org)
    await tx.execute(_SQL.take_out, {"org": org, "articles": list(articles), "version": version})


async def forget(tx: Tx, org: OrgId) -> int:
    """Removes former passages that no turn can have read, and returns how many.

    One that left within the last hour stays: a turn that is running may have read it.
    """
    return (await tx.execute(_SQL.forget, {"org": org})).rowcount


async def candidates(tx: Tx, org: OrgId, version: int, values: dict[str, Any]) -> list[DictRow]:
    """The candidates of a search as it would have found them in `version`, in the shape of store/search.py's, with `idf` by term beside each."""
    return await rows(tx, _SQL.candidates, {**values, "org": org, "version": version})
