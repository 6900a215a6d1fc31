"""Knowledge › Pictures: what is kept, how much room it takes, and which no article shows. And the address where pictures are served."""

from __future__ import annotations

import re
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.datastructures import UploadFile

from glassine.story import access
from glassine.story.knowledge import pictures
from glassine.web.pages.frame import Said, done, page
from glassine.web.staff import COOKIE, PageRoute, Signed, world_of
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import OrgId

router = APIRouter(prefix="/images", include_in_schema=False, route_class=PageRoute)
public = APIRouter(include_in_schema=False, route_class=PageRoute)
_PAGE = 60


@router.get("")
async def show(request: Request, staff: Signed, skip: int = 0) -> Response:
    found, total, size = await pictures.listing(staff.world, staff.actor, limit=_PAGE, offset=max(0, skip))
    shown = [(one, pictures.address(staff.actor.org, one)) for one in found]
    return await page(request, staff, "images.html", here="knowledge", images=shown, total=total, size=size, skip=max(0, skip), step=_PAGE)


@router.post("")
async def add(request: Request, staff: Signed) -> Response:
    """One picture; answers with the Markdown that shows it. What is wrong is said as text, for whoever pasted it."""
    file = (await request.form()).get("file")
    if not isinstance(file, UploadFile):
        return Response("No picture came with the request.", status_code=400, media_type="text/plain; charset=utf-8")
    try:
        made = await pictures.add(staff.world, staff.actor, file.filename or "picture", await file.read())
    except Refused as refused:
        return Response(refused.message, status_code=refused.status, media_type="text/plain; charset=utf-8")
    finally:
        await file.close()
    alt = re.sub(r"[\[\]\\`*_<>]|\.\w+$", "", made.name)
    return Response(f"\n\n![{alt}]({pictures.address(staff.actor.org, made)})\n", media_type="text/plain; charset=utf-8")


@router.post("/{id}/delete")
async def delete(request: Request, staff: Signed, id: UUID) -> Response:
    await pictures.delete(staff.world, staff.actor, id)
    return done(request, staff, "/knowledge/images", Said(text="The picture is deleted."), "reload")


@public.get("/images/{org}/{name}")
async def serve(request: Request, org: UUID, name: str) -> Response:
    """A picture that a published article for everybody shows; for the team, any of theirs. Nothing in it can run."""
    world, token = world_of(request), request.cookies.get(COOKIE, "")
    by = await access.by_cookie(world, token) if token else None
    try:
        found = await pictures.served(world, OrgId(org), UUID(name.partition(".")[0]), by)
    except (NotFound, ValueError):
        return Response("There is no such picture.", status_code=404, media_type="text/plain; charset=utf-8")
    mark = f'"{found.id}"'
    headers = {
        "ETag": mark, "Cache-Control": "private, no-cache" if by else "public, no-cache", "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": "inline", "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if request.headers.get("if-none-match") == mark:
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.media_type, headers=headers)
