"""What answers look like, for the OpenAPI description only: answers themselves are written by shapes.py, and a test holds the two together."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel

from glassine.words.boundaries import Direction, Stage
from glassine.words.knowledge import Audience
from glassine.words.privacy import PiiType, Treatment
from glassine.words.sessions import Autopilot, ChannelKind, Status

Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    items: list[Item]
    next: str | None


class Contact(BaseModel):
    """Everything but the id and the times is null for a key that may not read contacts."""

    id: UUID
    email: str | None
    phone_number: str | None
    name: str | None
    custom_data: dict[str, Any] | None
    non_verified_email: str | None
    non_verified_name: str | None
    non_verified_custom_data: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime


class Channel(BaseModel):
    type: ChannelKind


class Assignee(BaseModel):
    kind: str
    name: str | None


class Session(BaseModel):
    id: UUID
    status: Status
    channel: Channel
    ticket_number: int
    contact: Contact
    assignee: Assignee
    assignee_id: UUID | None
    language: str | None
    summary: str | None
    sentiment: str | None
    custom_data: dict[str, Any]
    handoff: dict[str, str | None] | None
    created_at: datetime
    updated_at: datetime


class AutopilotValue(BaseModel):
    error: bool
    content: str


class AutopilotResponse(BaseModel):
    type: str
    id: UUID
    value: AutopilotValue
    mightSolveUserIssue: bool  # noqa: N815 - the wire's name


class SentData(BaseModel):
    success: bool
    code: str | None
    sessionIsHandedOff: bool  # noqa: N815 - the wire's name
    id: UUID | None = None
    autopilotResponse: AutopilotResponse | None = None  # noqa: N815 - the wire's name
    formSubmission: dict[str, Any] | None = None  # noqa: N815 - the wire's name


class Sent(BaseModel):
    success: bool
    data: SentData


class HistoryItem(BaseModel):
    """`event` has a `type` and a `sender`; the rest depends on the type."""

    id: UUID
    created_at: datetime
    event: dict[str, Any]


class Turns(BaseModel):
    session_id: UUID
    turns: list[dict[str, Any]]
    summaries: list[dict[str, Any]]


class Vouched(BaseModel):
    token: str
    contact: dict[str, UUID]


class Hit(BaseModel):
    passage_id: UUID
    article_id: UUID
    title: str
    heading: str
    text: str
    url: str | None
    audience: Audience
    score: float
    similarity: float
    best_sentence: str
    scores: dict[str, float]
    also: list[str]  # titles of other articles that say the same in nearly the same words


class Hits(BaseModel):
    items: list[Hit]


class Finding(BaseModel):
    start: int
    end: int
    type: PiiType


class Preview(BaseModel):
    text: str
    findings: list[Finding]


class SigningKey(BaseModel):
    algorithm: Literal["Ed25519"]
    public_key: str
    fingerprint: str


class Pattern(BaseModel):
    id: UUID
    name: str
    pattern: str
    context: list[str]
    treatment: Treatment
    on: bool


class RedactionPolicy(BaseModel):
    """`channels` has what differs there; a type that a channel does not name is treated as in `types`."""

    version: int
    types: dict[PiiType, Treatment]
    channels: dict[ChannelKind, dict[PiiType, Treatment]]
    patterns: list[Pattern]


class Mode(BaseModel):
    channel: ChannelKind
    autopilot: Autopilot


class Modes(BaseModel):
    items: list[Mode]


class Token(BaseModel):
    token: str


class WidgetSession(BaseModel):
    id: UUID
    ticketNumber: int  # noqa: N815 - the wire's name
    isHandedOff: bool  # noqa: N815 - the wire's name
    isOpened: bool  # noqa: N815 - the wire's name
    assignee: Assignee
    channel: ChannelKind
    isVerified: bool  # noqa: N815 - the wire's name
    createdAt: datetime  # noqa: N815 - the wire's name
    updatedAt: datetime  # noqa: N815 - the wire's name


class WidgetRow(BaseModel):
    publicId: UUID  # noqa: N815 - the wire's name
    type: str
    content: dict[str, str]
    sender: dict[str, str | None]
    sentAt: datetime  # noqa: N815 - the wire's name
    attachments: list[dict[str, Any]] | None
    systemMessagePayload: dict[str, Any]  # noqa: N815 - the wire's name
    actionCalls: list[dict[str, Any]] | None  # noqa: N815 - the wire's name
    waiting: dict[str, Any] | None
    sources: list[dict[str, Any]]
    isRemoved: bool  # noqa: N815 - the wire's name


class Polled(BaseModel):
    session: WidgetSession
    history: list[WidgetRow]


class WidgetSent(BaseModel):
    """With `success` false, `error` holds a sentence for the visitor."""

    success: bool
    code: str | None = None
    sessionIsHandedOff: bool | None = None  # noqa: N815 - the wire's name
    autopilotResponse: AutopilotResponse | None = None  # noqa: N815 - the wire's name
    formSubmission: dict[str, Any] | None = None  # noqa: N815 - the wire's name
    session: WidgetSession | None = None
    error: dict[str, str | None] | None = None


class Executed(BaseModel):
    """`response` is what the action answered, as far as it is shown; `state` is where the call stands now."""

    action: dict[str, Any]
    state: str


class CallState(BaseModel):
    """`state` is where the call stands now, `why` a sentence where it was refused or failed."""

    id: UUID
    action: str
    state: str
    why: str


class Done(BaseModel):
    success: bool


class Uploaded(BaseModel):
    fileName: str  # noqa: N815 - the wire's name
    fileUrl: str  # noqa: N815 - the wire's name


class WidgetConfig(BaseModel):
    org: dict[str, str]
    sessionsPollingIntervalSeconds: int  # noqa: N815 - the wire's name
    sessionPollingIntervalSeconds: int  # noqa: N815 - the wire's name
    modes: list[dict[str, Any]]


class Switched(BaseModel):
    """`off_since` and `off_by` are null while it is on."""

    name: str
    enabled: bool
    off_since: datetime | None
    off_by: str | None


class FarSide(BaseModel):
    who: str
    where: str
    detail: str


class Crossed(BaseModel):
    """`masked`: placeholders by type; `raw`: values in the clear, where that is what the boundary is for; `stopped`: found and held back."""

    unit: str
    count: int
    refused: int
    bytes: int | None
    last: datetime | None
    masked: dict[str, int]
    raw: dict[str, int]
    stopped: dict[str, int]


class Boundary(BaseModel):
    """`enabled`: its own switch is on; `open`: all AI is not off either, where that shuts it. `crossed` is null where nothing is counted."""

    name: str
    title: str
    direction: Direction
    stage: Stage
    carries: str
    protected: str
    enabled: bool
    open: bool
    off_since: datetime | None
    off_by: str | None
    switch: bool
    when_off: str | None
    why_no_switch: str | None
    through_the_gate: bool
    other_side: list[FarSide]
    crossed: Crossed | None


class Step(BaseModel):
    stage: Stage
    title: str
    what: str


class AiState(BaseModel):
    enabled: bool
    off_since: datetime | None
    off_by: str | None


class Retention(BaseModel):
    """`days` is null where no rule is set: then `until` says how long."""

    kind: str
    title: str
    sealed: str
    days: int | None
    until: str


class LedgerHead(BaseModel):
    seq: int
    link: str
    sealed_at: datetime


class DataMap(BaseModel):
    """`path` is a message's way, in order. `left_in_the_clear` names by channel (`all`: the others) what the policy does not mask.
    `ledger` is null before anything was sealed."""

    organization: str
    at: datetime
    since: datetime
    ai: AiState
    path: list[Step]
    boundaries: list[Boundary]
    left_in_the_clear: dict[str, list[PiiType]]
    retention: list[Retention]
    ledger: LedgerHead | None


def shows(model: Any, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that answers with this."""
    return {status: {"model": model}}
