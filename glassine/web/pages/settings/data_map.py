"""Settings › Data map: the way of a message with every boundary on it, and the switches. The map is drawn by story/boundary/data_map.py; this page only lays it out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from glassine.story.boundary import boundaries, data_map
from glassine.web import packed
from glassine.web.map_lanes import ICONS, lanes
from glassine.web.pages.frame import Said, done, form
from glassine.web.pages.settings.sheet import sheet
from glassine.web.staff import PageRoute, Signed
from glassine.words.boundaries import BOUNDARIES
from glassine.words.errors import Refused

router = APIRouter(prefix="/data-map", route_class=PageRoute)
@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    drawn = await data_map.draw(staff.world, staff.actor)
    return await sheet(request, staff, "data-map", map=drawn, lanes=lanes(drawn), icons=ICONS, fingerprint=staff.world.signer.fingerprint)


@router.post("/pack")
async def take_away(staff: Signed) -> Response:
    """The reviewer's pack as a file."""
    content = await packed.archive(staff.world, staff.actor)
    name = f"glassine-reviewers-pack-{staff.world.clock():%Y-%m-%d}.zip"
    return Response(content, media_type="application/zip", headers={"Content-Disposition": f'attachment; filename="{name}"'})


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
