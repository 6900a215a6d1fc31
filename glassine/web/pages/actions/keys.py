"""Actions › Variables: the keys that go along with calls, for their hosts only. What was sealed is never shown again."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.rules.permits import require
from glassine.store.actions import host_of
from glassine.story.actions import definitions, variables
from glassine.web.pages.frame import Said, done, form, page
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.actions import Variable, VariableId, VariableKind
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import new_id
from glassine.words.people import Verb

router = APIRouter(prefix="/actions/variables", route_class=PageRoute)
KINDS = (
    (VariableKind.HEADER, "Header", "Name of the header"), (VariableKind.QUERY, "Query parameter", "Name of the parameter"), (VariableKind.BASIC, "User name and password", "User name"),
    (VariableKind.OAUTH2, "OAuth 2.0 client credentials", "Client id"),
)
_EMPTY: Mapping[str, str] = {"id": "", "name": "", "kind": "header", "field": "Authorization", "hosts": "", "token_url": "", "scope": ""}


@router.get("")
async def show(request: Request, staff: Signed, edit: UUID | None = None) -> Response:
    return await _page(request, staff, _fields(await _one(staff, edit)) if edit else _EMPTY)


async def _page(request: Request, staff: Staff, typed: Mapping[str, str], *, wrong: str = "", status: int = 200) -> Response:
    """`typed` is what stands in the form; a value never does."""
    hosts = sorted({host_of(one.action.url) for one in await definitions.listing(staff.world, staff.actor)})
    return await page(
        request, staff, "actions/variables.html", here="actions", status=status, found=await variables.every(staff.world, staff.actor), kinds=KINDS, f={**_EMPTY, **typed}, hosts=hosts, wrong=wrong,
    )


async def _one(staff: Staff, id: UUID) -> Variable:
    found = next((one for one in await variables.every(staff.world, staff.actor) if one.id == id), None)
    if found is None:
        raise NotFound("There is no such variable. It may have been deleted.")
    return found


def _fields(one: Variable) -> dict[str, str]:
    return {"id": str(one.id), "name": one.name, "kind": str(one.kind), "field": one.field, "hosts": "\n".join(one.hosts), "token_url": one.token_url, "scope": one.scope}


@router.post("")
async def save(request: Request, staff: Signed) -> Response:
    require(staff.actor, Verb.WRITE_ACTIONS)
    given = await form(request)
    kind = next((one for one, _, _ in KINDS if one == given.get("kind")), VariableKind.HEADER)
    try:
        id = VariableId((await _one(staff, UUID(given["id"]))).id) if given.get("id") else None
        variable = Variable(
            id=id or VariableId(new_id()), name=given.get("name", ""), kind=kind, field=given.get("field", ""), hosts=tuple(given.get("hosts", "").split()), token_url=given.get("token_url", ""),
            scope=given.get("scope", ""),
        )
        value = given.get("value", "")
        saved = await (variables.change(staff.world, staff.actor, variable, value or None) if id else variables.create(staff.world, staff.actor, variable, value))
    except Refused as refusal:
        return await _page(request, staff, given, wrong=refusal.message, status=refusal.status)
    except ValueError:
        raise NotFound("There is no such variable.") from None
    return done(request, staff, "/actions/variables", Said(text=f"{saved.name} is sealed. It goes to {', '.join(saved.hosts)} and nowhere else."), "reload")


@router.post("/{id}/delete")
async def delete(request: Request, staff: Signed, id: UUID) -> Response:
    """A sealed value cannot be brought back by a button, so it asks for the name."""
    require(staff.actor, Verb.WRITE_ACTIONS)
    given, one = await form(request), await _one(staff, id)
    if given.get("name", "").strip().casefold() != one.name.casefold():
        raise Refused(f"Nothing was changed. To delete this variable, type its name exactly: {one.name}")
    await variables.delete(staff.world, staff.actor, one.id)
    return done(request, staff, "/actions/variables", Said(text=f"{one.name} is deleted with its value."), "reload")
