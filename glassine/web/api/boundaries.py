"""The data map and its switches over the public API. What is on the map is told in story/boundary/data_map.py."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path

from glassine.story.boundary import boundaries
from glassine.story.boundary import data_map as story
from glassine.story.boundary.boundaries import AI
from glassine.story.world import World
from glassine.web.api import described
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.ids import OrgId
from glassine.words.people import Actor

router = APIRouter(tags=["Boundaries"])
Reader = Annotated[Actor, Depends(Scope("boundaries:read"))]
Writer = Annotated[Actor, Depends(Scope("boundaries:write"))]


@router.get("/data-map", responses=shows(described.DataMap))
async def data_map(world: Here, actor: Reader) -> Any:
    """Every boundary: who is on its other side, what crossed it in the last 30 days, what is refused or switched off, and how long data is kept."""
    return JSONResponse(story.plain(await story.draw(world, actor)))


class Switch(Body):
    enabled: bool


@router.get("/ai", responses=shows(described.Switched))
async def ai(world: Here, actor: Reader) -> Any:
    """Whether the AI may act at all, and if not since when and by whom."""
    return JSONResponse(await _state(world, actor.org, AI))


@router.put("/ai", responses=shows(described.Switched))
async def switch_ai(world: Here, actor: Writer, body: Switch) -> Any:
    """The switch for all AI. Off: within a second no model is asked, nothing is answered, and customers' messages go to your team."""
    await boundaries.switch_ai(world, actor, on=body.enabled)
    return JSONResponse(await _state(world, actor.org, AI))


@router.put("/boundaries/{name}", responses=shows(described.Switched))
async def switch_boundary(world: Here, actor: Writer, name: Annotated[str, Path(max_length=60)], body: Switch) -> Any:
    """Switch one boundary of the data map off or on. A program that switches `api` off shuts itself out."""
    await boundaries.switch(world, actor, name, on=body.enabled)
    return JSONResponse(await _state(world, actor.org, name))


async def _state(world: World, org: OrgId, name: str) -> dict[str, Any]:
    settings = await world.switches.of(org)
    off = settings.ai_off if name == AI else name in settings.switched_off
    told = settings.off_since.get(name, {}) if off else {}
    return {"name": name, "enabled": not off, "off_since": told.get("at"), "off_by": told.get("by")}
