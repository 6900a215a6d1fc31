"""What if: one thing of an earlier turn is changed, both outcomes stand side by side, and nothing of it reaches the customer or the session."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from bench.stub_model import StubModel, quote_first_passage
from glassine.story.behaviour import autopilot
from glassine.story.boundary import boundaries
from glassine.story.inspection import what_if
from glassine.story.knowledge import learning
from glassine.story.privacy import previewing
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.ids import SessionId, TurnId
from glassine.words.knowledge import Article
from glassine.words.people import Role
from glassine.words.sessions import Autopilot, ChannelKind
from glassine.words.what_if import QUOTING, Change
from tests.office import colleague
from tests.shop import Shop

SETTINGS = {"llm_model": "stub", "llm_timeout": 5.0}

Client = httpx2.AsyncClient
QUESTION = "My mail is ada@example.com. How long do I have to return an unused lamp?"
THIRTY, SIXTY = "You can return an unused lamp within 30 days of delivery.", "You can return an unused lamp within 60 days of delivery."


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def articles(world: World, shop: Shop) -> dict[str, Article]:
    texts = {"Returns": THIRTY + " The refund takes five working days.", "Shipping": "A parcel takes three days. We ship to Portugal and Spain.", "Lamps": "A lamp needs a bulb of 7 watts."}
    return {title: await learning.publish(world, shop.org, (await learning.save(world, shop.org, title=title, body=body, language="en")).id) for title, body in texts.items()}


@pytest.fixture(autouse=True)
def well(model: StubModel, articles: dict[str, Article]) -> None:
    model.mode, model.answer = "ok", quote_first_passage


async def asked(client: Client, shop: Shop, text: str = QUESTION) -> tuple[SessionId, TurnId]:
    session = (await client.post("/api/chat/sessions", headers=shop.bearer, json={})).json()["id"]
    await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json={"message": {"type": "text", "text": text}})
    [turn] = (await client.get(f"/api/chat/sessions/{session}/inspect", headers=shop.bearer)).json()["turns"]
    return SessionId(UUID(session)), TurnId(UUID(turn["id"]))


async def state(world: World, shop: Shop, session: SessionId) -> list[Any]:
    """Everything of a session that could have been written."""
    found = []
    async with world.store.tx(shop.org) as tx:
        for table in ("events", "turns", "vault", "sessions"):
            column = "id" if table == "sessions" else "session_id"
            found.append(await (await tx.execute(f"select to_jsonb(t) - 'crossings' as row from {table} t where {column} = %s order by 1", (session,))).fetchall())
    return found


@pytest.mark.parametrize(("change", "kinds"), [
    (Change(instructions="Answer in one sentence."), ("prompt",)), (Change(model="another"), ("model",)), (Change(model=QUOTING), ("model",)),
    (Change(autopilot=Autopilot.OFF), ("rule",)), (Change(autopilot=Autopilot.ASSIST, instructions="Be short."), ("rule", "prompt")),
])  # fmt: skip
async def test_nothing_is_stored_in_the_session(client: Client, world: World, shop: Shop, change: Change, kinds: tuple[str, ...]) -> None:
    session, turn = await asked(client, shop)
    before = await state(world, shop, session)
    found = await what_if.ask(world, shop.owner, session, turn, change)
    assert found.changed == kinds
    assert await state(world, shop, session) == before
    line = (await previewing.audit_log(world, shop.owner, only="inspections"))[0]
    assert (line["verb"], line["detail"]) == ("inspect.what_if", {"session": str(session), "changed": list(kinds)})


async def test_an_article_that_is_left_out_is_not_found(client: Client, world: World, shop: Shop, articles: dict[str, Article]) -> None:
    session, turn = await asked(client, shop)
    found = await what_if.ask(world, shop.owner, session, turn, Change(article=articles["Returns"].id))
    assert "Returns" in found.before.found
    assert "Returns" not in found.after.found
    assert found.before.said == THIRTY
    assert THIRTY not in found.after.said
    assert not found.same


async def test_an_article_with_another_text_is_answered_from_it(client: Client, world: World, shop: Shop, articles: dict[str, Article], model: StubModel) -> None:
    session, turn = await asked(client, shop)
    found = await what_if.ask(world, shop.owner, session, turn, Change(article=articles["Returns"].id, text=f"# Returns\n\n{SIXTY} Keep the box."))
    assert found.before.said == THIRTY
    assert found.after.said == SIXTY
    assert [piece.text.strip() for piece in found.pieces if piece.kind != "same"] == ["30", "60"]
    assert SIXTY in str(model.bodies[-1])
    assert (await learning.article(world, shop.org, articles["Returns"].id)).body.startswith(THIRTY)


async def test_instructions_reach_the_model_masked_and_under_a_purpose_of_their_own(client: Client, world: World, shop: Shop, model: StubModel) -> None:
    session, turn = await asked(client, shop)
    calls = model.calls
    found = await what_if.ask(world, shop.owner, session, turn, Change(instructions="Say hello to ada@example.com and to bob.stone@example.org first."))
    assert model.calls == calls + 1
    sent = str(model.bodies[-1])
    assert "8. Say hello to [EMAIL_1] and to [EMAIL] first." in sent
    assert "example.com" not in sent
    assert "example.org" not in sent
    assert any("Say hello" in piece.text for piece in found.prompt)
    async with world.store.tx(shop.org) as tx:
        rows = await (await tx.execute("select purpose, allowed from crossings where session_id = %s order by created_at", (session,))).fetchall()
    assert [(row["purpose"], row["allowed"]) for row in rows] == [("model", True), ("what-if", True)]


async def test_another_model_is_asked_at_the_same_address(client: Client, world: World, shop: Shop, model: StubModel) -> None:
    session, turn = await asked(client, shop)
    model.answer = "You have ninety days [1]."
    found = await what_if.ask(world, shop.owner, session, turn, Change(model="larger"))
    assert model.bodies[-1]["model"] == "larger"
    assert found.after.model == "larger"
    assert found.before.model == "stub"


async def test_without_a_model_the_threshold_decides(client: Client, world: World, shop: Shop, model: StubModel) -> None:
    session, turn = await asked(client, shop)
    calls = model.calls
    quoted = await what_if.ask(world, shop.owner, session, turn, Change(model=QUOTING))
    strict = await what_if.ask(world, shop.owner, session, turn, Change(model=QUOTING, answer_from=1.0))
    assert model.calls == calls
    assert not quoted.asked
    assert THIRTY in quoted.after.said
    assert THIRTY not in strict.after.said


async def test_a_turn_that_handed_off_can_be_asked_what_it_would_have_answered(client: Client, world: World, shop: Shop) -> None:
    await autopilot.set_mode(world, shop.owner, ChannelKind.API, Autopilot.OFF)
    try:
        session, turn = await asked(client, shop)
    finally:
        await autopilot.set_mode(world, shop.owner, ChannelKind.API, Autopilot.ON)
    found = await what_if.ask(world, shop.owner, session, turn, Change(autopilot=Autopilot.ON))
    assert found.before.outcome.startswith("Hand off to the team: autopilot_off")
    assert found.after.said == THIRTY


async def test_a_boundary_that_is_shut_asks_nobody(client: Client, world: World, shop: Shop, model: StubModel) -> None:
    session, turn = await asked(client, shop)
    await boundaries.switch(world, shop.owner, "what-if", on=False)
    calls = model.calls
    try:
        found = await what_if.ask(world, shop.owner, session, turn, Change(instructions="Be short."))
    finally:
        await boundaries.switch(world, shop.owner, "what-if", on=True)
    assert model.calls == calls
    assert any("switched off" in note for note in found.after.notes)


async def test_something_must_be_changed_by_somebody_who_may(client: Client, world: World, shop: Shop) -> None:
    session, turn = await asked(client, shop)
    with pytest.raises(Refused, match="Change something first"):
        await what_if.ask(world, shop.owner, session, turn, Change())
    viewer = await colleague(world, shop.owner, Role.VIEWER, "Vera View")
    with pytest.raises(Refused, match="role"):
        await what_if.ask(world, viewer, session, turn, Change(model=QUOTING))


async def test_over_the_api(client: Client, world: World, shop: Shop, articles: dict[str, Article]) -> None:
    session, turn = await asked(client, shop)
    at = f"/api/chat/sessions/{session}/turns/{turn}/what-if"
    answer = await client.post(at, headers=shop.bearer, json={"article_id": str(articles["Returns"].id), "text": SIXTY})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["changed"], body["same"], body["model_asked"]) == (["source"], False, True)
    assert body["as_it_was"]["said"] == THIRTY
    assert body["what_if"]["said"] == SIXTY
    for wrong in ({}, {"answer_from": 2}, {"autopilot": "sometimes"}):
        assert (await client.post(at, headers=shop.bearer, json=wrong)).status_code == 400
