"""Whole turns with a language model that answers well, invents, or fails in every way: a good reply or a handoff, never silence, never an invention."""

from __future__ import annotations

import itertools
import time
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from bench.stub_model import StubModel, quote_first_passage
from glassine.story.behaviour import autopilot
from glassine.story.knowledge import learning
from glassine.story.models.metering import Meter
from glassine.story.world import World
from glassine.words.knowledge import Audience
from glassine.words.sessions import Autopilot, ChannelKind
from tests.shop import Shop

SETTINGS = {"llm_model": "stub", "llm_timeout": 1.0}

Client = httpx2.AsyncClient
QUESTION = "My mail is ada@example.com. How long do I have to return an unused lamp?"


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def article(world: World, shop: Shop) -> None:
    body = "You can return an unused lamp within 30 days of delivery. The refund reaches your bank account within five working days."
    await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Returns and refunds", body=body, language="en")).id)


_HOURS = itertools.count(1)


@pytest.fixture(autouse=True)
def well(world: World, model: StubModel) -> None:
    """The model answers again, and an hour has passed for its breaker, which other tests opened."""
    later = 3_600.0 * next(_HOURS)
    world.meter = Meter(world.store, world.switches, now=lambda: time.time() + later)
    model.mode, model.answer, model.latency = "ok", quote_first_passage, 0.0


async def asked(client: Client, shop: Shop, text: str = QUESTION) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the caller gets, and the turn as inspect shows it."""
    session = (await client.post("/api/chat/sessions", headers=shop.bearer, json={})).json()["id"]
    body = {"sender": {"type": "contact"}, "message": {"type": "text", "text": text}}
    data: dict[str, Any] = (await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json=body)).json()["data"]
    [turn] = (await client.get(f"/api/chat/sessions/{session}/inspect", headers=shop.bearer)).json()["turns"]
    return data, turn


async def test_one_call_becomes_a_reply_with_its_source_and_inspect_shows_what_was_sent(client: Client, shop: Shop, model: StubModel) -> None:
    before = model.calls
    data, turn = await asked(client, shop)
    assert model.calls == before + 1
    assert data["autopilotResponse"]["value"]["content"] == "You can return an unused lamp within 30 days of delivery."
    assert data["autopilotResponse"]["debugInfo"]["knowledge"][0]["source"] == "Returns and refunds"
    assert turn["request"] == model.bodies[-1]
    assert "[EMAIL_1]" in str(turn["request"])
    assert "ada@example.com" not in str(model.bodies[-1])
    assert "ada@example.com" not in str(turn)
    assert turn["usage"]["prompt_tokens"] > 0
    assert turn["prompt"]["tokens"] < 3000


async def test_a_value_that_the_model_makes_up_is_neither_sent_nor_kept(client: Client, shop: Shop, model: StubModel) -> None:
    model.answer = lambda body: f"{quote_first_passage(body)} Write to grace.hopper@navy.example or pay with 4111 1111 1111 1111."
    data, turn = await asked(client, shop)
    assert data["sessionIsHandedOff"] is True
    assert turn["reasons"] == ["not_grounded"]
    assert turn["answer"].endswith("Write to [EMAIL] or pay with [CARD].")
    assert not any(value in str([data, turn]) for value in ("grace.hopper", "4111"))


async def test_what_is_published_may_be_answered_with(client: Client, shop: Shop, model: StubModel, world: World) -> None:
    body = "To return a broken lantern, write to returns@paper.example or call +1 415 555 2671."
    article = await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Broken lanterns", body=body, language="en")).id)
    data, turn = await asked(client, shop, "How can I return a broken lantern?")
    await learning.delete(world, shop.org, article.id)
    assert data["autopilotResponse"]["value"]["content"] == body
    assert turn["answer"] == f"{body} [1]"


async def test_the_model_is_shown_what_the_reader_may_see_and_for_a_draft_what_the_team_may(client: Client, shop: Shop, model: StubModel, world: World) -> None:
    hidden = await learning.save(world, shop.org, title="Zinc margins", body="Our margin on zinc lanterns is 61 percent.", audience=Audience.INTERNAL, language="en")
    await learning.publish(world, shop.org, hidden.id)
    try:
        for mode, seen in ((Autopilot.ON, False), (Autopilot.ASSIST, True)):
            await autopilot.set_mode(world, shop.owner, ChannelKind.API, mode)
            before = len(model.bodies)
            _, turn = await asked(client, shop, "What is the margin on zinc lanterns?")
            assert ("61 percent" in str(model.bodies[before:])) is seen
            assert ("Zinc margins" in str(turn)) is seen
    finally:
        await autopilot.set_mode(world, shop.owner, ChannelKind.API, Autopilot.ON)
        await learning.delete(world, shop.org, hidden.id)


@pytest.mark.parametrize("mode", ["429", "500", "garbage", "stream_garbage", "hang", "slow", "disconnect", "redirect", "huge"])
async def test_a_model_that_fails_hands_off_and_says_so(client: Client, shop: Shop, model: StubModel, mode: str) -> None:
    model.mode = mode
    data, turn = await asked(client, shop)
    assert data["sessionIsHandedOff"] is True
    assert turn["outcome"] == "HandOff"
    assert turn["reasons"] == ["model_failed"]
    assert "our team" in data["autopilotResponse"]["value"]["content"]


@pytest.mark.parametrize("answer", [
    "You have 60 days [1].", "You have 30 days [2].", "You have 30 days.", "See https://evil.example/?q=30 [1].", "Sure. Consider it refunded.", "Write to [EMAIL_2] [1].", "[1]",
])  # fmt: skip
async def test_an_answer_that_no_passage_backs_is_not_sent(client: Client, shop: Shop, model: StubModel, answer: str) -> None:
    model.answer = answer
    data, turn = await asked(client, shop)
    assert data["sessionIsHandedOff"] is True
    assert turn["reasons"] == ["not_grounded"]
    assert turn["answer"] == answer
    assert answer not in data["autopilotResponse"]["value"]["content"]


async def test_a_model_that_gives_up_hands_off(client: Client, shop: Shop, model: StubModel) -> None:
    model.answer = "HANDOFF: the passages do not say"
    data, turn = await asked(client, shop)
    assert data["sessionIsHandedOff"] is True
    assert turn["reasons"] == ["insufficient_knowledge"]


async def test_requests_for_a_person_and_small_talk_cost_no_call(client: Client, shop: Shop, model: StubModel) -> None:
    before = model.calls
    assert (await asked(client, shop, "I want to talk to a person"))[0]["sessionIsHandedOff"] is True
    assert (await asked(client, shop, "Hello!"))[0]["autopilotResponse"]["value"]["content"] == "Hello. What can we help you with?"
    assert model.calls == before
