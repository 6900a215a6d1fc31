"""Search over published passages: candidates by vector and by words, ranked by the sum of their normalised scores. It decides no answer.

What an audience may see is a condition inside both statements; nothing is filtered afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassine.store import Tx, rows
from glassine.store.statements import Statements
from glassine.store.vectors import Vectors, literal, unpacked
from glassine.words.knowledge import Audience, Hit

_SQL = Statements(__file__)

_CANDIDATES = 40  # of each leg; 30 to 200 rank alike on squad2
_SPARE = 8  # read beyond the limit, because the same words often stand in several articles and are worth one hit
_MOST_TERMS = 32  # of a long message, the first
_RAREST_TERMS = 8  # of those, what is scored: common words cost the most and say the least; 6 to all rank alike on squad2
_SEES = {Audience.PUBLIC: [False], Audience.INTERNAL: [False, True]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is searched for: stemmed terms, and a vector of norm 1 with the name of its model (None: by words only)."""

    terms: Sequence[str]
    vector: Vectors | None = field(repr=False)
    model: str


@dataclass(slots=True, kw_only=True)
class Candidate:
    """A passage on its way through the ranking."""

    passage: int
    cosine: float | None  # None: embedded by another model, so only its words can be compared
    lexical: float
    similarity: float
    sentence: float | None = None  # cosine of the best sentence, or of the heading if that is closer
    best: int = 0  # index of the best sentence
    score: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)


async def search(tx: Tx, *, query: Query, audience: Audience, limit: int = 8) -> list[Hit]:
    """The best passages that this audience may see, best first. Two round trips; the first compares, the second reads the winners."""
    if query.vector is None and not query.terms:
        return []
    values = {
        "model": query.model, "vector": None if query.vector is None else literal(query.vector), "terms": list(dict.fromkeys(query.terms))[:_MOST_TERMS],
        "internal": _SEES[audience], "candidates": _CANDIDATES, "rarest": _RAREST_TERMS,
    }
    await tx.execute(_SQL.plan)
    found = await (await tx.execute(_SQL.candidates, values, binary=True)).fetchall()
    best = rerank(_candidates(found, query))[: limit + _SPARE]
    texts = await rows(tx, _SQL.passages, {"numbers": [one.passage for one in best], "internal": _SEES[audience]}) if best else []
    by_number = {row["number"]: row for row in texts}
    hits: dict[str, Hit] = {}
    for one in best:
        row = by_number.get(one.passage)  # None: taken out since the first statement
        if row is not None:
            hits.setdefault(row["text"], _hit(one, row))
    return list(hits.values())[:limit]


def _candidates(found: list[dict[str, Any]], query: Query) -> list[Candidate]:
    """Compares the query with every sentence of every candidate, in one multiplication."""
    candidates = [Candidate(passage=row["passage"], cosine=row["cosine"], lexical=row["lexical"], similarity=row["cosine"] or 0.0) for row in found]
    packed = [row["sentences"] if query.vector is not None else None for row in found]
    if query.vector is None or not any(packed):
        return candidates
    cosines = unpacked(b"".join(rows for rows in packed if rows), len(query.vector)) @ query.vector
    end = 0
    for one, rows_ in zip(candidates, packed, strict=True):
        if rows_:
            start, end = end, end + len(rows_) // len(query.vector)
            # The first row is the heading's: it may carry the match ('How do I reset my password?'), but it is no sentence to quote.
            one.sentence = one.similarity = float(cosines[start:end].max())
            one.best = int(cosines[start + 1 : end].argmax()) if end - start > 1 else 0
    return candidates


def rerank(candidates: list[Candidate]) -> list[Candidate]:
    """Best first, by z(passage) + z(best sentence) + z(BM25) over the candidates; the parts are kept for inspect.

    This is the place for late interaction: reordering the best twenty by MaxSim over token vectors raises hit@1 by about .03 more.
    """
    parts = {
        "passage": _z([one.cosine for one in candidates]),
        "sentence": _z([one.sentence for one in candidates]),
        "words": _z([one.lexical for one in candidates]),
    }
    for one, *scores in zip(candidates, *(part.tolist() for part in parts.values()), strict=True):
        one.parts, one.score = dict(zip(parts, scores, strict=True)), sum(scores)
    return sorted(candidates, key=lambda one: (-one.score, one.passage))


def _z(scores: Sequence[float | None]) -> Vectors:
    """Standard scores. What was not compared counts as the worst that was; when nothing was, the part says nothing."""
    known = [score for score in scores if score is not None]
    if not known:
        return np.zeros(len(scores), np.float32)
    filled = np.array([min(known) if score is None else score for score in scores], np.float32)
    return np.asarray((filled - filled.mean()) / max(float(filled.std()), 1e-6), np.float32)


def _hit(one: Candidate, row: dict[str, Any]) -> Hit:
    parts = {f"z_{name}": round(value, 4) for name, value in one.parts.items()}
    raw = {"passage": one.cosine, "sentence": one.sentence, "words": one.lexical}
    return Hit(
        passage=row["id"], article=row["article_id"], title=row["title"], heading=row["heading"], text=row["text"], url=row["url"],
        audience=Audience.INTERNAL if row["internal"] else Audience.PUBLIC, score=one.score, similarity=one.similarity,
        best_sentence=row["sentences"][one.best] if one.best < len(row["sentences"]) else row["text"],
        scores={name: round(value, 4) for name, value in raw.items() if value is not None} | parts,
    )
