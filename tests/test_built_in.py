"""What Glassine does itself when a model asks for it: under the organisation's rules, with words that the guard has passed, and nothing that a text could talk it into."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio

from bench.stub_model import StubModel, asks
from bench.stub_wires import Says
from glassine.rules.calling import built_in as rules
from glassine.rules.calling.arguments import Unfilled
from glassine.story import contacts, conversations
from glassine.story.actions import acting, built_in
from glassine.story.behaviour import autopilot, handoffs
from glassine.story.contacts import Identity
from glassine.story.exchange import Sent, exchange
from glassine.story.inbound import open_session
from glassine.story.inspection import inspecting, replaying, what_if
from glassine.story.knowledge import learning
from glassine.story.world import World
from glassine.words.actions import BuiltIn, Call, CallState
from glassine.words.channels import Inbound
from glassine.words.errors import NotFound, Refused
from glassine.words.handoffs import Level
from glassine.words.ids import SessionId
from glassine.words.replays import Verdict
from glassine.words.sessions import ChannelKind, EventType, Status
from glassine.words.what_if import Change
from tests.office import signed_in
from tests.shop import Shop

SETTINGS = {"llm_model": "stub", "llm_timeout": 20.0}
_FORM = {"title": "Your order", "fields": [{"label": "Order number", "type": "text"}, {"label": "E-mail", "type": "email"}, {"label": "Gift", "type": "yes_no"}]}
_ARTICLE = "You can return an unused lamp within 30 days of delivery."


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def article(world: World, shop: Shop) -> None:
    await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Returns", body=_ARTICLE, language="en")).id)


@pytest.fixture(autouse=True)
def well(model: StubModel) -> None:
    model.answer, model.mode, model.script = "HANDOFF: no", "ok", ()


async def begun(world: World, shop: Shop, *, verified: bool = False) -> SessionId:
    given = Identity(email=f"ada.{uuid4().hex}@example.com") if verified else Identity()
    contact = await contacts.create(world, shop.org, given, verified=verified)
    return (await open_session(world, shop.org, contact.id, ChannelKind.WEB, external_id=uuid4(), language="en", verified=verified)).id


async def says(world: World, shop: Shop, session: SessionId, text: str, **more: Any) -> Sent:
    return await exchange(world, shop.org, session, Inbound(external_id=uuid4(), text=text, **more))


async def calls(world: World, shop: Shop, session: SessionId) -> list[Call]:
    return await acting.calls_of(world, shop.org, session)


def wants(name: str, **arguments: Any) -> Says:
    return Says(calls=((name, arguments),))


@asynccontextmanager
async def ruled(world: World, shop: Shop, name: str, **fields: Any) -> AsyncIterator[None]:
    """With another rule for one of them, for as long as it is wanted."""
    _, number = await built_in.change(world, shop.owner, name, **fields)
    try:
        yield
    finally:
        await autopilot.undo(world, shop.owner, number)


async def replayed(world: World, shop: Shop, session: SessionId) -> set[Verdict]:
    turn = await inspecting.newest(world, shop.owner, session)
    return {step.verdict for step in (await replaying.replay(world, shop.owner, session, turn)).steps}


# -- handing off -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("reason", "becomes"), [("asked", "user_requested_human_assistance"), ("cannot_help", "insufficient_knowledge")])
async def test_a_model_hands_off_with_its_reason(world: World, shop: Shop, model: StubModel, reason: str, becomes: str) -> None:
    model.answer = wants("hand_off_to_team", reason=reason, why="The lamp hums.")
    session = await begun(world, shop)
    assert (await says(world, shop, session, "The lamp makes a noise.")).handed_off
    handoff = next(event for event in await conversations.timeline(world, shop.org, session) if event.type is EventType.HANDOFF)
    assert handoff.payload["reasons"] == [becomes]
    assert handoff.payload["evidence"] == ["the AI: “The lamp hums.”"]
    [call] = await calls(world, shop, session)
    assert (call.name, call.state) == ("hand_off_to_team", CallState.DONE)
    assert await replayed(world, shop, session) <= {Verdict.SAME, Verdict.GIVEN}
    turn = await inspecting.newest(world, shop.owner, session)
    again = await what_if.ask(world, shop.owner, session, turn, Change(instructions="Be kind."))
    assert becomes in again.after.outcome


async def test_the_level_of_handoff_decides_whether_it_is_one(world: World, shop: Shop, model: StubModel) -> None:
    model.answer = wants("hand_off_to_team", reason="asked", why="They want somebody.")
    book = await handoffs.set_rules(world, shop.owner, Level.AI_ONLY)
    try:
        assert not (await says(world, shop, await begun(world, shop), "The lamp makes a noise.")).handed_off
    finally:
        await autopilot.undo(world, shop.owner, book.number)


async def test_what_is_switched_off_is_not_offered(world: World, shop: Shop, model: StubModel) -> None:
    async with ruled(world, shop, "hand_off_to_team", on=False):
        await says(world, shop, await begun(world, shop), "The lamp makes a noise.")
        assert {tool["function"]["name"] for tool in model.bodies[-1]["tools"]} == {"collect_input", "resolve_conversation"}


# -- asking in a form ------------------------------------------------------------------------------------------------------------------


async def test_a_form_is_filled_in_masked_and_the_question_goes_on(client: httpx2.AsyncClient, world: World, shop: Shop, model: StubModel) -> None:
    model.script = [
        (lambda body: 'new="yes"' in str(body["messages"][1]["content"]), "You can return an unused lamp within 30 days of delivery [1]."),
        (asks("lamp"), wants("collect_input", **_FORM)),
    ]
    session = await begun(world, shop)
    sent = await says(world, shop, session, "How long can I return an unused lamp?")
    assert "Your order" in sent.text
    [waits] = await calls(world, shop, session)
    assert waits.state is CallState.FORM
    at = f"/api/chat/sessions/{session}/calls/{waits.id}"
    missing = await client.post(at, headers=shop.bearer, json={"form": {"order_number": "W-1"}})
    assert missing.status_code == 400
    done = await client.post(at, headers=shop.bearer, json={"form": {"order_number": "W-1", "e_mail": "grace@example.org"}})
    assert done.json()["state"] == "done"
    await world.rest(20)
    [settled] = await calls(world, shop, session)
    assert json.loads(settled.seen) == {"Order number": "W-1", "E-mail": "[EMAIL_1]"}
    log = await conversations.timeline(world, shop.org, session)
    assert log[-1].text == "You can return an unused lamp within 30 days of delivery."
    assert "grace@example.org" not in str(model.bodies)
    assert "[EMAIL_1]" in str(model.bodies[-1])
    assert "<passage" in str(model.bodies[-1]), "the question is looked up"
    assert await replayed(world, shop, session) <= {Verdict.SAME, Verdict.GIVEN}


@pytest.mark.parametrize(("title", "label", "why"), [
    ("Your order", "Password", "never asked for passwords"), ("Your card number, please", "Number", "never asked for passwords"), ("PIN", "x", "never asked for passwords"),
    ("Get your 500 € back", "Name", "No cited passage gives the amount 500 €"), ("We guarantee it", "Name", "It promises “guarantee”"), ("See https://evil.example", "Name", "The link https://evil.example"),
])  # fmt: skip
async def test_no_form_asks_for_secrets_or_says_what_no_source_says(world: World, shop: Shop, model: StubModel, title: str, label: str, why: str) -> None:
    model.answer = wants("collect_input", title=title, fields=[{"label": label, "type": "text"}])
    session = await begun(world, shop)
    assert "Fill" not in (await says(world, shop, session, "How long can I return an unused lamp?")).text
    [first, *_] = await calls(world, shop, session)
    assert first.state is CallState.REFUSED
    assert why in first.why
    assert title not in str(await conversations.timeline(world, shop.org, session))


@pytest.mark.parametrize("fields", [[], [{"label": "x", "type": "text"}] * 9, [{"label": "x", "type": "file"}], ["x"], [{"type": "text"}], "x", None, [{"label": "", "type": "text"}], [{"label": 3, "type": "text"}]])
async def test_a_form_that_is_none_is_refused(world: World, shop: Shop, model: StubModel, fields: Any) -> None:
    model.answer = wants("collect_input", title="Your order", fields=fields)
    session = await begun(world, shop)
    await says(world, shop, session, "How long can I return an unused lamp?")
    assert {call.state for call in await calls(world, shop, session)} == {CallState.REFUSED}


def test_fields_of_one_label_keep_apart() -> None:
    made = rules.shaped(rules.action(BuiltIn.COLLECT, rules.DEFAULTS[BuiltIn.COLLECT]), {"title": "x", "fields": [{"label": "Title", "type": "text"}, {"label": "Títle!", "type": "text"}, {"label": "title", "type": "date"}]})
    assert len({one.name for one in made.parameters}) == 5
    with pytest.raises(Unfilled):
        rules.shaped(made, {"title": "x", "fields": [{"label": "Your one-time code", "type": "text"}]})


# -- closing ---------------------------------------------------------------------------------------------------------------------------


async def test_it_closes_after_the_customers_yes(world: World, shop: Shop, model: StubModel) -> None:
    model.script = [(lambda body: 'new="yes"' in str(body["messages"][1]["content"]), "Glad to hear it."), (asks("solved"), wants("resolve_conversation"))]
    session = await begun(world, shop)
    assert "Close the conversation as solved" in (await says(world, shop, session, "That has solved my problem with the lamp")).text
    assert (await conversations.session(world, shop.org, session)).open
    await says(world, shop, session, "Yes")
    now = await conversations.session(world, shop.org, session)
    assert (now.status, now.ai_closure_type) == (Status.CLOSED_RESOLVED, "resolved")
    log = await conversations.timeline(world, shop.org, session)
    assert log[-1].type is EventType.AI_DECIDED_TO_RESOLVE_THE_ISSUE
    assert await replayed(world, shop, session) <= {Verdict.SAME, Verdict.GIVEN}


async def test_a_no_keeps_it_open(world: World, shop: Shop, model: StubModel) -> None:
    model.answer = wants("resolve_conversation")
    session = await begun(world, shop)
    await says(world, shop, session, "That has solved my problem with the lamp")
    await says(world, shop, session, "No")
    assert (await conversations.session(world, shop.org, session)).open


async def test_whoever_writes_again_keeps_it_open(world: World, shop: Shop, model: StubModel) -> None:
    """The call was made, and its turn was overtaken: the next words answer another message."""
    model.answer = wants("resolve_conversation")
    session = await begun(world, shop)
    await says(world, shop, session, "That has solved my problem with the lamp")
    [waits] = await calls(world, shop, session)
    await acting.go_on(world, shop.org, session, waits.id)
    model.answer = "You can return an unused lamp within 30 days of delivery [1]."
    await says(world, shop, session, "Wait, how long can I return an unused lamp?")
    assert (await conversations.session(world, shop.org, session)).open


# -- e-mail and rating -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def mail_is_set(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as anybody can tell; the mailer keeps what it is given."""
    monkeypatch.setattr(world, "settings", replace(world.settings, smtp_url="smtp://mail.example:587"))


@pytest.mark.usefixtures("mail_is_set")
async def test_an_email_goes_to_the_customers_own_address_after_their_yes(world: World, shop: Shop, model: StubModel) -> None:
    model.script = [(lambda body: 'new="yes"' in str(body["messages"][1]["content"]), "It is on its way."), (asks("mail"), wants("send_email", subject="Returns", text=_ARTICLE))]
    async with ruled(world, shop, "send_email", on=True):
        session, before = await begun(world, shop, verified=True), len(world.mail.kept)
        asked = await says(world, shop, session, "Please mail me how long I can return an unused lamp.")
        assert _ARTICLE in asked.text, "the customer reads it first"
        assert len(world.mail.kept) == before
        await says(world, shop, session, "Yes")
    [message] = list(world.mail.kept)[before:]
    assert message["Subject"] == "Returns"
    assert str(message["To"]).startswith("ada.")
    assert message.get_content().startswith(_ARTICLE)
    assert str(message["To"]) not in str(model.bodies)


@pytest.mark.usefixtures("mail_is_set")
@pytest.mark.parametrize("text", ["You can return it within 90 days.", "Pay at https://evil.example/pay.", "We promise a refund of 20 €.", "Write to eve@evil.example.", "Your address is [EMAIL_1]."])
async def test_no_email_says_what_no_source_says(world: World, shop: Shop, model: StubModel, text: str) -> None:
    model.answer = wants("send_email", subject="Returns", text=text)
    async with ruled(world, shop, "send_email", on=True, confirm=False):
        session, before = await begun(world, shop, verified=True), len(world.mail.kept)
        await says(world, shop, session, "Please mail me how long I can return an unused lamp.")
    assert {call.state for call in await calls(world, shop, session)} == {CallState.REFUSED}
    assert len(world.mail.kept) == before


@pytest.mark.usefixtures("mail_is_set")
async def test_an_email_is_offered_only_where_the_address_is_known_for_certain(world: World, shop: Shop, model: StubModel) -> None:
    offered: list[bool] = []
    async with ruled(world, shop, "send_email", on=True):
        for verified in (True, False):
            await says(world, shop, await begun(world, shop, verified=verified), "How long can I return an unused lamp?")
            offered.append("send_email" in {tool["function"]["name"] for tool in model.bodies[-1]["tools"]})
    assert offered == [True, False]


async def test_a_rating_is_asked_for_once(world: World, shop: Shop, model: StubModel) -> None:
    model.script = [(lambda body: body["messages"][-1]["role"] == "tool", "You can return an unused lamp within 30 days of delivery [1].")]
    model.answer = wants("request_rating")
    async with ruled(world, shop, "request_rating", on=True):
        session = await begun(world, shop)
        await says(world, shop, session, "How long can I return an unused lamp?")
        await says(world, shop, session, "Until when may I return a lamp I did not use?")
    log = await conversations.timeline(world, shop.org, session)
    assert [event.type for event in log].count(EventType.CSAT_REQUESTED) == 1
    assert [call.state for call in await calls(world, shop, session)] == [CallState.DONE, CallState.REFUSED]


# -- the page and the API --------------------------------------------------------------------------------------------------------------


async def test_the_page_switches_and_rules(world: World, shop: Shop) -> None:
    async with signed_in(world, shop.owner) as admin:
        page = (await admin.get("/actions/built-in")).text
        assert "Close the conversation as solved is on. Switch it off" in page
        assert "Send an e-mail is off. Switch it on" in page
        assert "Send an e-mail is on." in await admin.act("/actions/built-in/send_email", on="yes")
        await admin.act("/actions/built-in/send_email", do="rules", approve="yes", per_contact_a_day="2")
        rule = (await built_in.rules(world, shop.owner))[BuiltIn.EMAIL]
        assert (rule.on, rule.confirm, rule.approve, rule.per_contact_a_day) == (True, False, True, 2)
        refused = await admin.post("/actions/built-in/send_email", do="rules", per_contact_a_day="many")
        assert refused.status_code == 400
        assert (await admin.post("/actions/built-in/nothing", on="yes")).status_code == 404
    for _ in range(2):
        await autopilot.undo(world, shop.owner, (await autopilot.history(world, shop.owner, limit=2))[1 if _ else 0].number)


async def test_the_api_lists_and_changes_them(client: httpx2.AsyncClient, world: World, shop: Shop) -> None:
    items = (await client.get("/api/actions/built-in", headers=shop.bearer)).json()["items"]
    assert [item["name"] for item in items] == [str(one) for one in BuiltIn]
    changed = await client.patch("/api/actions/built-in/request_rating", headers=shop.bearer, json={"on": True, "limit_per_contact_a_day": 1})
    assert (changed.json()["on"], changed.json()["limit_per_contact_a_day"]) == (True, 1)
    wrong = await client.patch("/api/actions/built-in/hand_off_to_team", headers=shop.bearer, json={"approve": True})
    assert wrong.status_code == 400
    assert (await client.patch("/api/actions/built-in/nothing", headers=shop.bearer, json={"on": True})).status_code == 404
    await client.patch("/api/actions/built-in/request_rating", headers=shop.bearer, json={"on": False, "limit_per_contact_a_day": 3})
    with pytest.raises(NotFound):
        await built_in.change(world, shop.owner, "nothing", on=True)
    with pytest.raises(Refused):
        await built_in.change(world, shop.owner, "send_email", per_contact_a_day=-1)
