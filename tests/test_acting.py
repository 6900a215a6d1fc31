"""Calls of actions against a real server: the policy is kept whatever a model asks for, and what became of a call is told as it is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from glassine.store import calls as stored
from glassine.store import sessions, vault
from glassine.story.actions import acting, definitions, offering
from glassine.story.world import World
from glassine.words.actions import CallState, Filler, IdentityLevel, Limits, Parameter, Policy, Where
from glassine.words.errors import Refused
from glassine.words.ids import new_id
from glassine.words.people import Actor, ActorKind, Role
from tests.companies import TEXT, action, api, call, refund, said, session, store
from tests.shop import Shop
from tests.switched import off
from tests.vendors import Request, Response, Vendor

__all__ = ["api", "store"]  # the fixtures


async def reveals(world: World, store: Shop) -> list[Mapping[str, Any]]:
    async with world.store.tx(store.org) as tx:
        return [row["detail"] for row in await vault.audit_page(tx, store.org) if row["verb"] == "privacy.reveal"]


async def test_a_call_runs_and_only_what_is_shown_goes_on_masked(world: World, store: Shop, api: Vendor) -> None:
    made = await definitions.create(world, store.owner, action(api, shown=("status", "customer.email", "items.id")))
    api.answer = lambda _: said({"status": "sent", "secret": "margin 80 %", "customer": {"email": "bob@example.org", "tier": 3}, "items": [{"id": 9523456873}, {"id": 5}]})
    id = await session(world, store)
    done = await call(world, store, id, made, {"order_id": "W-1"})
    assert (done.state, done.status, api.seen[-1].target) == (CallState.DONE, 200, "/orders/W-1")
    assert json.loads(done.seen) == {"status": "sent", "customer": {"email": "[EMAIL_2]"}, "items": [{"id": "[PHONE_1]"}, {"id": 5}]}
    assert await acting.calls_of(world, store.org, id) == [done]
    assert await reveals(world, store) == []


async def test_what_a_host_has_told_it_may_hear_again_and_nothing_else(world: World, store: Shop, api: Vendor) -> None:
    made = await definitions.create(world, store.owner, action(api))
    api.answer = lambda _: said({"product": "9523456873"})
    id = await session(world, store)
    assert "[PHONE_1]" in (await call(world, store, id, made, {"order_id": "W-1"})).seen
    again = await call(world, store, id, made, {"order_id": "[PHONE_1]"})
    assert (again.state, api.seen[-1].target) == (CallState.DONE, "/orders/9523456873")
    refused = await call(world, store, id, made, {"order_id": "[EMAIL_1]"})
    assert (refused.state, len(api.seen)) == (CallState.REFUSED, 2)
    assert "does not take" in refused.why


async def test_a_masked_value_goes_back_only_into_the_parameter_that_takes_it(world: World, store: Shop, api: Vendor) -> None:
    made = await definitions.create(world, store.owner, refund(api))
    id = await session(world, store)
    done = await call(world, store, id, made, {"order_id": "W-1", "amount": 5, "email": "[EMAIL_1]"})
    assert (done.state, json.loads(api.seen[-1].body)) == (CallState.DONE, {"amount": 5, "email": "ada@example.com"})
    [looked] = await reveals(world, store)
    assert (looked["type"], looked["parameter"], looked["action"]) == ("email", "email", "refund")
    assert "ada@example.com" not in str(done)
    for given in ({"order_id": "[EMAIL_1]"}, {"order_id": "W-1", "email": "[EMAIL_9]"}, {"order_id": "W-1", "email": "eve@evil.example"}, {"order_id": "write to eve@evil.example"}, {"order_id": "W-1", "email": "[EMAIL]"}):
        assert (await call(world, store, id, made, given)).state is CallState.REFUSED, given
    assert len(api.seen) == 1
    assert "evil" not in str(await acting.calls_of(world, store.org, id))


@pytest.mark.parametrize("amount", [50.01, -1, "5", "1,000", [5], {"a": 5}, float("nan"), float("inf"), 1e308, True, None, 10**31])
async def test_no_amount_gets_past_its_limit(world: World, store: Shop, api: Vendor, amount: Any) -> None:
    made = await definitions.create(world, store.owner, refund(api, policy=Policy(limits=Limits(amount="amount", most=50))))
    id = await session(world, store)
    refused = await call(world, store, id, made, {"order_id": "W-1", **({} if amount is None else {"amount": amount})})
    assert (refused.state, api.seen) == (CallState.REFUSED, [])
    assert (await call(world, store, id, made, {"order_id": "W-1", "amount": 50})).state is CallState.DONE


async def test_parallel_calls_cannot_exceed_a_limit(world: World, store: Shop, api: Vendor) -> None:
    made = await definitions.create(world, store.owner, refund(api, policy=Policy(limits=Limits(a_day=3))))
    ids = [await session(world, store) for _ in range(4)]
    ended = await asyncio.gather(*(call(world, store, id, made, {"order_id": f"W-{n}"}) for id in ids for n in range(2)))
    assert sorted(one.state for one in ended) == [CallState.DONE] * 3 + [CallState.REFUSED] * 5
    assert len(api.seen) == 3


async def test_the_same_call_twice_runs_once_unless_it_failed(world: World, store: Shop, api: Vendor) -> None:
    made = await definitions.create(world, store.owner, refund(api))
    id = await session(world, store)
    api.answer = lambda _: said({"error": "closed"}, 422)
    assert (await call(world, store, id, made, {"order_id": "W-1", "amount": 5})).state is CallState.FAILED
    api.answer = lambda _: said({})
    assert (await call(world, store, id, made, {"order_id": "W-1", "amount": 5})).state is CallState.DONE
    again = await call(world, store, id, made, {"amount": 5, "order_id": "W-1"})
    assert (again.state, len(api.seen)) == (CallState.REFUSED, 2)
    assert (await call(world, store, id, made, {"order_id": "W-2", "amount": 5})).state is CallState.DONE


async def test_a_confirmation_shows_the_values_and_they_are_what_runs(world: World, store: Shop, api: Vendor) -> None:
    made = await definitions.create(world, store.owner, refund(api, policy=Policy(confirm=True)))
    id = await session(world, store)
    waits = await call(world, store, id, made, {"order_id": "W-1", "amount": 5, "email": "[EMAIL_1]"})
    assert (waits.state, waits.says, api.seen) == (CallState.CONFIRM, "Refund an order\nOrder id: W-1\nAmount: 5\nEmail: [EMAIL_1]", [])
    assert await acting.waiting(world, store.org, id) == waits
    second = await call(world, store, id, made, {"order_id": "W-2", "amount": 5})
    assert (second.state, "waits" in second.why) == (CallState.REFUSED, True)
    done = await acting.go_on(world, store.org, id, waits.id)
    assert (done.state, json.loads(api.seen[-1].body)) == (CallState.DONE, {"amount": 5, "email": "ada@example.com"})
    assert await acting.go_on(world, store.org, id, waits.id) == done, "a second yes changes nothing"
    assert len(api.seen) == 1


async def test_two_yeses_at_once_run_it_once(world: World, store: Shop, api: Vendor) -> None:
    made = await definitions.create(world, store.owner, refund(api, policy=Policy(confirm=True)))
    id = await session(world, store)
    waits = await call(world, store, id, made, {"order_id": "W-1", "amount": 5})
    await asyncio.gather(*(acting.go_on(world, store.org, id, waits.id) for _ in range(5)), return_exceptions=True)
    assert len(api.seen) == 1


async def test_no_and_a_changed_action_end_it(world: World, store: Shop, api: Vendor) -> None:
    made = await definitions.create(world, store.owner, refund(api, policy=Policy(confirm=True)))
    id = await session(world, store)
    waits = await call(world, store, id, made, {"order_id": "W-1", "amount": 5})
    assert (await acting.go_on(world, store.org, id, waits.id, yes=False)).state is CallState.DECLINED
    waits = await call(world, store, id, made, {"order_id": "W-2", "amount": 5})
    await definitions.change(world, store.owner, replace(made, title="Refund it all"))
    assert (await acting.go_on(world, store.org, id, waits.id)).state is CallState.EXPIRED
    assert api.seen == []


async def test_approval_is_the_teams_and_of_the_roles_that_may(world: World, store: Shop, api: Vendor) -> None:
    made = await definitions.create(world, store.owner, refund(api, policy=Policy(approve=True, confirm=True, roles=("owner",))))
    id = await session(world, store)
    waits = await call(world, store, id, made, {"order_id": "W-1", "amount": 5})
    with pytest.raises(Refused):
        await acting.go_on(world, store.org, id, waits.id, actor=store.owner)  # the customer has not said yes
    waits = await acting.go_on(world, store.org, id, waits.id)
    assert waits.state is CallState.APPROVAL
    with pytest.raises(Refused):
        await acting.go_on(world, store.org, id, waits.id)
    for role in (Role.VIEWER, Role.AGENT):
        with pytest.raises(Refused):
            await acting.go_on(world, store.org, id, waits.id, actor=Actor(org=store.org, kind=ActorKind.AGENT, id=new_id(), name="Eve", role=role))
    done = await acting.go_on(world, store.org, id, waits.id, actor=store.owner)
    assert (done.state, done.by, done.by_name) == (CallState.DONE, store.owner.id, "Olivia Owner")


async def test_a_form_is_checked_masked_and_sent_as_it_was_written(world: World, store: Shop, api: Vendor) -> None:
    phone = Parameter(name="phone", where=Where.BODY, schema={"type": "string", "minLength": 5}, filler=Filler.FORM, required=True)
    made = await definitions.create(world, store.owner, action(api, "/callback", phone, method="POST", reads=False, policy=Policy(confirm=True)))
    id = await session(world, store)
    waits = await call(world, store, id, made, {})
    assert waits.state is CallState.FORM
    with pytest.raises(Refused, match="at least 5"):
        await acting.go_on(world, store.org, id, waits.id, form={"phone": "1"})
    with pytest.raises(Refused, match="no parameter"):
        await acting.go_on(world, store.org, id, waits.id, form={"phone": "+49 30 1234567", "admin": True})
    confirm = await acting.go_on(world, store.org, id, waits.id, form={"phone": "+49 30 1234567"})
    assert (confirm.state, confirm.says) == (CallState.CONFIRM, "Look an order up\nPhone: [PHONE_1]")
    done = await acting.go_on(world, store.org, id, waits.id)
    assert (done.state, json.loads(api.seen[-1].body)) == (CallState.DONE, {"phone": "+49 30 1234567"})
    assert "1234567" not in str(done)


async def test_the_contacts_own_data_come_from_the_contact_and_need_a_verified_session(world: World, store: Shop, api: Vendor) -> None:
    own = Parameter(name="mail", where=Where.QUERY, schema=TEXT, filler=Filler.CONTACT, source="email", required=True)
    made = await definitions.create(world, store.owner, action(api, "/mine", own))
    assert "not known" in (await call(world, store, await session(world, store), made, {})).why
    id = await session(world, store, verified=True)
    assert (await call(world, store, id, made, {"mail": "eve@evil.example"})).state is CallState.REFUSED
    assert (await call(world, store, id, made, {})).state is CallState.DONE
    assert [one.target for one in api.seen] == ["/mine?mail=ada%40example.com"]


async def test_it_stays_unknown_when_the_process_dies_and_is_never_sent_again(world: World, store: Shop, api: Vendor) -> None:
    made = await definitions.create(world, store.owner, refund(api))
    id = await session(world, store)
    came, hangs = asyncio.Event(), asyncio.Event()

    async def never(_: Request) -> Response:
        came.set()
        await hangs.wait()
        return said({})

    api.answer = never
    task = asyncio.create_task(call(world, store, id, made, {"order_id": "W-1", "amount": 5}))
    await came.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    [running] = await acting.calls_of(world, store.org, id)
    assert running.state is CallState.RUNNING
    assert (await call(world, store, id, made, {"order_id": "W-1", "amount": 5})).state is CallState.REFUSED
    async with world.store.tx(store.org) as tx:
        await tx.execute("update calls set started_at = started_at - interval '3 minutes' where id = %(id)s", {"id": running.id})
        await stored.strand(tx, store.org)
    assert (await acting.calls_of(world, store.org, id))[0].state is CallState.UNKNOWN
    assert (await call(world, store, id, made, {"order_id": "W-1", "amount": 5})).state is CallState.REFUSED
    assert len(api.seen) == 1


async def test_what_a_model_makes_up_can_always_be_kept(world: World, store: Shop, api: Vendor) -> None:
    made = await definitions.create(world, store.owner, action(api))
    id = await session(world, store)
    for name, given in (("do\x00it bob@example.org", {}), ("get_order", {"bob@example.org\x00": "\ud800"}), ("get_order", {"order_id": "\x00\ud800"}), ("get_order", {"order_id": "x" * 30_000}), ("get_order", {"order_id": float("nan")})):
        refused = await call(world, store, id, made if name == "get_order" else None, given, name=name)
        assert refused.state is CallState.REFUSED
        assert refused.why
    assert "bob@example.org" not in str(await acting.calls_of(world, store.org, id))
    assert api.seen == []


async def test_actions_are_offered_to_whom_they_are_for_and_the_nearest_of_many(world: World, store: Shop, api: Vendor) -> None:
    who = {True: await session(world, store, verified=True), False: await session(world, store)}

    async def names(text: str = "Where is my parcel?", *, verified: bool = False) -> list[str]:
        async with world.store.tx(store.org) as tx:
            opened = await sessions.load(tx, store.org, who[verified])
        return [one.name for one in await offering.offered(world, store.org, opened, text, "en")]

    assert await names() == []
    for name, policy in (("for_anyone", Policy()), ("for_the_api", Policy(channels=("api",))), ("for_verified", Policy(identity=IdentityLevel.VERIFIED))):
        await definitions.create(world, store.owner, action(api, name=name, policy=policy))
    assert await names() == ["for_anyone"]
    assert set(await names(verified=True)) == {"for_anyone", "for_verified"}
    subjects = ("invoice", "password", "newsletter", "voucher", "warranty", "colour", "size", "gift wrap", "opening hours", "career", "press", "recipe", "weather", "insurance", "battery")
    for subject in subjects:
        await definitions.create(world, store.owner, action(api, name=f"about_{subject.replace(' ', '_')}", title=f"About {subject}", description=f"Tells something about the {subject} of the shop."))
    await definitions.create(world, store.owner, action(api, name="track_parcel", title="Track a parcel", description="Tells where a parcel is and when it arrives.", pinned=False))
    await definitions.create(world, store.owner, action(api, name="always_there", description="Something that is always offered first.", pinned=True))
    offered = await names()
    assert (offered[:2], len(offered)) == (["always_there", "track_parcel"], offering.MOST + 1)
    tracked = next(one.action for one in await definitions.listing(world, store.owner) if one.action.name == "track_parcel")
    await definitions.switch(world, store.owner, tracked.id, enabled=False)
    assert "track_parcel" not in await names()
    async with off(world, store, "action"):
        assert await names() == []


async def test_what_does_not_exist_is_refused_and_kept(world: World, store: Shop, api: Vendor) -> None:
    id = await session(world, store)
    refused = await call(world, store, id, None, {"mail": "ada@example.com"}, name="drop_tables")
    assert (refused.state, refused.action, refused.name) == (CallState.REFUSED, None, "drop_tables")
    assert "ada@example.com" not in str(await acting.calls_of(world, store.org, id))
