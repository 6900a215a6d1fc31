"""What keeps a ticket back: what its policy does not let out, a contact without an address, a key that was revoked. Each is named, and mended the ticket follows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import pytest_asyncio

from glassine.connect.generic_webhook import AnyHelpdesk
from glassine.store import events, ledger, tickets
from glassine.story import contacts, conversations, desk
from glassine.story.boundary import crossings
from glassine.story.contacts import Identity
from glassine.story.delivery import delivering
from glassine.story.helpdesks import setting_up
from glassine.story.helpdesks.setting_up import Options
from glassine.story.privacy import redacting
from glassine.story.world import World
from glassine.words.helpdesks import Connected
from glassine.words.ids import SessionId
from glassine.words.people import ActorKind
from glassine.words.sessions import EventType, OwnerKind
from tests import desks
from tests.generic_webhook_twin import GenericTwin
from tests.helpdesk_twins import Fault
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
    assert await desks.owner(world, shop, id) is OwnerKind.TEAM
    there = await desks.filed(world, shop, id, raw)
    assert "phone" in there.why
    assert "email" not in there.why, "which may leave, wherever it stands"
    assert "Redact the message" in there.why
    page = await crossings.page(world, shop.owner, ledger.Filter(session=id))
    (refused,) = [one.row for one in page.crossings if not one.row.allowed]
    assert refused.scan.found["phone"] == 2, "in the text, and in the summary that quotes it"
    assert any(event.type is EventType.HANDOFF_TO_THIRD_PARTY_FAILED for event in await desks.log(world, shop, id))


async def test_what_stopped_a_ticket_can_be_removed_and_the_ticket_follows(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    id = await desks.talk(world, shop, "My lamp is broken.")
    await planted(world, shop, id, "Call me: +49 30 7654321.")
    await desks.hand_off(world, shop.org, id, acme)
    await desks.bring(world, shop.org, acme.id)
    assert twin.tickets() == []
    bad = next(event for event in await desks.log(world, shop, id) if "Call me" in event.text)
    await redacting.redact_message(world, shop.owner, bad.id)
    async with world.store.tx(shop.org) as tx:
        await tickets.revive_all(tx, shop.org, acme.id)
    await desks.bring(world, shop.org, acme.id)
    assert [one.text for one in twin.tickets()[0].comments] == ["My lamp is broken."]
    assert await desks.owner(world, shop, id) is OwnerKind.HELPDESK


async def test_an_entry_with_a_value_that_may_not_leave_stays_and_the_next_one_goes(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    id = await desks.handed(world, shop, acme)
    await planted(world, shop, id, "Call me: +49 30 7654321.")
    await desks.write(world, shop.org, id, "Are you there?")
    await desks.bring(world, shop.org, acme.id, rounds=2)
    assert [one.text for one in twin.tickets()[0].comments] == ["My lamp is broken.", "Are you there?"]
    assert ("say", "dead") in await desks.states(world, shop.org, id)
    assert await desks.owner(world, shop, id) is OwnerKind.TEAM


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
    id = await desks.handed(world, shop, acme, "My lamp is broken.", identity=Identity(email="t@customers.example", name="Transcript Ticket"))
    assert (await desks.filed(world, shop, id, acme)).external_id


async def test_a_masked_password_does_not_stop_a_ticket(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    id = await desks.handed(world, shop, acme, "My password is hunter2hunter2.")
    assert "hunter2" not in twin.tickets()[0].comments[0].text
    assert (await desks.filed(world, shop, id, acme)).external_id


async def test_who_has_taken_a_session_and_put_it_back_has_decided(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    await twin.stop()
    id = await desks.handed(world, shop, acme)
    assert (await desks.filed(world, shop, id, acme)).returns
    await desk.take_over(world, shop.owner, id)
    await desk.assign(world, shop.owner, id, None)
    assert not (await desks.filed(world, shop, id, acme)).returns
    await twin.start()
    await desks.bring(world, shop.org, acme.id, rounds=2)
    assert (await desks.filed(world, shop, id, acme)).external_id, "the ticket is opened all the same, and shows what is said"
    assert await desks.owner(world, shop, id) is OwnerKind.TEAM


async def test_a_programs_reply_leaves_the_helpdesk_its_owner(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    id = await desks.handed(world, shop, acme)
    program = replace(shop.owner, kind=ActorKind.API, id=None)
    await desk.reply(world, program, id, "A new lamp is on its way.")
    await desks.bring(world, shop.org, acme.id)
    assert await desks.owner(world, shop, id) is OwnerKind.HELPDESK
    assert [one.text for one in twin.tickets()[0].comments] == ["My lamp is broken.", "A new lamp is on its way."]


@asynccontextmanager
async def dispatching(world: World) -> AsyncIterator[None]:
    """Deliveries go out as in a worker."""
    stop = asyncio.Event()
    running = asyncio.create_task(delivering.run(world, stop))
    yield
    stop.set()
    await running


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    while not await true():  # noqa: ASYNC110 - what a worker has done tells nobody here
        await asyncio.sleep(0.02)


async def test_without_an_address_the_inbox_has_it_at_once_and_the_ticket_comes_with_the_address(
    world: World, shop: Shop, twin: GenericTwin, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(AnyHelpdesk, "needs", ("email",))
    strict = await desks.connected(world, shop.owner, KIND, twin)
    id = await desks.talk(world, shop, "My lamp is broken.", identity=Identity(name="Mara Keller"))
    contact = (await conversations.session(world, shop.org, id)).contact
    async with dispatching(world):
        await desks.hand_off(world, shop.org, id, strict)

        async def in_the_inbox() -> bool:
            return await desks.owner(world, shop, id) is OwnerKind.TEAM and ("open", "dead") in await desks.states(world, shop.org, id)

        async def there_again() -> bool:
            return bool((await desks.filed(world, shop, id, strict)).external_id) and await desks.owner(world, shop, id) is OwnerKind.HELPDESK

        await until(in_the_inbox)
        marked = await desks.filed(world, shop, id, strict)
        assert marked.lacks
        assert "an e-mail address" in marked.why
        assert twin.tickets() == []
        await contacts.update(world, shop.org, contact, Identity(email="mara.later@customers.example"))
        await until(there_again)
    (there,) = twin.tickets()
    assert there.requester["email"] == "mara.later@customers.example"
    assert [event.type for event in await desks.log(world, shop, id) if "third_party" in event.type] == [
        EventType.HANDOFF_TO_THIRD_PARTY, EventType.HANDOFF_TO_THIRD_PARTY_FAILED, EventType.HANDOFF_TO_THIRD_PARTY_RECOVERED, EventType.HANDOFF_TO_THIRD_PARTY,
    ]


async def test_a_key_that_is_revoked_in_the_middle_brings_the_session_home_until_it_is_replaced(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    id = await desks.handed(world, shop, acme)
    twin.faults[:] = [Fault.EXPIRED] * 50
    async with dispatching(world):
        await desks.write(world, shop.org, id, "And it buzzes.")

        async def in_the_inbox() -> bool:
            return await desks.owner(world, shop, id) is OwnerKind.TEAM and ("say", "dead") in await desks.states(world, shop.org, id)

        async def there_again() -> bool:
            return await desks.owner(world, shop, id) is OwnerKind.HELPDESK

        await until(in_the_inbox)
        assert "refused the key" in (await desks.filed(world, shop, id, acme)).why
        twin.faults.clear()
        await setting_up.change(world, shop.owner, acme.id, twin.settings(), Options(name=acme.name))
        await until(there_again)
    assert [one.text for one in twin.tickets()[0].comments] == ["My lamp is broken.", "And it buzzes."]
    assert (await desks.filed(world, shop, id, acme)).failed_at is None
