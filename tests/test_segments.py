"""Segments over the API, in the settings and beside a conversation: made, changed, deleted, and set by hand; with permissions and a line of the audit log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest

from glassine.rules.segments import belongs
from glassine.story import access, contacts, worker
from glassine.story.contacts import Identity
from glassine.story.inbound import open_session
from glassine.story.knowledge import learning, segments
from glassine.story.privacy import previewing
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.ids import SegmentId
from glassine.words.knowledge import Audience
from glassine.words.people import Actor, ActorKind, Role
from glassine.words.segments import Operator, Rule
from glassine.words.sessions import ChannelKind
from tests.office import Browser, signed_in
from tests.shop import Shop

Client = httpx2.AsyncClient


@pytest.fixture
async def admin(world: World, shop: Shop) -> AsyncIterator[Browser]:
    async with signed_in(world, shop.owner) as at:
        yield at


@pytest.mark.parametrize(("operator", "value", "data", "fits"), [
    (Operator.IS, "Gold", {"plan": "gold "}, True), (Operator.IS, "gold", {"plan": "golden"}, False), (Operator.IS, "true", {"plan": True}, True),
    (Operator.IS, "3", {"plan": 3}, True), (Operator.IS, "gold", {}, False), (Operator.IS, "none", {"plan": None}, False),
    (Operator.CONTAINS, "old", {"plan": "GOLDEN"}, True), (Operator.CONTAINS, "x", {"plan": "gold"}, False), (Operator.CONTAINS, " ", {"plan": "gold"}, False),
    (Operator.ANY_OF, "gold, silver", {"plan": "Silver"}, True), (Operator.ANY_OF, "gold,,", {"plan": ""}, False),
    (Operator.SET, "", {"plan": 0}, True), (Operator.SET, "", {"plan": ""}, False), (Operator.SET, "", {"other": "x"}, False),
])
def test_who_belongs_by_a_rule(operator: Operator, value: str, data: dict[str, Any], fits: bool) -> None:
    assert belongs(Rule(field="plan", operator=operator, value=value), data) is fits


async def test_segments_over_the_api(client: Client, shop: Shop, world: World) -> None:
    known = (await client.post("/api/contacts", headers=shop.bearer, json={"email": "ada@example.com", "custom_data": {"plan": "pro"}})).json()["id"]
    made = await client.post("/api/segments", headers=shop.bearer, json={"name": "Pro", "rule": {"field": "plan", "operator": "is", "value": "pro"}})
    assert made.status_code == 201, made.text
    id = made.json()["id"]
    assert made.json()["placing"] is True
    await segments.ask_everybody(world, shop.org, SegmentId(UUID(id)))
    listed = (await client.get("/api/segments", headers=shop.bearer)).json()["items"]
    assert [(one["name"], one["members"], one["rule"]["value"]) for one in listed] == [("Pro", 1, "pro")]
    by_hand = (await client.post("/api/segments", headers=shop.bearer, json={"name": "Friends"})).json()["id"]
    placed = await client.put(f"/api/contacts/{known}/segments", headers=shop.bearer, json={"segment_ids": [by_hand]})
    assert [(one["name"], one["by_rule"], one["by_hand"]) for one in placed.json()["items"]] == [("Friends", False, True), ("Pro", True, False)]
    assert (await client.get(f"/api/contacts/{known}/segments", headers=shop.bearer)).json() == placed.json()
    changed = await client.patch(f"/api/segments/{id}", headers=shop.bearer, json={"rule": None})
    assert (changed.json()["rule"], changed.json()["members"], changed.json()["name"]) == (None, 0, "Pro")
    assert (await client.patch(f"/api/segments/{id}", headers=shop.bearer, json={"name": "friends"})).status_code == 409
    assert (await client.put(f"/api/contacts/{known}/segments", headers=shop.bearer, json={"segment_ids": [known]})).status_code == 404
    for one in (id, by_hand):
        assert (await client.delete(f"/api/segments/{one}", headers=shop.bearer)).status_code == 204
    assert (await client.delete(f"/api/segments/{id}", headers=shop.bearer)).status_code == 404
    lines = [row["verb"] for row in await previewing.audit_log(world, shop.owner)]
    assert {"segments.create", "segments.change", "segments.delete", "segments.members"} <= set(lines)


async def test_who_may_not_write_knowledge_makes_no_segment(world: World, shop: Shop, client: Client) -> None:
    agent = Actor(org=shop.org, kind=ActorKind.AGENT, id=shop.owner.id, name="Ann", role=Role.AGENT)
    with pytest.raises(Refused):
        await segments.create(world, agent, "Mine")
    reading = await access.create_key(world, shop.owner, "Reads", ["help-center:read"])
    assert (await client.post("/api/segments", headers={"Authorization": f"Bearer {reading}"}, json={"name": "Mine"})).status_code == 403


async def test_the_job_of_a_changed_rule_is_run_by_the_queue(world: World, shop: Shop) -> None:
    who = await contacts.create(world, shop.org, Identity(email="bo@example.com", custom_data={"seats": 12}), verified=True)
    made = await segments.create(world, shop.owner, "Dozen", rule=Rule(field="seats", operator=Operator.IS, value="12"))
    for job in await worker._claim(world, 50):
        world.running.add(job.id)
        await worker._run_one(world, job)
    assert [one.name for one in await segments.memberships(world, shop.org, who.id)] == ["Dozen"]
    assert [one.placing for one in await segments.every(world, shop.owner) if one.id == made.id] == [False]
    await segments.delete(world, shop.owner, made.id)


async def test_the_settings_page_makes_changes_and_deletes(world: World, shop: Shop, admin: Browser) -> None:
    made = await admin.act("/settings/segments", name="Business plan", field="plan", operator="is", value="business")
    assert "Business plan is made" in made
    (one,) = [each for each in await segments.every(world, shop.owner) if each.name == "Business plan"]
    article = await learning.save(world, shop.org, title="Invoices by month", body="Pay by month.", audience=Audience.SEGMENT, segments=[one.id], language="en")
    page = (await admin.get("/settings/segments")).text
    assert "Only this segment sees one article: Invoices by month" in page
    assert "Nothing becomes public" in page
    refused = await admin.post("/settings/segments", name="business PLAN", field="", operator="is", value="")
    assert "There is a segment called" in refused.text
    wrong = await admin.post(f"/settings/segments/{one.id}/delete", name="Other")
    assert "type its name exactly" in wrong.text
    gone = await admin.act(f"/settings/segments/{one.id}/delete", name="business plan")
    assert "One article that only it could see is internal now" in gone
    assert (await learning.article(world, shop.org, article.id)).audience is Audience.INTERNAL


async def test_a_contact_is_put_in_beside_a_conversation(world: World, shop: Shop, admin: Browser) -> None:
    one = await segments.create(world, shop.owner, "Beta testers")
    who = await contacts.create(world, shop.org, Identity(email="cy@example.com"), verified=True)
    session = await open_session(world, shop.org, who.id, ChannelKind.API)
    assert "This contact belongs to none" in (await admin.get(f"/inbox/sessions/{session.id}")).text
    said = await admin.act(f"/inbox/sessions/{session.id}/segments", **{f"segment-{one.id}": "1"})
    assert "The contact belongs to Beta testers now" in said
    shown = (await admin.get(f"/inbox/sessions/{session.id}")).text
    assert "Put in by hand" in shown
    assert "This conversation is not verified" in shown
    await admin.act(f"/inbox/sessions/{session.id}/segments")
    assert await segments.memberships(world, shop.org, who.id) == []
