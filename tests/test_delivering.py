"""One delivery from its making to its end: tried until it is known how it ended, with one id, and never written twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
import pytest_asyncio

from glassine.rules.ladders import LADDERS, lasts
from glassine.store import Unreachable, deliveries, jobs
from glassine.story import worker
from glassine.story.delivery import delivering
from glassine.story.world import World
from glassine.words.deliveries import Delivery, DeliveryFailed, DeliveryId, DeliveryState, Target
from glassine.words.errors import CrossingRefused, LeakStopped, NotFound
from glassine.words.ids import OrgId, new_id
from tests.deliveries import Clock, Scripted, emptied, fails, job, make, moved_by_hand, now, round_of
from tests.shop import Shop
from tests.switched import begun


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    """The same scripted side for both kinds of target."""
    scripted = Scripted()
    monkeypatch.setattr(delivering, "_BRINGERS", dict.fromkeys(Target, scripted))
    return scripted


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def nothing_waits(world: World) -> None:
    """What the test before left is not this one's."""
    await emptied(world)


@pytest.fixture
def clock(world: World):  # type: ignore[no-untyped-def]  # a generator of pytest's
    with moved_by_hand(world) as moved:
        yield moved


async def test_what_arrives_is_done_and_leaves_no_job(world: World, shop: Shop, there: Scripted) -> None:
    id = await make(world, shop, new_id())
    assert await round_of(world) == [id]
    one = await now(world, shop, id)
    assert (one.state, one.external, one.attempts, one.why, one.settled_at is not None) == (DeliveryState.DONE, f"there-{id}", 1, "", True)
    assert await job(world, id) is None
    assert there.told == there.back == []


async def test_what_fails_is_tried_again_under_the_same_id_when_its_time_has_come(world: World, shop: Shop, there: Scripted, clock: Clock) -> None:
    there.answer = fails()
    id = await make(world, shop, new_id())
    await round_of(world)
    one = await now(world, shop, id)
    assert (one.state, one.why, one.doubtful) == (DeliveryState.WAITING, "It answered 500.", False)
    assert timedelta(seconds=5) <= one.next_at - clock.now <= timedelta(seconds=6)
    assert await round_of(world) == [], "not before its time"
    clock.on(seconds=6)
    there.answer = lambda delivery: "there"
    assert await round_of(world) == [id]
    assert [tried.attempts for tried in there.tried] == [1, 2]
    assert there.told == [(id, "It answered 500.", False)]
    assert there.back == [id], "whoever was told of the failure hears that it is over"
    assert (await now(world, shop, id)).state is DeliveryState.DONE


@pytest.mark.parametrize("target", Target)
async def test_after_its_whole_ladder_it_is_given_up_with_its_reason(world: World, shop: Shop, there: Scripted, clock: Clock, target: Target) -> None:
    there.answer = fails("Nobody answered.")
    id, began = await make(world, shop, new_id(), target=target), clock.now
    while (await now(world, shop, id)).state is DeliveryState.WAITING:
        clock.now = max(clock.now, (await now(world, shop, id)).next_at) + timedelta(minutes=6)  # past the breaker, too
        assert await round_of(world) == [id]
    one = await now(world, shop, id)
    assert (one.state, one.why, one.attempts) == (DeliveryState.DEAD, "Nobody answered.", len(LADDERS[target]) + 1)
    assert [last for _, _, last in there.told] == [False] * len(LADDERS[target]) + [True]
    assert clock.now - began < timedelta(hours=40)
    kept = await job(world, id)
    assert kept
    assert kept["failed_at"], "kept, so that it can go again in its place, and in nobody's way"


async def test_what_is_refused_for_good_is_given_up_at_once(world: World, shop: Shop, there: Scripted) -> None:
    there.answer = fails("The key is no longer accepted.", again=False, status=401)
    id = await make(world, shop, new_id())
    await round_of(world)
    assert (await now(world, shop, id)).state is DeliveryState.DEAD
    assert there.told == [(id, "The key is no longer accepted.", True)]


async def test_what_may_have_arrived_and_cannot_be_asked_for_stops_for_a_person(world: World, shop: Shop, there: Scripted) -> None:
    there.answer = fails("The connection broke.", again=False, unknown=True)
    id = await make(world, shop, new_id())
    await round_of(world)
    assert (await now(world, shop, id)).state is DeliveryState.UNKNOWN
    assert there.told == [(id, "The connection broke.", True)]
    assert await round_of(world) == []


async def test_doubt_stays_until_it_is_settled(world: World, shop: Shop, there: Scripted, clock: Clock) -> None:
    """A try that is refused cleanly after one that nobody knows the end of does not make that one undone."""
    there.answer = fails("The connection broke.", unknown=True)
    id = await make(world, shop, new_id())
    for answer in (fails("Too many requests.", status=429), lambda delivery: "there"):
        await round_of(world)
        clock.on(minutes=10)
        there.answer = answer
    await round_of(world)
    assert [tried.doubtful for tried in there.tried] == [False, True, True]
    assert not (await now(world, shop, id)).doubtful


async def test_a_try_whose_process_died_counts_as_one_that_may_have_arrived(world: World, shop: Shop, there: Scripted) -> None:
    id = await make(world, shop, new_id())
    async with world.store.tx(shop.org) as tx:
        assert await deliveries.begin(tx, shop.org, [id], world.clock())
    await round_of(world)
    assert [(tried.id, tried.doubtful, tried.attempts) for tried in there.tried] == [(id, True, 2)]


async def test_a_try_that_ends_late_says_nothing_over_a_newer_one_unless_it_arrived(world: World, shop: Shop, there: Scripted) -> None:
    """A process that was taken for dead comes back in the middle of the next try."""
    for late_arrives, state in ((False, DeliveryState.DONE), (True, DeliveryState.DONE)):
        id = await make(world, shop, new_id())
        async with world.store.tx(shop.org) as tx:
            late = (await deliveries.begin(tx, shop.org, [id], world.clock()))[id]
            assert await deliveries.begin(tx, shop.org, [id], world.clock())
        async with world.store.tx(shop.org) as tx:
            if late_arrives:
                assert await deliveries.succeed(tx, shop.org, [(late.delivery, "late")], world.clock()) == {id}
            else:
                assert not await deliveries.fail(tx, shop.org, late.delivery, state=DeliveryState.DEAD, why="Late.", unknown=False, next=world.clock(), now=world.clock())
        await round_of(world)
        one = await now(world, shop, id)
        assert (one.state, one.external) == (state, "late" if late_arrives else f"there-{id}")


async def test_what_nobody_wants_any_more_is_dropped(world: World, shop: Shop, there: Scripted) -> None:
    def gone(_: Delivery) -> str:
        raise NotFound("This endpoint was removed.")

    there.answer = gone
    id = await make(world, shop, new_id())
    await round_of(world)
    assert ((await now(world, shop, id)).state, (await now(world, shop, id)).why) == (DeliveryState.DROPPED, "This endpoint was removed.")
    assert there.told == []


@pytest.mark.parametrize(("error", "state", "doubtful"), [
    (CrossingRefused("a.example is not public"), DeliveryState.WAITING, False), (LeakStopped("it holds an e-mail address"), DeliveryState.DEAD, False),
    (ValueError("secret words"), DeliveryState.WAITING, True), (TimeoutError(), DeliveryState.WAITING, True),
])
async def test_whatever_goes_wrong_ends_in_a_state_with_a_sentence(
    world: World, shop: Shop, there: Scripted, clock: Clock, error: Exception, state: DeliveryState, doubtful: bool
) -> None:
    def broken(_: Delivery) -> str:
        raise error

    there.answer = broken
    id = await make(world, shop, new_id())
    await round_of(world)
    one = await now(world, shop, id)
    assert (one.state, one.doubtful) == (state, doubtful)
    assert one.why.endswith(".")
    assert "secret words" not in one.why
    clock.on(days=3)


async def test_what_follows_from_a_failure_may_fail_itself(world: World, shop: Shop, there: Scripted, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is known all the same how it ended, and it is tried in its pauses."""

    async def broken(*_: object) -> None:
        raise ValueError("a bug of ours")

    monkeypatch.setattr(there, "failed", broken)
    monkeypatch.setattr(there, "recovered", broken)
    there.answer = fails("Words of a vendor with a zero \0 and half a letter \ud800.")
    id = await make(world, shop, new_id())
    await round_of(world)
    one = await now(world, shop, id)
    assert (one.state, one.why, one.next_at > clock.now) == (DeliveryState.WAITING, "Words of a vendor with a zero  and half a letter ?.", True)
    clock.on(seconds=7)
    there.answer = lambda delivery: "there"
    await round_of(world)
    assert (await now(world, shop, id)).state is DeliveryState.DONE


async def test_what_cannot_be_written_down_is_taken_up_again(world: World, shop: Shop, there: Scripted) -> None:
    """The database is gone just when it has arrived: the next try looks first."""
    id = await make(world, shop, new_id())
    tx = world.store.tx

    def unreachable(_: Delivery) -> str:
        monkey.setattr(world.store, "tx", broken)
        return "there"

    def broken(_: OrgId) -> None:
        raise Unreachable("the connection is gone")

    there.answer = unreachable
    with pytest.MonkeyPatch.context() as monkey:
        await round_of(world)
    assert world.store.tx == tx
    async with world.store.outside() as outside:
        await outside.execute("update jobs set claimed_at = now() - interval '1 minute' where ref = %s", (id,))
        await jobs.release_unheld(outside, world.process, world.running)
    there.answer = lambda delivery: "there"
    assert await round_of(world) == [id]
    assert there.tried[-1].doubtful


async def test_what_follows_on_a_line_waits_for_what_came_before(world: World, shop: Shop, there: Scripted, clock: Clock) -> None:
    to, line = new_id(), f"ticket:{new_id()}"
    ids = [await make(world, shop, to, target=Target.HELPDESK, effect=effect, line=line) for effect in ("open", "say", "say")]
    there.answer = fails()
    assert await round_of(world) == ids[:1]
    assert await round_of(world) == [], "the first waits for its next try, and the others for it"
    clock.on(seconds=3)
    there.answer = lambda delivery: "there"
    for id in ids:
        assert await round_of(world) == [id]


async def test_what_follows_a_ticket_that_is_given_up_is_given_up_with_it(world: World, shop: Shop, there: Scripted) -> None:
    to, line = new_id(), f"ticket:{new_id()}"
    first, second = [await make(world, shop, to, target=Target.HELPDESK, effect=effect, line=line) for effect in ("open", "say")]
    there.answer = fails("The form is closed.", again=False, status=422)
    assert await round_of(world) == [first]
    assert await round_of(world) == []
    one = await now(world, shop, second)
    assert (one.state, one.why) == (DeliveryState.DEAD, delivering.NO_TICKET)


async def test_what_waited_for_longer_than_its_ladder_is_given_up(world: World, shop: Shop, there: Scripted, clock: Clock) -> None:
    """Behind a destination that is left alone, that is: what only our own standstill kept back, of a day and more, still gets its try."""
    places = [(Target.WEBHOOK, new_id()), (Target.HELPDESK, new_id()), (Target.HELPDESK, new_id())]
    ids = [await make(world, shop, to, target=target) for target, to in places]
    clock.now += lasts(Target.HELPDESK)
    clock.on(seconds=5)
    async with world.store.tx(shop.org) as tx:
        for target, to in places[:2]:
            await deliveries.lane_failed(tx, shop.org, target, to, clock())
            await deliveries.open_breaker(tx, shop.org, to, clock() + timedelta(minutes=5))
    await worker.sweep(world)
    states = [(await now(world, shop, id)).state for id in ids]
    assert states == [DeliveryState.WAITING, DeliveryState.DEAD, DeliveryState.WAITING]
    assert there.told == [(ids[1], delivering.TOO_LATE, True)]
    assert await round_of(world) == [ids[2]]


async def test_a_delivery_goes_with_its_conversation_and_its_job_with_it(world: World, shop: Shop, there: Scripted) -> None:
    session = await begun(world, shop)
    id = await make(world, shop, new_id(), session=session, target=Target.HELPDESK, effect="open")
    async with world.store.tx(shop.org) as tx:
        await tx.execute("delete from sessions where id = %s", (session,))
    assert await job(world, id) is None
    assert await round_of(world) == []


async def test_what_is_gone_while_it_was_claimed_ends(world: World, shop: Shop, there: Scripted) -> None:
    await delivering.deliver(world, shop.org, DeliveryId(new_id()), 0)
    assert there.tried == []


def test_a_failure_says_by_itself_what_it_is() -> None:
    failure = DeliveryFailed("It answered 429.", after=30, status=429)
    assert (failure.again, failure.unknown, failure.after, failure.status, str(failure)) == (True, False, 30, 429, "It answered 429.")
