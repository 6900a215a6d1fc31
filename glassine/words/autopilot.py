"""How the AI is to behave, in words: one document with versions, and its parts. What follows from it is decided in rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from glassine.words.ids import SegmentId
from glassine.words.sessions import ChannelKind

# The parts that are changed one at a time, and what each is called.
PARTS: Mapping[str, str] = {
    "channels": "what the AI does on each channel", "topics": "the topics", "hours": "the office hours", "rollout": "who the AI answers", "assist": "drafts for the team",
    "handoff": "when the AI hands off", "routing": "where handoffs go", "guard": "what an answer is checked for",
    "live": "answers while they are written", "built_in": "what the AI may have Glassine do",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The document that is in force. 0 is the one that nobody has written yet: everything as it comes."""

    number: int = 0
    content: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def part(self, name: str) -> Mapping[str, Any]:
        """As it was written; empty: never changed. Each part's own class reads it."""
        return self.content.get(name) or {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One change of it: what part, from what to what, by whom and when."""

    number: int
    part: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    undoes: int | None
    by: UUID | None
    by_name: str  # empty: an API key
    at: datetime


class Stance(StrEnum):
    """What becomes of a message about a topic."""

    ANSWERS = "answers"
    HANDS_OFF = "hands_off"
    NO_ASSIST = "no_assist"  # nothing is drafted for the team


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One line of a list: what it is about in plain words, and messages that are about it."""

    name: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """The part `topics`. `only`: what is about nothing that the AI answers is handed off. `least`: the score from which a message is about a topic."""

    answers: tuple[Topic, ...] = ()
    hands_off: tuple[Topic, ...] = ()
    no_assist: tuple[Topic, ...] = ()
    only: bool = False
    least: float = 0.5

    @property
    def lists(self) -> Mapping[Stance, tuple[Topic, ...]]:
        return {Stance.HANDS_OFF: self.hands_off, Stance.ANSWERS: self.answers, Stance.NO_ASSIST: self.no_assist}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        lists = {str(stance): tuple(Topic(name=one["name"], examples=tuple(one.get("examples") or ())) for one in stored.get(stance) or ()) for stance in Stance}
        return cls(**lists, only=bool(stored.get("only")), least=float(stored.get("least", 0.5)))

    def written(self) -> dict[str, Any]:
        lists = {str(stance): [{"name": one.name, "examples": list(one.examples)} for one in topics] for stance, topics in self.lists.items()}
        return {**lists, "only": self.only, "least": self.least}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """How sure it is that a message is about a topic, from 0 to 1; `by` is what it is like: an example, or empty where it is the topic's own words."""

    stance: Stance
    topic: str
    score: float
    by: str = ""

    def plain(self) -> dict[str, Any]:
        return {"list": str(self.stance), "topic": self.topic, "score": self.score, "by": self.by}


class Team(StrEnum):
    """When the AI answers, where there are office hours."""

    ALWAYS = "always"
    AWAY = "away"  # only outside of them
    IN = "in"  # only within them


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The part `hours`. `week` holds the opening times of each day from Monday on, as minutes since midnight in the `zone`; empty: there are no office hours."""

    zone: str = "UTC"
    week: tuple[tuple[tuple[int, int], ...], ...] = ()
    holidays: tuple[date, ...] = ()
    answers: Team = Team.ALWAYS

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        week = tuple(tuple((int(opens), int(closes)) for opens, closes in day) for day in stored.get("week") or ())
        holidays = tuple(map(date.fromisoformat, stored.get("holidays") or ()))
        return cls(zone=stored.get("zone") or "UTC", week=week, holidays=holidays, answers=Team(stored.get("answers") or Team.ALWAYS))

    def written(self) -> dict[str, Any]:
        week = [[[opens, closes] for opens, closes in day] for day in self.week]
        return {"zone": self.zone, "week": week, "holidays": [day.isoformat() for day in self.holidays], "answers": str(self.answers)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Which sessions the AI answers: a share of a hundred, and of those the ones with a segment and a language that is named. Empty means all."""

    share: int = 100
    segments: tuple[SegmentId, ...] = ()
    languages: tuple[str, ...] = ()

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        segments = tuple(SegmentId(UUID(id)) for id in stored.get("segments") or ())
        return cls(share=int(stored.get("share", 100)), segments=segments, languages=tuple(stored.get("languages") or ()))

    def written(self) -> dict[str, Any]:
        return {"share": self.share, "segments": [str(id) for id in self.segments], "languages": list(self.languages)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """The part `rollout`: everywhere, and what differs on a channel."""

    everywhere: Slice = Slice()
    channels: Mapping[ChannelKind, Slice] = field(default_factory=dict)

    def on(self, channel: ChannelKind) -> Slice:
        return self.channels.get(channel, self.everywhere)

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        channels = {ChannelKind(channel): Slice.read(one) for channel, one in (stored.get("channels") or {}).items()}
        return cls(everywhere=Slice.read(stored.get("everywhere") or {}), channels=channels)

    def written(self) -> dict[str, Any]:
        return {"everywhere": self.everywhere.written(), "channels": {str(channel): one.written() for channel, one in self.channels.items()}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Assist:
    """The part `assist`: on which channels the AI drafts for people who own a session, also where it answers the others itself or not at all."""

    channels: tuple[ChannelKind, ...] = ()

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        return cls(channels=tuple(map(ChannelKind, stored.get("channels") or ())))

    def written(self) -> dict[str, Any]:
        return {"channels": [str(channel) for channel in self.channels]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The part `live`. `on`: whoever looks reads each sentence of an answer as soon as it has passed the guard; else the answer when it is whole."""

    on: bool = True

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        return cls(on=bool(stored.get("on", True)))

    def written(self) -> dict[str, Any]:
        return {"on": self.on}
