"""Handoffs to HubSpot and to Intercom through the whole product: a ticket and its answers by signed hooks, both ways in step, and one ticket whatever happens on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from glassine.store import tickets
from glassine.story import conversations, desk, files
from glassine.story.contacts import Identity
from glassine.story.world import World
from glassine.words.helpdesks import Connected
from glassine.words.ids import FileId, SessionId
from glassine.words.people import ActorKind
from glassine.words.sessions import EventType, OwnerKind, Status
from tests import desks
from tests.helpdesk_twins import Fault, Twin
from tests.hubspot_desk import HubSpotTwin
from tests.intercom_desk import IntercomTwin
from tests.shop import Shop

KINDS: dict[str, type[Twin]] = {"hubspot": HubSpotTwin, "intercom": IntercomTwin}
pytestmark = pytest.mark.enable_socket


@pytest_asyncio.fixture(params=KINDS, ids=str)
async def twin(request: pytest.FixtureRequest, world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Twin]:
    async with desks.reaching(world, monkeypatch, KINDS[request.param](), vendor=request.param) as running:
        yield running


@pytest_asyncio.fixture
async def acme(world: World, shop: Shop, twin: Twin) -> Connected:
    return await desks.connected(world, shop.owner, next(name for name, kind in KINDS.items() if isinstance(twin, kind)), twin)


async def handed(world: World, shop: Shop, acme: Connected, *texts: str) -> SessionId:
    id = await desks.talk(world, shop, *texts, identity=Identity(email="mara@customers.example", name="Mara Keller"))
    await desks.hand_off(world, shop.org, id, acme)
    await desks.bring(world, shop.org, acme.id)
    return id


async def heard(world: World, shop: Shop, id: SessionId) -> list[tuple[EventType, str]]:
    return [(event.type, event.text) for event in await conversations.timeline(world, shop.org, id) if event.actor is ActorKind.HELPDESK and event.text]


async def test_a_conversation_goes_there_and_back_by_hooks_over_http(client: httpx2.AsyncClient, world: World, shop: Shop, twin: Twin, acme: Connected) -> None:
    id = await handed(world, shop, acme, "I am Mara Keller, my lamp is broken.", "A person please")
    await desks.write(world, shop.org, id, "Are you there?")
    await desks.bring(world, shop.org, acme.id)
    (there,) = twin.tickets()
    everything = "\n".join([there.subject, *there.fields.values(), *(one.text for one in there.comments)])
    places = [everything.index(words) for words in ("my lamp is broken. ".strip(), "A person please", "Are you there?")]
    assert places == sorted(places)
    assert "Mara Keller" not in everything
    assert "mara@customers.example" not in everything + str(there.requester), "nothing in the clear unless the policy says so"
    assert {"opencx_handedoff", "opencx_channel_web"} <= set(there.tags)
    assert f"/inbox/sessions/{id}" in everything
    twin.post = None  # they come over HTTP from here on
    await twin.answer(there.id, "A new lamp is on its way.")
    await twin.answer(there.id, "He calls every week", public=False)
    for hook in twin.hooks[-2:]:
        address, headers = f"/api/hooks/helpdesks/{acme.id}", dict(hook.headers)
        assert (await client.post(address, content=hook.body, headers=headers)).json() == {"ok": True}
        assert (await client.post(address, content=hook.body, headers=headers)).json() == {"ok": True}
        assert (await client.post(address, content=hook.body + b" ", headers=headers)).status_code == 401
    await desks.look(world, shop.org, id)
    await desks.look(world, shop.org, id)
    assert await heard(world, shop, id) == [(EventType.AGENT_MESSAGE, "A new lamp is on its way."), (EventType.AGENT_COMMENT, "He calls every week")]
    shown = (await client.get(f"/api/chat/sessions/{id}", headers=shop.bearer)).json()["ticketing_system"]
    assert shown == {"name": acme.kind, "external_id": there.id, "id_type": "ticket_id" if acme.kind == "hubspot" else "conversation_id"}


async def test_an_address_that_may_be_told_is_told(world: World, shop: Shop, twin: Twin) -> None:
    """HubSpot is asked for a contact by an address of the web that has the customer's in its path."""
    kind = next(name for name, made in KINDS.items() if isinstance(twin, made))
    desk = await desks.connected(world, shop.owner, kind, twin, email="raw")
    id = await handed(world, shop, desk, "My lamp is broken.")
    assert await desks.states(world, shop.org, id) == [("open", "done")]
    (there,) = twin.tickets()
    assert any(b"mara@customers.example" in request.body or "mara%40customers.example" in request.target for request in twin.seen)
    assert "mara@customers.example" not in "".join(one.text for one in there.comments)


async def test_files_of_answers_reach_the_customer_and_what_cannot_be_had_is_told_to_both_sides(client: httpx2.AsyncClient, world: World, shop: Shop, twin: Twin, acme: Connected) -> None:
    id = await handed(world, shop, acme, "My lamp is broken.")
    (there,) = twin.tickets()
    pdf = b"%PDF-1.7 a label for Mara"
    await twin.answer(there.id, "Put this label on it.", files=(("label.pdf", "application/pdf", pdf), ("film.mov", "video/quicktime", b"mov")))
    await desks.look(world, shop.org, id)
    await desks.look(world, shop.org, id)
    event = next(event for event in await conversations.timeline(world, shop.org, id) if event.type is EventType.AGENT_MESSAGE)
    assert event.text == "Put this label on it.\n\nThe file film.mov could not be shown here."
    (shown,) = event.payload["attachments"]
    assert (shown["name"], shown["type"], shown["size"]) == ("label.pdf", "application/pdf", len(pdf))
    assert (await files.file(world, shop.org, FileId(UUID(shown["id"])))).content == pdf
    notes = [event for event in await conversations.timeline(world, shop.org, id) if event.type is EventType.AGENT_COMMENT]
    assert [("film.mov" in one.text, "This kind of file is not taken" in one.text) for one in notes] == [(True, True)]
    await desks.bring(world, shop.org, acme.id)
    assert any("film.mov" in comment.text and not comment.public for comment in twin.comments(there.id)), "whoever answered there reads that it did not arrive"


async def test_status_goes_both_ways(world: World, shop: Shop, twin: Twin, acme: Connected) -> None:
    id = await handed(world, shop, acme, "My lamp is broken.")
    (there,) = twin.tickets()
    await twin.solve(there.id)
    await desks.look(world, shop.org, id)
    assert (await conversations.session(world, shop.org, id)).status is Status.CLOSED_RESOLVED
    await desk.reopen(world, shop.owner, id)
    await desks.bring(world, shop.org, acme.id, rounds=2)
    session = await conversations.session(world, shop.org, id)
    assert session.status is Status.OPEN
    assert not twin.held[there.id].solved
    await desks.look(world, shop.org, id)
    assert (await conversations.session(world, shop.org, id)).status is Status.OPEN, "what we did ourselves comes back as no news"


async def test_a_deleted_ticket_gives_the_session_back_to_the_inbox(world: World, shop: Shop, twin: Twin, acme: Connected) -> None:
    id = await handed(world, shop, acme, "My lamp is broken.")
    (there,) = twin.tickets()
    await twin.delete(there.id)
    await desks.look(world, shop.org, id)
    assert (await conversations.session(world, shop.org, id)).owner.kind is OwnerKind.TEAM


async def test_a_helpdesk_that_is_down_leaves_the_session_in_the_inbox_and_gets_one_ticket_later(world: World, shop: Shop, twin: Twin, acme: Connected) -> None:
    await twin.stop()
    id = await handed(world, shop, acme, "My lamp is broken.")
    assert (await conversations.session(world, shop.org, id)).owner.kind is OwnerKind.TEAM
    async with world.store.tx(shop.org) as tx:
        assert "cannot be reached" in (await tickets.load(tx, shop.org, id, acme.id)).why
    await desks.bring(world, shop.org, acme.id, rounds=2)
    await twin.start()
    await desks.bring(world, shop.org, acme.id, rounds=2)
    assert len(twin.tickets()) == 1
    assert (await conversations.session(world, shop.org, id)).owner.kind is OwnerKind.HELPDESK
    types = [event.type for event in await conversations.timeline(world, shop.org, id)]
    assert [types.count(one) for one in (EventType.HANDOFF_TO_THIRD_PARTY_FAILED, EventType.HANDOFF_TO_THIRD_PARTY_RECOVERED)] == [1, 1]


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.MALFORMED, Fault.ERROR], ids=str)
@pytest.mark.parametrize("at", range(0, 8, 2))
async def test_one_ticket_with_everything_whatever_breaks_off(world: World, shop: Shop, twin: Twin, acme: Connected, fault: Fault, at: int) -> None:
    twin.faults = [*[None] * at, fault]
    await handed(world, shop, acme, "My lamp is broken.", "It is the red one.")
    await desks.bring(world, shop.org, acme.id, rounds=3)
    (there,) = twin.tickets()
    first, *said = (one.text for one in there.comments)
    assert "Handed off by Glassine" in first
    assert [words in text for words, text in zip(["My lamp is broken.", "It is the red one."], said, strict=True)] == [True] * 2


async def test_a_token_that_was_revoked_is_told_in_the_inbox(world: World, shop: Shop, twin: Twin, acme: Connected) -> None:
    twin.faults = [Fault.EXPIRED]
    id = await handed(world, shop, acme, "My lamp is broken.")
    assert (await conversations.session(world, shop.org, id)).owner.kind is OwnerKind.TEAM
    async with world.store.tx(shop.org) as tx:
        assert "refused the access token" in (await tickets.load(tx, shop.org, id, acme.id)).why
