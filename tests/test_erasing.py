"""An erased contact is gone from every table, the certificate proves what was done and names nobody, and an export holds everything before it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from glassine import __main__ as command_line
from glassine.config import Settings
from glassine.edge.secrets import Unreadable
from glassine.edge.signatures import verify
from glassine.store import DatabaseError, contacts, sessions, vault
from glassine.story import conversations, desk, files, visitor
from glassine.story.contacts import own_key
from glassine.story.privacy import erasing, exporting, previewing, revealing
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import ContactId, SessionId
from glassine.words.people import Role
from tests.office import colleague, signed_in
from tests.shop import Shop
from tests.tables import holding

MARK = "Quittenmus"  # nothing personal, so no mask takes it
MAIL = "greta.erased@example.org"


@pytest.fixture
async def contact(client: httpx2.AsyncClient, world: World, shop: Shop) -> ContactId:
    """Somebody with everything that a contact can have."""
    body = {"contact": {"email": MAIL, "phone_number": "+49 30 901820", "name": "Greta Gantz", "custom_data": {"tier": MARK}}, "custom_data": {"plan": MARK}}
    id = (await client.post("/api/chat/sessions", headers=shop.bearer, json=body)).json()["id"]
    session = SessionId(UUID(id))
    contact = ContactId((await conversations.session(world, shop.org, session)).contact)
    text = f"I am {MAIL}, card 4111 1111 1111 1111, and the {MARK} leaks. I want a person."
    sent = await client.post(f"/api/chat/sessions/{id}/send", headers=shop.bearer, json={"message": {"text": text}, "clientContext": {"page": MARK}, "custom_data": {"shelf": MARK}})
    assert sent.status_code == 200
    await files.upload(world, shop.org, contact, name=f"{MARK}.txt", media_type="text/plain", content=f"{MARK} {MAIL}".encode())
    await visitor.checkpoint(world, shop.org, session, {"cart": MARK})
    await desk.reply(world, shop.owner, session, f"We send a new {MARK} to {MAIL}.")
    await desk.note(world, shop.owner, session, f"The third {MARK}.")
    await visitor.rate(world, shop.org, session, score=2, feedback=f"Bad {MARK}.")
    await revealing.reveal(world, shop.owner, session, "[CARD_1]", "refund")
    return contact


async def _session_of(world: World, shop: Shop, contact: ContactId) -> SessionId:
    async with world.store.tx(shop.org) as tx:
        return (await contacts.sessions_of(tx, shop.org, contact))[0]


async def test_nothing_is_left_but_what_names_nobody(client: httpx2.AsyncClient, settings: Settings, world: World, shop: Shop, contact: ContactId) -> None:
    session = await _session_of(world, shop, contact)
    async with world.store.tx(shop.org) as tx:
        row = await contacts.load(tx, shop.org, contact)
        original = (await vault.originals_of(tx, shop.org, session))[0]
    own = own_key(await world.key(shop.org), shop.org, row)
    assert MARK in own.open(bytes(original["sealed"]), shop.org, "originals", "sealed", original["event_id"]).decode()
    assert holding(settings, MARK)
    answer = await client.delete(f"/api/contacts/{contact}", headers=shop.bearer, params={"reason": f"asked by {MAIL}"})
    assert answer.status_code == 204
    assert holding(settings, MARK, MAIL, "Gantz", "4111 1111", "41111111") == set()
    for trace in (contact, session):
        left = holding(settings, str(trace))
        assert left <= {"audit.thing_id", "audit.detail", "erasures.contact_id", "erasures.certificate", "crossings.session_id"}, left
    signed = (await client.get(answer.headers["location"], headers=shop.bearer)).json()
    document, by = verify(signed)
    assert by == world.signer.fingerprint
    assert document["key"]["fingerprint"] == own.fingerprint
    assert document["reason"] == "asked by [EMAIL]"
    destroyed = document["destroyed"]
    assert (destroyed["sessions"], destroyed["originals"], destroyed["files"], destroyed["lookups"], destroyed["turns"]) == (1, 1, 1, 2, 1)
    assert destroyed["messages"] >= 4
    assert destroyed["placeholder_values"] >= 2
    assert destroyed["file_bytes"] == len(f"{MARK} {MAIL}")
    assert (await client.delete(f"/api/contacts/{contact}", headers=shop.bearer)).status_code == 404
    line = (await previewing.audit_log(world, shop.owner, only="removals"))[0]
    assert (line["verb"], line["thing_id"], line["detail"]) == (
        "privacy.erase", contact, {"certificate": document["id"], "messages": destroyed["messages"], "why": "asked by [EMAIL]"},
    )  # fmt: skip


async def test_without_the_key_a_row_that_survived_says_nothing(world: World, shop: Shop, contact: ContactId) -> None:
    session = await _session_of(world, shop, contact)
    async with world.store.tx(shop.org) as tx:
        kept = (await vault.originals_of(tx, shop.org, session))[0]
    await erasing.erase(world, shop.owner, contact)
    for key in (world.master, await world.key(shop.org)):
        with pytest.raises(Unreadable):
            key.open(bytes(kept["sealed"]), shop.org, "originals", "sealed", kept["event_id"])
    with pytest.raises(NotFound):
        await revealing.reveal(world, shop.owner, session, "[CARD_1]")


async def test_the_certificate_says_where_copies_may_be(world: World, shop: Shop, contact: ContactId) -> None:
    session = await _session_of(world, shop, contact)
    async with world.store.tx(shop.org) as tx:
        for size in (300, 200):
            values = {"org": shop.org, "id": uuid4(), "session": session, "size": size}
            await tx.execute(
                "insert into crossings (org_id, id, session_id, destination, purpose, bytes, allowed) values (%(org)s, %(id)s, %(session)s, 'model.example:443', 'model', %(size)s, true)",
                values,
            )
    erased = await erasing.erase(world, shop.owner, contact)
    [copy] = erased.document["copies"]
    assert (copy["purpose"], copy["destination"], copy["requests"], copy["bytes"]) == ("model", "model.example:443", 2, 500)
    assert any("Backups" in words for words in erased.document["beyond_reach"])


async def test_who_may_not_is_refused(world: World, shop: Shop, contact: ContactId) -> None:
    agent = await colleague(world, shop.owner, Role.AGENT, f"Agnes {uuid4().hex[:6]}")
    for act in (erasing.erase, exporting.export):
        with pytest.raises(Refused, match="role"):
            await act(world, agent, contact)
    with pytest.raises(Refused, match="role"):
        await erasing.all_erasures(world, agent)


async def test_a_certificate_cannot_be_changed_by_the_application(world: World, shop: Shop, contact: ContactId) -> None:
    erased = await erasing.erase(world, shop.owner, contact)
    for statement in ("update erasures set certificate = '{}'", "delete from erasures"):
        with pytest.raises(DatabaseError, match="permission denied"):
            async with world.store.tx(shop.org) as tx:
                await (await tx.execute(statement)).fetchall()
    assert (await erasing.erasure(world, shop.owner, erased.id)).signed == erased.signed


async def test_anybody_can_check_it_offline(world: World, shop: Shop, contact: ContactId, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    erased = await erasing.erase(world, shop.owner, contact)
    file = tmp_path / "certificate.json"
    file.write_text(json.dumps(erased.signed, indent=2), encoding="utf-8")
    nowhere = str(tmp_path / "nothing-is-here")
    assert command_line.main(["certificate", "verify", str(file), "--home", nowhere]) == 0
    said = capsys.readouterr().err
    assert "Genuine" in said
    assert world.signer.fingerprint in said
    assert command_line.main(["certificate", "verify", str(file), "--fingerprint", world.signer.fingerprint, "--home", nowhere]) == 0
    assert command_line.main(["certificate", "verify", str(file), "--fingerprint", "0000 1111", "--home", nowhere]) == 1
    changed = json.loads(file.read_text(encoding="utf-8"))
    changed["document"]["destroyed"]["messages"] += 1
    file.write_text(json.dumps(changed), encoding="utf-8")
    assert command_line.main(["certificate", "verify", str(file), "--home", nowhere]) == 1
    assert "Not genuine" in capsys.readouterr().err
    file.write_text(json.dumps(world.signer.sign({"kind": "something else"})), encoding="utf-8")
    assert command_line.main(["certificate", "verify", str(file), "--home", nowhere]) == 1


async def test_an_export_holds_everything_in_their_own_words(client: httpx2.AsyncClient, world: World, shop: Shop, contact: ContactId) -> None:
    answer = await client.get(f"/api/contacts/{contact}/export", headers=shop.bearer, params={"reason": "article 15"})
    assert answer.status_code == 200
    assert "filename=" in answer.headers["content-disposition"]
    told: dict[str, Any] = answer.json()
    assert (told["contact"]["email"], told["contact"]["name"], told["contact"]["custom_data"]) == (MAIL, "Greta Gantz", {"tier": MARK})
    [session] = told["sessions"]
    assert session["custom_data"] == {"plan": MARK}
    assert session["saved_state"] == {"cart": MARK}
    texts = [entry["text"] for entry in session["log"]]
    assert f"I am {MAIL}, card 4111 1111 1111 1111, and the {MARK} leaks. I want a person." in texts
    assert f"We send a new {MARK} to {MAIL}." in texts
    first = session["log"][0]
    assert (first["context"], first["custom_data"]) == ({"page": MARK}, {"shelf": MARK})
    [file] = told["files"]
    assert (file["name"], base64.b64decode(file["content_base64"]).decode()) == (f"{MARK}.txt", f"{MARK} {MAIL}")
    assert [look["placeholder"] for look in told["looks"] if look["act"] == "privacy.reveal"] == ["[CARD_1]"]
    assert "Olivia" not in answer.text.replace(texts[0], ""), "who of the team looked is not the contact's datum"
    assert session["turns"]
    line = (await previewing.audit_log(world, shop.owner, only="removals"))[0]
    assert (line["verb"], line["thing_id"], line["detail"]) == ("privacy.export", contact, {"sessions": 1, "why": "article 15"})
    assert (await client.get(f"/api/contacts/{uuid4()}/export", headers=shop.bearer)).status_code == 404


async def test_the_inbox_erases_by_the_tickets_number_and_shows_the_certificate(world: World, shop: Shop, contact: ContactId) -> None:
    session = await _session_of(world, shop, contact)
    async with world.store.tx(shop.org) as tx:
        ticket = (await sessions.load(tx, shop.org, session)).ticket_number
    at = f"/inbox/sessions/{session}"
    async with signed_in(world, shop.owner) as desk_of:
        export = await desk_of.post(f"{at}/export-contact", why="asked")
        assert export.json()["contact"]["email"] == MAIL
        assert (await desk_of.post(f"{at}/erase-contact", name="nothing")).status_code == 400
        page = await desk_of.act(f"{at}/erase-contact", name=str(ticket), why="asked for it")
        assert "Certificate of erasure" in page
        assert "asked for it" in page
        assert MAIL not in page
        listed = (await desk_of.get("/settings/erasures")).text
        assert "Olivia Owner" in listed
        assert world.signer.fingerprint in listed
        link = next(part.split('"')[0] for part in page.split('href="') if part.split('"')[0].endswith("certificate.json"))
        assert verify((await desk_of.get(link)).json())
        assert (await desk_of.get(at)).status_code == 404


async def test_the_customer_starts_anew(client: httpx2.AsyncClient, world: World, shop: Shop) -> None:
    site = {"X-Bot-Token": shop.widget_token}
    token = (await client.post("/api/backend/widget/v2/contact/create-unverified", headers=site, json={})).json()["token"]
    me = {**site, "Authorization": f"Bearer {token}"}
    who = await visitor.by_token(world, shop.org, token)
    await erasing.erase(world, shop.owner, who.contact)
    assert (await client.get("/api/backend/widget/v2/sessions", headers=me)).status_code == 401
