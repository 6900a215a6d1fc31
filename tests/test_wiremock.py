"""Connectors whose vendor has a bad day, with WireMock in between: answers that go wrong one after another, delays, and connections that break, as no twin of ours breaks them.

What WireMock does not spoil it hands on to the twin, which knows the truth.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
import pytest_asyncio

from glassine.connect import source
from glassine.store import deliveries, rows
from glassine.story import conversations
from glassine.story.delivery import delivering
from glassine.story.helpdesks import helpdesk_reach
from glassine.story.world import World
from glassine.words.deliveries import Delivery, DeliveryId
from glassine.words.helpdesks import Connected
from glassine.words.ids import SessionId
from glassine.words.sessions import EventType, OwnerKind
from glassine.words.sources import Asked, Item, Trouble
from tests import desks, wiremock
from tests.mirrored import Mirror
from tests.shop import Shop
from tests.vendors import Response, Vendor, Waits, link, vendor
from tests.wiremock import BROKEN_CHUNK, EMPTY, ERROR, EXPIRED, MALFORMED, RESET, RUBBISH, Bad, WireMock, limited, needs_wiremock, slow
from tests.zendesk_desk_twin import ZendeskTwin
from tests.zendesk_twin import SETTINGS as LOGIN
from tests.zendesk_twin import HelpCentre

pytestmark = needs_wiremock
TICKETS = r"/api/v2/tickets(\.json)?"


@pytest.fixture(scope="module")
def between() -> Iterator[WireMock]:
    with wiremock.running() as made:
        yield made


# -- a helpdesk --------------------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def twin(world: World, monkeypatch: pytest.MonkeyPatch, between: WireMock) -> AsyncIterator[ZendeskTwin]:
    made = ZendeskTwin()
    async with desks.reaching(world, monkeypatch, made, vendor="zendesk", by=between.url):
        between.stand_before(made.url)
        yield made


@pytest_asyncio.fixture
async def acme(world: World, shop: Shop, twin: ZendeskTwin) -> Connected:
    return await desks.connected(world, shop.owner, "zendesk", twin)


async def waiting(world: World, shop: Shop, session: SessionId) -> tuple[Delivery, int]:
    """The session's oldest delivery that has no outcome yet, and its job."""
    async with world.store.tx(shop.org) as tx:
        [row, *_] = await rows(tx, "select d.id, j.id as job from deliveries d join jobs j on j.kind = 'deliver' and j.ref = d.id where d.session_id = %(id)s and d.state = 'waiting' order by j.id", {"id": session})
        found = await deliveries.load(tx, shop.org, DeliveryId(row["id"]))
    assert found
    return found, row["job"]


async def handed(world: World, shop: Shop, acme: Connected) -> SessionId:
    session = await desks.talk(world, shop, "My lamp is broken.", "It is the red one.")
    await desks.hand_off(world, shop.org, session, acme)
    return session


async def tried(world: World, shop: Shop, session: SessionId) -> Delivery:
    """Its oldest delivery tried once; as it stands afterwards."""
    delivery, job = await waiting(world, shop, session)
    await delivering.deliver(world, shop.org, delivery.id, job)
    async with world.store.tx(shop.org) as tx:
        after = await deliveries.load(tx, shop.org, delivery.id)
    assert after
    return after


async def types(world: World, shop: Shop, session: SessionId) -> list[EventType]:
    return [event.type for event in await conversations.timeline(world, shop.org, session)]


def one_ticket_with_everything(twin: ZendeskTwin) -> None:
    [there] = twin.tickets()
    _, *said = there.comments
    assert [words in one.text for words, one in zip(["My lamp is broken.", "It is the red one."], said, strict=True)] == [True, True]


async def test_an_error_then_a_limit_then_nonsense_and_in_the_end_one_ticket(world: World, shop: Shop, twin: ZendeskTwin, acme: Connected, between: WireMock) -> None:
    between.spoil("POST", TICKETS, [ERROR, limited(120), MALFORMED])
    session = await handed(world, shop, acme)
    first = await tried(world, shop, session)
    assert "500" in first.why
    assert (await conversations.session(world, shop.org, session)).owner.kind is OwnerKind.TEAM, "nobody waits in a helpdesk that fails"
    before = world.clock()
    second = await tried(world, shop, session)
    assert "429" in second.why or "many requests" in second.why
    assert second.next_at - before >= timedelta(seconds=120), "the pause that was asked for"
    third = await tried(world, shop, session)
    assert third.doubtful, "an answer that cannot be read may stand for a ticket that is there"
    assert twin.tickets() == []
    assert between.left() == []
    await desks.bring(world, shop.org, acme.id, rounds=2)
    one_ticket_with_everything(twin)
    said = await types(world, shop, session)
    assert said.count(EventType.HANDOFF_TO_THIRD_PARTY_FAILED) == 1
    assert said.count(EventType.HANDOFF_TO_THIRD_PARTY_RECOVERED) == 1
    assert (await conversations.session(world, shop.org, session)).owner.kind is OwnerKind.HELPDESK


@pytest.mark.parametrize("bad", [RESET, BROKEN_CHUNK, EMPTY, RUBBISH], ids=lambda bad: bad["fault"].lower())
async def test_connections_that_break_lose_and_double_nothing(world: World, shop: Shop, twin: ZendeskTwin, acme: Connected, between: WireMock, bad: Bad) -> None:
    between.spoil("POST", TICKETS, [bad])
    between.spoil("PUT", r"/api/v2/tickets/.*", [bad, bad])
    session = await handed(world, shop, acme)
    failed = await tried(world, shop, session)
    assert failed.doubtful, "it may have had its effect"
    await desks.bring(world, shop.org, acme.id, rounds=4)
    assert between.left() == []
    one_ticket_with_everything(twin)


async def test_a_helpdesk_that_is_too_slow_is_not_waited_for(world: World, shop: Shop, twin: ZendeskTwin, acme: Connected, between: WireMock, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await handed(world, shop, acme)
    between.spoil("POST", TICKETS, [slow(20_000)])
    monkeypatch.setattr(helpdesk_reach, "SECONDS", 2.0)
    failed = await tried(world, shop, session)
    assert failed.doubtful
    assert "did not answer" in failed.why or "within" in failed.why
    monkeypatch.undo()
    between.stand_before(twin.url)


async def test_a_token_that_is_refused_hands_the_session_to_the_inbox(world: World, shop: Shop, twin: ZendeskTwin, acme: Connected, between: WireMock) -> None:
    between.spoil("POST", TICKETS, [EXPIRED])
    session = await handed(world, shop, acme)
    delivery, job = await waiting(world, shop, session)
    await delivering.deliver(world, shop.org, delivery.id, job)
    assert (await conversations.session(world, shop.org, session)).owner.kind is OwnerKind.TEAM
    assert (await types(world, shop, session)).count(EventType.HANDOFF_TO_THIRD_PARTY_FAILED) == 1
    assert twin.tickets() == []


# -- a source ----------------------------------------------------------------------------------------------------------------

ARTICLES = "/api/v2/help_center/articles"
NEXT_PAGE = {"page[after]": ".+"}


@pytest.fixture
def centre() -> HelpCentre:
    made = HelpCentre()
    made.page_size = 2
    for number in range(7):
        made.write(f"Number {number}")
    return made


@pytest_asyncio.fixture
async def before(centre: HelpCentre, between: WireMock) -> AsyncIterator[Vendor]:
    """The help centre, as it is reached by way of WireMock."""
    async with vendor(centre) as real:
        between.stand_before(real.url)
        yield Vendor(lambda _: Response(status=500), url=between.url)


@pytest.fixture
def mirror() -> Mirror:
    return Mirror(source("zendesk"), LOGIN)


def everything(centre: HelpCentre) -> set[str]:
    return {path for path, shown in centre.texts().items() if shown}


async def test_pages_that_are_limited_in_the_middle_are_read_after_the_pause(centre: HelpCentre, before: Vendor, between: WireMock) -> None:
    between.spoil("GET", ARTICLES, [limited(13), limited(17)], query=NEXT_PAGE)
    waits = Waits()
    mirror = Mirror(source("zendesk"), LOGIN)
    async with link(before.url, LOGIN, hosts=mirror.source.hosts(LOGIN), wait=waits) as way:
        told = [one async for one in mirror.source.read(way, Asked(since=None, cursor=None, markers={}, only=()))]
    assert {one.path for one in told if isinstance(one, Item)} == everything(centre)
    assert 30 <= sum(waits) < 45
    assert between.left() == []


async def test_a_token_that_expires_in_mid_run_says_so_and_the_next_run_brings_the_rest(centre: HelpCentre, before: Vendor, between: WireMock, mirror: Mirror) -> None:
    between.spoil("GET", ARTICLES, [EXPIRED], query=NEXT_PAGE)
    failed = await mirror.run_failing(before)
    assert failed.trouble is Trouble.CREDENTIALS
    known = set(mirror.items)
    assert known < everything(centre)
    await mirror.run(before)
    assert set(mirror.items) == everything(centre)


@pytest.mark.parametrize("bad", [ERROR, MALFORMED, RESET, BROKEN_CHUNK, EMPTY, RUBBISH], ids=range(6))
async def test_what_breaks_in_mid_run_loses_nothing(centre: HelpCentre, before: Vendor, between: WireMock, mirror: Mirror, bad: Bad) -> None:
    """More often than a run tries again; what was read stays, and the next run brings the rest."""
    await mirror.run(before)
    known = set(mirror.items)
    centre.write("Number 8")
    mirror.later(days=1)
    between.spoil("GET", ARTICLES, [bad] * 12)
    failed = await mirror.run_failing(before)
    assert failed.message
    assert known <= set(mirror.items)
    between.mend()
    await mirror.run(before)
    assert set(mirror.items) == everything(centre)
