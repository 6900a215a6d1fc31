"""The summary that people read first: the model's where it says only what was said, and the customer's own words in every other case."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import pytest

from bench.stub_model import StubModel
from glassine.rules import summarising as rules
from glassine.store import jobs, sessions
from glassine.story import contacts, conversations, desk, house, summarising
from glassine.story.contacts import Identity
from glassine.story.exchange import exchange
from glassine.story.inbound import open_session
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.handoffs import Sentiment
from glassine.words.ids import SessionId
from glassine.words.sessions import ChannelKind, Session
from tests.shop import Shop

SETTINGS = {"llm_model": "stub"}
SAID = "My kettle leaks since 12 May, write to max@muster.example. Let me speak to a real person please"


async def handed_off(world: World, shop: Shop) -> SessionId:
    contact = await contacts.create(world, shop.org, Identity(non_verified_name="Max Muster"), verified=False)
    id = (await open_session(world, shop.org, contact.id, ChannelKind.WEB, external_id=uuid4())).id
    assert (await exchange(world, shop.org, id, Inbound(external_id=uuid4(), text=SAID))).handed_off
    return id


async def now(world: World, shop: Shop, id: SessionId) -> Session:
    return await conversations.session(world, shop.org, id)


def answers(summary: str, sentiment: str = "angry") -> str:
    return f"Here you are: {json.dumps({'summary': summary, 'sentiment': sentiment})}"


async def test_the_model_sums_up_what_people_read_first(world: World, shop: Shop, model: StubModel) -> None:
    id = await handed_off(world, shop)
    quoted = (await now(world, shop, id)).summary
    async with world.store.tx(shop.org) as tx:
        assert await jobs.waits(tx, shop.org, summarising.job(id).key), "a handoff makes its job"
    model.answer = lambda _: answers("A leaking kettle since 12 May; wants a reply to [EMAIL_1].")
    model.bodies.clear()
    await summarising.run(world, shop.org, id)
    session = await now(world, shop, id)
    assert (session.summary, session.sentiment) == ("A leaking kettle since 12 May; wants a reply to [EMAIL_1].", "angry")
    assert quoted != session.summary
    assert "max@muster.example" not in json.dumps(model.bodies)
    handoff = next(event for event in await conversations.timeline(world, shop.org, id) if event.type == "handoff")
    assert handoff.payload["summary"] == quoted, "the log tells what was handed off then"


@pytest.mark.parametrize("answer", [
    "no JSON at all", answers(""), answers("Fine.", "furious"), answers("It leaks since 13 May."), answers("Write to [EMAIL_2]."), answers("Write to eve@evil.example."),
    answers("See https://evil.example for more."), answers("word " * 400), '{"summary": 7, "sentiment": "happy"}', '["summary"]',
])  # fmt: skip
async def test_what_nobody_said_leaves_the_customers_own_words(world: World, shop: Shop, model: StubModel, answer: str) -> None:
    id = await handed_off(world, shop)
    before = await now(world, shop, id)
    assert before.summary
    model.answer = lambda _: answer
    await summarising.run(world, shop.org, id)
    assert (await now(world, shop, id)).summary == before.summary


async def test_a_model_that_fails_or_is_switched_off_leaves_them_too(world: World, shop: Shop, model: StubModel) -> None:
    id = await handed_off(world, shop)
    before = (await now(world, shop, id)).summary
    calls = model.calls
    await house.change(world, shop.owner, ai_off=True)
    world.switches.forget(shop.org)
    await summarising.run(world, shop.org, id)
    assert model.calls == calls
    await house.change(world, shop.owner, ai_off=False)
    world.switches.forget(shop.org)
    model.answer, model.mode = (lambda _: answers("A leaking kettle.")), "garbage"
    await summarising.run(world, shop.org, id)
    model.mode = "ok"
    assert (await now(world, shop, id)).summary == before


async def test_it_is_written_only_over_the_handoff_that_was_summed_up(world: World, shop: Shop, model: StubModel) -> None:
    id = await handed_off(world, shop)
    session = await now(world, shop, id)
    await desk.hand_back(world, shop.owner, id)
    await desk.take_over(world, shop.owner, id)
    async with world.store.tx(shop.org) as tx:
        assert not await sessions.sum_up(tx, shop.org, session, "Late.", "happy")
        assert await sessions.sum_up(tx, shop.org, await sessions.load(tx, shop.org, id), "In time.", "happy")


async def test_a_ticket_waits_for_it_until_it_is_there(world: World, shop: Shop, model: StubModel) -> None:
    id = await handed_off(world, shop)
    key = summarising.job(id).key
    ticket = asyncio.create_task(summarising.awaited(world, shop.org, id))
    done, _ = await asyncio.wait({ticket}, timeout=0.3)
    assert not done, "the summary has not been written yet"
    model.answer = lambda _: answers("A leaking kettle.")
    await summarising.run(world, shop.org, id)
    async with world.store.tx(shop.org) as tx:
        await tx.execute("delete from jobs where key = %s", (key,))
    await ticket
    assert (await now(world, shop, id)).summary == "A leaking kettle."
    async with world.store.tx(shop.org) as tx:
        assert not await jobs.waits(tx, shop.org, key)


async def test_a_ticket_does_not_wait_for_ever(world: World, shop: Shop, model: StubModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summarising, "_PATIENCE", 0.2)
    id = await handed_off(world, shop)
    await summarising.awaited(world, shop.org, id)
    async with world.store.tx(shop.org) as tx:
        assert await jobs.waits(tx, shop.org, summarising.job(id).key), "nobody was at it, and the ticket went without"


def test_a_long_conversation_is_cut_between_its_lines() -> None:
    assert rules.read(answers("Calm.", "neutral"), []) == rules.Summary("Calm.", Sentiment.NEUTRAL)
