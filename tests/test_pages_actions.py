"""Actions in the browser, without JavaScript: set up from an address and samples, tried out, changed and brought back; keys that are never shown again."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from glassine.story.actions import definitions
from glassine.story.world import World
from glassine.words.actions import Filler
from glassine.words.ids import new_id
from glassine.words.people import Role
from tests.companies import call, reachable, said, session, store
from tests.office import colleague, signed_in
from tests.shop import Shop
from tests.vendors import Vendor

__all__ = ["store"]  # the fixtures


@pytest_asyncio.fixture
async def api(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Vendor]:
    async with reachable(world, monkeypatch, lambda _: said({"status": "cancelled", "mail": "bob@example.org"})) as running:
        yield running


def filled(api: Vendor, **fields: Any) -> dict[str, Any]:
    return {
        "title": "Cancel an order", "name": "cancel_order", "description": "Cancels an order that was not sent yet.", "method": "POST", "url": f"{api.url}/orders/{{order_id}}/cancel",
        "body": "application/json", "enabled": "yes", "identity": "anyone", "timeout": "20", "channels": ["web"], "do": "save", **fields,
    }


async def test_an_action_is_set_up_from_its_address_and_samples(world: World, store: Shop, api: Vendor) -> None:
    async with signed_in(world, store.owner) as admin:
        assert "Set up the first action" in (await admin.get("/actions")).text
        assert (await admin.get("/actions/new")).status_code == 200
        shaped = await admin.post("/actions", **filled(api, do="shape", sample_body='{"reason": "late", "items": [{"id": 1}]}', sample_answer='{"status": "x", "lines": [{"sku": "a"}]}'))
        rows = re.findall(r'name="p_name" value="([^"]*)"', shaped.text)
        assert rows == ["order_id", "reason", "items"]
        assert re.findall(r'name="shown" value="([^"]*)"', shaped.text) == ["status", "lines.sku"]
        assert "late" in shaped.text, "what was filled in comes back"
        columns = {"p_name": rows, "p_where": ["path", "body", "body"], "p_type": ["string", "string", "schema"], "p_filler": ["model", "form", "model"], "p_value": [""] * 3, "p_takes": [""] * 3}
        columns |= {"p_required": ["yes", "yes", ""], "p_description": ["", "Why", ""], "p_schema": ["", "", '{"type": "array"}']}
        page = await admin.act("/actions", **filled(api, **columns, shown=["status"], confirm="yes", a_day="5", per_contact="2"))
        assert "Cancel an order is set up." in page
    [listed] = await definitions.listing(world, store.owner)
    made = listed.action
    assert [(one.name, one.filler, dict(one.schema)) for one in made.parameters] == [
        ("order_id", Filler.MODEL, {"type": "string"}), ("reason", Filler.FORM, {"type": "string"}), ("items", Filler.MODEL, {"type": "array"}),
    ]
    assert (made.shown, made.policy.confirm, made.policy.limits.a_day, made.policy.limits.per_contact_a_day, made.policy.channels) == (("status",), True, 5, 2, ("web",))


async def test_what_is_refused_comes_back_as_it_was_filled_in(world: World, store: Shop, api: Vendor) -> None:
    async with signed_in(world, store.owner) as admin:
        for fields, words in (({"url": "http://elsewhere.example/"}, "https"), ({"sample_body": "{", "do": "shape"}, "no JSON"), ({"a_day": "many"}, "number"), ({"description": "short"}, "20 characters"), ({"identity": "god"}, "lists")):
            answer = await admin.post("/actions", **filled(api, **fields))
            assert answer.status_code == 400
            assert words in answer.text
            assert "Cancel an order" in answer.text


async def test_it_is_changed_undone_switched_deleted_and_brought_back(world: World, store: Shop, api: Vendor) -> None:
    async with signed_in(world, store.owner) as admin:
        await admin.act("/actions", **filled(api))
        [listed] = await definitions.listing(world, store.owner)
        at = f"/actions/{listed.action.id}"
        page = await admin.act(at, **filled(api, title="Cancel it", version="1"))
        assert "saved as version 2" in page
        assert "Somebody else" in (await admin.post(at, **filled(api, version="1"))).text
        assert "as it was in version 1" in await admin.act(f"{at}/restore", number="1")
        assert "is off" in await admin.act(f"{at}/switch", enabled="")
        taken_back = await admin.swap(f"{at}/switch", enabled="yes")
        assert json.loads(taken_back.headers["hx-trigger"]) == {"changed": {}, "reload": {}}, "a toast of the page that goes would be lost"
        assert "Cancel an order is on." in (await admin.get("/actions")).text
        await admin.act(f"{at}/switch", enabled="")
        page = await admin.act(f"{at}/delete")
        assert "is deleted" in page
        assert (await admin.get(at)).status_code == 404
        undo = re.search(r'name="number" value="(\d+)"', page)
        assert undo
        assert "as it was" in await admin.act(f"{at}/restore", number=undo[1])
        log = (await admin.get("/settings/audit")).text
        assert all(words in log for words in ("made the action “cancel_order”", "switched the action “cancel_order” off", "deleted the action", "brought an earlier version"))


async def test_the_console_shows_the_request_and_calls_for_real(world: World, store: Shop, api: Vendor) -> None:
    async with signed_in(world, store.owner) as admin:
        await admin.act("/actions", **filled(api))
        [listed] = await definitions.listing(world, store.owner)
        at = f"/actions/{listed.action.id}/try"
        shown = (await admin.swap(at, a_0="W/1", do="show")).text
        assert f"POST {api.url}/orders/W%2F1/cancel" in shown
        assert api.seen == []
        called = (await admin.swap(at, a_0="W-1", do="call")).text
        assert "bob@example.org" in called
        assert "[EMAIL]" in called
        assert [one.target for one in api.seen] == ["/orders/W-1/cancel"]
        assert "order_id is missing" in (await admin.swap(at, do="call")).text
        assert "called the action “cancel_order” for real" in (await admin.get("/settings/audit")).text


async def test_calls_stand_on_the_actions_page_masked(world: World, store: Shop, api: Vendor) -> None:
    async with signed_in(world, store.owner) as admin:
        await admin.act("/actions", **filled(api))
        [listed] = await definitions.listing(world, store.owner)
        id = await session(world, store)
        await call(world, store, id, listed.action, {"order_id": "W-1"})
        await call(world, store, id, listed.action, {"order_id": "[EMAIL_1]"})
        page = (await admin.get(f"/actions/{listed.action.id}")).text
        assert ("Done, 200" in page, "Refused" in page, f"/inbox/sessions/{id}" in page) == (True, True, True)
        assert "bob@example.org" not in page
        assert "2 calls" in (await admin.get("/actions")).text


async def test_a_key_is_sealed_and_never_shown(world: World, store: Shop, api: Vendor) -> None:
    key = {"name": "Shop API", "kind": "header", "field": "Authorization", "value": "Bearer sk-very-secret", "hosts": "api.example.com\nother.example"}
    async with signed_in(world, store.owner) as admin:
        assert "is sealed" in await admin.act("/actions/variables", **key)
        page = (await admin.get("/actions/variables")).text
        edit = re.search(r"/actions/variables\?edit=([0-9a-f-]+)", page)
        assert edit
        assert "sk-very-secret" not in page + (await admin.get(f"/actions/variables?edit={edit[1]}")).text
        assert "give it again" in (await admin.post("/actions/variables", **{**key, "id": edit[1], "value": "", "hosts": "evil.example"})).text
        assert (await admin.post(f"/actions/variables/{edit[1]}/delete", name="Else")).status_code == 400
        assert "is deleted" in await admin.act(f"/actions/variables/{edit[1]}/delete", name="Shop API")


async def test_others_see_and_change_nothing(world: World, store: Shop, api: Vendor) -> None:
    async with signed_in(world, store.owner) as admin:
        await admin.act("/actions", **filled(api))
    [listed] = await definitions.listing(world, store.owner)
    async with signed_in(world, await colleague(world, store.owner, Role.AGENT, f"Ada {json.dumps(str(new_id()))[1:6]}")) as agent:
        page = (await agent.get(f"/actions/{listed.action.id}")).text
        assert "disabled" in page
        assert "Call for real" not in page
        for path in ("", f"/{listed.action.id}", f"/{listed.action.id}/try", f"/{listed.action.id}/delete", f"/{listed.action.id}/switch", f"/{listed.action.id}/restore", "/variables"):
            assert (await agent.post(f"/actions{path}", **filled(api, number="1"))).status_code == 403, path
