"""Answers without a model: what is quoted, what is offered, and when it is admitted that nothing fits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from glassine.rules.extract import DEFAULT, Thresholds, answer, chat, confidence, query, quote
from glassine.words.knowledge import Audience, Hit
from glassine.words.people import ActorKind
from glassine.words.sessions import Event
from glassine.words.turns import Reason, Reply
from tests.stories import hit, said

STEPS = """Volumes keep data between restarts.

To create a volume:

- Open the Volumes page.
- Choose a region.
- Press Create.

The volume is empty. It is mounted at the next start. You can list volumes with this command:

```
fly volumes list --app shop

fly volumes show
```

Every volume costs money from the moment it exists. We bill by the hour. Snapshots are kept for five days, and they can be restored with one click in the same page. Older snapshots are removed without notice, so copy what you need. Volumes cannot shrink."""


def volume(best: str, similarity: float = 0.7, heading: str = "Volumes") -> Hit:
    return hit(STEPS, title="Volumes", heading=heading, best=best, similarity=similarity)


def test_a_good_passage_is_quoted_with_its_source() -> None:
    grounded = answer("How do I create a volume?", [volume("To create a volume:", heading="Volumes › Steps")], language="en")
    assert grounded.reply
    assert grounded.reply.text.startswith("To create a volume:\n\n- Open the Volumes page.\n- Choose a region.\n- Press Create.")
    assert grounded.reasons == (Reason.ANSWERED_FROM_KNOWLEDGE,)
    assert [source.title for source in grounded.reply.sources] == ["Volumes › Steps"]
    assert [source.section for source in grounded.reply.sources] == ["steps"]
    assert grounded.reply.resolves


@pytest.mark.parametrize(("best", "has", "has_not"), [
    ("Choose a region.", "To create a volume:\n\n- Open the Volumes page.\n- Choose a region.\n- Press Create.", "restarts"),  # the whole list, and what introduces it
    ("It is mounted at the next start.", "The volume is empty. It is mounted at the next start.", "Press Create"),  # what 'it' refers to
    ("You can list volumes with this command:", "```\nfly volumes list --app shop\n\nfly volumes show\n```", "Press Create"),  # the code that follows
    ("fly volumes list --app shop", "You can list volumes with this command:\n\n```\nfly volumes list --app shop\n\nfly volumes show\n```", "Press Create"),
    ("We bill by the hour.", "We bill by the hour. Snapshots are kept for five days", "Press Create"),
    ("a sentence that is not there", "Volumes keep data between restarts.", "shrink"),
])  # fmt: skip
def test_a_quote_holds_what_is_needed_to_understand_it(best: str, has: str, has_not: str) -> None:
    text = quote(volume(best), "xyz", "en")
    assert has in text
    assert has_not not in text


def test_a_heading_that_says_what_was_asked_is_answered_from_the_beginning() -> None:
    asked = "How do I shrink volumes?"
    assert quote(volume("Volumes cannot shrink.", heading="Volumes"), asked, "en").endswith("Volumes cannot shrink.")
    assert quote(volume("Volumes cannot shrink.", heading="Volumes › Shrink volumes"), asked, "en").startswith("Volumes keep data")


def test_a_short_passage_is_quoted_whole() -> None:
    text = "Refunds take five days. They go to your card. Ask us if not."
    assert quote(hit(text, best="They go to your card."), "card", "en") == text


@given(some.text(max_size=3_000), some.text(max_size=50), some.text(max_size=50))
def test_any_passage_can_be_quoted(text: str, best: str, message: str) -> None:
    quoted = quote(hit(text, best=best or "x"), message, "en")
    assert quoted.strip()
    assert len(quoted) < 3_500


def test_the_bands() -> None:
    asked = "How are parcels insured?"
    for similarity, reason in ((0.9, Reason.ANSWERED_FROM_KNOWLEDGE), (0.7, Reason.DID_YOU_MEAN), (0.3, Reason.INSUFFICIENT_KNOWLEDGE)):
        found = hit("Something without shared words.", similarity=similarity)
        assert confidence(asked, found, "en") == pytest.approx(0.6 * similarity)
        assert answer(asked, [found], language="en").reasons == (reason,)
    assert answer(asked, [], language="en").reasons == (Reason.INSUFFICIENT_KNOWLEDGE,)
    assert answer(asked, [hit("x", similarity=0.9, audience=Audience.INTERNAL)], language="en").reply is None
    assert confidence("Wie sind Pakete versichert?", hit("x", similarity=0.7), "de") == pytest.approx(0.7)  # words do not count across languages
    assert 0 < DEFAULT.suggest < DEFAULT.answer < 1


LOOSE = Thresholds(answer=0.99, suggest=0.1)


def offering(reply: Reply) -> Event:
    return said(reply.text, ActorKind.AI, {"sources": [], "choices": list(reply.choices), "resolves": False})


def test_did_you_mean_offers_titles_once_and_then_hands_off() -> None:
    near = [hit("a", heading=f"Article {number}") for number in (1, 1, 2, 3, 4)]
    first = answer("the thing with the form", near, language="en", thresholds=LOOSE)
    assert first.reply
    assert "1. Article 1\n2. Article 2\n3. Article 3\n" in first.reply.text
    assert first.reply.choices == ("Article 1", "Article 2", "Article 3")
    assert not first.reply.sources
    assert not first.reply.resolves
    again = answer("the other thing", near, history=[said("a"), offering(first.reply), said("b")], language="en", thresholds=LOOSE)
    assert again.reply is None
    assert again.reasons == (Reason.LOW_CONFIDENCE,)
    answered = said("Done.", ActorKind.AI, {"sources": [{"title": "x"}], "choices": [], "resolves": True})
    assert answer("something else", near, history=[offering(first.reply), answered], language="en", thresholds=LOOSE).reply


@pytest.mark.parametrize(("words", "searched"), [
    ("2", "Article 2"), ("Number 3.", "Article 3"), (" 1) ", "Article 1"), ("the first one", "Article 1"), ("the second, please", "Article 2"), ("die dritte bitte", "Article 3"),
    ("article 2", "Article 2"), ("3rd", "Article 3"), ("4", "4"), ("2 parcels are lost", "2 parcels are lost"), ("yes", "yes"), ("no", "no"),
    ("my first parcel is lost", "my first parcel is lost"), ("first or second", "first or second"),
])  # fmt: skip
def test_a_choice_is_picked_by_number_ordinal_or_title(words: str, searched: str) -> None:
    three = said("?", ActorKind.AI, {"choices": ["Article 1", "Article 2", "Article 3"]})
    assert query(words, [three, said(words)]) == searched
    assert query(words, [three, said("Done.", ActorKind.AI, {"choices": []}), said(words)]) == words


def test_what_was_picked_is_quoted_however_sure_the_search_is_and_a_no_goes_to_people() -> None:
    near = [hit("The form is blue.", heading="Form", similarity=0.5), hit("The list is red.", heading="List", similarity=0.4)]
    offered = [said("Choose.", ActorKind.AI, {"choices": ["Form", "List"]})]
    picked = answer(query("the second one", offered), near, history=offered, language="en", thresholds=LOOSE)
    assert picked.reply
    assert picked.reply.text == "The list is red."
    for words in ("No.", "none of these", "nein"):
        refused = answer(words, near, history=offered, language="en", thresholds=LOOSE)
        assert (refused.reply, refused.reasons) == (None, (Reason.LOW_CONFIDENCE,))


def test_a_single_guess_is_worded_so_and_yes_takes_it() -> None:
    only = answer("the thing with the form", [hit("a", heading="Form")], language="en", thresholds=LOOSE)
    assert only.reply
    assert only.reply.text.startswith("Do you mean this?\n\n- Form\n\n")
    for words in ("yes", "Yes, please!", "ok", "ja"):
        assert query(words, [offering(only.reply), said(words)]) == "Form"


def test_the_customer_is_asked_when_a_hit_behind_the_first_fits_better() -> None:
    rare = hit("We make no update checks.", heading="Checks", similarity=0.6)
    asked = "How do I update paper checks?"
    right = hit("To get the newest paper, update it.", heading="Get the newest", similarity=0.85)
    assert answer(asked, [rare], language="en").reasons == (Reason.ANSWERED_FROM_KNOWLEDGE,)
    unsure = answer(asked, [rare, right], language="en")
    assert unsure.reply
    assert unsure.reply.choices == ("Get the newest", "Checks")
    assert answer(asked, [rare, replace(right, similarity=0.5)], language="en").reasons == (Reason.ANSWERED_FROM_KNOWLEDGE,)
    assert answer(asked, [rare, replace(right, heading="Checks")], language="en").reasons == (Reason.ANSWERED_FROM_KNOWLEDGE,)


def test_a_heading_that_is_the_question_word_for_word_is_no_guess() -> None:
    first, same = volume("We bill by the hour.", 0.9, "Volumes › How do I create a volume without a region?"), volume("To create a volume:", 0.7, "Volumes › How do I create a volume?")
    grounded = answer("how do I create a volume", [first, same], language="en")
    assert grounded.reply
    assert [source.title for source in grounded.reply.sources] == ["Volumes › How do I create a volume?"]


def test_one_shared_word_is_not_enough_in_a_short_question() -> None:
    assert confidence("Form?", hit("A form.", similarity=0.3), "en") < DEFAULT.answer
    assert confidence("Form?", hit("A form.", similarity=0.9), "en") > 0.85


def test_rows_of_a_table_stay_lines() -> None:
    table = "Prices:\n\nSize | Price\nSmall | 5\nLarge | 9\n\n" + "Something long about nothing at all. " * 20
    assert quote(hit(table, best="Large | 9"), "xyz", "en").startswith("Prices:\n\nSize | Price\nSmall | 5\nLarge | 9\n\n")


def test_small_talk_needs_no_search() -> None:
    for text in ("Hi!", "thank you very much", "bye", "are you a bot?"):
        small = answer(text, [hit("Anything", similarity=0.99)], language="en")
        assert small == chat(text, "en")
        assert small.reasons == (Reason.GREETING,)
        assert small.reply and not small.reply.sources
    german = chat("Guten Tag", "de-CH")
    assert german and german.reply
    assert german.reply.text == "Guten Tag. Wobei können wir helfen?"
    assert chat("Hi, where is my order?", "en") is None
