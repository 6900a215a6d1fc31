"""Search over published passages: reads the candidates by vector and by words, which ranking.py puts in order. It decides no answer.

What somebody may see is a condition inside the statement, as scopes that store/visibility.py knows; nothing is filtered afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.rows import DictRow

from glassine.store import Tx
from glassine.store.ranking import Query, ranked
from glassine.store.statements import Statements
from glassine.store.vectors import Halves
from glassine.words.knowledge import Hit

__all__ = ["Found", "Query", "find", "ranked", "search", "size", "statement", "values"]

_SQL = Statements(__file__)

_CANDIDATES = 24  # of each leg at least; 15 to 200 rank alike on squad2
_ROUGH = 200  # passages nearest by bits, among which the nearest by vector are looked for; 100 to all find the same first passage
_ROUGH_OF_LARGE = 300  # as many as its index is told to find (search.sql)
_COMMON = 4_000  # passages that hold a term from which it is too common to find any by itself
_MOST_TERMS = 32  # of a long message, the first
_RAREST_TERMS = 6  # of those, what is scored: common words cost the most and say the least; 5 to all rank alike on squad2
_BEFORE, _, _REST = _SQL.candidates.partition("-- by bits:")
_AFTER = _REST.partition("-- :by bits")[2]


class Found(NamedTuple):
    """What a search found, best first, and the version of the knowledge base that it read."""

    hits: list[Hit]
    version: int


async def search(tx: Tx, *, query: Query, scopes: Sequence[int], limit: int = 8) -> list[Hit]:
    """The best passages within these scopes, best first. One round trip."""
    return (await find(tx, query=query, scopes=scopes, limit=limit)).hits


async def find(tx: Tx, *, query: Query, scopes: Sequence[int], limit: int = 8) -> Found:
    """As `search`, with the version that it read: the very one, because one statement reads both."""
    found: list[DictRow] = []
    if query.vector is not None or query.terms:
        asked = values(query if query.size is not None else replace(query, size=await size(tx, scopes)), scopes, limit)
        await tx.execute(_SQL.plan)
        found = await (await tx.execute(statement(query), asked, binary=True)).fetchall()
    if not found:
        row = await (await tx.execute(_SQL.version)).fetchone()
        return Found([], int(row["version"]) if row else 0)
    return Found(ranked(found, query, limit), found[0]["version"])


def statement(query: Query) -> str:
    """With the leg that looks for the nearest by bits: through all of them, or in an index that the organisation has for this model."""
    if query.large is None:
        return _SQL.candidates
    return f"{_BEFORE}{_SQL.indexed.replace(str(UUID(int=0)), str(query.large)).replace('a model', query.model)}{_AFTER}"


def values(query: Query, scopes: Sequence[int], limit: int) -> dict[str, Any]:
    """What a statement that looks for candidates is given."""
    return {
        "model": query.model, "vector": None if query.vector is None else Halves.of(query.vector), "terms": list(dict.fromkeys(query.terms))[:_MOST_TERMS],
        "scopes": list(scopes), "pinned": list(query.pinned), "candidates": max(_CANDIDATES, limit), "rough": _ROUGH if query.large is None else _ROUGH_OF_LARGE, "common": _COMMON, "rarest": _RAREST_TERMS, "size": query.size,
    }


async def size(tx: Tx, scopes: Sequence[int]) -> int:
    """How many passages there are within these scopes."""
    row = await (await tx.execute(_SQL.size, {"scopes": list(scopes)})).fetchone()
    return int(row["passages"]) if row else 0
