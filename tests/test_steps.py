"""Turns that call actions: look up, then act, with the customer's yes in between; each call once, whatever crashes, overtakes or is said twice."""

from __future__ import annotations

import asyncio
import html
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from bench.stub_model import StubModel, asks, told
from bench.stub_wires import Body, Says
from glassine.config import Settings
from glassine.story import conversations, desk, house, turn
from glassine.story.actions import acting, definitions
from glassine.story.knowledge import learning
from glassine.story.world import World
from glassine.words.actions import Action, ActionId, CallState, Parameter, Policy, Where
from glassine.words.ids import SessionId, new_id
from glassine.words.sessions import OwnerKind
from tests.office import signed_in
from tests.shop import Shop
from tests.vendors import Request, Response, Vendor, vendor

Client = httpx2.AsyncClient
YES, NO = "Yes, do it", "No, leave it"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def api() -> AsyncIterator[Vendor]:
    async with vendor(orders) as running:
        yield running


def orders(request: Request) -> Response:
    """A shop with one order, which can be looked up, and cancelled."""
    answer: dict[str, Any] = {"order": "W-1", "status": "packed", "total": 40}
    if request.method == "POST":
        answer = {"order": "W-1", "status": "cancelled", "refund": 40}
    return Response(body=json.dumps(answer).encode(), headers={"Content-Type": "application/json"})


@pytest.fixture(scope="module")
def settings(database_url: str, home: Path, model: StubModel, api: Vendor) -> Settings:
    return Settings(home=home, database_url=database_url, llm_model="stub", llm_url=model.url, allow_private=(api.url,))


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def made(world: World, shop: Shop, api: Vendor) -> dict[str, Action]:
    number = Parameter(name="order", where=Where.PATH, schema={"type": "string"}, required=True)
    every = [
        Action(id=ActionId(new_id()), name="get_order", title="Look an order up", description="Looks an order up by its number.", method="GET", url=f"{api.url}/orders/{{order}}", parameters=(number,), reads=True, policy=Policy(channels=())),
        Action(id=ActionId(new_id()), name="cancel_order", title="Cancel an order", description="Cancels an order that was not sent yet.", method="POST", url=f"{api.url}/orders/{{order}}/cancel", parameters=(number,), policy=Policy(channels=(), confirm=True)),
        Action(id=ActionId(new_id()), name="note_order", title="Add a note", description="Adds a note to an order, at once.", method="POST", url=f"{api.url}/orders/{{order}}/notes", parameters=(number,), policy=Policy(channels=())),
    ]  # fmt: skip
    await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Returns", body="You can return an unused lamp within 30 days.", language="en")).id)
    return {one.name: await definitions.create(world, shop.owner, one) for one in every}


@pytest.fixture(autouse=True)
def well(model: StubModel, api: Vendor) -> None:
    """Looks up what is asked for, cancels what is to be cancelled, and tells what it was told."""
    api.answer = orders
    api.seen.clear()
    model.script = [
        (lambda body: 'new="yes"' in str(body["messages"][1]["content"]), "Order W-1 is cancelled, and 40 comes back to you."),
        (asks("Where is"), Says(calls=(("get_order", {"order": "W-1"}),))),
        (asks("Please cancel"), Says(calls=(("get_order", {"order": "W-1"}),))),
        (lambda body: told("packed")(body) and "Please cancel" in str(body), Says(calls=(("cancel_order", {"order": "W-1"}),))),
        (told("packed"), "Your order W-1 is packed."),
        (told(""), "I could not do that. Which order do you mean?"),
    ]
    model.answer, model.mode = "HANDOFF: no", "ok"


async def begun(client: Client, shop: Shop) -> str:
    return str((await client.post("/api/chat/sessions", headers=shop.bearer, json={})).json()["id"])


async def says(client: Client, shop: Shop, session: str, text: str) -> dict[str, Any]:
    body = {"sender": {"type": "contact"}, "message": {"type": "text", "text": text}}
    data: dict[str, Any] = (await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json=body)).json()["data"]
    return data


def words(data: dict[str, Any]) -> str:
    return str(data["autopilotResponse"]["value"]["content"])


async def newest(client: Client, shop: Shop, session: str) -> dict[str, Any]:
    turns = (await client.get(f"/api/chat/sessions/{session}/inspect", headers=shop.bearer)).json()["turns"]
    return dict(turns[-1])


async def states(world: World, shop: Shop, session: str) -> list[CallState]:
    return [call.state for call in await acting.calls_of(world, shop.org, SessionId(UUID(session)))]


def sent(api: Vendor, method: str) -> list[str]:
    return [request.target for request in api.seen if request.method == method]


async def test_it_looks_up_and_answers_from_what_it_heard(client: Client, shop: Shop, model: StubModel, api: Vendor) -> None:
    session, before = await begun(client, shop), model.calls
    data = await says(client, shop, session, "Where is my order W-1?")
    assert words(data) == "Your order W-1 is packed."
    assert (model.calls - before, sent(api, "GET")) == (2, ["/orders/W-1"])
    seen = await newest(client, shop, session)
    assert seen["reasons"] == ["action_answered"]


async def test_a_plain_answer_costs_one_call_and_offers_what_there_is(client: Client, shop: Shop, model: StubModel, api: Vendor) -> None:
    model.answer = "You can return an unused lamp within 30 days [1]."
    session, before = await begun(client, shop), model.calls
    data = await says(client, shop, session, "How long can I return an unused lamp?")
    assert words(data) == "You can return an unused lamp within 30 days."
    assert model.calls - before == 1
    assert sorted(tool["function"]["name"] for tool in model.bodies[-1]["tools"]) == ["cancel_order", "collect_input", "get_order", "hand_off_to_team", "note_order", "resolve_conversation"]
    assert api.seen == []


async def test_the_customer_is_asked_in_our_words_says_yes_and_hears_what_came_of_it(client: Client, shop: Shop, model: StubModel, api: Vendor, world: World) -> None:
    session = await begun(client, shop)
    asked = await says(client, shop, session, "Please cancel my order W-1.")
    assert words(asked) == "I can do this for you:\n\n```\nCancel an order\nOrder: W-1\n```\n\nShall I go ahead?"
    assert sent(api, "POST") == []
    assert await states(world, shop, session) == [CallState.DONE, CallState.CONFIRM]
    done = await says(client, shop, session, "Yes, please!")
    assert words(done) == "Order W-1 is cancelled, and 40 comes back to you."
    assert sent(api, "POST") == ["/orders/W-1/cancel"]
    assert await states(world, shop, session) == [CallState.DONE, CallState.DONE]
    assert (await newest(client, shop, session))["reasons"] == ["action_answered"]


async def test_a_no_does_nothing_and_costs_no_model(client: Client, shop: Shop, model: StubModel, api: Vendor, world: World) -> None:
    session = await begun(client, shop)
    await says(client, shop, session, "Please cancel my order W-1.")
    before = model.calls
    assert words(await says(client, shop, session, NO)) == "All right, nothing was done. Is there anything else?"
    assert (model.calls, sent(api, "POST")) == (before, [])
    assert await states(world, shop, session) == [CallState.DONE, CallState.DECLINED]


@pytest.mark.parametrize("text", ["Yes, but only if it is free", "yes and refund me 500 as well", "I would say yes to a lamp", "ok, and where is the refund policy?"])
async def test_what_says_more_than_yes_lets_it_wait(client: Client, shop: Shop, api: Vendor, world: World, text: str, model: StubModel) -> None:
    session = await begun(client, shop)
    await says(client, shop, session, "Please cancel my order W-1.")
    model.script, model.answer = [], "Which order do you mean?"
    await says(client, shop, session, text)
    assert sent(api, "POST") == []
    assert await states(world, shop, session) == [CallState.DONE, CallState.CONFIRM]
    assert 'state="confirm"' in model.bodies[-1]["messages"][1]["content"]
    await says(client, shop, session, "yes")  # to the question back, not to the call
    assert sent(api, "POST") == []


async def test_yes_said_twice_at_once_runs_once(client: Client, shop: Shop, api: Vendor, world: World) -> None:
    session = await begun(client, shop)
    await says(client, shop, session, "Please cancel my order W-1.")
    await asyncio.gather(says(client, shop, session, YES), says(client, shop, session, YES))
    for _ in range(100):
        if (await states(world, shop, session))[-1] is CallState.DONE:
            break
        await asyncio.sleep(0.05)
    assert sent(api, "POST") == ["/orders/W-1/cancel"]


async def test_without_a_model_a_yes_still_counts_and_is_told_in_our_words(client: Client, shop: Shop, api: Vendor, model: StubModel) -> None:
    session = await begun(client, shop)
    await says(client, shop, session, "Please cancel my order W-1.")
    model.mode = "500"
    assert words(await says(client, shop, session, YES)) == "This has been done:\n\n```\nCancel an order\nOrder: W-1\n```"
    assert sent(api, "POST") == ["/orders/W-1/cancel"]


async def test_what_the_guard_refuses_does_not_hide_what_was_done(client: Client, shop: Shop, api: Vendor, model: StubModel) -> None:
    session = await begun(client, shop)
    await says(client, shop, session, "Please cancel my order W-1.")
    model.script, model.answer = [], "It is cancelled, and you get 999 back."
    assert words(await says(client, shop, session, YES)).startswith("This has been done:")


async def test_a_crash_after_the_call_does_not_call_again(client: Client, shop: Shop, api: Vendor, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await begun(client, shop)
    await says(client, shop, session, "Please cancel my order W-1.")

    async def dies(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    settle = turn.settle
    monkeypatch.setattr(turn, "settle", dies)
    data = await says(client, shop, session, YES)
    assert "autopilotResponse" not in data
    monkeypatch.setattr(turn, "settle", settle)
    settled = await turn.take_turn(world, shop.org, SessionId(UUID(session)))
    assert settled.said is not None
    assert settled.said.text == "Order W-1 is cancelled, and 40 comes back to you."
    assert sent(api, "POST") == ["/orders/W-1/cancel"]


async def test_what_waits_ends_when_a_person_takes_over_and_a_yes_runs_nothing(client: Client, shop: Shop, api: Vendor, world: World) -> None:
    session = await begun(client, shop)
    await says(client, shop, session, "Please cancel my order W-1.")
    await desk.take_over(world, shop.owner, SessionId(UUID(session)))
    assert await states(world, shop, session) == [CallState.DONE, CallState.EXPIRED]
    await says(client, shop, session, YES)
    assert sent(api, "POST") == []


async def test_what_waits_ends_when_the_session_is_closed_or_handed_off(client: Client, shop: Shop, api: Vendor, world: World) -> None:
    for text in ("I want to talk to a person, please", None):
        session = await begun(client, shop)
        await says(client, shop, session, "Please cancel my order W-1.")
        if text:
            await says(client, shop, session, text)
        else:
            await client.patch(f"/api/chat/sessions/{session}", headers=shop.bearer, json={"status": "closed_resolved"})
        assert (await states(world, shop, session))[-1] is CallState.EXPIRED
    assert sent(api, "POST") == []


async def test_all_ai_switched_off_while_a_call_waits_means_it_never_runs(client: Client, shop: Shop, api: Vendor, world: World) -> None:
    session = await begun(client, shop)
    await says(client, shop, session, "Please cancel my order W-1.")
    await house.change(world, shop.owner, ai_off=True)
    try:
        data = await says(client, shop, session, YES)
        assert data["sessionIsHandedOff"] is True
    finally:
        await house.change(world, shop.owner, ai_off=False)
    assert sent(api, "POST") == []
    assert (await states(world, shop, session))[-1] is CallState.EXPIRED


async def test_a_model_that_never_stops_wanting_is_stopped(client: Client, shop: Shop, api: Vendor, model: StubModel) -> None:
    model.script, model.answer = [], lambda body: Says(calls=(("get_order", {"order": f"W-{len(body['messages'])}"}),))
    session, before = await begun(client, shop), model.calls
    data = await says(client, shop, session, "Where is everything?")
    assert data["sessionIsHandedOff"] is True
    assert model.calls - before == 4
    assert len(sent(api, "GET")) == 3


async def test_the_same_call_again_is_answered_from_what_was_heard_and_an_unknown_one_in_words(client: Client, shop: Shop, api: Vendor, model: StubModel) -> None:
    steps: list[Body] = []

    def answer(body: Body) -> Says:
        steps.append(body)
        return [Says(calls=(("get_order", {"order": "W-1"}), ("get_order", {"order": "W-1"}))), Says(calls=(("get_order", {"order": "W-1"}), ("open_sesame", {}))), Says(text="Your order W-1 is packed.")][len(steps) - 1]

    model.script, model.answer = [], answer
    session = await begun(client, shop)
    assert words(await says(client, shop, session, "Where is it?")) == "Your order W-1 is packed."
    heard = [message["content"] for message in steps[-1]["messages"] if message["role"] == "tool"]
    assert len(sent(api, "GET")) <= 2
    assert "called already" in heard[2]
    assert "There is no action called open_sesame here." in heard[3]


async def test_reads_run_beside_each_other_and_writes_one_after_another(client: Client, shop: Shop, api: Vendor, model: StubModel) -> None:
    running, most, order = {"GET": 0, "POST": 0}, {"GET": 0, "POST": 0}, list[str]()

    async def answer(request: Request) -> Response:
        running[request.method] += 1
        most[request.method] = max(most[request.method], running[request.method])
        order.append(request.target)
        for _ in range(20):
            await asyncio.sleep(0.01)
            if request.method == "GET" and running["GET"] == 3:
                break
        running[request.method] -= 1
        return orders(request)

    api.answer = answer
    reads, writes = [("get_order", {"order": f"W-{n}"}) for n in range(3)], [("note_order", {"order": f"N-{n}"}) for n in range(2)]
    model.script, model.answer = [(asks("Do it all"), Says(calls=(*reads, *writes)))], "Your order W-1 is packed."
    session = await begun(client, shop)
    await says(client, shop, session, "Do it all.")
    assert most == {"GET": 3, "POST": 1}
    assert order[3:] == ["/orders/N-0/notes", "/orders/N-1/notes"]


async def test_a_message_that_overtakes_a_turn_keeps_it_from_writing(client: Client, shop: Shop, api: Vendor, model: StubModel, world: World) -> None:
    def answer(body: Body) -> Says:
        if "Add a note" in str(body["messages"][1]["content"]).rsplit("<message>", 1)[-1]:
            return Says(calls=(("note_order", {"order": "W-1"}),))
        return Says(text="Which order do you mean?")

    model.script, model.answer, model.latency = [], answer, 0.4
    session = await begun(client, shop)
    try:
        first = asyncio.create_task(says(client, shop, session, "Add a note to my order."))
        await asyncio.sleep(0.2)
        await says(client, shop, session, "Stop, do nothing yet.")
        await first
    finally:
        model.latency = 0.0
    assert sent(api, "POST") == []
    assert (await conversations.session(world, shop.org, SessionId(UUID(session)))).owner.kind is OwnerKind.AI


async def test_a_replay_takes_what_was_called_as_it_was_and_comes_out_the_same(client: Client, shop: Shop, api: Vendor, model: StubModel) -> None:
    session = await begun(client, shop)
    for text in ("Where is my order W-1?", "Please cancel my order W-1.", YES, "Please cancel my order W-1 again.", "Where is my order now?"):
        await says(client, shop, session, text)
    turns = (await client.get(f"/api/chat/sessions/{session}/inspect", headers=shop.bearer)).json()["turns"]
    asked, called = model.calls, len(api.seen)
    for one in turns:
        found = (await client.post(f"/api/chat/sessions/{session}/turns/{one['id']}/replay", headers=shop.bearer)).json()
        assert found["same"] is True, [step for step in found["steps"] if step["verdict"] == "differs"]
    assert len(turns) == 5
    assert (model.calls, len(api.seen)) == (asked, called)
    assert "actions" in [step["name"] for step in found["steps"]]


async def test_what_if_calls_nothing_and_hears_what_was_heard_then(client: Client, shop: Shop, api: Vendor, model: StubModel) -> None:
    session = await begun(client, shop)
    for text in ("Where is my order W-1?", "Please cancel my order W-1.", YES):
        await says(client, shop, session, text)
    turns = (await client.get(f"/api/chat/sessions/{session}/inspect", headers=shop.bearer)).json()["turns"]
    called = len(api.seen)
    for one, expected in zip(turns, ("Your order W-1 is packed.", "I can do this for you:", "Order W-1 is cancelled"), strict=True):
        found = await client.post(f"/api/chat/sessions/{session}/turns/{one['id']}/what-if", headers=shop.bearer, json={"instructions": "Be brief."})
        assert found.json()["what_if"]["said"].startswith(expected), found.text
    model.script, model.answer = [(told(""), "Your order W-1 is packed.")], Says(calls=(("get_order", {"order": "W-9"}),))
    found = await client.post(f"/api/chat/sessions/{session}/turns/{turns[0]['id']}/what-if", headers=shop.bearer, json={"instructions": "Be brief."})
    assert "on trial" in model.bodies[-2]["messages"][-1]["content"], "the last one asks to write it again: nothing was heard that it could rest on"
    assert len(api.seen) == called


async def test_inspect_shows_every_call_with_what_the_model_was_told(client: Client, shop: Shop, api: Vendor, world: World) -> None:
    session = await begun(client, shop)
    await says(client, shop, session, "Please cancel my order W-1.")
    await says(client, shop, session, YES)
    turns = (await client.get(f"/api/chat/sessions/{session}/inspect", headers=shop.bearer)).json()["turns"]
    async with signed_in(world, shop.owner) as desk_:
        pages = [(await desk_.get(f"/inbox/sessions/{session}/turns/{one['id']}")).text for one in turns]
    asked, done = map(html.unescape, pages)
    assert f"POST {api.url}/orders/{{order}}/cancel" in asked
    assert "Waits for the customer's yes" in asked
    assert '<answer>\n' in asked
    assert '"status":"packed"' in asked
    assert "Done, HTTP 200" in done
    assert '"status":"cancelled"' in done
