"""What tests of tickets share: a world that may reach a twin, a helpdesk that is connected to it, and its deliveries brought one after another, as the dispatcher brings them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

import pytest

from glassine.edge.addresses import places
from glassine.edge.gate import Gate
from glassine.store import jobs, tickets
from glassine.story import contacts, conversations, owning, summarising
from glassine.story.boundary.rescan import Rescan
from glassine.story.contacts import Identity
from glassine.story.delivery import delivering
from glassine.story.helpdesks import looking, setting_up, ticketing
from glassine.story.helpdesks.hooks import take
from glassine.story.helpdesks.setting_up import Options
from glassine.story.inbound import open_session, receive
from glassine.story.world import World, _recorder
from glassine.words.channels import Inbound
from glassine.words.deliveries import DeliveryId
from glassine.words.helpdesks import Connected, Filed, HelpdeskId, RawHook
from glassine.words.ids import OrgId, SessionId
from glassine.words.people import Actor
from glassine.words.sessions import ChannelKind, Event, OwnerKind
from tests.helpdesk_twins import SentHook, Twin, running
from tests.shop import Shop


@asynccontextmanager
async def reaching(world: World, monkeypatch: pytest.MonkeyPatch, twin: Twin, vendor: str = "", by: str = "", also: str = "") -> AsyncIterator[Twin]:
    """The twin runs, and this world may reach it through its whole gate. `vendor`: the connector whose address the twin stands for; `by`: what stands between the two; `also`: what else may be reached."""
    async with running(twin):
        url = by or twin.url
        gate = Gate(allowed_private=places([url, *([also] if also else [])]), closed=world.switches.closed, scan=Rescan(world), record=_recorder(world.store))
        monkeypatch.setattr(world, "gate", gate)
        monkeypatch.setattr(world, "settings", replace(world.settings, allow_private=(url,), vendor_urls=(f"{vendor}={url}",) if vendor else ()))
        yield twin
        await gate.aclose()


async def connected(world: World, actor: Actor, kind: str, twin: Twin, *, called: str = "", **policy: str) -> Connected:
    """Connected as an admin does it; what the twin's people do reaches the product at once."""
    desk, _ = await setting_up.create(world, actor, kind, twin.settings(), Options(name=called or f"Desk {uuid4().hex[:6]}", policy=policy))
    twin.hook_url = setting_up.hook_url(world, desk.id)

    async def post(hook: SentHook) -> int:
        headers = {key.lower(): value for key, value in hook.headers.items()}
        return await take(world, desk.id, RawHook(method=hook.method, path=f"/api/hooks/helpdesks/{desk.id}", query="", headers=headers, body=hook.body, at=world.clock(), url=twin.hook_url))

    twin.post = post
    return desk


async def talk(world: World, shop: Shop, *texts: str, identity: Identity | None = None) -> SessionId:
    """A conversation in which a customer wrote these."""
    who = await contacts.create(world, shop.org, identity or Identity(email=f"{uuid4().hex[:8]}@customers.example", name="Mara Keller"), verified=True)
    session = await open_session(world, shop.org, who.id, ChannelKind.WEB)
    for text in texts:
        await write(world, shop.org, session.id, text)
    return session.id


async def write(world: World, org: OrgId, session: SessionId, text: str) -> None:
    await receive(world, org, session, Inbound(external_id=uuid4(), text=text))


async def hand_off(world: World, org: OrgId, session: SessionId, desk: Connected) -> None:
    """To the helpdesk, which owns it from now on."""
    async with world.store.tx(org) as tx:
        await owning.to_helpdesk(world, tx, org, session, desk.id, desk.name)
        await ticketing.begin(tx, org, session, desk.id, owns=True)


async def bring(world: World, org: OrgId, desk: HelpdeskId, *, rounds: int = 1) -> None:
    """Every delivery that waits for this helpdesk, oldest first, tried once; `rounds` times."""
    for _ in range(rounds):
        async with world.store.tx(org) as tx:
            found = await (await tx.execute(
                "select d.id, j.id as job from deliveries d join jobs j on j.kind = 'deliver' and j.ref = d.id where d.org_id = %s and d.target_id = %s and d.state = 'waiting' order by j.id", (org, desk),
            )).fetchall()
        for row in found:
            await delivering.deliver(world, org, DeliveryId(row["id"]), row["job"])


async def summed_up(world: World, org: OrgId, session: SessionId) -> None:
    """Nothing waits for its summary any more."""
    async with world.store.tx(org) as tx:
        await tx.execute("delete from jobs where key = %s", (summarising.job(session).key,))


async def waits_to_be_summed_up(world: World, org: OrgId, session: SessionId) -> bool:
    async with world.store.tx(org) as tx:
        return await jobs.waits(tx, org, summarising.job(session).key)


async def look(world: World, org: OrgId, session: SessionId) -> None:
    await looking.look(world, org, session)


async def states(world: World, org: OrgId, session: SessionId) -> list[tuple[str, str]]:
    """Effect and state of each delivery of a session, in order."""
    async with world.store.tx(org) as tx:
        found = await (await tx.execute("select effect, state from deliveries where org_id = %s and session_id = %s order by created_at, id", (org, session))).fetchall()
    return [(row["effect"], row["state"]) for row in found]


async def log(world: World, shop: Shop, id: SessionId) -> list[Event]:
    """Everything that happened in a session."""
    return await conversations.timeline(world, shop.org, id)


async def owner(world: World, shop: Shop, id: SessionId) -> OwnerKind:
    return (await conversations.session(world, shop.org, id)).owner.kind


async def filed(world: World, shop: Shop, id: SessionId, desk: Connected) -> Filed:
    """The session's ticket as we know of it."""
    async with world.store.tx(shop.org) as tx:
        return await tickets.load(tx, shop.org, id, desk.id)


async def handed(world: World, shop: Shop, desk: Connected, *texts: str, identity: Identity | None = None) -> SessionId:
    """A session in which a customer wrote these, handed to a helpdesk that has its ticket."""
    id = await talk(world, shop, *(texts or ("My lamp is broken.",)), identity=identity)
    await hand_off(world, shop.org, id, desk)
    await bring(world, shop.org, desk.id)
    return id
