"""Settings › Your account: how you sign in."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from glassine.story import access
from glassine.web.pages.frame import Said, done, form
from glassine.web.pages.settings.sheet import sheet
from glassine.web.staff import PageRoute, Signed, csrf_of, keep_in
from glassine.words.errors import Refused

router = APIRouter(prefix="/account", route_class=PageRoute)


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    people = await access.team(staff.world, staff.actor)
    return await sheet(request, staff, "account", me=next((person for person in people if person.id == staff.actor.id), None))


@router.post("/password")
async def set_password(request: Request, staff: Signed) -> Response:
    given = await form(request)
    if given.get("password", "") != given.get("again", ""):
        raise Refused("The two passwords differ, so nothing was changed. Type the same one twice.")
    me = next(person for person in await access.team(staff.world, staff.actor) if person.id == staff.actor.id)
    await access.set_password(staff.world, staff.actor, given.get("password", ""))
    # Every sign-in has ended, this one too: the person is here, so they come in again by what they have just set.
    token = await access.sign_in(staff.world, me.email, given.get("password", ""), peer=request.client.host if request.client else "")
    here = replace(staff, token=token, csrf=csrf_of(token))
    return keep_in(request, done(request, here, "/settings/account", Said(text="Your password is set. Everywhere else you are signed out.")), token)
