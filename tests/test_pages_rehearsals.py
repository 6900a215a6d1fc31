"""Settings › Rehearsals in the browser's terms: from a form to what it would do, side by side, and on to publishing or dropping it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from glassine.story.behaviour import rehearsing
from glassine.story.knowledge import learning, training
from glassine.story.world import World
from glassine.words.ids import new_id
from glassine.words.people import Role
from glassine.words.rehearsals import RehearsalId, State
from glassine.words.scenarios import Fields, ScenarioKind
from tests.office import Browser, colleague, signed_in
from tests.shop import Shop, founded_shop

LAMP = "How long do I have to return an unused lamp?"
Client = httpx2.AsyncClient


@pytest_asyncio.fixture
async def shop(world: World) -> Shop:  # a shop of its own for each test: conversations of others would count
    return await founded_shop(world, "Paper & Glass", f"owner{new_id().hex[:8]}@paper.example")


@pytest.fixture
async def admin(client: Client, world: World, shop: Shop) -> AsyncIterator[Browser]:
    await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Returns", body="You can return an unused lamp within 30 days.", language="en")).id)
    session = (await client.post("/api/chat/sessions", headers=shop.bearer, json={})).json()["id"]
    await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json={"message": {"type": "text", "text": LAMP}})
    async with signed_in(world, shop.owner) as at:
        yield at


async def tried(world: World, shop: Shop, at: Browser, what: str, **fields: str) -> RehearsalId:
    """The form's button, and the job that it makes."""
    answer = await at.post(f"/settings/rehearsals/{what}", **fields)
    assert answer.status_code == 303, answer.text
    id = RehearsalId(UUID(answer.headers["location"].rpartition("/")[2]))
    while (await rehearsing.one(world, shop.owner, id)).state is State.RUNNING:
        await rehearsing.run(world, shop.org, id)
    return id


async def test_topics_as_typed_are_tried_published_and_undone(world: World, shop: Shop, admin: Browser) -> None:
    assert "Nothing has been tried yet" in (await admin.get("/settings/rehearsals")).text
    assert 'formaction="/settings/rehearsals/topics"' in (await admin.get("/settings/topics")).text
    id = await tried(world, shop, admin, "topics", hands_off=LAMP, least="50", on="100")
    page = (await admin.get(f"/settings/rehearsals/{id}")).text
    assert "This would change 1 of 1 conversation: 1 answer becomes a handoff." in page
    assert f"Left to people: {LAMP}" in page
    assert "Inspect this turn" in page
    assert "every 1s" not in page
    assert "30 days" in page
    said = await admin.act(f"/settings/rehearsals/{id}/publish")
    assert "Published. It holds for messages from now on." in said
    assert LAMP in (await admin.get("/settings/topics")).text
    [undo] = re.findall(r'action="(/settings/autopilot/versions/\d+/undo)"', said)
    await admin.act(undo)
    assert LAMP not in (await admin.get("/settings/topics")).text
    assert "Published" in (await admin.get("/settings/rehearsals")).text


async def test_each_form_leads_there(world: World, shop: Shop, admin: Browser) -> None:
    for where, what in (("guard", "guard"), ("handoff", "handoff")):
        assert f'formaction="/settings/rehearsals/{what}"' in (await admin.get(f"/settings/{where}")).text
    id = await tried(world, shop, admin, "guard", promises="refund*", claims="0.25", answer="1", suggest="1")
    page = (await admin.get(f"/settings/rehearsals/{id}")).text
    assert "1 answer becomes a handoff" in page
    assert re.search(r"Quoted from: <del>0.5</del><ins>1</ins>|Quoted from: ", page)
    id = await tried(world, shop, admin, "handoff", level="balanced")
    assert "This would change none of 1 conversation." in (await admin.get(f"/settings/rehearsals/{id}")).text
    made = await training.create(world, shop.owner, Fields(title="Lamps", content="In their box.", triggers=(LAMP,), verbatim=True), kind=ScenarioKind.SPECIFIC)
    assert "/settings/rehearsals/scenario" in (await admin.get(f"/knowledge/scenarios/{made.id}")).text
    id = await tried(world, shop, admin, "scenario", id=str(made.id))
    page = (await admin.get(f"/settings/rehearsals/{id}")).text
    assert "The draft of the scenario “Lamps” is published." in page
    assert "1 answer is in other words" in page
    assert "Dropped. Nothing was changed." in await admin.act(f"/settings/rehearsals/{id}/drop")


async def test_while_it_runs_the_page_asks_again_and_it_can_be_cancelled(world: World, shop: Shop, admin: Browser) -> None:
    answer = await admin.post("/settings/rehearsals/topics", hands_off=LAMP)
    at = answer.headers["location"]
    page = (await admin.get(at)).text
    assert "0 of 1 conversations" in page
    assert 'hx-trigger="every 1s"' in page
    assert "<h1>" not in (await admin.get(at, htmx=True)).text
    assert "Cancelled. What was found so far stays." in await admin.act(f"{at}/cancel")


async def test_what_is_wrong_is_said_and_who_may_not_sees_no_button(world: World, shop: Shop, admin: Browser) -> None:
    same = await admin.post("/settings/rehearsals/handoff", level="quick")
    assert same.status_code == 400
    assert "this is how it is already" in same.text
    assert (await admin.post("/settings/rehearsals/weather")).status_code == 404
    id = await tried(world, shop, admin, "topics", hands_off=LAMP)
    async with signed_in(world, await colleague(world, shop.owner, Role.VIEWER, f"Vera{id.hex[:6]} View")) as viewer:
        page = (await viewer.get(f"/settings/rehearsals/{id}")).text
        assert "This would change" in page
        assert "Publish" not in page
        assert (await viewer.post(f"/settings/rehearsals/{id}/publish")).status_code == 403
