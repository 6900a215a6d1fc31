"""Contacts over the public API, and the call by which a site vouches for a visitor."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import AliasChoices, ConfigDict, Field

from glassine.rules.permits import require_scope
from glassine.store.contacts import Range
from glassine.story import contacts, visitor
from glassine.story.actions import context_along
from glassine.story.contacts import Identity
from glassine.story.privacy import erasing, exporting, revealing
from glassine.story.world import World
from glassine.web.api import described, described_removals, shapes
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.wire import Body, Flat, JSONResponse, Moment
from glassine.words.ids import ContactId
from glassine.words.people import Actor
from glassine.words.sessions import Contact

router = APIRouter(tags=["Contacts"])
Reader = Annotated[Actor, Depends(Scope("contacts:read"))]
Writer = Annotated[Actor, Depends(Scope("contacts:write"))]


class ContactInput(Body):
    model_config = ConfigDict(populate_by_name=True)
    email: str | None = Field(None, max_length=320)
    phone_number: str | None = Field(None, max_length=40, validation_alias=AliasChoices("phone_number", "phone"))
    name: str | None = Field(None, max_length=200)
    custom_data: Flat | None = None

    @property
    def identity(self) -> Identity:
        return Identity(email=self.email, phone_number=self.phone_number, name=self.name, custom_data=self.custom_data or {})


class SaveContact(ContactInput):
    """The fields themselves, or the older form with all of them inside `contact`."""

    contact: ContactInput | None = None


@router.post("/contacts", status_code=201, responses=shows(described.Contact, 201))
async def save_contact(world: Here, actor: Writer, body: SaveContact) -> Any:
    """Make a contact, or update the one with this e-mail address or phone number."""
    saved = await contacts.create(world, actor.org, (body.contact or body).identity, verified=True)
    if saved.updated_at > saved.created_at:  # it was known: the answer holds more than was sent
        await revealing.note(world, actor, "contact", saved.id, field="identity")
    return JSONResponse(await _shape(world, saved, actor), status_code=201)


async def _shape(world: World, who: Contact, actor: Actor) -> shapes.Json:
    """What was saved; while reveals are switched off nothing of who they are."""
    return shapes.unnamed(who) if await world.switches.closed(actor.org, "reveal") else shapes.contact(who)


@router.get("/contacts", responses=shows(described.Page[described.Contact]))
async def list_contacts(
    world: Here, actor: Reader, cursor: str | None = None, created_after: Moment | None = None, created_before: Moment | None = None,
    updated_after: Moment | None = None, updated_before: Moment | None = None, limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Any:
    """Newest first. `next` is the cursor of the page after this one, or null."""
    await world.switches.admit(actor.org, "reveal")
    found = await contacts.page(world, actor.org, Range(created_after, created_before, updated_after, updated_before), before=shapes.place(cursor), limit=limit)
    last = shapes.cursor(found[-1].created_at, found[-1].id) if len(found) == limit else None
    await revealing.note(world, actor, "contacts", None, count=len(found))
    return JSONResponse({"items": [shapes.contact(each) for each in found], "next": last})


@router.get("/contacts/{id}", responses=shows(described.Contact))
async def get_contact(world: Here, actor: Reader, id: UUID) -> Any:
    """One contact."""
    await world.switches.admit(actor.org, "reveal")
    found = await contacts.load(world, actor.org, ContactId(id))
    await revealing.note(world, actor, "contact", id, field="identity")
    return JSONResponse(shapes.contact(found))


@router.patch("/contacts/{id}", responses=shows(described.Contact))
async def update_contact(world: Here, actor: Writer, id: UUID, body: SaveContact) -> Any:
    """Set the fields that are named, empty those that are null; custom data is merged."""
    given = body.contact or body
    emptied = {name for name in given.model_fields_set & set(ContactInput.model_fields) if getattr(given, name) is None}
    changed = await contacts.update(world, actor.org, ContactId(id), given.identity, clear=emptied - {"custom_data"})
    await revealing.note(world, actor, "contact", id, field="identity")  # the answer holds what was known before, too
    return JSONResponse(await _shape(world, changed, actor))


@router.delete("/contacts/{id}", status_code=204)
async def delete_contact(world: Here, actor: Writer, id: UUID, reason: Annotated[str, Query(max_length=1_000)] = "") -> Response:
    """Erase a contact with everything of theirs: sessions, messages, files and the key that could read them. `Location` names the signed certificate."""
    done = await erasing.erase(world, actor, ContactId(id), reason)
    return Response(status_code=204, headers={"Location": f"/api/erasures/{done.id}"})


@router.get("/contacts/{id}/export", tags=["Privacy"], responses=shows(described_removals.Exported))
async def export_contact(world: Here, actor: Reader, id: UUID, reason: Annotated[str, Query(max_length=1_000)] = "") -> Response:
    """Everything about a contact in the clear, for an access request: identity, sessions with their words, files, who looked, and what left."""
    require_scope(actor, "chat-sessions:read")
    document = await exporting.export(world, actor, ContactId(id), reason)
    headers = {"Content-Disposition": f'attachment; filename="{exporting.name_of(document)}"', "Cache-Control": "no-store"}
    return Response(exporting.as_file(document), media_type="application/json", headers=headers)


@router.get("/erasures", tags=["Privacy"], responses=shows(described.Page[described_removals.Erasure]))
async def list_erasures(world: Here, actor: Writer, cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=100)] = 50) -> Any:
    """That contacts were erased, newest first. Certificates name nobody."""
    found = await erasing.all_erasures(world, actor, before=shapes.place(cursor), limit=limit)
    last = shapes.cursor(found[-1].at, found[-1].id) if len(found) == limit else None
    return JSONResponse({"items": [{"id": str(one.id), "contact": str(one.contact), "created_at": shapes.moment(one.at)} for one in found], "next": last})


@router.get("/erasures/{id}", tags=["Privacy"], responses=shows(described_removals.Signed))
async def get_erasure(world: Here, actor: Writer, id: UUID) -> Any:
    """The signed certificate of one erasure. `glassine certificate verify FILE` checks it offline."""
    return JSONResponse((await erasing.erasure(world, actor, id)).signed)


class AuthenticateUser(Body):
    email: str = Field(max_length=320)
    name: str | None = Field(None, max_length=200)
    avatar_url: str | None = None
    phone: str | None = Field(None, max_length=40)
    language: str | None = None
    customData: Flat | None = None  # noqa: N815 - the wire's name
    http_action_overrides: dict[str, dict[str, Any] | None] | None = Field(None, description="headers, query_params, path_params and body_params that go along with this contact's calls of actions")


@router.post("/widget/authenticate-user", tags=["Widget"], responses=shows(described.Vouched))
async def authenticate_user(world: Here, actor: Annotated[Actor, Depends(Scope("widget:write"))], body: AuthenticateUser) -> Any:
    """Your server vouches for a visitor: the token makes the widget's contact a verified one, who sees their sessions on every device."""
    identity = Identity(email=body.email, phone_number=body.phone, name=body.name, custom_data=body.customData or {})
    contact = await contacts.create(world, actor.org, identity, verified=True)
    if body.http_action_overrides is not None:
        await context_along.keep(world, actor.org, contact.id, {name: part or {} for name, part in body.http_action_overrides.items()})
    return JSONResponse({"token": await visitor.token_for(world, actor.org, contact.id, verified=True), "contact": {"id": str(contact.id)}})
