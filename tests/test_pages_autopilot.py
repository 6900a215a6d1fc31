"""Settings › Autopilot and Topics as plain pages: what is typed counts, can be tried before, is refused without being lost, and can be taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from glassine.story.behaviour import autopilot, topic_lists
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


async def test_office_hours_are_written_in_words_of_the_clock(world: World, shop: Shop, admin: Browser) -> None:
    page = await admin.act("/settings/hours", zone="Europe/Berlin", Monday="09:00-12:00, 13:00–17:00", holidays="2027-01-01", answers="away")
    assert "Saved." in page
    assert 'value="09:00-12:00, 13:00-17:00"' in page
    hours = (await autopilot.in_force(world, shop.org)).part("hours")
    assert (hours["week"][0], hours["answers"]) == ([[540, 720], [780, 1020]], "away")
    wrong = await admin.post("/settings/hours", zone="Europe/Berlin", Monday="17:00-09:00")
    assert (wrong.status_code, "Monday" in wrong.text, 'value="17:00-09:00"' in wrong.text) == (400, True, True)
    await autopilot.change(world, shop.owner, "hours", {})


async def test_a_rollout_is_set_for_all_and_for_one_channel(world: World, shop: Shop, admin: Browser) -> None:
    await admin.act("/settings/rollout", **{"share:all": "25", "languages:all": "en, DE", "own:web": "yes", "share:web": "100", "languages:web": ""})
    kept = (await autopilot.in_force(world, shop.org)).part("rollout")
    assert kept == {"everywhere": {"share": 25, "segments": [], "languages": ["en", "de"]}, "channels": {"web": {"share": 100, "segments": [], "languages": []}}}
    assert (await admin.post("/settings/rollout", **{"share:all": "101"})).status_code == 400
    await admin.act("/settings/rollout/assist", **{"drafts:web": "yes"})
    assert (await autopilot.in_force(world, shop.org)).part("assist") == {"channels": ["web"]}
    await autopilot.change(world, shop.owner, "rollout", {})
    await autopilot.change(world, shop.owner, "assist", {})
