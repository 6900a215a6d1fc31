"""Actions and the keys that go along over the public API, in the wire's shape with what only this product has beside it. What happens is told in story/actions/definitions.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import Field

from glassine.rules.calling import built_in as built_in_rules
from glassine.rules.calling.arguments import schema_of
from glassine.story.actions import built_in, definitions, variables
from glassine.web.api import described_actions as described
from glassine.web.api.described import shows
from glassine.web.api.described_actions import ParameterShown, PolicyShown
from glassine.web.api.door import Here, Scope
from glassine.web.api.shapes import moment
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.actions import (
    Action,
    ActionId,
    BuiltIn,
    BuiltInRule,
    Call,
    Filler,
    IdentityLevel,
    Limits,
    Parameter,
    Policy,
    Variable,
    VariableId,
    VariableKind,
    Where,
)
from glassine.words.ids import SegmentId, new_id
from glassine.words.people import Actor
from glassine.words.privacy import PiiType

router = APIRouter(tags=["Actions"])
Reader = Annotated[Actor, Depends(Scope("actions:read"))]
Writer = Annotated[Actor, Depends(Scope("actions:write"))]
Names = Annotated[list[Annotated[str, Field(max_length=300)]], Field(max_length=200)]


class ParameterInput(Body, ParameterShown):
    pass


class PolicyInput(Body, PolicyShown):
    pass


class Channels(Body):
    channels: Names


class ActionChange(Body):
    """What is left out stays."""

    name: str | None = Field(None, max_length=64)
    title: str | None = Field(None, max_length=200)
    description: str | None = Field(None, max_length=4_000)
    api_endpoint: str | None = Field(None, max_length=2_000, description="With {names} of the parameters in its path")
    request_type: str | None = Field(None, max_length=10, description="GET, POST, PUT, PATCH or DELETE")
    parameters: list[ParameterInput] | None = Field(None, max_length=100)
    body_type: str | None = Field(None, max_length=100)
    shown_fields: Names | None = Field(None, description="Of the answer, as dotted paths; empty: all")
    policy: PolicyInput | None = None
    enabled: bool | None = None
    pinned: bool | None = None
    tags: Names | None = None
    is_handoff_like: bool | None = None
    reads: bool | None = Field(None, description="It changes nothing, so that it may be tried again")
    idempotency_header: str | None = Field(None, max_length=100)
    context_headers: bool | None = None
    timeout: float | None = Field(None, ge=1, le=60)
    enabled_on_channel: Channels | None = Field(None, description="The same as policy.channels")


class ActionInput(ActionChange):
    name: str = Field(min_length=1, max_length=64)
    description: str = Field(min_length=1, max_length=4_000)
    api_endpoint: str = Field(min_length=1, max_length=2_000)
    request_type: str = Field("GET", max_length=10)


class Trial(Body):
    arguments: dict[str, Any] = Field(default_factory=dict, max_length=100)
    dry_run: bool = True


class VariableInput(Body):
    name: str = Field(min_length=1, max_length=100)
    kind: VariableKind
    field: str = Field(min_length=1, max_length=300, description="The header or query parameter; of basic the user name, of oauth2 the client id")
    value: str | None = Field(None, max_length=8_000, description="Sealed, and never given back")
    hosts: list[Annotated[str, Field(max_length=260)]] = Field(min_length=1, max_length=50)
    token_url: str = Field("", max_length=1_000)
    scope: str = Field("", max_length=1_000)


# Variables come first: `/actions/{id}` would take their word for an id.
@router.get("/actions/variables", responses=shows(described.Variables))
async def list_variables(world: Here, actor: Reader) -> Any:
    """The keys that go along with calls, never with their values."""
    return JSONResponse({"items": [_variable(one) for one in await variables.every(world, actor)]})


@router.post("/actions/variables", status_code=201, responses=shows(described.Variable, 201))
async def create_variable(world: Here, actor: Writer, body: VariableInput) -> Any:
    """Seal a key for the hosts that it is for."""
    return JSONResponse(_variable(await variables.create(world, actor, _read(VariableId(new_id()), body), body.value or "")), status_code=201)


@router.put("/actions/variables/{id}", responses=shows(described.Variable))
async def change_variable(world: Here, actor: Writer, id: UUID, body: VariableInput) -> Any:
    """Change a variable. Without a `value` the one that is set stays, for the hosts that it was given for."""
    return JSONResponse(_variable(await variables.change(world, actor, _read(VariableId(id), body), body.value)))


@router.delete("/actions/variables/{id}", status_code=204)
async def delete_variable(world: Here, actor: Writer, id: UUID) -> Response:
    """Delete a variable with its value."""
    await variables.delete(world, actor, VariableId(id))
    return Response(status_code=204)


class BuiltInChange(Body):
    """What is left out stays. Not every one has every rule."""

    on: bool | None = None
    confirm: bool | None = None
    approve: bool | None = None
    limit_per_contact_a_day: int | None = Field(None, ge=0, le=1_000)


@router.get("/actions/built-in", responses=shows(described.BuiltIns))
async def list_built_in(world: Here, actor: Reader) -> Any:
    """What the AI may have Glassine do itself."""
    return JSONResponse({"items": [_built_in(which, rule) for which, rule in (await built_in.rules(world, actor)).items()]})


@router.patch("/actions/built-in/{name}", responses=shows(described.BuiltIn))
async def change_built_in(world: Here, actor: Writer, name: str, body: BuiltInChange) -> Any:
    """Switch one of them, or change its rules. It is a version that can be undone."""
    named = {"limit_per_contact_a_day": "per_contact_a_day"}
    fields = {named.get(each, each): value for each in body.model_fields_set if (value := getattr(body, each)) is not None}
    rule, _ = await built_in.change(world, actor, name, **fields)
    return JSONResponse(_built_in(BuiltIn(name), rule))


def _built_in(which: BuiltIn, rule: BuiltInRule) -> dict[str, Any]:
    words = {"name": which, "title": built_in_rules.title(which), "description": built_in_rules.description(which)}
    return {**words, "on": rule.on, "confirm": rule.confirm, "approve": rule.approve, "limit_per_contact_a_day": rule.per_contact_a_day}


def _read(id: VariableId, body: VariableInput) -> Variable:
    return Variable(id=id, name=body.name, kind=body.kind, field=body.field, hosts=tuple(body.hosts), token_url=body.token_url, scope=body.scope)


def _variable(one: Variable) -> dict[str, Any]:
    return {
        "id": str(one.id), "name": one.name, "kind": one.kind, "field": one.field, "hosts": list(one.hosts), "token_url": one.token_url, "scope": one.scope,
        "updated_at": moment(one.updated_at) if one.updated_at else None,
    }


@router.get("/actions", responses=shows(described.Actions))
async def list_actions(world: Here, actor: Reader) -> Any:
    """All actions by name."""
    return JSONResponse({"items": [shape(one.action) for one in await definitions.listing(world, actor)], "next": None})


@router.post("/actions", status_code=201, responses=shows(described.Action, 201))
async def create_action(world: Here, actor: Writer, body: ActionInput) -> Any:
    """Set an action up. Parameters of the path that are not listed are filled in by the AI, as texts."""
    base = Action(id=ActionId(new_id()), name=body.name, title=body.title or body.name, description=body.description, method=body.request_type.upper(), url=body.api_endpoint)
    return JSONResponse(shape(await definitions.create(world, actor, _changed(base, body))), status_code=201)


@router.delete("/actions", responses=shows(described.Deleted))
async def delete_actions(world: Here, actor: Writer) -> Any:
    """Delete all actions. Their calls stay."""
    return JSONResponse({"deleted": len(await definitions.delete_all(world, actor))})


@router.get("/actions/{id}", responses=shows(described.Action))
async def get_action(world: Here, actor: Reader, id: UUID) -> Any:
    """One action."""
    return JSONResponse(shape(await definitions.one(world, actor, ActionId(id))))


@router.patch("/actions/{id}", responses=shows(described.Action))
async def change_action(world: Here, actor: Writer, id: UUID, body: ActionChange) -> Any:
    """Change the fields that are named: a new version."""
    before = await definitions.one(world, actor, ActionId(id))
    return JSONResponse(shape(await definitions.change(world, actor, _changed(before, body), read_version=before.version)))


@router.delete("/actions/{id}", status_code=204)
async def delete_action(world: Here, actor: Writer, id: UUID) -> Response:
    """Delete an action. Its calls stay, and a version of it can be brought back."""
    await definitions.delete(world, actor, ActionId(id))
    return Response(status_code=204)


@router.get("/actions/{id}/versions", responses=shows(described.Versions))
async def list_versions(world: Here, actor: Reader, id: UUID) -> Any:
    """What it was, newest first."""
    found = await definitions.versions(world, actor, ActionId(id))
    return JSONResponse({"items": [{"version": one.number, "action": shape(one.action), "by": one.by_name, "created_at": moment(one.created_at)} for one in found]})


@router.post("/actions/{id}/versions/{number}/restore", responses=shows(described.Action))
async def restore_version(world: Here, actor: Writer, id: UUID, number: int) -> Any:
    """Make an earlier version the newest one; a deleted action is back with it."""
    return JSONResponse(shape(await definitions.restore(world, actor, ActionId(id), number)))


@router.post("/actions/{id}/test", responses=shows(described.Tried))
async def try_action(world: Here, actor: Writer, id: UUID, body: Trial) -> Any:
    """See what would be sent, or (`dry_run` false) send it for real. Values are given for every parameter, whoever fills it in."""
    tried = await definitions.try_out(world, actor, await definitions.one(world, actor, ActionId(id)), body.arguments, dry=body.dry_run)
    request = {"method": tried.method, "url": tried.url, "headers": dict(tried.headers), "body": tried.body}
    return JSONResponse({"state": tried.state, "why": tried.why, "request": request, "status": tried.status, "milliseconds": tried.milliseconds, "answer": tried.answer, "model_sees": tried.seen, "says": tried.says})


@router.get("/actions/{id}/calls", responses=shows(described.Calls))
async def list_calls(world: Here, actor: Reader, id: UUID) -> Any:
    """Its newest calls, masked. Needs `chat-sessions:read` as well."""
    return JSONResponse({"items": [call_shape(one) for one in await definitions.calls_of(world, actor, ActionId(id))]})


def _changed(before: Action, body: ActionChange) -> Action:
    """With the fields that a request names."""
    given, names = body.model_fields_set, {"api_endpoint": "url", "request_type": "method", "body_type": "body", "is_handoff_like": "handoff_like", "shown_fields": "shown"}
    made: dict[str, Any] = {
        names.get(name, name): tuple(value) if isinstance(value, list) else value
        for name in given - {"parameters", "policy", "enabled_on_channel"} if (value := getattr(body, name)) is not None
    }
    if "method" in made:
        made["method"] = made["method"].upper()
    if body.parameters is not None:
        made["parameters"] = tuple(map(_parameter, body.parameters))
    policy = _policy(body.policy) if body.policy is not None else before.policy
    if body.enabled_on_channel is not None:
        policy = replace(policy, channels=tuple(body.enabled_on_channel.channels))
    return definitions.with_path(replace(before, policy=policy, **made))


def _parameter(given: ParameterInput) -> Parameter:
    return Parameter(
        name=given.name, where=Where(given.place), schema=given.json_schema, description=given.description, required=given.required or given.place == Where.PATH, filler=Filler(given.filled_by),
        value=given.value, source=given.source, takes=PiiType(given.takes) if given.takes else None,
    )


def _policy(given: PolicyInput) -> Policy:
    limits = Limits(per_contact_a_day=given.limit_per_contact_a_day, a_day=given.limit_a_day, amount=given.amount_parameter, most=given.amount_at_most)
    return Policy(
        channels=tuple(map(str, given.channels)), segments=tuple(map(SegmentId, given.segment_ids)), identity=IdentityLevel(given.identity), confirm=given.confirm, approve=given.approve,
        roles=tuple(map(str, given.approver_roles)), dry=given.dry_run, limits=limits,
    )


def shape(one: Action) -> dict[str, Any]:
    """The wire's object; what comes after `updated_at` is ours."""
    parts, policy = urlsplit(one.url), one.policy
    body = schema_of(replace(one, parameters=tuple(replace(each, filler=Filler.MODEL) for each in one.parameters if each.where is Where.BODY)), Filler.MODEL)
    payload = {
        "base_url": f"{parts.scheme}://{parts.netloc}", "path": parts.path, "method": one.method.lower(), "operationId": one.name, "summary": one.title, "description": one.description,
        "parameters": [{"name": each.name, "in": each.where, "description": each.description, "required": each.required, "schema": dict(each.schema)} for each in one.parameters if each.where is not Where.BODY],
        "requestBody": {"content": {one.body: {"schema": body}}, "description": "", "required": bool(body["required"])} if body["properties"] else None, "responses": {},
    }
    return {
        "id": str(one.id), "name": one.name, "description": one.description, "api_endpoint": one.url, "request_type": one.method, "operation_id": one.name, "payload": payload,
        "status": "live" if one.enabled else "disabled", "pinned": one.pinned, "tags": list(one.tags), "enabled_on_channel": {"channels": list(policy.channels)}, "is_handoff_like": one.handoff_like,
        "require_form_submission": any(each.filler is Filler.FORM for each in one.parameters), "created_at": moment(one.created_at) if one.created_at else None,
        "updated_at": moment(one.updated_at) if one.updated_at else None, "title": one.title, "version": one.version, "enabled": one.enabled, "origin": one.origin,
        "parameters": [_parameter_shape(each) for each in one.parameters], "body_type": one.body, "shown_fields": list(one.shown), "policy": _policy_shape(policy), "reads": one.reads,
        "idempotency_header": one.idempotency_header, "context_headers": one.context_headers, "timeout": one.timeout,
    }


def _parameter_shape(one: Parameter) -> dict[str, Any]:
    return {
        "name": one.name, "in": one.where, "schema": dict(one.schema), "description": one.description, "required": one.required, "filled_by": one.filler, "value": one.value,
        "source": one.source, "takes": one.takes,
    }


def _policy_shape(one: Policy) -> dict[str, Any]:
    return {
        "channels": list(one.channels), "segment_ids": [str(id) for id in one.segments], "identity": one.identity, "confirm": one.confirm, "approve": one.approve,
        "approver_roles": list(one.roles), "dry_run": one.dry, "limit_per_contact_a_day": one.limits.per_contact_a_day, "limit_a_day": one.limits.a_day,
        "amount_parameter": one.limits.amount, "amount_at_most": one.limits.most,
    }


def call_shape(one: Call) -> dict[str, Any]:
    """A call as programs see it, masked."""
    return {
        "id": str(one.id), "session_id": str(one.session), "turn_id": str(one.turn) if one.turn else None, "action_id": str(one.action) if one.action else None, "name": one.name, "version": one.version,
        "arguments": dict(one.arguments), "state": one.state, "why": one.why, "status": one.status, "answer": one.seen, "says": one.says, "by": one.by_name or None, "milliseconds": one.milliseconds,
        "created_at": moment(one.created_at) if one.created_at else None, "settled_at": moment(one.settled_at) if one.settled_at else None,
    }
