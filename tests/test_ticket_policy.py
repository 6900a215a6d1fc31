"""What a helpdesk's policy does not let out stops a ticket at the gate, is named, and can be removed; what only looks like it stops nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from glassine.store import events, ledger, tickets
from glassine.story import contacts, conversations, crossings, redacting
from glassine.story.contacts import Identity
from glassine.story.world import World
from glassine.words.helpdesks import Connected, Filed
from glassine.words.ids import SessionId
from glassine.words.people import ActorKind
from glassine.words.sessions import Event, EventType, OwnerKind
from tests import desks
from tests.generic_webhook_twin import GenericTwin
from tests.shop import Shop

KIND = "generic_webhook"


@pytest_asyncio.fixture
async def twin(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[GenericTwin]:
    async with desks.reaching(world, monkeypatch, GenericTwin()) as running:
        assert isinstance(running, GenericTwin)
        yield running


@pytest_asyncio.fixture
async def acme(world: World, shop: Shop, twin: GenericTwin) -> Connected:
    return await desks.connected(world, shop.owner, KIND, twin)


async def log(world: World, shop: Shop, id: SessionId) -> list[Event]:
    return await conversations.timeline(world, shop.org, id)


async def owner(world: World, shop: Shop, id: SessionId) -> OwnerKind:
    return (await conversations.session(world, shop.org, id)).owner.kind


async def filed(world: World, shop: Shop, id: SessionId, acme: Connected) -> Filed:
    async with world.store.tx(shop.org) as tx:
        return await tickets.load(tx, shop.org, id, acme.id)


async def handed(world: World, shop: Shop, acme: Connected, *texts: str, identity: Identity | None = None) -> SessionId:
    id = await desks.talk(world, shop, *(texts or ("My lamp is broken.",)), identity=identity)
    await desks.hand_off(world, shop.org, id, acme)
    await desks.bring(world, shop.org, acme.id)
    return id


async def planted(world: World, shop: Shop, id: SessionId, text: str) -> None:
    """Written as the customer's, past the masking, as if that had missed what stands in it."""
    async with world.store.tx(shop.org) as tx:
        await events.append(tx, shop.org, id, EventType.MESSAGE, ActorKind.USER, text=text)


async def test_what_the_policy_does_not_let_out_stops_the_ticket_and_is_named(world: World, shop: Shop, twin: GenericTwin) -> None:
    raw = await desks.connected(world, shop.owner, KIND, twin, email="raw")
    who = Identity(email="mara.keller@customers.example", name="Mara Keller")
    id = await desks.talk(world, shop, "My lamp is broken.", identity=who)
    await planted(world, shop, id, "Mail mara.keller@customers.example or call me: +49 30 7654321.")
    await desks.hand_off(world, shop.org, id, raw)
    await desks.bring(world, shop.org, raw.id)
    assert twin.tickets() == []
    assert await owner(world, shop, id) is OwnerKind.TEAM
    there = await filed(world, shop, id, raw)
    assert "phone" in there.why
    assert "email" not in there.why, "which may leave, wherever it stands"
    assert "Redact the message" in there.why
    page = await crossings.page(world, shop.owner, ledger.Filter(session=id))
    (refused,) = [one.row for one in page.crossings if not one.row.allowed]
    assert refused.scan.found["phone"] == 2, "in the text, and in the summary that quotes it"
    assert any(event.type is EventType.HANDOFF_TO_THIRD_PARTY_FAILED for event in await log(world, shop, id))


async def test_what_stopped_a_ticket_can_be_removed_and_the_ticket_follows(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    id = await desks.talk(world, shop, "My lamp is broken.")
    await planted(world, shop, id, "Call me: +49 30 7654321.")
    await desks.hand_off(world, shop.org, id, acme)
    await desks.bring(world, shop.org, acme.id)
    assert twin.tickets() == []
    bad = next(event for event in await log(world, shop, id) if "Call me" in event.text)
    await redacting.redact_message(world, shop.owner, bad.id)
    async with world.store.tx(shop.org) as tx:
        await tickets.revive_all(tx, shop.org, acme.id)
    await desks.bring(world, shop.org, acme.id)
    assert [one.text for one in twin.tickets()[0].comments] == ["My lamp is broken."]
    assert await owner(world, shop, id) is OwnerKind.HELPDESK


async def test_an_entry_with_a_value_that_may_not_leave_stays_and_the_next_one_goes(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    id = await handed(world, shop, acme)
    await planted(world, shop, id, "Call me: +49 30 7654321.")
    await desks.write(world, shop.org, id, "Are you there?")
    await desks.bring(world, shop.org, acme.id, rounds=2)
    assert [one.text for one in twin.tickets()[0].comments] == ["My lamp is broken.", "Are you there?"]
    assert ("say", "dead") in await desks.states(world, shop.org, id)
    assert await owner(world, shop, id) is OwnerKind.TEAM


async def test_what_becomes_known_later_is_masked_in_what_was_said_before(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    id = await desks.talk(world, shop, "Zorbilinda here.", identity=Identity(email="z@customers.example"))
    contact = (await conversations.session(world, shop.org, id)).contact
    await contacts.update(world, shop.org, contact, Identity(name="Zorbilinda Keller"))
    await desks.hand_off(world, shop.org, id, acme)
    await desks.bring(world, shop.org, acme.id)
    (there,) = twin.tickets()
    assert "Zorbilinda" not in there.comments[0].text
    assert "Zorbilinda" not in there.subject


async def test_a_customer_called_like_a_word_of_the_ticket_stops_nothing(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    id = await handed(world, shop, acme, "My lamp is broken.", identity=Identity(email="t@customers.example", name="Transcript Ticket"))
    assert (await filed(world, shop, id, acme)).external_id


async def test_a_masked_password_does_not_stop_a_ticket(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    id = await handed(world, shop, acme, "My password is hunter2hunter2.")
    assert "hunter2" not in twin.tickets()[0].comments[0].text
    assert (await filed(world, shop, id, acme)).external_id
