"""Acts of the inbox that take something out: redact a message or a conversation, erase a contact, export one. What cannot be undone asks for a name."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.story import conversations
from glassine.story.privacy import erasing, exporting, redacting
from glassine.web.pages.frame import Said, done, form
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import Refused
from glassine.words.ids import EventId, SessionId
from glassine.words.sessions import Session

router = APIRouter(prefix="/inbox/sessions/{id}", include_in_schema=False, route_class=PageRoute)


@router.post("/redact")
async def redact(request: Request, staff: Signed, id: UUID) -> Response:
    """One entry, `event`, or the whole conversation."""
    given, session = await form(request), SessionId(id)
    await _named(staff, session, given.get("name", ""), "redacted")
    if given.get("event"):
        await redacting.redact_message(staff.world, staff.actor, _event(given["event"]), given.get("why", ""), within=session)
        words = "The message is redacted. Its words are gone for good."
    else:
        await redacting.redact_session(staff.world, staff.actor, session, given.get("why", ""))
        words = "The conversation is redacted. Its words are gone for good."
    return done(request, staff, f"/inbox/sessions/{id}", Said(text=words))


@router.post("/erase-contact")
async def erase_contact(request: Request, staff: Signed, id: UUID) -> Response:
    """The session's contact with everything of theirs; leads to the certificate."""
    given = await form(request)
    session = await _named(staff, SessionId(id), given.get("name", ""), "erased")
    erased = await erasing.erase(staff.world, staff.actor, session.contact, given.get("why", ""))
    return done(request, staff, f"/settings/erasures/{erased.id}", Said(text="The contact is erased. This is the certificate."))


@router.post("/export-contact")
async def export_contact(request: Request, staff: Signed, id: UUID) -> Response:
    """Everything about the session's contact, as a file for this browser."""
    given = await form(request)
    session = await conversations.session(staff.world, staff.actor.org, SessionId(id))
    document = await exporting.export(staff.world, staff.actor, session.contact, given.get("why", ""))
    headers = {"Content-Disposition": f'attachment; filename="{exporting.name_of(document)}"'}
    return Response(exporting.as_file(document), media_type="application/json", headers=headers)


async def _named(staff: Staff, id: SessionId, typed: str, what: str) -> Session:
    """The session, if its ticket number was typed. Raises Refused."""
    session = await conversations.session(staff.world, staff.actor.org, id)
    if typed.strip().lstrip("#") != str(session.ticket_number):
        raise Refused(f"Nothing was {what}. It cannot be undone, so type the ticket's number to confirm: {session.ticket_number}")
    return session


def _event(text: str) -> EventId:
    try:
        return EventId(UUID(text))
    except ValueError:
        raise Refused("There is no message with this id.", status=404) from None
