"""Rehearsals in words: a change that is tried on past conversations before it goes live, and what would become of each. It decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType, Self
from uuid import UUID

from glassine.words.ids import SessionId, TurnId

RehearsalId = NewType("RehearsalId", UUID)
USUAL, MOST = 50, 500  # sessions that a change is tried on


class State(StrEnum):
    """How a rehearsal stands."""

    RUNNING = "running"
    READY = "ready"
    STOPPED = "stopped"  # a model did not answer, or the day's budget is spent: it can be gone on with
    CANCELLED = "cancelled"
    PUBLISHED = "published"
    DROPPED = "dropped"


OPEN = (State.READY, State.STOPPED, State.CANCELLED)  # from which it can be published or dropped


class Verdict(StrEnum):
    """What the change would make of one session."""

    WAITING = "waiting"  # not looked at yet
    SAME = "same"
    DIFFERS = "differs"
    UNKNOWN = "unknown"  # only a language model can tell, and none was asked
    LEFT_OUT = "left_out"  # its turns cannot be played once more


class End(StrEnum):
    """How a turn ends, as people count it."""

    ANSWER = "answer"
    ASKS_BACK = "asks_back"  # a choice, a question back, or a word that nothing was found
    HANDOFF = "handoff"
    DRAFT = "draft"
    SILENCE = "silence"
    MODEL = "model"  # a language model would answer, in words that nobody knows yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The change: parts of the rulebook as they would stand, a scenario whose draft would be published, and the models that would answer, by id and in order."""

    parts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    scenario: UUID | None = None
    read_at: str = ""  # when that scenario was changed last: another draft is another change
    models: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """What is changed, as the audit log names it."""
        return (*self.parts, *(("scenario",) if self.scenario else ()), *(("models",) if self.models else ()))

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        return cls(parts=stored.get("parts") or {}, scenario=UUID(stored["scenario"]) if stored.get("scenario") else None, read_at=stored.get("read_at") or "", models=tuple(stored.get("models") or ()))

    def written(self) -> dict[str, Any]:
        return {"parts": {name: dict(part) for name, part in self.parts.items()}, "scenario": str(self.scenario) if self.scenario else None, "read_at": self.read_at, "models": list(self.models)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two ends: `outcome` says in words what would be written, masked."""

    end: End
    outcome: str

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        return cls(end=End(stored["end"]), outcome=str(stored["outcome"]))

    def written(self) -> dict[str, str]:
        return {"end": str(self.end), "outcome": self.outcome}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One session: the first of its turns that would end otherwise, or why there is none. Tokens are estimates of what asking would take, or what it took."""

    verdict: Verdict
    turn: TurnId | None = None
    before: Side | None = None
    after: Side | None = None
    why: str = ""
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A case with the conversation that it is about."""

    session: SessionId
    ticket: int
    asked: str  # the customer's message of that turn, masked
    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many sessions stand how, and what of them would end how: by both ends, the most frequent first."""

    sessions: int
    verdicts: Mapping[Verdict, int]
    moves: tuple[tuple[End, End, int], ...] = ()
    tokens_in: int = 0  # of what asking a model would take
    tokens_out: int = 0

    def of(self, verdict: Verdict) -> int:
        return self.verdicts.get(verdict, 0)

    @property
    def done(self) -> int:
        return self.sessions - self.of(Verdict.WAITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    id: RehearsalId
    proposal: Proposal
    rulebook: int  # the version that it was held against
    wanted: int  # sessions
    state: State
    asks: bool  # whether language models are asked
    why: str  # why it stopped
    by_name: str
    created_at: datetime
    ended_at: datetime | None
    tally: Tally
