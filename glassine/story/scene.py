"""What a turn starts from and what it thinks with. Decides who answers, and writes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from glassine.edge.llm import Llm, Purpose
from glassine.rules import autopilot, enclosed, extract, office_hours, routing, topic_scores
from glassine.rules.meant import Heard
from glassine.rules.when_back import when_back
from glassine.store.sessions import Mode
from glassine.story.evidence import Conditions
from glassine.story.search import sight
from glassine.story.search.finding import Shelf, Sought
from glassine.words.actions import WAITING, Call
from glassine.words.autopilot import Hours, Rulebook, Scored, Stance, Topics
from glassine.words.handoffs import HandoffRules, Standing
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId, SegmentId
from glassine.words.knowledge import Viewer
from glassine.words.routing import Routing
from glassine.words.scenarios import Met
from glassine.words.sessions import Event, Session
from glassine.words.turns import HandOff, Reason, ToolCall, ToolSpec

_LANGUAGE = "en"  # where the organisation names none either


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a turn starts from, read in one round trip."""

    org: OrgId
    session: Session
    mode: Mode
    settings: OrgSettings
    history: tuple[Event, ...]  # the newest messages, oldest first; the last of the customer's is the one to answer
    message: Event
    rulebook: Rulebook = field(default_factory=Rulebook)
    at: datetime | None = None  # when the turn began, where there are office hours
    terms: autopilot.Terms | None = None  # what the rulebook says of the message (terms.py); None: not looked up yet
    about: tuple[Scored, ...] = ()  # the topics it is about, the surest first
    segments: frozenset[SegmentId] | None = None  # the contact's, where the rollout asks for them; None: not looked up yet
    standing: Standing = field(default_factory=Standing)  # what a handoff depends on beside what is said
    heard: Heard | None = None  # what the message's vector says of its writer, once it is known
    conditions: Conditions | None = None  # what the turn depends on beside the conversation, to be kept with it
    waits_until: datetime | None = None  # a person is writing the reply, and the AI waits
    calls: tuple[Call, ...] = ()  # of actions in this session, oldest first
    scenarios: tuple[Met, ...] | None = None  # what the organisation tells beside the articles; None: not looked up yet
    helpdesks: frozenset[UUID] = frozenset()  # those that can be handed to
    debug: bool = False  # the evidence holds more than the outcome needs
    shelf: Shelf | None = None  # what a search for the customer reads

    @property
    def language(self) -> str:
        """The customer's, or as long as that is not known the organisation's first."""
        return self.session.language or next(iter(self.settings.languages), _LANGUAGE)

    @property
    def waiting(self) -> Call | None:
        """The call that waits for the customer or for the team."""
        return next((call for call in self.calls if call.state in WAITING), None)

    @property
    def viewer(self) -> Viewer:
        """Whose eyes it searches with: the team's for a draft, else the customer's."""
        return sight.viewer_of(self.session, decided(self).kind)


class NoLonger(Exception):
    """The turn is not wanted any more: the customer wrote again, somebody took over, or all AI was switched off. Nothing further is called."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


async def _no_answer(wanted: ToolCall) -> Call:
    raise AssertionError(f"{wanted.name} is not offered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """What may be called in a turn: as the model hears of it, which of it only reads, and how to ask for a call. Raises NoLonger."""

    specs: tuple[ToolSpec, ...] = ()
    reads: frozenset[str] = frozenset()
    ask: Callable[..., Awaitable[Call]] = _no_answer  # with the call, and why its words may not be shown, where they may not


async def _nothing_to_call() -> Acting:
    return Acting()


async def _as_it_is(call: Call, yes: bool) -> Call:
    del yes
    return call


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a turn thinks with: its own, or those of somebody who asks what another search, model or rule would have made of it."""

    search: Callable[[str], Awaitable[Sought]]
    model: Callable[[], Awaitable[Llm | None]]
    tell: Callable[[str], None]  # the step that begins, for whoever watches
    purpose: Purpose = "model"  # of the model's crossing
    instructions: str = ""  # for the model, after the rules
    thresholds: extract.Thresholds | None = None  # None: as the organisation set them
    acting: Callable[[], Awaitable[Acting]] = _nothing_to_call
    go_on: Callable[[Call, bool], Awaitable[Call]] = _as_it_is  # with the customer's yes or no to a call that waits
    showing: Callable[[], Callable[[str], None] | None] = lambda: None  # where sentences that passed can be shown while the rest is written


def decided(scene: Scene) -> autopilot.Decision:
    """Who answers this scene's message, by the rules."""
    return autopilot.decide(scene.session, scene.mode.autopilot, scene.message.text, ai_off=scene.settings.ai_off, files=bool(enclosed.enclosed(scene.message)), terms=_terms(scene))


def _terms(scene: Scene) -> autopilot.Terms:
    """What the rulebook says of the message; a topic hands off unless that trigger is off."""
    found = scene.terms or autopilot.Terms()
    return found if not found.prohibited or HandoffRules.read(scene.rulebook.part("handoff")).triggers.topic else replace(found, prohibited=False)


def hand_off(scene: Scene, reasons: Sequence[Reason], evidence: Sequence[str] = ()) -> HandOff:
    """The handoff for these reasons, with the topic if that is one of them. `evidence`: what showed that it was time."""
    hours, minutes = Hours.read(scene.rulebook.part("hours")), scene.settings.patience
    opens = office_hours.back(hours, scene.at, minutes) if scene.at else None
    back = when_back(opens, scene.at, hours.zone, scene.language) if opens and scene.at else ""
    made = autopilot.hand_off(reasons, scene.history, language=scene.language, minutes=minutes, back=back, evidence=evidence, heard=scene.heard)
    made = replace(made, place=routing.place(Routing.read(scene.rulebook.part("routing")), scene.session.channel, scene.helpdesks))
    topic = next((one for one in scene.about if one.stance is Stance.HANDS_OFF), None) if Reason.PROHIBITED_TOPIC in reasons else None
    least = Topics.read(scene.rulebook.part("topics")).least
    return replace(made, topic=topic.topic, topic_score=topic.score) if topic and topic_scores.together(scene.about, Stance.HANDS_OFF) >= least else made
