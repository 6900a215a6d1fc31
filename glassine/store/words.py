"""The leg of a search that goes by words: what the postings say of a question's terms becomes the best passages by BM25 (Robertson & Zaragoza 2009).

What it is given was read under the conditions of who may see it; what it proposes is read under them once more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from psycopg.rows import DictRow

from glassine.store.vectors import numbers, weights

_NONE: NDArray[np.int64] = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worded:
    """By number, every passage that holds a term which finds by itself, and what all such terms are worth there; and the terms that are too common for that."""

    passages: NDArray[np.int64] = field(default_factory=lambda: _NONE)  # in order
    ranks: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    scores: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))  # the same without a common term that had to find by itself
    common: tuple[str, ...] = ()
    idf: tuple[float, ...] = ()  # of the common ones

    def best(self, many: int) -> NDArray[np.int64]:
        """Of those that are as good, the ones with the lowest numbers."""
        if len(self.passages) <= many:
            return self.passages
        least = np.partition(self.ranks, -many)[-many]
        held = np.flatnonzero(self.ranks >= least)
        return self.passages[held[np.argsort(-self.ranks[held], kind="stable")[:many]]]

    def score(self, passages: Sequence[int]) -> list[float]:
        """What the rare terms are worth in each of these."""
        if not len(self.passages):
            return [0.0] * len(passages)
        places = np.minimum(np.searchsorted(self.passages, passages), len(self.passages) - 1)
        return np.where(self.passages[places] == passages, self.scores[places], 0.0).tolist()  # type: ignore[no-any-return]  # numpy says Any


def worded(rows: Sequence[DictRow], size: int) -> Worded:
    """`size`: how many passages there are; a term is worth the more the fewer of them hold it."""
    if not rows:
        return Worded()
    idf = [math.log(1 + (max(size, row["held"]) - row["held"] + 0.5) / (row["held"] + 0.5)) for row in rows]
    found = [(numbers(row["passages"]), weights(row["weights"]) * worth, row["common"]) for row, worth in zip(rows, idf, strict=True) if row["passages"] is not None]
    places, of_all = np.unique(np.concatenate([passages for passages, _, _ in found]), return_inverse=True)
    ranks = np.bincount(of_all, np.concatenate([worth for _, worth, _ in found]), len(places)).astype(np.float64)
    scores = ranks if not found[0][2] else np.zeros(len(places))  # a common term finds only where all are
    common = [(row["term"], worth) for row, worth in zip(rows, idf, strict=True) if row["common"]]
    return Worded(passages=places, ranks=ranks, scores=scores, common=tuple(term for term, _ in common), idf=tuple(worth for _, worth in common))
