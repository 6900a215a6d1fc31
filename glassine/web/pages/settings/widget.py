"""Settings › Chat widget: what to put into a page so that customers can write, and whether they read answers while those are written."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from glassine.story import house
from glassine.story.behaviour import autopilot
from glassine.web.pages.frame import Said, done, form
from glassine.web.pages.settings.sheet import sheet
from glassine.web.staff import PageRoute, Signed
from glassine.words.autopilot import Live

router = APIRouter(prefix="/widget", route_class=PageRoute)


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    book = await autopilot.in_force(staff.world, staff.actor.org)
    organization, url = await house.organization(staff.world, staff.actor.org), staff.world.settings.url
    snippet = f'<script src="{url}/widget/loader.js" data-token="{organization.widget_token}" async></script>'
    opencx = f'initOpenScript({{\n  token: "{organization.widget_token}",\n  apiUrl: "{url}/api",\n}});'
    return await sheet(request, staff, "widget", snippet=snippet, opencx=opencx, demo=f"{url}/demo", live=Live.read(book.part("live")).on)


@router.post("/live")
async def set_live(request: Request, staff: Signed) -> Response:
    given = await form(request)
    book = await autopilot.set_live(staff.world, staff.actor, Live(on=given.get("on") == "yes"))
    words = "Customers read each sentence as soon as it has passed." if given.get("on") == "yes" else "Customers read answers when they are whole."
    return done(request, staff, "/settings/widget", Said(text=words, undo=f"/settings/autopilot/versions/{book.number}/undo"), "reload")
