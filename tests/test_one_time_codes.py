"""One-time codes: sent to the contact's own address only, good for one call, ten minutes and five tries, never stored and never seen by the model."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from glassine.rules import one_time
from glassine.store import sessions
from glassine.story.actions import acting, codes, definitions, offering
from glassine.story.inbound import receive
from glassine.story.world import World
from glassine.words.actions import Action, Call, CallState, IdentityLevel, Policy
from glassine.words.channels import Inbound
from glassine.words.errors import Refused
from glassine.words.ids import SessionId
from tests.companies import api, call, refund, session, store
from tests.shop import Shop
from tests.vendors import Vendor

__all__ = ["api", "store"]  # the fixtures


@pytest.fixture(autouse=True)
def mail_is_set(world: World, api: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as anybody can tell; the mailer keeps what it is given. After `api`, which sets the world's settings too."""
    del api
    monkeypatch.setattr(world, "settings", replace(world.settings, smtp_url="smtp://mail.example:587"))


async def asked(world: World, store: Shop, api: Vendor, **policy: Any) -> tuple[SessionId, Call, Action]:
    made = await definitions.create(world, store.owner, refund(api, name="refund_order", policy=Policy(identity=IdentityLevel.CODE, **policy)))
    id = await session(world, store, verified=True)
    return id, await call(world, store, id, made, {"order_id": "W-1", "amount": 5}), made


async def sent(world: World, store: Shop, waits: Call) -> str:
    before = len(world.mail.kept)
    await codes.send(world, store.org, waits.id)
    [message] = list(world.mail.kept)[before:]
    assert message["To"] == "ada@example.com"
    return str(re.findall(r"\b\d{6}\b", message.get_content())[0])


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


async def test_the_right_code_lets_the_call_run(world: World, store: Shop, api: Vendor) -> None:
    id, waits, _ = await asked(world, store, api)
    assert (waits.state, api.seen) == (CallState.CODE, [])
    async with world.store.tx(store.org) as tx:
        assert [row["ref"] for row in await (await tx.execute("select ref from jobs where kind = 'send_code' and org_id = %s", (store.org,))).fetchall()] == [waits.id]
    code = await sent(world, store, waits)
    done = await acting.go_on(world, store.org, id, waits.id, code=f" {code[:3]} {code[3:]}")
    assert (done.state, len(api.seen)) == (CallState.DONE, 1)
    assert (await acting.go_on(world, store.org, id, waits.id, code=code)).state is CallState.DONE
    assert len(api.seen) == 1
    async with world.store.tx(store.org) as tx:
        everything = [str(row) for table in ("one_time_codes", "calls", "jobs", "events", "crossings") for row in await (await tx.execute(f"select * from {table}")).fetchall()]
    assert not any(code in row for row in everything)


async def test_wrong_codes_are_counted_and_end(world: World, store: Shop, api: Vendor) -> None:
    id, waits, _ = await asked(world, store, api)
    code = await sent(world, store, waits)
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(Refused) as fault:
            await acting.go_on(world, store.org, id, waits.id, code=other(code))
        assert fault.value.code == "wrong_code", left
    with pytest.raises(Refused) as fault:
        await acting.go_on(world, store.org, id, waits.id, code=code)
    assert (fault.value.code, api.seen) == ("code_expired", [])
    code = await sent(world, store, waits)
    with pytest.raises(Refused, match="not good any more"):  # a new code gives no new tries
        await acting.go_on(world, store.org, id, waits.id, code=code)


@pytest.mark.parametrize("given", ["", "abc", "0", "١٢٣٤٥٦"])
async def test_what_is_no_code_fits_nothing(world: World, store: Shop, api: Vendor, given: str) -> None:
    id, waits, _ = await asked(world, store, api)
    await sent(world, store, waits)
    with pytest.raises(Refused):
        await acting.go_on(world, store.org, id, waits.id, code=given)
    assert api.seen == []


async def test_an_old_code_and_one_of_another_call_fit_nothing(world: World, store: Shop, api: Vendor) -> None:
    id, waits, made = await asked(world, store, api)
    code = await sent(world, store, waits)
    again = await session(world, store, verified=True)
    second = await call(world, store, again, made, {"order_id": "W-2", "amount": 5})
    mine = await sent(world, store, second)
    if mine != code:
        with pytest.raises(Refused, match="does not fit"):
            await acting.go_on(world, store.org, again, second.id, code=code)
    async with world.store.tx(store.org) as tx:
        await tx.execute("update one_time_codes set expires_at = clock_timestamp() where call_id = %s", (waits.id,))
    with pytest.raises(Refused, match="not good any more"):
        await acting.go_on(world, store.org, id, waits.id, code=code)
    assert api.seen == []


async def test_a_code_in_the_chat_is_taken_out_and_counts(world: World, store: Shop, api: Vendor) -> None:
    id, waits, _ = await asked(world, store, api)
    code = await sent(world, store, waits)
    heard = await receive(world, store.org, id, Inbound(external_id=uuid4(), text=f"It is {code}, thanks"))
    assert (heard.event.text, len(api.seen)) == ("It is ••••••, thanks", 1)
    late = await receive(world, store.org, id, Inbound(external_id=uuid4(), text=f"I said {code}!"))
    assert code not in late.event.text


async def test_six_digits_are_left_alone_where_no_code_was_sent(world: World, store: Shop, api: Vendor) -> None:
    id = await session(world, store)
    heard = await receive(world, store.org, id, Inbound(external_id=uuid4(), text="Is part 483920 in stock?"))
    assert heard.event.text == "Is part 483920 in stock?"


async def test_only_who_can_get_a_code_hears_of_the_action(world: World, store: Shop, api: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    id, waits, _ = await asked(world, store, api)
    stranger = await session(world, store)

    async def names(one: SessionId) -> list[str]:
        async with world.store.tx(store.org) as tx:
            found = await sessions.load(tx, store.org, one)
        return [each.name for each in await offering.offered(world, store.org, found, "refund", "en")]

    assert (await names(id), await names(stranger)) == (["refund_order"], [])
    for _ in range(one_time.MOST_AN_HOUR):
        await codes.send(world, store.org, waits.id)
    assert await names(id) == [], "five an hour are the most"
    before = len(world.mail.kept)
    await codes.send(world, store.org, waits.id)
    assert len(world.mail.kept) == before
    async with world.store.tx(store.org) as tx:
        await tx.execute("delete from one_time_codes where org_id = %s", (store.org,))
    monkeypatch.setattr(world, "settings", replace(world.settings, smtp_url=None))
    assert await names(id) == []


@pytest.mark.parametrize(("text", "code"), [
    ("483920", "483920"), ("483 920", "483920"), ("483-920", "483920"), ("my code: 483920.", "483920"), ("4839201", ""), ("W-483920", ""), ("483920.50", ""), ("#483920", ""), ("1,483,920", ""), ("", ""),
])
def test_where_a_code_stands(text: str, code: str) -> None:
    assert one_time.in_text(text) == code


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "nl", "pt", "it", "de-CH", "xx"])
def test_a_code_is_told_in_the_customers_language(language: str) -> None:
    subject, text = one_time.mail("483920", "Paper & Glass", language)
    assert "Paper & Glass" in subject
    assert text.startswith("483920 ")
    assert "483920" not in subject
