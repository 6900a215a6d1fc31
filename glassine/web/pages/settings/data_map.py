"""Settings › Data map: the way of a message with every boundary on it, and the switches. The map is drawn by story/data_map.py; this page only lays it out."""

from __future__ import annotations

from typing import NamedTuple

from fastapi import APIRouter, Request, Response

from glassine.story import boundaries, data_map
from glassine.story.data_map import Mapped
from glassine.web.pages.frame import Said, done, form
from glassine.web.pages.settings.sheet import sheet
from glassine.web.staff import PageRoute, Signed
from glassine.words.boundaries import BOUNDARIES, STAGES, Direction, Stage
from glassine.words.errors import Refused

router = APIRouter(prefix="/data-map", route_class=PageRoute)
_ICONS = {
    "web": "chat", "api": "plug", "local-models": "model", "database": "rows", "files": "file", "backup": "copy", "logs": "note", "import": "book", "help": "globe",
    "model": "model", "what-if": "help", "team": "people", "reveal": "eye", "mail": "mail",
}  # fmt: skip
_STAGES = {Stage.MASK: "lock", Stage.STORE: "rows", Stage.SEARCH: "search", Stage.MODEL: "ai", Stage.GUARD: "shield", Stage.DELIVER: "send"}
_LEFT = frozenset({"web", "api", "files", "import", "team"})  # the side where customers, programs and the team are; machines are on the other


class Lane(NamedTuple):
    """One step of the way with the boundaries beside it: what people bring on the left, where machines are on the right, what stays in between."""

    title: str
    what: str
    icon: str
    left: list[Mapped]
    inside: list[Mapped]
    right: list[Mapped]


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    drawn = await data_map.draw(staff.world, staff.actor)
    lanes = [_lane(stage, [one for one in drawn.boundaries if one.boundary.stage is stage]) for stage in Stage]
    return await sheet(request, staff, "data-map", map=drawn, lanes=lanes, icons=_ICONS)


def _lane(stage: Stage, beside: list[Mapped]) -> Lane:
    left = [one for one in beside if one.boundary.name in _LEFT]
    inside = [one for one in beside if one.boundary.direction is Direction.STAYS]
    return Lane(*STAGES[stage], _STAGES[stage], left, inside, [one for one in beside if one not in left and one not in inside])


@router.post("/ai")
async def switch_ai(request: Request, staff: Signed) -> Response:
    """The switch for all AI; also behind the banner of every page, which says where to go back to."""
    given = await form(request)
    on = _state(given)
    await boundaries.switch_ai(staff.world, staff.actor, on=on)
    words = "The AI may act again. What went to your team meanwhile stays with it." if on else "All AI is off. Customers' messages go to your team."
    undo = Said(text=words, undo="/settings/data-map/ai", fields={"state": "off" if on else "on"})
    return done(request, staff, given.get("back") or "/settings/data-map", undo, "reload")


@router.post("/{name}")
async def switch(request: Request, staff: Signed, name: str) -> Response:
    on = _state(await form(request))
    await boundaries.switch(staff.world, staff.actor, name, on=on)
    words = f"“{BOUNDARIES[name].title}” is {'on again' if on else 'off'}."
    return done(request, staff, "/settings/data-map#boundaries", Said(text=words, undo=f"/settings/data-map/{name}", fields={"state": "off" if on else "on"}), "reload")


def _state(given: dict[str, str]) -> bool:
    if given.get("state") not in ("on", "off"):
        raise Refused("A switch is on or off.")
    return given["state"] == "on"
