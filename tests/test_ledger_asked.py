"""The ledger as people and programs ask it: pages, filters, whether a value ever left, and what remains when a customer is erased."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
import pytest_asyncio
from psycopg import sql

from bench.stub_model import StubModel, quote_first_passage
from glassine.config import Settings
from glassine.edge.gate import Crossing
from glassine.story import access
from glassine.story.boundary import ledger as keeping
from glassine.story.knowledge import learning
from glassine.story.world import World
from glassine.words.ids import ContactId, SessionId
from tests.chains import copied, verdict
from tests.office import signed_in
from tests.shop import Shop, founded_shop

SETTINGS = {"llm_model": "stub"}

Client = httpx2.AsyncClient


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def article(world: World, shop: Shop, model: StubModel) -> None:
    model.answer = quote_first_passage
    body = "You can return an unused lamp within 30 days of delivery. Write to returns@paper.example."
    await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Returns", body=body, language="en")).id)


async def talked(client: Client, shop: Shop, **contact: str) -> tuple[ContactId, SessionId]:
    """A contact whose question the model answered."""
    made = (await client.post("/api/contacts", headers=shop.bearer, json=contact)).json()["id"]
    session = (await client.post("/api/chat/sessions", headers=shop.bearer, json={"contact_id": made})).json()["id"]
    body = {"sender": {"type": "contact"}, "message": {"type": "text", "text": "My card is 4111 1111 1111 1111. How long can I return an unused lamp?"}}
    assert (await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json=body)).status_code < 300
    return ContactId(made), SessionId(session)


async def sent_raw(world: World, shop: Shop, session: SessionId, model: StubModel, text: str) -> None:
    """To a destination that may see raw values."""
    crossing = Crossing(org=shop.org, session=session, purpose="model", hosts=("127.0.0.1",), raw=True)
    await world.gate.request(crossing, "POST", f"{model.url}/chat/completions", body=json.dumps({"model": "stub", "messages": [{"role": "user", "content": text}]}).encode())


async def asked(client: Client, shop: Shop, **question: Any) -> httpx2.Response:
    return await client.post("/api/ledger/ever-left", headers=shop.bearer, json=question)


async def test_the_api_pages_and_filters(world: World, client: Client, shop: Shop) -> None:
    _, session = await talked(client, shop, email="pia@example.com")
    await talked(client, shop, email="paul@example.com")
    await keeping.seal(world, shop.org)
    first = (await client.get("/api/ledger?limit=1", headers=shop.bearer)).json()
    second = (await client.get(f"/api/ledger?limit=1&cursor={first['next']}", headers=shop.bearer)).json()
    assert first["items"][0]["id"] != second["items"][0]["id"]
    row = (await client.get(f"/api/ledger?session_id={session}", headers=shop.bearer)).json()["items"]
    assert [(one["purpose"], one["allowed"], one["masked"], one["exempt"], one["sealed"]["fits"]) for one in row] == [("model", True, {"card": 1}, 1, True)]
    assert (await client.get("/api/ledger?refused=true", headers=shop.bearer)).json()["items"] == []
    assert (await client.get("/api/ledger?purpose=mail", headers=shop.bearer)).json()["items"] == []
    assert (first["chain"]["unsealed"], first["chain"]["anchored"]) == (0, None)
    assert first["chain"]["head"] == first["items"][0]["sealed"]["link"]


async def test_another_organisation_sees_nothing_of_it(world: World, client: Client, shop: Shop) -> None:
    _, session = await talked(client, shop, email="otto@example.com")
    other = await founded_shop(world, "Other", "other@other.example")
    assert (await client.get(f"/api/ledger?session_id={session}", headers=other.bearer)).json()["items"] == []
    assert (await asked(client, other, value="otto@example.com")).status_code == 404
    assert (await asked(client, other, value="otto@example.com", session_id=str(session))).status_code == 404


async def test_whether_a_value_ever_left(world: World, client: Client, shop: Shop, model: StubModel) -> None:
    contact, session = await talked(client, shop, email="zora.quill@example.com", name="Zora Quill", phone_number="+49 30 901820")
    assert (await asked(client, shop, value="zora.quill@example.com")).json() == {"left": False, "items": []}
    await sent_raw(world, shop, session, model, "Zóra  QUILL wrote from Zora.Quill@Example.com and 030 901820, card 4111-1111-1111-1111")
    for value, whose in [
        ("zora.quill@example.com", {}), ("ZORA.QUILL@example.com", {"contact_id": str(contact)}), ("+4930901820", {}), ("zora quill", {"session_id": str(session)}),
        ("4111 1111 1111 1111", {"session_id": str(session)}),
    ]:  # fmt: skip
        found = (await asked(client, shop, value=value, **whose)).json()
        assert found["left"], value
        assert [(one["raw"], one["allowed"]) for one in found["items"]] == [(True, True)]
    assert not (await asked(client, shop, value="5500 0000 0000 0004", session_id=str(session))).json()["left"]
    _, other = await talked(client, shop, email="somebody@example.com", name="Some Body")
    assert not (await asked(client, shop, value="Zora Quill", session_id=str(other))).json()["left"], "what left of one customer says nothing of another"
    assert (await asked(client, shop, value="nobody@example.com")).status_code == 404


async def test_a_value_that_was_stopped_never_left(client: Client, world: World, shop: Shop, model: StubModel) -> None:
    _, session = await talked(client, shop, email="nia@example.com")
    crossing = Crossing(org=shop.org, session=session, purpose="model", hosts=("127.0.0.1",))
    with pytest.raises(Exception, match="1 email"):
        await world.gate.request(crossing, "POST", f"{model.url}/chat/completions", body=b"nia@example.com")
    found = (await asked(client, shop, value="nia@example.com")).json()
    assert (found["left"], [one["allowed"] for one in found["items"]]) == (False, [False])


async def test_who_asked_is_audited_without_the_value(client: Client, world: World, shop: Shop, settings: Settings) -> None:
    contact, _ = await talked(client, shop, email="audited@example.com")
    await asked(client, shop, value="audited@example.com")
    async with world.store.tx(shop.org) as tx:
        rows = await (await tx.execute("select * from audit where verb = 'ledger.ask' order by created_at desc limit 1")).fetchall()
    assert [(str(row["thing_id"]), "audited@" in str(row)) for row in rows] == [(str(contact), False)]


async def test_a_key_needs_both_scopes_to_ask(client: Client, world: World, shop: Shop) -> None:
    reader = {"Authorization": f"Bearer {await access.create_key(world, shop.owner, 'Reader', ['ledger:read'])}"}
    assert (await client.get("/api/ledger", headers=reader)).status_code == 200
    assert (await client.post("/api/ledger/ever-left", headers=reader, json={"value": "x@example.com"})).status_code == 403
    other = {"Authorization": f"Bearer {await access.create_key(world, shop.owner, 'Other', ['contacts:read'])}"}
    assert (await client.get("/api/ledger", headers=other)).status_code == 403
    assert (await client.post("/api/ledger/ever-left", headers=other, json={"value": "x@example.com"})).status_code == 403


async def test_erasing_a_contact_leaves_the_chain_whole_and_the_question_without_an_answer(
    world: World, client: Client, shop: Shop, model: StubModel, tmp_path: Path,
) -> None:  # fmt: skip
    contact, session = await talked(client, shop, email="gone@example.com", name="Gina Gone")
    await sent_raw(world, shop, session, model, "gone@example.com")
    await keeping.seal(world, shop.org)
    before = (await client.get(f"/api/ledger?session_id={session}", headers=shop.bearer)).json()["items"]
    assert len(before) == 2
    assert (await client.delete(f"/api/contacts/{contact}", headers=shop.bearer)).status_code < 300
    assert (await client.get(f"/api/ledger?session_id={session}", headers=shop.bearer)).json()["items"] == before, "crossings outlive the session"
    assert (await asked(client, shop, value="gone@example.com")).status_code == 404
    assert (await asked(client, shop, value="gone@example.com", contact_id=str(contact))).status_code == 404
    lines = await copied(world, shop.org)
    code, said = verdict(lines, tmp_path)
    assert code == 0, said
    assert "gone@" not in json.dumps(lines)


async def test_the_page_shows_rows_types_and_whether_the_chain_holds(world: World, client: Client, shop: Shop, settings: Settings) -> None:
    await talked(client, shop, email="page@example.com")
    await keeping.seal(world, shop.org)
    async with signed_in(world, shop.owner) as staff:
        page = (await staff.get("/settings/ledger")).text
        assert "Sealed up to row" in page
        assert "CARD × 1" in page
        assert "Language model" in page
        assert "page@example.com" not in page
        answer = await staff.post("/settings/ledger/ever-left", value="page@example.com")
        assert "No request ever held this value in the clear" in answer.text
        assert (await staff.post("/settings/ledger/ever-left", value="never@example.com")).status_code == 404
        assert "Nothing like this left" in (await staff.get("/settings/ledger?purpose=mail")).text
        export = await staff.get("/settings/ledger/export")
        assert json.loads(export.text.splitlines()[0])["document"]["glassine_ledger"] == 1
        assert "took a copy of the ledger" in (await staff.get("/settings/audit")).text

        assert settings.database_url
        with psycopg.connect(settings.database_url) as owner:
            owner.execute(sql.SQL("alter table crossings no force row level security"))
            owner.execute("update crossings set bytes = bytes + 1 where org_id = %s", (shop.org,))
        page = (await staff.get("/settings/ledger")).text
        assert "do not fit the chain" in page


async def test_an_empty_ledger_says_what_will_stand_there(world: World, client: Client) -> None:
    fresh = await founded_shop(world, "Fresh", "fresh@fresh.example")
    async with signed_in(world, fresh.owner) as staff:
        assert "Nothing has left yet" in (await staff.get("/settings/ledger")).text
