"""Settings › Autopilot and Topics as plain pages: what is typed counts, can be tried before, is refused without being lost, and can be taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from glassine.story import autopilot, topic_lists
from glassine.story.world import World
from glassine.words.autopilot import Topic
from tests.office import Browser, signed_in
from tests.shop import Shop


@pytest.fixture
async def admin(world: World, shop: Shop) -> AsyncIterator[Browser]:
    async with signed_in(world, shop.owner) as at:
        yield at


async def test_topics_are_typed_line_by_line_and_keep_their_examples(world: World, shop: Shop, admin: Browser) -> None:
    page = await admin.act("/settings/topics", hands_off="Legal threats\nClosing an account", answers="Returns", least="50")
    assert "Saved. It holds for messages from now on." in page
    await admin.act("/settings/topics", **{"hands_off": "Legal threats\nClosing an account", "answers": "Returns", "examples:hands_off:0": "I will sue you\nMy lawyer will call"})
    topics, _ = await topic_lists.current(world, shop.owner)
    assert topics.hands_off == (Topic(name="Legal threats", examples=("I will sue you", "My lawyer will call")), Topic(name="Closing an account"))
    await admin.act("/settings/topics", hands_off="Threats by lawyers\nClosing an account", answers="Returns", only="yes", least="40")
    topics, _ = await topic_lists.current(world, shop.owner)
    assert topics.hands_off[0] == Topic(name="Threats by lawyers", examples=("I will sue you", "My lawyer will call")), "a line that was reworded keeps its examples"
    assert (topics.only, topics.least) == (True, 0.4)
    assert "Threats by lawyers" in (await admin.get("/settings/topics")).text


async def test_what_is_refused_comes_back_as_it_was_typed(admin: Browser) -> None:
    answer = await admin.post("/settings/topics", hands_off="Refunds", answers="refunds")
    assert answer.status_code == 400
    assert "stands in both lists" in answer.text
    assert ">Refunds</textarea>" in answer.text


async def test_a_message_is_tried_on_what_is_typed(admin: Browser) -> None:
    page = (await admin.post("/settings/topics/try", hands_off="legal threats and lawyers", message="I will call my lawyer")).text
    assert "It would be left to people." in page
    assert "There are no past conversations" in (await admin.post("/settings/topics/past", hands_off="legal threats")).text


async def test_a_change_can_be_taken_back_on_the_page(world: World, shop: Shop, admin: Browser) -> None:
    await autopilot.change(world, shop.owner, "topics", {})
    await admin.act("/settings/topics", hands_off="Legal threats")
    number = (await autopilot.in_force(world, shop.org)).number
    page = (await admin.get("/settings/autopilot")).text
    assert f'action="/settings/autopilot/versions/{number}/undo"' in page
    assert "The topics" in page
    assert "is taken back" in await admin.act(f"/settings/autopilot/versions/{number}/undo")
    assert not (await topic_lists.current(world, shop.owner))[0].hands_off
