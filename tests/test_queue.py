"""The queue and its worker on a real PostgreSQL: order, retries, dead processes, overtaking, and that nothing is done twice or forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest_asyncio

from bench.stub_model import StubModel
from bench.stub_wires import Body
from glassine.store import Tx, events, jobs, sessions
from glassine.story import contacts, conversations, turn, worker
from glassine.story.contacts import Identity
from glassine.story.exchange import Sent, exchange
from glassine.story.inbound import open_session, receive
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.ids import OrgId, SessionId, new_id
from glassine.words.people import ActorKind
from glassine.words.sessions import ChannelKind, EventType, OwnerKind
from glassine.words.turns import HandOff
from glassine.words.work import Job, JobKind, NewJob
from tests.shop import Shop

SETTINGS = {"llm_model": "stub"}

ORG = OrgId(new_id())


class Held(StubModel):
    """A model that answers when `go` is set: a turn waits in the middle of its call for as long as a test wants."""

    def __init__(self) -> None:
        super().__init__(answer="HANDOFF: nobody knows")
        self.go, self.asked = asyncio.Event(), asyncio.Event()

    async def _act(self, writer: asyncio.StreamWriter, body: Body) -> bool:
        self.asked.set()
        await self.go.wait()
        return await super()._act(writer, body)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def model() -> AsyncIterator[Held]:
    async with Held() as running:
        yield running


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def an_empty_queue(world: World, model: Held) -> AsyncIterator[None]:
    model.go.set()
    yield
    await world.rest(5)
    model.go.set()
    model.asked.clear()
    async with world.store.outside() as tx:
        await tx.execute("delete from jobs")


async def add(world: World, key: str, *, dedupe: str | None = None, delay: float = 0, claimed_by: UUID | None = None) -> int | None:
    async with world.store.outside() as tx:
        job = NewJob(kind=JobKind.TAKE_TURN, ref=new_id(), key=key, dedupe=dedupe, delay_seconds=delay)
        return await jobs.add(tx, ORG, job, claimed_by=claimed_by)


async def claim(world: World, process: UUID | None = None, limit: int = 10) -> list[Job]:
    async with world.store.outside() as tx:
        return await jobs.claim(tx, process or new_id(), limit)


async def done(world: World, id: int) -> None:
    async with world.store.outside() as tx:
        await jobs.done(tx, id)


async def rows(world: World, what: str = "*") -> list[dict[str, Any]]:
    async with world.store.outside() as tx:
        return await (await tx.execute(f"select {what} from jobs order by id")).fetchall()


async def age(tx: Tx, *, claimed: str = "10 seconds") -> None:
    """All claims were made that long ago."""
    await tx.execute("update jobs set claimed_at = claimed_at - %s::interval", (claimed,))


# -- the table -------------------------------------------------------------------------------------------------------------------


async def test_jobs_of_one_key_run_one_after_the_other_in_the_order_they_were_made(world: World) -> None:
    first, second, other = await add(world, "a"), await add(world, "a"), await add(world, "b")
    assert {job.id for job in await claim(world)} == {first, other}
    assert await claim(world) == []
    assert first is not None
    await done(world, first)
    assert [job.id for job in await claim(world)] == [second]


async def test_what_a_process_claims_in_making_it_is_nobody_elses_and_holds_its_key(world: World) -> None:
    own, later = await add(world, "a", claimed_by=new_id()), await add(world, "a")
    assert await claim(world) == []
    assert own is not None
    await done(world, own)
    assert [job.id for job in await claim(world)] == [later]


async def test_processes_that_claim_at_once_share_no_job(world: World) -> None:
    made = {await add(world, f"key {number}") for number in range(40)}
    found = await asyncio.gather(*(claim(world, limit=7) for _ in range(8)))
    taken = [job.id for some in found for job in some]
    assert len(taken) == len(set(taken))
    assert set(taken) | {job.id for job in await claim(world, limit=100)} == made


async def test_a_job_waits_for_its_time(world: World) -> None:
    await add(world, "a", delay=3600)
    assert await claim(world) == []


async def test_a_failed_job_waits_and_holds_its_key_until_it_is_tried_again(world: World) -> None:
    first, _ = await add(world, "a"), await add(world, "a")
    [job] = await claim(world)
    async with world.store.outside() as tx:
        await jobs.retry(tx, job.id, delay=3600, why="ConnectionError")
    assert await claim(world) == []
    async with world.store.outside() as tx:
        await tx.execute("update jobs set run_at = now() where id = %s", (first,))
    [again] = await claim(world)
    assert (again.id, again.attempts) == (first, 2)


async def test_a_job_given_up_stays_to_be_seen_and_frees_its_key(world: World) -> None:
    first, second = await add(world, "a"), await add(world, "a")
    await claim(world)
    async with world.store.outside() as tx:
        await jobs.give_up(tx, first or 0, why="ValueError")
        assert await jobs.waiting(tx) == 1
    assert [job.id for job in await claim(world)] == [second]
    assert [(row["id"], row["why"]) for row in await rows(world) if row["failed_at"]] == [(first, "ValueError")]


async def test_an_equal_job_is_made_once_while_it_waits(world: World) -> None:
    assert await add(world, "a", dedupe="same")
    assert await add(world, "a", dedupe="same") is None
    assert await add(world, "a", dedupe="other")


async def test_an_equal_job_may_follow_a_running_one_and_both_survive_a_dead_process(world: World) -> None:
    await add(world, "a", dedupe="same")
    [running] = await claim(world)
    waiting = await add(world, "a", dedupe="same")
    assert waiting
    async with world.store.outside() as tx:
        await age(tx)
        assert await jobs.sweep(tx) == 1
    assert [job.id for job in await claim(world)] == [running.id]
    async with world.store.outside() as tx:
        await jobs.retry(tx, running.id, delay=0, why="")


async def test_jobs_of_a_dead_process_are_freed_and_those_of_the_living_are_not(world: World) -> None:
    living, dead, unknown = new_id(), new_id(), new_id()
    made = {name: await add(world, str(name), claimed_by=name) for name in (living, dead, unknown)}
    async with world.store.outside() as tx:
        await jobs.hello(tx, living)
        await jobs.hello(tx, dead)
        await tx.execute("update workers set heartbeat = now() - make_interval(secs => %s) where id = %s", (jobs.SILENCE + 1, dead))
        await age(tx)
        assert await jobs.sweep(tx) == 2
    assert {job.id for job in await claim(world)} == {made[dead], made[unknown]}
    async with world.store.outside() as tx:
        await jobs.goodbye(tx, living)
        assert await jobs.sweep(tx) == 1


async def test_what_a_process_keeps_for_itself_is_its_alone_while_it_lives(world: World) -> None:
    keeper, kept = new_id(), OrgId(new_id())
    async with world.store.outside() as tx:
        theirs = await jobs.add(tx, kept, NewJob(kind=JobKind.TAKE_TURN, ref=new_id(), key="kept"))
        ours = await jobs.add(tx, ORG, NewJob(kind=JobKind.TAKE_TURN, ref=new_id(), key="open"))
        await jobs.hello(tx, keeper, [kept])
        assert [job.id for job in await jobs.claim(tx, keeper, 10, keeps=[kept])] == [theirs], "nobody else's"
        await jobs.retry(tx, theirs or 0, delay=0, why="")
        assert [job.id for job in await jobs.claim(tx, new_id(), 10)] == [ours], "what is kept is passed over"
        await jobs.goodbye(tx, keeper)
        assert [job.id for job in await jobs.claim(tx, new_id(), 10)] == [theirs]


async def test_a_claim_that_its_own_process_does_not_know_of_is_given_back(world: World) -> None:
    process = new_id()
    known, forgotten = await add(world, "a", claimed_by=process), await add(world, "b", claimed_by=process)
    assert known is not None
    async with world.store.outside() as tx:
        await jobs.release_unheld(tx, process, set())
        assert await jobs.claim(tx, new_id(), 10) == [], "a claim of this moment may be on its way into the set"
        await age(tx)
        await jobs.release_unheld(tx, process, {known})
    assert [job.id for job in await claim(world)] == [forgotten]


# -- turns -----------------------------------------------------------------------------------------------------------------------


async def begun(world: World, shop: Shop) -> SessionId:
    contact = await contacts.create(world, shop.org, Identity(), verified=False)
    return (await open_session(world, shop.org, contact.id, ChannelKind.API)).id


def message(text: str = "Where is the tent that I ordered?", id: UUID | None = None) -> Inbound:
    return Inbound(external_id=id or new_id(), text=text)


async def log(world: World, shop: Shop, session: SessionId) -> list[tuple[EventType, ActorKind]]:
    return [(event.type, event.actor) for event in await conversations.timeline(world, shop.org, session)]


async def worked(world: World, enough: Callable[[list[dict[str, Any]]], bool]) -> None:
    """A worker runs until the queue's rows are as they should be."""
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(world, stop))
    async with asyncio.timeout(60):
        while not enough(await rows(world)):  # noqa: ASYNC110 - rows tell nobody when they change
            await asyncio.sleep(0.02)
    stop.set()
    await running
    await world.rest(5)


async def worked_off(world: World) -> None:
    """… until no job is left that is not given up."""
    await worked(world, lambda found: all(row["failed_at"] for row in found))


ASKED, HANDED, TOLD = (EventType.MESSAGE, ActorKind.USER), (EventType.HANDOFF, ActorKind.AI), (EventType.MESSAGE, ActorKind.AI)


async def test_a_newer_message_overtakes_a_running_turn(world: World, shop: Shop, model: Held) -> None:
    session = await begun(world, shop)
    model.go.clear()
    calls = model.calls
    first = asyncio.create_task(exchange(world, shop.org, session, message()))
    await asyncio.wait_for(model.asked.wait(), 30)
    newer = await receive(world, shop.org, session, message("I mean the green one."))
    assert newer.job is not None
    model.go.set()
    assert (await first).code == "response_cancelled"
    settled = await worker.begin_turn(world, shop.org, session, newer.job)
    assert isinstance(settled.outcome, HandOff)
    assert await log(world, shop, session) == [ASKED, ASKED, HANDED, TOLD]
    assert model.calls == calls + 2
    assert sorted(row["kind"] for row in await rows(world)) == ["notify_handoff", "summarise"]


async def test_the_same_message_id_twice_is_answered_once(world: World, shop: Shop, model: Held) -> None:
    session, same, calls = await begun(world, shop), new_id(), model.calls
    sent: list[Sent] = await asyncio.gather(*(exchange(world, shop.org, session, message(id=same)) for _ in range(5)))
    sent.append(await exchange(world, shop.org, session, message("Other words under the same id", id=same)))
    assert sorted(one.code or "answered" for one in sent) == ["answered", *["duplicate_message_ignored"] * 5]
    assert await log(world, shop, session) == [ASKED, HANDED, TOLD]
    assert model.calls == calls + 1


async def test_a_turn_whose_process_died_is_taken_by_another(world: World, shop: Shop) -> None:
    session = await begun(world, shop)
    await receive(world, shop.org, session, message())
    async with world.store.outside() as tx:
        await tx.execute("update jobs set owner = %s", (new_id(),))
        await age(tx)
    await worker.sweep(world)
    await worked_off(world)
    assert await log(world, shop, session) == [ASKED, HANDED, TOLD]


async def test_a_turn_whose_process_died_between_its_outcome_and_its_end_is_not_taken_again(world: World, shop: Shop, model: Held) -> None:
    session, calls = await begun(world, shop), model.calls
    await receive(world, shop.org, session, message())
    await turn.take_turn(world, shop.org, session)  # settles, but knows of no job to remove
    async with world.store.outside() as tx:
        await tx.execute("update jobs set owner = null")
    await worked_off(world)
    assert await log(world, shop, session) == [ASKED, HANDED, TOLD]
    assert model.calls == calls + 2, "for the answer, and for the team's summary"


async def test_a_session_that_was_forgotten_gets_a_job(world: World, shop: Shop) -> None:
    session = await begun(world, shop)
    await receive(world, shop.org, session, message())
    async with world.store.tx(shop.org) as tx:
        await tx.execute("delete from jobs")
    await worker.sweep(world)
    assert await rows(world) == [], "a message of this moment may still be on its way to its job"
    async with world.store.tx(shop.org) as tx:
        await tx.execute("update sessions set updated_at = now() - interval '1 minute' where id = %s", (session,))
    await worker.sweep(world)
    await worker.sweep(world)
    assert [row["ref"] for row in await rows(world)] == [session]
    await worked_off(world)
    assert await log(world, shop, session) == [ASKED, HANDED, TOLD]


async def _unbearable(world: World, shop: Shop) -> SessionId:
    """A session whose newest message no turn can read."""
    session = await begun(world, shop)
    async with world.store.tx(shop.org) as tx:
        said = await events.append(tx, shop.org, session, EventType.MESSAGE, ActorKind.USER, text="Hello?", payload={"masked": 7})
        await tx.execute("update sessions set last_user_seq = %s where id = %s", (said.seq, session))
        await jobs.add(tx, shop.org, NewJob(kind=JobKind.TAKE_TURN, ref=session, key=str(session)))
    return session


async def test_a_turn_that_fails_is_put_back_with_a_pause(world: World, shop: Shop) -> None:
    await _unbearable(world, shop)
    async with world.store.outside() as tx:
        await tx.execute("update jobs set attempts = 3")
    await worked(world, lambda found: any(row["why"] for row in found))
    [row] = await rows(world, "attempts, owner, why, failed_at, run_at > now() as waits")
    assert row == {"attempts": 4, "owner": None, "why": "TypeError", "failed_at": None, "waits": True}


async def test_a_turn_that_fails_again_and_again_goes_to_people(world: World, shop: Shop) -> None:
    session = await _unbearable(world, shop)
    async with world.store.outside() as tx:
        await tx.execute("update jobs set attempts = 4")
    await worked_off(world)
    assert await log(world, shop, session) == [ASKED, HANDED, TOLD]
    async with world.store.tx(shop.org) as tx:
        assert (await sessions.load(tx, shop.org, session)).owner.kind is OwnerKind.TEAM
    assert [row["why"] for row in await rows(world)] == ["TypeError"]


async def test_a_job_of_a_session_that_is_gone_ends(world: World, shop: Shop) -> None:
    async with world.store.outside() as tx:
        await jobs.add(tx, shop.org, NewJob(kind=JobKind.TAKE_TURN, ref=new_id(), key="gone"))
    await worked_off(world)
    assert await rows(world) == []


async def test_what_fails_in_the_database_by_its_own_content_is_not_tried_for_ever(world: World, shop: Shop) -> None:
    session = await begun(world, shop)
    await receive(world, shop.org, session, message())
    async with world.store.outside() as tx:
        await tx.execute("update jobs set owner = null, attempts = 4")
    with psycopg.connect(world.store.url, autocommit=True) as owner:
        owner.execute("alter table turns add constraint spoilt check (reasons = '{internal_error}') not valid")
        await worked(world, lambda found: any(row["failed_at"] for row in found))
        owner.execute("alter table turns drop constraint spoilt")
    assert await log(world, shop, session) == [ASKED, HANDED, TOLD]
    assert [row["why"] for row in await rows(world) if row["failed_at"]] == ["CheckViolation"]


async def test_a_kind_that_only_a_newer_version_knows_is_left_to_it(world: World, shop: Shop) -> None:
    await add(world, "newer")
    async with world.store.outside() as tx:
        await tx.execute("update jobs set kind = 'make_coffee'")
        await jobs.add(tx, shop.org, NewJob(kind=JobKind.TAKE_TURN, ref=new_id(), key="gone"))
    await worked(world, lambda found: len(found) == 1)
    [row] = await rows(world)
    assert (row["kind"], row["owner"], row["attempts"]) == ("make_coffee", None, 0)


async def _asked_of_the_queue(world: World, shop: Shop, many: int) -> None:
    for _ in range(many):
        await receive(world, shop.org, await begun(world, shop), message())
    async with world.store.outside() as tx:
        await tx.execute("update jobs set owner = null where id <> all(%s)", (list(world.running),))


async def test_no_more_is_claimed_than_there_is_room_for(world: World, shop: Shop, model: Held) -> None:
    model.go.clear()
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(world, stop))
    async with asyncio.timeout(60):
        for many in (5, 8):
            await _asked_of_the_queue(world, shop, 5)
            while len(world.running) < many:  # noqa: ASYNC110 - the set tells nobody when it grows
                await asyncio.sleep(0.02)
    assert {row["id"] for row in await rows(world) if row["owner"]} == world.running
    stop.set()
    model.go.set()
    await running
