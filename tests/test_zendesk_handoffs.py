"""Handoffs to Zendesk through the whole product: a ticket and its answers, both ways in step, and one ticket whatever happens on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from glassine.story import conversations
from glassine.story.contacts import Identity
from glassine.story.helpdesks import setting_up
from glassine.story.world import World
from glassine.words.helpdesks import Connected
from glassine.words.ids import SessionId
from glassine.words.people import ActorKind
from glassine.words.sessions import EventType, OwnerKind, Status
from tests import desks
from tests.helpdesk_twins import Fault, Twin
from tests.shop import Shop
from tests.sunshine_twin import SunshineTwin
from tests.zendesk_desk_twin import ZendeskTwin

KINDS = {"zendesk": ZendeskTwin, "sunshine": SunshineTwin}


@pytest_asyncio.fixture(params=KINDS, ids=str)
async def twin(request: pytest.FixtureRequest, world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Twin]:
    made: Twin = KINDS[request.param]()
    async with desks.reaching(world, monkeypatch, made, vendor=request.param) as running:
        yield running


@pytest_asyncio.fixture
async def acme(world: World, shop: Shop, twin: Twin) -> Connected:
    return await desks.connected(world, shop.owner, "zendesk" if isinstance(twin, ZendeskTwin) else "sunshine", twin)


async def handed(world: World, shop: Shop, acme: Connected, *texts: str) -> SessionId:
    return await desks.handed(world, shop, acme, *texts, identity=Identity(name="Mara Keller"))


async def test_a_conversation_goes_there_and_back(world: World, shop: Shop, twin: Twin, acme: Connected) -> None:
    id = await handed(world, shop, acme, "I am Mara Keller, my lamp is broken.", "A person please")
    await desks.write(world, shop.org, id, "Are you there?")
    await desks.bring(world, shop.org, acme.id)
    (there,) = twin.tickets()
    _, *said = there.comments
    assert [words in one.text for words, one in zip(["my lamp is broken", "A person please", "Are you there?"], said, strict=True)] == [True] * 3
    everything = "\n".join(one.text for one in there.comments)
    assert "Mara Keller" not in everything, "masked unless the policy says otherwise"
    assert "opencx_handedoff" in there.tags
    assert f"/inbox/sessions/{id}" in everything + "".join(there.fields.values())
    await twin.answer(there.id, "A new lamp is on its way.")
    await desks.look(world, shop.org, id)
    await desks.look(world, shop.org, id)
    replies = [event for event in await desks.log(world, shop, id) if event.actor is ActorKind.HELPDESK and event.type is EventType.AGENT_MESSAGE]
    assert [event.text for event in replies] == ["A new lamp is on its way."]
    assert replies[0].payload["third_party_name"] == ("zendesk" if isinstance(twin, ZendeskTwin) else "zendesk_v2")
    await twin.solve(there.id)
    await desks.look(world, shop.org, id)
    assert (await conversations.session(world, shop.org, id)).status is Status.CLOSED_RESOLVED
    await twin.reopen(there.id)
    await desks.look(world, shop.org, id)
    assert (await conversations.session(world, shop.org, id)).status is Status.OPEN
    assert await desks.owner(world, shop, id) is OwnerKind.HELPDESK
    await desks.bring(world, shop.org, acme.id)
    assert not (await desks.filed(world, shop, id, acme)).solved


async def test_a_helpdesk_that_is_down_leaves_the_session_in_the_inbox_and_gets_one_ticket_later(world: World, shop: Shop, twin: Twin, acme: Connected) -> None:
    await twin.stop()
    id = await handed(world, shop, acme, "My lamp is broken.")
    assert await desks.owner(world, shop, id) is OwnerKind.TEAM
    state = await desks.filed(world, shop, id, acme)
    assert state.failed_at is not None
    assert "cannot be reached" in state.why
    await desks.bring(world, shop.org, acme.id, rounds=2)
    await twin.start()
    await desks.bring(world, shop.org, acme.id, rounds=2)
    assert len(twin.tickets()) == 1
    assert await desks.owner(world, shop, id) is OwnerKind.HELPDESK
    types = [event.type for event in await desks.log(world, shop, id)]
    assert types.count(EventType.HANDOFF_TO_THIRD_PARTY_FAILED) == 1
    assert types.count(EventType.HANDOFF_TO_THIRD_PARTY_RECOVERED) == 1


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.MALFORMED, Fault.ERROR], ids=str)
@pytest.mark.parametrize("at", range(0, 9, 2))
async def test_one_ticket_with_everything_whatever_breaks_off(world: World, shop: Shop, twin: Twin, acme: Connected, fault: Fault, at: int) -> None:
    twin.faults = [*[None] * at, fault]
    await handed(world, shop, acme, "My lamp is broken.", "It is the red one.")
    await desks.bring(world, shop.org, acme.id, rounds=3)
    (there,) = twin.tickets()
    first, *said = there.comments
    assert "Session #" in first.text
    assert [words in one.text for words, one in zip(["My lamp is broken.", "It is the red one."], said, strict=True)] == [True] * 2


async def test_credentials_that_were_revoked_are_told_in_the_inbox(world: World, shop: Shop, twin: Twin, acme: Connected) -> None:
    twin.faults = [Fault.EXPIRED]
    id = await handed(world, shop, acme, "My lamp is broken.")
    assert await desks.owner(world, shop, id) is OwnerKind.TEAM
    assert "refuses this" in (await desks.filed(world, shop, id, acme)).why
    assert [event.type for event in await desks.log(world, shop, id)].count(EventType.HANDOFF_TO_THIRD_PARTY_FAILED) == 1


async def test_disconnecting_takes_away_what_was_made_there(world: World, shop: Shop, twin: Twin, acme: Connected) -> None:
    made = twin.support.hooks.known if isinstance(twin, ZendeskTwin) else twin.integrations if isinstance(twin, SunshineTwin) else {}
    assert len(made) == 1
    await setting_up.install(world, shop.owner, acme.id)
    assert len(made) == 1, "however often"
    _, trouble = await setting_up.disconnect(world, shop.owner, acme.id)
    assert (trouble, len(made)) == ("", 0)
