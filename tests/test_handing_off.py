"""What sets a handoff off at each level, what a customer is told where it does not, and what the team reads of it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from glassine.rules import handoff_phrases, tone
from glassine.rules.handing_off import Notice, after, asks_person, instead, repeats, signals, triggered
from glassine.rules.meant import Heard
from glassine.words.handoffs import PRESETS, HandoffRules, Level, Sentiment, Standing, Triggers
from glassine.words.people import ActorKind
from glassine.words.sessions import Event, EventType
from glassine.words.turns import HandOff, Reason, Reply
from tests.stories import said

ASKS = "I want to talk to a person"
QUESTION = "How long can I return a lamp?"
QUICK, BALANCED, FIRST, ONLY = (PRESETS[level] for level in (Level.QUICK, Level.BALANCED, Level.AI_FIRST, Level.AI_ONLY))
UNANSWERED = HandOff(reasons=(Reason.INSUFFICIENT_KNOWLEDGE,), summary="s", told="t")


def answered(text: str, **payload: Any) -> Event:
    return said(text, ActorKind.AI, payload)


def log(*events: Event) -> list[Event]:
    """With numbers, in this order."""
    return [dataclasses.replace(event, seq=place) for place, event in enumerate(events, 1)]


def set_off(triggers: Triggers, *events: Event, standing: Standing | None = None, heard: Heard | None = None) -> tuple[Reason, ...]:
    history = log(*events)
    return tuple(sign.reason for sign in triggered(signals(history, history[-1], standing or Standing(), heard), triggers))


def told(triggers: Triggers, *events: Event) -> str | None:
    history = log(*events)
    reply = instead(signals(history, history[-1], Standing()), triggers, "en")
    return reply.notice if reply else None


def missed(triggers: Triggers, *events: Event) -> str:
    history = log(*events)
    return type(after(signals(history, history[-1], Standing()), triggers, UNANSWERED, "en")).__name__


def notice(name: Notice) -> Event:
    return answered(handoff_phrases.notice(name, "en"), notice=str(name))


@pytest.mark.parametrize(("triggers", "events", "reasons", "reply"), [
    (QUICK, [said(ASKS)], (Reason.USER_REQUESTED_HUMAN,), None),
    (ONLY, [said(ASKS)], (), Notice.DECLINED),
    (BALANCED, [said(ASKS)], (), Notice.BASICS),
    (BALANCED, [said(QUESTION), answered("30 days."), said(ASKS)], (Reason.USER_REQUESTED_HUMAN,), None),
    (BALANCED, [said(ASKS), notice(Notice.BASICS), said("My lamp is broken")], (Reason.USER_REQUESTED_HUMAN,), None),
    (BALANCED, [said("My lamp came broken and in pieces, so please let me talk to a person")], (Reason.USER_REQUESTED_HUMAN,), None),
    (FIRST, [said(ASKS)], (), Notice.BASICS),
    (FIRST, [said(ASKS), notice(Notice.BASICS), said("My lamp is broken")], (), None),
    (FIRST, [said(QUESTION), answered("30 days."), said(ASKS)], (), Notice.TRY),
    (FIRST, [said(QUESTION), answered("30 days."), said(ASKS), notice(Notice.TRY), said(ASKS)], (Reason.USER_REQUESTED_HUMAN,), None),
    (FIRST, [said(ASKS), notice(Notice.BASICS), said(ASKS)], (Reason.USER_REQUESTED_HUMAN,), None),
])  # fmt: skip
def test_a_request_for_a_person(triggers: Triggers, events: list[Event], reasons: tuple[Reason, ...], reply: Notice | None) -> None:
    assert set_off(triggers, *events) == reasons
    assert told(triggers, *events) == reply


def test_a_first_miss_is_no_handoff_everywhere() -> None:
    miss = notice(Notice.UNANSWERED)
    assert [missed(triggers, said("x y")) for triggers in (QUICK, BALANCED, FIRST, ONLY)] == ["HandOff", "Reply", "Reply", "Reply"]
    assert [missed(triggers, said("x y"), miss, said("y z")) for triggers in (BALANCED, FIRST, ONLY)] == ["HandOff", "Reply", "Reply"]
    assert missed(BALANCED, said("x y"), miss, said(QUESTION), answered("30 days."), said("y z")) == "Reply", "an answer between them begins the count anew"
    history = log(said("x y"), miss, said("y z"))
    handed = after(signals(history, history[-1], Standing()), BALANCED, UNANSWERED, "en")
    assert isinstance(handed, HandOff)
    assert handed.evidence == ("2 messages in a row had no answer",)


def test_what_is_no_matter_of_taste_goes_to_people_at_every_level() -> None:
    history = log(said(QUESTION))
    for reason in (Reason.MODEL_FAILED, Reason.STOPPED_AT_GATE, Reason.AI_OFF, Reason.INTERNAL_ERROR, Reason.PROHIBITED_TOPIC):
        outcome = HandOff(reasons=(reason,), summary="s", told="t")
        assert after(signals(history, history[-1], Standing()), ONLY, outcome, "en") is outcome


def test_the_same_again_and_again() -> None:
    again = [said(QUESTION), answered("30 days."), said("how long can i return a LAMP"), answered("30 days."), said(QUESTION)]
    assert set_off(QUICK, *again) == (Reason.LOOP,)
    assert set_off(QUICK, *again[:3]) == ()
    assert set_off(QUICK, said("yes"), answered("a"), said("yes"), answered("b"), said("yes")) == ()
    history = log(said("a b"), answered("30 days."), said("c d"), answered("30 days."), said("e f"))
    reply = Reply(text="30 days.", reasons=(Reason.ANSWERED_FROM_KNOWLEDGE,))
    sign = repeats(signals(history, history[-1], Standing()), QUICK, reply)
    assert sign
    assert (sign.reason, sign.says) == (Reason.LOOP, "the same answer would be given 3 times: “30 days.”")
    assert repeats(signals(history[:3], history[2], Standing()), QUICK, reply) is None


def test_what_was_said_before_people_handed_it_back_does_not_count() -> None:
    again = [said(QUESTION), answered("30 days."), said(QUESTION), answered("30 days.")]
    people = dataclasses.replace(answered("We look at it."), type=EventType.AGENT_MESSAGE)
    assert set_off(QUICK, *again, people, said(QUESTION)) == ()
    assert set_off(QUICK, *again, said(QUESTION), standing=Standing(begins=4)) == ()
    assert set_off(QUICK, *again, answered("I am passing this on.", handoff=True), said(QUESTION)) == ()


def test_opened_again_counts_once() -> None:
    before = [said(QUESTION), answered("30 days.")]
    assert set_off(QUICK, *before, said("It still fails"), standing=Standing(reopened=2)) == (Reason.REOPENED,)
    assert set_off(QUICK, *before, said("It still fails"), answered("So?"), said("Still"), standing=Standing(reopened=2)) == ()
    assert set_off(QUICK, *before, said("It still fails"), standing=Standing(reopened=2, begins=2)) == (), "it was handed off for that, and back"
    assert set_off(BALANCED, *before, said("It still fails"), standing=Standing(reopened=2)) == ()
    assert set_off(QUICK, said(QUESTION), standing=Standing(reopened=1)) == (), "it was said before"


def test_who_comes_back_again_and_again() -> None:
    assert set_off(QUICK, said(QUESTION), standing=Standing(contacts=(0, 2))) == (Reason.REPEAT_CONTACT,)
    assert set_off(QUICK, said(QUESTION), standing=Standing(contacts=(0, 9))) == ()
    assert set_off(QUICK, said("Hi"), standing=Standing(contacts=(0, 1))) == ()
    assert set_off(QUICK, said(QUESTION), standing=Standing(contacts=(0, 1), begins=1)) == ()


def test_limits_of_messages_and_minutes() -> None:
    limited = dataclasses.replace(QUICK, messages=2, minutes=30)
    assert set_off(limited, said("a b"), answered("1"), said("c d"), answered("2"), said("e f")) == (Reason.TIME_LIMIT,)
    assert set_off(limited, said("a b"), standing=Standing(minutes=31)) == (Reason.TIME_LIMIT,)
    assert set_off(limited, said("thanks"), standing=Standing(minutes=31)) == ()


def test_several_reasons_at_once_each_with_what_shows_it() -> None:
    history = log(said(QUESTION), answered("30 days."), said(QUESTION), answered("30 days."), said("You are useless. I want to talk to a person!"))
    found = triggered(signals(history, history[-1], Standing(reopened=4)), QUICK)
    assert [sign.reason for sign in found] == [Reason.USER_REQUESTED_HUMAN, Reason.FRUSTRATION, Reason.REOPENED]
    assert all(sign.says for sign in found)
    assert "[EMAI" not in set_off_words("Why " + "x" * 70 + " [EMAIL_1] is this so, you idiots?")


def set_off_words(text: str) -> str:
    history = log(said(text))
    return " ".join(sign.says for sign in triggered(signals(history, history[-1], Standing()), QUICK))


def test_a_request_is_heard_by_its_meaning() -> None:
    meant, not_meant = Heard(person=2.0, angry=-3.0), Heard(person=-2.0, angry=-3.0)
    assert asks_person("Chcę kogoś z obsługi", meant)
    assert not asks_person("Chcę kogoś z obsługi", not_meant)
    assert not asks_person("am I talking to a person?", meant), "who is speaking is another question"
    assert set_off(QUICK, said("Chcę kogoś z obsługi"), heard=meant) == (Reason.USER_REQUESTED_HUMAN,)


@pytest.mark.parametrize(("text", "mood"), [
    ("You people are useless", Sentiment.ANGRY), ("WHY DOES IT NOT WORK!!!", Sentiment.ANGRY), ("So ein Saftladen, nie wieder", Sentiment.ANGRY),
    ("I would like to file a complaint", Sentiment.NEUTRAL), ("WHERE IS MY ORDER", Sentiment.NEUTRAL), ("It does not work!!!", Sentiment.NEUTRAL),
    ("thanks a lot", Sentiment.HAPPY), ("Perfect, that worked", Sentiment.HAPPY), (QUESTION, Sentiment.NEUTRAL),
])  # fmt: skip
def test_how_a_customer_sounds(text: str, mood: Sentiment) -> None:
    assert tone.sentiment([text]) is mood


def test_anger_is_remembered_for_three_messages() -> None:
    assert tone.sentiment(["you idiots", "ok", "thanks"]) is Sentiment.ANGRY
    assert tone.sentiment(["you idiots", "a b", "c d", "thanks"]) is Sentiment.HAPPY


def test_rules_survive_a_round_trip_and_whatever_is_stored() -> None:
    rules = HandoffRules(level=Level.CUSTOM, custom=Triggers(request=3, minutes=20))
    assert HandoffRules.read(rules.written()) == rules
    assert HandoffRules.read({"level": "L9", "custom": {"request": "many", "nobody": 1, "basics": 1}}) == HandoffRules()
    assert HandoffRules.read({"level": "balanced"}).triggers == BALANCED


@pytest.mark.parametrize("language", sorted(handoff_phrases.LANGUAGES))
def test_every_language_has_every_notice(language: str) -> None:
    for name in Notice:
        text = handoff_phrases.notice(name, language)
        assert text
        assert "{" not in text
    assert "{" not in handoff_phrases.elsewhere("en", language)
    assert handoff_phrases.notice("try", "xx") == handoff_phrases.notice("try", "en")
