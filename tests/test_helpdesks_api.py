"""Helpdesks over the public API, and the door that their hooks come in by."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx2
import pytest
import pytest_asyncio

from glassine.story import access, conversations
from glassine.story.helpdesks import setting_up
from glassine.story.world import World
from glassine.words.helpdesks import HelpdeskId
from glassine.words.people import ActorKind
from tests import desks
from tests.generic_webhook_twin import SECRET, GenericTwin
from tests.shop import Shop


@pytest_asyncio.fixture
async def twin(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[GenericTwin]:
    async with desks.reaching(world, monkeypatch, GenericTwin()) as running:
        assert isinstance(running, GenericTwin)
        yield running


def wanted(twin: GenericTwin, **more: object) -> dict[str, object]:
    return {"kind": "generic_webhook", "name": f"Desk {uuid4().hex[:6]}", "settings": twin.settings(), **more}


async def test_a_helpdesk_is_connected_changed_tried_and_taken_away(client: httpx2.AsyncClient, shop: Shop, twin: GenericTwin) -> None:
    kinds = (await client.get("/api/helpdesk-kinds", headers=shop.bearer)).json()["items"]
    assert {"tags", "priority", "group", "mapping", "url"} <= {one["name"] for kind in kinds if kind["kind"] == "generic_webhook" for one in kind["fields"]}
    made = await client.post("/api/helpdesks", headers=shop.bearer, json=wanted(twin, policy={"email": "raw"}))
    assert made.status_code == 201, made.text
    desk = made.json()["helpdesk"]
    assert SECRET not in made.text
    assert (desk["secrets"], desk["policy"]["email"], desk["policy"]["text"]) == (["hook_secret"], "raw", "masked")
    assert made.json()["reached"].startswith("Desk of Paper & Glass")
    changed = await client.patch(f"/api/helpdesks/{desk['id']}", headers=shop.bearer, json={"name": "Our desk", "settings": {"tags": "vip\nlamp"}, "policy": {"name": "pseudonym"}})
    assert changed.json()["helpdesk"]["policy"] == {"email": "raw", "phone": "masked", "name": "pseudonym", "text": "masked", "files": "masked"}
    tried = await client.post(f"/api/helpdesks/{desk['id']}/test", headers=shop.bearer)
    (ticket,) = twin.tickets()
    assert (tried.json()["ticket_id"], tried.json()["trouble"], ticket.solved) == (ticket.id, None, True)
    assert {"opencx_test", "vip", "lamp"} <= set(ticket.tags)
    assert (await client.delete(f"/api/helpdesks/{desk['id']}", headers=shop.bearer)).json() == {"trouble": None}
    assert (await client.get(f"/api/helpdesks/{desk['id']}", headers=shop.bearer)).status_code == 404


@pytest.mark.parametrize(("change", "says"), [
    ({"hook_secret": "short"}, "24 characters"), ({"hook_secret": "x" * 30}, "refused the key"), ({"url": "ftp://x"}, "must begin with https://"), ({"mapping": "no line"}, "is not a field"),
    ({"mapping": "cf = whatever"}, "is no value"), ({"priority": "soon"}, "must be one of"),
])
async def test_what_cannot_work_is_not_saved(client: httpx2.AsyncClient, shop: Shop, twin: GenericTwin, change: dict[str, str], says: str) -> None:
    refused = await client.post("/api/helpdesks", headers=shop.bearer, json={**wanted(twin), "settings": {**twin.settings(), **change}})
    assert refused.status_code == 400
    assert says in refused.json()["message"]
    assert "x" * 30 not in refused.text
    assert (await client.get("/api/helpdesks", headers=shop.bearer)).json()["items"] == []


async def test_a_secret_goes_nowhere_else(client: httpx2.AsyncClient, shop: Shop, twin: GenericTwin) -> None:
    desk = (await client.post("/api/helpdesks", headers=shop.bearer, json=wanted(twin))).json()["helpdesk"]
    moved = await client.patch(f"/api/helpdesks/{desk['id']}", headers=shop.bearer, json={"settings": {"url": "https://elsewhere.example/desk"}})
    assert "entered for another address" in moved.json()["message"]
    await client.delete(f"/api/helpdesks/{desk['id']}", headers=shop.bearer)


async def test_a_test_that_fails_says_why(client: httpx2.AsyncClient, shop: Shop, twin: GenericTwin) -> None:
    desk = (await client.post("/api/helpdesks", headers=shop.bearer, json=wanted(twin))).json()["helpdesk"]
    await twin.stop()
    failed = await client.post(f"/api/helpdesks/{desk['id']}/test", headers=shop.bearer)
    assert failed.status_code == 409
    assert "cannot be reached" in failed.json()["message"]
    await twin.start()
    await client.delete(f"/api/helpdesks/{desk['id']}", headers=shop.bearer)


async def test_a_hook_comes_in_by_its_own_door_and_nobody_else_does(client: httpx2.AsyncClient, world: World, shop: Shop, twin: GenericTwin) -> None:
    made = (await client.post("/api/helpdesks", headers=shop.bearer, json=wanted(twin))).json()["helpdesk"]
    desk = await setting_up.load(world, shop.owner, HelpdeskId(UUID(made["id"])))
    session = await desks.talk(world, shop, "My lamp is broken.")
    await desks.hand_off(world, shop.org, session, desk)
    await desks.bring(world, shop.org, desk.id)
    await twin.answer(twin.tickets()[0].id, "We look into it.")
    hook, address = twin.hooks[-1], f"/api/hooks/helpdesks/{desk.id}"
    assert (await client.post(address, content=hook.body, headers=dict(hook.headers))).json() == {"ok": True}
    assert (await client.post(address, content=hook.body, headers=dict(hook.headers))).json() == {"ok": True}
    assert (await client.post(address, content=hook.body, headers={**hook.headers, "webhook-signature": "v1,AAAA"})).status_code == 401
    assert (await client.post(address, content=b"{}")).status_code == 401
    assert (await client.post(f"/api/hooks/helpdesks/{uuid4()}", content=hook.body, headers=dict(hook.headers))).status_code == 404
    assert (await client.post(address, content=b"x" * 3_000_000)).status_code == 413
    assert [event.text for event in await conversations.timeline(world, shop.org, session) if event.actor is ActorKind.HELPDESK and event.text] == ["We look into it."]
    shown = (await client.get(f"/api/chat/sessions/{session}", headers=shop.bearer)).json()
    assert shown["ticketing_system"] == {"name": "generic_webhook", "external_id": twin.tickets()[0].id, "id_type": "ticket_id"}
    said = (await client.get(f"/api/chat/sessions/{session}/history", headers=shop.bearer)).json()["items"][-1]["event"]
    assert (said["sender"], said["third_party_name"]) == ({"type": "human_agent", "name": "Grace"}, "generic_webhook")
    await client.delete(f"/api/helpdesks/{desk.id}", headers=shop.bearer)


async def test_a_key_needs_the_scope(client: httpx2.AsyncClient, world: World, shop: Shop, twin: GenericTwin) -> None:
    reader = {"Authorization": f"Bearer {await access.create_key(world, shop.owner, 'reads', ['helpdesks:read'])}"}
    assert (await client.get("/api/helpdesks", headers=reader)).status_code == 200
    assert (await client.post("/api/helpdesks", headers=reader, json=wanted(twin))).status_code == 403
    other = {"Authorization": f"Bearer {await access.create_key(world, shop.owner, 'other', ['ledger:read'])}"}
    assert (await client.get("/api/helpdesks", headers=other)).status_code == 403
