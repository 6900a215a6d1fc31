"""Mail through the gate to a small real SMTP server, with and without encryption, and the twin that only keeps it."""

from __future__ import annotations

import base64
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from glassine.edge.addresses import places
from glassine.edge.gate import CrossingRow, Gate
from glassine.edge.mail import Mailer, compose
from glassine.words.errors import CrossingRefused, Misconfigured, Refused
from glassine.words.ids import OrgId, new_id
from tests.certificates import self_signed
from tests.post import Post

pytestmark = pytest.mark.enable_socket

ORG = OrgId(new_id())


@pytest.fixture
def rows() -> list[CrossingRow]:
    return []


@pytest.fixture
async def make(rows: list[CrossingRow]) -> AsyncIterator[Callable[[str], Mailer]]:
    async def record(row: CrossingRow) -> None:
        rows.append(row)

    yield lambda url: Mailer(url, sender="Acme Support <support@acme.example>", gate=Gate(allowed_private=places([url]), record=record))


Make = Callable[[str], Mailer]


async def test_a_message_arrives_and_is_recorded(make: Make, rows: list[CrossingRow]) -> None:
    async with Post() as post:
        await make(f"smtp://127.0.0.1:{post.port}").send("ana@acme.example", "Grüße — a customer waits", "Ticket 1001 wartet.\n.\nMehr im Eingang.", org=ORG)
    [letter] = post.letters
    assert letter["Subject"] == "Grüße — a customer waits"
    assert letter["From"] == "Acme Support <support@acme.example>"
    assert letter["To"] == "ana@acme.example"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@acme.example>")
    assert letter.get_content().replace("\r\n", "\n") == "Ticket 1001 wartet.\n.\nMehr im Eingang.\n"
    [row] = rows
    assert (row.org, row.purpose, row.destination, row.allowed) == (ORG, "mail", f"127.0.0.1:{post.port}", True)
    assert row.bytes > 300


async def test_a_private_server_that_is_not_listed_is_refused() -> None:
    async with Post() as post:
        with pytest.raises(CrossingRefused):
            await Mailer(f"smtp://127.0.0.1:{post.port}", sender="a@b.example", gate=Gate()).send("ana@acme.example", "x", "y", org=ORG)
    assert not post.commands


async def test_a_password_goes_over_tls_only(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = self_signed(tmp_path, "localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    async with Post() as plain:
        with pytest.raises(ConnectionError, match="no encryption"):
            await make(f"smtp://ana:s%40cret@localhost:{plain.port}").send("ana@acme.example", "x", "y", org=ORG)
        assert not any(command.startswith("AUTH") for command in plain.commands)
    async with Post(context) as unknown:
        with pytest.raises(ConnectionError):
            await make(f"smtp://ana:s%40cret@localhost:{unknown.port}").send("ana@acme.example", "x", "y", org=ORG)
        assert not any(command.startswith("AUTH") for command in unknown.commands)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with Post(context) as known, Post(context, implicit=True) as implicit:
        await make(f"smtp://ana:s%40cret@localhost:{known.port}").send("ana@acme.example", "x", "y", org=ORG)
        await make(f"smtps://ana:s%40cret@localhost:{implicit.port}").send("ana@acme.example", "x", "y", org=ORG)
        for post in (known, implicit):
            [auth] = [command for command in post.commands if command.startswith("AUTH")]
            assert base64.b64decode(auth.split()[2]) == b"\0ana\0s@cret"
            assert len(post.letters) == 1


async def test_a_refusal_and_an_absent_server_are_connection_errors(make: Make) -> None:
    async with Post(refuse=True) as post:
        mailer = make(f"smtp://127.0.0.1:{post.port}")
        with pytest.raises(ConnectionError):
            await mailer.send("ana@acme.example", "x", "y", org=ORG)
    with pytest.raises(ConnectionError):
        await mailer.send("ana@acme.example", "x", "y", org=ORG)


@pytest.mark.parametrize("to", ["", "ana", "ana@", "@acme.example", "a@b.example\r\nRCPT TO:<c@d.example>", "a@b.example, c@d.example", "Ana <a@b.example>", "a b@c.d"])
async def test_what_is_not_one_address_is_refused(to: str) -> None:
    mailer = Mailer()
    with pytest.raises(Refused):
        await mailer.send(to, "x", "y", org=ORG)
    assert not mailer.kept


def test_a_header_cannot_start_another_one() -> None:
    letter = compose("a@b.example", "c@d.example", "Hello\r\nBcc: everyone@e.example\ud800\x00", "text\ud800")
    assert letter["Bcc"] is None
    assert letter["Subject"] == "Hello Bcc: everyone@e.example?"
    assert b"\nBcc:" not in letter.as_bytes()


async def test_without_a_server_messages_are_kept(caplog: pytest.LogCaptureFixture) -> None:
    mailer = Mailer()
    with caplog.at_level(logging.INFO):
        await mailer.send("ana@acme.example", "Sign in", "https://acme.example/login/secret", org=ORG)
    assert mailer.kept[0]["Subject"] == "Sign in"
    assert "Sign in" in caplog.text
    assert "secret" not in caplog.text
    assert "ana@" not in caplog.text


@pytest.mark.parametrize("url", ["http://mail", "smtp://", "smtp://mail:port", "mail:25"])
def test_a_wrong_address_of_the_server(url: str) -> None:
    with pytest.raises(Misconfigured):
        Mailer(url, sender="a@b.example")
    with pytest.raises(Misconfigured, match="GLASSINE_MAIL_FROM"):
        Mailer("smtp://mail:25")
    Mailer("smtp://ana%40acme.example:x@mail:25")
