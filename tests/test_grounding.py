"""What a model's answer must survive before a customer reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from glassine.rules.grounding import Grounded, ground, unfounded
from glassine.words.knowledge import Audience, Hit
from glassine.words.turns import Reason
from tests.stories import hit

REFUNDS = hit("Refunds take 5 working days. Write to billing@shop.example or open https://shop.example/refunds. The fee is 1,000.50 EUR.", heading="Refunds › Time")
SHIPPING = hit("We ship within three days. See the tracking page.", title="Shipping", url=None)
HITS = [REFUNDS, SHIPPING]


def judged(answer: str, message: str = "How long does a refund take?", hits: list[Hit] | None = None) -> Grounded:
    return ground(answer, HITS if hits is None else hits, message=message)


@pytest.mark.parametrize(("answer", "text", "titles"), [
    ("Refunds take 5 working days [1].", "Refunds take 5 working days.", ["Refunds › Time"]),
    ("Refunds take 5 days[1]. We ship within 3 days [2].", "Refunds take 5 days. We ship within 3 days.", ["Refunds › Time", "Shipping"]),
    ("Five days 【1】, three to ship [2, 1].", "Five days, three to ship.", ["Refunds › Time", "Shipping"]),
    ("1. Open [the page](https://shop.example/refunds) [1]\n2. Wait 5 days [1]", "1. Open [the page](https://shop.example/refunds)\n2. Wait 5 days", ["Refunds › Time"]),
    ("<think>5 or 17?</think>\nIt takes 5 days [1]", "It takes 5 days", ["Refunds › Time"]),
    ("See ![a chart](https://shop.example/refunds) here [1].", "See a chart here.", ["Refunds › Time"]),
    ("Use `list[0]` like ```\na[7] = 5\n``` in 5 days [1].", None, []),
    ("The fee is 1000.50 EUR [1].", "The fee is 1000.50 EUR.", ["Refunds › Time"]),
    ("Write to Billing@Shop.example [1].", "Write to Billing@Shop.example.", ["Refunds › Time"]),
])  # fmt: skip
def test_answers_with_their_sources(answer: str, text: str | None, titles: list[str]) -> None:
    grounded = judged(answer)
    assert (grounded.reply.text if grounded.reply else None) == text
    assert [source.title for source in grounded.reply.sources] == titles if grounded.reply else not titles
    if grounded.reply:
        assert grounded.reasons == (Reason.ANSWERED_FROM_KNOWLEDGE,)
        assert set(grounded.used) <= {str(one.passage) for one in HITS}


@pytest.mark.parametrize("answer", [
    "Refunds take 7 working days [1].",  # a number that stands nowhere
    "We ship within 5 days [2].",  # in another passage than the one cited
    "Refunds take 5 days [3].", "Refunds take 5 days [0].", "Refunds take 5 days [1][99].",  # passages that do not exist
    "Refunds take 5 working days.",  # no source
    "See https://shop.example/refunds?x=1 [1].", "See https://evil.example/ [1].", "See evil.example [1].", "[here](//evil.example/a) [1]", "www.evil.example [1]",
    "Write to sales@shop.example [1].", "Ask [EMAIL_1] [1].", "The fee is 100050 EUR [1].", "The fee is 1.00050 EUR [1].",
    "", "   ", "[1]", "[1][2]", "<passage n=\"1\">Refunds take 5 working days</passage> [1]", "Refunds [1] " * 1_000, "!!! ??? ...", "\U0001f600" * 50,
    "I can do that for you. Consider it refunded.", "Is it? Yes. No.",
])  # fmt: skip
def test_answers_that_are_not_sent(answer: str) -> None:
    grounded = judged(answer)
    assert grounded.reply is None
    assert grounded.reasons == (Reason.NOT_GROUNDED,)
    assert grounded.notes


@pytest.mark.parametrize("answer", ["HANDOFF: not in the passages", "HANDOFF", "**HANDOFF:** no", "I am sorry.\nHANDOFF: account change", "`HANDOFF: x` [1]"])
def test_a_model_may_give_up(answer: str) -> None:
    grounded = judged(answer)
    assert grounded.reply is None
    assert grounded.reasons == (Reason.INSUFFICIENT_KNOWLEDGE,)


def test_without_a_source_only_small_talk_and_a_question_back() -> None:
    assert judged("Hello. What can I help with", "hi").reasons == (Reason.GREETING,)
    assert judged("Which order do you mean?", "it is broken").reasons == (Reason.DID_YOU_MEAN,)
    assert judged("Which of your 12 orders do you mean?", "it is broken").reply is None
    assert judged("Which order do you mean?\nWe refund everything, right?", "it is broken").reply is None


def test_the_customer_s_own_words_may_be_repeated() -> None:
    message = "My order 4711 from [EMAIL_1], see https://track.example/4711"
    grounded = judged("Your order 4711 ([EMAIL_1], https://track.example/4711) is refunded within 5 days [1].", message)
    assert grounded.reply
    assert ground("For order 4711 it takes 5 days [1].", HITS, message="and?", earlier="My order is 4711").reply


def test_a_passage_that_was_not_shown_cannot_be_cited() -> None:
    internal = hit("The margin is 40 percent.", audience=Audience.INTERNAL)
    assert judged("The margin is 40 percent [1].", hits=[internal]).reply is None
    assert judged("The margin is 40 percent [2].", hits=[REFUNDS, internal]).reply is None


@pytest.mark.parametrize(("reply", "passage", "found"), [
    ("1.000 EUR", "1,000 EUR", []), ("1000", "1 000", ["1000"]), ("1 000", "1 000", []), ("version 3.10", "version 3.1", ["3.10"]), ("10,50 €", "10.50 €", []),
    ("1050", "10.50", ["1050"]), ("12", "twelve months", []), ("3", "drei Tage", []), ("1'000'000", "1000000", []), ("24/7", "24/7 and 7 days", []), ("007", "7", []),
    ("2024-05-01", "2024-05-01", []), ("2024-06-01", "2024-05-01", ["06"]), ("see config.yaml", "edit config.yaml", []), ("see config.yml", "edit config.yaml", ["config.yml"]),
    ("http://www.Shop.example/A/", "https://shop.example/A", []), ("https://shop.example/a", "https://shop.example/A", ["https://shop.example/a"]),
    ("1) one\n2) two", "", []), ("10. ten", "", []), ("up to 10. Then", "", ["10"]),
])  # fmt: skip
def test_facts_compare_by_what_they_mean(reply: str, passage: str, found: list[str]) -> None:
    assert unfounded(reply, [passage], []) == found


@given(some.text(max_size=400), some.text(max_size=100))
def test_any_answer_can_be_judged(answer: str, message: str) -> None:
    grounded = judged(answer, message)
    assert grounded.reply is None or grounded.reply.text.strip()
    assert not unfounded(answer, [answer], []), "what stands in the passage is founded"


@pytest.mark.parametrize("answer", ["[1" * 1_900, "`" * 3_999, "![" * 1_900, "1.1" * 1_300, "a." * 1_900, "<think>" * 500, "x@" * 1_900, "HANDOF" * 600])
def test_hostile_answers_are_judged_at_once(answer: str) -> None:
    assert judged(answer).reply is None
