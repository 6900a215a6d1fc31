"""A source's way out against a real server: waits that are asked for, passing trouble, refusals in plain words, and no key in any of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from glassine.config import Settings, read
from glassine.connect import connectors, source, sources
from glassine.words.crossings import CrossingRow
from glassine.words.errors import Misconfigured, NotFound
from glassine.words.sources import SourceFailed, Trouble
from tests.vendors import Request, Response, Waits, link, vendor

pytestmark = pytest.mark.enable_socket

KEY = "sk-very-secret-0123456789"



def say(*answers: Response) -> Callable[[Request], Response]:
    """One answer after the other; the last one again and again."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


@pytest.mark.parametrize("status", [429, 503])
async def test_a_wait_that_is_asked_for_in_seconds_is_kept(status: int) -> None:
    waits = Waits()
    async with vendor(say(Response(status=status, headers={"Retry-After": "7"}), Response(body=b"ok"))) as server, link(server.url, wait=waits) as way:
        assert (await way.request("GET", f"{server.url}/a")).body == b"ok"
    assert len(server.seen) == 2
    assert 7 <= sum(waits) < 9


async def test_a_wait_that_is_asked_for_as_a_date_is_kept_by_the_other_sides_clock() -> None:
    waits, theirs = Waits(), datetime(2020, 1, 1, tzinfo=UTC)
    asked = {"Retry-After": format_datetime(theirs + timedelta(seconds=20), usegmt=True), "Date": format_datetime(theirs, usegmt=True)}
    async with vendor(say(Response(status=429, headers=asked), Response(body=b"ok"))) as server, link(server.url, wait=waits) as way:
        await way.request("GET", f"{server.url}/a")
    assert 20 <= sum(waits) < 26


async def test_a_wait_longer_than_a_run_waits_ends_it() -> None:
    waits = Waits()
    async with vendor(say(Response(status=429, headers={"Retry-After": "86400"}))) as server, link(server.url, wait=waits) as way:
        with pytest.raises(SourceFailed, match="asks to wait longer") as failed:
            await way.request("GET", f"{server.url}/a")
    assert failed.value.trouble is Trouble.LIMITED
    assert not waits


async def test_waits_add_up_to_a_limit() -> None:
    waits = Waits()
    async with vendor(say(Response(status=429, headers={"Retry-After": "200"}))) as server, link(server.url, wait=waits) as way:
        for _ in range(5):
            with pytest.raises(SourceFailed):
                await way.request("GET", f"{server.url}/a")
        assert sum(waits) <= 1800
        assert len(server.seen) < 15


async def test_passing_trouble_is_tried_again_with_growing_pauses() -> None:
    waits = Waits()
    async with vendor(say(Response(status=502), Response(status=500), Response(status=504), Response(body=b"ok"))) as server, link(server.url, wait=waits) as way:
        assert (await way.request("GET", f"{server.url}/a")).body == b"ok"
    assert waits == sorted(waits)
    assert len(waits) == 3


async def test_trouble_that_does_not_pass_is_told() -> None:
    async with vendor(say(Response(status=500))) as server, link(server.url) as way:
        with pytest.raises(SourceFailed, match="500 5 times in a row") as failed:
            await way.request("GET", f"{server.url}/a")
    assert failed.value.trouble is Trouble.UNREACHABLE


@pytest.mark.parametrize(("status", "trouble"), [
    (401, Trouble.CREDENTIALS), (403, Trouble.FORBIDDEN), (400, Trouble.MALFORMED), (422, Trouble.MALFORMED), (429, Trouble.LIMITED), (503, Trouble.UNREACHABLE),
])
async def test_refusals_have_a_name_and_hold_no_key(status: int, trouble: Trouble) -> None:
    async with vendor(say(Response(status=status, body=KEY.encode()))) as server, link(server.url, {"key": KEY}) as way:
        with pytest.raises(SourceFailed) as failed:
            await way.request("GET", f"{server.url}/{KEY}?token={KEY}", headers={"Authorization": f"Bearer {KEY}"})
    assert failed.value.trouble is trouble
    assert KEY not in failed.value.message
    assert server.seen[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("status", [200, 204, 301, 304, 404, 410])
async def test_what_a_source_can_read_comes_back(status: int) -> None:
    async with vendor(say(Response(status=status))) as server, link(server.url) as way:
        assert (await way.request("GET", f"{server.url}/a")).status == status
    assert len(server.seen) == 1


async def test_a_host_that_is_not_declared_is_not_reached() -> None:
    rows: list[CrossingRow] = []

    async def record(row: CrossingRow) -> None:
        rows.append(row)

    async with vendor(say(Response())) as server, vendor(say(Response())) as other, link(server.url, record=record) as way:
        with pytest.raises(SourceFailed, match="egress gate") as failed:
            await way.request("GET", f"{other.url}/a")
        await way.request("GET", f"{server.url}/a")
    assert failed.value.trouble is Trouble.STOPPED
    assert other.seen == []
    assert [(row.purpose, row.allowed) for row in rows] == [("source", False), ("source", True)]


async def test_more_than_was_asked_for_is_not_read() -> None:
    async with vendor(say(Response(body=b"x" * 2000))) as server, link(server.url) as way:
        with pytest.raises(SourceFailed, match="more than 1,000 bytes") as failed:
            await way.request("GET", f"{server.url}/a", max_bytes=1000)
    assert failed.value.trouble is Trouble.LARGE
    assert len(server.seen) == 1


async def test_nobody_there() -> None:
    async with vendor(say(Response())) as server:
        url = server.url
    async with link(url) as way:
        with pytest.raises(SourceFailed, match="cannot be reached") as failed:
            await way.request("GET", f"{url}/a")
    assert failed.value.trouble is Trouble.UNREACHABLE


async def test_the_operators_address_goes_before_the_vendors() -> None:
    async with vendor(say(Response())) as server, link(server.url + "/") as way:
        assert way.base("https://api.example.com") == server.url
        way.own = ""
        assert way.base("https://api.example.com/") == "https://api.example.com"


def test_vendor_urls_are_read_and_may_be_reached() -> None:
    settings = read({"HOME": "/home/x", "GLASSINE_VENDOR_URLS": "zendesk=http://127.0.0.1:4101/, notion=https://proxy.example.com"})
    assert isinstance(settings, Settings)
    assert settings.vendors == {"zendesk": "http://127.0.0.1:4101", "notion": "https://proxy.example.com"}
    assert "http://127.0.0.1:4101" in settings.private_places


@pytest.mark.parametrize("text", ["zendesk", "=http://a", "Zendesk=http://a", "zendesk=ftp://a", "zendesk=http://user:secret@a"])
def test_vendor_urls_that_cannot_be_used(text: str) -> None:
    with pytest.raises(Misconfigured, match="GLASSINE_VENDOR_URLS") as refused:
        read({"HOME": "/home/x", "GLASSINE_VENDOR_URLS": text})
    assert "secret" not in str(refused.value)


def test_connectors_are_found_by_their_modules() -> None:
    assert "folder" in connectors()
    assert set(sources()) <= set(connectors())
    with pytest.raises(NotFound, match="no kind of source"):
        source("carrier-pigeon")
