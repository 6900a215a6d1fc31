"""A turn in words: one customer message becomes one outcome, each with its reasons and the evidence that inspect shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from glassine.words.actions import Call
from glassine.words.ids import EventId
from glassine.words.knowledge import Audience, Hit
from glassine.words.routing import Place


class Reason(StrEnum):
    """Why an outcome was chosen. The first group are the wire's handoff reasons (handoff analytics)."""

    USER_REQUESTED_HUMAN = "user_requested_human_assistance"
    INSUFFICIENT_KNOWLEDGE = "insufficient_knowledge"
    PROHIBITED_TOPIC = "prohibited_topic"
    LOW_CONFIDENCE = "low_confidence"
    AUTOPILOT_OFF = "autopilot_off"
    AI_OFF = "ai_off"
    ASSIST_ONLY = "assist_only"
    OWNED_BY_PERSON = "session_assigned_to_human_agent"
    SESSION_CLOSED = "session_closed"
    OVERTAKEN = "response_cancelled"
    MODEL_FAILED = "model_failed"
    STOPPED_AT_GATE = "stopped_at_gate"
    NOT_GROUNDED = "not_grounded"
    ANSWERED_FROM_KNOWLEDGE = "answered_from_knowledge"
    DID_YOU_MEAN = "did_you_mean"
    GREETING = "greeting"
    ACTION_ANSWERED = "action_answered"  # the reply tells what an action's call brought
    ACTION_WAITS = "action_waits"  # a call waits for the customer's yes, form or code, or for somebody of the team
    ACTION_DECLINED = "action_declined"
    ACTION_EXPIRED = "action_expired"  # the team did not decide on a call in time
    ACTION_FAILED = "action_failed"
    NOT_IN_ROLLOUT = "not_in_rollout"  # the AI answers only some sessions, and this is none of them
    OFFICE_HOURS = "office_hours"  # the AI answers at other times
    NO_ASSIST_TOPIC = "no_assist_topic"  # nothing is drafted about this
    UNHELPFUL_DRAFT = "skipping_unuseful_response"  # a draft that would help nobody
    INTERNAL_ERROR = "internal_error"
    FRUSTRATION = "frustration"
    REPEAT_CONTACT = "repeat_contact"
    REOPENED = "reopened"
    LOOP = "loop"
    TIME_LIMIT = "time_limit"
    HANDOFF_DECLINED = "handoff_declined"  # a person was asked for, and none is given
    ASKED_BACK = "asked_back"  # what it is about, before people take over
    PERSON_TYPING = "person_is_typing"  # the turn waits: it is written nowhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a reply cites: 'Article › Section' and, when readers can open it, its address."""

    title: str
    url: str | None
    article: str
    section: str = ""  # the anchor of the section in the article's page; empty: the whole
    audience: Audience = Audience.PUBLIC


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Goes to the customer. `text` still holds placeholders; they are restored only on the customer's own channel."""

    text: str
    reasons: tuple[Reason, ...]
    sources: tuple[Source, ...] = ()
    resolves: bool = False  # the reply may have solved it: the widget asks "was this helpful"
    choices: tuple[str, ...] = ()  # what the customer may pick from: the widget shows buttons that send these words
    notice: str = ""  # what a reply that answers nothing is for: see rules/handing_off.py
    call: Mapping[str, Any] | None = None  # the call that waits for the customer: its id, what it waits for and what would be done


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A draft for the team, as a private note (Assist)."""

    text: str
    reasons: tuple[Reason, ...]
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOff:
    """To people. `told` is what the customer reads next; `summary` what the team reads first."""

    reasons: tuple[Reason, ...]
    summary: str
    told: str
    sentiment: str | None = None
    language: str | None = None
    evidence: tuple[str, ...] = ()  # what showed that it was time, in words for the team; masked
    draft: Suggestion | None = None  # what the AI would have said, for whoever takes it (Assist)
    topic: str = ""  # the one it was handed off for, with how sure that is
    topic_score: float = 0.0
    place: Place = field(default_factory=Place)  # whose it is from now on, and which helpdesk gets a ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Nothing is said: somebody else owns the session, or a newer message overtook the turn."""

    reasons: tuple[Reason, ...]


Outcome = Reply | Suggestion | HandOff | Silence


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """An action as the model sees it: `parameters` is the JSON Schema of an object that holds only what the model fills in."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """What the model wants called, with its arguments as it wrote them. `id` is the provider's."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptMessage:
    """One message. `calls` stand on the assistant's; a message of the role `tool` answers the call whose id is `answers`."""

    role: str  # system | user | assistant | tool
    content: str
    calls: tuple[ToolCall, ...] = ()
    answers: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Every word the model sees, and an estimate of its size. Stored whole: inspect shows exactly this."""

    messages: tuple[PromptMessage, ...]
    tokens: int  # estimated, model-independent; tools count too
    tools: tuple[ToolSpec, ...] = ()
    shown: int | None = None  # how many of the hits it shows; None: as many as fit where no tools take their room
    longest: int = 0  # tokens that the answer may have; 0: as many as an answer to a customer
    schema: Mapping[str, Any] | None = None  # JSON Schema of an object that the answer shall be, for servers that can hold a model to it


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReply:
    """What a model answered: `text` as it came, and what the provider counted. With `calls` the text may be empty."""

    text: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0  # of the prompt's, those that the provider had read before
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One model call of a turn that was not its last: what the model said or wanted, and what it was told next. Masked. Its request stands among the trace's `asked`."""

    said: PromptMessage
    heard: tuple[PromptMessage, ...]
    model: str
    usage: Mapping[str, int]
    milliseconds: float


@dataclass(slots=True, kw_only=True)
class Asked:
    """One request to a language model: the body exactly as it was sent, and how it ended, filled in when it has."""

    endpoint: str  # what people call whoever was asked
    wire: str
    model: str
    request: dict[str, Any]
    failed: str = ""  # the kind of failure and a sentence of ours
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    milliseconds: float = 0.0


@dataclass(slots=True, kw_only=True)
class Trace:
    """What one turn saw and did, filled step by step: the evidence behind its outcome. Holds masked text only."""

    message: EventId
    query: str = ""
    decision: str = ""
    masked: dict[str, int] = field(default_factory=dict)
    hits: tuple[Hit, ...] = ()
    used: tuple[str, ...] = ()  # passage ids
    prompt: Prompt | None = None  # as the first call had it
    rounds: list[Round] = field(default_factory=list)  # the model calls before the last
    asked: list[Asked] = field(default_factory=list)  # every request to a language model, in order
    called: list[Call] = field(default_factory=list)  # calls of actions, refused ones too, in order
    answer: str | None = None  # the model's words before grounding
    model: str = "extractive"
    usage: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)  # milliseconds by step
    given: dict[str, Any] = field(default_factory=dict)  # what the turn started from: see story/inspection/replaying.py
    debug: dict[str, Any] = field(default_factory=dict)  # in debug mode, what the outcome did not need
