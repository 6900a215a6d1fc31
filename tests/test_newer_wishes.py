"""What becomes of a call that waits when the customer wants something else, takes it back, or the team says nothing in time: they read it, and inspect and replay show it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from bench.stub_model import StubModel, told
from bench.stub_wires import Body, Says
from bench.stub_wires import newest as last
from glassine.config import Settings
from glassine.story import turn, worker
from glassine.story.actions import acting, approving, definitions
from glassine.story.inspection import replaying
from glassine.story.world import World
from glassine.words.actions import REPLACED, TAKEN_BACK, UNDECIDED, Action, ActionId, Call, CallState, Parameter, Policy, Where
from glassine.words.errors import Refused
from glassine.words.ids import SessionId, TurnId, new_id
from tests.shop import Shop
from tests.test_steps import api, begun, newest, says, sent, words
from tests.vendors import Vendor

__all__ = ["api"]
Client = httpx2.AsyncClient


@pytest.fixture(scope="module")
def settings(database_url: str, home: Path, model: StubModel, api: Vendor) -> Settings:
    return Settings(home=home, database_url=database_url, llm_model="stub", llm_url=model.url, allow_private=(api.url,))


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def made(world: World, shop: Shop, api: Vendor) -> None:
    number = Parameter(name="order", where=Where.PATH, schema={"type": "string"}, required=True)
    for name, title, policy in (("cancel_order", "Cancel an order", Policy(channels=(), confirm=True)), ("refund_order", "Refund an order", Policy(channels=(), approve=True))):
        await definitions.create(world, shop.owner, Action(id=ActionId(new_id()), name=name, title=title, description="Does this to an order by its number.", method="POST", url=f"{api.url}/orders/{{order}}/{name}", parameters=(number,), policy=policy))


@pytest.fixture(autouse=True)
def well(model: StubModel, api: Vendor) -> None:
    api.seen.clear()
    model.script = [
        (wants("cancel W-1"), Says(calls=(("cancel_order", {"order": "W-1"}),))), (wants("cancel W-2"), Says(calls=(("cancel_order", {"order": "W-2"}),))),
        (wants("refund W-1"), Says(calls=(("refund_order", {"order": "W-1"}),))), (wants("both"), Says(calls=(("cancel_order", {"order": "W-1"}), ("cancel_order", {"order": "W-2"})))),
        (wants("Yes, of course I agree"), "Which order is it about?"), (wants("How are you"), "Which order is it about?"), (told(""), "Which order do you mean?"),
    ]
    model.answer, model.mode = "HANDOFF: no", "ok"


def wants(text: str) -> Callable[[Body], bool]:
    """For a script: what the customer says now, not what they said before."""
    return lambda body: last(body)[0] == "user" and text in last(body)[1].rpartition("<message>")[2]


async def calls(world: World, shop: Shop, session: str) -> list[Call]:
    return await acting.calls_of(world, shop.org, SessionId(UUID(session)))


async def same_again(world: World, shop: Shop, session: str, turn: dict[str, Any]) -> list[str]:
    """Which steps of a replay differ."""
    found = await replaying.replay(world, shop.owner, SessionId(UUID(session)), TurnId(UUID(turn["id"])))
    return [step.name for step in found.steps if step.verdict not in ("same", "given")]


async def test_a_newer_wish_takes_the_place_of_one_that_waits_for_a_yes(client: Client, shop: Shop, world: World, api: Vendor) -> None:
    session = await begun(client, shop)
    await says(client, shop, session, "Please cancel W-1")
    asked = await says(client, shop, session, "No wait, please cancel W-2 instead of it")
    first = "This will not be done, because you asked for something else:\n\n```\nCancel an order\nOrder: W-1\n```\n\n"
    assert words(asked) == f"{first}I can do this for you:\n\n```\nCancel an order\nOrder: W-2\n```\n\nShall I go ahead?"
    assert [(call.state, call.why) for call in await calls(world, shop, session)] == [(CallState.DECLINED, REPLACED), (CallState.CONFIRM, "")]
    seen = await newest(client, shop, session)
    assert seen["notes"] == ["cancel_order does not wait any more. The customer asked for something else instead."]
    assert await same_again(world, shop, session, seen) == []
    await says(client, shop, session, "Yes, do it")
    assert sent(api, "POST") == ["/orders/W-2/cancel_order"]


async def test_it_takes_the_place_of_one_that_waits_for_the_team_too_and_nobody_can_agree_to_that(client: Client, shop: Shop, world: World, api: Vendor) -> None:
    session = await begun(client, shop)
    await says(client, shop, session, "Please refund W-1")
    waits = (await calls(world, shop, session))[0]
    assert waits.id in [one.call.id for one in await approving.waiting(world, shop.owner)]
    assert "Refund an order" in words(await says(client, shop, session, "Please cancel W-2 then"))
    assert waits.id not in [one.call.id for one in await approving.waiting(world, shop.owner)]
    with pytest.raises(Refused, match="does not wait"):
        await approving.decide(world, shop.owner, SessionId(UUID(session)), waits.id, yes=True)
    assert sent(api, "POST") == []


async def test_the_same_wish_again_and_two_at_once_change_nothing(client: Client, shop: Shop, world: World) -> None:
    session = await begun(client, shop)
    await says(client, shop, session, "Please cancel W-1")
    await says(client, shop, session, "I said cancel W-1")
    assert [call.state for call in await calls(world, shop, session)] == [CallState.CONFIRM, CallState.REFUSED]
    other = await begun(client, shop)
    await says(client, shop, other, "Please do both")
    assert [call.state for call in await calls(world, shop, other)] == [CallState.CONFIRM]


async def test_a_question_in_between_leaves_what_waits(client: Client, shop: Shop, world: World) -> None:
    session = await begun(client, shop)
    await says(client, shop, session, "Please cancel W-1")
    await says(client, shop, session, "How are you getting on with this?")
    assert [call.state for call in await calls(world, shop, session)] == [CallState.CONFIRM]


async def test_the_customer_takes_back_what_waits_for_the_team(client: Client, shop: Shop, world: World, api: Vendor) -> None:
    session = await begun(client, shop)
    assert "Somebody from our team has to agree" in words(await says(client, shop, session, "Please refund W-1"))
    await says(client, shop, session, "Yes, of course I agree")
    [waits] = await calls(world, shop, session)
    assert waits.state is CallState.APPROVAL, "a customer's yes is not the team's"
    session = await begun(client, shop)
    await says(client, shop, session, "Please refund W-1")
    data = await says(client, shop, session, "Never mind")
    assert words(data) == "All right, nothing was done. Is there anything else?"
    [taken] = await calls(world, shop, session)
    assert (taken.state, taken.why, sent(api, "POST")) == (CallState.DECLINED, TAKEN_BACK, [])
    assert await same_again(world, shop, session, await newest(client, shop, session)) == []


async def test_what_the_team_did_not_decide_is_told_in_a_turn_of_its_own(client: Client, shop: Shop, world: World, model: StubModel, api: Vendor) -> None:
    session = await begun(client, shop)
    await says(client, shop, session, "Please refund W-1")
    [waits] = await calls(world, shop, session)
    async with world.store.tx(shop.org) as tx:
        await tx.execute("update calls set expires_at = clock_timestamp() - interval '1 second' where id = %s", (waits.id,))
    before = model.calls
    await worker.sweep(world)
    async with world.store.tx(shop.org) as tx:
        queued = await (await tx.execute("select ref from jobs where kind = 'take_turn' and org_id = %s", (shop.org,))).fetchall()
    assert [row["ref"] for row in queued] == [UUID(session)]
    settled = await turn.take_turn(world, shop.org, SessionId(UUID(session)))
    assert settled.said is not None
    assert settled.said.text.startswith("Nobody from our team has decided on this in time, so nothing was done:\n\n```\nRefund an order\nOrder: W-1\n```\n\nIf you still want it")
    seen = await newest(client, shop, session)
    assert (seen["reasons"], seen["notes"], model.calls - before) == (["action_expired"], [UNDECIDED], 0)
    assert await same_again(world, shop, session, seen) == []
    [ended] = await calls(world, shop, session)
    assert (ended.state, ended.why) == (CallState.EXPIRED, UNDECIDED)
    await worker.sweep(world)
    async with world.store.tx(shop.org) as tx:
        assert not await (await tx.execute("select from sessions where id = %s and settled_seq < last_user_seq", (UUID(session),))).fetchall(), "it is told once"
    assert sent(api, "POST") == []
