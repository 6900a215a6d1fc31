"""A replay in words: the steps of a turn computed once more, each held against what was recorded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from glassine.words.ids import SessionId, TurnId


class PieceKind(StrEnum):
    SAME = "same"
    GONE = "gone"  # only in what was recorded
    NEW = "new"  # only in what came out now


class Piece(NamedTuple):
    """A stretch of two texts that are compared."""

    kind: PieceKind
    text: str


class Verdict(StrEnum):
    SAME = "same"
    DIFFERS = "differs"
    IMPOSSIBLE = "cannot_be_recomputed"
    GIVEN = "given"  # taken as it was stored: a model is not asked again


class StepName(StrEnum):
    """In the order of a message's way."""

    MASKED = "masked"
    DECIDED = "decided"
    SEARCHED = "searched"
    PROMPT = "prompt"
    MODEL = "model"
    ACTIONS = "actions"  # only where some were called
    GUARD = "guard"
    OUTCOME = "outcome"
    SUMMARY = "summary"  # only where a model summed up for people what the turn had handed off


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: `says` is a sentence, `pieces` the difference. Both hold masked text only."""

    name: StepName
    verdict: Verdict
    says: str
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A turn, step by step. `program` is the version it was taken with, `now` the one that computed it again."""

    session: SessionId
    turn: TurnId
    taken_at: datetime
    program: str
    now: str
    steps: tuple[Step, ...]

    @property
    def same(self) -> bool:
        """Whether no step differs; one that cannot be recomputed is not a difference."""
        return all(step.verdict is not Verdict.DIFFERS for step in self.steps)

    def plain(self) -> dict[str, Any]:
        """For programs."""
        return {
            "session_id": str(self.session), "turn_id": str(self.turn), "taken_at": self.taken_at.isoformat(), "program": self.program, "now": self.now, "same": self.same,
            "steps": [{"name": step.name, "verdict": step.verdict, "says": step.says, "difference": told(step.pieces)} for step in self.steps],
        }


def told(pieces: Iterable[Piece]) -> list[dict[str, str]]:
    """A difference for programs."""
    return [{"kind": piece.kind, "text": piece.text} for piece in pieces]
