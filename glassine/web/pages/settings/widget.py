"""Settings › Chat widget: what to put into a page so that customers can write."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from glassine.story import house
from glassine.web.pages.settings.sheet import sheet
from glassine.web.staff import PageRoute, Signed

router = APIRouter(prefix="/widget", route_class=PageRoute)


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    organization, url = await house.organization(staff.world, staff.actor.org), staff.world.settings.url
    snippet = f'<script src="{url}/widget/loader.js" data-token="{organization.widget_token}" async></script>'
    opencx = f'initOpenScript({{\n  token: "{organization.widget_token}",\n  apiUrl: "{url}/api",\n}});'
    return await sheet(request, staff, "widget", snippet=snippet, opencx=opencx, demo=f"{url}/demo")
