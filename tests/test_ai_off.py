"""The switch for all AI: in every process within a second, in the middle of a turn too, and nobody's message is lost by it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bench.stub_model import StubModel, quote_first_passage
from glassine.config import Settings
from glassine.story import conversations, exchange, inbound, turn
from glassine.story.behaviour import autopilot
from glassine.story.knowledge import learning
from glassine.story.world import World, live
from glassine.words.channels import Inbound
from glassine.words.ids import new_id
from glassine.words.sessions import Autopilot, ChannelKind, EventType, OwnerKind
from glassine.words.turns import Trace
from tests.shop import Shop
from tests.switched import QUESTION, asked, begun, called, reasons, without_ai

SETTINGS = {"llm_model": "stub"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def second(settings: Settings) -> AsyncIterator[World]:
    """Another process on the same database, as far as the two can tell."""
    async with live(settings) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def article(world: World, shop: Shop) -> None:
    body = "You can return an unused lamp within 30 days of delivery. The refund reaches your bank account within five working days."
    await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Returns and refunds", body=body, language="en")).id)


@pytest.fixture(autouse=True)
def well(model: StubModel) -> None:
    model.mode, model.answer, model.latency = "ok", quote_first_passage, 0.0


async def test_without_ai_nothing_is_asked_or_quoted_and_the_team_gets_the_message(world: World, shop: Shop, model: StubModel) -> None:
    session, calls = await begun(world, shop), model.calls
    async with without_ai(world, shop):
        for text, id in ((QUESTION, session), ("Hello!", await begun(world, shop))):
            sent = await asked(world, shop, id, text)
            assert sent.handed_off
            assert "our team" in sent.text
            assert "30 days" not in sent.text
            assert await reasons(world, shop, id) == ["ai_off"]
    assert model.calls == calls
    assert (await conversations.session(world, shop.org, session)).owner.kind is OwnerKind.TEAM
    assert (await asked(world, shop, await begun(world, shop))).text == "You can return an unused lamp within 30 days of delivery."


async def test_another_process_stops_within_a_second_also_in_the_middle_of_a_call(world: World, shop: Shop, second: World, model: StubModel) -> None:
    model.latency, before = 30.0, model.calls
    here, there = await begun(world, shop), await begun(world, shop)
    running = [asyncio.create_task(asked(world, shop, here)), asyncio.create_task(exchange.exchange(second, shop.org, there, Inbound(external_id=new_id(), text=QUESTION)))]
    await called(model, before + 2)
    async with without_ai(world, shop):
        sent = await asyncio.wait_for(asyncio.gather(*running), 10)  # the model alone would take thirty
        assert [one.handed_off for one in sent] == [True, True]
        assert not any("30 days" in one.text for one in sent)
        for id in (here, there):
            assert await reasons(world, shop, id) == ["ai_off"]
        assert await second.switches.closed(shop.org, "model") == "All AI is switched off"
    assert model.calls == before + 2


async def test_a_process_that_hears_no_notice_knows_all_the_same(world: World, shop: Shop, second: World) -> None:
    deaf = type(second.switches)(second.store)
    assert await deaf.closed(shop.org, "model") is None
    async with without_ai(world, shop):
        assert await deaf.closed(shop.org, "model") is None, "what it read a moment ago still holds here, or this test shows nothing"
        await asyncio.sleep(1)
        assert await deaf.closed(shop.org, "model") == "All AI is switched off"


async def test_what_a_turn_found_is_not_said_when_ai_went_off_before_it_settled(world: World, shop: Shop) -> None:
    heard = await inbound.receive(world, shop.org, await begun(world, shop), Inbound(external_id=new_id(), text=QUESTION))
    scene = await turn.look(world, shop.org, heard.session.id)
    assert scene is not None
    trace = Trace(message=scene.message.id)
    outcome = await turn.think(world, scene, trace)
    async with without_ai(world, shop):
        assert await turn.settle(world, scene, outcome, trace, heard.job) is None
        settled = await turn._unsaid(world, scene, outcome, trace, heard.job)
    assert settled is not None
    assert await reasons(world, shop, heard.session.id) == ["ai_off"]
    said = [event.text for event in await conversations.timeline(world, shop.org, heard.session.id) if event.type is EventType.MESSAGE]
    assert len(said) == 2
    assert "30 days" not in said[-1]


async def test_a_draft_is_not_written_either(world: World, shop: Shop) -> None:
    await autopilot.set_mode(world, shop.owner, ChannelKind.WEB, Autopilot.ASSIST)
    try:
        async with without_ai(world, shop):
            session = await begun(world, shop)
            await asked(world, shop, session)
            await asked(world, shop, session, "Are you there?")
    finally:
        await autopilot.set_mode(world, shop.owner, ChannelKind.WEB, Autopilot.ON)
    assert [event for event in await conversations.timeline(world, shop.org, session) if event.type is EventType.AGENT_COMMENT] == []
