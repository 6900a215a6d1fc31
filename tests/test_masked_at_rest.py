"""What customers say of themselves is nowhere in the clear: every table is dumped as superuser and searched for every value, in every form."""

from __future__ import annotations

import base64
import logging
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest

from glassine.config import Settings
from glassine.story import conversations, desk
from glassine.story.knowledge import learning
from glassine.story.privacy import previewing, revealing
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.ids import PersonId, SessionId
from glassine.words.people import Actor, ActorKind, Role
from tests.shop import Shop

SECRETS = {
    "email": "grace.hopper@navy.example", "phone": "+1 415 555 2671", "card": "4111 1111 1111 1111", "iban": "DE89 3704 0044 0532 0130 00",
    "ip": "203.0.113.77", "secret": "sk-proj-Zx81mPq7vTb2LkR9wYc3NdF6", "address": "742 Evergreen Terrace",
}
TEXT = (
    "Hi, my name is Grace Hopper. Write to grace.hopper@navy.example or call +1 415 555 2671. My card 4111 1111 1111 1111 was charged twice, refund it to "
    "DE89 3704 0044 0532 0130 00. I live at 742 Evergreen Terrace, Springfield. My address is 203.0.113.77 and the key sk-proj-Zx81mPq7vTb2LkR9wYc3NdF6 leaked."
)


@pytest.fixture(scope="module")
async def told(client: httpx2.AsyncClient, world: World, shop: Shop) -> SessionId:
    """A session in which every kind of value went in by every way there is."""
    article = await learning.save(world, shop.org, title="Charged twice", body="If your card was charged twice, we refund the second charge within two days.")
    await learning.publish(world, shop.org, article.id)
    contact = {"email": SECRETS["email"], "phone_number": SECRETS["phone"], "name": "Grace Hopper", "custom_data": {"street": SECRETS["address"]}}
    body = {"contact": contact, "custom_data": {"note": SECRETS["email"]}}
    id = (await client.post("/api/chat/sessions", headers=shop.bearer, json=body)).json()["id"]
    message = {"message": {"text": TEXT}, "clientContext": {"mail": SECRETS["email"], "cart": "3 lamps"}, "custom_data": {"secret": SECRETS["secret"]}, "uuid": str(uuid4())}
    answer = await client.post(f"/api/chat/sessions/{id}/send", headers=shop.bearer, json=message)
    assert answer.status_code == 200
    session = SessionId(UUID(id))
    await desk.reply(world, shop.owner, session, f"We have written to {SECRETS['email']} and will call {SECRETS['phone']}.")
    await desk.note(world, shop.owner, session, f"Card {SECRETS['card']} of Grace Hopper.")
    return session


async def test_no_table_holds_a_value(settings: Settings, told: SessionId) -> None:
    whole = _dump(settings)
    assert b"lamps" in whole, "the search must be able to find what is not masked"
    for kind, value in SECRETS.items():
        raw = value.encode()
        for form in {raw, raw.replace(b" ", b""), raw.lower(), base64.b64encode(raw), raw.hex().encode()}:
            assert form not in whole, f"{kind} stands in the database in the clear"
    assert b"Hopper" not in whole


def _dump(settings: Settings) -> bytes:
    """Every row of every table, seen from above row-level security, text as it is and bytes as text."""
    assert settings.database_url
    parts = []
    with psycopg.connect(settings.database_url) as connection:
        tables = [name for (name,) in connection.execute("select tablename from pg_tables where schemaname = 'public'")]
        for table in tables:
            connection.execute(f"alter table {table} no force row level security")  # rolled back with the rest
            for row in connection.execute(f"select * from {table}"):
                parts += [value if isinstance(value, bytes) else str(value).encode("utf-8", "replace") for value in row]
        connection.rollback()
    return b"\n".join(parts)


async def test_the_same_value_has_the_same_placeholder_throughout(client: httpx2.AsyncClient, shop: Shop, told: SessionId) -> None:
    items = (await client.get(f"/api/chat/sessions/{told}/history", headers=shop.bearer)).json()["items"]
    texts = [item["event"]["content"]["text"] for item in items if "content" in item["event"]]
    said = next(text for text in texts if text.startswith("We have written"))
    assert "[EMAIL_1]" in texts[0]
    assert "[EMAIL_1]" in said
    assert "[PHONE_1]" in said


async def test_logs_hold_no_value(client: httpx2.AsyncClient, world: World, shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        id = (await client.post("/api/chat/sessions", headers=shop.bearer, json={"contact": {"email": SECRETS["email"]}})).json()["id"]
        await client.post(f"/api/chat/sessions/{id}/send", headers=shop.bearer, json={"message": {"text": TEXT}})
    assert all(value not in caplog.text for value in SECRETS.values())


async def test_a_reveal_shows_the_value_and_is_audited(world: World, shop: Shop, told: SessionId) -> None:
    assert await revealing.reveal(world, shop.owner, told, "[EMAIL_1]", "call back") == SECRETS["email"]
    log = await previewing.audit_log(world, shop.owner)
    assert log[0]["verb"] == "privacy.reveal"
    assert log[0]["detail"] == {"type": "email", "placeholder": "[EMAIL_1]", "why": "call back"}
    assert SECRETS["email"] not in str(log)


async def test_who_may_not_reveal_is_refused(world: World, shop: Shop, told: SessionId) -> None:
    viewer = Actor(org=shop.org, kind=ActorKind.AGENT, id=PersonId(uuid4()), name="Vera", role=Role.VIEWER)
    with pytest.raises(Refused, match="role"):
        await revealing.reveal(world, viewer, told, "[EMAIL_1]")


async def test_the_customer_reads_their_own_value_again(client: httpx2.AsyncClient, world: World, shop: Shop) -> None:
    id = (await client.post("/api/chat/sessions", headers=shop.bearer, json={})).json()["id"]
    await client.post(f"/api/chat/sessions/{id}/send", headers=shop.bearer, json={"message": {"text": "My mail is ada@lovelace.example and I wrote [EMAIL_1] myself."}})
    log = await conversations.own_words(world, shop.org, SessionId(UUID(id)))
    assert log[0][1] == "My mail is ada@lovelace.example and I wrote [EMAIL_1] myself."
    assert "ada@" not in log[0][0].text


async def test_preview_names_what_would_be_masked(client: httpx2.AsyncClient, shop: Shop) -> None:
    answer = (await client.post("/api/redaction/preview", headers=shop.bearer, json={"text": "Order 8841 for bob@example.com"})).json()
    assert answer == {"text": "Order 8841 for [EMAIL_1]", "findings": [{"start": 15, "end": 30, "type": "email"}]}
