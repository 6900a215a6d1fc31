"""Handoffs as they happen: by level, with reasons and evidence, never twice, counted over the API, and set in the browser."""

from __future__ import annotations

import asyncio
from typing import Any

from httpx2 import AsyncClient

from glassine.store import events
from glassine.story import contacts, conversations, desk, exchange, inbound
from glassine.story.behaviour import handoffs
from glassine.story.contacts import Identity
from glassine.story.knowledge import learning
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.handoffs import Level, Triggers
from glassine.words.ids import ContactId, SessionId, new_id
from glassine.words.sessions import ChannelKind, Event, EventType, OwnerKind, Session, Status
from tests.office import signed_in
from tests.shop import Shop, founded_shop

ASKS, QUESTION, NOTHING = "I want to talk to a person", "How long can I return a lamp?", "What is the airspeed of an unladen swallow?"


async def founded(world: World, name: str) -> Shop:
    shop = await founded_shop(world, name, f"{new_id()}@paper.example")
    article = await learning.save(world, shop.org, title="Returns", body="You can return an unused lamp within 30 days. Send it to our shop.")
    await learning.publish(world, shop.org, article.id)
    return shop


async def begun(world: World, shop: Shop, contact: ContactId | None = None) -> tuple[SessionId, ContactId]:
    contact = contact or (await contacts.create(world, shop.org, Identity(), verified=False)).id
    return (await inbound.open_session(world, shop.org, contact, ChannelKind.API)).id, contact


async def writes(world: World, shop: Shop, id: SessionId, text: str) -> str:
    """What the customer reads."""
    got = await exchange.exchange(world, shop.org, id, Inbound(external_id=new_id(), text=text))
    return got.text


async def state(world: World, shop: Shop, id: SessionId) -> tuple[Session, list[Event]]:
    async with world.store.tx(shop.org) as tx:
        log = await events.log(tx, shop.org, id, after=0, limit=100)
    return await conversations.session(world, shop.org, id), log


async def handed(world: World, shop: Shop, id: SessionId) -> list[dict[str, Any]]:
    return [dict(event.payload) for event in (await state(world, shop, id))[1] if event.type is EventType.HANDOFF]


async def test_a_handoff_records_reasons_evidence_summary_mood_language_and_what_was_told(world: World) -> None:
    shop = await founded(world, "Recorded")
    id, _ = await begun(world, shop)
    await writes(world, shop, id, QUESTION)
    told = await writes(world, shop, id, "You people are useless. I want to talk to a person, my mail is zoe@example.com")
    [payload] = await handed(world, shop, id)
    assert payload["reasons"] == ["user_requested_human_assistance", "frustration"]
    assert len(payload["evidence"]) == 2
    assert "zoe@" not in str(payload)
    assert (payload["sentiment"], payload["language"], payload["told"]) == ("angry", "en", told)
    session, _ = await state(world, shop, id)
    assert (session.owner.kind, session.sentiment) == (OwnerKind.TEAM, "angry")
    assert session.summary == payload["summary"]


async def test_ai_only_declines_and_goes_on(world: World) -> None:
    shop = await founded(world, "AI only")
    await handoffs.set_rules(world, shop.owner, Level.AI_ONLY)
    id, _ = await begun(world, shop)
    assert "cannot put you through" in await writes(world, shop, id, ASKS)
    assert "Please ask once more" in await writes(world, shop, id, NOTHING)
    assert "30 days" in await writes(world, shop, id, QUESTION)
    assert (await state(world, shop, id))[0].owner.kind is OwnerKind.AI
    assert await handed(world, shop, id) == []


async def test_balanced_asks_what_it_is_about_and_tries_twice(world: World) -> None:
    shop = await founded(world, "Balanced")
    await handoffs.set_rules(world, shop.owner, Level.BALANCED)
    id, _ = await begun(world, shop)
    assert "what is it about" in await writes(world, shop, id, ASKS)
    await writes(world, shop, id, "My lamp arrived broken")
    assert [payload["reasons"] for payload in await handed(world, shop, id)] == [["user_requested_human_assistance"]]
    id, _ = await begun(world, shop)
    assert "Please ask once more" in await writes(world, shop, id, NOTHING)
    await writes(world, shop, id, "And how fast does an African one fly?")
    [payload] = await handed(world, shop, id)
    assert payload["evidence"] == ["2 messages in a row had no answer"]


async def test_a_reopened_session_hands_off_once_and_not_for_ever(world: World) -> None:
    shop = await founded(world, "Reopened")
    id, _ = await begun(world, shop)
    await writes(world, shop, id, QUESTION)
    await desk.close(world, shop.owner, id, Status.CLOSED_RESOLVED)
    await desk.reopen(world, shop.owner, id)
    await writes(world, shop, id, "May I return a lamp that I used?")
    assert [payload["reasons"] for payload in await handed(world, shop, id)] == [["reopened"]]
    await desk.hand_back(world, shop.owner, id)
    assert "30 days" in await writes(world, shop, id, QUESTION)
    assert len(await handed(world, shop, id)) == 1


async def test_the_ai_is_silent_until_it_is_handed_back_and_counts_anew(world: World) -> None:
    shop = await founded(world, "Anew")
    await handoffs.set_rules(world, shop.owner, Level.CUSTOM, Triggers(same_question=2, same_answer=0))
    id, _ = await begun(world, shop)
    await writes(world, shop, id, QUESTION)
    await writes(world, shop, id, QUESTION)
    [payload] = await handed(world, shop, id)
    assert (payload["reasons"], payload["evidence"]) == (["loop"], [f"asked the same thing 2 times: “{QUESTION}”"])
    assert await writes(world, shop, id, "Hello? You idiots, I want a person!") == ""
    await desk.take_over(world, shop.owner, id)
    await desk.hand_back(world, shop.owner, id)
    answers = [await writes(world, shop, id, text) for text in (QUESTION, "Is a lamp returned within how many days?")]
    assert "30 days" in answers[0]
    assert len(await handed(world, shop, id)) == 1
    await writes(world, shop, id, QUESTION)
    assert len(await handed(world, shop, id)) == 2


async def test_who_comes_back_unsolved_twice_goes_to_people(world: World) -> None:
    shop = await founded(world, "Comes back")
    first, contact = await begun(world, shop)
    await writes(world, shop, first, ASKS)
    second, _ = await begun(world, shop, contact)
    assert "30 days" in await writes(world, shop, second, QUESTION)
    await desk.close(world, shop.owner, second, Status.CLOSED_UNRESOLVED)
    third, _ = await begun(world, shop, contact)
    await writes(world, shop, third, QUESTION)
    assert [payload["reasons"] for payload in await handed(world, shop, third)] == [["repeat_contact"]]
    other, _ = await begun(world, shop)
    assert "30 days" in await writes(world, shop, other, QUESTION)


async def test_somebody_takes_over_while_the_ai_hands_off(world: World) -> None:
    shop = await founded(world, "Race")
    id, _ = await begun(world, shop)
    await asyncio.gather(writes_or_not(world, shop, id, ASKS), desk.take_over(world, shop.owner, id), writes_or_not(world, shop, id, "You are useless"))
    session, log = await state(world, shop, id)
    owners = [event.type for event in log if event.type in (EventType.HANDOFF, EventType.AGENT_TOOK_SESSION_FROM_AI, EventType.AGENT_ASSIGNED_BY_USER)]
    assert session.owner.kind is OwnerKind.PERSON
    assert owners.count(EventType.HANDOFF) <= 1
    taken = next(event.seq for event in log if event.type in (EventType.AGENT_TOOK_SESSION_FROM_AI, EventType.AGENT_ASSIGNED_BY_USER))
    assert not [event for event in log if event.seq > taken and event.type is EventType.HANDOFF], "nothing is handed off that a person has"


async def writes_or_not(world: World, shop: Shop, id: SessionId, text: str) -> None:
    await exchange.exchange(world, shop.org, id, Inbound(external_id=new_id(), text=text))


async def test_over_the_api(client: AsyncClient, world: World) -> None:
    shop = await founded(world, "Over the API")
    got = (await client.get("/api/autopilot/handoff", headers=shop.bearer)).json()
    assert (got["level"], got["triggers"]["request"], got["triggers"]["contacts"]) == ("quick", 1, 2)
    put = await client.put("/api/autopilot/handoff", json={"level": "custom", "triggers": {"request": 2}}, headers=shop.bearer)
    assert (put.status_code, put.json()["triggers"]["request"], put.json()["triggers"]["contacts"]) == (200, 2, 2)
    wrong = await client.put("/api/autopilot/handoff", json={"level": "custom", "triggers": {"messages": 99}}, headers=shop.bearer)
    assert (wrong.status_code, wrong.json()["message"]) == (400, "Messages is a number from 0 to 15.")
    await handoffs.set_rules(world, shop.owner, Level.QUICK)
    for text in (ASKS, NOTHING, "You are useless, I want to talk to a person"):
        await writes(world, shop, (await begun(world, shop))[0], text)
    found = (await client.get("/api/handoff-analytics", headers=shop.bearer)).json()
    assert (found["total_handoffs"], found["total_sessions"], found["handoff_rate"]) == (3, 3, 1.0)
    assert found["reasons"][0] == {"reason": "user_requested_human_assistance", "count": 2}
    assert {"reasons": ["frustration", "user_requested_human_assistance"], "count": 1} in found["reason_combinations"]
    assert {"sentiment": "angry", "count": 1} in found["sentiments"]
    assert sum(day["count"] for day in found["trends"]) == 3
    listed = (await client.get("/api/handoff-analytics/events?limit=2", headers=shop.bearer)).json()
    rest = (await client.get("/api/handoff-analytics/events", params={"cursor": listed["next"]}, headers=shop.bearer)).json()
    assert (len(listed["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)
    assert listed["items"][0]["summary"] == "You are useless, I want to talk to a person"
    backwards = await client.get("/api/handoff-analytics?start_date=2026-02-02T00:00:00Z&end_date=2026-02-01T00:00:00Z", headers=shop.bearer)
    assert backwards.status_code == 400


async def test_settings_in_the_browser_are_versions_and_can_be_undone(world: World) -> None:
    shop = await founded(world, "In the browser")
    async with signed_in(world, shop.owner) as admin:
        assert "L1: Quick" in (await admin.get("/settings/handoff")).text
        await admin.post("/settings/handoff", level="ai_only", number="0")
        assert (await handoffs.rules(world, shop.org)).level is Level.AI_ONLY
        assert "From L1: Quick to L0: AI only" in (await admin.get("/settings/handoff")).text
        late = await admin.post("/settings/handoff", level="balanced", number="0")
        assert late.status_code == 409
        await admin.post("/settings/handoff/1/undo")
        assert (await handoffs.rules(world, shop.org)).level is Level.QUICK
        await admin.post("/settings/handoff", level="custom", request="3", basics="yes", days="2", number="2")
        rules = await handoffs.rules(world, shop.org)
        assert (rules.custom.request, rules.custom.basics, rules.custom.tone, rules.custom.nothing_found) == (3, True, False, 0)
        read = await admin.post("/settings/handoff/preview", level="ai_only")
        assert "I cannot put you through to a person" in read.text or read.status_code == 200
