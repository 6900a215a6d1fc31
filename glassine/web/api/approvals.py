"""Calls that wait for the team, over the public API: what waits, and a decision. What happens is told in story/actions/approving.py."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from glassine.story.actions import approving
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.shapes import moment
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.actions import CallId, CallState
from glassine.words.people import Actor

router = APIRouter(prefix="/approvals", tags=["Actions"])
Writer = Annotated[Actor, Depends(Scope("actions:write"))]


class Decision(Body):
    """`reason` becomes a note for the team."""

    decision: Literal["approve", "decline"]
    reason: str = Field("", max_length=1_000)


class Asked(BaseModel):
    id: UUID
    session_id: UUID
    ticket_number: int
    action: str
    says: str
    created_at: datetime


class AllAsked(BaseModel):
    items: list[Asked]


class Decided(BaseModel):
    id: UUID
    action: str
    state: CallState
    why: str


@router.get("", responses=shows(AllAsked))
async def list_approvals(world: Here, actor: Writer) -> Any:
    """The calls that wait for somebody of the team, the oldest first."""
    return JSONResponse({"items": [
        {"id": str(call.id), "session_id": str(call.session), "ticket_number": number, "action": call.name, "says": call.says, "created_at": moment(call.created_at)}
        for call, number in await approving.waiting(world, actor)
    ]})


@router.post("/{id}", responses=shows(Decided))
async def decide(world: Here, actor: Writer, id: UUID, body: Decision) -> Any:
    """Approve or decline a call. An approved one runs now."""
    session = (await approving.one(world, actor, CallId(id))).session
    call = await approving.decide(world, actor, session, CallId(id), yes=body.decision == "approve", reason=body.reason)
    return JSONResponse({"id": str(call.id), "action": call.name, "state": call.state, "why": call.why})
