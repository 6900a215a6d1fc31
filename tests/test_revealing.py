"""A value comes back in few places, each with its reason: one line of the audit log for a look, and one function for each way."""

from __future__ import annotations

import ast
from pathlib import Path
from uuid import UUID, uuid4

import httpx2
import pytest

from glassine.story.privacy import previewing, revealing
from glassine.story.world import World
from glassine.words.ids import SessionId
from tests.shop import Shop

ROOM = Path(__file__).resolve().parent.parent / "glassine"

# Every place that opens what is sealed under a contact's key, or puts values back into a text, and why it may. Nowhere else.
OPENS = {
    "story/contacts.py": "a contact's identity, for whoever reads contacts, and their key",
    "story/actions/context_along.py": "what the company's own server set for a contact, to go along with calls to that company",
    "story/masking.py": "the session's own values, to give the same value the same placeholder",
    "story/conversations.py": "the customer's own words, on their own channel; custom data, for whoever reads contacts",
    "story/files.py": "a file, by its link or for its owner",
    "story/privacy/revealing.py": "a look by a person or a program, audited",
    "story/privacy/erasing.py": "the fingerprint of a contact's key, before it is destroyed; no value is opened",
    "story/privacy/exporting.py": "an export by a person or a program, audited",
    "story/inspection/recalling.py": "the scene of an earlier turn, computed once more with the values it had; the answer is masked",
    "story/boundary/crossings.py": "the contact's key, to hash a value that somebody asks the ledger for; audited, and no value is opened",
    "story/privacy/rotating.py": "keys and look-ups that change their key; no value leaves the function",
}
RESTORES = {
    "story/conversations.py", "story/exchange.py", "story/visitor.py",  # to the message's owner
    "web/api/live.py", "web/api/widget.py", "web/api/shapes.py",  # the same, as the widget asks for it
    "rules/calling/arguments.py", "story/actions/continuing.py",  # into a parameter that takes the type, and what is shown of a call to the message's owner
    "story/inspection/what_if.py", "story/inspection/recalling.py",  # with no values at all: they take escapes off
    "rules/ticketing.py",  # onto a ticket, as the helpdesk's policy says, which somebody chose and the ledger counts
    "web/render.py",  # with no values at all: it takes escapes off
    "story/privacy/exporting.py",  # for an access request, audited
}


def _calls(name: str, attribute: bool) -> set[str]:
    """The files in which something of this name is called."""
    found = set()
    for path in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func.attr if attribute and isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
                if called == name:
                    found.add(path.relative_to(ROOM).as_posix())
    return found


def _opened() -> set[str]:
    """The files that open what stands in a sealed column, whoever gave them the key."""
    sealed = {"vault", "originals", "files", "sessions", "contacts"}
    found = set()
    for path in ROOM.rglob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
        opening = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in ("open", "unwrap")]
        if any(sealed & {each.value for each in call.args if isinstance(each, ast.Constant)} for call in opening):
            found.add(path.relative_to(ROOM).as_posix())
    return found


def test_values_are_opened_and_put_back_where_there_is_a_reason_only() -> None:
    openers = {path for path in _calls("own_key", attribute=True) if path.startswith(("story/", "web/", "commands/", "proof/"))}
    openers = (openers | _opened()) - {"story/inbound.py"}  # it seals under the contact's key and opens nothing
    assert openers <= set(OPENS), "a new place that opens sealed values needs its reason above"
    assert _calls("restore", attribute=False) - {"commands/backup.py"} <= RESTORES
    assert {"story/masking.py", "story/privacy/revealing.py"} <= openers, "the search must be able to find them"


@pytest.fixture
async def session(client: httpx2.AsyncClient, shop: Shop) -> SessionId:
    id = (await client.post("/api/chat/sessions", headers=shop.bearer, json={"contact": {"email": "ada@lovelace.example"}})).json()["id"]
    await client.post(f"/api/chat/sessions/{id}/send", headers=shop.bearer, json={"message": {"text": "My card is 4111 1111 1111 1111."}})
    return SessionId(UUID(id))


async def test_the_why_is_written_down_masked(world: World, shop: Shop, session: SessionId) -> None:
    value = await revealing.reveal(world, shop.owner, session, "[CARD_1]", "to refund 4111 1111 1111 1111 for ada@lovelace.example")
    assert value == "4111 1111 1111 1111"
    line = (await previewing.audit_log(world, shop.owner))[0]
    assert line["detail"] == {"type": "card", "placeholder": "[CARD_1]", "why": "to refund [CARD] for [EMAIL]"}


async def test_a_program_says_why_and_is_audited(client: httpx2.AsyncClient, world: World, shop: Shop, session: SessionId) -> None:
    body = {"sessionId": str(session), "placeholder": "[CARD_1]"}
    assert (await client.post("/api/redaction/reveal", headers=shop.bearer, json=body)).status_code == 400, "a reason is needed"
    answer = await client.post("/api/redaction/reveal", headers=shop.bearer, json={**body, "reason": "chargeback"})
    assert answer.json() == {"value": "4111 1111 1111 1111"}
    line = (await previewing.audit_log(world, shop.owner))[0]
    assert (line["actor_kind"], line["verb"], line["detail"]) == ("api", "privacy.reveal", {"type": "card", "placeholder": "[CARD_1]", "why": "chargeback"})
    assert (await client.post("/api/redaction/reveal", headers=shop.bearer, json={**body, "sessionId": str(uuid4()), "reason": "chargeback"})).status_code == 404


@pytest.mark.parametrize(("path", "thing"), [("/contacts", "contacts"), ("/contacts/{contact}", "contact"), ("/chat/sessions", "contacts"), ("/chat/sessions/{session}", "contact")])
async def test_what_a_program_reads_in_the_clear_is_a_look(client: httpx2.AsyncClient, world: World, shop: Shop, session: SessionId, path: str, thing: str) -> None:
    contact = (await client.get(f"/api/chat/sessions/{session}", headers=shop.bearer)).json()["contact"]["id"]
    before = len(await previewing.audit_log(world, shop.owner, only="reveals"))
    answer = await client.get("/api" + path.format(contact=contact, session=session), headers=shop.bearer)
    assert "ada@lovelace.example" in answer.text
    log = await previewing.audit_log(world, shop.owner, only="reveals")
    assert (len(log), log[0]["thing"]) == (before + 1, thing)
    assert "lovelace" not in str(log)
