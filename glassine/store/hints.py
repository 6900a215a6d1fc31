"""What people tell search, in the store: synonyms and pins, and what of them concerns a question. It changes no ranking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from psycopg.rows import DictRow

from glassine.store import Tx, one, rows
from glassine.store.ranking import Query
from glassine.store.statements import Statements
from glassine.store.vectors import Halves, Vectors
from glassine.words.errors import NotFound
from glassine.words.ids import ArticleId, OrgId, new_id

_SQL = Statements(__file__)

NEAR = 0.86  # cosine from which two questions count as one


class Known(NamedTuple):
    """What concerns a question: phrases that mean the same, pinned articles with their questions, nearest first, terms that stand nowhere, and in which version of the knowledge base."""

    synonyms: list[list[str]]
    pins: list[tuple[ArticleId, str]]
    missing: list[str]
    version: int


async def asked(tx: Tx, org: OrgId, query: Query, scopes: Sequence[int], text: str, near: float) -> Known:
    row = await one(tx, _SQL.asked, {
        "org": org, "language": query.language, "terms": list(dict.fromkeys(query.terms)), "vector": None if query.vector is None else Halves.of(query.vector),
        "model": query.model, "near": near, "text": text, "scopes": list(scopes),
    })
    assert row is not None, "it returns one row"
    return Known(row["synonyms"], [(ArticleId(UUID(pin["article"])), pin["question"]) for pin in row["pins"]], row["missing"], row["version"])


async def there(tx: Tx, org: OrgId, terms: Sequence[str], scopes: Sequence[int], limit: int) -> list[str]:
    """Which of these terms stand in passages within these scopes, the most frequent first."""
    return [row["term"] for row in await rows(tx, _SQL.there, {"org": org, "terms": list(terms), "scopes": list(scopes), "limit": limit})]


async def beginning(tx: Tx, org: OrgId, term: str, scopes: Sequence[int], limit: int) -> list[str]:
    """Terms that begin with this one."""
    return [row["term"] for row in await rows(tx, _SQL.beginning, {"org": org, "term": term, "end": term + "\uffff", "scopes": list(scopes), "limit": limit})]


async def add_synonyms(tx: Tx, org: OrgId, language: str, phrases: Sequence[str], terms: Sequence[str]) -> UUID:
    id = new_id()
    await tx.execute(_SQL.add_synonyms, {"org": org, "id": id, "language": language, "phrases": list(phrases), "terms": list(dict.fromkeys(terms))})
    return id


async def remove_synonyms(tx: Tx, org: OrgId, id: UUID) -> DictRow:
    """Raises NotFound."""
    row = await one(tx, _SQL.remove_synonyms, {"org": org, "id": id})
    if row is None:
        raise NotFound("There are no such synonyms.")
    return row


async def synonyms(tx: Tx, org: OrgId) -> list[DictRow]:
    return await rows(tx, _SQL.synonyms, {"org": org})


async def add_pin(tx: Tx, org: OrgId, article: ArticleId, question: str, language: str, model: str, vector: Vectors) -> UUID:
    """Raises NotFound when there is no such article."""
    id = new_id()
    values = {"org": org, "id": id, "article": article, "question": question, "language": language, "model": model, "vector": Halves.of(vector)}
    if await one(tx, _SQL.add_pin, values) is None:
        raise NotFound("There is no such article.")
    return id


async def remove_pin(tx: Tx, org: OrgId, id: UUID) -> DictRow:
    """Raises NotFound."""
    row = await one(tx, _SQL.remove_pin, {"org": org, "id": id})
    if row is None:
        raise NotFound("There is no such pin.")
    return row


async def pins(tx: Tx, org: OrgId) -> list[DictRow]:
    return await rows(tx, _SQL.pins, {"org": org})
