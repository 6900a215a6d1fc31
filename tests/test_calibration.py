"""Calibration: what past outcomes say of a threshold, by properties of the sums, and end to end from votes and people's words to a proposal that is rehearsed."""

from __future__ import annotations

import random
from itertools import pairwise
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from glassine.rules import calibration, extract
from glassine.rules.calibration import ALLOWED, GRID, Advice, Case
from glassine.rules.outcomes import Next, helped, would_have_helped
from glassine.store import calibration as stored
from glassine.story import desk, visitor
from glassine.story.behaviour import calibrating
from glassine.story.behaviour.calibrating import Of
from glassine.story.inspection import recalling
from glassine.story.knowledge import learning
from glassine.story.world import World
from glassine.words.ids import EventId, SessionId, new_id
from glassine.words.sessions import EventType
from tests.office import signed_in
from tests.shop import Shop, founded_shop
from tests.stories import hit

Client = httpx2.AsyncClient
CASES = st.lists(st.builds(Case, st.floats(0, 1), st.booleans()), max_size=300)


@given(CASES)
def test_a_stricter_threshold_answers_no_more_and_is_wrong_no_more_often_in_number(cases: list[Case]) -> None:
    points = calibration.curve(cases)
    assert [one.least for one in points] == list(GRID)
    for strict, loose in pairwise(points):
        assert strict.answered <= loose.answered
        assert strict.wrong <= loose.wrong
    for one in points:
        assert one.low <= one.risk + 1e-4
        assert one.risk <= one.high + 1e-4
        assert 0 <= one.wrong <= one.answered <= one.of == len(cases)


@given(CASES, st.sampled_from(ALLOWED), st.sampled_from(GRID))
def test_a_proposal_keeps_to_what_is_allowed_and_rests_on_enough_cases(cases: list[Case], allowed: float, now: float) -> None:
    made = calibration.proposal(cases, allowed, now)
    if made.advice in (Advice.MORE, Advice.LESS, Advice.AS_NOW):
        assert made.point is not None
        assert made.point.high <= allowed
        assert made.point.answered >= made.needed
    if made.advice is Advice.MORE and made.point:
        assert made.point.answered > calibration.point(cases, now).answered
    if made.advice is Advice.UNKNOWN:
        assert all(one.answered < made.needed for one in calibration.curve(cases))


@pytest.mark.parametrize("allowed", ALLOWED)
def test_the_number_of_cases_is_the_smallest_that_can_show_it(allowed: float) -> None:
    enough = calibration.needed(allowed)
    assert calibration.wilson(0, enough)[1] <= allowed + 1e-4
    assert 1.96**2 / (enough - 1 + 1.96**2) > allowed
    right = [Case(0.97, True)] * enough
    assert calibration.proposal(right, allowed, 0.97).advice is Advice.AS_NOW
    assert calibration.proposal(right[1:], allowed, 0.97).advice is Advice.UNKNOWN


def test_chance_is_not_taken_for_knowledge() -> None:
    """Of a thousand sets of cases in which a fifth is wrong whatever the score, hardly any gets a threshold that promises a tenth."""
    chance, promised = random.Random(1), 0
    for _ in range(1_000):
        cases = [Case(chance.random(), chance.random() >= 0.2) for _ in range(200)]
        promised += calibration.proposal(cases, 0.1, 0.5).advice in (Advice.MORE, Advice.LESS, Advice.AS_NOW)
    assert promised <= 25


def test_a_good_score_finds_its_threshold() -> None:
    chance = random.Random(2)
    cases = [Case(score, chance.random() < score**0.2) for score in (chance.random() for _ in range(3_000))]
    made = calibration.proposal(cases, 0.1, 0.9)
    assert made.advice is Advice.MORE
    assert made.point and 0.3 <= made.point.least <= 0.7
    assert calibration.proposal(cases, 0.1, 0.2).advice is Advice.LESS
    assert calibration.proposal([Case(one.score, False) for one in cases], 0.1, 0.5).advice is Advice.NONE


@pytest.mark.parametrize(("after", "right"), [
    (Next(vote="upvote", entry=EventType.AGENT_MESSAGE), True), (Next(vote="downvote", entry=EventType.CLOSED_RESOLVED_BY_CONTACT), False), (Next(entry=EventType.AGENT_MESSAGE), False),
    (Next(entry=EventType.HANDOFF, because=["user_requested_human_assistance"]), False), (Next(entry=EventType.HANDOFF, because=["insufficient_knowledge"]), None),
    (Next(entry=EventType.CLOSED_RESOLVED_BY_CONTACT), True), (Next(entry=EventType.CLOSED_RESOLVED_BY_CONTACT, reopened=True), False),
    (Next(entry=EventType.SYSTEM_REOPENED_SESSION), False), (Next(entry=EventType.MESSAGE), None), (Next(), None),
])  # fmt: skip
def test_what_followed_tells_whether_it_helped(after: Next, right: bool | None) -> None:
    assert helped(after) is right


@pytest.mark.parametrize(("words", "right"), [
    ("You can return an unused lamp within 30 days of delivery.", True), ("Please send us photographs, our workshop repairs broken switches every Thursday.", False),
    ("Thanks!", None), ("You may return the lamp, and our workshop also repairs switches.", None),
])  # fmt: skip
def test_a_persons_words_tell_whether_the_passage_would_have(words: str, right: bool | None) -> None:
    passage = hit("You can return an unused lamp within 30 days of delivery. The refund takes five working days.", title="Returns")
    assert would_have_helped(Next(entry=EventType.AGENT_MESSAGE, said=words), passage, "en") is right


@pytest_asyncio.fixture
async def store(world: World) -> Shop:
    shop = await founded_shop(world, "Paper & Glass", f"owner{new_id().hex[:8]}@paper.example")
    await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Returns", body="You can return an unused lamp within 30 days of delivery. The refund takes five working days.", language="en")).id)
    return shop


async def asked(client: Client, shop: Shop, text: str) -> SessionId:
    session = (await client.post("/api/chat/sessions", headers=shop.bearer, json={})).json()["id"]
    await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json={"message": {"type": "text", "text": text}})
    return SessionId(UUID(session))


async def answers(world: World, shop: Shop, session: SessionId) -> EventId:
    async with world.store.tx(shop.org) as tx:
        row = await (await tx.execute("select event_id from turns where session_id = %s order by created_at desc", (session,))).fetchone()
    assert row
    return EventId(row["event_id"])


async def test_votes_and_peoples_words_become_cases(client: Client, world: World, store: Shop) -> None:
    ask = "How long may I keep an unused lamp before I return it?"
    up, down, left, corrected = [await asked(client, store, ask) for _ in range(4)]
    await visitor.vote(world, store.org, up, await answers(world, store, up), "upvote")
    await visitor.vote(world, store.org, down, await answers(world, store, down), "downvote")
    await desk.reply(world, store.owner, corrected, "Sorry, that was about another lamp.")
    missed = await asked(client, store, "Bringing stuff back, any limits on days for lamps that I never used or so, what do you think of that matter?")
    await desk.reply(world, store.owner, missed, "You can return an unused lamp within 30 days of delivery.")
    found = await calibrating.calibrated(world, store.owner)
    loosest = found.curve[-1]
    assert found.seen >= 4, left
    assert found.cases >= 3
    assert (found.cases, loosest.wrong) in ((3, 2), (4, 2))  # the one that nothing followed is none
    async with world.store.tx(store.org) as tx:
        rows = await stored.ended(tx, store.org, world.clock() - calibrating.LATELY, 100)
    for row in rows:  # the confidence is the one by which the turn decided
        best = extract.surest(row["query"], [recalling.hit_from(one) for one in row["hits"]], language="en")
        assert best
        assert (best[1] >= extract.DEFAULT.answer) is ("answered_from_knowledge" in row["reasons"])
    assert (await calibrating.calibrated(world, store.owner, Of.CLAIMS)).cases == 0


async def test_the_page_says_that_there_are_not_enough_and_the_api_the_same(client: Client, world: World, store: Shop) -> None:
    async with signed_in(world, store.owner) as admin:
        assert "Nothing is known yet" in (await admin.get("/settings/calibration")).text
        session = await asked(client, store, "How long may I keep an unused lamp before I return it?")
        await visitor.vote(world, store.org, session, await answers(world, store, session), "upvote")
        page = (await admin.get("/settings/calibration")).text
        assert "Not enough cases" in page
        assert "It takes 73 answers in a row without a wrong one to show it." in page
        assert "Try 0" not in page
        assert "Language model" in (await admin.get("/settings/calibration?of=claims")).text
        begun = await admin.post("/settings/calibration", of="quotes", least="0.35")
        assert begun.headers["location"].startswith("/settings/rehearsals/")
        assert (await admin.post("/settings/calibration", of="quotes", least="much")).status_code == 400
    told = (await client.get("/api/autopilot-guard/calibration", headers=store.bearer)).json()
    assert (told["cases"], [one["advice"] for one in told["proposals"]]) == (1, ["unknown"] * 4)
    assert told["now"] == {"threshold": 0.5, "answered": 1, "of": 1, "wrong": 0, "wrong_share": 0.0, "wrong_low": 0.0, "wrong_high": 0.7935}


async def test_with_enough_cases_a_threshold_is_proposed_and_tried(client: Client, world: World, store: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await asked(client, store, "How long may I keep an unused lamp before I return it?")
    await visitor.vote(world, store.org, session, await answers(world, store, session), "upvote")
    real = stored.ended

    async def many(*args: object) -> object:
        return await real(*args) * 80  # type: ignore[arg-type]  # as if eighty customers had asked it

    monkeypatch.setattr(stored, "ended", many)
    async with signed_in(world, store.owner) as admin:
        page = (await admin.get("/settings/calibration")).text
        assert "80 of 80 questions answered, 0 of 80 wrong" in page
    found = await calibrating.calibrated(world, store.owner)
    assert {one.allowed: one.advice for one in found.proposals} == {0.02: Advice.UNKNOWN, 0.05: Advice.AS_NOW, 0.1: Advice.AS_NOW, 0.2: Advice.AS_NOW}
