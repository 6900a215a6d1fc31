"""Who answers a message: the AI, a person, or nobody. And what the team reads first when it is a person. Pure; it finds and writes no answer."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from glassine.rules import asks, office_hours, phrases, tone, topic_scores
from glassine.rules.meant import Heard
from glassine.rules.small_talk import small_talk
from glassine.words.autopilot import Assist, Hours, Rollout, Rulebook, Scored, Slice, Stance, Team, Topics
from glassine.words.ids import SegmentId, SessionId
from glassine.words.people import ActorKind
from glassine.words.sessions import Autopilot, Event, EventType, OwnerKind, Session
from glassine.words.turns import HandOff, Reason

_MOST_OF_A_MESSAGE = 300  # characters of one message in a summary


class Kind(StrEnum):
    """What is to be done with a customer's message."""

    ANSWER = "answer"
    ASSIST = "assist"  # draft a note for the team
    HAND_OFF = "hand_off"
    STAY_SILENT = "stay_silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    kind: Kind
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the rulebook says of one message. `barred`: why the AI answers this session as little as if autopilot were off. `drafts`: it drafts for people here whatever the mode."""

    barred: Reason | None = None
    prohibited: bool = False
    no_assist: bool = False
    drafts: bool = False


def terms(rulebook: Rulebook, session: Session, language: str, now: datetime | None, segments: Collection[SegmentId], about: Sequence[Scored]) -> Terms:
    """`segments` are the contact's, and `about` the topics that the message is about, with how sure that is. Without a `now` there are no office hours."""
    topics, drafts = Topics.read(rulebook.part("topics")), session.channel in Assist.read(rulebook.part("assist")).channels
    barred = None if included(Rollout.read(rulebook.part("rollout")).on(session.channel), session, language, segments) else Reason.NOT_IN_ROLLOUT
    hours = Hours.read(rulebook.part("hours"))
    if barred is None and now is not None and hours.week and hours.answers is not Team.ALWAYS and office_hours.is_open(hours, now) is not (hours.answers is Team.IN):
        barred = Reason.OFFICE_HOURS
    return Terms(barred=barred, prohibited=topic_scores.left_to_people(topics, about), no_assist=topic_scores.together(about, Stance.NO_ASSIST) >= topics.least, drafts=drafts)


def included(slice: Slice, session: Session, language: str, segments: Collection[SegmentId]) -> bool:
    """Whether the AI answers this session. A session stays in or out; a larger share only adds some."""
    if slice.share < place(session.id):
        return False
    return (not slice.segments or not set(slice.segments).isdisjoint(segments)) and (not slice.languages or language in slice.languages)


def place(session: SessionId) -> int:
    """The smallest share, of a hundred, that holds this session."""
    return int.from_bytes(hashlib.sha256(session.bytes).digest()[:4]) % 100 + 1


def decide(session: Session, mode: Autopilot, text: str, *, ai_off: bool = False, files: bool = False, terms: Terms = Terms()) -> Decision:
    """The first rule that fits decides: state of the session, the switch for all AI, owner, mode of the channel, the rulebook. What the conversation sets off besides is decided in handing_off.py.

    `text` is masked; `files`: something was read in what came with it.
    """
    if not session.open:
        return Decision(kind=Kind.STAY_SILENT, reasons=(Reason.SESSION_CLOSED,))
    if ai_off:
        return Decision(kind=Kind.HAND_OFF if session.owner.kind is OwnerKind.AI else Kind.STAY_SILENT, reasons=(Reason.AI_OFF,))
    if session.owner.kind is not OwnerKind.AI:
        return _owned_by_people(session, mode, terms)
    if mode is Autopilot.OFF:
        return Decision(kind=Kind.HAND_OFF, reasons=(Reason.AUTOPILOT_OFF,))
    if terms.barred is not None:
        return Decision(kind=Kind.HAND_OFF, reasons=(terms.barred,))
    if mode is Autopilot.ASSIST:
        return Decision(kind=Kind.HAND_OFF, reasons=(Reason.ASSIST_ONLY, Reason.NO_ASSIST_TOPIC)) if terms.no_assist else Decision(kind=Kind.ASSIST, reasons=(Reason.ASSIST_ONLY,))
    if terms.prohibited:
        return Decision(kind=Kind.HAND_OFF, reasons=(Reason.PROHIBITED_TOPIC,))
    if not files and not any(letter.isalnum() for letter in text):  # only a picture, or only signs: nothing here to look up
        return Decision(kind=Kind.HAND_OFF, reasons=(Reason.INSUFFICIENT_KNOWLEDGE,))
    return Decision(kind=Kind.ANSWER)


def _owned_by_people(session: Session, mode: Autopilot, terms: Terms) -> Decision:
    """The AI never speaks again in a session that people own, until it is handed back; it may draft for the team."""
    if (mode is Autopilot.ASSIST or terms.drafts) and session.owner.kind is not OwnerKind.HELPDESK:
        if terms.no_assist:
            return Decision(kind=Kind.STAY_SILENT, reasons=(Reason.OWNED_BY_PERSON, Reason.NO_ASSIST_TOPIC))
        return Decision(kind=Kind.ASSIST, reasons=(Reason.ASSIST_ONLY,))
    return Decision(kind=Kind.STAY_SILENT, reasons=(Reason.OWNED_BY_PERSON,))


def hand_off(
    reasons: Sequence[Reason], history: Sequence[Event], *, language: str | None, minutes: int | None = None, back: str = "", evidence: Sequence[str] = (), heard: Heard | None = None,
) -> HandOff:
    """The handoff for these reasons. `history` is the masked log, oldest first; `minutes` how soon the team aims to reply; `back` says when it is back; `heard` is of the newest message."""
    said = [event.text for event in history if event.type is EventType.MESSAGE and event.actor is ActorKind.USER]
    return HandOff(
        reasons=tuple(reasons), summary=summary(history), told=phrases.handed_off(reasons, language, minutes=minutes, back=back), sentiment=tone.sentiment(said, heard),
        language=language, evidence=tuple(evidence),
    )


def summary(history: Sequence[Event]) -> str:
    """What the customer came with and what they said last, in their own masked words; never empty."""
    said = [" ".join(event.text.split()) for event in history if event.type is EventType.MESSAGE and event.actor is ActorKind.USER]
    said = [text for text in said if text]
    if not said:
        return "The customer sent no text."
    telling = [text for text in said if small_talk(text) is None and not asks.wants_person(text)]
    first = _short((telling or said)[0])
    last = _short(said[-1])
    return first if first == last else f"{first}\n\nLast: {last}"


def _short(text: str) -> str:
    if len(text) <= _MOST_OF_A_MESSAGE:
        return text
    return text[:_MOST_OF_A_MESSAGE].rsplit(" ", 1)[0][:_MOST_OF_A_MESSAGE] + " …"
