"""Handing off in words: what sets it off, the levels that choose among the triggers, and the mood of a customer. What follows is decided in rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self

from glassine.words.turns import Reason


class Sentiment(StrEnum):
    """The mood of a customer, by its wire name."""

    ANGRY = "angry"
    NEUTRAL = "neutral"
    HAPPY = "happy"


class Level(StrEnum):
    """How readily the AI hands off. `custom`: each trigger as it was set."""

    AI_ONLY = "ai_only"
    QUICK = "quick"
    BALANCED = "balanced"
    AI_FIRST = "ai_first"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Triggers:
    """What makes the AI hand off, and when. A number says at which time; 0 and False switch a trigger off."""

    request: int = 1  # the customer asks for a person so many times
    basics: bool = False  # who asks for one without saying why is asked what it is about, once
    nothing_found: int = 1  # so many messages in a row without an answer, the last for this reason
    low_confidence: int = 1
    refused: int = 1  # by the guard
    action_failed: int = 1
    topic: bool = True  # what stands on the list of topics that people answer
    tone: bool = True  # anger
    contacts: int = 0  # conversations in the last days that people had to take over or nobody solved
    days: int = 3
    reopened: bool = True  # the first message after a conversation was opened again
    same_question: int = 3
    same_answer: int = 3
    messages: int = 0  # of the AI's in one conversation
    minutes: int = 0  # since the customer began

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """From JSON; what is missing or of another kind is as it comes."""
        usual: dict[str, Any] = {each.name: each.default for each in fields(cls)}
        given: dict[str, Any] = {name: value for name, value in stored.items() if type(value) is type(usual.get(name))}
        return cls(**given)


# Numbers that can be set have a most: a turn looks back on twenty messages.
MOST: Mapping[str, int] = MappingProxyType({
    "request": 5, "nothing_found": 5, "low_confidence": 5, "refused": 5, "action_failed": 5, "contacts": 10, "days": 30, "same_question": 5, "same_answer": 5,
    "messages": 15, "minutes": 1440,
})  # fmt: skip

PRESETS: Mapping[Level, Triggers] = MappingProxyType({
    Level.AI_ONLY: Triggers(
        request=0, nothing_found=0, low_confidence=0, refused=0, action_failed=0, tone=False, reopened=False, same_question=0, same_answer=0,
    ),
    Level.QUICK: Triggers(contacts=2),
    Level.BALANCED: Triggers(basics=True, nothing_found=2, low_confidence=2, action_failed=2, reopened=False),
    Level.AI_FIRST: Triggers(
        request=2, basics=True, nothing_found=3, low_confidence=3, refused=2, action_failed=3, tone=False, reopened=False, same_question=4, same_answer=4,
    ),
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffRules:
    """The part `handoff` of the rulebook: a level, and the triggers that hold where it is `custom`."""

    level: Level = Level.QUICK
    custom: Triggers = field(default_factory=Triggers)

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """From JSON; a level that this version does not know is the one that everybody begins with."""
        level = stored.get("level")
        return cls(level=Level(level) if level in tuple(Level) else Level.QUICK, custom=Triggers.read(stored.get("custom") or {}))

    def written(self) -> dict[str, Any]:
        return {"level": str(self.level), "custom": {each.name: getattr(self.custom, each.name) for each in fields(Triggers)}}

    @property
    def triggers(self) -> Triggers:
        return PRESETS.get(self.level, self.custom)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a session stands beside what is said in it. Kept with a turn's evidence, so that a replay goes by the same."""

    begins: int = 0  # the number in the log after which the AI counts: it was handed back to it then
    reopened: int = 0  # the number after which it was opened again; 0: never
    contacts: tuple[int, ...] = ()  # how many days ago the customer's other conversations began that people took over or nobody solved
    minutes: float = 0.0  # since the customer began

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        return cls(
            begins=int(stored.get("begins", 0)), reopened=int(stored.get("reopened", 0)), contacts=tuple(map(int, stored.get("contacts", ()))),
            minutes=float(stored.get("minutes", 0)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A reason to hand off, with what shows it, in words for the team."""

    reason: Reason
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """One handoff as analytics know it. `summary` is masked."""

    session: str
    summary: str
    explanation: str
    reasons: tuple[str, ...]
    sentiment: str | None
    language: str | None
    at: datetime
