"""Which of an organisation's triggers a conversation sets off, and what the customer is told instead of a handoff where none is. Pure; who answers at all is decided in autopilot.py."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from glassine.rules import asks, handoff_phrases, tone
from glassine.rules.meant import Heard
from glassine.rules.small_talk import small_talk
from glassine.words.handoffs import Sign, Standing, Triggers
from glassine.words.people import ActorKind
from glassine.words.sessions import Event, EventType
from glassine.words.turns import HandOff, Outcome, Reason, Reply

_MOST_QUOTED = 80  # characters
_WORDY = 8  # words from which a message that asks for a person also says why
_PICK = re.compile(r"\W*\w{0,3}\W*")  # a number, a yes or a no goes on from what we asked, and is no question asked again


class Notice(StrEnum):
    """What a reply that answers nothing is for; it stands in the log beside its words."""

    UNANSWERED = "unanswered"
    DECLINED = "declined"
    BASICS = "basics"
    TRY = "try"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What a conversation shows, counted since the AI has had it. `message` is the customer's newest and is counted in."""

    message: Event
    said: tuple[Event, ...]  # the customer's messages, the newest included
    ours: tuple[Event, ...]  # the AI's
    standing: Standing
    heard: Heard | None = None  # what the message's vector says, once it is known

    @property
    def asks_person(self) -> bool:
        return asks_person(self.message.text, self.heard)

    @property
    def asked(self) -> int:
        """How often a person was asked for."""
        return sum(asks.wants_person(event.text) for event in self.said[:-1]) + self.asks_person

    @property
    def told_why(self) -> bool:
        """Whether the customer has said anything beside asking for a person and small talk."""
        return any(_telling(event) for event in self.said[:-1]) or len(self.message.text.split()) >= _WORDY or bool(self.message.payload.get("attachments"))

    @property
    def unanswered(self) -> int:
        """How many of our last words in a row answered nothing."""
        count = 0
        for event in reversed(self.ours):
            if event.payload.get("notice") != Notice.UNANSWERED:
                break
            count += 1
        return count

    @property
    def same_question(self) -> int:
        """How often the newest message was asked, in the same words whatever their order."""
        asked = _words(self.message.text)
        if _PICK.fullmatch(self.message.text) or small_talk(self.message.text) is not None or not asked:
            return 0
        return sum(_words(event.text) == asked for event in self.said)

    def last_notice(self) -> str:
        """What our last words were for, if they answered nothing."""
        return str(self.ours[-1].payload.get("notice", "")) if self.ours else ""


def asks_person(text: str, heard: Heard | None = None) -> bool:
    """By its words, in the languages that have patterns, or by its meaning."""
    return asks.wants_person(text) or (heard is not None and heard.asks_person and not asks.about_others(text))


def signals(history: Sequence[Event], message: Event, standing: Standing, heard: Heard | None = None) -> Signals:
    """Of the masked log, oldest first. What was said before people handed it back does not count."""
    since = max([standing.begins, *(event.seq for event in history if event.type is EventType.AGENT_MESSAGE or event.payload.get("handoff"))])
    counted = [event for event in history if since < event.seq <= message.seq and event.type is EventType.MESSAGE]
    said = [event for event in counted if event.actor is ActorKind.USER and event.seq < message.seq]
    ours = [event for event in counted if event.actor is ActorKind.AI]
    return Signals(message=message, said=(*said, message), ours=tuple(ours), standing=standing, heard=heard)


def _telling(event: Event) -> bool:
    return small_talk(event.text) is None and (not asks.wants_person(event.text) or len(event.text.split()) >= _WORDY)


@lru_cache(maxsize=2_000)  # each message is held against all earlier ones
def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()[:2_000]))


def triggered(seen: Signals, triggers: Triggers) -> tuple[Sign, ...]:
    """What the conversation sets off before anything is answered, each with what shows it. Small talk sets off nothing but anger."""
    found = [*_request(seen, triggers), *_anger(seen, triggers)]
    if small_talk(seen.message.text) is None:
        found += [*_again(seen, triggers), *_loop(seen, triggers), *_limits(seen, triggers)]
    return tuple(found)


def _request(seen: Signals, triggers: Triggers) -> list[Sign]:
    if triggers.request and seen.asks_person and seen.asked >= triggers.request and (seen.told_why or not triggers.basics or seen.last_notice() == Notice.BASICS):
        return [Sign(reason=Reason.USER_REQUESTED_HUMAN, says=f"asks for a person: “{_quoted(seen.message.text)}”")]
    if triggers.request == 1 and seen.last_notice() == Notice.BASICS:
        return [Sign(reason=Reason.USER_REQUESTED_HUMAN, says="asked for a person, and has now said what it is about")]
    return []


def _anger(seen: Signals, triggers: Triggers) -> list[Sign]:
    shown = tone.angry(seen.message.text, seen.heard) if triggers.tone else ""
    return [Sign(reason=Reason.FRUSTRATION, says=f"{shown}: “{_quoted(seen.message.text)}”")] if shown else []


def _again(seen: Signals, triggers: Triggers) -> list[Sign]:
    """Somebody who comes again and again, or whose conversation was opened again: told once, by the first message that says anything."""
    found, standing = [], seen.standing
    first = not any(small_talk(event.text) is None for event in seen.said[:-1])
    lately = [days for days in standing.contacts if days <= triggers.days]
    if triggers.contacts and len(lately) >= triggers.contacts and first and not standing.begins:
        found.append(Sign(reason=Reason.REPEAT_CONTACT, says=f"has {len(lately)} other conversations of the last {triggers.days} days that people took over or nobody solved"))
    if triggers.reopened and seen.message.seq > standing.reopened > standing.begins and not any(event.seq > standing.reopened for event in seen.said[:-1]):
        found.append(Sign(reason=Reason.REOPENED, says="writes in a conversation that was opened again"))
    return found


def _loop(seen: Signals, triggers: Triggers) -> list[Sign]:
    times = seen.same_question
    if not triggers.same_question or times < triggers.same_question:
        return []
    return [Sign(reason=Reason.LOOP, says=f"asked the same thing {times} times: “{_quoted(seen.message.text)}”")]


def _limits(seen: Signals, triggers: Triggers) -> list[Sign]:
    if triggers.messages and len(seen.ours) >= triggers.messages:
        return [Sign(reason=Reason.TIME_LIMIT, says=f"the AI has written {len(seen.ours)} messages")]
    if triggers.minutes and seen.standing.minutes >= triggers.minutes:
        return [Sign(reason=Reason.TIME_LIMIT, says=f"the customer has been here for {seen.standing.minutes:.0f} minutes")]
    return []


def instead(seen: Signals, triggers: Triggers, language: str | None) -> Reply | None:
    """What somebody who asks for a person is told where that hands off to nobody, or not yet. None: they do not ask for one, or are handed off."""
    if not seen.asks_person or any(sign.reason is Reason.USER_REQUESTED_HUMAN for sign in triggered(seen, triggers)):
        return None
    if not triggers.request:
        return _notice(Notice.DECLINED, Reason.HANDOFF_DECLINED, language)
    return _notice(Notice.TRY if seen.told_why or seen.last_notice() else Notice.BASICS, Reason.ASKED_BACK, language)


def _notice(notice: Notice, reason: Reason, language: str | None) -> Reply:
    return Reply(text=handoff_phrases.notice(notice, language), reasons=(reason,), notice=notice)


# Reasons that count: at the first, second or third message in a row without an answer, as an organisation has it.
_COUNTED = {
    Reason.INSUFFICIENT_KNOWLEDGE: "nothing_found", Reason.LOW_CONFIDENCE: "low_confidence", Reason.NOT_GROUNDED: "refused", Reason.ACTION_FAILED: "action_failed",
}


def after(seen: Signals, triggers: Triggers, outcome: Outcome, language: str | None) -> Outcome:
    """What becomes of the outcome of a message that the AI may answer. The reasons that are no matter of taste (a model that fails, a stop at the gate) stay as they are."""
    if isinstance(outcome, HandOff) and all(reason in _COUNTED for reason in outcome.reasons):
        needed = [getattr(triggers, _COUNTED[reason]) for reason in outcome.reasons]
        due = any(times and seen.unanswered + 1 >= times for times in needed)
        return _counted(seen, outcome) if due else replace(_notice(Notice.UNANSWERED, outcome.reasons[0], language), reasons=outcome.reasons)
    return outcome


def _counted(seen: Signals, outcome: HandOff) -> HandOff:
    if not seen.unanswered:
        return outcome
    return replace(outcome, evidence=(*outcome.evidence, f"{seen.unanswered + 1} messages in a row had no answer"))


def repeats(seen: Signals, triggers: Triggers, outcome: Outcome) -> Sign | None:
    """The same answer once more, where that was said often enough."""
    if not triggers.same_answer or not isinstance(outcome, Reply) or Reason.ANSWERED_FROM_KNOWLEDGE not in outcome.reasons:
        return None
    times = 1 + sum(event.text == outcome.text for event in seen.ours)
    if times < triggers.same_answer:
        return None
    return Sign(reason=Reason.LOOP, says=f"the same answer would be given {times} times: “{_quoted(outcome.text)}”")


def _quoted(text: str) -> str:
    """The beginning of a masked text, never cut through a placeholder."""
    plain = " ".join(text.split())
    if len(plain) <= _MOST_QUOTED:
        return plain
    return re.sub(r"\[[^\]]*$", "", plain[:_MOST_QUOTED]).rsplit(" ", 1)[0] + " …"
