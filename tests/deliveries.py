"""Deliveries as tests make, drive and read them: a destination that does what it is told, and a clock that is moved by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from glassine.store import Tx, deliveries, rows
from glassine.story.delivery import delivering
from glassine.story.world import World
from glassine.words.deliveries import Brought, Delivery, DeliveryFailed, DeliveryId, Destination, Target
from glassine.words.ids import OrgId, SessionId, new_id
from tests.shop import Shop

Outcome = Callable[[Delivery], str]


@dataclass
class Scripted:
    """A kind of target in whose stead a test answers: `answer` decides on each try, and everything that it was told is kept."""

    answer: Outcome = lambda delivery: f"there-{delivery.id}"
    tried: list[Delivery] = field(default_factory=list)
    told: list[tuple[DeliveryId, str, bool]] = field(default_factory=list)
    back: list[DeliveryId] = field(default_factory=list)
    names: dict[UUID, str] = field(default_factory=dict)

    async def ready(self, world: World, tx: Tx, org: OrgId, begun: Sequence[Delivery]) -> dict[DeliveryId, None]:
        return {}

    async def bring(self, world: World, org: OrgId, delivery: Delivery, ready: None) -> Brought:
        self.tried.append(delivery)
        return Brought(external=self.answer(delivery))

    async def arrived(self, world: World, tx: Tx, org: OrgId, brought: Sequence[tuple[Delivery, Brought]]) -> None:
        pass

    async def failed(self, world: World, tx: Tx, org: OrgId, delivery: Delivery, failure: DeliveryFailed, last: bool) -> None:
        self.told.append((delivery.id, failure.message, last))

    async def recovered(self, world: World, tx: Tx, org: OrgId, delivery: Delivery) -> None:
        self.back.append(delivery.id)

    async def destinations(self, tx: Tx, org: OrgId) -> Sequence[Destination]:
        return [Destination(id=id, name=name, link="/settings/handoff") for id, name in self.names.items()]


def fails(message: str = "It answered 500.", **how: Any) -> Outcome:
    """Never arrives."""

    def answer(_: Delivery) -> str:
        raise DeliveryFailed(message, **how)

    return answer


@dataclass
class Clock:
    """The world's, moved by hand: it begins at the real time and stands still."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(seconds=1))

    def __call__(self) -> datetime:
        return self.now

    def on(self, **by: float) -> None:
        self.now += timedelta(**by)


@contextmanager
def moved_by_hand(world: World) -> Iterator[Clock]:
    clock, real = Clock(), world.clock
    world.clock = clock
    try:
        yield clock
    finally:
        world.clock = real


async def emptied(world: World) -> None:
    """No delivery waits, and no destination fails."""
    async with world.store.outside() as tx:
        await tx.execute("delete from jobs where kind = 'deliver'")
        await tx.execute("delete from lanes")


async def make(
    world: World, shop: Shop, to: UUID, *, target: Target = Target.WEBHOOK, effect: str = "event", line: str = "", session: SessionId | None = None,
) -> DeliveryId:
    async with world.store.tx(shop.org) as tx:
        [row] = await rows(tx, "select deliver(%(org)s, %(target)s, %(to)s, %(effect)s, %(session)s, null, %(line)s) as id", {
            "org": shop.org, "target": target, "to": to, "effect": effect, "session": session, "line": line or f"one:{new_id()}",
        })
    return DeliveryId(row["id"])


async def round_of(world: World, most: int = 8) -> list[DeliveryId]:
    """What this process would claim now, each tried once, in the order in which it was claimed."""
    async with world.store.outside() as tx:
        found = await deliveries.claim(tx, world.process, most, 4, world.clock())
    for one in found:
        await asyncio.gather(*await delivering._started(world, [one], delivering._successes(world)))
    return [DeliveryId(one.job.ref) for one in found]


async def now(world: World, shop: Shop, id: DeliveryId) -> Delivery:
    async with world.store.tx(shop.org) as tx:
        found = await deliveries.load(tx, shop.org, id)
    assert found
    return found


async def job(world: World, id: DeliveryId) -> dict[str, Any] | None:
    async with world.store.outside() as tx:
        return next(iter(await rows(tx, "select * from jobs where kind = 'deliver' and ref = %(id)s", {"id": id})), None)
