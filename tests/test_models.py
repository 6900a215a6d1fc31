"""Several language models: who is asked in which order, breakers that open and close, the day's budget across processes, and keys that follow their host."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from bench.stub_model import StubModel
from glassine.commands import doctor
from glassine.config import Settings
from glassine.story import house
from glassine.story.knowledge import learning
from glassine.story.models import chain, metering, model_keys, model_settings
from glassine.story.models.metering import Meter
from glassine.story.models.model_settings import Given
from glassine.story.world import World, live
from glassine.words.errors import Misconfigured, ModelFailed, NotFound, Refused
from glassine.words.ids import OrgId, new_id
from glassine.words.models import OPERATOR, Budget, Endpoint, Then, Use
from glassine.words.turns import Asked, ModelReply, Prompt, PromptMessage
from tests.shop import Shop, founded_shop

PROMPT = Prompt(messages=(PromptMessage(role="system", content="Say yes."), PromptMessage(role="user", content="Yes?")), tokens=9)
Client = httpx2.AsyncClient


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def second() -> AsyncIterator[StubModel]:
    async with StubModel() as running:
        yield running


@pytest.fixture(scope="module")
def settings(database_url: str, home: Path, model: StubModel, second: StubModel) -> Settings:
    """The organisations' own addresses may be private here, as an operator allows it."""
    allowed = tuple(f"127.0.0.1:{one.port}" for one in (model, second))
    return Settings(home=home, database_url=database_url, llm_url=model.url, llm_model="stub", llm_key="sk-operator", llm_timeout=5.0, allow_private=allowed)


@pytest.fixture(autouse=True)
def well(model: StubModel, second: StubModel) -> None:
    for one in (model, second):
        one.mode, one.answer, one.latency, one.script, one.bodies, one.headers = "ok", "Yes.", 0.0, (), [], []


@pytest_asyncio.fixture(loop_scope="session")
async def own(world: World) -> Shop:
    """An organisation of this test's own."""
    return await founded_shop(world, "Models & Sons", f"{new_id()}@chain.example")


async def added(world: World, shop: Shop, stub: StubModel, name: str, **more: object) -> Endpoint:
    return await model_settings.add(world, shop.owner, Given(name=name, url=stub.url, model=name, **more))  # type: ignore[arg-type]  # what Given takes


async def ask(world: World, shop: Shop, use: Use = Use.ANSWER, *, heard: list[str] | None = None, named: str = "") -> tuple[ModelReply, list[Asked]]:
    asked: list[Asked] = []
    llm = await chain.model_for(world, shop.org, (await house.organization(world, shop.org)).settings, use, named=named)
    assert llm is not None
    return await llm.complete(PROMPT, org=shop.org, session=None, asked=asked, on_text=heard.append if heard is not None else None), asked


async def test_the_operators_model_is_asked_until_the_organisation_has_its_own(world: World, own: Shop, model: StubModel) -> None:
    assert [one.endpoint for one in (await ask(world, own))[1]] == ["stub"]
    assert model.headers[-1]["authorization"] == "Bearer sk-operator"
    await added(world, own, model, "mine", key="sk-mine")
    assert [one.endpoint for one in (await ask(world, own))[1]] == ["mine"]
    assert model.headers[-1]["authorization"] == "Bearer sk-mine"


@pytest.mark.parametrize(("mode", "kind"), [("429", "rate_limited"), ("500", "unreachable"), ("disconnect", "unreachable"), ("hang", "timeout"), ("redirect", "unreachable")])
async def test_the_next_one_is_asked_where_one_does_not_answer(world: World, own: Shop, model: StubModel, second: StubModel, mode: str, kind: str) -> None:
    model.mode = mode
    await added(world, own, model, "first", timeout=1.0)
    await added(world, own, second, "next", wire="anthropic")
    reply, asked = await ask(world, own)
    assert reply.model == "next"
    assert [(one.endpoint, one.wire, one.failed.partition(":")[0]) for one in asked] == [("first", "openai", kind), ("next", "anthropic", "")]
    assert [one.request for one in asked] == [*model.bodies, *second.bodies]


@pytest.mark.parametrize("mode", ["garbage", "stream_garbage"])
async def test_an_answer_that_is_none_is_not_asked_of_another(world: World, own: Shop, model: StubModel, second: StubModel, mode: str) -> None:
    model.mode = mode
    await added(world, own, model, "first")
    await added(world, own, second, "next")
    with pytest.raises(ModelFailed) as failed:
        await ask(world, own)
    assert failed.value.kind == "malformed"
    assert second.bodies == []


async def test_half_an_answer_is_not_finished_by_another(world: World, own: Shop, model: StubModel, second: StubModel) -> None:
    model.mode, model.answer = "half", "One two three four five six."
    await added(world, own, model, "first")
    await added(world, own, second, "next")
    heard: list[str] = []
    with pytest.raises(ModelFailed) as failed:
        await ask(world, own, heard=heard)
    assert failed.value.kind == "malformed"
    assert "".join(heard) in model.answer
    assert heard
    assert second.bodies == []


async def test_each_purpose_may_have_models_of_its_own(world: World, own: Shop, model: StubModel, second: StubModel) -> None:
    first, other = await added(world, own, model, "first"), await added(world, own, second, "other")
    await model_settings.set_uses(world, own.owner, {"translate": [other.id], "summarise": [OPERATOR, first.id]})
    asked = {use: (await ask(world, own, use))[1][0].endpoint for use in Use}
    assert asked == {Use.ANSWER: "first", Use.CLASSIFY: "first", Use.SUMMARISE: "stub", Use.TRANSLATE: "other", Use.WHAT_IF: "first"}
    assert (await ask(world, own, Use.WHAT_IF, named="other"))[1][0].endpoint == "other"
    assert (await ask(world, own, Use.WHAT_IF, named="bigger"))[1][0].model == "bigger"
    await model_settings.remove(world, own.owner, other.id)
    assert (await ask(world, own, Use.TRANSLATE))[1][0].endpoint == "first"
    for wrong in ({"sing": [first.id]}, {"answer": ["nobody"]}, {"answer": [first.id, first.id]}, {"answer": [other.id]}):
        with pytest.raises(Refused):
            await model_settings.set_uses(world, own.owner, wrong)


async def test_the_order_is_the_admins(world: World, own: Shop, model: StubModel, second: StubModel) -> None:
    first, other = await added(world, own, model, "first"), await added(world, own, second, "other")
    await model_settings.order(world, own.owner, [other.id, first.id])
    assert (await ask(world, own))[1][0].endpoint == "other"
    with pytest.raises(Refused):
        await model_settings.order(world, own.owner, [other.id])


async def test_a_removed_model_comes_back_with_its_key_until_the_list_is_changed(world: World, own: Shop, model: StubModel) -> None:
    made = await added(world, own, model, "mine", key="sk-mine")
    await model_settings.remove(world, own.owner, made.id)
    assert (await ask(world, own))[1][0].endpoint == "stub"
    await model_settings.restore(world, own.owner, made.id)
    await ask(world, own)
    assert model.headers[-1]["authorization"] == "Bearer sk-mine"
    await model_settings.remove(world, own.owner, made.id)
    await added(world, own, model, "new")
    with pytest.raises(NotFound):
        await model_settings.restore(world, own.owner, made.id)
    assert "mine" not in str((await house.organization(world, own.org)).settings.models)


async def test_a_key_is_sealed_and_stays_with_its_host(world: World, own: Shop, model: StubModel) -> None:
    made = await added(world, own, model, "mine", key="sk-mine")
    assert "sk-mine" not in str((await house.organization(world, own.org)).settings.models)
    assert await model_keys.opened(world, own.org, made.key) == "sk-mine"
    same = await model_settings.change(world, own.owner, made.id, Given(url=f"{model.url}/deeper", model="m"))
    assert same.key == made.key
    elsewhere = await model_settings.change(world, own.owner, made.id, Given(url="https://models.example/v1", model="m"))
    assert elsewhere.key == ""


@pytest.mark.parametrize("given", [
    Given(url="models.example", model="m"), Given(url="https://", model="m"), Given(url="https://[x", model="m"), Given(url="https://ä.example", model="m"), Given(url="https://a.example", model=" "),
    Given(url="https://a.example", model="m", timeout=0.5), Given(url="https://a.example", model="m", timeout=float("nan")), Given(url="https://a.example", model="m", price_in=-1),
    Given(url="https://a.example", model="m", price_out=float("nan")), Given(url="https://a.example", model="m", wire="morse"), Given(url="https://a.example/" + "a" * 500, model="m"),
])  # fmt: skip
async def test_what_cannot_be_a_model_is_refused(world: World, own: Shop, given: Given) -> None:
    with pytest.raises(Refused):
        await model_settings.add(world, own.owner, given)


async def test_a_model_that_fails_again_and_again_is_left_alone_and_tried_again_by_one(world: World, own: Shop, model: StubModel, second: StubModel, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000_000.0]
    monkeypatch.setattr(world, "meter", Meter(world.store, world.switches, now=lambda: now[0], chance=lambda: 0.5))
    model.mode = "500"
    first = await added(world, own, model, "first")
    await added(world, own, second, "next")
    for _ in range(metering.IN_A_ROW + 3):
        assert (await ask(world, own))[0].model == "next"
    assert len(model.bodies) == metering.IN_A_ROW
    asked = (await ask(world, own))[1]
    assert asked[0].failed.startswith("unreachable: first is not asked until ")
    assert asked[0].request == {}
    assert "failed 5 times in a row: The model's server answered 500" in world.meter.tells(own.org, first)
    now[0] += metering.PAUSE + 1
    await ask(world, own)
    assert len(model.bodies) == metering.IN_A_ROW + 1, "one call tried it"
    now[0] += metering.PAUSE + 1
    await ask(world, own)
    assert len(model.bodies) == metering.IN_A_ROW + 1, "the pause is twice as long now"
    now[0] += metering.PAUSE
    model.mode, model.latency = "ok", 0.2
    both = await asyncio.gather(ask(world, own), ask(world, own))
    assert sorted(reply.model for reply, _ in both) == ["first", "next"], "only one call tries it"
    assert world.meter.tells(own.org, first) == ""


async def test_a_server_that_asks_for_time_gets_it(world: World, own: Shop, model: StubModel) -> None:
    model.mode = "429"
    await added(world, own, model, "first")
    for _ in range(3):
        with pytest.raises(ModelFailed):
            await ask(world, own)
    assert len(model.bodies) == 1


async def test_what_one_process_finds_out_others_know(world: World, own: Shop, model: StubModel, settings: Settings) -> None:
    """Breakers and counts go through the store."""
    model.mode = "500"
    first = await added(world, own, model, "first", price_in=2.0, price_out=10.0)
    for _ in range(metering.IN_A_ROW):
        with pytest.raises(ModelFailed):
            await ask(world, own)
    await world.meter.write_down()
    async with live(settings) as other:
        await other.meter.refresh(own.org)
        assert "5 times in a row" in other.meter.tells(own.org, first)
        model.mode = "ok"
        await chain.try_out(other, own.owner, first.id)  # an admin may ask it all the same
        assert other.meter.tells(own.org, first) == ""
        reply, _ = await ask(other, own)
        await other.meter.write_down()
    await world.meter.refresh(own.org)
    assert world.meter.tells(own.org, first) == ""
    now = await model_settings.current(world, own.owner)
    [used] = now.history
    assert (used["calls"], used["failures"]) == (metering.IN_A_ROW + 2, metering.IN_A_ROW)
    assert now.tokens == used["tokens_in"] + used["tokens_out"] > reply.prompt_tokens + reply.completion_tokens
    assert now.money == pytest.approx((2 * used["tokens_in"] + 10 * used["tokens_out"]) / 1e6)


async def test_a_spent_budget_asks_nobody_and_the_team_is_told_once(world: World, own: Shop, model: StubModel, settings: Settings) -> None:
    await added(world, own, model, "first")
    await model_settings.set_budget(world, own.owner, Budget(tokens=12))
    while True:
        try:
            await ask(world, own)
        except ModelFailed as failure:
            assert failure.kind == "spent"
            break
    asked = len(model.bodies)
    for _ in range(3):
        await world.meter.write_down()
        with pytest.raises(ModelFailed, match="today's budget is spent"):
            await ask(world, own)
    async with live(settings) as other:
        with pytest.raises(ModelFailed, match="today's budget is spent"):
            await ask(other, own)
    assert len(model.bodies) == asked
    assert await reached(world, own.org) == [100]
    await model_settings.set_budget(world, own.owner, Budget(tokens=0))
    await ask(world, own)


async def reached(world: World, org: OrgId) -> list[int]:
    async with world.store.tx(org) as tx:
        rows = await (await tx.execute("select detail from audit where org_id = %s and verb = 'models.budget_reached'", (org,))).fetchall()
    return [row["detail"]["share"] for row in rows]


async def test_counts_survive_what_comes_while_they_are_written(world: World, own: Shop, model: StubModel) -> None:
    await added(world, own, model, "first")
    await asyncio.gather(*(ask(world, own) for _ in range(20)), *(world.meter.write_down() for _ in range(5)))
    await world.meter.write_down()
    assert [row["calls"] for row in (await model_settings.current(world, own.owner)).history] == [20]


@pytest.mark.parametrize("then", Then)
async def test_a_turn_without_budget_is_quoted_or_goes_to_people_and_replays_the_same(client: Client, world: World, own: Shop, then: Then) -> None:
    article = await learning.save(world, own.org, title="Returns", body="You can return an unused lamp within 30 days of delivery.", language="en")
    await learning.publish(world, own.org, article.id)
    await model_settings.set_budget(world, own.owner, Budget(tokens=1, then=then))
    await chain.try_out(world, own.owner, OPERATOR)
    session = (await client.post("/api/chat/sessions", headers=own.bearer, json={})).json()["id"]
    body = {"sender": {"type": "contact"}, "message": {"type": "text", "text": "How long can I return an unused lamp?"}}
    data = (await client.post(f"/api/chat/sessions/{session}/send", headers=own.bearer, json=body)).json()["data"]
    [turn] = (await client.get(f"/api/chat/sessions/{session}/inspect", headers=own.bearer)).json()["turns"]
    assert data["sessionIsHandedOff"] is (then is Then.HAND_OFF)
    assert ("30 days" in data["autopilotResponse"]["value"]["content"]) is (then is Then.QUOTE)
    assert any(note.startswith("spent: ") for note in turn["notes"])
    assert turn["asked"] == []
    again = (await client.post(f"/api/chat/sessions/{session}/turns/{turn['id']}/replay", headers=own.bearer)).json()
    assert again["same"] is True, again


async def test_the_api_sets_everything_and_shows_no_key(client: Client, world: World, own: Shop, model: StubModel, second: StubModel) -> None:
    one = (await client.post("/api/models", headers=own.bearer, json={"url": model.url, "model": "a", "key": "sk-hidden"})).json()
    two = (await client.post("/api/models", headers=own.bearer, json={"url": second.url, "model": "b", "wire": "responses", "price_in": 1, "price_out": 2})).json()
    assert (one["has_key"], two["has_key"]) == (True, False)
    assert (await client.put("/api/models/order", headers=own.bearer, json={"ids": [two["id"], one["id"]]})).status_code == 204
    assert (await client.put("/api/models/uses", headers=own.bearer, json={"uses": {"translate": [one["id"]]}})).status_code == 204
    assert (await client.put("/api/models/budget", headers=own.bearer, json={"tokens": 5_000, "then": "hand_off"})).status_code == 204
    assert (await client.post(f"/api/models/{two['id']}/test", headers=own.bearer)).json()["said"] == "Yes."
    shown = (await client.get("/api/models", headers=own.bearer)).json()
    assert [each["model"] for each in shown["items"]] == ["b", "a", "stub"]
    assert shown["uses"] == {"answer": [two["id"], one["id"]], "classify": [two["id"], one["id"]], "summarise": [two["id"], one["id"]], "translate": [one["id"]], "what-if": [two["id"], one["id"]]}
    budget = (await client.get("/api/models/budget", headers=own.bearer)).json()
    assert (budget["tokens"], budget["then"]) == (5_000, "hand_off")
    assert 0 < budget["share"] < 1
    [used] = (await client.get("/api/models/usage", headers=own.bearer)).json()["items"]
    assert (used["name"], used["purpose"], used["calls"]) == ("b", "answer", 1)
    assert (await client.put(f"/api/models/{one['id']}", headers=own.bearer, json={"url": model.url, "model": "c"})).json()["has_key"] is True
    assert (await client.delete(f"/api/models/{one['id']}", headers=own.bearer)).status_code == 204
    assert (await client.post(f"/api/models/{one['id']}/restore", headers=own.bearer)).json()["model"] == "c"
    second.mode = "500"
    failed = await client.post(f"/api/models/{two['id']}/test", headers=own.bearer)
    assert (failed.status_code, failed.json()["message"]) == (502, "The model's server answered 500 (server_error).")
    assert (await client.post("/api/models/nobody/test", headers=own.bearer)).status_code == 404
    assert (await client.post("/api/models", headers=own.bearer, json={"url": "ftp://x", "model": "a"})).status_code == 400
    assert "sk-hidden" not in json.dumps(shown)


async def test_doctor_asks_every_model(world: World, own: Shop, model: StubModel, second: StubModel, settings: Settings) -> None:
    await added(world, own, second, "first")
    assert await doctor._answers(world, own.org, chain.operator(world)) == (["first", "stub"], [])
    assert (len(second.bodies), len(model.bodies)) == (1, 1)
    second.mode = "500"
    [silent] = (await doctor._answers(world, own.org, None))[1]
    assert silent == f"first at {second.url} gave no answer: The model's server answered 500 (server_error). Check Settings › Language model."
    with pytest.raises(Misconfigured, match="first at "):
        await doctor._language_models(settings)
