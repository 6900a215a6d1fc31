"""Rehearsals where a language model answers: what it said then is taken as long as it would be asked the same, and it is asked anew only on an admin's word, within the day's budget."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from bench.stub_model import StubModel, quote_first_passage
from glassine.rules import guarding
from glassine.story.behaviour import rehearsing
from glassine.story.boundary import boundaries
from glassine.story.knowledge import learning, training
from glassine.story.models import model_settings
from glassine.story.models.model_settings import Given
from glassine.story.world import World
from glassine.words.autopilot import Topic, Topics
from glassine.words.errors import Refused
from glassine.words.ids import SessionId, new_id
from glassine.words.models import Budget
from glassine.words.rehearsals import End, Proposal, Rehearsal, RehearsalId, State, Verdict
from glassine.words.scenarios import Fields, ScenarioKind
from tests.shop import Shop, founded_shop

SETTINGS = {"llm_model": "stub", "llm_timeout": 5.0}
Client = httpx2.AsyncClient
LAMP = "How long do I have to return an unused lamp?"
THIRTY = "You can return an unused lamp within 30 days of delivery."
LEGAL = Topics(hands_off=(Topic(name="returning a lamp", examples=(LAMP, "Can I send my lamp back?")),))


@pytest.fixture(autouse=True)
def well(model: StubModel) -> Iterator[None]:
    model.mode, model.answer = "ok", quote_first_passage
    yield


@pytest_asyncio.fixture
async def store(world: World) -> Shop:
    shop = await founded_shop(world, "Paper & Glass", f"owner{new_id().hex[:8]}@paper.example")
    await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Returns", body=f"{THIRTY} The refund takes five working days.", language="en")).id)
    return shop


async def asked(client: Client, shop: Shop, text: str = LAMP) -> SessionId:
    session = (await client.post("/api/chat/sessions", headers=shop.bearer, json={})).json()["id"]
    await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json={"message": {"type": "text", "text": text}})
    return SessionId(UUID(session))


async def rehearsed(world: World, shop: Shop, proposal: Proposal) -> Rehearsal:
    return await finished(world, shop, (await rehearsing.begin(world, shop.owner, proposal)).id)


async def finished(world: World, shop: Shop, id: RehearsalId) -> Rehearsal:
    while (await rehearsing.one(world, shop.owner, id)).state is State.RUNNING:
        await rehearsing.run(world, shop.org, id)
    return await rehearsing.one(world, shop.owner, id)


async def scenario(world: World, shop: Shop, content: str, *, verbatim: bool = False) -> Proposal:
    kind = ScenarioKind.SPECIFIC if verbatim else ScenarioKind.BEHAVIORAL
    fields = Fields(title="Lamps", content=content, triggers=(LAMP,) if verbatim else (), verbatim=verbatim)
    return Proposal(scenario=(await training.create(world, shop.owner, fields, kind=kind)).id)


async def test_rules_are_tried_with_what_the_model_said_then(client: Client, world: World, store: Shop, model: StubModel) -> None:
    await asked(client, store)
    calls, model.answer = model.calls, "Something else altogether [1]."
    found = await rehearsed(world, store, Proposal(parts={"topics": LEGAL.written()}))
    assert (found.tally.moves, model.calls) == (((End.ANSWER, End.HANDOFF, 1),), calls)
    await boundaries.switch(world, store.owner, "what-if", on=False)  # nobody is asked, so it does not matter
    found = await rehearsed(world, store, Proposal(parts={"handoff": {"level": "balanced"}}))
    assert (found.tally.of(Verdict.SAME), model.calls) == (1, calls)
    await boundaries.switch(world, store.owner, "what-if", on=True)


async def test_a_stricter_check_needs_the_model_where_it_would_write_again(client: Client, world: World, store: Shop, model: StubModel) -> None:
    await asked(client, store)
    calls = model.calls
    strict = guarding.written(guarding.checked(promised=("return*",), backed=1.0, answer=0.5, suggest=0.4))
    model.answer = "You may bring back lamps that nobody used [1]."  # as it was then it passes; what the model would say now, nobody knows
    await asked(client, store)
    found = await rehearsed(world, store, Proposal(parts={"guard": strict}))
    assert (found.tally.of(Verdict.SAME), found.tally.of(Verdict.UNKNOWN)) == (1, 1)
    assert model.calls == calls + 1  # the customer's own
    assert found.tally.tokens_in > 100


async def test_a_handoff_that_would_be_answered_counts_as_an_answer_of_the_model(client: Client, world: World, store: Shop, model: StubModel) -> None:
    await rehearsing.publish(world, store.owner, (await rehearsed(world, store, Proposal(parts={"topics": LEGAL.written()}))).id)
    await asked(client, store)
    calls = model.calls
    found = await rehearsed(world, store, Proposal(parts={"topics": Topics().written()}))
    assert (found.tally.moves, model.calls) == (((End.HANDOFF, End.MODEL, 1),), calls)
    await rehearsing.ask_models(world, store.owner, found.id)
    found = await finished(world, store, found.id)
    assert (found.tally.moves, model.calls) == (((End.HANDOFF, End.ANSWER, 1),), calls + 1)
    async with world.store.tx(store.org) as tx:
        rows = await (await tx.execute("select purpose, allowed from crossings where purpose = 'what-if'")).fetchall()
    assert rows == [{"purpose": "what-if", "allowed": True}]


async def test_a_scenario_is_asked_for_only_on_an_admins_word(client: Client, world: World, store: Shop, model: StubModel) -> None:
    await asked(client, store)
    calls = model.calls
    found = await rehearsed(world, store, await scenario(world, store, "Always end with a wish for a nice day."))
    assert (found.tally.of(Verdict.UNKNOWN), model.calls) == (1, calls)
    costs = await rehearsing.costs(world, store.owner, found)
    assert costs.tokens > 100
    assert costs.model == "stub"
    model.answer = f"{THIRTY} [1] Have a nice day!"
    await rehearsing.ask_models(world, store.owner, found.id)
    found = await finished(world, store, found.id)
    assert found.tally.moves == ((End.ANSWER, End.ANSWER, 1),)
    [case] = await rehearsing.cases(world, store.owner, found.id, [Verdict.DIFFERS])
    assert case.case.after and "Have a nice day!" in case.case.after.outcome
    assert "wish for a nice day" in str(model.bodies[-1])
    await rehearsing.publish(world, store.owner, found.id)
    assert (await training.listing(world, store.owner))[0][0].live


async def test_fixed_words_of_a_scenario_need_no_model(client: Client, world: World, store: Shop, model: StubModel) -> None:
    await asked(client, store)
    calls = model.calls
    found = await rehearsed(world, store, await scenario(world, store, "Lamps come back in their box.", verbatim=True))
    assert (found.tally.moves, model.calls) == (((End.ANSWER, End.ANSWER, 1),), calls)


async def test_another_draft_than_the_one_that_was_tried_is_not_published(client: Client, world: World, store: Shop) -> None:
    await asked(client, store)
    proposal = await scenario(world, store, "Be short.")
    found = await rehearsed(world, store, proposal)
    await training.edit(world, store.owner, proposal.scenario, {"content": "Be long."})  # type: ignore[arg-type]  # it was made above
    with pytest.raises(Refused, match="Somebody else has changed this scenario"):
        await rehearsing.publish(world, store.owner, found.id)


async def test_other_models_answer_what_reached_one(client: Client, world: World, store: Shop, model: StubModel) -> None:
    one = await model_settings.add(world, store.owner, Given(name="Small", url=model.url, model="small", price_in=2.0, price_out=8.0))
    two = await model_settings.add(world, store.owner, Given(name="Large", url=model.url, model="large", price_in=20.0, price_out=80.0))
    await model_settings.set_uses(world, store.owner, {"answer": [one.id]})
    await asked(client, store)
    found = await rehearsed(world, store, Proposal(models=(two.id,)))
    costs = await rehearsing.costs(world, store.owner, found)
    assert (found.tally.of(Verdict.UNKNOWN), costs.model) == (1, "Large")
    assert costs.money and costs.money > 0.001
    await rehearsing.ask_models(world, store.owner, found.id)
    found = await finished(world, store, found.id)
    assert model.bodies[-1]["model"] == "large"
    assert found.tally.of(Verdict.SAME) == 1  # it said the same
    await rehearsing.publish(world, store.owner, found.id)
    assert (await model_settings.current(world, store.owner)).own_uses["answer"] == [two.id]


@pytest.mark.parametrize("trouble", ["budget", "switch", "model"])
async def test_it_stops_and_says_why_and_goes_on(client: Client, world: World, store: Shop, model: StubModel, trouble: str) -> None:
    await asked(client, store)
    found = await rehearsed(world, store, await scenario(world, store, "Be short."))
    await rehearsing.ask_models(world, store.owner, found.id)
    if trouble == "budget":
        await model_settings.set_budget(world, store.owner, Budget(tokens=1))
        world.meter._known.clear()
        await world.meter.write_down()
    elif trouble == "switch":
        await boundaries.switch(world, store.owner, "what-if", on=False)
    else:
        model.mode = "500"
    found = await finished(world, store, found.id)
    assert (found.state, found.tally.of(Verdict.WAITING)) == (State.STOPPED, 1), found.why
    assert {"budget": "budget is spent", "switch": "switched off", "model": "500"}[trouble] in found.why
    await mended(world, store, model)
    await rehearsing.go_on(world, store.owner, found.id)
    assert (await finished(world, store, found.id)).state is State.READY


async def mended(world: World, store: Shop, model: StubModel) -> None:
    await model_settings.set_budget(world, store.owner, Budget())
    await boundaries.switch(world, store.owner, "what-if", on=True)
    model.mode = "ok"


async def test_the_page_and_the_api_tell_the_same(client: Client, world: World, store: Shop) -> None:
    await asked(client, store)
    body: dict[str, Any] = {"topics": {"hands_off": [{"name": "returning a lamp", "examples": [LAMP]}]}, "sessions": 20}
    answer = await client.post("/api/autopilot/rehearsals", headers=store.bearer, json=body)
    assert answer.status_code == 202, answer.text
    id = RehearsalId(UUID(answer.json()["id"]))
    await finished(world, store, id)
    told = (await client.get(f"/api/autopilot/rehearsals/{id}", headers=store.bearer)).json()
    assert told["says"] == "This would change 1 of 1 conversation: 1 answer becomes a handoff."
    assert (told["state"], told["moves"]) == ("ready", [{"before": "answer", "after": "handoff", "count": 1}])
    [case] = (await client.get(f"/api/autopilot/rehearsals/{id}/conversations", headers=store.bearer)).json()["items"]
    assert case["with_the_change"]["end"] == "handoff"
    assert THIRTY in case["as_it_is"]["outcome"]
    published = await client.post(f"/api/autopilot/rehearsals/{id}/publish", headers=store.bearer)
    assert published.json() == {"version": 1}
    assert (await client.post(f"/api/autopilot/rehearsals/{id}/drop", headers=store.bearer)).status_code == 409
    for wrong in ({}, {"guard": {"answer": 3}}, {"topics": {}, "sessions": 0}, {"handoff": {"level": "custom", "triggers": {"days": 99}}}):
        assert (await client.post("/api/autopilot/rehearsals", headers=store.bearer, json=wrong)).status_code == 400, wrong
