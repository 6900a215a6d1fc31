"""What leaves for somebody else's system in words: one row for each effect there, from the moment it was decided until it is known how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

from glassine.words.ids import SessionId

DeliveryId = NewType("DeliveryId", UUID)  # the same for every try: what the other side can tell doubles by


class Target(StrEnum):
    """What kind of thing it is delivered to."""

    WEBHOOK = "webhook"
    HELPDESK = "helpdesk"


class Effect(StrEnum):
    """What it does there."""

    EVENT = "event"  # a webhook's endpoint hears of an event
    OPEN = "open"  # a ticket for a session, with all that was said
    SAY = "say"  # one more entry of the session on its ticket
    STATUS = "status"  # the ticket is solved, or open again


class DeliveryState(StrEnum):
    WAITING = "waiting"  # for its turn, or for its next try
    DONE = "done"
    UNKNOWN = "unknown"  # it may have arrived or not, and the other side cannot be asked: a person decides
    DEAD = "dead"  # given up; `why` says the reason, and a person may have it tried again
    DROPPED = "dropped"  # nobody wants it any more: its target was removed, or a person let it go


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One effect. `ref` is the event that it tells of; of one `line` one at a time goes, oldest first. `why` is the newest trouble in plain words.

    `doubtful`: an earlier try may have had its effect, so the other side is asked before it is tried again.
    """

    id: DeliveryId
    target: Target
    target_id: UUID
    effect: Effect
    session: SessionId | None
    ref: UUID | None
    line: str
    state: DeliveryState
    attempts: int  # this one counted
    doubtful: bool
    why: str
    external: str  # what the other side calls what came of it
    created_at: datetime
    next_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Somebody else's system that is delivered to, for people to read. `link`: the page here where it is set up. `off`: why nothing goes there; empty: it does."""

    id: UUID
    name: str
    link: str
    off: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A try that succeeded. `external`: what the other side calls what came of it. `kept`: what its kind of target writes down of the try."""

    external: str
    kept: Any = None


class DeliveryFailed(Exception):
    """One try did not succeed. The text says in plain words what happened and what to do, and never holds a key or a customer's words.

    `again`: another try may succeed (else it is given up at once). `unknown`: it may have had its effect all the same. `after`: seconds that the other
    side asked to wait. `status`: what it answered, 0 for nothing.
    """

    def __init__(self, message: str, *, again: bool = True, unknown: bool = False, after: float | None = None, status: int = 0) -> None:
        super().__init__(message)
        self.message, self.again, self.unknown, self.after, self.status = message, again, unknown, after, status
