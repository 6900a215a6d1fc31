"""Actions › list and editor: write an action, try it out, see its calls, bring a version back. A form that is refused comes back as it was filled in."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.rules.calling.requests import BODIES, METHODS
from glassine.rules.permits import may, require
from glassine.store.actions import host_of
from glassine.story.actions import definitions
from glassine.story.knowledge import segments
from glassine.web.pages.actions import forms
from glassine.web.pages.actions.wording import STATES
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment, page
from glassine.web.pages.wording import CHANNELS
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.actions import Action, ActionId
from glassine.words.errors import Refused
from glassine.words.people import Role, Verb
from glassine.words.privacy import PiiType

router = APIRouter(prefix="/actions", route_class=PageRoute)


@router.get("")
async def show_list(request: Request, staff: Signed, q: str = "") -> Response:
    found = await definitions.listing(staff.world, staff.actor)
    words = q.strip().casefold()
    fitting = [one for one in found if not words or any(words in text.casefold() for text in (one.action.name, one.action.title, one.action.description, *one.action.tags))]
    return await page(request, staff, "actions/list.html", here="actions", found=fitting, total=len(found), q=q, alone=await definitions.left_alone(staff.world, staff.actor), host=host_of)


@router.get("/new")
async def new(request: Request, staff: Signed) -> Response:
    require(staff.actor, Verb.WRITE_ACTIONS)
    return await _editor(request, staff, None, forms.empty())


@router.post("")
async def create(request: Request, staff: Signed) -> Response:
    require(staff.actor, Verb.WRITE_ACTIONS)
    return await _save(request, staff, None)


@router.get("/{id}")
async def show(request: Request, staff: Signed, id: UUID) -> Response:
    action = await definitions.one(staff.world, staff.actor, ActionId(id))
    return await _editor(request, staff, action, forms.written(action))


async def _editor(request: Request, staff: Staff, action: Action | None, given: dict[str, Any], *, wrong: str = "", status: int = 200) -> Response:
    readable = action is not None and may(staff.actor, Verb.READ_SESSIONS)
    return await page(
        request, staff, "actions/form.html", here="actions", status=status, action=action, f=given, wrong=wrong, methods=METHODS, bodies=BODIES, kinds=forms.KINDS, fillers=forms.FILLERS,
        places=forms.PLACES, identities=forms.IDENTITIES, sources=forms.SOURCES, types=[str(kind) for kind in PiiType], channels=[(str(kind), name) for kind, (name, _) in CHANNELS.items()],
        segments=await segments.every(staff.world, staff.actor), roles=[str(role) for role in (Role.AGENT, Role.ADMIN, Role.OWNER)], states=STATES,
        versions=await definitions.versions(staff.world, staff.actor, action.id) if action else [], calls=await definitions.calls_of(staff.world, staff.actor, action.id) if action and readable else [],
        trial=None,
    )


@router.post("/{id}")
async def save(request: Request, staff: Signed, id: UUID) -> Response:
    require(staff.actor, Verb.WRITE_ACTIONS)
    return await _save(request, staff, await definitions.one(staff.world, staff.actor, ActionId(id)))


async def _save(request: Request, staff: Staff, before: Action | None) -> Response:
    """Saves, or reads the address and the samples into rows, or adds a row: whatever goes wrong, what was filled in comes back."""
    fields = await form(request)
    given = forms.typed(await request.form(), fields)
    try:
        if fields.get("do") in ("shape", "row"):
            return await _editor(request, staff, before, forms.shaped(given) if fields["do"] == "shape" else forms.with_row(given))
        made = definitions.with_path(forms.action(given, before))
        if before is None:
            made = await definitions.create(staff.world, staff.actor, made)
            return done(request, staff, f"/actions/{made.id}", Said(text=f"{made.title} is set up. Try it out before customers do."), "reload")
        read = int(fields["version"]) if fields.get("version", "").isascii() and fields.get("version", "").isdigit() else None
        made = await definitions.change(staff.world, staff.actor, made, read_version=read)
    except Refused as refused:
        return await _editor(request, staff, before, given, wrong=refused.message, status=refused.status)
    undo = Said(text=f"{made.title} is saved as version {made.version}.", undo=f"/actions/{made.id}/restore", fields={"number": str(before.version)})
    return done(request, staff, f"/actions/{made.id}", undo, "reload")


@router.post("/{id}/restore")
async def restore(request: Request, staff: Signed, id: UUID) -> Response:
    number = (await form(request)).get("number", "")
    if not (number.isascii() and number.isdigit()):
        raise Refused("Choose one of the versions in the list.")
    made = await definitions.restore(staff.world, staff.actor, ActionId(id), int(number))
    return done(request, staff, f"/actions/{id}", Said(text=f"{made.title} is as it was in version {number}."), "reload")


@router.post("/{id}/switch")
async def switch(request: Request, staff: Signed, id: UUID) -> Response:
    on = (await form(request)).get("enabled") == "yes"
    made = await definitions.switch(staff.world, staff.actor, ActionId(id), enabled=on)
    said = Said(text=f"{made.title} is {'on' if on else 'off'}.", undo=f"/actions/{id}/switch", fields={"enabled": "" if on else "yes"})
    return done(request, staff, "/actions", said, "reload")


@router.post("/{id}/delete")
async def delete(request: Request, staff: Signed, id: UUID) -> Response:
    gone = await definitions.delete(staff.world, staff.actor, ActionId(id))
    said = Said(text=f"{gone.title} is deleted. Its calls stay on their conversations.", undo=f"/actions/{id}/restore", fields={"number": str(gone.version)})
    return done(request, staff, "/actions", said)


@router.post("/{id}/try")
async def try_out(request: Request, staff: Signed, id: UUID) -> Response:
    """The saved action, with the values of the console. `do=call` sends it for real."""
    require(staff.actor, Verb.WRITE_ACTIONS)
    fields = await form(request)
    action = await definitions.one(staff.world, staff.actor, ActionId(id))
    try:
        trial: Any = await definitions.try_out(staff.world, staff.actor, action, forms.arguments(action, fields), dry=fields.get("do") != "call")
        values: dict[str, Any] = {"trial": trial, "wrong": "", "answer": json.dumps(trial.answer, ensure_ascii=False, indent=2) if trial.answer is not None else ""}
    except Refused as refused:
        values = {"trial": None, "wrong": refused.message, "answer": ""}
    if by_htmx(request):
        return fragment(request, staff, "actions/trial.html", states=STATES, **values)
    return await page(request, staff, "actions/tried.html", here="actions", action=action, states=STATES, **values)
