"""A source whose vendor has a bad day in mid-run, with WireMock in between: answers that go wrong one after another, and connections that break, as no twin of ours breaks them.

What WireMock does not spoil it hands on to the twin, which knows the truth.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from glassine.connect import source
from glassine.words.sources import Asked, Item, Trouble
from tests import wiremock
from tests.mirrored import Mirror
from tests.vendors import Response, Vendor, Waits, link, vendor
from tests.wiremock import BROKEN_CHUNK, EMPTY, ERROR, EXPIRED, MALFORMED, RESET, RUBBISH, Bad, WireMock, limited, needs_wiremock
from tests.zendesk_twin import SETTINGS as LOGIN
from tests.zendesk_twin import HelpCentre

pytestmark = needs_wiremock
TICKETS = r"/api/v2/tickets(\.json)?"


@pytest.fixture(scope="module")
def between() -> Iterator[WireMock]:
    with wiremock.running() as made:
        yield made


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
