"""The reviewer's pack: every part of it is there and true of the running system, it is signed as a whole, and no customer's value is in it."""

from __future__ import annotations

import base64
import html
import io
import json
import re
import zipfile
from importlib import metadata
from pathlib import Path

import httpx2
import psycopg
import pytest
import pytest_asyncio

from bench.stub_model import StubModel
from glassine import __main__ as command_line
from glassine import __version__
from glassine.commands import pack as command
from glassine.config import Settings
from glassine.edge.signatures import Forged
from glassine.rules.permits import PERMITS
from glassine.store import proofs
from glassine.story.boundary import ledger, pack
from glassine.story.knowledge import learning
from glassine.story.privacy import revealing
from glassine.story.world import World
from glassine.web import packed
from glassine.web.app import create_app
from glassine.words.boundaries import BOUNDARIES, KEPT
from glassine.words.errors import Refused
from glassine.words.people import Role, Verb
from tests.office import colleague, signed_in
from tests.shop import Shop

SETTINGS = {"llm_model": "small-1", "llm_key": "sk-very-secret"}

VALUES = ("mara.keller@example.org", "Mara Keller", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "to find Mara", "bill of Mara")
TEXT = f"I am {VALUES[1]}, {VALUES[0]}, card {VALUES[2]}, {VALUES[3]}. How long can I return an unused lamp?"
PROOF = {
    "title": "Glassine proof", "version": __version__, "began": "2026-11-01T12:00:00+00:00", "passed": True, "sent": {"canaries": 10_000, "kinds": 1, "ways": 12},
    "searched": {"tables": {}}, "not_checked": ["the files of a remote database"],
    "kinds": [{"guarantee": "patterned", "type": "email", "kind": "e-mail address", "sent": 10_000, "found_in_the_clear": 0, "rate": 0.0, "rate_95": [0.0, 0.0004]}],
}  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def busy(world: World, shop: Shop) -> None:
    """A conversation full of personal values that asked the model, a reveal with a talkative reason, and a sealed ledger."""
    body = "You can return an unused lamp within 30 days of delivery."
    await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Returns", body=body, language="en")).id)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=create_app(world)), base_url="http://glassine.test", timeout=60) as client:
        about = {"contact": {"email": VALUES[0], "name": VALUES[1]}}
        session = (await client.post("/api/chat/sessions", headers=shop.bearer, json=about)).json()["id"]
        answer = await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json={"message": {"text": TEXT}})
        assert "30 days" in answer.text
    await revealing.reveal(world, shop.owner, session, "[CARD_1]", why="to find Mara Keller's payment")
    await ledger.seal(world, shop.org)


async def archive(world: World, shop: Shop) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(await packed.archive(world, shop.owner))) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


async def test_every_part_is_there_and_true(world: World, shop: Shop, model: StubModel) -> None:
    document, fingerprint = command.opened(await packed.archive(world, shop.owner))
    assert fingerprint == world.signer.fingerprint == document["signer"]["fingerprint"]
    assert document["glassine"] == __version__
    assert [one["name"] for one in document["data_map"]["boundaries"]] == list(BOUNDARIES)
    [asked] = [one for one in document["subprocessors"] if one["boundary"] == "model"]
    assert (asked["destination"], asked["requests"]) == (f"127.0.0.1:{model.port}", model.calls)
    assert asked["configured"].startswith("small-1")
    assert {"email", "name", "card", "iban"} <= set(asked["masked"])
    assert asked["raw"] == {}
    assert len(document["data_map"]["retention"]) == len(KEPT)
    assert document["redaction"]["policy"]["by_channel"]["all"]["email"] == "pseudonym"
    assert "%" in document["redaction"]["figures"]["text"]
    assert document["redaction"]["figures"]["command"] == "python -m bench.redaction"
    assert document["roles"]["may"] == {str(verb): [str(role) for role in Role if verb in PERMITS[role]] for verb in Verb}
    assert [(one["name"], one["role"], one["left"]) for one in document["roles"]["people"]] == [("Olivia Owner", "owner", None)]
    assert [(key["name"], key["scopes"]) for key in document["api_keys"]] == [("Tests", None)]
    assert document["ledger"]["checked"] == {"whole": True, "rows": model.calls, "faults": [], "more_faults": 0}
    assert document["ledger"]["head"]["seq"] == model.calls
    assert {"privacy.reveal", "pack.make"} <= {line["verb"] for line in document["audit"]}
    installed = {one["name"]: one for one in document["software"]["packages"]}
    assert installed["psycopg"]["version"] == metadata.version("psycopg")
    assert installed["fastapi"]["licence"]


async def test_no_value_of_a_customer_is_in_any_file_of_it(world: World, shop: Shop) -> None:
    files = {**await archive(world, shop), "page": await packed.page(world, shop.owner)}
    secrets = (*VALUES, shop.api_key, shop.widget_token, "sk-very-secret", "owner@paper.example")
    for name, content in files.items():
        text = html.unescape(content.decode())
        for value in secrets:
            for form in (value, value.replace(" ", ""), json.dumps(value)[1:-1], base64.b64encode(value.encode()).decode().rstrip("=")[:-1]):
                assert form not in text, (name, value)
    assert "small-1" in files[packed.PAGE].decode(), "or nothing was looked through"


async def test_the_page_stands_alone(world: World, shop: Shop) -> None:
    text = (await packed.page(world, shop.owner)).decode()
    assert re.findall(r'(?:src|href)="(?!#)([^"]+)"', text) == []
    assert "url(" not in text
    assert "@import" not in text
    assert "<form" not in text
    assert len(re.findall(r"<script", text)) == 1
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)
    assert "glassine prove has not been run" in text


async def test_whatever_is_changed_is_found(world: World, shop: Shop) -> None:
    files = await archive(world, shop)

    def zipped(**changed: bytes | None) -> bytes:
        into = io.BytesIO()
        with zipfile.ZipFile(into, "w") as made:
            for name, content in {**files, **changed}.items():
                if content is not None:
                    made.writestr(name, content)
        return into.getvalue()

    assert command.opened(zipped())
    other = files[packed.DOCUMENT].replace(b'"holds": true', b'"holds": false')
    assert other != files[packed.DOCUMENT]
    for broken in ({packed.DOCUMENT: other}, {packed.PAGE: files[packed.PAGE] + b" "}, {packed.PAGE: None}, {packed.DOCUMENT: None}, {packed.DOCUMENT: b"[]"}):
        with pytest.raises(Forged):
            command.opened(zipped(**broken))
    page = await packed.page(world, shop.owner)
    assert command.opened(page)[0]["organization"]["id"] == str(shop.org)
    for changed in (page.replace(b'"holds": true', b'"holds": false'), b"", b"PK", b"<html></html>"):
        with pytest.raises(Forged):
            command.opened(changed)


async def test_another_signed_document_is_no_pack(world: World) -> None:
    signed = json.dumps(world.signer.sign({"kind": "something else"})).encode()
    with pytest.raises(Forged, match="no reviewer's pack"):
        command.opened(b'<script type="application/json" id="signed">' + signed + b"</script>")


async def test_the_newest_proof_is_in_it_as_it_was_signed(world: World, shop: Shop) -> None:
    signed = world.signer.sign(PROOF)
    async with world.store.outside() as tx:
        await proofs.keep(tx, signed, passed=True)
    files = await archive(world, shop)
    assert json.loads(files[packed.PROOF]) == signed
    text = files[packed.PAGE].decode()
    assert "Passed with 10,000 canaries" in re.sub(r"<[^>]+>", "", text)
    assert "0.00 % (0.00 to 0.04)" in text
    assert "the files of a remote database" in text


async def test_a_table_that_anybody_can_read_is_told(world: World, shop: Shop, database_url: str) -> None:
    assert (await pack.isolation(world))["holds"] is True
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("create table left_open (org_id uuid primary key)")
        connection.execute("alter table votes no force row level security")
        try:
            told = await pack.isolation(world)
            assert told["holds"] is False
            assert {"left_open", "votes"} <= {one["table"] for one in told["open"]}
            connection.execute("drop policy own_organization on events")
            connection.execute("create policy own_organization on events using (true)")
            told = await pack.isolation(world)
            assert [one for one in told["shut"] if one["rows_seen_by_a_stranger"]] == [{"table": "events", "rows_seen_by_a_stranger": 1}]
        finally:
            connection.execute("drop policy own_organization on events")
            connection.execute("create policy own_organization on events using (org_id = current_org()) with check (org_id = current_org())")
            connection.execute("drop table left_open")
            connection.execute("alter table votes force row level security")
    assert (await pack.isolation(world))["holds"] is True


async def test_a_ledger_that_was_changed_is_told(world: World, shop: Shop, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        for table in ("crossings", "organizations"):
            connection.execute(f"alter table {table} no force row level security")
        try:
            connection.execute("update crossings set bytes = bytes + 1")
            told = await pack.chain_of(world, shop.org)
            connection.execute("update crossings set bytes = bytes - 1")
        finally:
            for table in ("crossings", "organizations"):
                connection.execute(f"alter table {table} force row level security")
    assert told["checked"]["whole"] is False
    assert "does not fit its link" in told["checked"]["faults"][0]
    assert (await pack.chain_of(world, shop.org))["checked"]["whole"] is True


async def test_only_who_may_read_the_audit_log_takes_it_away(world: World, shop: Shop) -> None:
    for role, may in ((Role.VIEWER, False), (Role.AGENT, False), (Role.ADMIN, True)):
        person = await colleague(world, shop.owner, role, f"{role.capitalize()} Packer")
        async with signed_in(world, person) as at:
            answer = await at.post("/settings/data-map/pack")
            assert ("/settings/data-map/pack" in (await at.get("/settings/data-map")).text) is may
            if not may:
                assert answer.status_code == 403
                with pytest.raises(Refused):
                    await packed.page(world, person)
                continue
            assert re.fullmatch(r'attachment; filename="glassine-reviewers-pack-\d{4}-\d\d-\d\d\.zip"', answer.headers["content-disposition"])
            assert command.opened(answer.content)[0]["made_by"] == person.name
            assert "took a reviewer" in (await at.get("/settings/audit")).text


def test_from_the_command_line(settings: Settings, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert settings.database_url
    monkeypatch.setenv("GLASSINE_DATABASE_URL", settings.database_url)

    def run(*arguments: str) -> int:
        return command_line.main([*arguments, "--home", str(settings.home)])

    for name in ("review.zip", "review.html"):
        file = tmp_path / name
        assert run("pack", str(file), "--organization", str(shop.org)) == 0
        assert run("pack", str(file)) == 2, "it is there already"
        assert run("pack", "--check", str(file)) == 0
        assert "is whole: Paper & Glass" in capsys.readouterr().err
    (tmp_path / "review.html").write_bytes((tmp_path / "review.html").read_bytes().replace(b'"holds": true', b'"holds": false'))
    assert run("pack", "--check", str(tmp_path / "review.html")) == 1
    assert run("pack", str(tmp_path / "review.pdf")) == 2
    assert run("pack", "--check", str(tmp_path / "nothing.zip")) == 2
    for state, says in (("off", "All AI is off."), ("off", "off already"), ("on", "on again"), ("on", "on already")):
        assert run("ai", state) == 0
        assert says in capsys.readouterr().err
