"""An import shows what it would change, changes just that, keeps what admins set, and can be undone; an address is read through the gate."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from glassine.store import vault
from glassine.story.actions import definitions, importing_actions
from glassine.story.actions.importing_actions import File
from glassine.story.world import World
from glassine.words.actions import Action, Filler, Limits
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import new_id
from glassine.words.openapi import Kind
from glassine.words.people import Actor
from tests.companies import reachable, store
from tests.shop import Shop, founded_shop
from tests.vendors import Response, Vendor

__all__ = ["store"]  # the fixtures


def file(*, base: str = "", origin: str = "", **operations: dict[str, Any]) -> File:
    paths = {f"/{name}": {"post": {"operationId": name, "summary": f"What {name} does", **more}} for name, more in operations.items()}
    document = {"openapi": "3.1.0", "info": {"title": "Shop API"}, "servers": [{"url": "https://api.example.com"}], "paths": paths}
    return File(content=json.dumps(document).encode(), base=base, origin=origin)


def body(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": properties, "required": list(properties)}}}}}


async def there(world: World, by: Actor) -> dict[str, Action]:
    return {each.action.name: each.action for each in await definitions.listing(world, by)}


async def imported(world: World, by: Actor, given: File) -> UUID:
    id = await importing_actions.begin(world, by, given)
    await importing_actions.take(world, by, id)
    return id


TEXT = {"type": "string"}


async def test_nothing_changes_before_it_is_taken_and_only_what_was_chosen_does(world: World, store: Shop) -> None:
    id = await importing_actions.begin(world, store.owner, file(cancel=body(order=TEXT), refund=body(order=TEXT)))
    seen = await importing_actions.review(world, store.owner, id)
    assert [(each.kind, each.name) for each in seen.changes] == [(Kind.ADDED, "cancel"), (Kind.ADDED, "refund")]
    assert await there(world, store.owner) == {}
    await importing_actions.take(world, store.owner, id, chosen={"refund"}, mark=seen.mark)
    made = await there(world, store.owner)
    assert list(made) == ["refund"]
    assert (made["refund"].origin, made["refund"].policy.confirm, made["refund"].policy.channels) == ("Shop API", True, ("web",))
    with pytest.raises(Refused, match="imported already"):
        await importing_actions.take(world, store.owner, id)


async def test_a_later_file_of_the_same_origin_replaces_and_what_was_made_by_hand_stays(world: World, store: Shop) -> None:
    await imported(world, store.owner, file(cancel=body(order=TEXT), refund=body(order=TEXT)))
    [first] = [each for each in (await there(world, store.owner)).values() if each.name == "cancel"]
    await definitions.create(world, store.owner, replace(first, name="by_hand", origin=""))
    id = await importing_actions.begin(world, store.owner, file(cancel=body(order={"type": "integer"}, reason=TEXT), exchange={}))
    seen = await importing_actions.review(world, store.owner, id)
    assert [(each.kind, each.name) for each in seen.changes] == [(Kind.CHANGED, "cancel"), (Kind.ADDED, "exchange"), (Kind.REMOVED, "refund")]
    assert [(each.name, each.before, each.after) for each in seen.changes[0].fields] == [
        ("parameter order: schema", {"type": "string"}, {"type": "integer"}), ("parameter reason", None, "string in the body, needed"),
    ]
    assert (seen.by_hand, seen.others) == (1, 0)
    await importing_actions.take(world, store.owner, id)
    now = await there(world, store.owner)
    assert set(now) == {"cancel", "exchange", "by_hand"}
    assert (now["cancel"].id, now["cancel"].version) == (first.id, 2)


async def test_other_origins_stay_and_names_are_not_given_twice(world: World, store: Shop) -> None:
    await imported(world, store.owner, file(cancel={}))
    await imported(world, store.owner, file(origin="Warehouse", cancel={}))
    names = await there(world, store.owner)
    assert len(names) == 2
    assert {each.origin for each in names.values()} == {"Shop API", "Warehouse"}
    again = await importing_actions.review(world, store.owner, await importing_actions.begin(world, store.owner, file(origin="Warehouse", cancel={})))
    assert [each.kind for each in again.changes] == [Kind.SAME]


async def test_what_admins_set_survives_and_what_no_longer_fits_is_named(world: World, store: Shop) -> None:
    await imported(world, store.owner, file(refund=body(order=TEXT, amount={"type": "number"}, reason=TEXT, mood=TEXT)))
    made = (await there(world, store.owner))["refund"]
    fillers = {"order": Filler.MODEL, "amount": Filler.MODEL, "reason": Filler.FIXED, "mood": Filler.FIXED}
    mine = replace(
        made, title="Give money back", shown=("status",), enabled=False, policy=replace(made.policy, confirm=False, approve=True, limits=Limits(amount="amount", most=50)),
        parameters=tuple(replace(each, filler=fillers[each.name], value="asked by chat" if fillers[each.name] is Filler.FIXED else None) for each in made.parameters),
    )
    await definitions.change(world, store.owner, mine)
    id = await importing_actions.begin(world, store.owner, file(refund={**body(order=TEXT, amount={"type": "number"}, reason={"type": "string", "enum": ["late", "broken"]}), "description": "Refunds what was paid."}))
    [change] = (await importing_actions.review(world, store.owner, id)).changes
    assert change.lost == ("`reason` was fixed to 'asked by chat', which it no longer takes.", "`mood` is gone, and how it was filled in with it (fixed).")
    assert set(change.kept) >= {"title", "policy", "shown", "enabled"}
    await importing_actions.take(world, store.owner, id)
    now = (await there(world, store.owner))["refund"]
    assert (now.title, now.description, now.shown, now.enabled, now.policy) == ("Give money back", "Refunds what was paid.", ("status",), False, mine.policy)
    assert {each.name: each.filler for each in now.parameters} == {"order": Filler.MODEL, "amount": Filler.MODEL, "reason": Filler.MODEL}


async def test_a_limit_whose_amount_is_gone_switches_the_action_off(world: World, store: Shop) -> None:
    await imported(world, store.owner, file(refund=body(amount={"type": "number"})))
    made = (await there(world, store.owner))["refund"]
    await definitions.change(world, store.owner, replace(made, policy=replace(made.policy, limits=Limits(amount="amount", most=50))))
    id = await importing_actions.begin(world, store.owner, file(refund=body(sum={"type": "number"})))
    [change] = (await importing_actions.review(world, store.owner, id)).changes
    assert "switched off until you set the limit again" in change.lost[-1]
    await importing_actions.take(world, store.owner, id)
    now = (await there(world, store.owner))["refund"]
    assert (now.enabled, now.policy.limits.amount) == (False, "amount")


async def test_what_an_admin_left_alone_follows_the_file(world: World, store: Shop) -> None:
    await imported(world, store.owner, file(refund={"x-open-tags": ["money"]}))
    await imported(world, store.owner, file(base="https://eu.example.com", refund={"x-open-tags": ["cash"], "x-open-pinned": True, "summary": "Pay it back"}))
    now = (await there(world, store.owner))["refund"]
    assert (now.tags, now.pinned, now.title, now.url) == (("cash",), True, "Pay it back", "https://eu.example.com/refund")


async def test_an_import_is_undone_but_for_what_was_changed_since(world: World, store: Shop) -> None:
    await imported(world, store.owner, file(cancel=body(order=TEXT), refund=body(order=TEXT), exchange={}))
    before = await there(world, store.owner)
    id = await imported(world, store.owner, file(cancel=body(order={"type": "integer"}), exchange={"summary": "Change it"}, inform={}))
    changed = (await there(world, store.owner))["exchange"]
    await definitions.change(world, store.owner, replace(changed, pinned=True))
    assert await importing_actions.undo(world, store.owner, id) == ("exchange",)
    now = await there(world, store.owner)
    assert set(now) == {"cancel", "refund", "exchange"}
    assert (now["cancel"].parameters, now["refund"].id, now["exchange"].pinned) == (before["cancel"].parameters, before["refund"].id, True)
    with pytest.raises(NotFound):
        await importing_actions.undo(world, store.owner, id)
    async with world.store.tx(store.org) as tx:
        verbs = [row["verb"] for row in await vault.audit_page(tx, store.org)]
    assert verbs.count("actions.import") == 2
    assert verbs.count("actions.import_undo") == 1


async def test_a_list_that_has_become_old_is_not_taken(world: World, store: Shop) -> None:
    await imported(world, store.owner, file(cancel={}))
    id = await importing_actions.begin(world, store.owner, file(cancel={"summary": "Call it off"}))
    seen = await importing_actions.review(world, store.owner, id)
    await definitions.switch(world, store.owner, (await there(world, store.owner))["cancel"].id, enabled=False)
    with pytest.raises(Refused, match="changed since you looked"):
        await importing_actions.take(world, store.owner, id, mark=seen.mark)


async def test_another_base_is_chosen_before_it_is_taken(world: World, store: Shop) -> None:
    id = await importing_actions.begin(world, store.owner, file(cancel={}))
    await importing_actions.read_again(world, store.owner, id, base="https://eu.example.com/v2/", origin="Europe")
    seen = await importing_actions.review(world, store.owner, id)
    assert seen.one.description.bases == ("https://api.example.com",)
    await importing_actions.take(world, store.owner, id)
    assert [(each.url, each.origin) for each in (await there(world, store.owner)).values()] == [("https://eu.example.com/v2/cancel", "Europe")]


async def test_an_import_belongs_to_its_organisation_and_to_who_may(world: World, store: Shop) -> None:
    id = await importing_actions.begin(world, store.owner, file(cancel={}))
    other = await founded_shop(world, "Else", f"other{new_id().hex[:8]}@else.example")
    with pytest.raises(NotFound):
        await importing_actions.review(world, other.owner, id)
    viewer = replace(store.owner, role=type(store.owner.role).VIEWER)
    for attempt in (importing_actions.begin(world, viewer, file(cancel={})), importing_actions.take(world, viewer, id), importing_actions.undo(world, viewer, id), importing_actions.fetched(world, viewer, "https://a.example/x")):
        with pytest.raises(Refused) as fault:
            await attempt
        assert fault.value.status == 403


@pytest_asyncio.fixture
async def api(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Vendor]:
    async with reachable(world, monkeypatch, lambda _: Response(status=200, body=file(cancel={}).content.replace(b"https://api.example.com", b"/v2"))) as running:
        yield running


async def test_a_file_is_read_from_its_address_and_stands_where_it_came_from(world: World, store: Shop, api: Vendor) -> None:
    given = await importing_actions.fetched(world, store.owner, f"{api.url}/docs/openapi.json")
    await imported(world, store.owner, given)
    assert [(each.method, each.target) for each in api.seen] == [("GET", "/docs/openapi.json")]
    assert [each.url for each in (await there(world, store.owner)).values()] == [f"{api.url}/v2/cancel"]


@pytest.mark.parametrize(("answer", "why"), [
    (Response(status=404, body=b""), "status 404"), (Response(status=302, body=b"", headers={"Location": "https://evil.example/"}), "Enter https://evil.example/"),
    (Response(status=200, body=b"x" * 6_000_000), "more than|larger"),
])
async def test_an_address_that_gives_no_file_is_told(world: World, store: Shop, api: Vendor, answer: Response, why: str) -> None:
    api.answer = lambda _: answer
    with pytest.raises(Refused, match=why):
        await importing_actions.fetched(world, store.owner, f"{api.url}/openapi.json")


@pytest.mark.parametrize("address", ["", "shop.example/openapi.json", "file:///etc/passwd", "https://", "https://user:pw@a.example/x", "http://127.0.0.1:1/x", "http://169.254.169.254/latest"])
async def test_what_is_no_address_or_a_private_one_is_refused(world: World, store: Shop, address: str) -> None:
    with pytest.raises(Refused) as fault:
        await importing_actions.fetched(world, store.owner, address)
    assert fault.value.code == "failed_to_parse_spec"
