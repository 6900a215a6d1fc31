"""A person who writes a reply makes the AI wait: nothing is said meanwhile, sending takes over, and who leaves or dies leaves nobody without an answer."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from glassine.store import jobs, search, sessions
from glassine.story import contacts, conversations, desk, worker, writing
from glassine.story.contacts import Identity
from glassine.story.exchange import exchange
from glassine.story.inbound import open_session, receive
from glassine.story.knowledge import learning
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.errors import Refused
from glassine.words.ids import SessionId
from glassine.words.people import Actor, ActorKind, Role
from glassine.words.sessions import ChannelKind, Event, EventType, OwnerKind
from tests.office import colleague, signed_in
from tests.shop import Shop

QUESTION = "How long is the warranty on a kettle?"


@pytest.fixture(scope="module", autouse=True)
async def warranty(world: World, shop: Shop) -> None:
    article = await learning.save(world, shop.org, title="Warranty", body="The warranty on every kettle is three years. Keep the receipt.")
    await learning.publish(world, shop.org, article.id)


@pytest.fixture
async def session(world: World, shop: Shop) -> SessionId:
    contact = await contacts.create(world, shop.org, Identity(non_verified_name="Max Muster"), verified=False)
    return (await open_session(world, shop.org, contact.id, ChannelKind.WEB, external_id=uuid4())).id


def says(text: str = QUESTION) -> Inbound:
    return Inbound(external_id=uuid4(), text=text)


async def answers(world: World, shop: Shop, id: SessionId) -> list[Event]:
    log = await conversations.timeline(world, shop.org, id)
    return [event for event in log if event.type is EventType.MESSAGE and event.actor is ActorKind.AI]


async def owner(world: World, shop: Shop, id: SessionId) -> OwnerKind:
    return (await conversations.session(world, shop.org, id)).owner.kind


async def waiting(world: World, id: SessionId) -> list[dict[str, Any]]:
    async with world.store.outside() as tx:
        return await (await tx.execute("select *, run_at > now() as later from jobs where key = %s", (str(id),))).fetchall()


async def worked_off(world: World) -> None:
    """Everything that is due is run, as a worker runs it."""
    while found := await worker._claim(world, 8):
        world.running.update(job.id for job in found)
        await asyncio.gather(*(worker._run_one(world, job) for job in found))


async def passed(world: World, shop: Shop, id: SessionId) -> None:
    """As if the lease had run out: for the session, and for the turn that waits."""
    async with world.store.tx(shop.org) as tx:
        await tx.execute("update sessions set typing_until = now() - interval '1 second', updated_at = now() - interval '1 minute' where id = %s", (id,))
        await tx.execute("update jobs set run_at = now() where key = %s", (str(id),))


async def test_nothing_is_said_while_a_person_writes_and_the_turn_waits(world: World, shop: Shop, session: SessionId) -> None:
    assert await writing.begin(world, shop.owner, session)
    sent = await exchange(world, shop.org, session, says())
    assert (sent.said, sent.code, sent.handed_off) == (None, None, False)
    assert await answers(world, shop, session) == []
    assert await owner(world, shop, session) is OwnerKind.AI
    [job] = await waiting(world, session)
    assert job["later"]
    assert job["owner"] is None
    await worked_off(world)
    assert await answers(world, shop, session) == []


async def test_a_turn_that_runs_when_somebody_begins_says_nothing_until_they_leave(world: World, shop: Shop, session: SessionId, monkeypatch: pytest.MonkeyPatch) -> None:
    found = search.find

    async def typed_while_searching(*given: Any, **named: Any) -> Any:
        await writing.begin(world, shop.owner, session)
        return await found(*given, **named)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(search, "find", typed_while_searching)
        sent = await exchange(world, shop.org, session, says())
    assert (sent.said, sent.code) == (None, None)
    assert await answers(world, shop, session) == []
    await writing.end(world, shop.owner, session)
    await worked_off(world)
    assert "three years" in (await answers(world, shop, session))[0].text
    assert await waiting(world, session) == []


async def test_sending_takes_over_and_the_waiting_turn_says_nothing_any_more(world: World, shop: Shop, session: SessionId) -> None:
    await writing.begin(world, shop.owner, session)
    await exchange(world, shop.org, session, says())
    await desk.reply(world, shop.owner, session, "Three years, and I mean it.")
    async with world.store.tx(shop.org) as tx:
        assert await sessions.typist(tx, shop.org, session) is None
    await passed(world, shop, session)
    await worked_off(world)
    assert await answers(world, shop, session) == []
    assert await waiting(world, session) == []
    assert await owner(world, shop, session) is OwnerKind.PERSON


async def test_a_person_who_disappears_leaves_an_answer_behind(world: World, shop: Shop, session: SessionId) -> None:
    await writing.begin(world, shop.owner, session)
    await exchange(world, shop.org, session, says())
    await passed(world, shop, session)
    await worked_off(world)
    assert "three years" in (await answers(world, shop, session))[0].text
    assert await owner(world, shop, session) is OwnerKind.AI


async def test_a_process_that_dies_while_the_ai_waits_leaves_an_answer_behind(world: World, shop: Shop, session: SessionId) -> None:
    """It had claimed the turn, and nothing of what it was going to do was done."""
    await writing.begin(world, shop.owner, session)
    await receive(world, shop.org, session, says())
    async with world.store.outside() as tx:
        await tx.execute("update jobs set owner = %s, claimed_at = now() - interval '1 minute' where key = %s", (uuid4(), str(session)))
    await worker.sweep(world)
    await worked_off(world)
    assert await answers(world, shop, session) == [], "the person still writes"
    await passed(world, shop, session)
    await worked_off(world)
    assert "three years" in (await answers(world, shop, session))[0].text


async def test_a_session_whose_job_is_lost_is_found_by_the_sweeper(world: World, shop: Shop, session: SessionId) -> None:
    await writing.begin(world, shop.owner, session)
    await exchange(world, shop.org, session, says())
    async with world.store.outside() as tx:
        await tx.execute("delete from jobs where key = %s", (str(session),))
    await passed(world, shop, session)
    await worker.sweep(world)
    await worked_off(world)
    assert "three years" in (await answers(world, shop, session))[0].text


async def test_waiting_is_no_failed_try(world: World, shop: Shop, session: SessionId) -> None:
    await writing.begin(world, shop.owner, session)
    await exchange(world, shop.org, session, says())
    for _ in range(8):
        async with world.store.outside() as tx:
            await tx.execute("update jobs set run_at = now() where key = %s", (str(session),))
        await worked_off(world)
    [job] = await waiting(world, session)
    assert job["attempts"] == 0
    assert job["failed_at"] is None


async def test_two_who_write_are_waited_for_both(world: World, shop: Shop, session: SessionId) -> None:
    mara = await colleague(world, shop.owner, Role.AGENT, "Mara Keller")
    await writing.begin(world, mara, session)
    await writing.begin(world, shop.owner, session)
    async with world.store.tx(shop.org) as tx:
        typist = await sessions.typist(tx, shop.org, session)
    assert typist
    assert typist.name == "Mara Keller"
    await writing.end(world, shop.owner, session)
    async with world.store.tx(shop.org) as tx:
        assert await sessions.typist(tx, shop.org, session), "the other one still writes"


async def test_a_session_that_people_own_waits_for_nobody(world: World, shop: Shop, session: SessionId) -> None:
    await desk.take_over(world, shop.owner, session)
    assert not await writing.begin(world, shop.owner, session)
    async with world.store.tx(shop.org) as tx:
        assert await sessions.typist(tx, shop.org, session) is None


async def test_only_people_who_may_answer_make_it_wait(world: World, shop: Shop, session: SessionId) -> None:
    viewer = await colleague(world, shop.owner, Role.VIEWER, "Vera View")
    program = Actor(org=shop.org, kind=ActorKind.API, id=uuid4(), name="A key", role=Role.ADMIN)
    for actor in (viewer, program):
        with pytest.raises(Refused):
            await writing.begin(world, actor, session)


async def test_colleagues_see_who_writes(world: World, shop: Shop, session: SessionId) -> None:
    await exchange(world, shop.org, session, says())
    ben = await colleague(world, shop.owner, Role.AGENT, "Ben Brief")
    async with signed_in(world, ben) as his, signed_in(world, shop.owner) as hers:
        assert (await his.post(f"/inbox/sessions/{session}/typing", on="1")).status_code == 204
        assert "Ben Brief is typing; the AI waits" in (await hers.get(f"/inbox/sessions/{session}")).text
        mine = (await his.get(f"/inbox/sessions/{session}")).text
        assert "You are typing; the AI waits" in mine
        assert "The AI waits while you write; sending takes over." in mine
        assert (await his.post(f"/inbox/sessions/{session}/typing", on="0")).status_code == 204
        assert "is typing" not in (await hers.get(f"/inbox/sessions/{session}")).text


async def test_signs_are_news_only_when_somebody_begins_or_ends(world: World, shop: Shop, session: SessionId) -> None:
    async with world.live.listen(shop.org, session) as notices:
        for _ in range(3):
            await writing.begin(world, shop.owner, session)
        await writing.end(world, shop.owner, session)
        await writing.end(world, shop.owner, session)
        kinds: list[str] = []
        while len(kinds) < 2:
            kinds += [kind for kind in [(await asyncio.wait_for(notices.get(), 10)).kind] if kind != "owner"]  # that the session began may come late
        await asyncio.sleep(0.2)
    assert kinds == ["typing", "typing"]
    assert notices.empty()


async def test_a_job_that_was_put_off_survives_its_own_run(world: World, shop: Shop, session: SessionId) -> None:
    await writing.begin(world, shop.owner, session)
    heard = await receive(world, shop.org, session, says())
    assert heard.job
    async with world.store.outside() as tx:
        await tx.execute("update jobs set owner = null where id = %s", (heard.job,))
    [job] = await worker._claim(world, 1)
    await worker._run_one(world, job)
    [kept] = await waiting(world, session)
    assert kept["id"] == job.id
    async with world.store.outside() as tx:
        await jobs.done(tx, job.id)
