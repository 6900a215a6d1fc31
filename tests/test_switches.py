"""Each switch at the place where bytes cross: what is switched off is refused there and says so, nothing that was accepted is lost, and all is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from bench.stub_model import StubModel, quote_first_passage
from glassine.config import Settings
from glassine.edge.gate import Crossing
from glassine.edge.llm.remote import RemoteModel
from glassine.edge.mail import Mailer
from glassine.store import vault
from glassine.story import access, conversations, inbound, notices, worker
from glassine.story.boundary import boundaries
from glassine.story.knowledge import learning
from glassine.story.models import chain
from glassine.story.privacy import revealing
from glassine.story.sources import importing
from glassine.story.visitor import Visitor
from glassine.story.world import World, live
from glassine.web.api import live as stream
from glassine.words.boundaries import BOUNDARIES
from glassine.words.channels import Inbound
from glassine.words.errors import CrossingRefused, ModelFailed, NotFound, Refused
from glassine.words.ids import SessionId, new_id
from glassine.words.people import Role
from glassine.words.turns import Prompt, PromptMessage
from tests.office import colleague
from tests.shop import Shop
from tests.switched import QUESTION, asked, begun, called, off, refused, without_ai

SETTINGS = {"llm_model": "stub"}

Client = httpx2.AsyncClient
SWITCHED = sorted(name for name, boundary in BOUNDARIES.items() if boundary.off)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def second(settings: Settings) -> AsyncIterator[World]:
    """Another process on the same database, as far as the two can tell."""
    async with live(settings) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def article(world: World, shop: Shop) -> None:
    body = "You can return an unused lamp within 30 days of delivery. The refund reaches your bank account within five working days."
    await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Returns and refunds", body=body, language="en")).id)


@pytest.fixture(autouse=True)
def well(model: StubModel) -> None:
    model.mode, model.answer, model.latency = "ok", quote_first_passage, 0.0


async def guest(client: Client, shop: Shop) -> dict[str, str]:
    site = {"X-Bot-Token": shop.widget_token}
    token = (await client.post("/api/backend/widget/v2/contact/create-unverified", headers=site, json={})).json()["token"]
    return {**site, "Authorization": f"Bearer {token}"}


# -- the language model -----------------------------------------------------------------------------------------------------------


async def test_without_the_model_answers_are_quoted(world: World, shop: Shop, model: StubModel) -> None:
    before = model.calls
    async with off(world, shop, "model"):
        sent = await asked(world, shop, await begun(world, shop))
        assert "30 days" in sent.text
        assert not sent.handed_off
        with pytest.raises(Refused, match="“Language model” is switched off"):
            await chain.try_out(world, shop.owner, "operator")
    assert model.calls == before


async def test_a_call_under_way_is_broken_off_and_the_answer_is_quoted(world: World, shop: Shop, model: StubModel) -> None:
    model.latency, before = 30.0, model.calls
    running = asyncio.create_task(asked(world, shop, await begun(world, shop)))
    await called(model, before + 1)
    async with off(world, shop, "model"):
        sent = await asyncio.wait_for(running, 10)
    assert "30 days" in sent.text
    assert not sent.handed_off


async def test_the_gate_itself_refuses_and_records_what_nobody_held_back(world: World, shop: Shop, model: StubModel) -> None:
    llm = RemoteModel(world.gate, url=model.url, model="stub")
    prompt, before = Prompt(messages=(PromptMessage(role="user", content="Are you there?"),), tokens=4), model.calls
    async with off(world, shop, "model"):
        with pytest.raises(ModelFailed, match="“Language model” is switched off"):
            await llm.complete(prompt, org=shop.org, session=None)
    async with without_ai(world, shop):
        with pytest.raises(ModelFailed, match="All AI is switched off"):
            await llm.complete(prompt, org=shop.org, session=None)
    with pytest.raises(CrossingRefused, match="No boundary of the product is called pigeons"):
        await world.gate.request(Crossing(org=shop.org, purpose="pigeons", hosts=("127.0.0.1",)), "GET", model.url)
    assert model.calls == before
    assert await refused(world, shop) == [
        ("pigeons", "No boundary of the product is called pigeons, so nothing crosses it"), ("model", "All AI is switched off"),
        ("model", "“Language model” is switched off"),
    ]


async def test_a_notice_is_refused_once_and_not_tried_again(world: World, shop: Shop) -> None:
    session = await begun(world, shop)
    await asked(world, shop, session, "I want to talk to a person")
    world.mail = Mailer("smtp://127.0.0.1:2525", sender="a@b.example", gate=world.gate)
    try:
        async with off(world, shop, "mail"):
            await notices.handoff_waits(world, shop.org, session)
        assert (await refused(world, shop))[0] == ("mail", "“Mail to your team” is switched off")
        with pytest.raises(CrossingRefused, match="not a public address"):
            await notices.handoff_waits(world, shop.org, session)
    finally:
        world.mail = Mailer(None)


# -- channels ---------------------------------------------------------------------------------------------------------------------


async def test_web_chat_is_refused_in_the_customers_words_and_keeps_what_came_before(client: Client, world: World, shop: Shop) -> None:
    who = await guest(client, shop)
    at = "/api/backend/widget/v2"
    session = (await client.post(f"{at}/create-session", headers=who, json={"customData": {"external_id": str(new_id())}})).json()["id"]
    body = {"session_id": session, "uuid": str(new_id()), "content": QUESTION}
    async with off(world, shop, "web"):
        for method, path in (("POST", "/chat/send"), ("GET", "/config"), ("GET", f"/poll/{session}"), ("GET", f"/stream/{session}"), ("POST", "/contact/create-unverified")):
            answer = await client.request(method, f"{at}{path}", headers=who, json=body if method == "POST" else None)
            assert answer.status_code == 403, path
            assert answer.json()["message"] == "This chat is switched off at the moment. What was written here before is kept."
    answer = await client.post(f"{at}/chat/send", headers=who, json=body)
    assert "30 days" in answer.json()["autopilotResponse"]["value"]["content"]
    async with off(world, shop, "web"):
        assert len(await conversations.timeline(world, shop.org, SessionId(session))) == 2
    assert len((await client.get(f"{at}/poll/{session}", headers=who)).json()["history"]) == 2


async def test_a_message_that_was_accepted_has_its_turn_though_its_channel_is_off(world: World, shop: Shop) -> None:
    heard = await inbound.receive(world, shop.org, await begun(world, shop), Inbound(external_id=new_id(), text=QUESTION))
    assert heard.job is not None
    async with off(world, shop, "web", "api"):
        settled = await worker.begin_turn(world, shop.org, heard.session.id, heard.job)
    assert settled.said is not None
    assert "30 days" in settled.said.text


async def test_a_stream_that_is_open_ends_and_carries_nothing_more(client: Client, world: World, shop: Shop) -> None:
    class Present:
        async def is_disconnected(self) -> bool:
            return False

    session = await conversations.session(world, shop.org, await begun(world, shop))
    events = stream.events(Present(), world, Visitor(shop.org, session.contact, True), session)  # type: ignore[arg-type]  # a request that never leaves
    assert (await anext(events)).startswith("event: session")
    async with off(world, shop, "web"):
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(events), 10)


async def test_programs_are_refused_with_the_reason(client: Client, world: World, shop: Shop) -> None:
    async with off(world, shop, "api"):
        for method, path, body in (("GET", "/chat/sessions", None), ("POST", "/chat/sessions", {}), ("PUT", "/ai", {"enabled": True})):
            answer = await client.request(method, f"/api{path}", headers=shop.bearer, json=body)
            assert answer.status_code == 403
            assert answer.json()["message"] == "“API” is switched off, so nothing was done. An admin can switch it on again under Settings › Data map."
    assert (await client.get("/api/chat/sessions", headers=shop.bearer)).status_code == 200


# -- files, imports, help pages, reveals ------------------------------------------------------------------------------------------


async def test_files_are_neither_taken_nor_given(client: Client, world: World, shop: Shop) -> None:
    who = await guest(client, shop)
    sent = {"file": ("bill.txt", b"a bill", "text/plain")}
    link = (await client.post("/api/backend/widget/v2/upload", headers=who, files=sent)).json()["fileUrl"]
    path = link.removeprefix(world.settings.url)
    async with off(world, shop, "files"):
        assert (await client.post("/api/backend/widget/v2/upload", headers=who, files=sent)).status_code == 403
        assert (await client.get(path)).status_code == 403
    assert (await client.get(path)).content == b"a bill"


async def test_imports_are_refused(world: World, shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "lamps.md").write_text("# Lamps\n\nLamps are warm.", encoding="utf-8")
    async with off(world, shop, "import"):
        with pytest.raises(Refused, match="“Knowledge imports” is switched off"):
            await importing.import_folder(world, shop.org, tmp_path, source="lamps", report=lambda _: None)
    assert (await importing.import_folder(world, shop.org, tmp_path, source="lamps", report=lambda _: None)) == {"added": 1}


async def test_help_pages_are_shut_and_answers_do_not_link_to_them(client: Client, world: World, shop: Shop) -> None:
    found = next(one for one in (await learning.listing(world, shop.org)).articles if one.title == "Returns and refunds")
    path = f"/help/{shop.org}/{found.id}"
    assert (await client.get(path, follow_redirects=True)).status_code == 200
    open_answer = await asked(world, shop, await begun(world, shop))
    assert open_answer.said is not None
    assert path in open_answer.said.payload["sources"][0]["url"]
    async with off(world, shop, "help"):
        shut = await client.get(path)
        assert shut.status_code == 403
        assert "switched off" in shut.text
        assert "unused lamp" not in shut.text
        said = (await asked(world, shop, await begun(world, shop))).said
        assert said is not None
        assert [(source["title"], source["url"]) for source in said.payload["sources"]] == [("Returns and refunds", None)]
    assert (await client.get(f"/help/{new_id()}/{new_id()}")).status_code == 404


async def test_nobody_looks_behind_a_mask_while_reveals_are_off(client: Client, world: World, shop: Shop) -> None:
    session = await begun(world, shop, "mara@example.org")
    await asked(world, shop, session, "My mail is mara@example.org. How long do I have to return an unused lamp?")
    at = f"/api/chat/sessions/{session}"
    assert (await client.get(at, headers=shop.bearer)).json()["contact"]["email"] == "mara@example.org"
    async with off(world, shop, "reveal"):
        for attempt in (
            revealing.reveal(world, shop.owner, session, "[EMAIL_1]"), revealing.reveal_contact(world, shop.owner, session, "email"),
            revealing.reveal_attached(world, shop.owner, session),
        ):
            with pytest.raises(Refused, match="“Reveals” is switched off"):
                await attempt
        assert (await client.get("/api/contacts", headers=shop.bearer)).status_code == 403
        shown = (await client.get(at, headers=shop.bearer)).json()
        assert shown["contact"]["email"] is None
        assert shown["contact"]["id"]
        made = await client.post("/api/contacts", headers=shop.bearer, json={"email": "mara@example.org"})
        assert made.status_code == 201
        assert "Mara" not in made.text
        own = await conversations.own_words(world, shop.org, session)
        assert "mara@example.org" in own[0][1], "customers read their own values all the same"
    assert await revealing.reveal(world, shop.owner, session, "[EMAIL_1]") == "mara@example.org"


# -- the switches themselves ------------------------------------------------------------------------------------------------------


async def test_a_switch_is_recorded_with_who_and_when_and_changes_nothing_twice(world: World, shop: Shop) -> None:
    async with off(world, shop, "help", "mail"):
        assert not await boundaries.switch(world, shop.owner, "help", on=False)
        settings = await world.switches.of(shop.org)
        assert set(settings.switched_off) == {"help", "mail"}
        assert settings.off_since["help"]["by"] == "Olivia Owner"
        assert settings.off_since["help"]["at"].startswith(f"{world.clock():%Y-%m-%dT}")
    settings = await world.switches.of(shop.org)
    assert (settings.switched_off, settings.off_since) == ((), {})
    async with world.store.tx(shop.org) as tx:
        log = [(row["verb"], row["detail"].get("boundary"), row["actor_name"]) for row in await vault.audit_page(tx, shop.org, 4)]
    assert log == [("boundary.on", "mail", "Olivia Owner"), ("boundary.on", "help", "Olivia Owner"), ("boundary.off", "mail", "Olivia Owner"), ("boundary.off", "help", "Olivia Owner")]


async def test_switches_at_once_do_not_undo_each_other(world: World, shop: Shop, second: World) -> None:
    await asyncio.gather(*(boundaries.switch(world if at % 2 else second, shop.owner, name, on=False) for at, name in enumerate(SWITCHED)))
    try:
        assert sorted((await world.switches.of(shop.org)).switched_off) == SWITCHED
    finally:
        for name in SWITCHED:
            await boundaries.switch(world, shop.owner, name, on=True)


@pytest.mark.parametrize("name", sorted(set(BOUNDARIES) - set(SWITCHED)))
async def test_what_has_no_switch_says_why(world: World, shop: Shop, name: str) -> None:
    with pytest.raises(Refused, match="has no switch") as refusal:
        await boundaries.switch(world, shop.owner, name, on=False)
    assert BOUNDARIES[name].always in refusal.value.message


async def test_only_admins_and_owners_switch(world: World, shop: Shop) -> None:
    with pytest.raises(NotFound, match="There is no boundary called pigeons"):
        await boundaries.switch(world, shop.owner, "pigeons", on=False)
    for role, may in ((Role.VIEWER, False), (Role.AGENT, False), (Role.ADMIN, True)):
        person = await colleague(world, shop.owner, role, f"{role.capitalize()} Somebody")
        for attempt in (boundaries.switch(world, person, "help", on=True), boundaries.switch_ai(world, person, on=True)):
            if may:
                assert not await attempt
            else:
                with pytest.raises(Refused, match="does not allow"):
                    await attempt


async def test_programs_switch_with_the_scope_for_it(client: Client, world: World, shop: Shop) -> None:
    async def key(*scopes: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {await access.create_key(world, shop.owner, 'Switch', list(scopes))}"}

    reads, writes, other = await key("boundaries:read"), await key("boundaries:write"), await key("autopilot:write")
    assert (await client.get("/api/ai", headers=reads)).json() == {"name": "ai", "enabled": True, "off_since": None, "off_by": None}
    for headers in (reads, other):
        assert (await client.put("/api/ai", headers=headers, json={"enabled": False})).status_code == 403
    shut = (await client.put("/api/ai", headers=writes, json={"enabled": False})).json()
    assert (shut["enabled"], shut["off_by"]) == (False, "Switch")
    assert (await client.put("/api/ai", headers=writes, json={"enabled": True})).json()["enabled"] is True
    assert (await client.put("/api/boundaries/help", headers=writes, json={"enabled": False})).json()["enabled"] is False
    assert (await client.put("/api/boundaries/help", headers=writes, json={"enabled": True})).json()["enabled"] is True
    assert (await client.put("/api/boundaries/team", headers=writes, json={"enabled": False})).status_code == 409
    assert (await client.put("/api/boundaries/pigeons", headers=writes, json={"enabled": False})).status_code == 404
