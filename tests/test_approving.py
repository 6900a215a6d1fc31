"""A call that waits for the team: told to those who decide, decided once by who may, run with the values that were shown, and the customer hears of it."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest
from httpx2 import AsyncClient

from glassine.store import calls as stored
from glassine.store import vault
from glassine.story import notices
from glassine.story.actions import acting, approving, definitions
from glassine.story.world import World
from glassine.words.actions import Action, Call, CallState, Parameter, Policy, Where
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import SessionId, new_id
from glassine.words.people import Role
from tests.companies import action, api, call, refund, session, store
from tests.office import colleague, signed_in
from tests.shop import Shop
from tests.vendors import Vendor

__all__ = ["api", "store"]  # the fixtures


async def asked(world: World, store: Shop, api: Vendor, **policy: Any) -> tuple[SessionId, Call, Action]:
    """A refund that waits for the team; the turn that asked for it is over."""
    made = await definitions.create(world, store.owner, refund(api, name="refund_order", policy=Policy(approve=True, **policy)))
    id = await session(world, store)
    waits = await call(world, store, id, made, {"order_id": "W-1", "amount": 5, "email": "[EMAIL_1]"})
    async with world.store.tx(store.org) as tx:
        await tx.execute("delete from jobs where kind = 'take_turn' and ref = %s", (id,))
        await tx.execute("update sessions set settled_seq = last_user_seq where id = %s", (id,))
    return id, waits, made


async def queued(world: World, store: Shop, kind: str) -> list[UUID]:
    async with world.store.tx(store.org) as tx:
        return [row["ref"] for row in await (await tx.execute("select ref from jobs where kind = %s and org_id = %s", (kind, store.org))).fetchall()]


async def test_a_call_waits_until_a_person_agrees_and_runs_with_the_values_shown(world: World, store: Shop, api: Vendor) -> None:
    id, waits, _ = await asked(world, store, api)
    assert (waits.state, api.seen) == (CallState.APPROVAL, [])
    assert [(each.call.id, each.call.says) for each in await approving.waiting(world, store.owner)] == [(waits.id, waits.says)]
    assert await queued(world, store, "notify_approval") == [waits.id]
    done = await approving.decide(world, store.owner, id, waits.id, yes=True, reason="Ada is right")
    assert (done.state, done.by_name, json.loads(api.seen[0].body)) == (CallState.DONE, store.owner.name, {"amount": 5, "email": "ada@example.com"})
    assert await queued(world, store, "take_turn") == [id], "the customer hears of it"
    assert await approving.waiting(world, store.owner) == []
    async with world.store.tx(store.org) as tx:
        lines = await vault.audit_page(tx, store.org)
        notes = await (await tx.execute("select text from events where session_id = %s and type = 'agent_comment'", (id,))).fetchall()
    assert [row["detail"]["name"] for row in lines if row["verb"] == "actions.approve"] == ["refund_order"]
    assert [row["text"] for row in notes] == ["Approved refund_order: [NAME_1] is right"] or [row["text"] for row in notes] == ["Approved refund_order: Ada is right"]


async def test_values_that_are_stored_masked_run_as_they_were_shown(world: World, store: Shop, api: Vendor) -> None:
    """A list of numbers in one text looks like telephone numbers to the store; the shop that gets it must see its numbers."""
    text = Parameter(name="item_ids", where=Where.BODY, schema={"type": "string"}, required=True)
    made = await definitions.create(world, store.owner, action(api, "/orders/exchange", text, name="exchange_items", method="POST", reads=False, policy=Policy(confirm=True)))
    id = await session(world, store)
    items = '["7706410293", "4648362606"]'
    waits = await call(world, store, id, made, {"item_ids": items})
    assert waits.state is CallState.CONFIRM
    assert "7706410293" not in str(waits.arguments)
    done = await acting.go_on(world, store.org, id, waits.id)
    assert done.state is CallState.DONE, done.why
    assert json.loads(api.seen[0].body) == {"item_ids": items}


async def test_a_no_runs_nothing_and_the_customer_hears_of_it_too(world: World, store: Shop, api: Vendor) -> None:
    id, waits, _ = await asked(world, store, api)
    declined = await approving.decide(world, store.owner, id, waits.id, yes=False)
    assert (declined.state, api.seen, await queued(world, store, "take_turn")) == (CallState.DECLINED, [], [id])


async def test_two_who_decide_at_once_run_it_once(world: World, store: Shop, api: Vendor) -> None:
    id, waits, _ = await asked(world, store, api)
    found = await asyncio.gather(*(approving.decide(world, store.owner, id, waits.id, yes=True) for _ in range(4)), return_exceptions=True)
    assert len(api.seen) == 1
    assert all(isinstance(each, Call) or (isinstance(each, Refused) and each.status == 409) for each in found), found
    with pytest.raises(Refused, match="was quicker"):
        await approving.decide(world, store.owner, id, waits.id, yes=False)


async def test_only_who_may_decides(world: World, store: Shop, api: Vendor) -> None:
    id, waits, _ = await asked(world, store, api, roles=("admin",))
    agent, viewer = [await colleague(world, store.owner, role, f"{role.value.title()} {new_id().hex[:6]}") for role in (Role.AGENT, Role.VIEWER)]
    for who, why in ((viewer, "role"), (agent, "Only admin can approve")):
        with pytest.raises(Refused, match=why) as fault:
            await approving.decide(world, who, id, waits.id, yes=True)
        assert fault.value.status == 403
    with pytest.raises(NotFound):
        await approving.decide(world, store.owner, await session(world, store), waits.id, yes=True)
    assert api.seen == []


async def test_nobody_decides_on_what_they_asked_for_themselves(world: World, store: Shop, api: Vendor) -> None:
    ada = await colleague(world, store.owner, Role.ADMIN, f"Ada{new_id().hex[:6]} L")
    made = await definitions.create(world, store.owner, refund(api, name="refund_order", policy=Policy(approve=True)))
    id = await session(world, store, verified=True)
    async with world.store.tx(store.org) as tx:
        await tx.execute("update people set email = 'Ada@Example.com' where id = %s", (ada.id,))
    waits = await call(world, store, id, made, {"order_id": "W-1", "amount": 5})
    with pytest.raises(Refused, match="your own conversation"):
        await approving.decide(world, ada, id, waits.id, yes=True)
    assert (await approving.decide(world, store.owner, id, waits.id, yes=True)).state is CallState.DONE


async def test_what_nobody_decides_on_expires(world: World, store: Shop, api: Vendor) -> None:
    id, waits, _ = await asked(world, store, api)
    async with world.store.tx(store.org) as tx:
        await tx.execute("update calls set expires_at = clock_timestamp() - interval '1 second' where id = %s", (waits.id,))
    with pytest.raises(Refused, match="does not wait"):
        await approving.decide(world, store.owner, id, waits.id, yes=True)
    async with world.store.tx(store.org) as tx:
        assert (await stored.load(tx, store.org, waits.id)).call.state is CallState.EXPIRED
    assert api.seen == []


async def test_those_who_decide_get_a_mail_without_a_value(world: World, store: Shop, api: Vendor) -> None:
    _, waits, _ = await asked(world, store, api)
    before = len(world.mail.kept)
    await notices.approval_waits(world, store.org, waits.id, f"notify_approval:{waits.id}")
    [sent] = list(world.mail.kept)[before:]
    text = sent.get_content()
    assert "refund_order" in text
    assert f"/inbox/sessions/{waits.session}" in text
    assert not any(word in text for word in ("ada", "W-1", "5."))
    await approving.decide(world, store.owner, waits.session, waits.id, yes=False)
    await notices.approval_waits(world, store.org, waits.id, f"notify_approval:{waits.id}")
    assert len(world.mail.kept) == before + 1, "nobody is asked for what is decided"


async def test_it_is_decided_in_the_conversation(world: World, store: Shop, api: Vendor) -> None:
    id, waits, _ = await asked(world, store, api)
    async with signed_in(world, store.owner) as owner:
        assert f'href="/inbox/sessions/{id}"' in (await owner.get("/actions/approvals")).text
        page = (await owner.get(f"/inbox/sessions/{id}")).text
        assert "The AI asks for refund_order" in page
        assert "ada@example.com" not in page
        assert (await owner.post(f"/inbox/sessions/{id}/calls/{waits.id}", do="maybe")).status_code == 400
        told = await owner.act(f"/inbox/sessions/{id}/calls/{waits.id}", do="approve", reason="")
        assert "Approved. Done." in told
        assert "The AI asks for refund_order" not in told
        assert "Nothing waits for approval" in (await owner.get("/actions/approvals")).text


async def test_it_is_decided_over_the_api(world: World, shop: Shop, client: AsyncClient, api: Vendor) -> None:
    made = await definitions.create(world, shop.owner, refund(api, name=f"refund_{new_id().hex[:8]}", policy=Policy(approve=True)))
    id = await session(world, shop)
    waits = await call(world, shop, id, made, {"order_id": "W-1", "amount": 5})
    listed = (await client.get("/api/approvals", headers=shop.bearer)).json()["items"]
    [one] = [each for each in listed if each["id"] == str(waits.id)]
    assert (one["action"], one["session_id"], one["says"]) == (made.name, str(id), waits.says)
    answer = await client.post(f"/api/approvals/{waits.id}", headers=shop.bearer, json={"decision": "approve", "reason": "fine"})
    assert (answer.status_code, answer.json()["state"]) == (200, "done")
    assert (await client.post(f"/api/approvals/{waits.id}", headers=shop.bearer, json={"decision": "decline"})).status_code == 409
    assert (await client.post(f"/api/approvals/{new_id()}", headers=shop.bearer, json={"decision": "decline"})).status_code == 404
    assert await acting.waiting(world, shop.org, id) is None
