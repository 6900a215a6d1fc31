"""Tickets of sessions in connected helpdesks. No helpdesk can be connected yet, so nothing of one is brought about."""

from __future__ import annotations

from collections.abc import Sequence

from glassine.store import Tx
from glassine.story.world import World
from glassine.words.deliveries import Delivery, DeliveryFailed, Destination
from glassine.words.ids import OrgId


async def bring(world: World, org: OrgId, delivery: Delivery) -> str:  # noqa: ARG001 - what the dispatcher hands to every kind of target
    """One try of one effect; returns the helpdesk's id of what came of it. Raises DeliveryFailed."""
    raise DeliveryFailed("No helpdesk is connected. Connect one in Settings.", again=False)


async def failed(world: World, tx: Tx, org: OrgId, delivery: Delivery, failure: DeliveryFailed, last: bool) -> None:
    """After each try that did not succeed, in the transaction that says so."""


async def recovered(world: World, tx: Tx, org: OrgId, delivery: Delivery) -> None:
    """After a success that followed failures, in the transaction that says so."""


async def destinations(tx: Tx, org: OrgId) -> Sequence[Destination]:  # noqa: ARG001 - what the page of deliveries hands to every kind of target
    """Helpdesks that are connected: none."""
    return ()
