"""What answers about deliveries look like, for the OpenAPI description only."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from glassine.words.deliveries import DeliveryState, Effect, Target


class Delivery(BaseModel):
    """`id` is the same for every try. `why` is its newest trouble in a sentence, empty once it has arrived. `external_id` is what the other side calls what came of it."""

    id: UUID
    target: Target
    destination_id: UUID
    effect: Effect
    session_id: UUID | None
    ticket_number: int | None
    event_id: UUID | None
    state: DeliveryState
    attempts: int
    why: str
    external_id: str
    held: bool
    created_at: datetime
    next_at: datetime | None
    settled_at: datetime | None


class Deliveries(BaseModel):
    items: list[Delivery]
    next: str | None


class Health(BaseModel):
    """`failures` in a row, and since when; `paused_until` is set while nothing is sent there. `error` is its newest trouble in a sentence."""

    id: UUID
    target: Target
    name: str
    off: str
    last_success_at: datetime | None
    waiting: int
    oldest_waiting_at: datetime | None
    given_up: int
    unknown: int
    failures: int
    failing_since: datetime | None
    paused_until: datetime | None
    error: str


class AllHealth(BaseModel):
    items: list[Health]


class Retried(BaseModel):
    retried: int
