"""Settings › Helpdesks as plain pages: tried before it is saved, explained where it is not right, and taken away only by its name."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio

from glassine.story.helpdesks import setting_up
from glassine.story.world import World
from glassine.words.people import Role
from tests import desks
from tests.generic_webhook_twin import SECRET, GenericTwin
from tests.hubspot_desk import HubSpotTwin
from tests.office import Browser, colleague, signed_in
from tests.shop import Shop

HERE = "/settings/helpdesks"


@pytest_asyncio.fixture
async def twin(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[GenericTwin]:
    async with desks.reaching(world, monkeypatch, GenericTwin()) as running:
        assert isinstance(running, GenericTwin)
        yield running


@pytest.fixture
async def admin(world: World, shop: Shop) -> AsyncIterator[Browser]:
    async with signed_in(world, shop.owner) as at:
        yield at


async def connected(admin: Browser, twin: GenericTwin, **more: str) -> str:
    """Its page's address."""
    answer = await admin.post(HERE, kind="generic_webhook", name=f"Desk {uuid4().hex[:6]}", **twin.settings(), **more)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def test_one_is_connected_tried_changed_and_taken_away(admin: Browser, twin: GenericTwin) -> None:
    assert "Any system by HTTP" in (await admin.get(f"{HERE}/new")).text
    form = (await admin.get(f"{HERE}/new?kind=generic_webhook")).text
    assert "What leaves" in form
    assert "Not told" in form
    at = await connected(admin, twin, policy_email="raw")
    page = (await admin.get(at)).text
    assert "/api/hooks/helpdesks/" in page
    assert "ada@example.com" in page
    assert SECRET not in page
    tried = await admin.post(f"{at}/test")
    assert "A test ticket was opened and solved again" in tried.text
    assert "opencx_test" in twin.tickets()[0].tags
    assert 'value="high" selected' in (await admin.get(f"{(await admin.post(f'{at}/edit', name='Ours', url=twin.settings()['url'], priority='high')).headers['location']}/edit")).text
    assert (await admin.post(f"{at}/disconnect", name="wrong")).status_code == 400
    assert "Ours is disconnected" in await admin.act(f"{at}/disconnect", name="Ours")
    assert (await admin.get(at)).status_code == 404


async def test_what_is_wrong_comes_back_with_what_was_filled_in(admin: Browser, twin: GenericTwin) -> None:
    answer = await admin.post(HERE, kind="generic_webhook", **{**twin.settings(), "name": "Desk", "url": "https://", "mapping": "kept line", "hook_secret": SECRET})
    assert answer.status_code == 400
    assert "must begin with https://" in answer.text
    assert "kept line" in answer.text
    assert SECRET not in answer.text
    assert (await admin.get(f"{HERE}/new?kind=nothing")).status_code == 200


async def test_a_helpdesk_that_is_down_is_said_so(admin: Browser, twin: GenericTwin) -> None:
    at = await connected(admin, twin)
    await twin.stop()
    assert "cannot be reached" in (await admin.post(f"{at}/test")).text
    await twin.start()


async def test_the_example_is_what_the_policy_says(admin: Browser) -> None:
    shown = (await admin.get(f"{HERE}/example?kind=generic_webhook&policy_email=pseudonym&policy_text=raw", htmx=True)).text
    assert "@pseudonym.invalid" in shown
    assert "I am Ada Example" in shown
    assert "+44" not in shown


async def test_trouble_is_shown_by_name(world: World, shop: Shop, admin: Browser, twin: GenericTwin) -> None:
    desk = await desks.connected(world, shop.owner, "generic_webhook", twin)
    session = await desks.talk(world, shop, "My lamp is broken.")
    await twin.stop()
    await desks.hand_off(world, shop.org, session, desk)
    await desks.bring(world, shop.org, desk.id)
    assert "cannot be reached" in (await admin.get(HERE)).text
    assert "cannot be reached" in (await admin.get(f"{HERE}/{desk.id}")).text
    await twin.start()
    await setting_up.disconnect(world, shop.owner, desk.id)


async def test_agents_see_how_it_stands_and_change_nothing(world: World, shop: Shop, admin: Browser, twin: GenericTwin) -> None:
    at = await connected(admin, twin)
    async with signed_in(world, await colleague(world, shop.owner, Role.AGENT, "Ada Agent")) as agent:
        page = (await agent.get(at)).text
        assert "How it stands" in page
        assert "Test handoff" not in page
        assert "/api/hooks/" not in page
        assert (await agent.post(f"{at}/test")).status_code == 403
        assert (await agent.get(f"{at}/edit")).status_code == 403


@pytest.mark.enable_socket
async def test_what_the_helpdesk_offers_is_chosen_by_its_name(admin: Browser, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desks.reaching(world, monkeypatch, HubSpotTwin(), vendor="hubspot") as hubspot:
        given = {"kind": "hubspot", "name": f"Desk {uuid4().hex[:6]}", **hubspot.settings()}
        at = str((await admin.post(HERE, **given)).headers["location"])
        before = (await admin.get(f"{at}/edit")).text
        offered = re.findall(r'<option value="([^"]+)"[^>]*>([^<]+)</option>', before.partition('<select id="f-stage"')[2].partition("</select>")[0])
        assert offered
        value, title = offered[0]
        assert value != title, "named, not only numbered"
        assert (await admin.post(f"{at}/edit", **given, stage=value)).status_code == 303
        after = (await admin.get(f"{at}/edit")).text
        assert f'<option value="{value}" selected>' in after
        assert (await admin.post(f"{at}/disconnect", name=given["name"])).status_code == 303


@pytest.mark.enable_socket
async def test_rights_that_are_missing_stay_on_the_page_until_they_are_given(admin: Browser, client: httpx2.AsyncClient, shop: Shop, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desks.reaching(world, monkeypatch, HubSpotTwin(), vendor="hubspot") as hubspot:
        assert isinstance(hubspot, HubSpotTwin)
        hubspot.portal.scopes.discard("conversations.read")
        name = f"Desk {uuid4().hex[:6]}"
        at = str((await admin.post(HERE, kind="hubspot", name=name, **hubspot.settings())).headers["location"])
        assert "The scope conversations.read is missing" in (await admin.get(at)).text
        assert "Rights missing" in (await admin.get(HERE)).text
        shown = (await client.get(f"/api/helpdesks/{at.rpartition('/')[2]}", headers=shop.bearer)).json()
        assert ["conversations.read" in one for one in shown["missing"]] == [True]
        assert any("/api/hooks/helpdesks/" in step["text"] for step in shown["steps"])
        await admin.post(f"{at}/check")
        assert "The scope conversations.read is missing" in (await admin.get(at)).text
        hubspot.portal.scopes.add("conversations.read")
        assert "Its key has every right" in await admin.act(f"{at}/check")
        assert "What its key may not do" not in (await admin.get(at)).text
        assert (await admin.post(f"{at}/disconnect", name=name)).status_code == 303


async def test_every_kind_says_with_a_picture_what_is_to_be_done_over_there(admin: Browser) -> None:
    kinds = [kind for kind in setting_up.kinds() if kind.name != "mail_desk"]
    for kind in kinds:
        form = (await admin.get(f"{HERE}/new?kind={kind.name}")).text
        assert "First, over there" in form
        assert all(step.title in form and step.picture in form for step in kind.begin)
    pictures = {step.picture for module in setting_up.modules() for step in (*module.begin, *module.steps) if step.picture}
    assert len(pictures) == 11
    for name in pictures:
        shown = await admin.get(f"{HERE}/pictures/{name}")
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/svg+xml")
        assert "prefers-color-scheme: dark" in shown.text
        assert shown.headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert (await admin.get(f"{HERE}/pictures/inbox.png")).status_code == 404
