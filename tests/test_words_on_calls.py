"""A word on a call counts for what it was asked for and for nothing else: not for the next question, not for other values, and not while all AI is off."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from glassine.rules.calling import answers, schemas
from glassine.store import sessions
from glassine.story.actions import acting, approving, context_along, definitions, variables
from glassine.story.inbound import receive
from glassine.story.world import World
from glassine.words.actions import Call, CallState, Filler, Parameter, Policy, Variable, VariableId, VariableKind, Where
from glassine.words.channels import Inbound
from glassine.words.errors import Refused
from glassine.words.ids import SessionId, new_id
from tests.companies import TEXT, action, api, call, refund, said, session, store
from tests.shop import Shop
from tests.switched import without_ai
from tests.test_one_time_codes import asked as asked_for_a_code
from tests.test_one_time_codes import sent
from tests.vendors import Request, Response, Vendor

__all__ = ["api", "store"]  # the fixtures


async def with_form(world: World, store: Shop, api: Vendor, **policy: Any) -> tuple[SessionId, Call]:
    what = Parameter(name="what", where=Where.BODY, schema=TEXT, filler=Filler.FORM, required=True)
    made = await definitions.create(world, store.owner, action(api, "/cases", what, method="POST", reads=False, policy=Policy(**policy)))
    id = await session(world, store)
    return id, await call(world, store, id, made, {})


async def test_a_form_sent_twice_is_no_yes_to_what_comes_next(world: World, store: Shop, api: Vendor) -> None:
    id, waits = await with_form(world, store, api, confirm=True)
    assert (await acting.go_on(world, store.org, id, waits.id, form={"what": "The shade"})).state is CallState.CONFIRM
    with pytest.raises(Refused) as fault:
        await acting.go_on(world, store.org, id, waits.id, form={"what": "The shade"})
    assert (fault.value.status, api.seen) == (409, [])
    assert (await acting.go_on(world, store.org, id, waits.id)).state is CallState.DONE


async def test_a_code_sent_twice_is_no_yes_to_what_comes_next(world: World, store: Shop, api: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "settings", replace(world.settings, smtp_url="smtp://mail.example:587"))
    id, waits, _ = await asked_for_a_code(world, store, api, confirm=True)
    code = await sent(world, store, waits)
    assert (await acting.go_on(world, store.org, id, waits.id, code=code)).state is CallState.CONFIRM
    with pytest.raises(Refused):
        await acting.go_on(world, store.org, id, waits.id, code=code)
    assert api.seen == []


async def test_who_was_late_does_not_change_what_is_shown_now(world: World, store: Shop, api: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second form that was read before the first one went on, and is written after it: the team looks at the first already."""
    id, waits = await with_form(world, store, api, approve=True)
    write, late = acting._write, list[acting.Attempt]()

    async def held(world: World, attempt: acting.Attempt) -> Call:
        late.append(attempt)
        raise Refused("held")

    monkeypatch.setattr(acting, "_write", held)
    with pytest.raises(Refused, match="held"):
        await acting.go_on(world, store.org, id, waits.id, form={"what": "Another thing"})
    monkeypatch.setattr(acting, "_write", write)
    shown = await acting.go_on(world, store.org, id, waits.id, form={"what": "The shade"})
    assert (shown.state, shown.says) == (CallState.APPROVAL, "Look an order up\nWhat: The shade")
    with pytest.raises(Refused):
        await write(world, late[0])
    assert await acting.waiting(world, store.org, id) == shown


async def test_nothing_goes_on_while_all_ai_is_off_but_a_no(world: World, store: Shop, api: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "settings", replace(world.settings, smtp_url="smtp://mail.example:587"))
    id, waits, _ = await asked_for_a_code(world, store, api)
    code = await sent(world, store, waits)
    made = await definitions.create(world, store.owner, refund(api, name="refund_late", policy=Policy(approve=True)))
    other = await session(world, store)
    approval = await call(world, store, other, made, {"order_id": "W-1", "amount": 5})
    async with without_ai(world, store):
        heard = await receive(world, store.org, id, Inbound(external_id=uuid4(), text=f"It is {code}"))
        assert code not in heard.event.text
        with pytest.raises(Refused) as fault:
            await approving.decide(world, store.owner, other, approval.id, yes=True)
        assert (fault.value.status, api.seen) == (409, [])
        assert (await approving.decide(world, store.owner, other, approval.id, yes=False)).state is CallState.DECLINED


async def test_what_is_shown_is_shown_to_its_end_and_hides_nothing(world: World, store: Shop, api: Vendor) -> None:
    note = Parameter(name="note", where=Where.BODY, schema=TEXT)
    made = await definitions.create(world, store.owner, action(api, "/notes", note, method="POST", reads=False, policy=Policy(confirm=True)))
    id = await session(world, store)
    waits = await call(world, store, id, made, {"note": "word " * 400 + "and pay \u202e001\u202c to Eve\U000e0041"})
    assert waits.state is CallState.CONFIRM
    assert waits.says.endswith("and pay \\u202e001\\u202c to Eve\\ue0041")


async def test_only_what_is_replaced_in_its_own_place_is_not_shown(world: World, store: Shop, api: Vendor) -> None:
    fields = [Parameter(name="amount", where=Where.QUERY, schema=TEXT), Parameter(name="order.note", where=Where.BODY, schema=TEXT), Parameter(name="shop", where=Where.BODY, schema=TEXT)]
    made = await definitions.create(world, store.owner, action(api, "/pay", *fields, method="POST", reads=False, context_headers=True, policy=Policy(confirm=True)))
    id = await session(world, store, verified=True)
    async with world.store.tx(store.org) as tx:
        contact = (await sessions.load(tx, store.org, id)).contact
    await context_along.keep(world, store.org, contact, {"body_params": {"amount": "1", "order.note": "none", "shop": "berlin"}})
    waits = await call(world, store, id, made, {"amount": "900", "order.note": "pay it", "shop": "hamburg"})
    assert waits.says == "Look an order up\nAmount: 900\nOrder › note: pay it"
    await acting.go_on(world, store.org, id, waits.id)
    assert api.seen[-1].target == "/pay?amount=900"
    assert json.loads(api.seen[-1].body) == {"amount": "1", "order.note": "none", "order": {"note": "pay it"}, "shop": "berlin"}


def _repeats(text: str, _: Request) -> Response:
    return said(text)


async def test_an_answer_is_not_cut_through_a_value(world: World, store: Shop, api: Vendor) -> None:
    """Placeholders are shorter than what they stand for: what was cut off in the middle must not move up to where it is shown."""
    made = await definitions.create(world, store.owner, action(api))
    long = "ada." + "x" * 50 + "@" + "example." * 5 + "com"
    lines = [f"{long} " for _ in range(200)]
    for cut in (9, 14):
        text = "".join(lines)[: 2 * answers.MOST_SHOWN - cut] + " bob.miller@example.org"
        text = text[: text.rindex("ada.")] + "y" * (2 * answers.MOST_SHOWN - cut - text.rindex("ada.")) + " bob.miller@example.org"
        api.answer = partial(_repeats, text)
        seen = (await call(world, store, await session(world, store), made, {"order_id": f"W-{cut}"})).seen
        assert "[EMAIL_2]" in seen
        assert "bob" not in seen


async def test_a_key_of_the_query_is_covered_as_it_stands_in_an_address(world: World, store: Shop, api: Vendor) -> None:
    key = "k+ey/with=signs 12345"
    await variables.create(world, store.owner, Variable(id=VariableId(new_id()), name="shop", kind=VariableKind.QUERY, field="key", hosts=(action(api).url.split("/")[2],)), key)
    api.answer = lambda request: said({"you_asked": request.target})
    trial = await definitions.try_out(world, store.owner, action(api), {"order_id": "W-1"}, dry=False)
    assert trial.state is CallState.DONE
    assert "signs" in api.seen[-1].target
    assert "signs" not in str(trial)


@pytest.mark.parametrize("answer", [b"[" * 500 + b"]" * 500, b'{"a":' * 400 + b"1" + b"}" * 400, b'{"a":' * 50_000])
async def test_an_answer_that_is_nested_without_end_is_a_call_that_ended(world: World, store: Shop, api: Vendor, answer: bytes) -> None:
    made = await definitions.create(world, store.owner, action(api))
    api.answer = lambda _: Response(body=answer, headers={"Content-Type": "application/json"})
    ended = await call(world, store, await session(world, store), made, {"order_id": "W-1"})
    assert (ended.state, ended.seen) == (CallState.DONE, "")
    assert "cannot be read" in ended.why


def test_a_schema_that_unfolds_without_end_is_given_up() -> None:
    chain = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(24)}
    schema = {"$ref": "#/$defs/d0", "$defs": {**chain, "d24": {"type": "string"}}}
    schemas.check(schema)
    assert schemas.fault("word", schema) == "cannot be checked, because its schema leads nowhere"
    assert schemas.fault("word", {"$ref": "#/$defs/d20", "$defs": schema["$defs"]}) == ""


async def test_what_a_customer_wrote_into_a_form_is_sent_also_where_it_is_a_name(world: World, store: Shop, api: Vendor) -> None:
    """Nobody has masked it, so the gate sees a name that no parameter takes, and must know that it may go."""
    choice = Parameter(name="spare", where=Where.QUERY, schema={"type": "string", "enum": ["peg", "rope"]}, required=True, filler=Filler.FORM)
    contact = Parameter(name="for", where=Where.QUERY, schema={"type": "string"}, required=True, filler=Filler.FORM)
    made = await definitions.create(world, store.owner, action(api, "/spares", choice, contact, name="order_spare", method="POST", reads=False))
    id = await session(world, store)
    waits = await call(world, store, id, made, {})
    done = await acting.go_on(world, store.org, id, waits.id, form={"spare": "peg", "for": "Grace Hopper"})
    assert (done.state, done.why) == (CallState.DONE, "")
    assert [request.target for request in api.seen] == ["/spares?spare=peg&for=Grace+Hopper"]
