"""Help with writing: translations and rules in plain words by a language model, and links outside as their hosts answer. Real requests, through the gate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from bench.stub_model import StubModel
from glassine.edge.addresses import places
from glassine.edge.gate import Gate
from glassine.story import house
from glassine.story.boundary import boundaries
from glassine.story.knowledge import authoring, content_rules, learning, link_check, linking, reading_over, translating
from glassine.story.world import World
from glassine.words.articles import ContentRule, Fields, RuleKind, Severity
from glassine.words.errors import Refused
from glassine.words.ids import new_id
from glassine.words.knowledge import Article, ArticleStatus
from tests.shop import Shop, founded_shop
from tests.vendors import Request, Response, vendor

SETTINGS = {"llm_model": "stub", "llm_timeout": 2.0}
BODY = "Send the lamp back within 30 days.\n\n## How\n\nOpen [your orders](https://shop.example/orders).\n\n```\nprint label\n\nnow\n```\n"


@pytest_asyncio.fixture(loop_scope="session")
async def shop_de(world: World) -> Shop:
    made = await founded_shop(world, "Lamps", f"owner@{new_id()}.example")
    await house.change(world, made.owner, languages=("en", "de"))
    return made


@pytest.fixture(autouse=True)
def well(model: StubModel) -> Iterator[None]:
    model.mode, model.answer, model.latency = "ok", in_german, 0.0
    yield
    model.mode, model.answer = "ok", in_german


def in_german(body: dict[str, Any]) -> str:
    """As a model that translates would: the same form, other words."""
    asked = body["messages"][1]["content"]
    if asked.startswith("{"):
        return json.dumps({name: f"Auf Deutsch: {value}" for name, value in json.loads(asked).items()})
    return str(asked.replace("Send the lamp back", "Schicken Sie die Lampe zurück").replace("## How", "## Wie"))


async def original(world: World, shop: Shop) -> Article:
    made = await authoring.create(world, shop.org, Fields(title="Returns", body=BODY, description="How to return.", language="en"), by=shop.owner)
    return await learning.publish(world, shop.org, made.id, by=shop.owner)


async def test_a_machine_translates_into_a_draft_and_again_until_a_person_has_edited_it(world: World, shop_de: Shop, model: StubModel) -> None:
    first = await original(world, shop_de)
    made = await translating.translate(world, shop_de.owner, first.id, "de")
    assert (made.status, made.language, made.machine, made.translation_of, made.translated_from) == (ArticleStatus.DRAFT, "de", True, first.id, 1)
    assert (made.title, made.description) == ("Auf Deutsch: Returns", "Auf Deutsch: How to return.")
    assert made.body == BODY.replace("Send the lamp back", "Schicken Sie die Lampe zurück").replace("## How", "## Wie")
    now = await authoring.working(world, shop_de.org, first.id)
    await authoring.edit(world, shop_de.org, first.id, replace(now.fields, body=BODY.replace("30", "60")), token=now.token, by=shop_de.owner)
    await learning.publish(world, shop_de.org, first.id, by=shop_de.owner)
    pair = await translating.changed_since(world, shop_de.org, made.id)
    assert pair
    assert ("30 days" in pair[0].body, "60 days" in pair[1].body) == (True, True)
    again = await translating.translate(world, shop_de.owner, first.id, "de")
    assert (again.id, "60 days" in again.body, again.machine, again.translated_from) == (made.id, True, True, 2)
    written = await authoring.working(world, shop_de.org, made.id)
    await authoring.edit(world, shop_de.org, made.id, replace(written.fields, body="Von Hand."), token=written.token, by=shop_de.owner)
    calls = model.calls
    with pytest.raises(Refused, match="A person has edited") as refused:
        await translating.translate(world, shop_de.owner, first.id, "de")
    assert refused.value.code == "edited"
    assert model.calls == calls, "nothing was asked"
    assert (await authoring.working(world, shop_de.org, made.id)).fields.body == "Von Hand."


async def test_a_translation_that_loses_a_link_or_a_title_is_none(world: World, shop_de: Shop, model: StubModel) -> None:
    first = await original(world, shop_de)
    for answer in (lambda body: "Ohne Verweis." if not body["messages"][1]["content"].startswith("{") else in_german(body), lambda body: "kein JSON"):
        model.answer = answer
        with pytest.raises(Refused) as refused:
            await translating.translate(world, shop_de.owner, first.id, "de")
        assert refused.value.code == "model_failed"
    model.mode = "500"
    with pytest.raises(Refused, match="did not help"):
        await translating.translate(world, shop_de.owner, first.id, "de")
    assert (await translating.family(world, shop_de.org, first.id))[1] == []


async def test_nothing_is_asked_while_the_boundary_is_off(world: World, shop_de: Shop, model: StubModel) -> None:
    first = await original(world, shop_de)
    await boundaries.switch(world, shop_de.owner, "writing", on=False)
    calls = model.calls
    with pytest.raises(Refused, match="switched off"):
        await translating.translate(world, shop_de.owner, first.id, "de")
    await boundaries.switch(world, shop_de.owner, "writing", on=True)
    assert model.calls == calls


async def test_rules_in_plain_words_are_read_by_the_model_when_asked(world: World, shop_de: Shop, model: StubModel) -> None:
    first = await original(world, shop_de)
    with pytest.raises(Refused, match="no rule in plain words"):
        await reading_over.ask(world, shop_de.owner, first.id)
    for name in ("Friendly", "Short", "Silent"):
        await content_rules.save(world, shop_de.owner, ContentRule(id=new_id(), name=name, kind=RuleKind.PLAIN, value=f"Be {name.lower()}.", severity=Severity.MUST))
    model.answer = lambda body: json.dumps([
        {"rule": 1, "kept": True}, {"rule": 2, "kept": False, "why": "It is long.", "quote": "Open [your orders]"}, {"rule": "3", "kept": False},
    ])
    found = await reading_over.ask(world, shop_de.owner, first.id)
    assert [(one.rule, one.machine, one.unchecked, one.line, one.quote) for one in found] == [("Short", True, False, 5, "Open [your orders]"), ("Silent", False, True, 0, "")]
    model.answer = lambda body: "I cannot say."
    assert all(one.unchecked for one in await reading_over.ask(world, shop_de.owner, first.id))
    assert (await learning.publish(world, shop_de.org, first.id, by=shop_de.owner)).status is ArticleStatus.PUBLISHED, "what nobody checked holds nothing back"


async def test_links_outside_are_asked_as_politely_as_said(world: World, shop_de: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: Request) -> Response:
        status = {"/fine": 200, "/gone": 410, "/missing": 404, "/no-head": 405 if request.method == "HEAD" else 200, "/shy": 403, "/moved": 301}.get(request.target, 500)
        return Response(status=status, headers={"Location": "http://127.0.0.1:1/"} if status == 301 else {})

    monkeypatch.setattr(link_check, "_PAUSE", 0.0)
    async with vendor(answer) as server:
        gate = Gate(allowed_private=places([server.url]), closed=world.switches.closed)
        monkeypatch.setattr(world, "gate", gate)
        paths = ("/fine", "/gone", "/missing", "/no-head", "/shy", "/moved")
        body = " ".join(f"[{path}]({server.url}{path})" for path in paths) + " [inside](http://10.0.0.1/x) [none](http://no-such-host.invalid/)"
        made = await authoring.create(world, shop_de.org, Fields(title="Links", body=body), by=shop_de.owner)
        await learning.publish(world, shop_de.org, made.id, by=shop_de.owner)
        assert await link_check.run(world, shop_de.org) == 8
        assert await link_check.run(world, shop_de.org) == 0, "once a day"
        await gate.aclose()
    found, counted = await linking.report(world, shop_de.owner)
    states = {one["url"].removeprefix(server.url): one["state"] for one in found}
    assert {path: state for path, state in states.items() if path in paths} == {"/gone": "broken", "/missing": "broken", "/shy": "unsure"}
    assert states["http://10.0.0.1/x"] == "unsure"
    assert counted["outside"] == 8
    assert {request.headers.get("cookie") for request in server.seen} == {None}
    assert [request.method for request in server.seen if request.target == "/no-head"] == ["HEAD", "GET"]
    await linking.ignore(world, shop_de.owner, f"{server.url}/gone", True)
    assert f"{server.url}/gone" not in await linking.broken_in(world, shop_de.org, Fields(title="x", body=body))
    assert f"{server.url}/missing" in await linking.broken_in(world, shop_de.org, Fields(title="x", body=body))
