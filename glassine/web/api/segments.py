"""Segments over the public API: who they are, what their rules are, and which of them a contact belongs to. What happens is told in story/knowledge/segments.py."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import Field

from glassine.story.knowledge import segments
from glassine.web.api import described_segments
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.shapes import moment
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.errors import NotFound
from glassine.words.ids import ContactId, SegmentId
from glassine.words.people import Actor
from glassine.words.segments import Membership, Operator, Rule, Segment

router = APIRouter(tags=["Segments"])
Reader = Annotated[Actor, Depends(Scope("help-center:read"))]
Writer = Annotated[Actor, Depends(Scope("help-center:write"))]
Knower = Annotated[Actor, Depends(Scope("contacts:read"))]
Placer = Annotated[Actor, Depends(Scope("contacts:write"))]


class RuleInput(Body):
    """A field of the contact's custom data, as your own systems gave it. What a browser claims never counts."""

    field: str = Field(min_length=1, max_length=500)
    operator: Operator = Operator.IS
    value: str = Field("", max_length=500)

    @property
    def rule(self) -> Rule:
        return Rule(field=self.field.strip(), operator=self.operator, value=self.value)


class SegmentInput(Body):
    """Without a `rule`, contacts belong by hand only."""

    name: str = Field(min_length=1, max_length=60)
    description: str = Field("", max_length=500)
    rule: RuleInput | None = None


class SegmentChange(Body):
    name: str | None = Field(None, min_length=1, max_length=60)
    description: str | None = Field(None, max_length=500)
    rule: RuleInput | None = None


class Places(Body):
    segment_ids: list[UUID] = Field(max_length=100)


@router.get("/segments", responses=shows(described_segments.Segments))
async def list_segments(world: Here, actor: Reader) -> Any:
    """All segments by name."""
    return JSONResponse({"items": [shape(one) for one in await segments.every(world, actor)]})


@router.post("/segments", status_code=201, responses=shows(described_segments.Segment, 201))
async def create_segment(world: Here, actor: Writer, body: SegmentInput) -> Any:
    """Make a segment. A rule is asked of every contact; `placing` is true until that is done."""
    made = await segments.create(world, actor, body.name, body.description, body.rule.rule if body.rule else None)
    return JSONResponse(shape(made), status_code=201)


@router.patch("/segments/{id}", responses=shows(described_segments.Segment))
async def change_segment(world: Here, actor: Writer, id: UUID, body: SegmentChange) -> Any:
    """Change the fields that are named; `rule` null takes the rule away. Nobody belongs by a rule that is no more."""
    before = next((one for one in await segments.every(world, actor) if one.id == id), None)
    if before is None:
        raise NotFound("There is no such segment.")
    rule = (body.rule.rule if body.rule else None) if "rule" in body.model_fields_set else before.rule
    description = before.description if body.description is None else body.description
    return JSONResponse(shape(await segments.change(world, actor, before.id, body.name or before.name, description, rule)))


@router.delete("/segments/{id}", status_code=204)
async def delete_segment(world: Here, actor: Writer, id: UUID) -> Response:
    """Delete a segment. What only it could see becomes internal; nothing becomes public."""
    await segments.delete(world, actor, SegmentId(id))
    return Response(status_code=204)


@router.get("/contacts/{id}/segments", responses=shows(described_segments.Memberships))
async def get_contact_segments(world: Here, actor: Knower, id: UUID) -> Any:
    """What a contact belongs to, and whether by a rule or by hand."""
    return JSONResponse({"items": [_member(one) for one in await segments.memberships(world, actor.org, ContactId(id))]})


@router.put("/contacts/{id}/segments", responses=shows(described_segments.Memberships))
async def set_contact_segments(world: Here, actor: Placer, id: UUID, body: Places) -> Any:
    """Put a contact by hand into these segments and no others. What rules say stays."""
    return JSONResponse({"items": [_member(one) for one in await segments.set_by_hand(world, actor, ContactId(id), body.segment_ids)]})


def shape(one: Segment) -> dict[str, Any]:
    rule = {"field": one.rule.field, "operator": one.rule.operator, "value": one.rule.value} if one.rule else None
    return {
        "id": str(one.id), "name": one.name, "description": one.description, "rule": rule, "members": one.members, "articles": one.articles, "placing": one.placing,
        "created_at": moment(one.created_at), "updated_at": moment(one.updated_at),
    }


def _member(one: Membership) -> dict[str, Any]:
    return {"id": str(one.segment), "name": one.name, "by_rule": one.by_rule, "by_hand": one.by_hand}
