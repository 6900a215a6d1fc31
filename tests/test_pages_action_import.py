"""Actions › Import in the browser, without JavaScript: a file is read, looked at, taken in parts and taken back."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
import pytest_asyncio

from glassine.story.actions import definitions
from glassine.story.world import World
from glassine.words.ids import new_id
from glassine.words.people import Role
from tests.office import Browser, colleague, signed_in
from tests.shop import Shop, founded_shop
from tests.test_importing_actions import body, file


@pytest_asyncio.fixture
async def store(world: World) -> Shop:
    return await founded_shop(world, "Paper & Glass", f"owner{new_id().hex[:8]}@paper.example")


async def names(world: World, store: Shop) -> list[str]:
    return [each.action.name for each in await definitions.listing(world, store.owner)]


async def reviewed(admin: Browser, text: str) -> tuple[str, str]:
    """The address of the list of changes, and the page."""
    answer = await admin.post("/actions/import", text=text)
    assert answer.status_code == 303, answer.text
    at = answer.headers["location"]
    return at, (await admin.get(at)).text


TEXT = {"type": "string"}


async def test_a_file_is_read_looked_at_and_taken_in_parts(world: World, store: Shop) -> None:
    async with signed_in(world, store.owner) as admin:
        assert 'href="/actions/import"' in (await admin.get("/actions")).text
        at, seen = await reviewed(admin, file(cancel=body(order=TEXT, email=TEXT), refund=body(order=TEXT), exchange={"trace": 1}).content.decode())
        assert "3 operations in the file" in seen
        assert "gets the e-mail address in the clear" in seen
        assert seen.count("Customer&#39;s yes") == 3 or seen.count("Customer's yes") == 3
        assert await names(world, store) == []
        mark = re.findall(r'name="mark" value="(\w+)"', seen)[0]
        told = await admin.act(at, mark=mark, take=["cancel", "refund"])
        assert "Imported: 2 added." in told
        assert await names(world, store) == ["cancel", "refund"]
        undo = re.findall(r'action="(/actions/import/[\w-]+/undo)"', told)[0]
        assert "The import is taken back." in await admin.act(undo)
        assert await names(world, store) == []
        assert "Taken back" in (await admin.get("/actions/import")).text


async def test_a_second_import_shows_field_by_field_what_changes(world: World, store: Shop) -> None:
    async with signed_in(world, store.owner) as admin:
        at, seen = await reviewed(admin, file(cancel=body(order=TEXT), refund={}).content.decode())
        await admin.act(at, mark=re.findall(r'name="mark" value="(\w+)"', seen)[0], take=["cancel", "refund"])
        [made] = [each.action for each in await definitions.listing(world, store.owner) if each.action.name == "cancel"]
        await definitions.change(world, store.owner, replace(made, title="Call it off"))
        at, seen = await reviewed(admin, file(cancel=body(order={"type": "integer"})).content.decode())
        for words in ("1 changed", "1 no longer in the file", "Parameter order: schema", '<del>{&#34;type&#34;: &#34;string&#34;}</del>', "Stays as you set it: title."):
            assert words in seen, words
        await definitions.switch(world, store.owner, made.id, enabled=False)
        old = await admin.post(at, mark=re.findall(r'name="mark" value="(\w+)"', seen)[0], take=["cancel"])
        assert (old.status_code, "Actions were changed since you looked" in old.text) == (409, True)
        assert "Nothing is marked" in (await admin.post(at, mark="x")).text
        assert "Nothing was imported" in await admin.act(f"{at}/drop")


async def test_faults_are_said_beside_what_was_typed(world: World, store: Shop) -> None:
    async with signed_in(world, store.owner) as admin:
        for text, words in (("{", "neither JSON nor YAML"), ("", "Choose a file, enter its address, or paste it."), (json.dumps({"openapi": "3.1.0", "paths": {"/a": {"get": {}}}}), "Enter the base address")):
            answer = await admin.post("/actions/import", text=text, origin="My shop")
            assert (answer.status_code, words in answer.text, 'value="My shop"' in answer.text) == (400, True, True), answer.text
        at, _ = await reviewed(admin, file(cancel={}).content.decode())
        again = await admin.post(f"{at}/again", base="ftp://x", origin="Shop API")
        assert (again.status_code, "Enter the base address" in again.text) == (400, True)
        assert (await admin.post(f"{at}/again", base="https://eu.example.com", origin="Europe")).status_code == 303
        assert "https://eu.example.com/cancel" in (await admin.get(at)).text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AGENT])
async def test_who_may_not_write_actions_imports_none(world: World, store: Shop, role: Role) -> None:
    who = await colleague(world, store.owner, role, f"{role.value.title()} {new_id().hex[:6]}")
    async with signed_in(world, who) as browser:
        assert (await browser.post("/actions/import", text=file(cancel={}).content.decode())).status_code == 403
