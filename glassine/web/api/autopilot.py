"""How the AI is to behave, over the public API: what it does on each channel, the rules it goes by, and their versions."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from glassine.story import autopilot, house
from glassine.web.api import described, described_autopilot
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.shapes import moment
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.autopilot import Edition
from glassine.words.people import Actor
from glassine.words.sessions import Autopilot, ChannelKind

router = APIRouter()
Reader = Annotated[Actor, Depends(Scope("autopilot:read"))]
Setter = Annotated[Actor, Depends(Scope("autopilot:write"))]


@router.get("/autopilot", tags=["Autopilot"], responses=shows(described.Modes))
async def modes(world: Here, actor: Reader) -> Any:
    """What the AI may do on each channel."""
    return JSONResponse({"items": [{"channel": row["kind"], "autopilot": row["autopilot"]} for row in await house.channels(world, actor.org)]})


class Mode(Body):
    autopilot: Autopilot


@router.put("/autopilot/{channel}", tags=["Autopilot"], responses=shows(described.Mode))
async def set_autopilot(world: Here, actor: Setter, channel: ChannelKind, body: Mode) -> Any:
    """Switch the AI off, to drafts only, or on."""
    await autopilot.set_mode(world, actor, channel, body.autopilot)
    return JSONResponse({"channel": channel, "autopilot": body.autopilot})


@router.get("/autopilot/versions", tags=["Autopilot"], responses=shows(described_autopilot.Versions))
async def versions(
    world: Here, actor: Reader, part: str | None = None, below: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Any:
    """What was changed of how the AI behaves, newest first: by whom, when, from what to what. `below` is the number of the last one seen."""
    return JSONResponse({"items": [_shown(one) for one in await autopilot.history(world, actor, part=part, below=below, limit=limit)]})


def _shown(one: Edition) -> dict[str, Any]:
    return {
        "version": one.number, "part": one.part, "before": dict(one.before), "after": dict(one.after), "undoes": one.undoes,
        "changed_by": {"id": str(one.by), "name": one.by_name} if one.by else None, "changed_at": moment(one.at),
    }


@router.post("/autopilot/versions/{number}/undo", tags=["Autopilot"], status_code=204)
async def undo(world: Here, actor: Setter, number: int) -> Response:
    """Bring the part back that this version changed. That is a version of its own."""
    await autopilot.undo(world, actor, number)
    return Response(status_code=204)
