"""The last look before bytes leave, in whole turns: a raw value that slipped into a prompt or a mail stops it, what is published does not."""

from __future__ import annotations

import dataclasses
import json
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from urllib.parse import quote, unquote

import httpx2
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as some

from bench.stub_model import StubModel, quote_first_passage
from glassine.edge.gate import Crossing, Payload
from glassine.rules import rescan
from glassine.rules.redaction import find
from glassine.store import events, ledger
from glassine.story import notices
from glassine.story.boundary.rescan import Rescan
from glassine.story.knowledge import learning
from glassine.story.world import World, live
from glassine.words.crossings import Crossed
from glassine.words.errors import CrossingRefused, LeakStopped
from glassine.words.ids import SessionId
from glassine.words.people import ActorKind
from glassine.words.privacy import Known, PiiType, Policy
from glassine.words.sessions import EventType
from tests.post import Post
from tests.shop import Shop

SETTINGS = {"llm_model": "stub", "mail_from": "support@paper.example"}

Client = httpx2.AsyncClient
QUESTION = "How long do I have to return an unused lamp?"
CARD = "4111 1111 1111 1111"


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def article(world: World, shop: Shop, model: StubModel) -> None:
    model.answer = quote_first_passage
    body = (
        "You can return an unused lamp within 30 days of delivery. Write to returns@paper.example or call +49 30 901820 to return an unused lamp. "
        "Our founder is Ottilie Papenbrock."
    )
    await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Returns of an unused lamp", body=body, language="en")).id)


async def begin(client: Client, shop: Shop, **contact: str) -> SessionId:
    body: dict[str, Any] = {}
    if contact:
        body = {"contact_id": (await client.post("/api/contacts", headers=shop.bearer, json=contact)).json()["id"]}
    made = (await client.post("/api/chat/sessions", headers=shop.bearer, json=body)).json()
    return SessionId(made["id"])


async def ask(client: Client, shop: Shop, session: SessionId, text: str = QUESTION) -> tuple[str, dict[str, Any]]:
    """What the customer is told, and the turn as inspect shows it."""
    body = {"sender": {"type": "contact"}, "message": {"type": "text", "text": text}}
    data = (await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json=body)).json()["data"]
    turns = (await client.get(f"/api/chat/sessions/{session}/inspect", headers=shop.bearer)).json()["turns"]
    return data["autopilotResponse"]["value"]["content"], max(turns, key=lambda turn: turn["created_at"])


async def crossed(world: World, shop: Shop, session: SessionId) -> list[Crossed]:
    async with world.store.tx(shop.org) as tx:
        return await ledger.of_session(tx, shop.org, session)


async def test_a_clean_turn_is_answered_and_its_row_says_what_was_masked_and_what_was_public(world: World, client: Client, shop: Shop, model: StubModel) -> None:
    session = await begin(client, shop)
    told, turn = await ask(client, shop, session, f"My mail is ada@example.com and my card {CARD}. {QUESTION}")
    assert "30 days" in told, turn
    [row] = [one.row for one in await crossed(world, shop, session)]
    assert row.allowed
    assert row.scan.masked == {"email": 1, "card": 1}
    assert row.scan.found == {}
    assert row.scan.exempt == 2, "the shop's own address and number"
    assert len(row.scan.digest) == 32
    assert row.scan.carried, "what was public is remembered under the contact's key all the same"


async def test_a_raw_value_in_the_prompt_stops_the_request_and_hands_off(world: World, client: Client, shop: Shop, model: StubModel) -> None:
    session, before = await begin(client, shop), model.calls
    async with world.store.tx(shop.org) as tx:  # as a fault of ours would leave it: an answer that was stored unmasked
        await events.append(tx, shop.org, session, EventType.MESSAGE, ActorKind.AI, text=f"Your card {CARD} was charged, ada@example.com.")
    told, turn = await ask(client, shop, session)
    assert model.calls == before
    assert turn["outcome"] == "HandOff"
    assert turn["reasons"] == ["stopped_at_gate"]
    assert any("raw personal values (1 card, 1 email), which model may not see" in note for note in turn["notes"]), turn["notes"]
    assert CARD not in json.dumps(turn["notes"])
    assert "our team" in told
    [row] = [one.row for one in await crossed(world, shop, session)]
    assert (row.allowed, row.scan.found) == (False, {"card": 1, "email": 1})
    assert "1 card, 1 email" in row.why


async def test_what_the_vault_knows_is_masked_again_however_it_is_spelled(world: World, client: Client, shop: Shop, model: StubModel) -> None:
    session, before = await begin(client, shop, email="zora.quill@example.com", name="Zora Quill"), model.calls
    async with world.store.tx(shop.org) as tx:
        await events.append(tx, shop.org, session, EventType.MESSAGE, ActorKind.AI, text="Of course, ZÓRA  quill: it is on its way.")
    told, turn = await ask(client, shop, session)
    assert "30 days" in told, turn
    assert model.calls == before + 1, "nothing was sent before the name was masked"
    assert "[NAME]: it is on its way" in str(model.bodies[-1])
    assert any("masked again" in note for note in turn["notes"])
    assert turn["request"] == model.bodies[-1]
    assert [(one.row.allowed, one.row.scan.found) for one in await crossed(world, shop, session)] == [(True, {}), (False, {"name": 1})]


async def test_a_name_that_only_a_later_message_gives_away_does_not_leave_with_the_earlier_one(world: World, client: Client, shop: Shop, model: StubModel) -> None:
    session = await begin(client, shop)
    await ask(client, shop, session, f"My user is chen_lee, and that is all there is to say. {QUESTION}")
    assert "chen_lee" in str(model.bodies[-1])
    told, _ = await ask(client, shop, session, f"My name is Chen Lee. {QUESTION}")
    assert "30 days" in told
    assert "chen_lee" not in str(model.bodies[-1])
    assert "My user is [NAME_1]" in str(model.bodies[-1])


async def test_a_customer_s_value_that_the_organisation_has_published_is_exempt_and_counted(world: World, client: Client, shop: Shop) -> None:
    session = await begin(client, shop, email="returns@paper.example", name="Ottilie Papenbrock")
    told, turn = await ask(client, shop, session)
    assert "30 days" in told, turn
    [row] = [one.row for one in await crossed(world, shop, session)]
    assert (row.allowed, row.scan.found) == (True, {})
    assert row.scan.exempt >= 3


@pytest.mark.parametrize("name", ["Copy Numbers", "Guess Nothing", "Page Markdown"])
async def test_a_customer_named_like_a_word_of_the_prompt_is_answered(client: Client, shop: Shop, name: str) -> None:
    told, turn = await ask(client, shop, await begin(client, shop, email=f"{name.split()[0]}@example.com", name=name))
    assert "30 days" in told, turn


async def test_what_was_published_counts_as_long_as_it_stands_there_and_not_inside_a_longer_word(world: World, shop: Shop) -> None:
    async with world.store.tx(shop.org) as tx:
        assert await ledger.published(tx, shop.org, ["returns@paper.example", "Ottilie", "+49 30 901820", "Paper & Glass", "owner@paper.example", "OWNER@paper.example"]) == [
            "returns@paper.example", "Ottilie", "+49 30 901820", "Paper & Glass", "owner@paper.example", "OWNER@paper.example",
        ]
        assert await ledger.published(tx, shop.org, ["turns@paper.example", "Otti", "901", "ada@example.com", ".*", "\\", "(?"]) == []


async def test_mail_to_the_team_leaves_without_a_customer_s_words(world: World, client: Client, shop: Shop) -> None:
    session = await begin(client, shop, email="zora.quill@example.com", name="Zora Quill")
    look = Rescan(world)
    crossing = Crossing(org=shop.org, session=session, purpose="mail", hosts=("mail.example",))
    clean = await look(crossing, mail("owner@paper.example", f"#1: a customer waits\n\nOpen it: {world.settings.url}/inbox/sessions/{session}\n"))
    assert (clean.found, clean.exempt) == ({}, 2)
    assert (await look(crossing, mail("owner@paper.example", "Zora Quill waits. Grüße"))).found == {"name": 1}
    assert (await look(crossing, mail("stranger@example.com", "A customer waits"))).found == {"email": 1}


def mail(to: str, text: str) -> Payload:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"], message["Message-ID"] = "support@paper.example", to, "A customer waits", "<12@host.example>"
    message.set_content(text)
    return Payload(body=message.as_bytes(), headers={"Content-Type": "message/rfc822"})


@pytest.mark.parametrize(("kind", "body"), [
    ("application/json", json.dumps({"messages": [{"content": "Zora Quill"}]})),
    ("application/json", json.dumps({"messages": [{"content": "Zora Quill"}]}).replace("Z", "\\u005a")),
    ("application/json", json.dumps({"arguments": json.dumps({"name": json.dumps({"full": "Zóra Quill"})})})),
    ("application/json", json.dumps({"Zora Quill": 1})),
    ("application/json", '{"name": "Zora Quill", "name": "nobody"}'),
    ("application/json", '{"broken": "Zora Quill"'),
    ("", json.dumps(["x", {"y": ["Zora Quill"]}])),
    ("application/x-www-form-urlencoded", "a=1&name=Zora+Quill"),
    ("text/plain", "Zora%20Quill"),
    ("text/html", "<b>Zora&nbsp;Quill</b>"),
    ("text/html", "&#90;ora Quill"),
    ("text/plain", "Zora Quill".encode("utf-16").decode("latin-1")),
    ("multipart/form-data; boundary=x", '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nZora Quill\r\n--x--\r\n'),
    ("multipart/form-data; boundary=x", '--x\r\nContent-Disposition: form-data; name="a"; filename="Zora Quill.pdf"\r\n\r\n1\r\n--x--\r\n'),
    ("message/rfc822", "Subject: =?utf-8?b?Wm9yYSBRdWlsbA==?=\r\n\r\nhello"),
    ("message/rfc822", "Subject: x\r\nContent-Transfer-Encoding: base64\r\n\r\nWm9yYSBRdWlsbA==\r\n"),
    ("message/rfc822", "Subject: x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nZora Qu=\r\nill\r\n"),
])  # fmt: skip
async def test_no_format_hides_a_value(world: World, client: Client, shop: Shop, kind: str, body: str) -> None:
    session = await begin(client, shop, email="zora.quill@example.com", name="Zora Quill")
    crossing = Crossing(org=shop.org, session=session, purpose="webhook", hosts=("hooks.example",))
    raw = body.encode("latin-1") if "\x00" in body else body.encode()
    assert (await Rescan(world)(crossing, Payload(body=raw, url="/hook", headers={"Content-Type": kind}))).found.keys() == {"name"}


async def test_addresses_and_headers_are_looked_through_too(world: World, client: Client, shop: Shop) -> None:
    session = await begin(client, shop, email="zora.quill@example.com", name="Zora Quill")
    look, crossing = Rescan(world), Crossing(org=shop.org, session=session, purpose="webhook", hosts=("hooks.example",))
    assert (await look(crossing, Payload(url=f"/hook?who={quote('zora.quill@example.com', safe='')}"))).found["email"] >= 1  # as it stands and decoded: redaction reads %40 too
    assert (await look(crossing, Payload(headers={"X-Customer": "Zora Quill"}))).found == {"name": 1}
    assert (await look(crossing, Payload(headers={"Authorization": "Bearer Zora Quill"}))).found == {"name": 1}
    own = Payload(headers={"Authorization": "Bearer sk-abcdefghijklmnop1234567890"})
    assert (await look(crossing, own)).found == {}, "our own key to the destination"


async def test_the_gate_itself_stops_what_was_found(world: World, client: Client, shop: Shop, model: StubModel) -> None:
    session, before = await begin(client, shop, email="zora.quill@example.com", name="Zora Quill"), model.calls
    for raw in (False, True):
        crossing = Crossing(org=shop.org, session=session, purpose="model", hosts=("127.0.0.1",), raw=raw)
        sending = world.gate.request(crossing, "POST", f"{model.url}/chat/completions", body=b'{"model":"stub","messages":[{"role":"user","content":"Zora Quill"}]}')
        if raw:
            assert (await sending).status == 200
        else:
            with pytest.raises(LeakStopped) as stopped:
                await sending
            assert isinstance(stopped.value, CrossingRefused)
            assert "Zora" not in str(stopped.value)
    assert model.calls == before + 1
    assert [(one.row.allowed, one.row.raw, one.row.scan.found) for one in await crossed(world, shop, session)] == [(True, True, {"name": 1}), (False, False, {"name": 1})]


@given(some.binary(max_size=300), some.sampled_from(["", "application/json", "multipart/form-data; boundary=x", "message/rfc822", "multipart/\udcff"]))
def test_whatever_bytes_leave_can_be_read(body: bytes, kind: str) -> None:
    text = rescan.readable(Payload(body=body, headers={"content-type": kind}))
    text.encode()
    assert "\x00" not in text
    assert "".join(segment for _, segment in rescan.segments(text)).replace("\n", "") == text.replace("\n", "")


def test_a_deeply_nested_document_is_read_as_text() -> None:
    assert "Zora Quill" in rescan.readable(Payload(body=b"[" * 100_000 + b'"Zora Quill"' + b"]" * 100_000))


@pytest.mark.parametrize("url", [
    "https://api.example/objects/2026-09/contacts/lena%40example.org?idProperty=email", "https://api.example/contacts/lena@example.org/tickets", "https://api.example/search?query=lena%40example.org&page=2",
    "https://lena@example.org/x",
])
def test_an_address_of_mail_in_one_of_the_web_is_read_by_itself(url: str) -> None:
    text = rescan.readable(Payload(body=b"", url=url))
    found = {text[span.start : span.end] for span in find(text, Policy(), Known(), ()) if span.type is PiiType.EMAIL}
    assert {unquote(one) for one in found} == {"lena@example.org"}


def test_what_a_slash_divides_in_an_address_of_the_web_is_still_read_together() -> None:
    assert "https://api.example/call/030/901820/x" in rescan.readable(Payload(body=b"", url="https://api.example/call/030/901820/x"))


async def test_a_notice_of_a_handoff_leaves_over_smtp_and_its_row_says_so(world: World, client: Client, shop: Shop) -> None:
    session = await begin(client, shop, email="zora.quill@example.com", name="Zora Quill")
    await ask(client, shop, session, "I want to talk to a person. I am Zora Quill.")
    async with Post() as post:
        told = dataclasses.replace(world.settings, smtp_url=f"smtp://127.0.0.1:{post.port}")
        async with live(told) as other:
            await notices.handoff_waits(other, shop.org, session)
    [letter] = post.letters
    assert letter["To"] == "owner@paper.example"
    assert "Zora" not in letter.as_string()
    [row] = [one.row for one in await crossed(world, shop, session) if one.row.purpose == "mail"]
    assert (row.allowed, row.scan.found, row.scan.exempt) == (True, {}, 2), "its two addresses are the team's and the operator's"


def test_a_passage_that_comes_again_under_another_number_is_known_by_its_title_and_text() -> None:
    third, fifth = (f'<passage n="{number}" title="Returns › How long">\nWithin 30 days.\n</passage>' for number in (3, 5))
    pieces = list(rescan.segments(third))
    assert [third[at : at + len(text)] for at, text in pieces] == [text for _, text in pieces]
    assert {text for _, text in rescan.segments(fifth)} - {text for _, text in pieces} == {'<passage n="5"'}
