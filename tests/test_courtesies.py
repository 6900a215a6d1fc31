"""What a search is made with: a message without what only greets, introduces, thanks or takes leave, in seven languages, and never without what it asks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from glassine.rules.courtesies import asking, polite
from glassine.rules.enclosed import question
from tests.stories import said


@pytest.mark.parametrize(("message", "asks"), [
    ("My name is [NAME_1]. My mail is [EMAIL_1]. How do I back up the data?", "How do I back up the data?"),
    ("Hi, I'm [NAME_1] and I'd like to know how to back up the data, thanks!", "I'd like to know how to back up the data"),
    ("Hi there! My name is Mia Li. How long is shipping?", "How long is shipping?"),
    ("Sure, my user ID is mia_li_3668. Where is my order?", "Where is my order?"),
    ("Hello. I hope you are doing well. Can you help me? My lamp flickers.", "My lamp flickers."),
    ("How do I back up the data? Thank you so much for your help! [NAME_1]", "How do I back up the data?"),
    ("Dear team,\n\nI am a customer. [EMAIL_1]\nWhat does a lamp cost?\n\nBest,\n[NAME_1]", "What does a lamp cost?"),
    ("Sehr geehrte Damen und Herren,\n\nwie lange dauert der Versand?\n\nMit freundlichen Grüßen\n[NAME_1]", "wie lange dauert der Versand?"),
    ("Guten Tag, mein Name ist [NAME_1]. Wie sichere ich meine Daten? Vielen Dank im Voraus!", "Wie sichere ich meine Daten?"),
    ("Bonjour, je m'appelle [NAME_1], comment sauvegarder mes données ? Merci d'avance", "comment sauvegarder mes données ?"),
    ("Hola, soy [NAME_1]. ¿Cuánto tarda el envío? Gracias", "¿Cuánto tarda el envío?"),
    ("Ciao, mi chiamo [NAME_1] e vorrei sapere come resettare la password", "vorrei sapere come resettare la password"),
    ("Olá, meu nome é [NAME_1]. Como faço backup? Obrigado pela ajuda", "Como faço backup?"),
    ("Hallo, mijn naam is [NAME_1]. Hoe maak ik een back-up? Alvast bedankt!", "Hoe maak ik een back-up?"),
])  # fmt: skip
def test_a_search_reads_what_is_asked(message: str, asks: str) -> None:
    assert asking(message) == asks


@pytest.mark.parametrize("words", ["[NAME_1] ", "thanks for ", "dear team ", "hi and ", "[EMAIL_1] ", "my name is [NAME_1] "])
def test_words_that_come_again_and_again_are_read_once(words: str) -> None:
    """An engine that tries one way after another would be at it for minutes: each of these fits into several places."""
    assert not polite(f"{words * 6}but where is the parcel that you sent me")
    assert asking(f"{words * 60}. Where is it?").endswith("Where is it?")


@pytest.mark.parametrize("message", [
    "My name is misspelled on the invoice.", "My name is Mia.", "Hello!", "Can you help me with that?", "[NAME_1]", "How do I say hello in French?", "Do you sell thank you cards?",
    "What is my user id?", "I need help with my order", "I hope you can tell me how returns work.", "My account is blocked since 2020. What now?", "Hello world does not compile, why?",
    "Is this [NAME_1]?", "Where are the good day and night creams?", "Mein Name ist falsch geschrieben.", "I am [NAME_1]'s mother and need her invoice.", "", "  ",
])  # fmt: skip
def test_what_is_asked_stays_as_it_is(message: str) -> None:
    assert asking(message) == message


@given(some.text(max_size=300) | some.lists(some.sampled_from(["Hi, ", "thanks ", "my name is ", "[NAME_1]", ". ", "and ", "?", "\n", "x", " - "]), max_size=60).map("".join))
def test_nothing_is_invented_and_not_everything_left_out(text: str) -> None:
    left = asking(text)
    assert left == text or (left and not polite(left) and "".join(left.split()) in "".join(text.split()))


def test_a_question_that_goes_on_carries_the_question_and_not_the_introduction() -> None:
    history = [said("How much is shipping to Spain?"), replace(said("My name is [NAME_1]. Thank you!"), seq=2)]
    assert question(replace(said("And for Portugal?"), seq=3), history) == "And for Portugal? How much is shipping to Spain?"
