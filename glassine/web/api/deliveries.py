"""Deliveries over the public API: how destinations stand, what waits or was given up, and what a person decides. What happens is told in story/delivery/outgoing.py."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from glassine.store.outgoing import Filter, Listed
from glassine.story.delivery import outgoing
from glassine.story.delivery.outgoing import Standing
from glassine.web.api import described_deliveries as described
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.shapes import cursor, moment, place
from glassine.web.api.wire import Body, JSONResponse, Moment
from glassine.words.deliveries import Delivery, DeliveryId, DeliveryState, Target
from glassine.words.ids import SessionId
from glassine.words.people import Actor

router = APIRouter(prefix="/deliveries", tags=["Deliveries"])
Reader = Annotated[Actor, Depends(Scope("deliveries:read"))]
Writer = Annotated[Actor, Depends(Scope("deliveries:write"))]


class Since(Body):
    """`destination_id`: only what goes there."""

    since: Moment
    destination_id: UUID | None = None


class To(Body):
    destination_id: UUID


@router.get("", responses=shows(described.Deliveries))
async def list_deliveries(
    world: Here, actor: Reader, cursor_: Annotated[str | None, Query(alias="cursor")] = None, target: Target | None = None, destination_id: UUID | None = None,
    session_id: UUID | None = None, state: DeliveryState | None = None, limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Any:
    """What leaves for other systems, newest first. `next` is the cursor of the page after this one, or null."""
    which = Filter(target, destination_id, SessionId(session_id) if session_id else None, state)
    found = await outgoing.page(world, actor, which, before=place(cursor_), limit=limit)
    last = found[-1].delivery if len(found) == limit else None
    return JSONResponse({"items": [_listed(one) for one in found], "next": cursor(last.created_at, last.id) if last else None})


@router.get("/health", responses=shows(described.AllHealth))
async def health(world: Here, actor: Reader) -> Any:
    """How each destination stands, those with trouble first."""
    return JSONResponse({"items": [_standing(one) for one in await outgoing.standings(world, actor)]})


@router.post("/retry", responses=shows(described.Retried))
async def retry_since(world: Here, actor: Writer, body: Since) -> Any:
    """Everything that was made since then and given up is tried again, in its order."""
    return JSONResponse({"retried": await outgoing.retry_since(world, actor, body.since, body.destination_id)})


@router.post("/try-now", status_code=204)
async def try_now(world: Here, actor: Writer, body: To) -> Response:
    """A destination that is left alone after failures is tried at once."""
    await outgoing.try_now(world, actor, body.destination_id)
    return Response(status_code=204)


@router.post("/{id}/retry", responses=shows(described.Delivery))
async def retry(world: Here, actor: Writer, id: UUID) -> Any:
    """Tried again at once: one that waits, that was given up, or that may have arrived and shall go again."""
    return JSONResponse(_delivery(await outgoing.retry(world, actor, DeliveryId(id))))


@router.post("/{id}/arrived", responses=shows(described.Delivery))
async def arrived(world: Here, actor: Writer, id: UUID) -> Any:
    """Somebody has looked: what may have arrived has."""
    return JSONResponse(_delivery(await outgoing.arrived(world, actor, DeliveryId(id))))


@router.post("/{id}/drop", responses=shows(described.Delivery))
async def drop(world: Here, actor: Writer, id: UUID) -> Any:
    """Nobody wants it any more: it is not tried again."""
    return JSONResponse(_delivery(await outgoing.drop(world, actor, DeliveryId(id))))


def _listed(one: Listed) -> dict[str, Any]:
    return {**_delivery(one.delivery), "ticket_number": one.number, "held": one.held}


def _delivery(one: Delivery) -> dict[str, Any]:
    waits = one.state is DeliveryState.WAITING
    return {
        "id": str(one.id), "target": one.target, "destination_id": str(one.target_id), "effect": one.effect, "session_id": str(one.session) if one.session else None,
        "ticket_number": None, "event_id": str(one.ref) if one.ref else None, "state": one.state, "attempts": one.attempts, "why": one.why, "external_id": one.external,
        "held": False, "created_at": moment(one.created_at), "next_at": moment(one.next_at) if waits else None, "settled_at": moment(one.settled_at),
    }  # fmt: skip


def _standing(one: Standing) -> dict[str, Any]:
    found = one.health
    return {
        "id": str(found.id), "target": one.target, "name": one.destination.name, "off": one.destination.off, "last_success_at": moment(found.arrived),
        "waiting": found.waiting, "oldest_waiting_at": moment(found.oldest), "given_up": found.dead, "unknown": found.unknown, "failures": found.failures,
        "failing_since": moment(found.since), "paused_until": moment(found.until), "error": found.why,
    }  # fmt: skip
