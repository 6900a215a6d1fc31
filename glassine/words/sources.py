"""Knowledge sources in words: what a connected system is asked, what it tells, and how a run over it went. It fetches and decides nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from glassine.words.crossings import Answer
from glassine.words.knowledge import Audience


class FieldKind(StrEnum):
    TEXT = "text"
    URL = "url"
    SECRET = "secret"  # noqa: S105 - a kind of field; sealed at rest and never shown again
    LINES = "lines"  # several, one a line
    CHOICE = "choice"
    NUMBER = "number"
    SWITCH = "switch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing that an admin fills in. `help` says in one sentence where to find it or what it does."""

    name: str
    title: str
    help: str = ""
    kind: FieldKind = FieldKind.TEXT
    required: bool = True
    default: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)  # value -> title
    shown: bool = False  # at once, although it may stay as it is: what most need, or what decides who sees what

    @property
    def more(self) -> bool:
        """Whether a form shows it under More settings only: without a word of the admin's it works."""
        return not self.shown and (not self.required or bool(self.default))


FRAGMENT = "text/x-fragment"  # the media type of what is no document itself, but a part that others of its source include by its name


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A document as its source gave it. `path` is its stable name there, with the locale where there are several (`articles/360/de`).

    `marker` is the source's own word for its state (a time, an ETag, a hash): while it stays, the document has not changed.
    """

    path: str
    title: str
    content: bytes = field(repr=False)
    media_type: str  # text/html | text/markdown | text/plain | text/csv | application/pdf | …docx; UTF-8 unless it names a charset
    url: str | None = None  # where readers find it
    language: str | None = None  # as the source says, ISO 639-1
    audience: Audience = Audience.INTERNAL  # public only where the source shows it to everybody
    marker: str = ""
    updated_at: datetime | None = None
    trail: tuple[str, ...] = ()  # titles of what it stands in, outermost first (category, section): they go before its own in the heading of its passages


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """It is still there, and as it was: nothing was fetched."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """It was deleted, unpublished or shut there: out of every answer at once."""

    path: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """It is there but no knowledge, by the admin's wish or its nature. What was known of it goes."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """It could not be read this time. What was known of it stays."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How many of how many were looked at; `total` is None while nobody knows."""

    done: int
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Everything up to here was told: a run that breaks off after it goes on from `cursor`."""

    cursor: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """The last word of a run that reached the end. `marker` is what the next run asks `since`.

    `everything`: this run, with the parts before its cursor, named all there is, so what it did not name is gone.
    """

    marker: Mapping[str, Any]
    everything: bool


Told = Item | Unchanged | Gone | Skipped | Failed | Progress | Checkpoint | Complete


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a run is about. `since`: the marker of the last complete run, None for everything. `cursor`: where a broken run goes on.

    `markers`: what is known, path -> marker, to tell what need not be fetched. `only`: these paths and nothing else (then `Complete` says nothing of the rest).
    """

    since: Mapping[str, Any] | None = None
    cursor: Mapping[str, Any] | None = None
    markers: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()


class Link(Protocol):
    """A source's only way out, handed to it by whoever runs it: through the egress gate, at the pace that the other side asks for."""

    settings: Mapping[str, str]  # what the admin filled in, secrets included
    now: datetime

    def base(self, default: str) -> str:
        """The vendor's address, without a slash at its end: the operator's (GLASSINE_VENDOR_URLS) or else `default`."""

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", max_bytes: int = 4_000_000,
    ) -> Answer:
        """One exchange. 429 and 503 are waited out as Retry-After says, and passing trouble is tried again, within the run's limits.

        Answers with 2xx, 3xx, 404 or 410 come back (redirects are not followed); raises SourceFailed for all others.
        """

    async def pause(self, seconds: float) -> None:
        """Waits where a vendor tells its pace in the answers themselves. Raises SourceFailed for more than a run waits at once."""


@runtime_checkable
class Rooted(Protocol):
    """A Link that also names the folders of this machine which the operator opened to sources; nothing outside them may be read."""

    roots: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file that the team uploaded to a source. `digest` in hex says whether its content has changed."""

    name: str
    media_type: str
    size: int
    digest: str
    uploaded_at: datetime


@runtime_checkable
class Shelved(Protocol):
    """A Link that also reaches what the team uploaded for this source."""

    async def uploads(self) -> list[Upload]: ...

    async def uploaded(self, name: str) -> bytes: ...


class Source(Protocol):
    """What a vendor's module offers to be read."""

    fields: tuple[Field, ...]

    async def check(self, link: Link) -> str:
        """Tries the settings and says in one sentence what it reached. Raises SourceFailed, or Refused for settings that cannot be right."""

    def hosts(self, settings: Mapping[str, str]) -> tuple[str, ...]:
        """Where it may connect to with these settings; nothing else leaves in its name."""

    def read(self, link: Link, asked: Asked) -> AsyncIterator[Told]:
        """Tells what there is, and ends with Complete. Raises SourceFailed when it cannot go on: what is known stays."""


class Trouble(StrEnum):
    """Why a source cannot be read."""

    CREDENTIALS = "credentials"  # refused: the key is wrong, revoked or expired
    FORBIDDEN = "forbidden"  # the key is right, but may not see this
    MISSING = "missing"  # there is no such place
    LIMITED = "limited"  # asked too often, for longer than a run waits
    UNREACHABLE = "unreachable"
    MALFORMED = "malformed"  # it answered, but not as documented
    LARGE = "large"  # more bytes at once than were asked for
    STOPPED = "stopped"  # by the egress gate, or switched off


class SourceFailed(Exception):
    """A run cannot go on; the text says in plain words what happened and what to do. It never holds a key or a document's words."""

    def __init__(self, trouble: Trouble, message: str) -> None:
        super().__init__(message)
        self.trouble, self.message = trouble, message


class Cadence(StrEnum):
    """How often a source is read by itself."""

    QUARTER = "15m"
    HOUR = "hour"
    DAY = "day"
    MANUAL = "manual"


class RunOutcome(StrEnum):
    """How a run over a source stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # the last good state stays
    WAITING = "waiting"  # it would delete too much: a person decides
    STOPPED = "stopped"  # by a person
