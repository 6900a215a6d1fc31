"""The inbox: lists of conversations, one conversation as its event log, and what is known beside it. Reads only; desk.py acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.rules.permits import require
from glassine.store import calls, helpdesks, inbox, owners, sessions, summaries, tickets
from glassine.store.inbox import Line, Other, View
from glassine.store.owners import Told
from glassine.store.tickets import Named
from glassine.story import access, conversations
from glassine.story.knowledge import segments
from glassine.web.pages import wording
from glassine.web.pages.frame import by_htmx, fragment, page, shut, views
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.web.uploads import safe_name
from glassine.words.actions import Call, CallState
from glassine.words.errors import Refused
from glassine.words.helpdesks import Connected
from glassine.words.ids import EventId, SessionId
from glassine.words.people import Person, Verb
from glassine.words.segments import Membership
from glassine.words.sessions import Contact, Event, EventType, OwnerKind, Session
from glassine.words.summaries import Became

router = APIRouter(include_in_schema=False, route_class=PageRoute)
_PAGE = 40
_REMOVALS = frozenset({EventType.MESSAGE_REDACTED, EventType.SESSION_REDACTED})


class Listed(NamedTuple):
    """One page of a list, and the cursor of the next."""

    view: View
    lines: list[Line]
    next: str | None


class Upload(NamedTuple):
    """A file that came with a message: its masked name, what it is and how large in words, its masked text, and what of it was not read."""

    id: str
    name: str
    about: str
    text: str
    note: str


class Shown(NamedTuple):
    """An event as the thread shows it."""

    event: Event
    look: wording.Look
    sources: list[dict[str, Any]]
    why: list[str]
    turn: UUID | None
    vote: str | None
    files: list[Upload]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """Everything about the conversation that is open."""

    session: Session
    events: list[Shown]
    contact: list[tuple[str, str, bool]]  # field, label, verified: never the values
    placed: list[Membership]  # every segment, with why the contact belongs to it, if it does
    attached: bool  # whether the host page gave data for people only
    others: list[Other]
    people: list[Person]
    handoff: Shown | None
    mine: bool
    asks: Call | None  # a call that waits for somebody of the team
    typist: sessions.Typist | None  # who writes a reply while the AI waits
    debug_until: datetime | None
    tickets: list[Named]  # in helpdesks
    helpdesks: Sequence[Connected]  # those that it could be given to
    told: list[Told]  # who got a mail about the handoff that it stands in
    summed: bool  # a language model was asked to sum up this handoff
    summed_by: str  # … and this one wrote the summary

    def emptied_since(self, after: int) -> list[Shown]:
        """Entries that a page showing up to `after` still shows with words that are gone."""
        removed = any(shown.event.type in _REMOVALS for shown in self.events if shown.event.seq > after)
        return [shown for shown in self.events if removed and shown.event.redacted and shown.event.seq <= after]

    @property
    def subject(self) -> str:
        """The customer's first words, or nothing yet."""
        return next((shown.event.text for shown in self.events if shown.look.side == "customer" and shown.event.text), "")


@router.get("/inbox")
async def show_list(request: Request, staff: Signed, view: str = "", before: str = "") -> Response:
    require(staff.actor, Verb.READ_SESSIONS)
    listed = await _list(staff, _view(view) or await _first_view(staff), before)
    if by_htmx(request):
        return fragment(request, staff, "lines.html", listed=listed, open=None)
    return await page(request, staff, "inbox.html", here="inbox", view=listed.view, listed=listed, thread=None, open=None, after=0, **await _waiting(staff))


@router.get("/inbox/refresh")
async def refresh(request: Request, staff: Signed, view: str = "", session: UUID | None = None, after: int = 0, lines: bool = True) -> Response:
    """The fragments of an open inbox that may have changed. `after` is the newest event that the page shows."""
    require(staff.actor, Verb.READ_SESSIONS)
    listed = await _list(staff, _view(view) or "mine", "") if lines else None
    thread = await open_thread(staff, SessionId(session)) if session else None
    return fragment(
        request, staff, "refresh.html", here="inbox", view=view, views=await views(staff), shut=await shut(staff), **await _waiting(staff), listed=listed, thread=thread,
        open=session, after=after, **_words(thread),
    )


@router.get("/inbox/sessions/{id}")
async def show_session(request: Request, staff: Signed, id: UUID, view: str = "") -> Response:
    require(staff.actor, Verb.READ_SESSIONS)
    thread = await open_thread(staff, SessionId(id))
    if by_htmx(request):
        return fragment(request, staff, "opened.html", thread=thread, view=view, after=0, **_words(thread))
    listed = await _list(staff, _view(view) or _view_of(thread), "")
    return await page(
        request, staff, "inbox.html", here="inbox", view=listed.view, listed=listed, thread=thread, open=id, after=0, **await _waiting(staff),
        reveal_at=f"/inbox/sessions/{id}/reveal", **_words(thread),
    )


async def open_thread(staff: Staff, id: SessionId) -> Thread:
    """Raises NotFound."""
    world, org = staff.world, staff.actor.org
    session, log = await conversations.session(world, org, id), await conversations.timeline(world, org, id)
    async with world.store.tx(org) as tx:
        marks, votes = await inbox.turns(tx, org, id), await inbox.votes(tx, org, id)
        others = await inbox.others(tx, org, session.contact, id)
        row = await sessions.find(tx, org, id)
        typist, debug_until = await sessions.typist(tx, org, id), await sessions.debug_until(tx, org, id)
        call = await calls.waiting(tx, org, id)
        filed, connected, told = (await tickets.of_sessions(tx, org, [id])).get(id, []), await helpdesks.all_of(tx, org), await owners.told(tx, org, id)
        summed = await summaries.newest(tx, org, session)
    turns = _turns_by_event(marks)
    events = [_shown(event, turns.get(event.id), votes.get(event.id)) for event in log]
    return Thread(
        session=session, events=events, contact=_contact_fields(await conversations.contact(world, org, id)), placed=await segments.placed(world, staff.actor, session.contact), others=others,
        people=[person for person in await access.team(world, staff.actor) if not person.disabled_at], mine=session.owner.id == staff.actor.id,
        tickets=[one for one in filed if one.filed.gone_at is None or session.owner.id == one.filed.helpdesk], helpdesks=connected, told=told, summed_by=summed["model"] if summed and summed["outcome"] == Became.WRITTEN else "", summed=summed is not None,
        asks=call if call and call.state is CallState.APPROVAL else None, typist=typist, debug_until=debug_until, handoff=_waiting_handoff(session, events), attached=bool(row and row["sealed"]) or any(event.payload.get("custom_data") for event in log),
    )


def _turns_by_event(marks: list[inbox.TurnMark]) -> dict[EventId, UUID]:
    """A turn hangs on the event it became; one that said nothing hangs on the message it read."""
    return {mark.event or mark.message: mark.id for mark in marks}


def _shown(event: Event, turn: UUID | None, vote: str | None) -> Shown:
    sources = event.payload.get("sources") or []
    return Shown(event, wording.look(event), [source for source in sources if isinstance(source, dict)], wording.why(event), turn, vote, _uploads(event))


def _uploads(event: Event) -> list[Upload]:
    return [
        Upload(each["id"], safe_name(each["name"], each["type"]), wording.file(each["type"], each["size"]), each.get("text", ""), wording.FILE_NOTES.get(each.get("note", ""), ""))
        for each in event.payload.get("attachments") or []
    ]


def _waiting_handoff(session: Session, events: list[Shown]) -> Shown | None:
    """The handoff that the conversation still stands in."""
    if not session.open or session.handed_off_at is None or session.owner.kind is OwnerKind.AI:
        return None
    return next((shown for shown in reversed(events) if shown.event.type is EventType.HANDOFF), None)


def _contact_fields(contact: Contact) -> list[tuple[str, str, bool]]:
    """Which fields are known: the values stay covered until somebody reveals them."""
    fields = [
        ("name", "Name", True), ("email", "E-mail", True), ("phone_number", "Phone", True), ("custom_data", "Data", True),
        ("non_verified_name", "Name", False), ("non_verified_email", "E-mail", False), ("non_verified_custom_data", "Data", False),
    ]
    return [(name, label, checked and contact.verified) for name, label, checked in fields if getattr(contact, name)]


async def _list(staff: Staff, view: View, before: str) -> Listed:
    async with staff.world.store.tx(staff.actor.org) as tx:
        lines = await inbox.page(tx, staff.actor.org, view, staff.actor.id, before=_read_cursor(before), limit=_PAGE + 1)
    last = lines[_PAGE - 1].session if len(lines) > _PAGE else None
    return Listed(view, lines[:_PAGE], _cursor(inbox.moment(view, last), last.id) if last else None)


def _cursor(moment: datetime | None, id: UUID) -> str:
    return f"{moment.isoformat() if moment else ''}_{id}"


def _read_cursor(text: str) -> tuple[datetime | None, UUID] | None:
    if not text:
        return None
    moment, _, id = text.replace(" ", "+").partition("_")
    try:
        return datetime.fromisoformat(moment) if moment else None, UUID(id)
    except ValueError:
        raise Refused("This address points into the middle of a list that is not there. Open the list from its start.", status=404) from None


def _view(word: str) -> View | None:
    return next((view for view in inbox.VIEWS if view == word), None)


def _view_of(thread: Thread) -> View:
    """The list that a conversation stands in."""
    if not thread.session.open:
        return "closed"
    if thread.session.owner.kind is OwnerKind.PERSON:
        return "mine" if thread.mine else "colleagues"
    by_owner: dict[OwnerKind, View] = {OwnerKind.AI: "autopilot", OwnerKind.TEAM: "unassigned"}
    return by_owner.get(thread.session.owner.kind, "colleagues")


async def _first_view(staff: Staff) -> View:
    """Where work is: what I own, else what waits, else what the AI does."""
    async with staff.world.store.tx(staff.actor.org) as tx:
        counts = await inbox.counts(tx, staff.actor.org, staff.actor.id)
    return next((view for view in inbox.VIEWS if counts[view]), "mine")


async def _waiting(staff: Staff) -> dict[str, Any]:
    """Who waits, and how many sessions have nobody who can act."""
    async with staff.world.store.tx(staff.actor.org) as tx:
        return {"waiting": await inbox.waiting(tx, staff.actor.org), "ownerless": await owners.counted(tx, staff.actor.org)}


def _words(thread: Thread | None) -> dict[str, Any]:
    """The channel in words, for the conversation that is open."""
    if thread is None:
        return {}
    name, icon = wording.CHANNELS.get(thread.session.channel, (str(thread.session.channel), "chat"))
    return {"channel": name, "channel_icon": icon, "reply_by": wording.REPLY_BY.get(thread.session.channel, "on their channel")}
