"""What tests of webhooks share: an organisation with an endpoint on this machine, and its deliveries tried when a test says so. It asserts nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from glassine.store import rows
from glassine.story import contacts
from glassine.story.contacts import Identity
from glassine.story.delivery import delivering, endpoints
from glassine.story.delivery.endpoints import Given
from glassine.story.inbound import open_session, receive
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.deliveries import DeliveryId
from glassine.words.ids import SessionId, new_id
from glassine.words.sessions import ChannelKind
from glassine.words.webhooks import Webhook
from tests.companies import reachable
from tests.shop import Shop, founded_shop
from tests.vendors import Request, Response, Vendor


@pytest_asyncio.fixture
async def receiver(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Vendor]:
    """The endpoint's server: a private place that the operator has listed. It says 204 until a test says otherwise."""
    async with reachable(world, monkeypatch, lambda _: Response(status=204)) as running:
        yield running


@pytest_asyncio.fixture
async def mart(world: World) -> Shop:
    return await founded_shop(world, "Paper & Glass", f"owner{new_id().hex[:8]}@paper.example")


async def endpoint(world: World, shop: Shop, receiver: Vendor, **fields: Any) -> tuple[Webhook, str]:
    """An endpoint and its secret."""
    return await endpoints.create(world, shop.owner, Given(**{"url": f"{receiver.url}/hook", "name": "Warehouse", **fields}))


async def session(world: World, shop: Shop, text: str = "My mail is ada@example.com. Where is my order?", channel: ChannelKind = ChannelKind.WEB) -> SessionId:
    who = await contacts.create(world, shop.org, Identity(email="ada@example.com", name="Ada Lovelace", custom_data={"plan": "gold"}), verified=True)
    opened = await open_session(world, shop.org, who.id, channel, verified=True)
    await receive(world, shop.org, opened.id, Inbound(external_id=uuid4(), text=text))
    return opened.id


async def deliver(world: World, shop: Shop, *, all: bool = False) -> int:
    """Tries each delivery that is due once, oldest first; `all`: those too that wait for a later try. Returns how many."""
    async with world.store.tx(shop.org) as tx:
        due = await rows(
            tx, "select d.id, j.id as job from deliveries d join jobs j on j.kind = 'deliver' and j.ref = d.id and j.failed_at is null "
            "where d.state = 'waiting' and (%(all)s or j.run_at <= now()) order by d.created_at, j.id", {"all": all},
        )
    for row in due:
        await delivering.deliver(world, shop.org, DeliveryId(row["id"]), row["job"])
    return len(due)


def events(receiver: Vendor) -> list[str]:
    return [json.loads(request.body)["event"] for request in receiver.seen]


def data(request: Request) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(request.body)["data"]
    return said


def later(world: World, monkeypatch: pytest.MonkeyPatch, **delta: float) -> None:
    """Moves the clock on."""
    before = world.clock
    monkeypatch.setattr(world, "clock", lambda: before() + timedelta(**delta))
