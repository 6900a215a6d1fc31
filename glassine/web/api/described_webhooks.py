"""What answers about endpoints look like, for the OpenAPI description only; described.py says more."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from glassine.words.deliveries import DeliveryState


class Webhook(BaseModel):
    id: UUID
    name: str
    url: str
    events: list[str]
    channels: list[str]
    ordered: bool
    contact_details: bool
    enabled: bool
    disabled_at: datetime | None
    disabled_why: str | None
    failing_since: datetime | None
    succeeded_at: datetime | None
    created_at: datetime
    updated_at: datetime


class NewWebhook(Webhook):
    secret: str


class Webhooks(BaseModel):
    items: list[Webhook]


class Secret(BaseModel):
    secret: str


class Begun(BaseModel):
    delivery_id: UUID


class Replayed(BaseModel):
    count: int


class Tried(BaseModel):
    at: datetime
    status: int | None
    milliseconds: float
    answer: str
    error: str | None


class Delivery(BaseModel):
    """`request`: the body as it goes out now, without contact details; null when what it told is not kept any more."""

    id: UUID
    event_id: UUID
    event: str
    conversation_id: UUID | None
    state: DeliveryState
    attempts: int
    error: str | None
    created_at: datetime
    settled_at: datetime | None
    next_at: datetime | None
    request: dict[str, Any] | None
    tries: list[Tried]


class Described(BaseModel):
    """`schema_` stands as `schema` on the wire: JSON Schema (2020-12) of `data`."""

    name: str
    title: str
    since: str
    schema_: dict[str, Any] = Field(alias="schema")
    example: dict[str, Any]


class Catalogue(BaseModel):
    items: list[Described]
