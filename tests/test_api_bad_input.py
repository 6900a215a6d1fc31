"""What no well-meaning caller sends, and what goes wrong inside: each gets a clear answer in the API's form, and harms nobody who comes after."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from tempfile import SpooledTemporaryFile
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI, Request
from pydantic import TypeAdapter

from glassine.story import contacts
from glassine.story.contacts import Identity
from glassine.story.world import World
from glassine.web.api import shapes
from glassine.web.api.app import create_api
from glassine.web.api.wire import Moment
from tests.shop import Shop

Client = httpx2.AsyncClient
WIDGET = "/api/backend/widget/v2"
PAGE = {"Origin": "https://shop.example"}
JSON = {"Content-Type": "application/json"}


async def visitor(client: Client, shop: Shop) -> dict[str, str]:
    site = {"X-Bot-Token": shop.widget_token}
    made = await client.post(f"{WIDGET}/contact/create-unverified", headers=site, json={})
    return site | {"Authorization": f"Bearer {made.json()['token']}"}


def in_form(answer: httpx2.Response, status: int) -> str:
    """The sentence of an error in the API's form."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"statusCode", "message", "error"}
    return str(body["message"])


async def lists_work(client: Client, shop: Shop) -> None:
    for path in ("/api/chat/sessions", "/api/contacts"):
        answer = await client.get(path, headers=shop.bearer)
        assert answer.status_code == 200
        json.loads(answer.text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
async def test_a_number_that_is_none_is_refused_wherever_it_is_sent(client: Client, shop: Shop, value: str) -> None:
    who = await visitor(client, shop)
    started = await client.post(f"{WIDGET}/create-session", headers=who, json={"customData": {"external_id": str(uuid4())}})
    session = started.json()["id"]
    for path, headers, body in (
        (f"{WIDGET}/create-session", who, f'{{"customData": {{"a": {value}, "external_id": "{uuid4()}"}}}}'),
        (f"{WIDGET}/contact/create-unverified", who, f'{{"non_verified_custom_data": {{"a": {value}}}}}'),
        (f"{WIDGET}/checkpoint", who, f'{{"session_id": "{session}", "payload": {{"a": [{value}]}}}}'),
        ("/api/chat/sessions", shop.bearer, f'{{"custom_data": {{"a": {value}}}}}'),
        ("/api/chat/sessions", shop.bearer, f'{{"contact": {{"custom_data": {{"a": {value}}}}}}}'),
        ("/api/contacts", shop.bearer, f'{{"email": "nan@example.com", "custom_data": {{"a": {value}}}}}'),
    ):
        assert "finite" in in_form(await client.post(path, headers=headers | JSON, content=body), 400), path
    await lists_work(client, shop)


async def test_half_a_letter_is_replaced_and_the_lists_still_open(client: Client, shop: Shop) -> None:
    who = await visitor(client, shop)
    for path, headers, body in (
        (f"{WIDGET}/create-session", who, f'{{"customData": {{"a\\ud800": "b\\udc00", "external_id": "{uuid4()}"}}}}'),
        (f"{WIDGET}/contact/create-unverified", who, '{"non_verified_name": "Eve \\ud800", "non_verified_custom_data": {"a": "\\ud800"}}'),
        ("/api/chat/sessions", shop.bearer, '{"contact": {"name": "\\ud83d\\ude00 \\ud83d"}, "custom_data": {"\\udfff": "x"}}'),
        ("/api/contacts", shop.bearer, '{"email": "half@example.com", "name": "\\ud800"}'),
        ("/api/knowledge/articles", shop.bearer, '{"title": "\\ud800", "body": "x \\ud800", "published": false}'),
    ):
        answer = await client.post(path, headers=headers | JSON, content=body)
        assert answer.status_code == 201, answer.text
    await lists_work(client, shop)
    named = (await client.post("/api/contacts", headers=shop.bearer, json={"email": "half@example.com"})).json()["name"]
    assert named == "\ufffd"


async def test_what_an_older_version_stored_can_still_be_read(client: Client, world: World, shop: Shop) -> None:
    old = await contacts.create(world, shop.org, Identity(email="old@example.com", custom_data={"a": float("nan"), "b": "\ud800", "c": [1.5]}), verified=True)
    read = (await client.get(f"/api/contacts/{old.id}", headers=shop.bearer)).json()
    assert read["custom_data"] == {"a": None, "b": "\ufffd", "c": [1.5]}
    await lists_work(client, shop)


@pytest.mark.parametrize("data", [{str(n): n for n in range(101)}, {"a": "x" * 20_001}, {"x" * 20_001: 1}])
async def test_custom_data_is_small(client: Client, shop: Shop, data: dict[str, Any]) -> None:
    who = await visitor(client, shop)
    assert "20,000" in in_form(await client.post("/api/chat/sessions", headers=shop.bearer, json={"custom_data": data}), 400)
    assert "20,000" in in_form(await client.post("/api/contacts", headers=shop.bearer, json={"custom_data": data}), 400)
    data = {**data, "external_id": str(uuid4())}
    assert "20,000" in in_form(await client.post(f"{WIDGET}/create-session", headers=who, json={"customData": data}), 400)


async def test_an_upload_never_touches_the_disk(client: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def rolled(_: Any) -> None:
        pytest.fail("an upload was written to a temporary file")

    monkeypatch.setattr(SpooledTemporaryFile, "rollover", rolled)
    content = b"%PDF-1.4 " + b"x" * (5 * 1024 * 1024 - 9)
    answer = await client.post(f"{WIDGET}/upload", headers=await visitor(client, shop), files={"file": ("big.pdf", content, "application/pdf")})
    assert answer.status_code == 201, answer.text


async def test_what_the_database_cannot_store_is_the_callers_to_mend(client: Client, shop: Shop) -> None:
    in_form(await client.get("/api/knowledge/articles", headers=shop.bearer, params={"source": "a\x00b"}), 400)
    in_form(await client.post("/api/knowledge/articles", headers=shop.bearer, json={"title": "NUL", "body": "x", "url": "https://a.example/\x00"}), 400)


async def test_what_is_nested_beyond_reason_is_refused(client: Client, shop: Shop) -> None:
    who = await visitor(client, shop)
    deep = "[" * 5_000 + "]" * 5_000
    in_form(await client.get(f"{WIDGET}/sessions", headers=who, params={"filters": deep}), 400)
    started = await client.post(f"{WIDGET}/create-session", headers=who, json={"customData": {"external_id": str(uuid4())}})
    for depth in (400, 5_000, 100_000):
        body = f'{{"session_id": "{started.json()["id"]}", "payload": {{"a": {"[" * depth}{"]" * depth}}}}}'
        assert (await client.post(f"{WIDGET}/checkpoint", headers=who | JSON, content=body)).status_code in (200, 400)


async def test_what_nobody_foresaw_is_an_error_that_a_browser_may_read(world: World, caplog: pytest.LogCaptureFixture) -> None:
    api = create_api(world)
    whose = "ada@example.com"

    async def broken() -> None:
        raise LookupError(whose)

    async def out_of_reach() -> None:
        raise ConnectionResetError(whose)

    api.add_api_route("/broken", broken)
    api.add_api_route("/out-of-reach", out_of_reach)
    async with at(api) as asked:
        failed, lost = await asked.get("/broken", headers=PAGE), await asked.get("/out-of-reach", headers=PAGE)
    assert "our side" in in_form(failed, 500)
    assert "the same uuid" in in_form(lost, 503)
    assert failed.headers["access-control-allow-origin"] == lost.headers["access-control-allow-origin"] == "*"
    assert "broken" in caplog.text, "the log says where"
    assert whose not in caplog.text + failed.text + lost.text


def at(api: FastAPI) -> Client:
    return Client(transport=httpx2.ASGITransport(app=api), base_url="http://glassine.test")


async def test_two_who_write_the_same_are_told_so(world: World) -> None:
    api = create_api(world)

    async def twice(request: Request) -> None:
        async with request.app.state.world.store.outside() as tx:
            await tx.execute("create temporary table once (a int unique) on commit drop")
            await tx.execute("insert into once values (1), (1)")

    api.add_api_route("/twice", twice)
    async with at(api) as asked:
        in_form(await asked.get("/twice"), 409)


async def test_a_body_too_large_is_told_to_every_page(client: Client, shop: Shop) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 100_000

    who = await visitor(client, shop) | PAGE
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    for path, more, content in (
        ("/contact/create-unverified", JSON, b" " * 4_000_000), ("/contact/create-unverified", JSON, pieces()), ("/contact/create-unverified", form, pieces()),
    ):
        answer = await client.post(WIDGET + path, headers=who | more, content=content)
        assert "2 MB" in in_form(answer, 413)
        assert answer.headers["access-control-allow-origin"] == "*"


def test_a_time_is_utc_whatever_the_database_speaks() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=13)))
    assert shapes.moment(noon) == "2026-02-28T23:00:00.000Z"
    assert TypeAdapter(Moment).validate_python("2026-03-01T12:00:00") == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert TypeAdapter(Moment).validate_python("2026-03-01T12:00:00+13:00") == noon
    place = shapes.place(shapes.cursor(datetime(2026, 3, 1, 12), uuid4()))  # noqa: DTZ001 - as a cursor could be made up
    assert place is not None
    assert place[0] == datetime(2026, 3, 1, 12, tzinfo=UTC)


async def test_an_address_with_a_line_break_is_answered_in_the_apis_form(client: httpx2.AsyncClient, shop: Shop) -> None:
    in_form(await client.get("/api/chat/sessions/a%0Ab", headers=shop.bearer), 404)
