"""The public help centre at /help/…, and alone on the domains that organisations give it: pages, search, maps for machines, and readers' votes."""

from __future__ import annotations

from fastapi import APIRouter

from glassine.web.help import maps, pages
from glassine.web.help.frame import HelpRoute
from glassine.words.errors import NotFound

router = APIRouter(prefix="/help", include_in_schema=False, route_class=HelpRoute)
for _part in (maps, pages):
    router.include_router(_part.router)


@router.api_route("", methods=["GET", "HEAD"])
@router.api_route("/{rest:path}", methods=["GET", "HEAD"])
async def nothing(rest: str = "") -> None:  # noqa: ARG001 - whatever it is, it is no page
    raise NotFound("There is no help page here.")
