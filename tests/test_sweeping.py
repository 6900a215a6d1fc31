"""What a process clears away, and connections that a database leaves behind when it starts again."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from glassine.edge.secrets import Key
from glassine.store import Store, house, jobs, one
from glassine.store.live import Notice, notify
from glassine.story import worker
from glassine.story.rates import Rates
from glassine.story.world import World
from glassine.words.ids import new_id
from tests.shop import Shop, founded_shop


async def test_one_process_sweeps_at_a_time(world: World, shop: Shop) -> None:
    async with world.store.outside() as one:
        assert await jobs.may_sweep(one)
        async with world.store.outside() as other:
            assert not await jobs.may_sweep(other)
    async with world.store.outside() as after:
        assert await jobs.may_sweep(after)


async def test_expired_secrets_are_forgotten(world: World, shop: Shop) -> None:
    async with world.store.tx(shop.org) as tx:
        await house.hang_door(tx, "login", b"late", new_id(), datetime.now(UTC) - timedelta(minutes=1))
        await house.hang_door(tx, "login", b"good", new_id(), datetime.now(UTC) + timedelta(minutes=1))
    await worker.sweep(world)
    with psycopg.connect(world.store.url) as owner:
        left = [row[0] for row in owner.execute("select digest from door where digest in ('late', 'good')").fetchall()]
    assert left == [b"good"]


async def test_after_the_database_started_again_no_request_fails(world: World) -> None:
    async with Store(world.store.url, size=4) as store:
        before = set(await asyncio.gather(*(_served(store) for _ in range(4))))
        with psycopg.connect(world.store.url, autocommit=True) as owner:
            owner.execute("select pg_terminate_backend(pid, 5000) from unnest(%s::int[]) pid", (list(before),))
        after = await asyncio.gather(*(_served(store) for _ in range(12)))
        assert not before & set(after)


async def _served(store: Store) -> int:
    """By which process of the server."""
    async with store.outside() as tx:
        row = await one(tx, "select pg_backend_pid() as pid, pg_sleep(0.01)", {})
    return int(row["pid"]) if row else 0


async def test_times_are_read_in_utc_whatever_the_servers_zone_is(world: World) -> None:
    with psycopg.connect(world.store.url, autocommit=True) as owner:
        owner.execute("alter role glassine set timezone to 'Asia/Kolkata'")
    try:
        async with Store(world.store.url, size=2) as store, store.outside() as tx:
            row = await one(tx, "select now() as moment, current_setting('timezone') as zone", {})
    finally:
        with psycopg.connect(world.store.url, autocommit=True) as owner:
            owner.execute("alter role glassine reset timezone")
    assert row is not None
    assert row["zone"] == "UTC"
    assert row["moment"].utcoffset() == timedelta(0)


async def test_a_notice_that_cannot_be_read_is_passed_over_and_a_broken_line_is_told_of(world: World, shop: Shop) -> None:
    session = new_id()
    async with world.live.listen(shop.org, session) as notices, asyncio.timeout(30):  # type: ignore[arg-type]  # any session will do
        with psycopg.connect(world.store.url, autocommit=True) as owner:
            for odd in ("not JSON", "[]", "7", "[1, 2, 3]", json.dumps(["x", None, "event"])):
                owner.execute("select pg_notify('glassine', %s)", (odd,))
        async with world.store.tx(shop.org) as tx:
            await notify(tx, shop.org, session, "event")  # type: ignore[arg-type]  # any session will do
        assert await notices.get() == Notice(shop.org, session, "event")  # type: ignore[arg-type]  # any session will do
        with psycopg.connect(world.store.url, autocommit=True) as owner:
            owner.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where query like 'listen%' and datname = current_database()")
        assert (await notices.get()).kind == "reopened"


async def test_a_key_is_unwrapped_as_the_version_that_it_is(world: World) -> None:
    other = await founded_shop(world, "Turning Keys", "keys@turning.example")
    newer = Key.new()
    async with world.store.tx(other.org) as tx:
        await house.add_key(tx, other.org, 2, world.master.wrap(newer, other.org, "org_keys", "wrapped", 2))
    sealed = newer.seal(b"words", other.org)
    assert (await world.key(other.org)).open(sealed, other.org) == b"words"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_allowance_is_used_up_and_comes_back_evenly() -> None:
    clock = Clock()
    rates = Rates(clock=clock)
    assert [rates.hit("a", most=3, seconds=60) for _ in range(5)] == [True, True, True, False, False]
    assert rates.hit("b", most=3, seconds=60)
    clock.now = 20.0
    assert [rates.hit("a", most=3, seconds=60) for _ in range(2)] == [True, False]
    clock.now = 1_000.0
    assert [rates.hit("a", most=3, seconds=60) for _ in range(4)] == [True, True, True, False]


@pytest.mark.parametrize("pause", [0.0, 0.1, 100.0])
def test_invented_names_neither_fill_the_memory_nor_free_who_is_held(pause: float) -> None:
    clock = Clock()
    rates = Rates(most=100, clock=clock)
    for number in range(5_000):
        if number % 100 == 0:
            for _ in range(20):
                held = rates.hit("guesser", most=10, seconds=900)
        rates.hit(str(number), most=10, seconds=900)
        clock.now += pause
        assert len(rates) <= 100
        assert not held
