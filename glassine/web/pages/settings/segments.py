"""Settings › Segments: groups of contacts that articles can be shown to, by a rule over verified data or by hand."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.rules.permits import require
from glassine.story.knowledge import segments
from glassine.web.pages.frame import Said, done, form
from glassine.web.pages.settings.sheet import sheet
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import SegmentId
from glassine.words.people import Verb
from glassine.words.segments import Operator, Rule, Segment

router = APIRouter(prefix="/segments", route_class=PageRoute)
OPERATORS = ((Operator.IS, "is"), (Operator.CONTAINS, "contains"), (Operator.ANY_OF, "is any of"), (Operator.SET, "has any value"))
_EMPTY: Mapping[str, str] = {"id": "", "name": "", "description": "", "field": "", "operator": Operator.IS, "value": ""}


@router.get("")
async def show(request: Request, staff: Signed, edit: UUID | None = None) -> Response:
    return await _sheet(request, staff, _fields(await _one(staff, edit)) if edit else _EMPTY)


async def _sheet(request: Request, staff: Staff, typed: Mapping[str, str], *, wrong: str = "", status: int = 200) -> Response:
    """`typed` is what stands in the form; `wrong` why it was not saved."""
    found = await segments.every(staff.world, staff.actor)
    losses = {one.id: await segments.loss(staff.world, staff.actor, one.id) for one in found if one.articles}
    return await sheet(request, staff, "segments", status=status, found=found, losses=losses, operators=OPERATORS, f={**_EMPTY, **typed}, wrong=wrong)


async def _one(staff: Staff, id: UUID) -> Segment:
    found = next((one for one in await segments.every(staff.world, staff.actor) if one.id == id), None)
    if found is None:
        raise NotFound("There is no such segment. It may have been deleted.")
    return found


def _fields(one: Segment) -> dict[str, str]:
    rule = {"field": one.rule.field, "operator": str(one.rule.operator), "value": one.rule.value} if one.rule else {"field": ""}
    return {"id": str(one.id), "name": one.name, "description": one.description, **rule}


@router.post("")
async def save(request: Request, staff: Signed) -> Response:
    """Adds a segment or changes one. What is refused stays in the form with the reason."""
    require(staff.actor, Verb.WRITE_KNOWLEDGE)
    given = await form(request)
    operator = next((one for one, _ in OPERATORS if one == given.get("operator")), Operator.IS)
    field = given.get("field", "").strip()
    rule = Rule(field=field, operator=operator, value=given.get("value", "").strip()) if field else None
    name, description = given.get("name", ""), given.get("description", "")
    before = _fields(await _one(staff, _id(given["id"]))) if given.get("id") else {}
    try:
        if before:
            saved = await segments.change(staff.world, staff.actor, SegmentId(_id(given["id"])), name, description, rule)
        else:
            saved = await segments.create(staff.world, staff.actor, name, description, rule)
    except Refused as refusal:
        return await _sheet(request, staff, given, wrong=str(refusal), status=refusal.status)
    said = f"{saved.name} is {'changed' if before else 'made'}." + (" Its rule is being asked of every contact." if saved.placing else "")
    return done(request, staff, "/settings/segments", Said(text=said, undo="/settings/segments", fields=before) if before else Said(text=said), "reload")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such segment.") from None


@router.post("/{id}/delete")
async def delete(request: Request, staff: Signed, id: UUID) -> Response:
    """Who belonged cannot be brought back by a button, so it asks for the segment's name."""
    require(staff.actor, Verb.WRITE_KNOWLEDGE)
    given, one = await form(request), await _one(staff, id)
    if given.get("name", "").strip().casefold() != one.name.casefold():
        raise Refused(f"Nothing was changed. To delete this segment, type its name exactly: {one.name}")
    lost = await segments.loss(staff.world, staff.actor, one.id)
    await segments.delete(staff.world, staff.actor, one.id)
    words = f" {_articles(len(lost.hidden))} internal now." if lost.hidden else ""
    return done(request, staff, "/settings/segments", Said(text=f"{one.name} is deleted.{words}"), "reload")


def _articles(count: int) -> str:
    return "One article that only it could see is" if count == 1 else f"{count} articles that only it could see are"
