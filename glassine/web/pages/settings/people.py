"""Settings › People: who is in the team, what each may do, and links by which others join."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.rules.permits import may
from glassine.story import access
from glassine.web.pages.frame import Said, done, form
from glassine.web.pages.settings.sheet import sheet
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import Refused
from glassine.words.ids import PersonId
from glassine.words.people import Role, Verb

router = APIRouter(prefix="/people", route_class=PageRoute)
ROLES = (
    (Role.OWNER, "Owner", "Everything, and may make others owner."), (Role.ADMIN, "Admin", "Everything but ownership: settings, people, keys, knowledge, audit log."),
    (Role.AGENT, "Agent", "Answers customers and reveals masked values."), (Role.VIEWER, "Viewer", "Reads conversations and knowledge. Masked values stay masked."),
)


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    return await _sheet(request, staff)


async def _sheet(request: Request, staff: Staff, **values: Any) -> Response:
    offered = [role for role in ROLES if role[0] is not Role.OWNER or may(staff.actor, Verb.TRANSFER_OWNERSHIP)]
    return await sheet(request, staff, "people", people=await access.team(staff.world, staff.actor), roles=ROLES, offered=offered, **{"link": "", **values})


@router.post("/invite")
async def invite(request: Request, staff: Signed) -> Response:
    """Shows a link once; whoever opens it joins with the role."""
    given = await form(request)
    email = given.get("email", "").strip() or None
    token = await access.invite(staff.world, staff.actor, _role(given), email)
    return await _sheet(request, staff, link=f"{staff.world.settings.url}/invite/{token}", invited=email or "")


@router.post("/{id}/role")
async def set_role(request: Request, staff: Signed, id: UUID) -> Response:
    given, person = await form(request), PersonId(id)
    before = next((one for one in await access.team(staff.world, staff.actor) if one.id == person), None)
    role = _role(given)
    await access.set_role(staff.world, staff.actor, person, role)
    said = Said(text=f"{before.name if before else 'They'} is {role} now.", undo=f"/settings/people/{id}/role", fields={"role": str(before.role)} if before else {})
    return done(request, staff, "/settings/people", said, "reload")


@router.post("/{id}/disable")
async def disable(request: Request, staff: Signed, id: UUID) -> Response:
    """Not undone by a button, so it asks for the person's name."""
    given, person = await form(request), PersonId(id)
    before = next((one for one in await access.team(staff.world, staff.actor) if one.id == person), None)
    if before and given.get("name", "").strip().casefold() != before.name.casefold():
        raise Refused(f"Nothing was changed. To remove {before.name} from the team, type the name exactly: {before.name}")
    await access.disable(staff.world, staff.actor, person)
    return done(request, staff, "/settings/people", Said(text=f"{before.name if before else 'They'} is no longer in the team and cannot sign in. What they wrote stays."), "reload")


def _role(given: dict[str, str]) -> Role:
    role = next((role for role in Role if role == given.get("role")), None)
    if role is None:
        raise Refused("Choose a role.")
    return role
