"""Who owns a session, over the public API: read it, move it, see whether any session has nobody who can act, and set who is told of those that wait."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field

from glassine.story import conversations, desk, on_call, watching
from glassine.web.api import described_handoffs
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.shapes import moment
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.errors import Refused
from glassine.words.helpdesks import HelpdeskId
from glassine.words.ids import PersonId, SessionId
from glassine.words.people import Actor
from glassine.words.sessions import Session

router = APIRouter()
Reader = Annotated[Actor, Depends(Scope("chat-sessions:read"))]
Writer = Annotated[Actor, Depends(Scope("chat-sessions:write"))]


class OwnerGiven(Body):
    """`id` is a person's or a helpdesk's; the AI and the team have none."""

    kind: Literal["ai", "person", "team", "helpdesk"]
    id: UUID | None = None


@router.get("/chat/sessions/{id}/owner", tags=["Sessions"], responses=shows(described_handoffs.Owned))
async def owner(world: Here, actor: Reader, id: UUID) -> Any:
    """Who must act in a session, and until when."""
    return JSONResponse(_shown(await conversations.session(world, actor.org, SessionId(id))))


@router.put("/chat/sessions/{id}/owner", tags=["Sessions"], responses=shows(described_handoffs.Owned))
async def set_owner(world: Here, actor: Writer, id: UUID, body: OwnerGiven) -> Any:
    """Give a session to the AI, the team, a person or a helpdesk. A helpdesk gets a ticket, and people there answer from then on."""
    session = SessionId(id)
    if (body.id is None) is (body.kind in ("person", "helpdesk")):
        raise Refused("A person and a helpdesk are named by their id; the AI and the team have none.")
    if body.kind == "ai":
        await desk.hand_back(world, actor, session)
    elif body.kind == "helpdesk" and body.id:
        await desk.give(world, actor, session, HelpdeskId(body.id))
    else:
        await desk.assign(world, actor, session, PersonId(body.id) if body.id else None)
    return JSONResponse(_shown(await conversations.session(world, actor.org, session)))


def _shown(session: Session) -> dict[str, Any]:
    owner = session.owner
    return {"kind": str(owner.kind), "id": str(owner.id) if owner.id else None, "name": owner.name, "deadline": moment(session.deadline) if session.deadline else None}


@router.get("/ownerless", tags=["Sessions"], responses=shows(described_handoffs.Ownerless))
async def ownerless(world: Here, actor: Reader) -> Any:
    """Open sessions whose owner cannot act, which the watchdog gives to the team within seconds. It is empty, whatever has crashed."""
    found = await watching.ownerless(world, actor.org)
    return JSONResponse({"count": len(found), "items": [{"session_id": str(each.session), "why": each.why} for each in found]})


class ListGiven(Body):
    """People of the team by their id, and addresses of others. Both empty: all owners and admins."""

    people: list[UUID] = Field(default_factory=list, max_length=50)
    addresses: list[str] = Field(default_factory=list, max_length=50)


class OnCallGiven(Body):
    minutes: int
    first: ListGiven
    then: ListGiven
    only_in_office_hours: bool = True


@router.get("/on-call", tags=["Autopilot"], responses=shows(described_handoffs.OnCall))
async def get_on_call(world: Here, actor: Annotated[Actor, Depends(Scope("autopilot:read"))]) -> Any:
    """How long a customer may wait for a person, and who is told by mail."""
    return JSONResponse(_on_call(await on_call.current(world, actor.org)))


@router.put("/on-call", tags=["Autopilot"], responses=shows(described_handoffs.OnCall))
async def set_on_call(world: Here, actor: Annotated[Actor, Depends(Scope("autopilot:write"))], body: OnCallGiven) -> Any:
    """Set it, whole: who is told at once (`first`), and who when nobody has answered by the deadline (`then`)."""
    wanted = on_call.OnCall(
        minutes=body.minutes, first=on_call.entries(body.first.people, body.first.addresses), then=on_call.entries(body.then.people, body.then.addresses),
        in_hours=body.only_in_office_hours,
    )
    await on_call.change(world, actor, wanted)
    return JSONResponse(_on_call(wanted))


def _on_call(shown: on_call.OnCall) -> dict[str, Any]:
    lists = {name: dict(zip(("people", "addresses"), on_call.taken_apart(kept), strict=True)) for name, kept in (("first", shown.first), ("then", shown.then))}
    return {"minutes": shown.minutes, **lists, "only_in_office_hours": shown.in_hours}
