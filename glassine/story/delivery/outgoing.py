"""What people see of deliveries and decide on them: how each destination stands, again, dropped, arrived. It delivers nothing itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from glassine.rules.permits import require
from glassine.store import Tx, deliveries, outgoing, vault
from glassine.store.outgoing import Filter, Health, Listed
from glassine.story.delivery import delivering
from glassine.story.world import World
from glassine.words.deliveries import Delivery, DeliveryId, DeliveryState, Destination, Effect, Target
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import OrgId
from glassine.words.people import Actor, Verb

KEPT_SETTLED, KEPT_STUCK = timedelta(days=30), timedelta(days=90)
_GONE = "This delivery does not exist. It may have been forgotten by its age."
_STATES = {
    DeliveryState.WAITING: "is waiting for its next try", DeliveryState.DONE: "has arrived", DeliveryState.UNKNOWN: "may have arrived", DeliveryState.DEAD: "was given up",
    DeliveryState.DROPPED: "was dropped",
}


class Standing(NamedTuple):
    """A destination and how it stands. `name` and `link` are empty where it is gone."""

    target: Target
    destination: Destination
    health: Health


async def standings(world: World, actor: Actor) -> list[Standing]:
    """Every destination, those with trouble first."""
    require(actor, Verb.READ_SESSIONS)
    async with world.store.tx(actor.org) as tx:
        known = {one.id: (target, one) for target, one in await delivering.destinations(tx, actor.org)}
        found = await outgoing.health(tx, actor.org, list(known))
    all_of_them = [Standing(*known.get(one.id, (one.target or Target.WEBHOOK, Destination(id=one.id, name="", link=""))), one) for one in found]
    return sorted(all_of_them, key=lambda one: (not one.health.unknown, not one.health.failures, not one.health.dead, one.target, one.destination.name.casefold()))


async def page(world: World, actor: Actor, which: Filter, *, before: tuple[datetime, UUID] | None = None, limit: int = 50) -> list[Listed]:
    """Newest first."""
    require(actor, Verb.READ_SESSIONS)
    async with world.store.tx(actor.org) as tx:
        return await outgoing.page(tx, actor.org, which, now=world.clock(), before=before, limit=limit)


async def retry(world: World, actor: Actor, id: DeliveryId) -> Delivery:
    """Has it tried again at once. What may have arrived goes again, by this decision, and so does what was dropped."""
    require(actor, Verb.SETTLE_DELIVERIES)
    now = world.clock()
    async with world.store.tx(actor.org) as tx:
        delivery = await _alone(tx, actor.org, id)
        if delivery.state is DeliveryState.WAITING:
            await outgoing.hurry(tx, actor.org, delivery.target_id, now)
        elif delivery.state is not DeliveryState.DONE:
            await outgoing.revive(tx, actor.org, [id], now)
        else:
            raise _too_late(delivery)
        await vault.audit(tx, actor, "deliveries.retry", "delivery", id, _detail(delivery))
        return await _one(tx, actor.org, id)


async def retry_since(world: World, actor: Actor, since: datetime, destination: UUID | None = None) -> int:
    """Has everything tried again that was made since then and given up; returns how many."""
    require(actor, Verb.SETTLE_DELIVERIES)
    async with world.store.tx(actor.org) as tx:
        await deliveries.alone(tx, [destination] if destination else await outgoing.with_dead(tx, actor.org, since))
        ids = await outgoing.dead_since(tx, actor.org, since, destination)
        many = await outgoing.revive(tx, actor.org, ids, world.clock()) if ids else 0
        detail = {"since": since.isoformat(timespec="minutes"), "count": many}
        await vault.audit(tx, actor, "deliveries.retry_since", "destination", destination or actor.org, detail)
    return many


async def try_now(world: World, actor: Actor, destination: UUID) -> None:
    """A destination that is left alone is tried at once."""
    require(actor, Verb.SETTLE_DELIVERIES)
    async with world.store.tx(actor.org) as tx:
        await deliveries.alone(tx, [destination])
        await outgoing.hurry(tx, actor.org, destination, world.clock())
        await vault.audit(tx, actor, "deliveries.try_now", "destination", destination, {})


async def arrived(world: World, actor: Actor, id: DeliveryId) -> Delivery:
    """Somebody has looked on the other side, and it is there."""
    require(actor, Verb.SETTLE_DELIVERIES)
    async with world.store.tx(actor.org) as tx:
        delivery = await _alone(tx, actor.org, id)
        if not await outgoing.settle(tx, actor.org, id, DeliveryState.DONE, of=(DeliveryState.UNKNOWN,), now=world.clock()):
            raise _too_late(delivery)
        await delivering.recovered(world, tx, actor.org, delivery)
        await vault.audit(tx, actor, "deliveries.arrived", "delivery", id, _detail(delivery))
        return await _one(tx, actor.org, id)


async def drop(world: World, actor: Actor, id: DeliveryId) -> Delivery:
    """Nobody wants it any more. What follows a ticket that was never opened is given up with it."""
    require(actor, Verb.SETTLE_DELIVERIES)
    now = world.clock()
    async with world.store.tx(actor.org) as tx:
        delivery = await _alone(tx, actor.org, id)
        if not await outgoing.settle(tx, actor.org, id, DeliveryState.DROPPED, of=(DeliveryState.WAITING, DeliveryState.UNKNOWN, DeliveryState.DEAD), now=now):
            raise _too_late(delivery)
        if delivery.effect is Effect.OPEN:
            await deliveries.end_line(tx, actor.org, delivery, delivering.NO_TICKET, now)
        await vault.audit(tx, actor, "deliveries.drop", "delivery", id, _detail(delivery))
        return await _one(tx, actor.org, id)


async def forget(world: World, tx: Tx, org: OrgId) -> None:
    """What was settled a while ago is of no use to anybody."""
    now = world.clock()
    await outgoing.forget(tx, org, settled=now - KEPT_SETTLED, stuck=now - KEPT_STUCK)


async def _alone(tx: Tx, org: OrgId, id: DeliveryId) -> Delivery:
    """As it is while nobody delivers to its destination."""
    await deliveries.alone(tx, [(await _one(tx, org, id)).target_id])
    await deliveries.beside(tx, org, [id])
    return await _one(tx, org, id)


async def _one(tx: Tx, org: OrgId, id: DeliveryId) -> Delivery:
    found = await deliveries.load(tx, org, id)
    if found is None:
        raise NotFound(_GONE)
    return found


def _too_late(delivery: Delivery) -> Refused:
    return Refused(f"This delivery {_STATES[delivery.state]} meanwhile, so nothing was done. Load the page again to see how it stands.", status=409)


def _detail(delivery: Delivery) -> dict[str, str | None]:
    return {"effect": delivery.effect, "session": str(delivery.session) if delivery.session else None}
