"""PUT /actions over the wire: each way of sending a file, a dry run that changes nothing, and errors with a code's sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from httpx2 import AsyncClient

from tests.shop import Shop

SPEC = {"openapi": "3.0.0", "info": {"title": "Shop"}, "servers": [{"url": "https://api.example.com"}], "paths": {"/orders/{id}": {"get": {"operationId": "getOrder"}, "trace": {}}}}
YAML = "openapi: 3.0.0\ninfo: {title: Shop}\nservers: [{url: 'https://api.example.com'}]\npaths:\n  /orders/{id}:\n    get: {operationId: getOrder}\n    trace: {}\n"


@pytest.mark.parametrize("sent", [
    {"json": SPEC}, {"json": {"spec": SPEC}}, {"json": {"spec": YAML}}, {"content": YAML, "headers": {"Content-Type": "application/yaml"}},
    {"files": {"file": ("openapi.yaml", YAML, "application/octet-stream")}},
])
async def test_a_file_is_sent_in_any_way(client: AsyncClient, shop: Shop, sent: dict[str, Any]) -> None:
    headers = {**shop.bearer, **sent.pop("headers", {})}
    tried = (await client.put("/api/actions?dry_run=true", headers=headers, **sent)).json()
    assert (tried["dry_run"], tried["import_id"], tried["counts"]["added"], tried["origin"], tried["base_url"]) == (True, None, 1, "Shop", "https://api.example.com")
    assert tried["left_out"] == [{"method": "TRACE", "path": "/orders/{id}", "why": "Not taken: TRACE is not something that an AI would call."}]
    before = (await client.get("/api/action-imports", headers=shop.bearer)).json()["items"]
    done = (await client.put("/api/actions", headers=headers, **sent)).json()
    assert done["counts"] == {"added": 1, "changed": 0, "removed": 0, "same": 0}
    listed, *earlier = (await client.get("/api/action-imports", headers=shop.bearer)).json()["items"]
    assert earlier == before
    assert (listed["id"], listed["origin"], listed["actions"], listed["undone_at"]) == (done["import_id"], "Shop", 1, None)
    assert (await client.post(f"/api/action-imports/{done['import_id']}/undo", headers=shop.bearer)).json() == {"left": []}
    assert (await client.post(f"/api/action-imports/{done['import_id']}/undo", headers=shop.bearer)).status_code == 404


@pytest.mark.parametrize(("sent", "status", "why", "error"), [
    ({"content": b"{"}, 400, "cannot be read", "failed_to_parse_spec"), ({"json": {"spec": {"openapi": "3.0.0", "paths": {}}}}, 400, "Nothing in this file can be called", "invalid_tool_schema"),
    ({"json": {**SPEC, "servers": []}}, 400, "Enter the base address", "cannot_determine_api_endpoint"), ({"json": {"url": "http://127.0.0.1:1/x"}}, 400, "could not be read", "failed_to_parse_spec"), ({"json": {"spec": SPEC, "base_url": 7}}, 400, "are texts", "Bad Request"),
    ({"content": b"x" * 5_500_000}, 413, "larger", "Request Entity Too Large"),
])
async def test_what_cannot_be_imported_is_told(client: AsyncClient, shop: Shop, sent: dict[str, Any], status: int, why: str, error: str) -> None:
    answer = await client.put("/api/actions", headers=shop.bearer, **sent)
    assert (answer.status_code, why in answer.json()["message"], answer.json()["error"]) == (status, True, error), answer.text


async def test_settings_in_the_body_win_over_the_query(client: AsyncClient, shop: Shop) -> None:
    body = json.dumps({"spec": SPEC, "base_url": "https://eu.example.com", "origin": "Europe", "dry_run": True})
    tried = (await client.put("/api/actions?origin=Else&dry_run=false", headers={**shop.bearer, "Content-Type": "application/json"}, content=body)).json()
    assert (tried["dry_run"], tried["origin"], tried["base_url"]) == (True, "Europe", "https://eu.example.com")
