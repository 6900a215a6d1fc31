"""Settings › API keys: secrets for programs, each shown once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.rules.permits import SCOPES
from glassine.story import access
from glassine.web.pages.frame import Said, done, form
from glassine.web.pages.settings.sheet import sheet
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import Refused

router = APIRouter(prefix="/keys", route_class=PageRoute)


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    return await _sheet(request, staff)


async def _sheet(request: Request, staff: Staff, secret: str = "") -> Response:
    keys: list[dict[str, Any]] = await access.keys(staff.world, staff.actor)
    return await sheet(request, staff, "keys", keys=keys, scopes=sorted(SCOPES), secret=secret, api=f"{staff.world.settings.url}/api")


@router.post("")
async def create(request: Request, staff: Signed) -> Response:
    given = await request.form()
    name = str(given.get("name", "")).strip()
    if not name:
        raise Refused("Give the key a name, so that you know later what it is for.")
    scopes = [str(scope) for scope in given.getlist("scope")] if given.get("reach") == "some" else None
    if scopes == []:
        raise Refused("Choose at least one scope, or full access.")
    return await _sheet(request, staff, await access.create_key(staff.world, staff.actor, name[:100], scopes))


@router.post("/{id}/revoke")
async def revoke(request: Request, staff: Signed, id: UUID) -> Response:
    """Not undone by a button, so it asks for the key's name."""
    given = await form(request)
    key = next((key for key in await access.keys(staff.world, staff.actor) if key["id"] == id), None)
    if key and given.get("name", "").strip().casefold() != str(key["name"]).casefold():
        raise Refused(f"Nothing was changed. To revoke the key, type its name exactly: {key['name']}")
    await access.revoke_key(staff.world, staff.actor, id)
    return done(request, staff, "/settings/keys", Said(text="The key is revoked. Programs that use it are refused within a few seconds."), "reload")
