"""Who answers a message: the AI, a person, or nobody. And what the team reads first when it is a person. Pure; it finds and writes no answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from glassine.rules import asks, phrases
from glassine.rules.small_talk import small_talk
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


def decide(session: Session, mode: Autopilot, text: str, *, ai_off: bool = False, files: bool = False) -> Decision:
    """The first rule that fits decides: state of the session, the switch for all AI, owner, mode of the channel, what the customer asks for. `text` is masked;
    `files`: something was read in what came with it."""
    if not session.open:
        return Decision(kind=Kind.STAY_SILENT, reasons=(Reason.SESSION_CLOSED,))
    if ai_off:
        return Decision(kind=Kind.HAND_OFF if session.owner.kind is OwnerKind.AI else Kind.STAY_SILENT, reasons=(Reason.AI_OFF,))
    if session.owner.kind is not OwnerKind.AI:
        return _owned_by_people(session, mode)
    if mode is Autopilot.OFF:
        return Decision(kind=Kind.HAND_OFF, reasons=(Reason.AUTOPILOT_OFF,))
    if mode is Autopilot.ASSIST:
        return Decision(kind=Kind.ASSIST, reasons=(Reason.ASSIST_ONLY,))
    if asks.wants_person(text):
        return Decision(kind=Kind.HAND_OFF, reasons=(Reason.USER_REQUESTED_HUMAN,))
    if not files and not any(letter.isalnum() for letter in text):  # only a picture, or only signs: nothing here to look up
        return Decision(kind=Kind.HAND_OFF, reasons=(Reason.INSUFFICIENT_KNOWLEDGE,))
    return Decision(kind=Kind.ANSWER)


def _owned_by_people(session: Session, mode: Autopilot) -> Decision:
    """The AI never speaks again in a session that people own, until it is handed back; it may draft for the team."""
    if mode is Autopilot.ASSIST and session.owner.kind is not OwnerKind.HELPDESK:
        return Decision(kind=Kind.ASSIST, reasons=(Reason.ASSIST_ONLY,))
    return Decision(kind=Kind.STAY_SILENT, reasons=(Reason.OWNED_BY_PERSON,))


def hand_off(reasons: Sequence[Reason], history: Sequence[Event], *, language: str | None, minutes: int | None = None) -> HandOff:
    """The handoff for these reasons. `history` is the masked log, oldest first; `minutes` how soon the team aims to reply."""
    return HandOff(reasons=tuple(reasons), summary=summary(history), told=phrases.handed_off(reasons, language, minutes=minutes))


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
