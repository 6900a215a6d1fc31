"""Search over published passages: candidates by vector and by words, ranked by the sum of their normalised scores. It decides no answer.

What somebody may see is a condition inside the statement, as scopes that store/visibility.py knows; nothing is filtered afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from psycopg.rows import DictRow

from glassine.store import Tx
from glassine.store.statements import Statements
from glassine.store.vectors import Halves, Vectors, unpacked
from glassine.words.knowledge import Audience, Hit

_SQL = Statements(__file__)

_CANDIDATES = 24  # of each leg at least; 15 to 200 rank alike on squad2
_ROUGH = 200  # passages nearest by bits, among which the nearest by vector are looked for; 100 to all find the same first passage
_MOST_TERMS = 32  # of a long message, the first
_RAREST_TERMS = 6  # of those, what is scored: common words cost the most and say the least; 5 to all rank alike on squad2


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is searched for: stemmed terms, and a vector of norm 1 with the name of its model (None: by words only)."""

    terms: Sequence[str]
    vector: Vectors | None = field(repr=False)
    model: str
    size: int | None = None  # how many passages the viewer may see, if somebody has counted lately; it scales what rare words are worth


@dataclass(slots=True, kw_only=True)
class Candidate:
    """A passage on its way through the ranking."""

    row: DictRow = field(repr=False)
    cosine: float | None  # None: embedded by another model, so only its words can be compared
    lexical: float
    sentences: Vectors | None = field(default=None, repr=False)  # cosines of its sentences
    sentence: float | None = None  # cosine of the best sentence, or of the heading if that is closer
    score: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)


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
        found = await (await tx.execute(_SQL.candidates, asked, binary=True)).fetchall()
    if not found:
        row = await (await tx.execute(_SQL.version)).fetchone()
        return Found([], int(row["version"]) if row else 0)
    return Found(ranked(found, query, limit), found[0]["version"])


def values(query: Query, scopes: Sequence[int], limit: int) -> dict[str, Any]:
    """What a statement that looks for candidates is given."""
    return {
        "model": query.model, "vector": None if query.vector is None else Halves.of(query.vector), "terms": list(dict.fromkeys(query.terms))[:_MOST_TERMS],
        "scopes": list(scopes), "candidates": max(_CANDIDATES, limit), "rough": _ROUGH, "rarest": _RAREST_TERMS, "size": query.size,
    }


def ranked(found: list[DictRow], query: Query, limit: int) -> list[Hit]:
    """The best of the candidates, best first."""
    different: dict[str, Candidate] = {}  # the same words often stand in several articles, and are worth one hit
    for one in rerank(_candidates(found, query)):
        different.setdefault(one.row["text"], one)
    return [_hit(one, query) for one in islice(different.values(), limit)]


async def size(tx: Tx, scopes: Sequence[int]) -> int:
    """How many passages there are within these scopes."""
    row = await (await tx.execute(_SQL.size, {"scopes": list(scopes)})).fetchone()
    return int(row["passages"]) if row else 0


def _candidates(found: list[DictRow], query: Query) -> list[Candidate]:
    """Compares the query with every sentence of every candidate, in one multiplication."""
    candidates = [Candidate(row=row, cosine=row["cosine"], lexical=row["lexical"]) for row in found]
    packed = [row["vectors"] if query.vector is not None else None for row in found]
    if query.vector is None or not any(packed):
        return candidates
    cosines = unpacked(b"".join(rows for rows in packed if rows), len(query.vector)) @ query.vector
    end = 0
    for one, vectors in zip(candidates, packed, strict=True):
        if vectors:
            start, end = end, end + len(vectors) // len(query.vector)
            # The first row is the heading's: it may carry the match ('How do I reset my password?'), but it is no sentence to quote.
            one.sentence, one.sentences = float(cosines[start:end].max()), cosines[start + 1 : end]
    return candidates


def rerank(candidates: list[Candidate]) -> list[Candidate]:
    """Best first, by z(passage) + z(best sentence) + z(BM25) over the candidates; the parts are kept for inspect.

    A passage that another model embedded is judged by its words alone, counted as often as the parts that it lacks.
    This is the place for late interaction: reordering the best twenty by MaxSim over token vectors raises hit@1 by about .03 more.
    """
    scores: dict[str, Sequence[float | None]] = {
        "passage": [one.cosine for one in candidates], "sentence": [one.sentence for one in candidates], "words": [one.lexical for one in candidates],
    }
    for name, part in scores.items():
        for one, value in zip(candidates, _z(part), strict=True):
            if value is not None:
                one.parts[name] = value
    for one in candidates:
        one.score = sum(one.parts.values()) * len(scores) / len(one.parts)
    return sorted(candidates, key=lambda one: (-one.score, one.row["passage"]))


def _z(scores: Sequence[float | None]) -> list[float | None]:
    """Standard scores among those that are known."""
    known = np.array([score for score in scores if score is not None], np.float32)
    if not len(known):
        return [None] * len(scores)
    mean, deviation = float(known.mean()), max(float(known.std()), 1e-6)
    return [None if score is None else (score - mean) / deviation for score in scores]


def _hit(one: Candidate, query: Query) -> Hit:
    row = one.row
    raw = {"passage": one.cosine, "sentence": one.sentence, "words": one.lexical}
    return Hit(
        passage=row["id"], article=row["article_id"], title=row["title"], heading=row["heading"], text=row["text"], url=row["url"], language=row["language"],
        audience=Audience(row["audience"]), score=one.score,
        similarity=next((score for score in (one.sentence, one.cosine) if score is not None), 0.0), best_sentence=_best_sentence(one, query),
        scores={name: round(value, 4) for name, value in raw.items() if value is not None} | {f"z_{name}": round(value, 4) for name, value in one.parts.items()},
    )


def _best_sentence(one: Candidate, query: Query) -> str:
    """The nearest sentence, but one that holds the code asked for goes before those that do not: models hardly tell E1001 from E1002."""
    sentences: list[str] = one.row["sentences"]
    if not sentences:
        return str(one.row["text"])
    codes = [term for term in query.terms if any(letter.isdigit() for letter in term)]
    near = one.sentences if one.sentences is not None and len(one.sentences) == len(sentences) else np.zeros(len(sentences), np.float32)
    return max(zip(sentences, near.tolist(), strict=True), key=lambda pair: (sum(code in pair[0].casefold() for code in codes), pair[1]))[0]
