"""Settings › Webhooks in the browser, without JavaScript: added, tried, read, changed, replayed and removed; secrets are shown once."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator

import pytest_asyncio

from glassine.story.delivery import endpoints
from glassine.story.world import World
from glassine.words.people import Role
from tests.companies import said
from tests.endpoints import deliver, endpoint, events, mart, receiver, session
from tests.office import Browser, colleague, signed_in
from tests.shop import Shop
from tests.vendors import Response, Vendor

__all__ = ["mart", "receiver"]
AT = "/settings/webhooks"


@pytest_asyncio.fixture
async def admin(world: World, mart: Shop) -> AsyncIterator[Browser]:
    async with signed_in(world, mart.owner) as desk:
        yield desk


async def test_the_first_one_is_added_and_its_secret_is_shown_once(world: World, mart: Shop, admin: Browser, receiver: Vendor) -> None:
    empty = (await admin.get(AT)).text
    assert "No system is told yet" in empty
    assert "checked" not in re.findall(r'<input[^>]*name="(?:clear|ordered)"[^>]*>', empty)[-1]
    assert len(re.findall(r"<input[^>]* name=[^>]* checked>", empty)) == 1, "all events, and nothing else"
    page = await admin.post(AT, url=f"{receiver.url}/hook", name="Warehouse", reach="all")
    assert page.status_code == 200
    secret = re.search(r"whsec_[A-Za-z0-9+/=]{40,}", html.unescape(page.text))
    assert secret
    assert "Not sent anything yet" in page.text
    [made] = await endpoints.every(world, mart.owner)
    assert (made.clear, made.ordered, made.events, made.channels) == (False, False, (), ())
    again = (await admin.get(f"{AT}/{made.id}")).text
    assert "whsec_" not in again
    assert "nobody can show it again" in again


async def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_stays(admin: Browser) -> None:
    page = await admin.post(AT, url="http://example.com/hook", name="Typed name", reach="all")
    assert page.status_code == 400
    assert "must begin with https://" in html.unescape(page.text)
    assert 'value="Typed name"' in page.text
    assert 'aria-invalid="true"' in page.text
    none = await admin.post(AT, url="https://example.com/hook", reach="some")
    assert none.status_code == 400
    assert "Choose at least one event" in none.text


async def test_an_endpoint_is_tried_and_what_it_answered_can_be_read(world: World, mart: Shop, admin: Browser, receiver: Vendor) -> None:
    made, _ = await endpoint(world, mart, receiver)
    receiver.answer = lambda _: said({"error": "no such <queue>"}, 500)
    assert "How it went stands below" in await admin.act(f"{AT}/{made.id}/test", event="webhook.test")
    await deliver(world, mart)
    page = (await admin.get(f"{AT}/{made.id}")).text
    assert "answered 500" in page
    assert "no such &lt;queue&gt;" in page
    assert "Every delivery has failed since" in page
    assert "<queue>" not in page
    receiver.answer = lambda _: Response(status=204)
    await deliver(world, mart, all=True)
    page = (await admin.get(f"{AT}/{made.id}")).text
    assert "Arrived" in page and "2 tries" in page
    [sent] = await endpoints.sent(world, mart.owner, made.id)
    await admin.act(f"{AT}/{made.id}/sent/{sent.id}")
    await deliver(world, mart)
    assert events(receiver) == ["webhook.test"] * 3


async def test_what_it_hears_of_is_changed(world: World, mart: Shop, admin: Browser, receiver: Vendor) -> None:
    made, _ = await endpoint(world, mart, receiver)
    said_of_it = await admin.act(f"{AT}/{made.id}", url=made.url, name="Stock", reach="some", event=["conversation.closed"], channel=["web"], ordered="yes")
    assert "Saved “Stock”." in said_of_it
    one = await endpoints.one(world, mart.owner, made.id)
    assert (one.events, one.channels, one.ordered, one.clear) == (("conversation.closed",), ("web",), True, False)
    wrong = await admin.post(f"{AT}/{made.id}", url="ftp://x", name="Stock", reach="all")
    assert wrong.status_code == 400


async def test_disabled_replayed_and_removed(world: World, mart: Shop, admin: Browser, receiver: Vendor) -> None:
    made, _ = await endpoint(world, mart, receiver)
    began = world.clock()
    assert "somebody disabled it" in await admin.act(f"{AT}/{made.id}/switch", on="")
    await session(world, mart)
    assert "Enabled." in await admin.act(f"{AT}/{made.id}/switch", on="yes")
    assert "2 events will go out" in await admin.act(f"{AT}/{made.id}/replay", since=f"{began:%Y-%m-%dT%H:%M}")
    refused = await admin.post(f"{AT}/{made.id}/delete", name="Something else")
    assert refused.status_code == 400
    assert "Removed “Warehouse”" in await admin.act(f"{AT}/{made.id}/delete", name="warehouse")
    assert await endpoints.every(world, mart.owner) == []


async def test_a_new_secret_is_shown_once(world: World, mart: Shop, admin: Browser, receiver: Vendor) -> None:
    made, former = await endpoint(world, mart, receiver)
    page = html.unescape((await admin.post(f"{AT}/{made.id}/rotate", hours="2")).text)
    assert "The new secret" in page and former not in page
    assert "2 secrets sign" in page
    assert (await admin.post(f"{AT}/{made.id}/rotate", hours="many")).status_code == 400


async def test_agents_find_no_webhooks(world: World, mart: Shop, receiver: Vendor) -> None:
    made, _ = await endpoint(world, mart, receiver)
    async with signed_in(world, await colleague(world, mart.owner, Role.AGENT, f"Ada {made.id.hex[:6]}")) as agent:
        assert (await agent.get(AT)).status_code == 403
        assert (await agent.get(f"{AT}/{made.id}")).status_code == 403
        assert AT not in (await agent.get("/settings/account")).text


async def test_the_list_of_deliveries_renews_itself(world: World, mart: Shop, admin: Browser, receiver: Vendor) -> None:
    made, _ = await endpoint(world, mart, receiver)
    await session(world, mart)
    await deliver(world, mart)
    part = (await admin.get(f"{AT}/{made.id}/log?state=done", htmx=True)).text
    assert "<html" not in part
    assert part.count("Arrived") == 2
    assert "conversation.started" in part
    assert "Nothing in this state" in (await admin.get(f"{AT}/{made.id}/log?state=dead", htmx=True)).text
