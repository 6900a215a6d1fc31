"""Training scenarios in words: what the organisation tells its AI beside the articles, and what of it a turn met. It decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType, Self
from uuid import UUID

from glassine.words.ids import SegmentId

ScenarioId = NewType("ScenarioId", UUID)


class ScenarioKind(StrEnum):
    BEHAVIORAL = "behavioral"  # told to the model in every turn
    SPECIFIC = "scenario_specific"  # only when a message is like one of its trigger questions


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What a writer fills in, and what a version keeps. Empty channels and segments mean all."""

    title: str
    content: str = ""
    triggers: tuple[str, ...] = ()
    verbatim: bool = False  # the content is the answer, word for word
    channels: tuple[str, ...] = ()
    segments: tuple[SegmentId, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """From the JSON of the store; what this version does not know is left out."""
        known = {name: stored[name] for name in (each.name for each in fields(cls)) if name in stored}
        times = {name: datetime.fromisoformat(known[name]) if known.get(name) else None for name in ("starts_at", "ends_at")}
        texts = {name: tuple(known.get(name) or ()) for name in ("triggers", "channels")}
        return cls(**{**known, **times, **texts, "segments": tuple(SegmentId(UUID(id)) for id in known.get("segments") or ())})

    def written(self) -> dict[str, Any]:
        """As JSON for the store."""
        return {
            "title": self.title, "content": self.content, "triggers": list(self.triggers), "verbatim": self.verbatim, "channels": list(self.channels),
            "segments": [str(id) for id in self.segments], "starts_at": self.starts_at.isoformat() if self.starts_at else None,
            "ends_at": self.ends_at.isoformat() if self.ends_at else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    id: ScenarioId
    kind: ScenarioKind
    directory: str
    enabled: bool
    draft: Fields
    live: Fields | None
    version: int
    published_at: datetime | None
    learned_from: UUID | None
    accepted_by: UUID | None
    created_at: datetime
    updated_at: datetime

    @property
    def apart(self) -> bool:
        """What is being written differs from what is live."""
        return self.live is not None and self.draft != self.live


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    number: int
    fields: Fields
    kind: ScenarioKind
    by_name: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """A scenario that a turn goes by. `score` is how like the message its nearest trigger is, 1 for what always holds."""

    id: str
    version: int
    kind: ScenarioKind
    title: str
    content: str = field(repr=False)
    verbatim: bool = False
    score: float = 1.0
    trigger: str = ""

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """Out of a turn's evidence."""
        return cls(**{**stored, "kind": ScenarioKind(stored["kind"])})
