"""Endpoints in words: who is told of what, with which secrets, and what they answered. What can be told stands in words/wire_events.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NewType
from uuid import UUID

from glassine.words.deliveries import DeliveryId, DeliveryState
from glassine.words.ids import SessionId

WebhookId = NewType("WebhookId", UUID)
ToldId = NewType("ToldId", UUID)  # of one thing that happened: the same for every endpoint, every try and every replay

KEPT = timedelta(days=30)  # how long what was told, and what endpoints answered, is kept
OVERLAP = timedelta(hours=24)  # how long a former secret signs beside the new one, unless somebody says otherwise
PATIENCE = timedelta(days=5)  # of failure, before an endpoint is disabled
SECONDS = 15  # that an endpoint has to answer
MOST_ANSWER = 4_096  # bytes of an answer that are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An endpoint. Without `events` it hears of everything, without `channels` of every channel."""

    id: WebhookId
    name: str
    url: str
    events: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    ordered: bool = False  # of one conversation one event at a time, in order
    clear: bool = False  # contact details go along in the clear
    failing_since: datetime | None = None
    succeeded_at: datetime | None = None
    disabled_at: datetime | None = None
    why: str = ""  # why it was disabled; empty when a person did
    created_at: datetime
    updated_at: datetime

    @property
    def enabled(self) -> bool:
        return self.disabled_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that happened, by its name on the wire. `facts` are what could be another tomorrow; words are read from the log when they are sent."""

    id: ToldId
    name: str
    session: SessionId | None
    ref: UUID | None
    channel: str | None
    facts: Mapping[str, Any] = field(default_factory=dict)
    position: int | None  # within the organisation; None until somebody reads the stream
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One time that an endpoint was asked. `status` 0: nothing came back. `answer` is masked."""

    status: int
    answer: str
    why: str
    milliseconds: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One event on its way to one endpoint, with its tries, oldest first. `request` is what is sent, without contact details."""

    id: DeliveryId
    told: ToldId
    name: str
    session: SessionId | None
    state: DeliveryState
    attempts: int
    why: str
    created_at: datetime
    next_at: datetime
    settled_at: datetime | None
    tries: tuple[Try, ...] = ()
    request: Mapping[str, Any] | None = None
