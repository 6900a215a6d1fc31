"""The data map: every boundary with who is really on its other side and what really crossed, for each role, without a value on it; and its switches."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import httpx2
import pytest_asyncio

from bench.stub_model import StubModel
from glassine.story import access, house
from glassine.story.boundary import data_map
from glassine.story.knowledge import learning
from glassine.story.models import model_settings
from glassine.story.models.model_settings import Given
from glassine.story.privacy import policies, revealing
from glassine.story.world import World
from glassine.words.boundaries import BOUNDARIES, KEPT, STAGES, Stage
from glassine.words.house import OrgSettings
from glassine.words.people import Role
from glassine.words.privacy import PiiType, Treatment
from tests.office import colleague, signed_in
from tests.shop import Shop
from tests.switched import off, without_ai

SETTINGS = {"llm_model": "small-1", "llm_key": "sk-very-secret"}

Client = httpx2.AsyncClient
VALUES = ("mara.keller@example.org", "Mara Keller", "4111 1111 1111 1111", "4111111111111111")
TEXT = "I am Mara Keller, mara.keller@example.org, and paid with 4111 1111 1111 1111. How long can I return an unused lamp?"


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def busy(world: World, shop: Shop, client: Client) -> str:
    """An article, a conversation that asked the model, a reveal, a file and a refusal; returns the session."""
    body = "You can return an unused lamp within 30 days of delivery."
    await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Returns", body=body, language="en")).id)
    about = {"contact": {"email": "mara.keller@example.org", "name": "Mara Keller"}}
    session = str((await client.post("/api/chat/sessions", headers=shop.bearer, json=about)).json()["id"])
    answer = await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json={"message": {"text": TEXT}})
    assert "30 days" in answer.text
    await revealing.reveal(world, shop.owner, session, "[CARD_1]", why="to find the payment")  # type: ignore[arg-type]  # a session's id as the wire gives it
    site = {"X-Bot-Token": shop.widget_token}
    token = (await client.post("/api/backend/widget/v2/contact/create-unverified", headers=site, json={})).json()["token"]
    file = {"file": ("mara keller.txt", b"a bill", "text/plain")}
    assert (await client.post("/api/backend/widget/v2/upload", headers={**site, "Authorization": f"Bearer {token}"}, files=file)).status_code == 201
    async with off(world, shop, "web"):
        for _ in range(3):
            assert (await client.get("/api/backend/widget/v2/config", headers=site)).status_code == 403
    await world.switches.write_down()
    return session


async def mapped(client: Client, shop: Shop) -> dict[str, Any]:
    answer = await client.get("/api/data-map", headers=shop.bearer)
    assert answer.status_code == 200, answer.text
    assert not [value for value in (*VALUES, "sk-very-secret", shop.widget_token, shop.api_key) if value in answer.text]
    return {"whole": answer.json(), **{one["name"]: one for one in answer.json()["boundaries"]}}


async def test_every_boundary_says_what_really_crossed(client: Client, shop: Shop, model: StubModel) -> None:
    found = await mapped(client, shop)
    assert [one["name"] for one in found["whole"]["boundaries"]] == list(BOUNDARIES)
    assert found["api"]["crossed"]["count"] == 1
    assert found["api"]["crossed"]["masked"] == {"card": 1, "email": 1, "name": 1}
    assert (found["web"]["crossed"]["count"], found["web"]["crossed"]["refused"]) == (0, 3)
    assert found["model"]["crossed"]["count"] == model.calls == 1
    assert found["model"]["crossed"]["bytes"] > 100
    assert found["reveal"]["crossed"]["raw"] == {"card": 1}
    assert (found["files"]["crossed"]["count"], found["files"]["crossed"]["bytes"]) == (1, 6)
    assert found["mail"]["crossed"]["count"] == 0
    assert found["database"]["crossed"] is None


async def test_the_other_side_is_who_it_is(client: Client, world: World, shop: Shop, model: StubModel) -> None:
    found = await mapped(client, shop)
    assert found["model"]["other_side"] == [
        {"who": "small-1", "where": f"127.0.0.1:{model.port}", "detail": "set by the operator of this machine, not encrypted on the wire"},
    ]
    assert found["api"]["other_side"][0]["who"] == "Key “Tests”"
    assert found["api"]["other_side"][0]["detail"].startswith("full access, last used")
    assert found["mail"]["other_side"] == []
    assert found["database"]["other_side"][0]["who"].startswith("PostgreSQL 18")
    assert "on this machine" in found["database"]["other_side"][0]["who"]
    assert found["help"]["other_side"][0]["detail"] == "1 public article"
    made = await model_settings.add(world, shop.owner, Given(url="https://user:pw@models.example/v1", model="large-2"))
    found = await mapped(client, shop)
    assert found["model"]["other_side"] == [{"who": "large-2", "where": "models.example:443", "detail": "set by your organisation, over TLS"}]
    await model_settings.set_uses(world, shop.owner, {"answer": [made.id, "operator"]})
    assert [side["who"] for side in (await mapped(client, shop))["model"]["other_side"]] == ["large-2", "small-1"]
    await model_settings.remove(world, shop.owner, made.id)


def test_the_words_of_the_map_are_whole() -> None:
    assert set(STAGES) == set(Stage)
    assert all(bool(one.off) is not bool(one.always) for one in BOUNDARIES.values()), "a switch, or the reason why there is none"
    assert all(not kept.setting or kept.setting in OrgSettings.__slots__ for kept in KEPT)


async def test_what_the_policy_leaves_in_the_clear_is_on_the_map(client: Client, world: World, shop: Shop) -> None:
    assert (await mapped(client, shop))["whole"]["left_in_the_clear"] == {}
    await policies.treat(world, shop.owner, PiiType.PLATE, Treatment.KEEP, "web")
    assert (await mapped(client, shop))["whole"]["left_in_the_clear"] == {"web": ["plate"]}
    async with signed_in(world, shop.owner) as admin:
        assert "Left as they are by your policy on web:" in (await admin.get("/settings/data-map")).text
    await policies.treat(world, shop.owner, PiiType.PLATE, None, "web")


async def test_what_is_off_is_on_the_map(client: Client, world: World, shop: Shop) -> None:
    async with off(world, shop, "mail"), without_ai(world, shop):
        found = await mapped(client, shop)
        assert (found["mail"]["enabled"], found["mail"]["open"], found["mail"]["off_by"]) == (False, False, "Olivia Owner")
        assert (found["model"]["enabled"], found["model"]["open"]) == (True, False)
        assert found["whole"]["ai"]["enabled"] is False
        assert found["whole"]["ai"]["off_by"] == "Olivia Owner"
    found = await mapped(client, shop)
    assert all(one["open"] for one in found["whole"]["boundaries"])


async def test_each_role_sees_what_it_may(world: World, shop: Shop) -> None:
    for role, keys, switches in ((Role.VIEWER, False, False), (Role.AGENT, False, False), (Role.ADMIN, True, True)):
        async with signed_in(world, await colleague(world, shop.owner, role, f"{role.capitalize()} Reader")) as reader:
            page = (await reader.get("/settings/data-map")).text
            assert ("Key “Tests”" in page) is keys
            assert ("1 key of programs" in page) is not keys
            assert ('name="state"' in page) is switches
            assert ((await reader.post("/settings/data-map/help", state="off")).status_code == 303) is switches
            assert ((await reader.post("/settings/data-map/ai", state="off")).status_code == 303) is switches
            if switches:
                assert (await reader.post("/settings/data-map/help", state="on")).status_code == 303
                assert (await reader.post("/settings/data-map/ai", state="on")).status_code == 303


async def test_a_key_needs_the_scope(client: Client, world: World, shop: Shop) -> None:
    other = await access.create_key(world, shop.owner, "Other", ["contacts:read"])
    assert (await client.get("/api/data-map", headers={"Authorization": f"Bearer {other}"})).status_code == 403
    mine = await access.create_key(world, shop.owner, "Map", ["boundaries:read"])
    seen = (await client.get("/api/data-map", headers={"Authorization": f"Bearer {mine}"})).json()
    assert [one["other_side"] for one in seen["boundaries"] if one["name"] == "api"] == [[{"who": "3 keys of programs", "where": "", "detail": ""}]]


async def test_the_page_draws_the_way_and_says_all_of_it_as_a_table(world: World, shop: Shop) -> None:
    async with signed_in(world, shop.owner) as admin:
        page = (await admin.get("/settings/data-map")).text
    assert not [value for value in VALUES if value in page]
    assert [title for title, _ in STAGES.values()] == re.findall(r"<h3>(\w+)</h3>", page)
    for name, boundary in BOUNDARIES.items():
        assert f'href="#{name}"' in page
        row = re.search(rf'<tr id="{name}".*?</tr>', page, re.DOTALL)
        assert row
        assert boundary.title in row[0].replace("&#39;", "'")
        assert (f'action="/settings/data-map/{name}"' in row[0]) is bool(boundary.off)
    assert "style=" not in page, "the content policy forbids it"


async def test_the_page_switches_and_undoes_and_every_page_says_what_is_off(world: World, shop: Shop) -> None:
    async with signed_in(world, shop.owner) as admin:
        page = await admin.act("/settings/data-map/help", state="off")
        assert "“Help pages” is off." in page
        assert "Switched off by Olivia Owner" in page
        undo = re.search(r'data-toast>.*?action="(/settings/data-map/help)".*?name="state" value="(\w+)"', page, re.DOTALL)
        assert undo
        assert "Switched off:</b> Help pages." in (await admin.get("/inbox")).text
        await admin.act(undo[1], state=undo[2])
        assert "Switched off:" not in (await admin.get("/inbox")).text
        page = await admin.act("/settings/data-map/ai", state="off")
        assert "All AI is off." in page
        inbox = (await admin.get("/inbox")).text
        assert "All AI is off." in inbox
        assert "All AI is off." in (await admin.get("/inbox/refresh?view=mine", htmx=True)).text
        back = await admin.post("/settings/data-map/ai", state="on", back="/knowledge")
        assert back.headers["location"] == "/knowledge"
        assert "All AI is off." not in (await admin.get("/inbox")).text
        assert (await admin.post("/settings/data-map/help", state="maybe")).status_code == 400
        assert (await admin.post("/settings/data-map/pigeons", state="off")).status_code == 404
        assert (await admin.post("/settings/data-map/team", state="off")).status_code == 409


async def test_another_organisations_traffic_is_not_on_the_map(client: Client, world: World, shop: Shop) -> None:
    founded = await house.found(world, "Neighbours", "neighbour@paper.example", "Nina Neighbour")
    theirs = replace(shop.owner, org=founded.organization, id=founded.owner)
    drawn = await data_map.draw(world, theirs)
    assert all(one.traffic.crossed == one.traffic.refused == 0 for one in drawn.boundaries)
    assert drawn.head is None
