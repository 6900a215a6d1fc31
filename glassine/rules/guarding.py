"""What an organisation set for the checks of its answers: promising words, how much of a sentence must be backed, and from which confidence it is quoted. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from glassine.rules import claims, extract, promises
from glassine.words.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """As it comes, until somebody changes it. `claims` of 0 scores no sentences."""

    promises: tuple[str, ...] = promises.DEFAULT
    claims: float = claims.LEAST
    thresholds: extract.Thresholds = field(default=extract.DEFAULT)


def read(part: Mapping[str, Any]) -> Guard:
    """The part of a rulebook, which was checked when it was written."""
    default = Guard()
    thresholds = extract.Thresholds(answer=float(part.get("answer", default.thresholds.answer)), suggest=float(part.get("suggest", default.thresholds.suggest)))
    return Guard(promises=tuple(part.get("promises", default.promises)), claims=float(part.get("claims", default.claims)), thresholds=thresholds)


def written(guard: Guard) -> dict[str, Any]:
    return {"promises": list(guard.promises), "claims": guard.claims, "answer": guard.thresholds.answer, "suggest": guard.thresholds.suggest}


def checked(*, promised: Sequence[str], backed: float, answer: float, suggest: float) -> Guard:
    """A guard from what somebody typed. Raises Refused with what is wrong."""
    lines = tuple(line for one in promised if (line := " ".join(one.split())))
    if len(lines) > promises.MOST or any(len(line) > promises.LONGEST for line in lines):
        raise Refused(f"The list holds at most {promises.MOST} lines of {promises.LONGEST} characters.")
    if bare := next((line for line in lines if not any(letter.isalnum() for letter in line)), None):
        raise Refused(f"This line holds no word: {bare}")
    if not all(0 <= value <= 1 for value in (backed, answer, suggest)):
        raise Refused("Shares and confidences are numbers from 0 to 1, such as 0.5.")
    if suggest > answer:
        raise Refused("The confidence for a choice is at most the one for an answer: what is surer than a choice is answered.")
    return Guard(promises=lines, claims=backed, thresholds=extract.Thresholds(answer=answer, suggest=suggest))
