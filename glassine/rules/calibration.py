"""What an organisation's own outcomes say of a threshold: how much is answered above it and how much of that was wrong, with honest intervals. Pure; it finds no outcomes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from typing import NamedTuple

GRID = tuple(round(step / 20, 2) for step in range(19, 3, -1))  # thresholds, the strictest first: .95, .90, … .20
ALLOWED = (0.02, 0.05, 0.1, 0.2)  # shares of answers that may be wrong


class Case(NamedTuple):
    """One past question whose end is known: the confidence that its answer had or would have had, and whether that was right."""

    score: float
    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What a threshold would have meant: `answered` of `of` cases, `wrong` of those, and between which shares the true one lies in 95 of 100 measurements."""

    least: float
    of: int
    answered: int
    wrong: int
    low: float
    high: float

    @property
    def coverage(self) -> float:
        return self.answered / self.of if self.of else 0.0

    @property
    def risk(self) -> float:
        return self.wrong / self.answered if self.answered else 0.0


class Advice(StrEnum):
    MORE = "more"
    LESS = "less"
    AS_NOW = "as_now"
    UNKNOWN = "unknown"  # there are not enough cases
    NONE = "none"  # there are, and they show it of no threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What to do where at most this share of answers may be wrong. `needed`: cases in a row without a wrong one that could show it at all."""

    allowed: float
    advice: Advice
    needed: int
    point: Point | None = None


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """The interval that holds the true share in 95 of 100 measurements, rounded to four places."""
    if not of:
        return 0.0, 1.0
    share, square = hits / of, z * z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = z * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)


def point(cases: Sequence[Case], least: float) -> Point:
    answered = [case for case in cases if case.score >= least]
    wrong = sum(not case.right for case in answered)
    low, high = wilson(wrong, len(answered))
    return Point(least=least, of=len(cases), answered=len(answered), wrong=wrong, low=low, high=high)


def curve(cases: Sequence[Case]) -> tuple[Point, ...]:
    """The strictest first."""
    return tuple(point(cases, least) for least in GRID)


def needed(allowed: float, z: float = 1.96) -> int:
    """How many cases without a single wrong one show that no more than this share is wrong."""
    found = math.ceil(z * z * (1 - allowed) / allowed)
    return found if wilson(0, found, z)[1] <= allowed else found + 1


def proposal(cases: Sequence[Case], allowed: float, now: float) -> Proposal:
    """The lowest threshold that keeps to it.

    Thresholds are tried in one order, from the strictest that has enough cases downwards, and the first that fails ends it: whoever looked for the best
    of many by their wrong ones would find it by chance.
    """
    enough = needed(allowed)
    tried = [each for each in curve(cases) if each.answered >= enough]
    if not tried:
        return Proposal(allowed=allowed, advice=Advice.UNKNOWN, needed=enough)
    kept = list(takewhile(lambda each: each.high <= allowed, tried))
    if not kept:
        return Proposal(allowed=allowed, advice=Advice.NONE, needed=enough, point=tried[0])
    best = next(each for each in kept if each.answered == kept[-1].answered)  # a lower one that answers no more is no gain
    held = point(cases, now)
    same = held.answered == best.answered or abs(best.least - now) < 0.005
    return Proposal(allowed=allowed, advice=Advice.AS_NOW if same else Advice.MORE if best.least < now else Advice.LESS, needed=enough, point=best)
