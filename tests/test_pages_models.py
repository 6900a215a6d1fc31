"""Settings › Language model in the browser: adding and testing models, their order, what each is for, the budget; keys are written and never shown."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bench.stub_model import StubModel
from glassine.config import Settings
from glassine.story import house
from glassine.story.models import model_keys
from glassine.story.world import World
from glassine.words.models import Budget, endpoints
from glassine.words.people import Role
from tests.office import Browser, colleague, signed_in
from tests.shop import Shop

AT = "/settings/model"


@pytest.fixture(scope="module")
def settings(database_url: str, home: Path, model: StubModel) -> Settings:
    return Settings(home=home, database_url=database_url, allow_private=(f"127.0.0.1:{model.port}",))


@pytest.fixture(autouse=True)
def well(model: StubModel) -> None:
    model.mode, model.answer = "ok", "Here I am."


@pytest_asyncio.fixture(loop_scope="session")
async def admin(world: World, shop: Shop) -> AsyncIterator[Browser]:
    async with signed_in(world, shop.owner) as desk:
        yield desk
        for one in endpoints((await house.organization(world, shop.org)).settings):
            await desk.act(f"{AT}/{one.id}/remove")


async def added(world: World, shop: Shop, admin: Browser, model: StubModel, name: str, **more: str) -> str:
    """The id of a model that answers."""
    assert f"Saved. {name} answers." in await admin.act(AT, url=model.url, model=name, **more)
    return endpoints((await house.organization(world, shop.org)).settings)[-1].id


async def test_without_one_the_page_says_so(admin: Browser) -> None:
    page = (await admin.get(AT)).text
    assert "No model: answers are quoted" in page
    assert "None yet. Add one below" in page
    assert "What each is asked for" not in page


async def test_a_key_is_written_and_never_shown(world: World, shop: Shop, admin: Browser, model: StubModel) -> None:
    id = await added(world, shop, admin, model, "small-1", key="sk-very-secret")
    page = (await admin.get(f"{AT}?edit={id}")).text
    assert "A key is set. Type a new one to replace it" in page
    assert "sk-very-secret" not in page
    await admin.act(AT, id=id, url=model.url, model="small-1", key="")
    [one] = endpoints((await house.organization(world, shop.org)).settings)
    assert await model_keys.opened(world, shop.org, one.key) == "sk-very-secret"
    await admin.act(AT, id=id, url=model.url, model="small-1", forget="yes")
    assert endpoints((await house.organization(world, shop.org)).settings)[0].key == ""


@pytest.mark.parametrize(("wrong", "field"), [
    ({"model": ""}, "model"), ({"url": "file:///etc/passwd"}, "url"), ({"timeout": "soon"}, "timeout"), ({"timeout": "0.1"}, "timeout"), ({"price_in": "dear"}, "price"), ({"wire": "morse"}, "wire"),
])  # fmt: skip
async def test_a_wrong_field_says_so_beside_it_and_keeps_what_was_typed(admin: Browser, wrong: dict[str, str], field: str) -> None:
    answer = await admin.post(AT, **{"url": "https://models.example/v1", "model": "typed-1", "name": "My words", "wire": "openai", **wrong})
    assert answer.status_code == 400
    assert f'id="{field}-wrong" role="alert"' in answer.text
    assert 'value="My words"' in answer.text
    assert "None yet" in answer.text


async def test_one_that_does_not_answer_is_saved_and_said_to(admin: Browser, model: StubModel) -> None:
    model.mode = "500"
    page = (await admin.post(AT, url=model.url, model="ill-1")).text
    assert "ill-1 was saved, but it did not answer: The model&#39;s server answered 500" in page
    assert "Has not answered" in page


async def test_a_model_is_tested_again_at_any_time(world: World, shop: Shop, admin: Browser, model: StubModel) -> None:
    id = await added(world, shop, admin, model, "small-1")
    assert "small-1 answered: Here I am." in (await admin.swap(f"{AT}/{id}/test")).text
    model.mode = "500"
    told = (await admin.post(f"{AT}/{id}/test")).text
    assert 'class="say bad"' in told
    assert "handed off to the team" in told
    assert (await admin.post(f"{AT}/nobody/test")).status_code == 404


async def test_order_purposes_and_removing_with_undo(world: World, shop: Shop, admin: Browser, model: StubModel) -> None:
    first, second = await added(world, shop, admin, model, "first"), await added(world, shop, admin, model, "second", wire="anthropic")
    await admin.act(f"{AT}/order", id=second, way="up")
    assert [one.name for one in endpoints((await house.organization(world, shop.org)).settings)] == ["second", "first"]
    await admin.act(f"{AT}/order", id=second, way="up")  # it is the first already
    page = await admin.act(f"{AT}/uses", **{"translate-0": first, "translate-1": second, "answer-0": ""})
    assert re.search(rf'name="translate-1".*?<option value="{second}" selected>', page, re.DOTALL)
    assert dict((await house.organization(world, shop.org)).settings.model_uses) == {"translate": [first, second]}
    page = await admin.act(f"{AT}/{first}/remove")
    assert "Removed first." in page
    undo = re.search(rf'data-toast>.*action="({AT}/{first}/restore)"', page, re.DOTALL)
    assert undo
    assert "first is back." in await admin.act(undo[1])


async def test_the_budget_is_shown_with_its_history(world: World, shop: Shop, admin: Browser, model: StubModel) -> None:
    await added(world, shop, admin, model, "priced", price_in="2", price_out="8,5")
    await admin.act(f"{AT}/budget", tokens="30", money="0,5", then="hand_off")
    settings = (await house.organization(world, shop.org)).settings
    assert Budget.read(settings.model_budget) == Budget(tokens=30, money=0.5, then="hand_off")  # type: ignore[arg-type]  # an enum of texts
    page = html.unescape((await admin.get(AT)).text)
    assert "of 30 tokens" in page
    assert "Use of the last 30 days" in page
    for _ in range(5):
        await admin.post(f"{AT}/{endpoints(settings)[0].id}/test")
    page = html.unescape((await admin.get(AT)).text)
    assert "Today's budget is spent. Until midnight UTC conversations that need a model are handed off to your team." in " ".join(page.split())
    for wrong in ({"tokens": "many"}, {"tokens": "-1"}, {"money": "nan"}):
        answer = await admin.post(f"{AT}/budget", **wrong)
        assert answer.status_code == 400
        assert "Not saved." in answer.text
    await admin.act(f"{AT}/budget", tokens="", money="", then="quote")


async def test_agents_look_and_change_nothing(world: World, shop: Shop, admin: Browser, model: StubModel) -> None:
    id = await added(world, shop, admin, model, "small-1")
    async with signed_in(world, await colleague(world, shop.owner, Role.AGENT, "Alex Agent")) as agent:
        page = (await agent.get(AT)).text
        assert "Only admins change this" in page
        assert "Add a model" not in page
        for path in ("", "/order", "/uses", "/budget", f"/{id}/remove", f"/{id}/restore", f"/{id}/test"):
            assert (await agent.post(AT + path, url=model.url, model="x", id=id, way="down")).status_code == 403, path
