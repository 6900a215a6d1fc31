"""The widget protocol, version 2 (as OpenCX's widget 4 speaks it), and a live stream beside it. Every row a customer gets passes shapes.widget_item."""

from __future__ import annotations

import json
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request, UploadFile
from fastapi.responses import Response
from pydantic import ConfigDict, Field
from starlette.responses import StreamingResponse

from glassine.rules.redaction import restore
from glassine.store.sessions import Filter
from glassine.story import contacts, conversations, files, house, visitor
from glassine.story.actions import continuing
from glassine.story.contacts import Identity
from glassine.story.exchange import Sent, continued, exchange
from glassine.story.inbound import open_session
from glassine.story.visitor import Visitor
from glassine.story.world import World
from glassine.web.api import described, live, shapes
from glassine.web.api import files as links
from glassine.web.api.described import shows
from glassine.web.api.door import Here, as_uuid, guest, limit, site
from glassine.web.api.wire import Body, Flat, JSONResponse
from glassine.words.actions import CallId, CallState
from glassine.words.channels import Attachment, Inbound
from glassine.words.errors import NotFound, Refused
from glassine.words.files import LARGEST_FILE
from glassine.words.ids import EventId, OrgId, SessionId
from glassine.words.sessions import ChannelKind, OwnerKind, Session, Status

router = APIRouter(prefix="/backend/widget/v2", tags=["Widget"])
Site = Annotated[OrgId, Depends(site)]
Guest = Annotated[Visitor, Depends(guest)]
_PAGE = 30


@router.get("/config", responses=shows(described.WidgetConfig))
async def config(world: Here, org: Site) -> Any:
    """What the widget needs to begin."""
    organization = await house.organization(world, org)
    return JSONResponse({"org": {"id": str(org), "name": organization.name}, "sessionsPollingIntervalSeconds": 60, "sessionPollingIntervalSeconds": 5, "modes": []})


class NewContact(Body):
    email: str | None = Field(None, max_length=320)
    non_verified_name: str | None = Field(None, max_length=200)
    non_verified_custom_data: Flat | None = None


@router.post("/contact/create-unverified", status_code=201, responses=shows(described.Token, 201))
async def create_unverified(request: Request, world: Here, org: Site, body: NewContact) -> Any:
    """A visitor nobody has vouched for. What they say of themselves is kept apart, sealed, and finds nobody."""
    limit(f"new:{request.client.host if request.client else ''}", world.settings.visitor_rate)
    identity = Identity(non_verified_email=body.email, non_verified_name=body.non_verified_name, non_verified_custom_data=body.non_verified_custom_data or {})
    contact = await contacts.create(world, org, identity, verified=False)
    return JSONResponse({"token": await visitor.token_for(world, org, contact.id, verified=False)}, status_code=201)


@router.get("/sessions", responses=shows(described.Page[described.WidgetSession]))
async def list_sessions(world: Here, who: Guest, filters: str = "{}", cursor: str | None = None, offset: str | None = None) -> Any:
    """The visitor's sessions, newest first. Who is not verified sees those of this browser only."""
    external = as_uuid(_filters(filters).get("external_id"), "external_id")
    if not who.verified and external is None:
        raise Refused("An unverified contact must name its external_id.", status=400)
    which = Filter(contact=who.contact, external_id=None if who.verified else external)
    found = await conversations.page(world, who.org, which, before=shapes.place(cursor or offset), limit=_PAGE)
    last = shapes.cursor(found[-1][0].created_at, found[-1][0].id) if len(found) == _PAGE else None
    glimpses = await conversations.glimpses(world, who.org, who.contact, [session.id for session, _, _ in found])
    return JSONResponse({"items": [shapes.widget_session(session, glimpse=glimpses.get(session.id)) for session, _, _ in found], "next": last})


def _filters(text: str) -> dict[str, str | None]:
    try:
        read = json.loads(text or "{}")
    except (ValueError, RecursionError):
        raise Refused("filters must be JSON.") from None
    if not isinstance(read, dict) or not isinstance(read.get("external_id"), str | None):
        raise Refused("filters must be an object, and external_id a text.")
    return read


class NewSession(Body):
    customData: Flat | None = None  # noqa: N815 - the wire's name


@router.post("/create-session", status_code=201, responses=shows(described.WidgetSession, 201))
async def create_session(world: Here, who: Guest, body: NewSession | None = None) -> Any:
    """Starts a session; an unverified visitor's must carry the browser's external_id."""
    data: dict[str, Any] = dict((body.customData if body else None) or {})
    external = as_uuid(str(data.pop("external_id")) if data.get("external_id") else None, "external_id")
    if not who.verified and external is None:
        raise Refused("An unverified contact must name its external_id.", status=400)
    session = await open_session(world, who.org, who.contact, ChannelKind.WEB, external_id=external, verified=who.verified, custom_data=data)
    return JSONResponse(shapes.widget_session(session), status_code=201)


async def own(world: World, who: Visitor, id: UUID) -> Session:
    """The session, if it is this visitor's. Raises NotFound: whether it exists at all is nobody else's business."""
    session = await conversations.session(world, who.org, SessionId(id))
    if session.contact != who.contact:
        raise NotFound("There is no session with this id.")
    return session


@router.get("/poll/{id}", responses=shows(described.Polled))
async def poll(world: Here, who: Guest, id: UUID) -> Any:
    """The session and its whole history."""
    session = await own(world, who, id)
    tokens = await conversations.restorer(world, who.org, session.id)
    return JSONResponse({"session": await whole(world, who, session, tokens), "history": await rows(world, who, session, tokens)})


@router.get("/session/history/{id}", responses=shows(list[described.WidgetRow]))
async def history(world: Here, who: Guest, id: UUID) -> Any:
    """The whole history."""
    session = await own(world, who, id)
    return JSONResponse(await rows(world, who, session, await conversations.restorer(world, who.org, session.id)))


async def whole(world: World, who: Visitor, session: Session, tokens: dict[str, str]) -> shapes.Json:
    return shapes.widget_session(session, await visitor.checkpoint_restored(world, who.org, session.id, tokens))


async def rows(world: World, who: Visitor, session: Session, tokens: dict[str, str]) -> list[shapes.Json]:
    """What this customer may read, with their own values back in place."""
    log = await conversations.timeline(world, who.org, session.id)
    calls = await continuing.shown(world, who.org, session.id, log, tokens)
    shown = [shapes.widget_item(event, restore(event.text, tokens), tokens, calls) for event in log]
    return [await links.signed(world, who.org, item) for item in shown if item]


class First(Body):
    uuid: UUID
    content: str = Field(max_length=20_000)


class Said(Body):
    """The call that waits, and whether the customer wants it. It goes with the words of the button."""

    call: UUID
    yes: bool


class Outgoing(Body):
    """A message. What newer widgets add is ignored."""

    model_config = ConfigDict(extra="ignore")
    uuid: UUID | None = None
    content: str = ""
    session_id: UUID
    language: str | None = Field(None, max_length=20)
    attachments: list[dict[str, Any]] | None = Field(None, max_length=10)
    clientContext: dict[str, Any] | None = None  # noqa: N815 - the wire's name
    custom_data: dict[str, Any] | None = None
    initial_messages: list[First] | None = Field(None, max_length=20)
    answers: Said | None = None
    action_form_submitted_prompt: str | None = Field(None, max_length=20_000)


@router.post("/chat/send", responses=shows(described.WidgetSent))
async def send(world: Here, who: Guest, body: Outgoing) -> Any:
    """A customer's message; waits for the turn as the public API does. What is wrong with the message comes as a sentence for the visitor."""
    try:
        session = await own(world, who, body.session_id)
        language = (body.language or "")[:2].lower()
        inbound = Inbound(
            external_id=body.uuid or uuid4(), text=body.content, attachments=await _attachments(world, who, body.attachments or []),
            context=body.clientContext or {}, custom_data=body.custom_data or {}, language=language if language.isalpha() and len(language) == 2 else None,
            answers={"call": str(body.answers.call), "yes": body.answers.yes} if body.answers else {},
        )
        if body.action_form_submitted_prompt is not None and not body.content.strip():  # the form said it all: what came of it is what this waits for
            return JSONResponse(await _answer(world, who, session.id, await continued(world, who.org, session.id)))
        sent = await exchange(world, who.org, session.id, inbound, first=[(each.uuid, each.content) for each in body.initial_messages or []])
    except Refused as refusal:
        if refusal.status in (401, 404):
            raise
        return JSONResponse({"success": False, "error": {"code": refusal.code, "message": refusal.message}})
    return JSONResponse(await _answer(world, who, session.id, sent))


async def _attachments(world: World, who: Visitor, given: list[dict[str, Any]]) -> tuple[Attachment, ...]:
    """Uploads of this visitor, by the id in their link; what is not theirs is refused."""
    ids = [links.id_in(str(each.get("url") or each.get("id") or "")) for each in given]
    return tuple([await files.attachment(world, who.org, who.contact, id) for id in ids])


async def _answer(world: World, who: Visitor, id: SessionId, sent: Sent) -> shapes.Json:
    body: shapes.Json = {"success": True, "sessionIsHandedOff": sent.handed_off}
    if sent.code:
        body["code"] = sent.code
    if sent.said:
        body["autopilotResponse"] = shapes.autopilot_response(sent.said.id, sent.text, resolves=sent.resolves)
        body["autopilotResponse"] |= {"sources": sent.said.payload.get("sources", []), "choices": list(sent.said.payload.get("choices", []))}
        tokens = await conversations.restorer(world, who.org, id) if continuing.named(sent.said) else {}
        calls = await continuing.shown(world, who.org, id, [sent.said], tokens)
        body |= {"formSubmission": form} if (form := shapes.form_submission(sent.said, calls)) else {}
        body["autopilotResponse"] |= {"waiting": waits} if (waits := shapes.waiting(sent.said, calls)) else {}
    if sent.handed_off or sent.code:
        session = await conversations.session(world, who.org, id)
        body["session"] = shapes.widget_session(session)
        body["sessionIsHandedOff"] = session.owner.kind is not OwnerKind.AI
    return body


class Vote(Body):
    action: str
    sessionId: UUID  # noqa: N815 - the wire's name
    messagePublicId: UUID  # noqa: N815 - the wire's name


@router.post("/chat/vote", responses=shows(described.Done))
async def vote(world: Here, who: Guest, body: Vote) -> Any:
    """A thumb up or down on a reply."""
    session = await own(world, who, body.sessionId)
    await visitor.vote(world, who.org, session.id, EventId(body.messagePublicId), body.action)
    return JSONResponse({"messagePublicId": str(body.messagePublicId), "success": True})


class Resolve(Body):
    session_id: UUID


@router.post("/session/resolve", responses=shows(described.WidgetSession))
async def resolve(world: Here, who: Guest, body: Resolve) -> Any:
    """The customer says that it is solved."""
    session = await own(world, who, body.session_id)
    if session.status is Status.OPEN:
        await visitor.resolve(world, who.org, session.id)
    return JSONResponse(shapes.widget_session(await own(world, who, body.session_id)))


class Checkpoint(Body):
    session_id: UUID
    payload: dict[str, Any]


@router.post("/checkpoint", responses=shows(described.Done))
async def checkpoint(world: Here, who: Guest, body: Checkpoint) -> Any:
    """The page's own state."""
    session = await own(world, who, body.session_id)
    await visitor.checkpoint(world, who.org, session.id, body.payload)
    return JSONResponse({"success": True})


class Rating(Body):
    session_id: UUID
    score: int
    feedback: str | None = None
    system_message_uuid: UUID | None = None


@router.post("/submit-csat", responses=shows(described.Done))
async def submit_csat(world: Here, who: Guest, body: Rating) -> Any:
    """How it went, from 1 to 5."""
    session = await own(world, who, body.session_id)
    event = EventId(body.system_message_uuid) if body.system_message_uuid else None
    await visitor.rate(world, who.org, session.id, score=body.score, feedback=body.feedback or "", event=event)
    return JSONResponse({"success": True})


class Values(Body):
    """The values by where they stand in the company's own request; names that the form does not have are left out."""

    queryParams: dict[str, Any] | None = None  # noqa: N815 - the wire's name
    pathParams: dict[str, Any] | None = None  # noqa: N815 - the wire's name
    bodyParams: dict[str, Any] | None = None  # noqa: N815 - the wire's name
    headers: dict[str, Any] | None = None


class Form(Body):
    """`formMessageId` is the row that asked. `code` is for a call that waits for one, and `cancel` for a customer who does not want it any more."""

    sessionId: UUID  # noqa: N815 - the wire's name
    formMessageId: UUID  # noqa: N815 - the wire's name
    actionId: UUID | None = None  # noqa: N815 - the wire's name
    request: Values | None = None
    code: str | None = Field(None, max_length=20)
    cancel: bool = False


@router.post("/action/execute", responses=shows(described.Executed))
async def execute_action(world: Here, who: Guest, body: Form) -> Any:
    """Fills in the form, or enters the code, that a reply asked for. What the AI says to it follows as a message of its own."""
    session = await own(world, who, body.sessionId)
    row = await conversations.event(world, who.org, EventId(body.formMessageId))
    asked = row.payload.get("call") if row and row.session == session.id else None
    if asked is None:
        raise NotFound("There is no action that waits for this form.")
    call = await continuing.still_waits(world, who.org, session.id, CallId(UUID(asked["id"])))
    if body.actionId is not None and body.actionId != call.action:
        raise NotFound("There is no action that waits for this form.")
    if call.state != asked["state"] and not body.cancel:
        raise Refused("This was answered already. Read on to see what is asked now.", status=409, code="not_waiting")
    given = {name: value for part in (body.request or Values()).model_dump().values() for name, value in (part or {}).items()}
    form = await continuing.fitting(world, who.org, call, given) if call.state is CallState.FORM else None
    code = (body.code or "") if call.state is CallState.CODE else None
    settled = await continuing.go_on(world, who.org, session.id, call.id, form=form, code=code, yes=not body.cancel)
    shown = continuing.own_words(settled, await conversations.restorer(world, who.org, session.id))
    return JSONResponse({"action": {"response": shown}, "state": settled.state})


@router.post("/upload", status_code=201, responses=shows(described.Uploaded, 201))
async def upload(world: Here, who: Guest, file: UploadFile) -> Any:
    """Up to 5 MB, sealed under the contact's key. The link works for whoever has it, and for nothing else."""
    content = await file.read(LARGEST_FILE + 1)
    id = await files.upload(world, who.org, who.contact, name=file.filename or "file", media_type=(file.content_type or "").partition(";")[0], content=content)
    return JSONResponse({"fileName": file.filename or "file", "fileUrl": await files.link(world, who.org, id)}, status_code=201)


@router.get("/stream/{id}")
async def stream(request: Request, world: Here, who: Guest, id: UUID) -> Response:
    """Server-sent events of one session: `state`, `message` and `session`. Read it with fetch, so that no token stands in a URL."""
    session = await own(world, who, id)
    return StreamingResponse(live.events(request, world, who, session), media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
