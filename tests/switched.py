"""What tests of the switches share: something switched off for a while, and conversations to try it on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.stub_model import StubModel
from glassine.story import contacts, conversations, exchange, inbound
from glassine.story.boundary import boundaries
from glassine.story.contacts import Identity
from glassine.story.exchange import Sent
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.ids import SessionId, new_id
from glassine.words.sessions import ChannelKind
from tests.shop import Shop

QUESTION = "How long do I have to return an unused lamp?"


@asynccontextmanager
async def off(world: World, shop: Shop, *names: str) -> AsyncIterator[None]:
    for name in names:
        assert await boundaries.switch(world, shop.owner, name, on=False)
    try:
        yield
    finally:
        for name in names:
            assert await boundaries.switch(world, shop.owner, name, on=True)


@asynccontextmanager
async def without_ai(world: World, shop: Shop) -> AsyncIterator[None]:
    assert await boundaries.switch_ai(world, shop.owner, on=False)
    try:
        yield
    finally:
        assert await boundaries.switch_ai(world, shop.owner, on=True)


async def begun(world: World, shop: Shop, email: str = "") -> SessionId:
    """A conversation of somebody new, unless `email` says whose: who came to people twice before would be handed off at once."""
    contact = await contacts.create(world, shop.org, Identity(email=email or f"{new_id().hex}@example.org", name="Mara Keller"), verified=True)
    return (await inbound.open_session(world, shop.org, contact.id, ChannelKind.WEB, verified=True)).id


async def asked(world: World, shop: Shop, id: SessionId, text: str = QUESTION) -> Sent:
    return await exchange.exchange(world, shop.org, id, Inbound(external_id=new_id(), text=text))


async def reasons(world: World, shop: Shop, id: SessionId) -> list[str]:
    """Those of the newest turn."""
    return list((await conversations.all_turns(world, shop.org, id))[-1]["reasons"])


async def refused(world: World, shop: Shop) -> list[tuple[str, str]]:
    """What the gate refused, newest first: purpose and why."""
    async with world.store.tx(shop.org) as tx:
        found = await tx.execute("select purpose, why from crossings where org_id = %s and not allowed order by created_at desc", (shop.org,))
        return [(row["purpose"], row["why"]) for row in await found.fetchall()]


async def called(model: StubModel, times: int) -> None:
    """Until the model's server has a request in its hands."""
    while model.calls < times:  # noqa: ASYNC110 - the stub has no event to wait for
        await asyncio.sleep(0.01)
