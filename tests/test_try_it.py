"""Try it: a turn of a made-up customer runs as it would, and leaves nothing behind."""

from __future__ import annotations

import re

from bench.stub_model import StubModel, quote_first_passage
from glassine.story.behaviour import talking, topic_lists
from glassine.story.behaviour.talking import Said
from glassine.story.behaviour.trying import Customer
from glassine.story.knowledge import learning, segments
from glassine.story.world import World
from glassine.words.autopilot import Topic, Topics
from glassine.words.knowledge import Audience
from glassine.words.turns import HandOff, Reply
from tests.office import signed_in
from tests.shop import Shop, founded_shop

SETTINGS = {"llm_model": "stub"}
LEFT = ("sessions", "events", "turns", "contacts", "jobs", "vault")


async def shop_with_articles(world: World, name: str) -> Shop:
    shop = await founded_shop(world, name, f"{name}@example.com")
    body = "You can return an unused lamp within 30 days of delivery. The refund reaches your bank account within five working days."
    await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Returns and refunds", body=body, language="en")).id)
    await topic_lists.save(world, shop.owner, Topics(hands_off=(Topic(name="legal threats", examples=("I will sue you", "you will hear from my lawyer")),)))
    return shop


async def counted(world: World, shop: Shop) -> dict[str, int]:
    found = {}
    async with world.store.tx(shop.org) as tx:
        for table in LEFT:
            row = await (await tx.execute(f"select count(*)::int as n from {table}")).fetchone()
            assert row
            found[table] = row["n"]
    return found


async def test_a_turn_runs_as_it_would_and_leaves_nothing_behind(world: World, model: StubModel) -> None:
    model.mode, model.answer = "ok", quote_first_passage
    shop, asked = await shop_with_articles(world, "try"), model.calls
    before = await counted(world, shop)
    answer = await talking.talk(world, shop.owner, Customer(), [], "My mail is ada@example.com. How long can I return a lamp?")
    assert isinstance(answer.outcome, Reply)
    assert ("30 days" in answer.words, answer.asked.startswith("My mail is [EMAIL_1]"), model.calls) == (True, True, asked + 1)
    assert "ada@example.com" not in str(model.bodies[-1])
    assert answer.trace.prompt is not None
    again = await talking.talk(world, shop.owner, Customer(), [Said(customer=True, text=answer.asked), Said(customer=False, text=answer.words)], "I will sue you")
    assert isinstance(again.outcome, HandOff)
    assert again.outcome.topic == "legal threats"
    assert await counted(world, shop) == before
    async with world.store.tx(shop.org) as tx:
        row = await (await tx.execute("select purpose, session_id from crossings")).fetchone()
    assert row
    assert row["purpose"] == "what-if"


async def test_segments_see_what_is_theirs(world: World, model: StubModel) -> None:
    model.mode, model.answer = "ok", quote_first_passage
    shop = await shop_with_articles(world, "parts")
    segment = await segments.create(world, shop.owner, "Partners")
    saved = await learning.save(world, shop.org, title="Partner discount", body="Partners get a discount of 40 percent on all lamps.", language="en", audience=Audience.SEGMENT, segments=(segment.id,))
    await learning.publish(world, shop.org, saved.id)
    question = "Which discount do partners get on lamps?"
    anybody = await talking.talk(world, shop.owner, Customer(), [], question)
    partner = await talking.talk(world, shop.owner, Customer(segments=(segment.id,)), [], question)
    assert all(hit.title != "Partner discount" for hit in anybody.trace.hits)
    assert any(hit.title == "Partner discount" for hit in partner.trace.hits)


async def test_the_page_carries_the_conversation_in_its_form(world: World, model: StubModel) -> None:
    model.mode, model.answer = "ok", quote_first_passage
    shop = await shop_with_articles(world, "page")
    async with signed_in(world, shop.owner) as at:
        assert "Talk to the AI" in (await at.get("/settings/try-it")).text
        page = (await at.post("/settings/try-it", message="How long can I return a lamp?", channel="web")).text
        assert "Replied to the customer" in page
        assert "30 days" in page
        found = re.search(r'name="so_far" value="([^"]*)"', page)
        assert found
        assert "lamp" in found[1]
        assert (await at.post("/settings/try-it", message=" ", channel="web")).status_code == 400
        assert (await at.post("/settings/try-it", message="Hello", so_far="{nonsense")).status_code == 200
