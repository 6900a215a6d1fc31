"""Actions › Import: an OpenAPI file is uploaded, pasted or fetched, looked at as a list of changes, and taken over as far as somebody chooses. The story decides."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from glassine.rules.permits import require
from glassine.story.actions import importing_actions
from glassine.story.actions.importing_actions import File
from glassine.web.pages.frame import Said, done, form, page
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import Refused
from glassine.words.openapi import Change, Kind
from glassine.words.people import Verb

router = APIRouter(prefix="/actions/import", route_class=PageRoute)
_LONGEST_SHOWN = 200
FIELDS = {
    "name": "Name", "title": "Title", "description": "What it is for", "method": "Method", "url": "Address", "body": "Kind of body", "shown": "What the AI sees of the answer", "policy": "Rules",
    "enabled": "On", "pinned": "Pinned", "tags": "Tags", "handoff_like": "Counts as a handoff", "reads": "Only reads", "idempotency_header": "Header of the call's id",
    "context_headers": "Context headers", "timeout": "Time limit", "origin": "Origin",
}


@router.get("")
async def begin(request: Request, staff: Signed) -> Response:
    return await _begin(request, staff, {})


async def _begin(request: Request, staff: Staff, typed: dict[str, str], *, wrong: str = "", status: int = 200) -> Response:
    recent = await importing_actions.recent(staff.world, staff.actor)
    return await page(request, staff, "actions/import.html", here="actions", status=status, f=typed, wrong=wrong, recent=recent)


@router.post("")
async def read(request: Request, staff: Signed) -> Response:
    """One of the three that holds something: a file, an address, or the pasted text."""
    require(staff.actor, Verb.WRITE_ACTIONS)
    async with request.form() as given:
        chosen = given.get("file")
        content = await chosen.read() if isinstance(chosen, UploadFile) else b""
        typed = {name: value for name, value in given.items() if isinstance(value, str)}
    try:
        file = File(content=content or typed.get("text", "").encode("utf-8", "replace"))
        if not file.content and typed.get("address", "").strip():
            file = await importing_actions.fetched(staff.world, staff.actor, typed["address"])
        if not file.content.strip():
            raise Refused("Choose a file, enter its address, or paste it.")
        id = await importing_actions.begin(
            staff.world, staff.actor, File(content=file.content, came_from=file.came_from, base=typed.get("base", ""), origin=typed.get("origin", "")),
        )
    except Refused as refusal:
        return await _begin(request, staff, typed, wrong=refusal.message, status=refusal.status)
    return RedirectResponse(f"/actions/import/{id}", status_code=303)


@router.get("/{id}")
async def look(request: Request, staff: Signed, id: UUID) -> Response:
    return await _look(request, staff, id)


async def _look(request: Request, staff: Staff, id: UUID, *, wrong: str = "", status: int = 200) -> Response:
    review = await importing_actions.review(staff.world, staff.actor, id)
    if review.one.taken_at:
        return RedirectResponse("/actions/import", status_code=303)
    groups = [(kind, review.of(kind)) for kind in (Kind.CHANGED, Kind.ADDED, Kind.REMOVED)]
    return await page(
        request, staff, "actions/review.html", here="actions", status=status, r=review, groups=groups, same=review.of(Kind.SAME), wrong=wrong, fields=FIELDS, words=words, brief=brief,
    )


@router.post("/{id}/again")
async def again(request: Request, staff: Signed, id: UUID) -> Response:
    """The same file with another base address or origin."""
    given = await form(request)
    try:
        await importing_actions.read_again(staff.world, staff.actor, id, base=given.get("base", ""), origin=given.get("origin", ""))
    except Refused as refusal:
        if refusal.status in (403, 404):
            raise
        return await _look(request, staff, id, wrong=refusal.message, status=refusal.status)
    return RedirectResponse(f"/actions/import/{id}", status_code=303)


@router.post("/{id}")
async def take(request: Request, staff: Signed, id: UUID) -> Response:
    async with request.form() as given:
        chosen, mark = {str(each) for each in given.getlist("take")}, str(given.get("mark", ""))
    if not chosen:
        return await _look(request, staff, id, wrong="Nothing is marked. Mark what to import.", status=400)
    try:
        taken = await importing_actions.take(staff.world, staff.actor, id, chosen=chosen, mark=mark)
    except Refused as refusal:
        if refusal.status in (403, 404):
            raise
        return await _look(request, staff, id, wrong=refusal.message, status=refusal.status)
    return done(request, staff, "/actions", Said(text=f"Imported: {counted(taken)}.", undo=f"/actions/import/{id}/undo"))


@router.post("/{id}/undo")
async def undo(request: Request, staff: Signed, id: UUID) -> Response:
    left = await importing_actions.undo(staff.world, staff.actor, id)
    stays = f" {', '.join(left[:5])} {'was' if len(left) == 1 else 'were'} changed since, and stay as they are." if left else ""
    return done(request, staff, "/actions", Said(text=f"The import is taken back.{stays}"), "reload")


@router.post("/{id}/drop")
async def drop(request: Request, staff: Signed, id: UUID) -> Response:
    await importing_actions.drop(staff.world, staff.actor, id)
    return done(request, staff, "/actions/import", Said(text="Nothing was imported."))


def counted(changes: tuple[Change, ...]) -> str:
    said = {Kind.ADDED: "added", Kind.CHANGED: "changed", Kind.REMOVED: "taken away"}
    return ", ".join(f"{count} {word}" for kind, word in said.items() if (count := sum(each.kind is kind for each in changes)))


def words(name: str) -> str:
    """A field's name for people: `parameter order: schema` is said as it stands."""
    return FIELDS.get(name, name.capitalize())


def brief(value: Any) -> str:
    """A value beside another one, short enough to compare."""
    if value in (None, "", (), {}):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = value if isinstance(value, str) else ", ".join(map(str, value)) if isinstance(value, list | tuple) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
