"""Knowledge › Links: links of published articles that lead nowhere, and those outside that somebody has chosen to leave."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from glassine.story.knowledge import link_check, linking
from glassine.web.pages.frame import Said, done, form, page
from glassine.web.staff import PageRoute, Signed

router = APIRouter(prefix="/links", include_in_schema=False, route_class=PageRoute)


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    found, counted = await linking.report(staff.world, staff.actor)
    return await page(request, staff, "links.html", here="knowledge", links=found, counted=counted)


@router.post("/check")
async def check(request: Request, staff: Signed) -> Response:
    await link_check.ask_now(staff.world, staff.actor)
    return done(request, staff, "/knowledge/links", Said(text="Links outside are being asked now. Load this page again in a while."), "reload")


@router.post("/ignore")
async def ignore(request: Request, staff: Signed) -> Response:
    given = await form(request)
    on = given.get("on") == "yes"
    await linking.ignore(staff.world, staff.actor, given.get("url", ""), on)
    words = "This address counts as no fault from now on." if on else "This address is checked again."
    return done(request, staff, "/knowledge/links", Said(text=words, undo="/knowledge/links/ignore", fields={"url": given.get("url", ""), "on": "" if on else "yes"}), "reload")
