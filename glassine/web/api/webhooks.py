"""Endpoints over the public API: made, changed, tried and removed, with what they were sent. What they do is told in story/delivery/endpoints.py."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import Field

from glassine.rules.telling import moment as text_of
from glassine.story.delivery import endpoints
from glassine.story.delivery.endpoints import Given
from glassine.web.api import described_webhooks as described
from glassine.web.api import shapes
from glassine.web.api.described import Page, shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.wire import Body, JSONResponse, Moment
from glassine.words.deliveries import DeliveryId, DeliveryState
from glassine.words.people import Actor
from glassine.words.webhooks import OVERLAP, Sent, Webhook, WebhookId
from glassine.words.wire_events import TEST, WIRE_EVENTS

router = APIRouter(prefix="/webhooks", tags=["Webhooks"])
Reader = Annotated[Actor, Depends(Scope("webhooks:read"))]
Writer = Annotated[Actor, Depends(Scope("webhooks:write"))]
Names = Annotated[list[str], Field(max_length=100)]


class WebhookInput(Body):
    """Without `events` it hears of everything, without `channels` of every channel. `contact_details`: names and addresses go along in the clear."""

    url: str = Field(max_length=2_000)
    name: str = Field("", max_length=100)
    events: Names = Field(default_factory=list)
    channels: Names = Field(default_factory=list)
    ordered: bool = False
    contact_details: bool = False


class WebhookChange(Body):
    """Only what is given is changed. `enabled`: false leaves it alone, and what happens meanwhile can be replayed."""

    url: str | None = Field(None, max_length=2_000)
    name: str | None = Field(None, max_length=100)
    events: Names | None = None
    channels: Names | None = None
    ordered: bool | None = None
    contact_details: bool | None = None
    enabled: bool | None = None


class RotateInput(Body):
    """For how many hours the former secret signs beside the new one."""

    overlap_hours: float = Field(OVERLAP.total_seconds() / 3600, ge=0, le=168)


class TestInput(Body):
    """`event`: the test event, or any other of the catalogue with its example."""

    __test__ = False  # for test runners, which go by names
    event: str = Field(TEST, max_length=100)


class ReplayInput(Body):
    """From when on. `all`: what has arrived already goes once more too."""

    since: Moment
    all: bool = False


@router.get("/events", responses=shows(described.Catalogue))
async def read_catalogue(_: Reader) -> Any:
    """Every event that can be sent, with the JSON Schema of its data and an example."""
    return JSONResponse({"items": [{"name": one.name, "title": one.title, "since": one.since, "schema": one.schema, "example": one.sample} for one in WIRE_EVENTS.values()]})


@router.get("", responses=shows(described.Webhooks))
async def list_webhooks(world: Here, actor: Reader) -> Any:
    """Every endpoint, by name. Never a secret."""
    return JSONResponse({"items": [_shape(one) for one in await endpoints.every(world, actor)]})


def _shape(one: Webhook) -> dict[str, Any]:
    return {
        "id": str(one.id), "name": one.name, "url": one.url, "events": list(one.events), "channels": list(one.channels), "ordered": one.ordered, "contact_details": one.clear,
        "enabled": one.enabled, "disabled_at": shapes.moment(one.disabled_at), "disabled_why": one.why or None, "failing_since": shapes.moment(one.failing_since),
        "succeeded_at": shapes.moment(one.succeeded_at), "created_at": shapes.moment(one.created_at), "updated_at": shapes.moment(one.updated_at),
    }


@router.post("", status_code=201, responses=shows(described.NewWebhook, 201))
async def create_webhook(world: Here, actor: Writer, body: WebhookInput) -> Any:
    """Add an endpoint. Its `secret` is in this answer and in no other."""
    made, secret = await endpoints.create(world, actor, Given(
        url=body.url, name=body.name, events=body.events, channels=body.channels, ordered=body.ordered, clear=body.contact_details,
    ))  # fmt: skip
    return JSONResponse({**_shape(made), "secret": secret}, status_code=201)


@router.get("/{id}", responses=shows(described.Webhook))
async def read_webhook(world: Here, actor: Reader, id: UUID) -> Any:
    """One endpoint."""
    return JSONResponse(_shape(await endpoints.one(world, actor, WebhookId(id))))


@router.patch("/{id}", responses=shows(described.Webhook))
async def change_webhook(world: Here, actor: Writer, id: UUID, body: WebhookChange) -> Any:
    """Change an endpoint, or enable and disable it."""
    named = {("clear" if name == "contact_details" else name): value for name, value in body.model_dump(exclude={"enabled"}).items() if value is not None}
    if named:
        await endpoints.change(world, actor, WebhookId(id), named)
    if body.enabled is not None:
        await endpoints.switch(world, actor, WebhookId(id), on=body.enabled)
    return JSONResponse(_shape(await endpoints.one(world, actor, WebhookId(id))))


@router.delete("/{id}", status_code=204)
async def delete_webhook(world: Here, actor: Writer, id: UUID) -> Response:
    """Remove an endpoint with its secrets. What waits for it is let go."""
    await endpoints.delete(world, actor, WebhookId(id))
    return Response(status_code=204)


@router.post("/{id}/rotate", responses=shows(described.Secret))
async def rotate_secret(world: Here, actor: Writer, id: UUID, body: RotateInput) -> Any:
    """A new secret, shown here only. The former one signs beside it for a while, so that you can change it without losing an event."""
    return JSONResponse({"secret": await endpoints.rotate(world, actor, WebhookId(id), timedelta(hours=body.overlap_hours))})


@router.post("/{id}/test", status_code=202, responses=shows(described.Begun, 202))
async def send_test(world: Here, actor: Writer, id: UUID, body: TestInput) -> Any:
    """Send a test event to this endpoint only. How it went stands in its deliveries."""
    return JSONResponse({"delivery_id": str(await endpoints.test(world, actor, WebhookId(id), body.event))}, status_code=202)


@router.get("/{id}/deliveries", responses=shows(Page[described.Delivery]))
async def list_deliveries(
    world: Here, actor: Reader, id: UUID, state: DeliveryState | None = None, cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Any:
    """What the endpoint was sent in the last 30 days, newest first, with every answer (masked, its first 4 kB)."""
    found = await endpoints.sent(world, actor, WebhookId(id), state=state, before=shapes.place(cursor), limit=limit + 1)
    more = shapes.cursor(found[limit - 1].created_at, found[limit - 1].id) if len(found) > limit else None
    return JSONResponse({"items": [_delivery(one) for one in found[:limit]], "next": more})


def _delivery(one: Sent) -> dict[str, Any]:
    tries = [{"at": text_of(each.at), "status": each.status or None, "milliseconds": each.milliseconds, "answer": each.answer, "error": each.why or None} for each in one.tries]
    return {
        "id": str(one.id), "event_id": str(one.told), "event": one.name, "conversation_id": str(one.session) if one.session else None, "state": one.state, "attempts": one.attempts,
        "error": one.why or None, "created_at": shapes.moment(one.created_at), "settled_at": shapes.moment(one.settled_at),
        "next_at": shapes.moment(one.next_at) if one.state is DeliveryState.WAITING else None, "request": one.request, "tries": tries,
    }


@router.post("/{id}/deliveries/{delivery}/resend", status_code=202, responses=shows(described.Begun, 202))
async def resend(world: Here, actor: Writer, id: UUID, delivery: UUID) -> Any:
    """Send the same event again, with the same `webhook-id`, as a delivery of its own."""
    return JSONResponse({"delivery_id": str(await endpoints.resend(world, actor, WebhookId(id), DeliveryId(delivery)))}, status_code=202)


@router.post("/{id}/replay", status_code=202, responses=shows(described.Replayed, 202))
async def replay(world: Here, actor: Writer, id: UUID, body: ReplayInput) -> Any:
    """Send what has not arrived since then, oldest first: at most 10,000 events at once."""
    return JSONResponse({"count": await endpoints.replay(world, actor, WebhookId(id), body.since, all=body.all)}, status_code=202)
