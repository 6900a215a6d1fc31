"""What answers about actions look like, for the OpenAPI description only; a test holds the two together. Parameters and policy are also what requests hold."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from glassine.words.actions import CallState, Filler, IdentityLevel, VariableKind, Where
from glassine.words.people import Role
from glassine.words.privacy import PiiType
from glassine.words.sessions import ChannelKind


class ParameterShown(BaseModel):
    """One value of a call, and who fills it in."""

    model_config = ConfigDict(populate_by_name=True)

    name: str = Field(min_length=1, max_length=200)
    place: Where = Field(alias="in")
    json_schema: dict[str, Any] = Field(default_factory=lambda: {"type": "string"}, alias="schema")
    description: str = Field("", max_length=2_000)
    required: bool = False
    filled_by: Filler = Filler.MODEL
    value: Any = Field(None, description="Of one that is fixed")
    source: str = Field("", max_length=120, description="Of the contact's own data: email, phone_number, name, id, external_id or custom_data.KEY")
    takes: PiiType | None = Field(None, description="The type of a masked value that is put back here")


class PolicyShown(BaseModel):
    """Empty channels, segments and roles mean all."""

    channels: list[ChannelKind] = Field(default_factory=lambda: [ChannelKind.WEB], max_length=20)
    segment_ids: list[UUID] = Field(default_factory=list, max_length=50)
    identity: IdentityLevel = IdentityLevel.ANYONE
    confirm: bool = Field(False, description="The customer sees what would be done and has to say yes")
    approve: bool = Field(False, description="A person of the team has to say yes")
    approver_roles: list[Role] = Field(default_factory=list, max_length=4)
    dry_run: bool = Field(False, description="On trial: nothing is sent")
    limit_per_contact_a_day: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    limit_a_day: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    amount_parameter: str = Field("", max_length=200)
    amount_at_most: Annotated[float, Field(ge=0, lt=1e12)] | None = None


class On(BaseModel):
    channels: list[str]


class Place(BaseModel):
    name: str
    place: Where = Field(alias="in")
    description: str
    required: bool
    json_schema: dict[str, Any] = Field(alias="schema")


class RequestBody(BaseModel):
    content: dict[str, Any]
    description: str
    required: bool


class Payload(BaseModel):
    base_url: str
    path: str
    method: str
    operationId: str  # noqa: N815 - the wire's name
    summary: str
    description: str
    parameters: list[Place]
    requestBody: RequestBody | None  # noqa: N815 - the wire's name
    responses: dict[str, Any]


class Action(BaseModel):
    id: UUID
    name: str
    description: str
    api_endpoint: str
    request_type: str
    operation_id: str
    payload: Payload
    status: str
    pinned: bool
    tags: list[str]
    enabled_on_channel: On
    is_handoff_like: bool
    require_form_submission: bool
    created_at: datetime | None
    updated_at: datetime | None
    title: str
    version: int
    enabled: bool
    origin: str
    parameters: list[ParameterShown]
    body_type: str
    shown_fields: list[str]
    policy: PolicyShown
    reads: bool
    idempotency_header: str
    context_headers: bool
    timeout: float


class Actions(BaseModel):
    items: list[Action]
    next: str | None


class Deleted(BaseModel):
    deleted: int


class Version(BaseModel):
    version: int
    action: Action
    by: str
    created_at: datetime


class Versions(BaseModel):
    items: list[Version]


class Sent(BaseModel):
    method: str
    url: str
    headers: dict[str, str]
    body: str


class Tried(BaseModel):
    state: CallState
    why: str
    request: Sent
    status: int | None
    milliseconds: float
    answer: Any
    model_sees: str
    says: str


class Call(BaseModel):
    id: UUID
    session_id: UUID
    turn_id: UUID | None
    action_id: UUID | None
    name: str
    version: int
    arguments: dict[str, Any]
    state: CallState
    why: str
    status: int | None
    answer: str
    says: str
    by: str | None
    milliseconds: float | None
    created_at: datetime | None
    settled_at: datetime | None


class Calls(BaseModel):
    items: list[Call]


class Variable(BaseModel):
    id: UUID
    name: str
    kind: VariableKind
    field: str
    hosts: list[str]
    token_url: str
    scope: str
    updated_at: datetime | None


class BuiltIn(BaseModel):
    name: str
    title: str
    description: str
    on: bool
    confirm: bool
    approve: bool
    limit_per_contact_a_day: int


class BuiltIns(BaseModel):
    items: list[BuiltIn]


class Variables(BaseModel):
    items: list[Variable]
