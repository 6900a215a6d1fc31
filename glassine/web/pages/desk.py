"""The acts of the inbox as forms: reply, note, take over, hand back, assign, give to a helpdesk, close, reopen, reveal, open a file. Each calls one story and says what to undo."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from glassine.story import conversations, desk, writing
from glassine.story.actions import approving
from glassine.story.knowledge import segments
from glassine.story.privacy import revealing
from glassine.web import uploads
from glassine.web.pages.actions.wording import STATES
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment, page
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.actions import CallId
from glassine.words.errors import Refused
from glassine.words.helpdesks import HelpdeskId
from glassine.words.ids import FileId, PersonId, SessionId
from glassine.words.sessions import Owner, OwnerKind, Status

router = APIRouter(prefix="/inbox/sessions/{id}", include_in_schema=False, route_class=PageRoute)


class Table(NamedTuple):
    """Custom data as rows of name and value; `at` says when it came, and `message` with which message, if with one."""

    message: int | None
    at: datetime | None
    rows: list[tuple[str, str]]


@router.post("/write")
async def write(request: Request, staff: Signed, id: UUID) -> Response:
    """The composer: `mode` says who will read it, `reply` the customer or `note` the team."""
    given, session = await form(request), SessionId(id)
    if given.get("mode") == "note":
        await desk.note(staff.world, staff.actor, session, given.get("text", ""))
    elif given.get("mode") == "reply":
        await desk.reply(staff.world, staff.actor, session, given.get("text", ""), takes=given.get("takes") == "1")
    else:
        raise Refused("Say who will read this: the customer or your team.")
    return done(request, staff, _here(id, given), None, "sent")


@router.post("/typing")
async def typing(request: Request, staff: Signed, id: UUID) -> Response:
    """A sign that this person writes a reply, or (`on` is 0) has left it. A page without JavaScript gives none, and sending takes over all the same."""
    if (await form(request)).get("on") == "0":
        await writing.end(staff.world, staff.actor, SessionId(id))
    else:
        await writing.begin(staff.world, staff.actor, SessionId(id))
    return Response(status_code=204)


@router.post("/take-over")
async def take_over(request: Request, staff: Signed, id: UUID) -> Response:
    given, before = await form(request), await _owner(staff, id)
    await desk.take_over(staff.world, staff.actor, SessionId(id))
    return done(request, staff, _here(id, given), Said(text=_taken(before), **_give_back(id, before)))


def _taken(before: Owner) -> str:
    if before.kind is OwnerKind.HELPDESK:
        return f"It is yours again. {before.name or 'The helpdesk'} only shows what is said from now on."
    return "It is yours. The AI is silent until you hand back."


@router.post("/hand-back")
async def hand_back(request: Request, staff: Signed, id: UUID) -> Response:
    given, before = await form(request), await _owner(staff, id)
    await desk.hand_back(staff.world, staff.actor, SessionId(id))
    return done(request, staff, _here(id, given), Said(text="The AI answers the customer's next message.", **_give_back(id, before)))


@router.post("/assign")
async def assign(request: Request, staff: Signed, id: UUID) -> Response:
    """To the person in `person`, or to the team when it is empty, or to a helpdesk (`helpdesk:` and its id)."""
    given, before = await form(request), await _owner(staff, id)
    if given.get("person", "").startswith("helpdesk:"):
        return await _given(request, staff, id, given, given["person"].removeprefix("helpdesk:"), before)
    person = _person(given.get("person", ""))
    await desk.assign(staff.world, staff.actor, SessionId(id), person)
    after = await _owner(staff, id)
    words = f"Assigned to {after.name}." if after.name else "Given back to the team."
    return done(request, staff, _here(id, given), Said(text=words, **_give_back(id, before)))


@router.post("/give")
async def give(request: Request, staff: Signed, id: UUID) -> Response:
    """To the helpdesk in `helpdesk`, whose people answer from then on."""
    given, before = await form(request), await _owner(staff, id)
    return await _given(request, staff, id, given, given.get("helpdesk", ""), before)


async def _given(request: Request, staff: Staff, id: UUID, given: dict[str, str], helpdesk: str, before: Owner) -> Response:
    try:
        name = await desk.give(staff.world, staff.actor, SessionId(id), HelpdeskId(UUID(helpdesk)))
    except ValueError:
        raise Refused("Choose a helpdesk.") from None
    return done(request, staff, _here(id, given), Said(text=f"{name} owns it. People there answer the customer.", **_give_back(id, before)))


@router.post("/ticket")
async def try_ticket(request: Request, staff: Signed, id: UUID) -> Response:
    """Its ticket in the helpdesk that is named is tried now."""
    given = await form(request)
    try:
        await desk.try_ticket(staff.world, staff.actor, SessionId(id), HelpdeskId(UUID(given.get("helpdesk", ""))))
    except ValueError:
        raise Refused("Choose a helpdesk.") from None
    return done(request, staff, _here(id, given), Said(text="It is tried now. What comes of it stands above the conversation."))


@router.post("/close")
async def close(request: Request, staff: Signed, id: UUID) -> Response:
    given = await form(request)
    status = Status.CLOSED_UNRESOLVED if given.get("status") == Status.CLOSED_UNRESOLVED else Status.CLOSED_RESOLVED
    await desk.close(staff.world, staff.actor, SessionId(id), status)
    words = "Closed as resolved." if status is Status.CLOSED_RESOLVED else "Closed as unresolved."
    return done(request, staff, _here(id, given), Said(text=words, undo=f"/inbox/sessions/{id}/reopen"))


@router.post("/reopen")
async def reopen(request: Request, staff: Signed, id: UUID) -> Response:
    given = await form(request)
    await desk.reopen(staff.world, staff.actor, SessionId(id))
    return done(request, staff, _here(id, given), Said(text="Open again."))


@router.post("/calls/{call}")
async def decide(request: Request, staff: Signed, id: UUID, call: UUID) -> Response:
    """A call that waits for the team: `do` is approve or decline. It runs at once, so there is nothing to undo."""
    given = await form(request)
    yes = given.get("do") == "approve"
    if not yes and given.get("do") != "decline":
        raise Refused("Say whether it may be done: approve or decline.")
    done_call = await approving.decide(staff.world, staff.actor, SessionId(id), CallId(call), yes=yes, reason=given.get("reason", ""))
    words, _ = STATES[done_call.state]
    said = f"Approved. {words}{f': {done_call.why}' if done_call.why else '.'}" if yes else "Declined. The customer is told."
    return done(request, staff, _here(id, given), Said(text=said))


@router.post("/segments")
async def set_segments(request: Request, staff: Signed, id: UUID) -> Response:
    """Puts the contact by hand into the ticked segments and no others."""
    given, session = await form(request), await conversations.session(staff.world, staff.actor.org, SessionId(id))
    before = [one for one in await segments.of_contact(staff.world, staff.actor, session.contact) if one.by_hand]
    wanted = [UUID(name.removeprefix("segment-")) for name in given if name.startswith("segment-")]
    after = await segments.set_by_hand(staff.world, staff.actor, session.contact, wanted, session=session.id)
    names = ", ".join(one.name for one in after) or "no segment"
    said = Said(text=f"The contact belongs to {names} now.", undo=f"/inbox/sessions/{id}/segments", fields={f"segment-{one.segment}": "1" for one in before})
    return done(request, staff, _here(id, given), said, "reload")


@router.post("/reveal")
async def reveal(request: Request, staff: Signed, id: UUID) -> Response:
    """One covered value, for this person and this time; the story writes it into the audit log."""
    given = await form(request)
    name = given.get("placeholder", "")
    value = await _behind(staff, SessionId(id), name, given.get("why", ""))
    if by_htmx(request):
        return PlainTextResponse(value) if isinstance(value, str) else fragment(request, staff, "data.html", tables=value)
    return await page(
        request, staff, "revealed.html", here="inbox", name=name, value=value, tables=[] if isinstance(value, str) else value, back=f"/inbox/sessions/{id}",
    )


async def _behind(staff: Staff, id: SessionId, name: str, why: str) -> str | list[Table]:
    """The value of a placeholder, of a field of the contact, or all custom data of the session."""
    if name == "attached":
        return [_table(one.data, one.at, one.message) for one in await revealing.reveal_attached(staff.world, staff.actor, id, why)]
    if not name.startswith("contact."):
        return await revealing.reveal(staff.world, staff.actor, id, name, why)
    value = await revealing.reveal_contact(staff.world, staff.actor, id, name.removeprefix("contact."), why)
    return value if isinstance(value, str) else [_table(value)] if value else []


def _table(data: Mapping[str, Any], at: datetime | None = None, message: int | None = None) -> Table:
    return Table(message, at, [(name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)) for name, value in data.items()])


@router.get("/files/{file}")
async def open_file(staff: Signed, id: UUID, file: UUID, why: str = "") -> Response:
    """A customer's file, for this person and this time: no browser keeps it, so that each look is a line of the audit log."""
    sent = uploads.response(await revealing.reveal_file(staff.world, staff.actor, SessionId(id), FileId(file), why))
    sent.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return sent


async def _owner(staff: Staff, id: UUID) -> Owner:
    return (await conversations.session(staff.world, staff.actor.org, SessionId(id))).owner


def _give_back(id: UUID, before: Owner) -> dict[str, Any]:
    """The form that makes `before` the owner again."""
    if before.kind is OwnerKind.AI:
        return {"undo": f"/inbox/sessions/{id}/hand-back"}
    if before.kind is OwnerKind.HELPDESK:
        return {"undo": f"/inbox/sessions/{id}/give", "fields": {"helpdesk": str(before.id)}}
    return {"undo": f"/inbox/sessions/{id}/assign", "fields": {"person": str(before.id) if before.kind is OwnerKind.PERSON else ""}}


def _person(text: str) -> PersonId | None:
    try:
        return PersonId(UUID(text)) if text else None
    except ValueError:
        raise Refused("There is no such person in this organisation.", status=404) from None


def _here(id: UUID, given: dict[str, str]) -> str:
    view = given.get("view", "")
    return f"/inbox/sessions/{id}" + (f"?view={view}" if view.isalpha() else "")
