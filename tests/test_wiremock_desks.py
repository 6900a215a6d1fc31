"""Helpdesks that have a bad day, with WireMock in between: answers that go wrong one after another, delays, and connections that break, as no twin of ours breaks them.

What WireMock does not spoil it hands on to the twin, which knows the truth.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
import pytest_asyncio

from glassine.store import deliveries, rows
from glassine.story.delivery import delivering, outgoing
from glassine.story.helpdesks import helpdesk_reach
from glassine.story.world import World
from glassine.words.deliveries import Delivery, DeliveryId, DeliveryState
from glassine.words.helpdesks import Connected
from glassine.words.ids import SessionId
from glassine.words.sessions import EventType, OwnerKind
from tests import desks, wiremock
from tests.helpdesk_twins import Twin
from tests.hubspot_desk import HubSpotTwin
from tests.intercom_desk import IntercomTwin
from tests.shop import Shop
from tests.wiremock import BROKEN_CHUNK, EMPTY, ERROR, EXPIRED, MALFORMED, RESET, RUBBISH, Bad, WireMock, limited, needs_wiremock, slow
from tests.zendesk_desk_twin import ZendeskTwin

pytestmark = needs_wiremock


@dataclass(frozen=True, slots=True)
class Vendor:
    """A helpdesk, and the requests of its module that have an effect: that open a ticket, that go on with one that is begun, and that write on one that is open."""

    twin: type[Twin]
    opens: tuple[str, str]
    goes_on: tuple[str, str]
    says: tuple[str, str]


VENDORS = {
    "zendesk": Vendor(ZendeskTwin, ("POST", r"/api/v2/tickets(\.json)?"), ("PUT", r"/api/v2/tickets/.*"), ("PUT", r"/api/v2/tickets/.*")),
    "hubspot": Vendor(HubSpotTwin, ("POST", "/crm/objects/2026-09/tickets"), ("POST", "/crm/objects/2026-09/notes/batch/create"), ("POST", "/crm/objects/2026-09/notes")),
    "intercom": Vendor(IntercomTwin, ("POST", "/conversations"), ("POST", r"/conversations/[^/]+/reply"), ("POST", r"/conversations/[^/]+/reply")),
}


@pytest.fixture(scope="module")
def between() -> Iterator[WireMock]:
    with wiremock.running() as made:
        yield made


@pytest.fixture(params=VENDORS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest_asyncio.fixture
async def twin(world: World, monkeypatch: pytest.MonkeyPatch, between: WireMock, kind: str) -> AsyncIterator[Twin]:
    made = VENDORS[kind].twin()
    async with desks.reaching(world, monkeypatch, made, vendor=kind, by=between.url):
        between.stand_before(made.url)
        yield made


@pytest_asyncio.fixture
async def acme(world: World, shop: Shop, twin: Twin, kind: str) -> Connected:
    return await desks.connected(world, shop.owner, kind, twin)


SAID = ("My lamp is broken.", "It is the red one.")


async def handed(world: World, shop: Shop, acme: Connected) -> SessionId:
    """Handed off, and not brought yet."""
    session = await desks.talk(world, shop, *SAID)
    await desks.hand_off(world, shop.org, session, acme)
    return session


async def tried(world: World, shop: Shop, session: SessionId) -> Delivery:
    """Its oldest delivery that has no outcome yet, tried once; as it stands afterwards."""
    async with world.store.tx(shop.org) as tx:
        [row, *_] = await rows(tx, "select d.id, j.id as job from deliveries d join jobs j on j.kind = 'deliver' and j.ref = d.id where d.session_id = %(id)s and d.state = 'waiting' order by j.id", {"id": session})
    await delivering.deliver(world, shop.org, DeliveryId(row["id"]), row["job"])
    async with world.store.tx(shop.org) as tx:
        after = await deliveries.load(tx, shop.org, DeliveryId(row["id"]))
    assert after
    return after


async def types(world: World, shop: Shop, session: SessionId) -> list[EventType]:
    return [event.type for event in await desks.log(world, shop, session)]


def one_ticket_with_everything(twin: Twin, session: SessionId, *more: str) -> None:
    """Each entry once, in order; what tells what it is about has the way back here, and counts for none."""
    [there] = twin.tickets()
    entries = [comment.text for comment in there.comments if str(session) not in comment.text]
    places = [[at for at, text in enumerate(entries) if words in text] for words in (*SAID, *more)]
    assert [len(each) for each in places] == [1] * len(places), entries
    assert places == sorted(places), entries


async def test_an_error_then_a_limit_then_nonsense_and_in_the_end_one_ticket(world: World, shop: Shop, twin: Twin, acme: Connected, kind: str, between: WireMock) -> None:
    between.spoil(*VENDORS[kind].opens, [ERROR, limited(120), MALFORMED])
    session = await handed(world, shop, acme)
    first = await tried(world, shop, session)
    assert "500" in first.why
    assert await desks.owner(world, shop, session) is OwnerKind.TEAM, "nobody waits in a helpdesk that fails"
    before = world.clock()
    second = await tried(world, shop, session)
    assert "429" in second.why or "many requests" in second.why
    assert second.next_at - before >= timedelta(seconds=120), "the pause that was asked for"
    third = await tried(world, shop, session)
    assert third.doubtful, "an answer that cannot be read may stand for a ticket that is there"
    assert twin.tickets() == []
    assert between.left() == []
    await desks.bring(world, shop.org, acme.id, rounds=2)
    one_ticket_with_everything(twin, session)
    said = await types(world, shop, session)
    assert said.count(EventType.HANDOFF_TO_THIRD_PARTY_FAILED) == 1
    assert said.count(EventType.HANDOFF_TO_THIRD_PARTY_RECOVERED) == 1
    assert await desks.owner(world, shop, session) is OwnerKind.HELPDESK


@pytest.mark.parametrize("bad", [RESET, BROKEN_CHUNK, EMPTY, RUBBISH], ids=lambda bad: bad["fault"].lower())
async def test_connections_that_break_lose_and_double_nothing(world: World, shop: Shop, twin: Twin, acme: Connected, kind: str, between: WireMock, bad: Bad) -> None:
    """While the ticket is opened, while what was said is brought onto it, and while more is said."""
    vendor = VENDORS[kind]
    between.spoil(*vendor.opens, [bad])
    between.spoil(*vendor.goes_on, [bad, bad])
    session = await handed(world, shop, acme)
    failed = await tried(world, shop, session)
    assert failed.doubtful, "it may have had its effect"
    await desks.bring(world, shop.org, acme.id, rounds=4)
    assert between.left() == []
    one_ticket_with_everything(twin, session)
    between.mend()
    between.spoil(*vendor.says, [bad, ERROR])
    await desks.write(world, shop.org, session, "And it buzzes.")
    await desks.bring(world, shop.org, acme.id, rounds=3)
    assert between.left() == []
    one_ticket_with_everything(twin, session, "And it buzzes.")


async def test_a_helpdesk_that_is_too_slow_is_not_waited_for(world: World, shop: Shop, twin: Twin, acme: Connected, kind: str, between: WireMock, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await handed(world, shop, acme)
    between.spoil(*VENDORS[kind].opens, [slow(20_000)])
    monkeypatch.setattr(helpdesk_reach, "SECONDS", 2.0)
    failed = await tried(world, shop, session)
    assert failed.doubtful
    assert "did not answer" in failed.why or "within" in failed.why
    monkeypatch.undo()
    between.stand_before(twin.url)


@pytest.mark.parametrize("middle", [False, True], ids=["at once", "in the middle"])
async def test_a_token_that_is_refused_hands_the_session_to_the_inbox_and_a_new_one_goes_on(
    world: World, shop: Shop, twin: Twin, acme: Connected, kind: str, between: WireMock, middle: bool,
) -> None:
    between.spoil(*(VENDORS[kind].goes_on if middle else VENDORS[kind].opens), [EXPIRED])
    session = await handed(world, shop, acme)
    failed = await tried(world, shop, session)
    if failed.state is DeliveryState.DONE:  # what is said later is a request, and a delivery, of its own
        failed = await tried(world, shop, session)
    assert failed.state is DeliveryState.DEAD
    assert await desks.owner(world, shop, session) is OwnerKind.TEAM
    assert between.left() == []
    await outgoing.retry_since(world, shop.owner, world.clock() - timedelta(hours=1), acme.id)
    await desks.bring(world, shop.org, acme.id, rounds=2)
    one_ticket_with_everything(twin, session)


@pytest.mark.parametrize("kind", ["hubspot"])
async def test_a_limit_between_two_pages_loses_no_entry_and_doubles_none(world: World, shop: Shop, twin: HubSpotTwin, acme: Connected, between: WireMock) -> None:
    """What stands on a HubSpot ticket is read page by page, to find out whether an entry has arrived."""
    session = await handed(world, shop, acme)
    await desks.bring(world, shop.org, acme.id)
    twin.portal.page = 1
    hand_on: Bad = {"proxyBaseUrl": twin.url}
    between.spoil("POST", "/crm/objects/2026-09/notes", [RESET])
    between.spoil("POST", "/crm/associations/2026-09/tickets/notes/batch/read", [hand_on, limited(5), hand_on, ERROR])
    await desks.write(world, shop.org, session, "And it buzzes.")
    await desks.bring(world, shop.org, acme.id, rounds=4)
    assert between.left() == []
    one_ticket_with_everything(twin, session, "And it buzzes.")
