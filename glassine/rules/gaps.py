"""Which questions mean the same, and when a gap counts as closed. Pure: vectors in, decisions out; the same questions in the same order end in the same gaps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glassine.words.gaps import GapStatus, Why
from glassine.words.turns import Reason

Vectors = NDArray[np.float32]

NEAR = 0.65  # cosine of a question and a gap's centre from which it belongs there: bench/gaps.py
SURE = 3  # answers in a row that close a gap
_RECENT = 3  # questions since it was closed, of which two left open open it again

_WHY = (
    (Reason.NOT_GROUNDED, Why.NOT_GROUNDED), (Reason.INSUFFICIENT_KNOWLEDGE, Why.NOTHING_FOUND), (Reason.LOW_CONFIDENCE, Why.NOT_SURE),
    (Reason.DID_YOU_MEAN, Why.DID_YOU_MEAN), (Reason.ANSWERED_FROM_KNOWLEDGE, Why.ANSWERED),
)
TELLING = tuple(str(reason) for reason, _ in _WHY)


def why(reasons: Sequence[str]) -> Why | None:
    """What a turn's reasons say of its question; None where it says nothing, as when somebody asked for a person."""
    return next((told for reason, told in _WHY if str(reason) in reasons), None)


def nearest(vector: Vectors, centres: Vectors) -> tuple[int, float] | None:
    """Which of these centres a question is nearest to, and their cosine; None where there is none. From NEAR on it belongs there."""
    if not len(centres):
        return None
    cosines = centres @ vector
    best = int(np.argmax(cosines))
    return best, float(cosines[best])


def moved(centre: Vectors, weight: int, vector: Vectors) -> Vectors:
    """The centre with one more question."""
    return _unit(centre * weight + vector)


def centre_of(vectors: Vectors) -> Vectors:
    """Of all questions, shape (n, 384)."""
    return _unit(vectors.sum(axis=0))


def middle(vectors: Vectors, centre: Vectors) -> int:
    """The question that says best what all of them mean."""
    return int(np.argmax(vectors @ centre))


def _unit(vector: Vectors) -> Vectors:
    made: Vectors = (vector / max(float(np.linalg.norm(vector)), 1e-12)).astype(np.float32)
    return made


def judged(status: GapStatus, since: Sequence[bool]) -> GapStatus:
    """`since`: whether each question was answered that came after the status was last changed, oldest first. A gap that was archived stays so."""
    if status is GapStatus.OPEN and len(since) >= SURE and all(since[-SURE:]):
        return GapStatus.RESOLVED
    if status is GapStatus.RESOLVED and sum(not one for one in since[-_RECENT:]) >= 2:
        return GapStatus.OPEN
    return status
