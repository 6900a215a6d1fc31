"""Connected sources in words: what is kept of one, of a run over it, and of each of its pages. How a vendor is read is told in words/sources.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from glassine.words.ids import ArticleId, RunId, SegmentId, SourceId
from glassine.words.sources import Cadence, RunOutcome


class Readers(StrEnum):
    """Who may see what a source brings, at most."""

    SOURCE = "source"  # whoever the source shows it to
    SEGMENT = "segment"  # what it shows to everybody is for contacts of some segments here
    INTERNAL = "internal"  # the team alone, whatever the source says


class PageState(StrEnum):
    """How one page of a source stands here."""

    SYNCED = "synced"
    PENDING = "pending"  # to be read by the next run
    ERROR = "error"  # could not be read; what was known of it stays
    EXCLUDED = "excluded"  # by a person, or no knowledge by its nature


class Leaving(StrEnum):
    """Whether a page that its source no longer has is on its way out."""

    NO = ""
    HELD = "held"  # a person decides, because too many went at once
    KEPT = "kept"  # a person decided that it stays, until the source names it again


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A source as an admin connected it. `settings` hold no secret. `key` is the name that its articles carry, and never changes."""

    id: SourceId
    kind: str
    name: str
    key: str
    settings: Mapping[str, str]
    secrets: bytes | None = field(default=None, repr=False)
    cadence: Cadence
    readers: Readers
    segments: tuple[SegmentId, ...] = ()
    max_age_hours: int | None = None  # after which its passages are refused; None: never
    share: int = 30  # per cent of its pages that a run may delete without asking
    canary: str = ""  # the page whose way into answers is measured by itself
    marker: Mapping[str, Any] | None = None
    made: str = ""  # how its pages were cut and embedded
    next_run_at: datetime | None = None
    first_done_at: datetime | None = None
    last_done_at: datetime | None = None
    withdrawn_at: datetime | None = None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run over a source. `started_at` None: it waits for a process. `only`: these pages and nothing else."""

    id: RunId
    source: SourceId
    by: str  # a person's name, or schedule
    outcome: RunOutcome
    made_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    trouble: str = ""
    reason: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)  # added | changed | unchanged | removed | skipped | failed
    done: int = 0
    total: int | None = None
    cursor: Mapping[str, Any] | None = None
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a source. A long document becomes several: `part_of` is its path there."""

    path: str
    part_of: str
    article: ArticleId | None
    title: str
    url: str | None
    marker: str
    state: PageState
    by_hand: bool
    reason: str
    leaving: Leaving
    updated_at: datetime | None  # in the source
    synced_at: datetime | None


class Delay(NamedTuple):
    """How long changes took from the source into search, in seconds, over `changes` of them; None where there were none."""

    p50: float | None
    p95: float | None
    changes: int
