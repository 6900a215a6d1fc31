"""The ranking of what a search has read: scores in parts, normalised and added up, and the best twenty compared word by word. Pure; it reads nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np
from psycopg.rows import DictRow

from glassine.store.vectors import Vectors, products, unpacked
from glassine.words.ids import ArticleId
from glassine.words.knowledge import Audience, Hit

# What each part weighs, first among all candidates, then among the best of them. Fitted on half of squad2 and measured on the other (docs/search.md).
FIRST: Mapping[str, float] = {"passage": 1.0, "sentence": 1.0, "words": 1.0}
FIRST_ELSEWHERE: Mapping[str, float] = {"passage": 1.0, "sentence": 1.0, "words": 0.5, "names": 0.3}  # of questions in other languages than English
AGAIN: Mapping[str, float] = {"met": 1.0, "met_sentence": 1.0, "sentence": 0.25, "words": 0.5}
_WORD = re.compile(r"\w+")
_SAME = 0.9  # share of their words from which two passages say the same
_READ_AGAIN = 20  # candidates whose words are compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is searched for: stemmed terms, and a vector of norm 1 with the name of its model (None: by terms only)."""

    terms: Sequence[str]
    vector: Vectors | None = field(repr=False)
    model: str
    size: int | None = None  # how many passages the viewer may see, if somebody has counted lately; it scales what rare words are worth
    words: Vectors | None = field(default=None, repr=False)  # the vectors of its words, (n, 384), where the model tells
    names: Sequence[str] = ()  # terms that passages in English may hold of a question in another language
    language: str = "en"  # ISO 639-1
    pinned: Sequence[ArticleId] = ()  # articles that people want to come first, in this order


@dataclass(slots=True, kw_only=True)
class Candidate:
    """A passage on its way through the ranking. `raw` holds its scores as they were measured, `parts` those that are added up, in standard deviations."""

    row: DictRow = field(repr=False)
    raw: dict[str, float] = field(default_factory=dict)
    parts: dict[str, float] = field(default_factory=dict)
    sentences: Vectors | None = field(default=None, repr=False)  # cosines of its sentences
    score: float = 0.0


def ranked(found: list[DictRow], query: Query, limit: int) -> list[Hit]:
    """The best of the candidates, best first: pinned articles before all, and what says the same in several articles once."""
    kept: list[tuple[Candidate, frozenset[str], list[str]]] = []
    for one in _pinned_first(rerank(candidates(found, query), query), query.pinned):
        words = frozenset(_WORD.findall(one.row["text"].casefold()))
        same = next((also for _, others, also in kept if _alike(words, others)), None)
        if same is None and len(kept) == limit:
            break
        if same is None:
            kept.append((one, words, []))
        elif one.row["title"] not in same:
            same.append(one.row["title"])
    codes = [term for term in query.terms if any(letter.isdigit() for letter in term)]
    return [_hit(one, codes, [title for title in also if title != one.row["title"]]) for one, _, also in kept]


def _alike(words: frozenset[str], others: frozenset[str]) -> bool:
    """Whether most of the words of both are in both. Where one has far fewer than the other, nobody needs to look."""
    fewer, more = sorted((len(words), len(others)))
    return fewer >= _SAME * more and (shared := len(words & others)) >= _SAME * (fewer + more - shared)


def _pinned_first(found: list[Candidate], pinned: Sequence[ArticleId]) -> list[Candidate]:
    """The best passage of each pinned article, then all others as they were."""
    first = [best for article in pinned for best in [next((one for one in found if one.row["article_id"] == article), None)] if best]
    for place, one in enumerate(first):
        one.raw["pinned"] = 1.0
        one.score = max(one.score, found[0].score) + len(first) - place
    return [*first, *(one for one in found if one not in first)] if first else found


def candidates(found: list[DictRow], query: Query) -> list[Candidate]:
    """With all that can be measured at once: words, passages, and every sentence of every candidate in one multiplication.

    A passage in another language shares no words with the question but names, numbers and words of the trade. Those say less, and nothing where none does.
    """
    made = [Candidate(row=row) for row in found]
    named = any(row["lexical"] for row in found if row["language"] != query.language) if query.names else False
    for one in made:
        if one.row["cosine"] is not None:
            one.raw["passage"] = one.row["cosine"]
        if one.row["language"] == query.language or one.row["cosine"] is None:
            one.raw["words"] = one.row["lexical"]
        elif named:
            one.raw["names"] = one.row["lexical"]
    packed = [row["vectors"] if query.vector is not None else None for row in found]
    if query.vector is None or not any(packed):
        return made
    vectors_of_all = unpacked(b"".join(rows for rows in packed if rows), len(query.vector))
    cosines = vectors_of_all @ query.vector
    having = [(one, len(rows) // len(query.vector)) for one, rows in zip(made, packed, strict=True) if rows]
    ends = list(accumulate(many for _, many in having))
    best = np.maximum.reduceat(cosines, [0, *ends[:-1]]).tolist()
    for (one, many), end, nearest in zip(having, ends, best, strict=True):
        # The first row is the heading's: it may carry the match ('How do I reset my password?'), but it is no sentence to quote.
        one.raw["sentence"], one.sentences = nearest, cosines[end - many + 1 : end]
    return made


def rerank(found: list[Candidate], query: Query) -> list[Candidate]:
    """Best first: by passage, best sentence and BM25, and the best of those once more by late interaction (Khattab & Zaharia 2020, ColBERT).

    A passage that lacks a part, because another model embedded it, is judged by those it has, counted as often as the parts that it lacks.
    """
    _add_up(found, FIRST if query.language == "en" else FIRST_ELSEWHERE)
    ordered = sorted(found, key=_order)
    best, rest = ordered[:_READ_AGAIN], ordered[_READ_AGAIN:]
    if not _meet(best, query):
        return ordered
    _add_up(best, AGAIN)
    if rest:  # behind the others, as far apart as they were
        behind = min(one.score for one in best) - rest[0].score
        for one in rest:
            one.score += min(behind, 0.0)
    return sorted(best, key=_order) + rest


def _order(one: Candidate) -> tuple[float, int, int]:
    """Of those that are as good as each other, what was published last."""
    return -round(one.score, 2), -one.row["since"], one.row["passage"]


def _add_up(found: list[Candidate], weights: Mapping[str, float]) -> None:
    """Each part in standard deviations from the mean of those that have it."""
    if not found:
        return
    table = np.array([[one.raw.get(name, math.nan) for name in weights] for one in found])
    has = ~np.isnan(table)
    counted = np.maximum(has.sum(axis=0), 1)
    away = table - np.where(has, table, 0).sum(axis=0) / counted
    away /= np.maximum(np.sqrt(np.where(has, away * away, 0).sum(axis=0) / counted), 1e-6)
    of_each = np.array(list(weights.values()))
    weighed = has @ of_each
    scores = np.where(has, away, 0) @ of_each * of_each.sum() / np.where(weighed, weighed, 1)
    for one, parts, score in zip(found, away.tolist(), scores.tolist(), strict=True):
        one.parts, one.score = {name: part for name, part in zip(weights, parts, strict=True) if part == part}, score


def _meet(found: list[Candidate], query: Query) -> bool:
    """How well the question's words are met: each by the word of a passage that is nearest to it in meaning, on average; and by the words of one sentence alone."""
    told = [one for one in found if one.row["words"]]
    if query.words is None or not len(query.words) or not told:
        return False
    nearness, ends = products([one.row["words"] for one in told], query.words / math.sqrt(query.words.shape[1]))
    starts, headings, firsts = _stretches(ends)
    met = np.maximum.reduceat(nearness, starts, axis=0)
    passages = np.maximum.reduceat(met, firsts, axis=0).mean(axis=1)
    sentences = np.maximum.reduceat(np.where(headings, -1.0, met.mean(axis=1)), firsts)
    for one, whole, alone in zip(told, passages.tolist(), sentences.tolist(), strict=True):
        one.raw["met"], one.raw["met_sentence"] = whole, alone if alone > -1 else whole  # a passage cut short by the model's limit may be a heading only
    return True


def _stretches(ends: list[tuple[int, ...]]) -> tuple[list[int], list[bool], list[int]]:
    """Where each heading and sentence begins among all rows, which of them are headings, and which is the first of each passage. Those without words are left out."""
    starts: list[int] = []
    headings: list[bool] = []
    firsts: list[int] = []
    before = 0
    for own in ends:
        firsts.append(len(starts))
        at = 0
        for place, end in enumerate(own):
            if end > at:
                starts.append(before + at)
                headings.append(place == 0)
                at = end
        before += own[-1]
    return starts, headings, firsts


def _hit(one: Candidate, codes: Sequence[str], also: Sequence[str]) -> Hit:
    row = one.row
    return Hit(
        passage=row["id"], article=row["article_id"], title=row["title"], heading=row["heading"], text=row["text"], url=row["url"], language=row["language"],
        audience=Audience(row["audience"]), score=one.score,
        similarity=next((one.raw[name] for name in ("sentence", "passage") if name in one.raw), 0.0), best_sentence=_best_sentence(one, codes), also=tuple(also),
        scores={name: round(value, 4) for name, value in one.raw.items()} | {f"z_{name}": round(value, 4) for name, value in one.parts.items()},
    )


def _best_sentence(one: Candidate, codes: Sequence[str]) -> str:
    """The nearest sentence, but one that holds a code asked for goes before those that do not: models hardly tell E1001 from E1002."""
    sentences: list[str] = one.row["sentences"]
    if not sentences:
        return str(one.row["text"])
    near = one.sentences.tolist() if one.sentences is not None and len(one.sentences) == len(sentences) else [0.0] * len(sentences)
    return max(zip(sentences, near, strict=True), key=lambda pair: (sum(code in pair[0].casefold() for code in codes), pair[1]))[0]
