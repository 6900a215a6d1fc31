"""Sessions over the public API: open, send, read, close. The channel `api`, and any other channel's sessions for those who may read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query
from pydantic import ConfigDict, Field, field_validator

from glassine.store.sessions import Filter
from glassine.story import contacts, conversations, desk
from glassine.story.actions import continuing
from glassine.story.actions.continuing import Shown
from glassine.story.contacts import Identity
from glassine.story.exchange import Sent, exchange, reply_once
from glassine.story.helpdesks import ticketing
from glassine.story.inbound import open_session
from glassine.story.privacy import revealing
from glassine.story.world import World
from glassine.web.api import described, shapes
from glassine.web.api import files as links
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.wire import Body, Flat, JSONResponse, Moment
from glassine.words.actions import CallId
from glassine.words.channels import Inbound
from glassine.words.errors import Refused
from glassine.words.ids import ContactId, EventId, SessionId
from glassine.words.people import Actor
from glassine.words.sessions import ChannelKind, Contact, Session, Status

router = APIRouter(prefix="/chat/sessions", tags=["Sessions"])
Reader = Annotated[Actor, Depends(Scope("chat-sessions:read"))]
Writer = Annotated[Actor, Depends(Scope("chat-sessions:write"))]
_PAGE = 200  # events of a history


class ChannelName(Body):
    type: ChannelKind = ChannelKind.API


class ContactFields(Body):
    email: str | None = Field(default=None, max_length=320)
    name: str | None = Field(default=None, max_length=200)
    phone_number: str | None = Field(default=None, max_length=40)
    custom_data: Flat | None = None


class NewSession(Body):
    """`contact_id` of a known contact, or `contact` to make one; with neither, an anonymous one is made."""

    contact_id: UUID | None = None
    contact: ContactFields | None = None
    channel: ChannelName = ChannelName()
    verified: bool = True
    language: str | None = Field(None, pattern="^[a-z]{2}$")
    custom_data: Flat | None = Field(None, description="Flat; for people only, the AI never sees it. A nested value is answered with 400.")


class Created(Body):
    id: UUID


@router.post("", status_code=201, response_model=Created)
async def create_session(world: Here, actor: Writer, body: NewSession) -> Any:
    """Start a session. It belongs to the AI where autopilot is on, and to the team's queue where it is not."""
    if body.channel.type not in (ChannelKind.API, ChannelKind.WEB):
        raise Refused("Sessions can be started on the channels api and web.")
    contact = ContactId(body.contact_id) if body.contact_id else await _contact(world, actor, body)
    session = await open_session(
        world, actor.org, contact, body.channel.type, verified=body.verified, custom_data=body.custom_data, language=body.language,
    )
    return {"id": str(session.id)}


async def _contact(world: Here, actor: Actor, body: NewSession) -> ContactId:
    given = body.contact or ContactFields()
    if body.verified:
        identity = Identity(email=given.email, phone_number=given.phone_number, name=given.name, custom_data=given.custom_data or {})
    else:
        identity = Identity(non_verified_email=given.email, non_verified_name=given.name, non_verified_custom_data=given.custom_data or {})
    return (await contacts.create(world, actor.org, identity, verified=body.verified and bool(given.email or given.phone_number))).id


@router.get("", responses=shows(described.Page[described.Session]))
async def list_sessions(
    world: Here, actor: Reader, cursor: str | None = None, status: Status | None = None, channel_type: ChannelKind | None = None, handed_off: bool | None = None,
    created_after: Moment | None = None, created_before: Moment | None = None, updated_after: Moment | None = None, updated_before: Moment | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Any:
    """Newest first. `next` is the cursor of the page after this one, or null."""
    which = Filter(
        status=status, channel=channel_type, handed_off=handed_off, created_after=created_after, created_before=created_before,
        updated_after=updated_after, updated_before=updated_before,
    )
    found = await conversations.page(world, actor.org, which, before=shapes.place(cursor), limit=limit)
    last = shapes.cursor(found[-1][0].created_at, found[-1][0].id) if len(found) == limit else None
    if found and await _knows(world, actor):
        await revealing.note(world, actor, "contacts", None, count=len({who.id for _, who, _ in found}))
    systems = await ticketing.systems(world, actor.org, [each[0].id for each in found])
    return JSONResponse({"items": [await _shape(world, actor, *each, systems) for each in found], "next": last})


async def _knows(world: World, actor: Actor) -> bool:
    """Who reads sessions need not know whose they are: that takes a scope for contacts, and that reveals are not switched off."""
    scoped = actor.scopes is None or not actor.scopes.isdisjoint({"contacts:read", "contacts:write"})
    return scoped and not await world.switches.closed(actor.org, "reveal")


async def _shape(
    world: World, actor: Actor, session: Session, who: Contact, attached: shapes.Json, systems: Mapping[SessionId, shapes.Json] | None = None,
) -> shapes.Json:
    system = (await ticketing.systems(world, actor.org, [session.id]) if systems is None else systems).get(session.id)
    if await _knows(world, actor):
        return shapes.session(session, shapes.contact(who), attached, system)
    return shapes.session(session, shapes.unnamed(who), {}, system)  # what was attached for people says as much of a customer as their name


@router.get("/{id}", responses=shows(described.Session))
async def get_session(world: Here, actor: Reader, id: UUID) -> Any:
    """One session with its contact."""
    found = await conversations.whole(world, actor.org, SessionId(id))
    if await _knows(world, actor):
        await revealing.note(world, actor, "contact", found[1].id, field="identity", session=str(id))
    return JSONResponse(await _shape(world, actor, *found))


class Change(Body):
    status: Status | None = None
    generate_summary_and_sentiment_on_resolve: bool | None = None
    reflect_status_change_for_integration: bool | None = None
    session_closed_payload: dict[str, Any] | None = None


@router.patch("/{id}", responses=shows(described.Session))
async def update_session(world: Here, actor: Writer, id: UUID, body: Change) -> Any:
    """Close a session as resolved or unresolved, or open it again."""
    if body.status is Status.OPEN:
        await desk.reopen(world, actor, SessionId(id))
    elif body.status is not None:
        await desk.close(world, actor, SessionId(id), body.status)
    return JSONResponse(await _shape(world, actor, *await conversations.whole(world, actor.org, SessionId(id))))


class Sender(Body):
    type: Literal["contact", "user", "human_agent"] = "contact"


class Text(Body):
    type: Literal["text"] = "text"
    text: str


class Said(Body):
    """The call that waits for the customer's yes, and whether they want it. Without it, a message that says nothing but yes or no counts for the call that was asked about last."""

    call: UUID
    yes: bool


class Message(Body):
    """`uuid` is your id of the message: sent twice, it is answered once. `sender` may also be a plain word."""

    model_config = ConfigDict(extra="ignore")
    sender: Sender | Literal["contact", "user", "human_agent"] = Sender()
    message: Text
    uuid: UUID | None = None
    language: str | None = Field(None, pattern="^[a-z]{2}$")
    clientContext: dict[str, Any] | None = Field(None, description="Facts that the AI may see.")  # noqa: N815 - the wire's name
    custom_data: Flat | None = Field(None, description="For people only; the AI never sees it.")
    answers: Said | None = None

    @field_validator("uuid", mode="before")
    @classmethod
    def _not_empty(cls, value: object) -> object:
        return value or None


@router.post("/{id}/send", responses=shows(described.Sent))
async def send_message(world: Here, actor: Writer, id: UUID, body: Message) -> Any:
    """Send a customer's message, and wait up to 20 seconds for the AI's turn. What comes later is in the history."""
    kind = body.sender if isinstance(body.sender, str) else body.sender.type
    if kind == "human_agent":
        told = await reply_once(world, actor, SessionId(id), body.message.text, EventId(body.uuid or uuid4()))
        return JSONResponse({"success": True, "data": {"success": True, "code": told.code, "id": str(told.message.id), "sessionIsHandedOff": True}})
    inbound = Inbound(
        external_id=body.uuid or uuid4(), text=body.message.text, context=body.clientContext or {}, custom_data=body.custom_data or {}, language=body.language,
        answers={"call": str(body.answers.call), "yes": body.answers.yes} if body.answers else {},
    )
    sent = await exchange(world, actor.org, SessionId(id), inbound)
    return JSONResponse(_sent(sent, await _calls(world, actor, sent)))


async def _calls(world: World, actor: Actor, sent: Sent) -> Mapping[str, Shown]:
    """The calls that a reply rests on or asks about. The caller passes on what the customer reads, so it is given as they read it."""
    if sent.said is None or not continuing.named(sent.said):
        return {}
    tokens = await conversations.restorer(world, actor.org, sent.said.session)
    return await continuing.shown(world, actor.org, sent.said.session, [sent.said], tokens)


def _sent(sent: Sent, calls: Mapping[str, Shown]) -> shapes.Json:
    data: shapes.Json = {"success": True, "code": sent.code, "sessionIsHandedOff": sent.handed_off, "toolCallResultsQuickReplySuggestions": []}
    if sent.said:
        made = [{"action": one["actionName"], "arguments": one["args"], "result": one["result"]} for one in shapes.action_calls(sent.said, calls) or []]
        debug = {"knowledge": [{"source": s["title"], "source_type": "article", "url": s["url"]} for s in sent.said.payload.get("sources", [])], "actionCalls": made}
        data["autopilotResponse"] = shapes.autopilot_response(sent.said.id, sent.text, resolves=sent.resolves, debug=debug)
        data["autopilotResponse"] |= {"choices": list(sent.said.payload.get("choices", []))} | ({"waiting": waits} if (waits := shapes.waiting(sent.said, calls)) else {})
        data |= {"formSubmission": form} if (form := shapes.form_submission(sent.said, calls)) else {}
    return {"success": True, "data": data}


class Answered(Body):
    """What a call waits for: `form`, the fields by name; `code`, the one-time code; or `yes`."""

    form: dict[str, Any] | None = None
    code: str | None = Field(None, max_length=20)
    yes: bool = True


@router.post("/{id}/calls/{call}", responses=shows(described.CallState))
async def answer_call(world: Here, actor: Writer, id: UUID, call: UUID, body: Answered) -> Any:
    """Give a call of an action what it waits for from the customer. What the AI says to it follows in the history."""
    settled = await continuing.go_on(world, actor.org, SessionId(id), CallId(call), form=body.form, code=body.code, yes=body.yes)
    return JSONResponse({"id": str(settled.id), "action": settled.name, "state": settled.state, "why": settled.why})


@router.get("/{id}/history", responses=shows(described.Page[described.HistoryItem]))
async def session_history(world: Here, actor: Reader, id: UUID, cursor: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0) -> Any:
    """The event log in order, masked. `next` continues it. Files have a link for those who may also read contacts: nothing in a file is masked."""
    log = await conversations.timeline(world, actor.org, SessionId(id), after=cursor, limit=_PAGE + 1)
    page = log[:_PAGE]
    items = [shapes.history_item(event) for event in page]
    if any("attachments" in item["event"] for item in items) and await _knows(world, actor):
        await revealing.note(world, actor, "files", SessionId(id), session=str(id))
        for item in items:
            await links.signed(world, actor.org, item["event"])
    return JSONResponse({"items": items, "next": str(page[-1].seq) if len(log) > len(page) else None})
