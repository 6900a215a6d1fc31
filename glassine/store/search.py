"""Search over published passages: reads the candidates by vector and by words, which ranking.py puts in order. It decides no answer.

What somebody may see is a condition inside the statement, as scopes that store/visibility.py knows; nothing is filtered afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from psycopg.rows import DictRow

from glassine.store import Cursor, Tx, nearest
from glassine.store.nearest import Known, Near
from glassine.store.ranking import Query, ranked
from glassine.store.statements import Statements
from glassine.store.vectors import Halves, Numbers
from glassine.store.words import Worded, worded
from glassine.words.knowledge import Hit

__all__ = ["Found", "Query", "find", "ranked", "search", "size", "values"]

_SQL = Statements(__file__)

_CANDIDATES = 24  # of each leg at least; 15 to 200 rank alike on squad2
_COMMON = 4_000  # passages that hold a term from which it is too common to find any by itself
_MOST_TERMS = 32  # of a long message, the first
_RAREST_TERMS = 6  # of those, what is scored: common words cost the most and say the least; 5 to all rank alike on squad2
_TRIES = 4  # of a search whose knowledge base changes while it is made
_BEFORE, _, _REST = _SQL.candidates.partition("-- by bits:")
_LIKELY = f"{_BEFORE}{_SQL.likely}{_REST.partition('-- :by bits')[2]}"


class Found(NamedTuple):
    """What a search found, best first, and the version of the knowledge base that it read."""

    hits: list[Hit]
    version: int


async def search(tx: Tx, *, query: Query, scopes: Sequence[int], limit: int = 8, near: Near | None = None) -> list[Hit]:
    """The best passages within these scopes, best first."""
    return (await find(tx, query=query, scopes=scopes, limit=limit, near=near)).hits


async def find(tx: Tx, *, query: Query, scopes: Sequence[int], limit: int = 8, near: Near | None = None, words: Cursor | None = None) -> Found:
    """As `search`, with the version that it read. `near` looks through the bits in this process; `words` are those of the same query, if somebody has asked for them."""
    if query.vector is None and not query.terms:
        return Found([], await _version(tx))
    asked = values(query if query.size is not None else replace(query, size=await size(tx, scopes)), scopes, limit)
    rows, version = await _candidates(tx, query, asked, near, words or await in_words(tx, query, scopes))
    return Found(ranked(rows, query, limit) if rows else [], version)


async def in_words(tx: Tx, query: Query, scopes: Sequence[int]) -> Cursor:
    """Asks for what the postings say of a query's terms, and does not wait for it."""
    await tx.execute(_SQL.plan)
    return await tx.execute(_SQL.words, {**_terms(query), "scopes": list(scopes), "common": _COMMON}, binary=True)


def _terms(query: Query) -> dict[str, Any]:
    """Names have places of their own among the rarest: they must not drive out words of the question's own language."""
    terms = list(dict.fromkeys(query.terms))[:_MOST_TERMS]
    names = [name for name in dict.fromkeys(query.names) if name not in terms][:_MOST_TERMS]
    return {"terms": [*terms, *names], "rarest": 2 * _RAREST_TERMS if names else _RAREST_TERMS}


async def _candidates(tx: Tx, query: Query, asked: dict[str, Any], near: Near | None, words: Cursor) -> tuple[list[DictRow], int]:
    """What is looked up must be of one state: where knowledge changed in between, what is older than the rest is read again."""
    postings, version, rows = await words.fetchall(), None, list[DictRow]()
    for _ in range(_TRIES):
        if version not in (None, postings[0]["version"]):
            postings = await (await in_words(tx, query, asked["scopes"])).fetchall()
        by_words = worded([row for row in postings if row["held"]], asked["size"])
        known = await near.known(tx, query.model, version) if near is not None and query.vector is not None else None
        rows, version = await _read(tx, query, asked, by_words, known)
        if version == postings[0]["version"] and (known is None or version == known.version):
            break
    for row, score in zip(rows, by_words.score([row["passage"] for row in rows]), strict=True):
        row["lexical"] = score + row["common"]
    return rows, version or 0


async def _read(tx: Tx, query: Query, asked: dict[str, Any], by_words: Worded, known: Known | None) -> tuple[list[DictRow], int]:
    """The candidates with what they say, and the version that was read. What this process holds of them is not sent."""
    best = by_words.best(asked["candidates"])
    given = {**asked, "worded": Numbers.of(best), "common_terms": list(by_words.common), "common_idf": list(by_words.idf), "held": []}
    if known is None or query.vector is None:
        rows = await _rows(tx, _SQL.candidates, given)
    else:
        likely = await nearest.rough(known, query.vector, asked["scopes"])
        held = known.contents.held({*likely.tolist(), *best.tolist()})
        rows = known.contents.whole(await _rows(tx, _LIKELY, {**given, "likely": Numbers.of(likely), "held": Numbers.of(np.array(list(held), np.int64))}), held)
    return rows, rows[0]["version"] if rows else await _version(tx)


async def _rows(tx: Tx, statement: str, given: dict[str, Any]) -> list[DictRow]:
    return await (await tx.execute(statement, given, binary=True)).fetchall()


async def _version(tx: Tx) -> int:
    row = await (await tx.execute(_SQL.version)).fetchone()
    return int(row["version"]) if row else 0


def values(query: Query, scopes: Sequence[int], limit: int) -> dict[str, Any]:
    """What a statement that looks for candidates is given."""
    return {
        **_terms(query), "model": query.model, "vector": None if query.vector is None else Halves.of(query.vector),
        "scopes": list(scopes), "pinned": list(query.pinned), "candidates": max(_CANDIDATES, limit), "rough": nearest.ROUGH, "size": query.size,
    }


async def size(tx: Tx, scopes: Sequence[int]) -> int:
    """How many passages there are within these scopes."""
    row = await (await tx.execute(_SQL.size, {"scopes": list(scopes)})).fetchone()
    return int(row["passages"]) if row else 0
