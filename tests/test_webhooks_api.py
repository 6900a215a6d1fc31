"""Webhooks over the public API: what programs may, what answers look like, and that a secret is said once."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator

from glassine.story import access
from glassine.story.world import World
from glassine.web.app import create_app
from glassine.words.wire_events import WIRE_EVENTS
from tests.endpoints import deliver, events, mart, receiver
from tests.shop import Shop
from tests.vendors import Vendor

__all__ = ["mart", "receiver"]


class Program:
    """Somebody's program with a key."""

    def __init__(self, world: World, key: str) -> None:
        self.world, self.headers = world, {"Authorization": f"Bearer {key}"}

    async def ask(self, method: str, path: str, body: Any = None, *, expect: int = 200) -> Any:
        transport = httpx2.ASGITransport(app=create_app(self.world))
        async with httpx2.AsyncClient(transport=transport, base_url="http://glassine.test", timeout=60) as client:
            answer = await client.request(method, f"/api{path}", headers=self.headers, json=body)
        assert answer.status_code == expect, answer.text
        return answer.json() if answer.content else None


async def test_from_the_first_endpoint_to_the_last_replay(world: World, mart: Shop, receiver: Vendor) -> None:
    program = Program(world, mart.api_key)
    began = world.clock()
    made = await program.ask("POST", "/webhooks", {"url": f"{receiver.url}/hook", "name": "Warehouse", "events": ["webhook.test"]}, expect=201)
    assert made["secret"].startswith("whsec_")
    one = await program.ask("GET", f"/webhooks/{made['id']}")
    assert "secret" not in one
    assert (await program.ask("GET", "/webhooks"))["items"] == [one]
    assert (one["enabled"], one["contact_details"], one["events"]) == (True, False, ["webhook.test"])
    sent = await program.ask("POST", f"/webhooks/{made['id']}/test", {}, expect=202)
    await deliver(world, mart)
    [delivery] = (await program.ask("GET", f"/webhooks/{made['id']}/deliveries"))["items"]
    assert (delivery["id"], delivery["state"], delivery["event"], delivery["tries"][0]["status"]) == (sent["delivery_id"], "done", "webhook.test", 204)
    assert delivery["request"]["event"] == "webhook.test"
    await program.ask("POST", f"/webhooks/{made['id']}/deliveries/{delivery['id']}/resend", {}, expect=202)
    await deliver(world, mart)
    page = await program.ask("GET", f"/webhooks/{made['id']}/deliveries?limit=1")
    assert page["next"] and len((await program.ask("GET", f"/webhooks/{made['id']}/deliveries?cursor={page['next']}"))["items"]) == 1
    assert (await program.ask("POST", f"/webhooks/{made['id']}/replay", {"since": began.isoformat()}, expect=202)) == {"count": 0}
    changed = await program.ask("PATCH", f"/webhooks/{made['id']}", {"ordered": True, "enabled": False})
    assert (changed["ordered"], changed["enabled"], changed["disabled_why"]) == (True, False, None)
    await program.ask("POST", f"/webhooks/{made['id']}/test", {}, expect=409)
    assert (await program.ask("POST", f"/webhooks/{made['id']}/rotate", {"overlap_hours": 1}))["secret"] != made["secret"]
    await program.ask("DELETE", f"/webhooks/{made['id']}", expect=204)
    await program.ask("GET", f"/webhooks/{made['id']}", expect=404)
    assert events(receiver) == ["webhook.test"] * 2


async def test_the_catalogue_is_there_for_programs(world: World, mart: Shop) -> None:
    items = (await Program(world, mart.api_key).ask("GET", "/webhooks/events"))["items"]
    assert {item["name"] for item in items} == set(WIRE_EVENTS)
    for item in items:
        Draft202012Validator(item["schema"]).validate(item["example"]["data"])


@pytest.mark.parametrize("body", [
    {}, {"url": "http://example.com/"}, {"url": "https://example.com/", "events": ["nothing"]}, {"url": "https://example.com/", "channels": ["telex"]},
    {"url": "https://example.com/" + "x" * 3_000}, {"url": ["https://example.com/"]},
])
async def test_what_cannot_be_is_refused(world: World, mart: Shop, body: dict[str, Any]) -> None:
    await Program(world, mart.api_key).ask("POST", "/webhooks", body, expect=400)


async def test_scopes(world: World, mart: Shop, receiver: Vendor) -> None:
    reader = Program(world, await access.create_key(world, mart.owner, "Reads", ["webhooks:read"]))
    writer = Program(world, await access.create_key(world, mart.owner, "Writes", ["webhooks:write"]))
    other = Program(world, await access.create_key(world, mart.owner, "Other", ["chat-sessions:read"]))
    await reader.ask("GET", "/webhooks")
    await reader.ask("POST", "/webhooks", {"url": f"{receiver.url}/hook"}, expect=403)
    made = await writer.ask("POST", "/webhooks", {"url": f"{receiver.url}/hook"}, expect=201)
    await writer.ask("PATCH", f"/webhooks/{made['id']}", {"contact_details": True}, expect=403)
    for path in ("/webhooks", "/webhooks/events", f"/webhooks/{made['id']}/deliveries", "/events"):
        await other.ask("GET", path, expect=403)
