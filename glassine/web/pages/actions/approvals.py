"""Actions › Approvals: the calls that wait for somebody of the team. They are decided where they were asked for, in the conversation."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from glassine.story.actions import approving
from glassine.web.pages.frame import page
from glassine.web.staff import PageRoute, Signed

router = APIRouter(prefix="/actions/approvals", route_class=PageRoute)


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    return await page(request, staff, "actions/approvals.html", here="actions", waiting=await approving.waiting(staff.world, staff.actor))
