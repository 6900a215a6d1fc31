"""The pages about owners: routing by channel, a ticket in trouble shown by name, taking back from a helpdesk and giving to one, and nobody without an owner."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from glassine.store import helpdesks, owners, tickets
from glassine.story import contacts, conversations
from glassine.story.behaviour import handoffs
from glassine.story.contacts import Identity
from glassine.story.exchange import exchange
from glassine.story.inbound import open_session
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.helpdesks import HelpdeskId, Ticket
from glassine.words.ids import SessionId
from glassine.words.routing import Goes, Route, Routing
from glassine.words.sessions import ChannelKind, OwnerKind
from tests.office import Browser, signed_in
from tests.shop import Shop


@pytest.fixture
async def admin(world: World, shop: Shop) -> AsyncIterator[Browser]:
    async with signed_in(world, shop.owner) as at:
        yield at


@pytest.fixture(scope="module")
async def there(world: World, shop: Shop) -> HelpdeskId:
    async with world.store.tx(shop.org) as tx:
        made = await helpdesks.insert(tx, shop.org, HelpdeskId(uuid4()), kind="zendesk", name="Desk of Paper", settings={}, secrets=None, hook_secret=b"", policy={})
    return made.id


async def handed_off(world: World, shop: Shop) -> SessionId:
    contact = await contacts.create(world, shop.org, Identity(non_verified_name="Max Muster"), verified=False)
    id = (await open_session(world, shop.org, contact.id, ChannelKind.WEB, external_id=uuid4())).id
    await exchange(world, shop.org, id, Inbound(external_id=uuid4(), text="Please let me speak to a real person"))
    return id


async def test_routing_is_chosen_by_channel_and_undone(world: World, shop: Shop, admin: Browser, there: HelpdeskId) -> None:
    page = await admin.act("/settings/routing", **{"way:web": "both-inbox", "helpdesk:web": str(there), "way:api": "inbox"})
    assert "Saved. It holds for handoffs from now on." in page
    assert (await handoffs.routing(world, shop.org)).on(ChannelKind.WEB) == Route(to=Goes.BOTH, helpdesk=there, owns=Goes.INBOX)
    undo = re.search(r'action="(/settings/autopilot/versions/\d+/undo)"', page)
    assert undo
    await admin.act(undo[1])
    assert (await handoffs.routing(world, shop.org)).on(ChannelKind.WEB) == Route()
    for wrong in ({"way:web": "moon"}, {"way:web": "helpdesk"}, {"way:web": "helpdesk", "helpdesk:web": str(uuid4())}):
        answer = await admin.post("/settings/routing", **wrong)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text


async def test_a_ticket_in_trouble_is_named_listed_and_tried_again(world: World, shop: Shop, admin: Browser, there: HelpdeskId) -> None:
    assert "Helpdesk trouble" not in (await admin.get("/inbox")).text
    await handoffs.set_routing(world, shop.owner, Routing(channels={ChannelKind.WEB: Route(to=Goes.HELPDESK, helpdesk=there)}))
    id = await handed_off(world, shop)
    await handoffs.set_routing(world, shop.owner, Routing())
    async with world.store.tx(shop.org) as tx:
        await tickets.failed(tx, shop.org, id, there, "Its server does not answer. It is tried again.", arrived=False)
        await tx.execute("update deliveries set state = 'dead' where session_id = %s", (id,))
    page = (await admin.get(f"/inbox/sessions/{id}?view=trouble")).text
    assert "Desk of Paper: no ticket yet." in page
    assert "Its server does not answer." in page
    assert f'id="line-{id}"' in page
    assert "Helpdesk trouble" in page
    await admin.act(f"/inbox/sessions/{id}/ticket", helpdesk=str(there))
    async with world.store.tx(shop.org) as tx:
        assert await tickets.opening(tx, shop.org, id, there)
        await tickets.recovered(tx, shop.org, id, there)
        await tickets.opened(tx, shop.org, id, there, Ticket(id="4711", url="https://desk.example/4711"), look_at=world.clock())
    page = (await admin.get(f"/inbox/sessions/{id}")).text
    assert "Ticket 4711 in Desk of Paper" in page
    assert "People there answer the customer." in page


async def test_a_helpdesks_session_is_taken_back_with_one_press_and_given_again(world: World, shop: Shop, admin: Browser, there: HelpdeskId) -> None:
    id = await handed_off(world, shop)
    page = await admin.act(f"/inbox/sessions/{id}/assign", person=f"helpdesk:{there}")
    assert "Desk of Paper owns it. People there answer the customer." in page
    page = (await admin.get(f"/inbox/sessions/{id}")).text
    assert "Take back" in page
    assert "Desk of Paper owns it, and people there answer." in page
    assert 'name="takes" value="1"' in page
    late = await admin.post(f"/inbox/sessions/{id}/write", mode="reply", text="Hello from here.")
    assert late.status_code == 409
    assert "Take it back to reply here" in late.text
    await admin.act(f"/inbox/sessions/{id}/write", mode="reply", text="Hello from here.", takes="1")
    session = await conversations.session(world, shop.org, id)
    assert (session.owner.kind, session.owner.id) == (OwnerKind.PERSON, shop.owner.id)
    assert "took it back from Desk of Paper" in (await admin.get(f"/inbox/sessions/{id}")).text


async def test_the_inbox_says_that_nobody_is_without_an_owner_and_who_was_told(world: World, shop: Shop, admin: Browser) -> None:
    id = await handed_off(world, shop)
    session = await conversations.session(world, shop.org, id)
    assert session.handed_off_at is not None
    async with world.store.tx(shop.org) as tx:
        await owners.tell(tx, shop.org, id, "waits", session.handed_off_at, b"digest", "Olivia Owner")
    page = (await admin.get(f"/inbox/sessions/{id}")).text
    assert "Without an owner: 0" in page
    assert re.search(r"Told: Olivia Owner", page)
