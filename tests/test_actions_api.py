"""Actions and their keys over the API: the wire's object, versions, trying out, and keys that go to their hosts and come back to nobody."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest

from glassine.story import access
from glassine.story.privacy import rotating
from glassine.story.world import World
from tests.companies import api, said, store
from tests.customers import quiet
from tests.shop import Shop
from tests.vendors import Request, Response, Vendor

__all__ = ["api", "store"]  # the fixtures

Client = httpx2.AsyncClient


def lookup(api: Vendor, **fields: Any) -> dict[str, Any]:
    return {"name": "get_order", "description": "Looks an order up by its number.", "api_endpoint": f"{api.url}/orders/{{order_id}}", **fields}


async def test_the_object_is_the_wires_and_each_change_is_a_version(client: Client, store: Shop, api: Vendor) -> None:
    made = (await client.post("/api/actions", headers=store.bearer, json=lookup(api, parameters=[{"name": "expand", "in": "query"}]))).json()
    assert {name: made[name] for name in ("api_endpoint", "request_type", "operation_id", "status", "enabled_on_channel", "require_form_submission")} == {
        "api_endpoint": f"{api.url}/orders/{{order_id}}", "request_type": "GET", "operation_id": "get_order", "status": "live", "enabled_on_channel": {"channels": ["web"]},
        "require_form_submission": False,
    }
    assert made["payload"]["path"] == "/orders/{order_id}"
    assert [(one["name"], one["in"], one["required"]) for one in made["payload"]["parameters"]] == [("order_id", "path", True), ("expand", "query", False)]
    at = f"/api/actions/{made['id']}"
    changed = (await client.patch(at, headers=store.bearer, json={"policy": {"confirm": True, "channels": ["web", "api"]}, "title": "Look up"})).json()
    assert (changed["version"], changed["policy"]["confirm"], changed["enabled_on_channel"]["channels"]) == (2, True, ["web", "api"])
    versions = (await client.get(f"{at}/versions", headers=store.bearer)).json()["items"]
    assert [(one["version"], one["action"]["policy"]["confirm"]) for one in versions] == [(2, True), (1, False)]
    assert (await client.delete(at, headers=store.bearer)).status_code == 204
    assert (await client.get(at, headers=store.bearer)).status_code == 404
    back = (await client.post(f"{at}/versions/1/restore", headers=store.bearer)).json()
    assert (back["version"], back["policy"]["confirm"]) == (3, False)
    assert [one["id"] for one in (await client.get("/api/actions", headers=store.bearer)).json()["items"]] == [made["id"]]
    assert (await client.delete("/api/actions", headers=store.bearer)).json() == {"deleted": 1}


@pytest.mark.parametrize(("fields", "words"), [
    ({"api_endpoint": "http://shop.example/{order_id}"}, "https"), ({"api_endpoint": "https://{order_id}.example/"}, "host"), ({"api_endpoint": "https://a@shop.example/"}, "host"),
    ({"api_endpoint": "https://shop.example/../{order_id}"}, "path"), ({"api_endpoint": "https://shop.example/?q={order_id}"}, "path"), ({"description": "Too short"}, "20 characters"), ({"name": "get"}, "5 characters"),
    ({"request_type": "TRACE"}, "method"), ({"parameters": [{"name": "Host", "in": "header"}]}, "header"), ({"parameters": [{"name": "Authorization", "in": "header"}]}, "variable"),
    ({"parameters": [{"name": "a", "in": "query", "schema": {"type": "nonsense"}}]}, "schema"), ({"parameters": [{"name": "a", "in": "body"}]}, "body"),
    ({"parameters": [{"name": "a", "in": "query", "filled_by": "contact", "source": "password"}]}, "contact"), ({"parameters": [{"name": "a", "in": "query", "filled_by": "fixed"}]}, "value"),
    ({"policy": {"amount_parameter": "total", "amount_at_most": 5}}, "total"), ({"policy": {"amount_at_most": 5}}, "amount"), ({"parameters": [{"name": "a", "in": "query"}] * 2}, "twice"),
])
async def test_what_cannot_be_called_is_refused_in_words(client: Client, store: Shop, api: Vendor, fields: dict[str, Any], words: str) -> None:
    answer = await client.post("/api/actions", headers=store.bearer, json=lookup(api, **fields))
    assert answer.status_code == 400
    assert words in answer.json()["message"]


async def test_only_keys_with_the_scope_read_and_write(client: Client, world: World, store: Shop, api: Vendor) -> None:
    reads = {"Authorization": f"Bearer {await access.create_key(world, store.owner, 'Reads', ['actions:read'])}"}
    other = {"Authorization": f"Bearer {await access.create_key(world, store.owner, 'Other', ['chat-sessions:read'])}"}
    assert (await client.get("/api/actions", headers=reads)).status_code == 200
    assert (await client.get("/api/actions", headers=other)).status_code == 403
    assert (await client.post("/api/actions", headers=reads, json=lookup(api))).status_code == 403
    made = (await client.post("/api/actions", headers=store.bearer, json=lookup(api))).json()
    assert (await client.post(f"/api/actions/{made['id']}/test", headers=reads, json={})).status_code == 403
    assert (await client.get(f"/api/actions/{made['id']}/calls", headers=reads)).status_code == 403, "calls show what customers wanted"


async def test_trying_out_shows_the_request_without_its_keys_and_sends_only_when_told(client: Client, store: Shop, api: Vendor) -> None:
    made = (await client.post("/api/actions", headers=store.bearer, json=lookup(api, shown_fields=["mail"]))).json()
    host = api.url.removeprefix("http://")
    key = {"name": "Shop key", "kind": "header", "field": "X-Api-Key", "value": "sk-very-secret", "hosts": [host]}
    assert (await client.post("/api/actions/variables", headers=store.bearer, json=key)).status_code == 201
    api.answer = lambda _: said({"mail": "bob@example.org", "echo": "sk-very-secret"})
    dry = (await client.post(f"/api/actions/{made['id']}/test", headers=store.bearer, json={"arguments": {"order_id": "a/b"}})).json()
    assert (dry["state"], dry["request"]["url"], api.seen) == ("dry", f"{api.url}/orders/a%2Fb", [])
    real = (await client.post(f"/api/actions/{made['id']}/test", headers=store.bearer, json={"arguments": {"order_id": "1"}, "dry_run": False})).json()
    assert (real["state"], real["answer"], real["model_sees"]) == ("done", {"mail": "bob@example.org"}, '{"mail":"[EMAIL]"}')
    assert api.seen[-1].headers["x-api-key"] == "sk-very-secret"
    assert "sk-very-secret" not in json.dumps([dry, real])
    assert (await client.post(f"/api/actions/{made['id']}/test", headers=store.bearer, json={})).status_code == 400


async def test_a_key_goes_to_its_hosts_only_and_never_comes_back(client: Client, world: World, store: Shop, api: Vendor) -> None:
    made = (await client.post("/api/actions", headers=store.bearer, json=lookup(api))).json()
    basic = {"name": "Login", "kind": "basic", "field": "shop", "value": "sk-secret-word", "hosts": ["other.example"]}
    kept = (await client.post("/api/actions/variables", headers=store.bearer, json=basic)).json()
    assert "sk-secret-word" not in json.dumps([kept, (await client.get("/api/actions/variables", headers=store.bearer)).json()])
    run = {"arguments": {"order_id": "1"}, "dry_run": False}
    await client.post(f"/api/actions/{made['id']}/test", headers=store.bearer, json=run)
    assert "authorization" not in api.seen[-1].headers
    at, host = f"/api/actions/variables/{kept['id']}", api.url.removeprefix("http://")
    stolen = await client.put(at, headers=store.bearer, json={**basic, "value": None, "hosts": [host]})
    assert (stolen.status_code, "another host" in stolen.json()["message"]) == (400, True)
    assert (await client.put(at, headers=store.bearer, json={**basic, "hosts": [host]})).status_code == 200
    await rotating.rotate_organization(world, store.owner, quiet, at_once=True, pause=0)
    assert (await rotating.check_organization(world, store.org)).opened["keys of actions"] == 1
    await client.post(f"/api/actions/{made['id']}/test", headers=store.bearer, json=run)
    assert api.seen[-1].headers["authorization"] == "Basic c2hvcDpzay1zZWNyZXQtd29yZA=="
    assert (await client.delete(at, headers=store.bearer)).status_code == 204


async def test_a_token_is_fetched_once_kept_and_fetched_anew_when_it_is_refused(client: Client, store: Shop, api: Vendor) -> None:
    given: list[str] = []

    def answer(request: Request) -> Response:
        if request.target == "/token":
            assert parse_qs(request.body.decode()) == {"grant_type": ["client_credentials"], "scope": ["orders"]}
            assert request.headers["authorization"] == "Basic c2hvcDpzay1zZWNyZXQtd29yZA=="
            given.append(f"token-{len(given) + 1}")
            return said({"access_token": given[-1], "expires_in": 3600})
        return said({"ok": True}) if request.headers["authorization"] == f"Bearer {given[-1]}" and given[-1] != "token-1x" else said({}, 401)

    api.answer = answer
    made = (await client.post("/api/actions", headers=store.bearer, json=lookup(api))).json()
    oauth = {"name": "Shop", "kind": "oauth2", "field": "shop", "value": "sk-secret-word", "hosts": [api.url.removeprefix("http://")], "token_url": f"{api.url}/token", "scope": "orders"}
    assert (await client.post("/api/actions/variables", headers=store.bearer, json=oauth)).status_code == 201
    run = {"arguments": {"order_id": "1"}, "dry_run": False}
    for _ in range(2):
        assert (await client.post(f"/api/actions/{made['id']}/test", headers=store.bearer, json=run)).json()["state"] == "done"
    assert given == ["token-1"]
    given[0] = "taken back"
    assert (await client.post(f"/api/actions/{made['id']}/test", headers=store.bearer, json=run)).json()["state"] == "done"
    assert given == ["taken back", "token-2"]
