"""Actions in words: calls to a company's own API that the AI may ask for, who fills in what, and what has to happen before one runs.

The policy stands here and is applied outside the model (story/actions/acting.py): no words of a model, a passage or a customer change it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

from glassine.words.ids import SegmentId, SessionId, TurnId
from glassine.words.privacy import PiiType

ActionId = NewType("ActionId", UUID)
CallId = NewType("CallId", UUID)


class Where(StrEnum):
    """Where a parameter stands in the request."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    BODY = "body"


class Filler(StrEnum):
    """Who fills a parameter in. Only those of the model stand in the spec it sees."""

    MODEL = "model"
    CONTACT = "contact"  # the contact's own data: `source` names which; never what the model or the customer says it is
    FIXED = "fixed"
    FORM = "form"  # the customer, in a form


class BuiltIn(StrEnum):
    """What Glassine does itself when a model asks for it, by the names that models call. No request leaves for any of it but an e-mail."""

    HAND_OFF = "hand_off_to_team"
    COLLECT = "collect_input"
    RESOLVE = "resolve_conversation"
    EMAIL = "send_email"
    CSAT = "request_rating"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltInRule:
    """What an organisation lets one of them do: whether it is offered, what has to happen first, and how often a day for one contact (0: no limit)."""

    on: bool = False
    confirm: bool = False
    approve: bool = False
    per_contact_a_day: int = 0


class IdentityLevel(StrEnum):
    """How sure it must be who is asking."""

    ANYONE = "anyone"
    VERIFIED = "verified"  # the site vouched for the contact
    CODE = "code"  # a one-time code that was sent to the contact's own address or number, in this session


class CallState(StrEnum):
    """Where a call stands. Every call that was asked for is kept, refused ones too."""

    REFUSED = "refused"  # by the policy; `why` says by which rule
    FORM = "form"  # waits for the customer to fill in a form
    CODE = "code"  # waits for a one-time code
    CONFIRM = "confirm"  # waits for the customer's yes
    APPROVAL = "approval"  # waits for a person of the team
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # it had no effect, as far as can be told
    UNKNOWN = "unknown"  # sent, and no answer came: whether it had an effect is not known
    DECLINED = "declined"  # the customer or the team said no
    EXPIRED = "expired"  # nobody said anything in time
    DRY = "dry"  # would have run; the action is on trial


# Why some calls ended, as it is kept with them.
LATE, UNDECIDED = "Nobody said yes in time.", "Nobody of the team decided within 24 hours."
TAKEN_BACK, REPLACED = "The customer said no.", "The customer asked for something else instead."

WAITING = frozenset({CallState.FORM, CallState.CODE, CallState.CONFIRM, CallState.APPROVAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One value that a call needs. `schema` is JSON Schema (draft 2020-12) of the value."""

    name: str
    where: Where
    schema: Mapping[str, Any]
    description: str = ""
    required: bool = False
    filler: Filler = Filler.MODEL
    value: Any = None  # of FIXED
    source: str = ""  # of CONTACT: email, phone_number, name, id, external_id or custom_data.KEY
    takes: PiiType | None = None  # the type of a masked value that is put back here, and nowhere else


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """0 and None mean no limit. Days are the organisation's, counted by started calls."""

    per_contact_a_day: int = 0
    a_day: int = 0
    amount: str = ""  # the name of the parameter that is an amount
    most: float | None = None  # of it in one call


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Who may have an action called, and what has to happen first. Empty channels, segments and roles mean all."""

    channels: tuple[str, ...] = ("web",)
    segments: tuple[SegmentId, ...] = ()
    identity: IdentityLevel = IdentityLevel.ANYONE
    confirm: bool = False  # by the customer, who sees what is going to be done
    approve: bool = False  # by a person of the team
    roles: tuple[str, ...] = ()  # of those who may approve
    dry: bool = False
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A call that the AI may ask for. `name` is what the model calls it by; `shown` names the fields of the answer that it may see (dotted paths; empty: all)."""

    id: ActionId
    name: str
    title: str
    description: str
    method: str
    url: str  # with `{names}` of path parameters
    parameters: tuple[Parameter, ...] = ()
    body: str = "application/json"  # media type of the body
    shown: tuple[str, ...] = ()
    policy: Policy = Policy()
    enabled: bool = True
    pinned: bool = False  # always among those that the model sees
    tags: tuple[str, ...] = ()
    handoff_like: bool = False
    reads: bool = False  # it changes nothing: may be retried, and run beside others
    idempotency_header: str = ""  # carries the call's id, and makes a retry safe
    context_headers: bool = False
    timeout: float = 20  # seconds
    origin: str = ""  # the import it came with; empty: made by hand
    does: BuiltIn | None = None  # done by Glassine itself; such an action stands in no store
    version: int = 1
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as inspect shows it. `arguments` are what the model (and the customer, in a form) gave, masked; `seen` is what the model saw of the answer."""

    id: CallId
    session: SessionId
    turn: TurnId | None
    action: ActionId | None  # None: there is no such action
    name: str
    version: int
    arguments: Mapping[str, Any]
    state: CallState
    why: str = ""
    status: int | None = None  # of HTTP
    seen: str = field(default="", repr=False)
    says: str = ""  # what is going to be done, in a sentence for whoever confirms or approves
    by: UUID | None = None  # the person who approved or declined
    by_name: str = ""
    milliseconds: float | None = None
    created_at: datetime | None = None
    settled_at: datetime | None = None

    @property
    def undecided(self) -> bool:
        """Whether it ended because the team said nothing."""
        return self.state is CallState.EXPIRED and self.why == UNDECIDED


VariableId = NewType("VariableId", UUID)


class VariableKind(StrEnum):
    """How a key goes along."""

    HEADER = "header"
    QUERY = "query"
    BASIC = "basic"  # a user name and a password
    OAUTH2 = "oauth2"  # client credentials; the token is fetched and kept until it expires


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A key that goes along with calls to `hosts`, and to no others. Its value is sealed and stands nowhere here."""

    id: VariableId
    name: str
    kind: VariableKind
    field: str  # the header or query parameter; of BASIC the user name, of OAUTH2 the client's id
    hosts: tuple[str, ...]
    token_url: str = ""
    scope: str = ""
    updated_at: datetime | None = None
