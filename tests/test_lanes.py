"""Destinations beside each other: one that is slow, down or asks for a pause holds up no other, and goes on by itself when it is back."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from glassine.store import deliveries, jobs
from glassine.story.delivery import delivering
from glassine.story.world import World
from glassine.words.deliveries import Brought, Delivery, DeliveryId, DeliveryState, Target
from glassine.words.ids import OrgId, new_id
from tests.deliveries import Clock, Scripted, emptied, fails, make, moved_by_hand, now, round_of
from tests.shop import Shop


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    scripted = Scripted()
    monkeypatch.setattr(delivering, "_BRINGERS", dict.fromkeys(Target, scripted))
    return scripted


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def nothing_waits(world: World) -> None:
    await emptied(world)


@pytest.fixture
def clock(world: World):  # type: ignore[no-untyped-def]  # a generator of pytest's
    with moved_by_hand(world) as moved:
        yield moved


async def lane(world: World, shop: Shop, id: UUID) -> deliveries.Lane | None:
    async with world.store.tx(shop.org) as tx:
        return await deliveries.lane(tx, shop.org, id)


async def claimed(world: World, most: int = 100) -> list[DeliveryId]:
    """Claimed by this process, and left so."""
    async with world.store.outside() as tx:
        return [DeliveryId(one.job.ref) for one in await deliveries.claim(tx, world.process, most, 4, world.clock())]


async def test_of_one_destination_four_go_at_once_and_others_beside_them(world: World, shop: Shop) -> None:
    busy, other = new_id(), new_id()
    many = [await make(world, shop, busy) for _ in range(20)]
    last = await make(world, shop, other)
    assert set(await claimed(world)) == {*many[:4], last}
    assert await claimed(world) == [], "in all processes together"


async def test_places_are_shared_in_turn(world: World, shop: Shop) -> None:
    """Who has many waiting does not go before who has one."""
    for _ in range(10):
        await make(world, shop, UUID(int=1))
    late = [await make(world, shop, UUID(int=number)) for number in range(2, 6)]
    assert set(late) < set(await claimed(world, 5))


async def test_an_organisation_that_a_process_keeps_is_left_to_it(world: World, shop: Shop) -> None:
    id, other = await make(world, shop, new_id()), OrgId(new_id())
    async with world.store.outside() as tx:
        keeper = new_id()
        await jobs.hello(tx, keeper, [shop.org])
        assert await deliveries.claim(tx, world.process, 8, 4, world.clock()) == []
        assert await deliveries.claim(tx, new_id(), 8, 4, world.clock(), [other]) == []
        assert [one.job.ref for one in await deliveries.claim(tx, keeper, 8, 4, world.clock(), [shop.org])] == [id]
        await jobs.goodbye(tx, keeper)


async def test_deliveries_are_nobody_elses_jobs(world: World, shop: Shop) -> None:
    await make(world, shop, new_id())
    async with world.store.outside() as tx:
        assert await jobs.claim(tx, world.process, 8) == []


async def test_a_destination_that_failed_once_gets_one_at_a_time(world: World, shop: Shop, there: Scripted) -> None:
    to, first = new_id(), await make(world, shop, UUID(int=7))
    there.answer = fails()
    assert await round_of(world) == [first]
    await emptied(world)
    await make(world, shop, to)
    await round_of(world)
    for _ in range(5):
        await make(world, shop, to)
    assert len(await claimed(world)) == 1


async def test_after_three_failures_it_is_left_alone_and_then_asked_with_one(world: World, shop: Shop, there: Scripted, clock: Clock) -> None:
    to = new_id()
    there.answer = fails()
    ids = [await make(world, shop, to) for _ in range(10)]
    tried = await round_of(world, 3)
    assert len(tried) == 3
    found = await lane(world, shop, to)
    assert found
    assert found.until
    assert (found.failures, timedelta(seconds=5) <= found.until - clock.now <= timedelta(seconds=6)) == (3, True)
    assert await round_of(world) == [], "seven wait untried, and stay so"
    clock.on(seconds=6.5)
    assert len(await round_of(world)) == 1
    assert await round_of(world) == []
    clock.on(seconds=12.5)
    there.answer = lambda delivery: "there"
    assert len(await round_of(world)) == 1
    assert await lane(world, shop, to) is None
    gone: list[DeliveryId] = []
    while found_now := await round_of(world, 100):
        gone += found_now
    assert len(gone) == 9, "all of them go on at once, those in the pauses of their ladders too"
    assert {(await now(world, shop, id)).state for id in ids} == {DeliveryState.DONE}


async def test_what_waited_for_a_destination_that_came_back_has_its_whole_ladder_before_it(world: World, shop: Shop, there: Scripted, clock: Clock) -> None:
    to, other = new_id(), new_id()
    there.answer = fails()
    id = await make(world, shop, to)
    for _ in range(4):
        await round_of(world)
        clock.on(hours=3)
    assert (await now(world, shop, id)).attempts == 4
    await make(world, shop, to)
    there.answer = lambda delivery: "there" if delivery.id != id else fails()(delivery)
    await round_of(world)
    clock.on(minutes=10)
    await round_of(world)
    one = await now(world, shop, id)
    assert one.state is DeliveryState.WAITING
    assert one.next_at - clock.now <= timedelta(minutes=6), "not hours"
    assert other != to


async def test_who_asks_for_a_pause_gets_it_for_everything(world: World, shop: Shop, there: Scripted, clock: Clock) -> None:
    to = new_id()
    there.answer = fails("It asked to wait for 90 seconds.", after=90, status=429)
    first = await make(world, shop, to)
    await round_of(world)
    await make(world, shop, to)
    clock.on(seconds=89)
    assert await round_of(world) == []
    assert (await now(world, shop, first)).next_at - clock.now <= timedelta(seconds=1)
    clock.on(seconds=2)
    assert len(await round_of(world)) == 1


async def test_what_only_one_delivery_is_refused_for_leaves_the_destination_alone(world: World, shop: Shop, there: Scripted) -> None:
    to = new_id()
    there.answer = fails("Too many tags.", again=False, status=422)
    await make(world, shop, to)
    await round_of(world)
    assert await lane(world, shop, to) is None


async def test_whoever_counts_on_a_helpdesk_hears_at_once_that_it_is_down(world: World, shop: Shop, there: Scripted, clock: Clock) -> None:
    """Untried, without a request: the session must not wait there unseen."""
    to = new_id()
    there.answer = fails("It does not answer.")
    for _ in range(3):
        await make(world, shop, to, target=Target.HELPDESK, effect="open")
    await round_of(world)
    there.told.clear()
    late = await make(world, shop, to, target=Target.HELPDESK, effect="open")
    requests = len(there.tried)
    assert await round_of(world) == [late]
    assert there.told == [(late, "It waits: the tries before it have failed. It does not answer.", False)]
    assert len(there.tried) == requests
    assert await round_of(world) == [], "once"
    one = await now(world, shop, late)
    assert (one.attempts, one.state) == (0, DeliveryState.WAITING)
    there.answer = lambda delivery: "there"
    clock.on(minutes=1)
    while await round_of(world):
        pass
    assert late in there.back


async def test_a_webhook_behind_an_open_breaker_is_not_claimed_at_all(world: World, shop: Shop, there: Scripted, clock: Clock) -> None:
    to = new_id()
    there.answer = fails()
    for _ in range(3):
        await make(world, shop, to)
    await round_of(world)
    await make(world, shop, to)
    assert await round_of(world) == []
    assert clock.now


class Slow(Scripted):
    """Some destinations never answer; the others do at once."""

    def __init__(self, dead: set[UUID]) -> None:
        super().__init__()
        self.dead, self.seen = dead, Counter[UUID]()

    async def bring(self, world: World, org: OrgId, delivery: Delivery, ready: None) -> Brought:
        self.seen[delivery.target_id] += 1
        if delivery.target_id in self.dead:
            await asyncio.Event().wait()
        return Brought(external="there")


async def test_destinations_that_never_answer_hold_up_nobody(world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty that hang have eighty of the hundred places; everything that is for others arrives beside them."""
    dead, well = {new_id() for _ in range(20)}, [new_id() for _ in range(5)]
    slow = Slow(dead)
    monkeypatch.setattr(delivering, "_BRINGERS", dict.fromkeys(Target, slow))
    for to in dead:
        for _ in range(10):
            await make(world, shop, to)
    ids = [await make(world, shop, to) for to in well for _ in range(20)]
    stop = asyncio.Event()
    running = asyncio.create_task(delivering.run(world, stop))
    while sum(slow.seen[to] for to in well) < len(ids):  # noqa: ASYNC110 - what was brought tells nobody
        await asyncio.sleep(0.02)
    assert max(slow.seen[to] for to in dead) <= 4
    stop.set()
    await running
    for task in list(world._tasks):
        task.cancel()
    await asyncio.gather(*list(world._tasks), return_exceptions=True)
