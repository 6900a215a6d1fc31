"""Articles as readers see them, so that an answer's source can be opened: published and public ones only. A full help centre comes later."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from glassine.story import house, learning
from glassine.web import faults
from glassine.web.render import markdown, render
from glassine.web.staff import PageRoute, world_of
from glassine.words.ids import ArticleId, OrgId

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/help/{org}/{id}")
async def article(request: Request, org: UUID, id: UUID) -> Response:
    """One article. A draft or internal one is as absent as one that never was."""
    world = world_of(request)
    found = await learning.public_article(world, OrgId(org), ArticleId(id))
    organization = await house.organization(world, OrgId(org))
    return HTMLResponse(render("help.html", {"title": found.title, "body": markdown(found.body), "organization": organization.name, "theme": faults.theme_of(request)}))
