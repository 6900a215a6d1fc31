"""A mailbox of the team's as a helpdesk: a thread of letters by the operator's server, one way; what nobody knows the end of is not sent twice by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from glassine import connect
from glassine.edge.addresses import places
from glassine.edge.gate import Gate
from glassine.edge.helpdesk_link import GateHelpdeskLink
from glassine.edge.mail import Mailer
from glassine.words.deliveries import DeliveryFailed, Effect
from glassine.words.errors import Refused
from glassine.words.helpdesks import Guarantee, RawHook, Ticket
from glassine.words.ids import OrgId, new_id
from tests.post import Post
from tests.test_helpdesks_contract import _AT, _draft, _entry

MODULE = connect.helpdesk("mail_desk")


@pytest_asyncio.fixture
async def post() -> AsyncIterator[Post]:
    async with Post() as running:
        yield running


def link(post: Post | None, port: int = 0) -> GateHelpdeskLink:
    port = post.port if post else port
    gate = Gate(allowed_private=places([f"smtp://127.0.0.1:{port}"])) if port else Gate()
    mailer = Mailer(f"smtp://127.0.0.1:{port}" if port else None, sender="Glassine <desk@shop.example>", gate=gate)
    return GateHelpdeskLink(gate=gate, org=OrgId(new_id()), settings={"to": "team@shop.example"}, hosts=(), mailer=mailer)


async def test_a_conversation_is_one_thread_of_letters(post: Post) -> None:
    there = link(post)
    ticket = await MODULE.open(there, _draft(), "key")
    await MODULE.say(there, ticket, _entry(9, "And it buzzes."), "key-2")
    first, second = post.letters
    assert (first["Subject"], second["Subject"]) == ("Conversation #42", "Re: Conversation #42"), "no word of the customer's"
    assert first["Message-ID"] == f"<{_draft().marker}@shop.example>" == second["In-Reply-To"] == second["References"]
    text = first.get_body().get_content()  # type: ignore[union-attr]  # a letter of text has one
    places = [text.find(f"Entry {n} of the transcript.") for n in (1, 2, 3)]
    assert -1 not in places
    assert places == sorted(places)
    assert "https://support.example.com/inbox/sessions/7" in text
    assert "And it buzzes." in second.get_body().get_content()  # type: ignore[union-attr]  # as above
    assert (first["To"], first["Auto-Submitted"]) == ("team@shop.example", "auto-generated")


async def test_what_the_server_refuses_is_not_unknown() -> None:
    async with Post(refuse=True) as post:
        with pytest.raises(DeliveryFailed) as failed:
            await MODULE.open(link(post), _draft(1), "key")
    assert (failed.value.unknown, failed.value.again) == (False, False)


async def test_a_server_that_is_down_is_tried_again() -> None:
    async with Post() as post:
        gone = post.port
    with pytest.raises(DeliveryFailed) as failed:
        await MODULE.open(link(None, gone), _draft(1), "key")
    assert (failed.value.unknown, failed.value.again) == (False, True)


async def test_a_connection_that_breaks_after_the_letter_is_unknown() -> None:
    async def cut(reader: Any, writer: Any) -> None:
        writer.write(b"220 post ready\r\n")
        while line := (await reader.readline()).decode().strip():
            if line.upper() == "DATA":
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                writer.transport.abort()
                return
            writer.write(b"250 ok\r\n")

    server = await asyncio.start_server(cut, "127.0.0.1", 0)
    there = link(None, server.sockets[0].getsockname()[1])
    with pytest.raises(DeliveryFailed) as failed:
        await MODULE.say(there, Ticket(id=_draft().marker, url="https://support.example.com/inbox/sessions/7", state={"number": "42"}), _entry(1, "Hello."), "key")
    assert failed.value.unknown
    assert MODULE.guarantees[Effect.SAY] is Guarantee.NONE, "so it stops, and a person decides"
    server.close()


async def test_without_a_server_it_cannot_be_connected() -> None:
    with pytest.raises(DeliveryFailed, match="No mail server is set"):
        await MODULE.check(link(None))


@pytest.mark.parametrize("to", ["", "nobody", "a@b@c", "a b@c.example", "a@c.example,b@c.example"])
def test_an_address_is_one(to: str) -> None:
    with pytest.raises(Refused):
        MODULE.hosts({"to": to})


async def test_nothing_comes_back() -> None:
    with pytest.raises(Refused):
        MODULE.verify(RawHook(method="POST", path="/", query="", headers={}, body=b"{}", at=_AT), "")
