"""An answer that the guard stops, or that is in the wrong language, is written again once, with the finding named; both are kept, and a replay judges both."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
import pytest_asyncio

from bench.stub_model import StubModel, quote_first_passage
from glassine.rules.grounding import Grounded
from glassine.story import rewriting
from glassine.story.inspection import replaying
from glassine.story.knowledge import learning
from glassine.story.world import World
from glassine.words.ids import SessionId, TurnId
from glassine.words.turns import Reason, Reply
from tests.shop import Shop
from tests.test_model_turns import asked

SETTINGS = {"llm_model": "stub", "llm_timeout": 20.0}

Client = httpx2.AsyncClient


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def article(world: World, shop: Shop) -> None:
    body = "You can return an unused lamp within 30 days of delivery. The refund reaches your bank account within five working days."
    await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Returns", body=body, language="en")).id)


class Says:
    """Answers in this order; the last one again and again. Keeps what it was asked."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.bodies = list(answers), list[dict[str, Any]]()

    def __call__(self, body: dict[str, Any]) -> str:
        self.bodies.append(body)
        said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return said or quote_first_passage(body)


@pytest.fixture(autouse=True)
def well(model: StubModel) -> None:
    model.mode, model.latency = "ok", 0.0



async def test_a_second_answer_that_is_right_is_sent(client: Client, shop: Shop, world: World, model: StubModel) -> None:
    model.answer = says = Says("You can return it within 60 days [1].", "You can return it within 30 days [1].")
    data, turn = await asked(client, shop)
    assert not data["sessionIsHandedOff"], turn["notes"]
    assert data["autopilotResponse"]["value"]["content"] == "You can return it within 30 days."
    assert turn["notes"] == ["The first answer was not sent: No cited passage gives the number 60 days."]
    assert turn["answer"] == "You can return it within 30 days [1]."
    assert [one["said"]["content"] for one in turn["rounds"]] == ["You can return it within 60 days [1]."]
    assert "No cited passage gives the number 60 days." in says.bodies[1]["messages"][-1]["content"]
    assert says.bodies[1]["messages"][-2] == {"role": "assistant", "content": "You can return it within 60 days [1]."}


async def test_after_a_second_wrong_answer_people_take_over(client: Client, shop: Shop, world: World, model: StubModel) -> None:
    model.answer = says = Says("You can return it within 60 days [1].", "You can return it within 90 days, see https://evil.example [1].", "never asked")
    data, turn = await asked(client, shop)
    assert data["sessionIsHandedOff"]
    assert turn["reasons"] == ["not_grounded"]
    assert len(says.bodies) == 2
    assert turn["notes"] == [
        "The first answer was not sent: No cited passage gives the number 60 days.", "The link https://evil.example is in no cited passage.", "No cited passage gives the number 90 days.",
    ]  # fmt: skip
    assert turn["usage"]["prompt_tokens"] > 0


async def test_a_model_that_gives_up_or_answers_well_is_asked_once(client: Client, shop: Shop, model: StubModel) -> None:
    for answer in ("HANDOFF: not in the passages", ""):
        model.answer = says = Says(answer)
        await asked(client, shop)
        assert len(says.bodies) == 1, answer


async def test_a_replay_judges_both_answers(client: Client, shop: Shop, world: World, model: StubModel) -> None:
    pairs = [("Within 60 days [1].", "Within 30 days [1]."), ("Within 60 days [1].", "Within 90 days [1]."), (GERMAN, ENGLISH), (GERMAN, FRENCH), (GERMAN, ENGLISH.replace("30", "60"))]
    for answers in pairs:
        model.answer = Says(*answers)
        session = (await client.post("/api/chat/sessions", headers=shop.bearer, json={})).json()["id"]
        body = {"sender": {"type": "contact"}, "message": {"type": "text", "text": "How long may I return a lamp?"}}
        await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json=body)
        [turn] = (await client.get(f"/api/chat/sessions/{session}/inspect", headers=shop.bearer)).json()["turns"]
        found = await replaying.replay(world, shop.owner, SessionId(session), TurnId(turn["id"]))
        assert found.same, [step for step in found.steps if step.pieces]


GERMAN = "Sie können eine unbenutzte Lampe innerhalb von 30 Tagen nach der Lieferung zurückgeben [1]."
ENGLISH = "You can return an unused lamp within 30 days of delivery [1]."
FRENCH = "Vous pouvez retourner une lampe inutilisée dans les 30 jours suivant la livraison [1]."
OTHER = "It is in another language than the customer's, which is English."


async def test_an_answer_in_another_language_is_written_again_in_the_customers(client: Client, shop: Shop, world: World, model: StubModel) -> None:
    model.answer = says = Says(GERMAN, ENGLISH, "never asked")
    data, turn = await asked(client, shop)
    assert data["autopilotResponse"]["value"]["content"] == "You can return an unused lamp within 30 days of delivery."
    assert turn["notes"] == [f"The first answer was not sent: {OTHER}"]
    assert len(says.bodies) == 2
    assert OTHER in says.bodies[1]["messages"][-1]["content"]


async def test_an_answer_that_stays_in_another_language_is_sent_all_the_same(client: Client, shop: Shop, world: World, model: StubModel) -> None:
    model.answer = says = Says(GERMAN, FRENCH, "never asked")
    data, turn = await asked(client, shop)
    assert not data["sessionIsHandedOff"]
    assert data["autopilotResponse"]["value"]["content"] == "Vous pouvez retourner une lampe inutilisée dans les 30 jours suivant la livraison."
    assert turn["notes"] == [f"The first answer was not sent: {OTHER}", OTHER]
    assert len(says.bodies) == 2


async def test_where_the_second_is_wrong_the_first_is_sent_in_its_language(client: Client, shop: Shop, world: World, model: StubModel) -> None:
    for second in ("You can return it within 60 days of delivery [1].", "HANDOFF: I cannot"):
        model.answer = Says(GERMAN, second)
        data, turn = await asked(client, shop)
        assert data["autopilotResponse"]["value"]["content"] == GERMAN.removesuffix(" [1].") + "."
        assert turn["notes"][0] == OTHER
        assert turn["notes"][1].startswith("The second answer was not sent: ")


async def test_a_fact_and_the_language_are_named_together_and_the_fact_still_stops_it(client: Client, shop: Shop, world: World, model: StubModel) -> None:
    model.answer = says = Says(GERMAN.replace("30", "60"), GERMAN.replace("30", "90"))
    data, _ = await asked(client, shop)
    assert data["sessionIsHandedOff"], "a language excuses nothing"
    assert OTHER in says.bodies[1]["messages"][-1]["content"]
    assert "60" in says.bodies[1]["messages"][-1]["content"]


QUESTION = "How long may I return the lamp that I bought?"


def test_a_customer_who_changed_the_language_may_be_followed() -> None:
    sent = Grounded(reply=Reply(text="x", reasons=()), reasons=())
    assert rewriting.named(sent, QUESTION, "en").notes == (OTHER,)
    assert rewriting.named(sent, "Wie lange darf ich die gekaufte Lampe zurückgeben?", "en") == sent
    gave_up = Grounded(reply=None, reasons=(Reason.INSUFFICIENT_KNOWLEDGE,))
    assert rewriting.named(gave_up, QUESTION, "en") == gave_up


@pytest.mark.parametrize(
    ("answer", "language", "is_foreign"),
    [
        (GERMAN, "en", True), (GERMAN, "de", False), (ENGLISH, "de", True), (ENGLISH, "en", False), (GERMAN, None, False), ("Ja [1].", "en", False),
        ("See https://example.de/wie-lange-darf-ich-eine-lampe-zurueckgeben-und-warum for all of the details [1].", "en", False),
        ("Run `wie lange darf ich die Lampe zurückgeben`, then restart the whole lamp and wait for a minute [1].", "en", False),
        ("<think>The customer wants to know how long a lamp may be returned.</think>" + GERMAN, "de", False),
    ],
)  # fmt: skip
def test_the_words_of_an_answer_tell_its_language(answer: str, language: str | None, is_foreign: bool) -> None:
    assert rewriting.foreign(answer, language) is is_foreign
