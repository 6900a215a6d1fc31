"""Who answers, who asks for a person, what small talk is, and what everybody is told at a handoff."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from glassine.rules import phrases
from glassine.rules.asks import about_others, wants_person
from glassine.rules.autopilot import Kind, decide, hand_off, summary
from glassine.rules.small_talk import SmallTalk, small_talk
from glassine.words.ids import new_id
from glassine.words.people import ActorKind
from glassine.words.sessions import AI, Autopilot, Owner, OwnerKind, Status
from glassine.words.turns import Reason
from tests.stories import said, session

PERSON, HELPDESK = Owner(kind=OwnerKind.PERSON, id=new_id()), Owner(kind=OwnerKind.HELPDESK, id=new_id())
QUESTION = "How long does a refund take?"


@pytest.mark.parametrize(("owner", "mode", "text", "kind", "reasons"), [
    (AI, Autopilot.ON, QUESTION, Kind.ANSWER, ()),
    (AI, Autopilot.OFF, QUESTION, Kind.HAND_OFF, (Reason.AUTOPILOT_OFF,)),
    (AI, Autopilot.ASSIST, QUESTION, Kind.ASSIST, (Reason.ASSIST_ONLY,)),
    (AI, Autopilot.ON, "", Kind.HAND_OFF, (Reason.INSUFFICIENT_KNOWLEDGE,)),
    (AI, Autopilot.ON, "?! 🙃", Kind.HAND_OFF, (Reason.INSUFFICIENT_KNOWLEDGE,)),
    (Owner(kind=OwnerKind.TEAM), Autopilot.ON, QUESTION, Kind.STAY_SILENT, (Reason.OWNED_BY_PERSON,)),
    (PERSON, Autopilot.ON, "I want to talk to a human", Kind.STAY_SILENT, (Reason.OWNED_BY_PERSON,)),
    (PERSON, Autopilot.ASSIST, QUESTION, Kind.ASSIST, (Reason.ASSIST_ONLY,)),
    (HELPDESK, Autopilot.ASSIST, QUESTION, Kind.STAY_SILENT, (Reason.OWNED_BY_PERSON,)),
])  # fmt: skip
def test_who_answers(owner: Owner, mode: Autopilot, text: str, kind: Kind, reasons: tuple[Reason, ...]) -> None:
    decision = decide(session(owner=owner), mode, text)
    assert (decision.kind, decision.reasons) == (kind, reasons)


def test_a_closed_session_gets_no_answer() -> None:
    assert decide(session(status=Status.CLOSED_RESOLVED), Autopilot.ON, QUESTION).reasons == (Reason.SESSION_CLOSED,)


@pytest.mark.parametrize("text", [
    "I want a human", "can I speak to an agent", "real agent please", "give me a person please", "operator", "connect me to a real person", "Talk to somebody!",
    "You're not helpful at all, how do I talk to someone?", "i dont wanna talk to a bot", "let me speak to your supervisor", "I need help from a real human",
    "i want assistance speakng to an operatr", "Please put me through to your team", "Is there anyone I can talk to about this?", "HUMAN PLEASE",
    "Ich möchte mit einem Menschen sprechen", "Kann ich bitte mit einem Mitarbeiter chatten?", "Verbinden Sie mich mit jemandem", "Mensch bitte",
    "Je voudrais parler à un conseiller", "Passez-moi un humain s'il vous plaît", "Quiero hablar con una persona", "¿Puedo hablar con un agente humano?",
    "Ik wil met een medewerker spreken", "Kan ik een mens spreken?", "Quero falar com um atendente", "Gostaria de falar com uma pessoa", "Vorrei parlare con un operatore",
    "Mi passi una persona per favore", "My order [ADDRESS_1] never came. " + "It is late. " * 60 + "I want to speak to a person.",
])  # fmt: skip
def test_requests_for_a_person(text: str) -> None:
    assert wants_person(text)


@pytest.mark.parametrize("text", [
    "How do I assign a conversation to an agent?", "How can my customers talk to a person?", "How does the AI hand a session to a human?", "Can agents chat with visitors?",
    "How do I contact support about invoices?", "what hours can I reach customer service?", "Are you a human?", "am I talking to a bot?", "talk to you later",
    "Where do I change the contact person?", "How do I add an agent?", "someone stole my card", "Do I need to talk to someone to close my account?",
    "What does the operator role allow?", "How many agents can be logged in?", "how do I turn off the chat assistant", "", "\x00", "🙂",
    "Wie füge ich einen Mitarbeiter hinzu?", "Comment ajouter un agent ?", "¿Cómo añado un agente?", "Hoe voeg ik een medewerker toe?",
])  # fmt: skip
def test_questions_that_only_mention_people(text: str) -> None:
    assert not wants_person(text)


@pytest.mark.parametrize(("text", "about"), [
    ("How do I add a colleague?", True), ("Where can I invite another team member?", True), ("delete a user", True), ("Wie kann ich einen Kollegen hinzufügen?", True),
    ("Comment ajouter un collègue ?", True), ("¿Cómo agrego un usuario?", True), ("Please add a person to this chat", False), ("I want to talk to your manager", False),
])  # fmt: skip
def test_people_on_a_list_are_not_wished_for(text: str, about: bool) -> None:
    """To whoever goes by meaning alone, these sound like a request for a person."""
    assert about_others(text) is about
    assert wants_person("Remove my user and let me talk to a person")


@pytest.mark.parametrize(("text", "kind"), [
    ("hi", SmallTalk.GREETING), ("Hellooooo!!", SmallTalk.GREETING), ("Guten Tag", SmallTalk.GREETING), ("hey there, how are you?", SmallTalk.GREETING),
    ("Thanks!", SmallTalk.THANKS), ("thank you so much for your help", SmallTalk.THANKS), ("Vielen Dank", SmallTalk.THANKS), ("muchas gracias", SmallTalk.THANKS),
    ("bye", SmallTalk.GOODBYE), ("ok thanks, see you later", SmallTalk.GOODBYE), ("Auf Wiedersehen", SmallTalk.GOODBYE),
    ("are you a bot?", SmallTalk.WHO_ARE_YOU), ("am I talking to a real person?", SmallTalk.WHO_ARE_YOU), ("Sind Sie ein Roboter?", SmallTalk.WHO_ARE_YOU),
    ("thanks, but it still fails", None), ("hi, where is my order?", None), ("hello world does not compile", None), ("ok", None), ("what", None), ("", None), ("5", None),
])  # fmt: skip
def test_small_talk_is_small_talk_from_end_to_end(text: str, kind: SmallTalk | None) -> None:
    assert small_talk(text) is kind


@given(some.text(max_size=2_000))
def test_any_text_can_be_judged(text: str) -> None:
    assert wants_person(text) in (True, False)
    small_talk(text)
    assert decide(session(), Autopilot.ON, text).kind in (Kind.ANSWER, Kind.HAND_OFF)


@pytest.mark.parametrize("shape", ["talk to a " * 40_000, "a " * 500_000, "transfer me " * 50_000, "speak" * 100_000, "thank you for " * 50_000])
def test_long_texts_are_judged_at_once(shape: str) -> None:
    """A pattern that backtracks would take minutes here; the suite would be seen to hang."""
    assert not wants_person(shape)
    assert small_talk(shape) is None


def test_a_handoff_tells_the_customer_what_happens_next_and_when() -> None:
    outcome = hand_off((Reason.INSUFFICIENT_KNOWLEDGE,), [said("Hi"), said("My parcel is lost"), said("Hello?")], language="en", minutes=15)
    assert outcome.summary == "My parcel is lost\n\nLast: Hello?"
    assert outcome.told == (
        "I did not find an answer to this in our articles, so I am passing it on to our team. Someone from our team will read this conversation and reply here. "
        "We aim to reply within 15 minutes; you do not have to stay, the reply will be waiting here."
    )
    assert "within" not in hand_off((Reason.MODEL_FAILED,), [], language=None).told


@pytest.mark.parametrize(("minutes", "time"), [(1, "1 minute"), (15, "15 minutes"), (89, "89 minutes"), (90, "2 hours"), (120, "2 hours"), (2880, "2 days"), (4000, "3 days")])
def test_times_in_words(minutes: int, time: str) -> None:
    assert f"within {time};" in phrases.handed_off([Reason.USER_REQUESTED_HUMAN], "en", minutes=minutes)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "nl", "pt", "it", "pl", "cs", "sv", "tr", "uk", "de-AT", "pt_BR", "xx", "", None])
def test_every_language_has_every_phrase(language: str | None) -> None:
    for reason in Reason:
        for minutes in (None, 1, 30, 90, 5000):
            text = phrases.handed_off([reason], language, minutes=minutes)
            assert "{" not in text and "|" not in text and text.count(".") >= 2
    for kind in SmallTalk:
        assert phrases.small_talk(kind, language)
    assert phrases.did_you_mean(["One", "Two"], language).count("\n") == 5


def test_a_summary_is_never_empty_and_never_long() -> None:
    assert summary([]) == "The customer sent no text."
    assert summary([said(""), said("Only us", ActorKind.AI)]) == "The customer sent no text."
    assert summary([said("hi"), said("I want a human")]) == "hi\n\nLast: I want a human"
    assert summary([said("hi"), said("The box was empty"), said("I want a human")]).startswith("The box was empty")
    assert len(summary([said("word " * 1000), said("x" * 5000)])) < 700
