"""What comes back from Zendesk: its messages verified, and answers, notes, solving, merging and deleting read from a ticket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from glassine.words.deliveries import DeliveryFailed
from glassine.words.errors import Refused
from glassine.words.helpdesks import Changed, Deleted, Enclosed, MergedInto, RawHook, Reopened, Replied, Solved
from tests.vendors import Response, Vendor, vendor
from tests.zendesk_talk import HOOK, NOW, ZENDESK, draft, looked, opened, way
from tests.zendesk_tickets_twin import ADA, BOB, Support

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def support() -> Support:
    return Support()


@pytest_asyncio.fixture
async def server(support: Support) -> AsyncIterator[Vendor]:
    async with vendor(support) as made:
        yield made


# -- what comes back ---------------------------------------------------------------------------------------------------------


async def test_answers_and_notes_come_back_once_and_what_is_ours_does_not(support: Support, server: Vendor) -> None:
    ticket = await opened(server)
    heard, since = await looked(server, ticket)
    assert heard == []
    reply = support.answer(int(ticket.id), "A new lamp\nis on its way.", files=(("label.pdf", "application/pdf", b"%PDF"),))
    note = support.answer(int(ticket.id), "He seems angry", public=False)
    heard, since = await looked(server, ticket, since)
    one, other = heard
    assert isinstance(one, Replied)
    assert (one.key, one.text, one.public, one.author) == (f"comment:{reply}", "A new lamp\nis on its way.", True, "Bob")
    assert one.files == (Enclosed(name="label.pdf", media_type="application/pdf", content=b"%PDF"),)
    assert isinstance(other, Replied)
    assert (other.key, other.public) == (f"comment:{note}", False)
    assert (await looked(server, ticket, since))[0] == []
    assert len((await looked(server, ticket))[0]) == 2, "from the beginning it is the same under the same keys"


async def test_the_owner_of_the_token_may_answer_in_person(support: Support, server: Vendor) -> None:
    ticket = await opened(server)
    support.answer(int(ticket.id), "It is me", by=ADA)
    (one,) = (await looked(server, ticket))[0]
    assert isinstance(one, Replied)
    assert one.text == "It is me"


async def test_what_a_customer_writes_into_zendesk_is_no_answer_of_the_team(support: Support, server: Vendor) -> None:
    ticket = await opened(server)
    support.answer(int(ticket.id), "I write by mail", by=support.held[int(ticket.id)].requester)
    assert (await looked(server, ticket))[0] == []


async def test_the_words_of_an_agent_who_has_left_still_arrive(support: Support, server: Vendor) -> None:
    ticket = await opened(server)
    support.answer(int(ticket.id), "My last words here")
    support.answer(int(ticket.id), "By mail", by=support.held[int(ticket.id)].requester)
    del support.users[BOB], support.users[support.held[int(ticket.id)].requester]
    assert [one.text for one in (await looked(server, ticket))[0] if isinstance(one, Replied)] == ["My last words here"]


async def test_solving_and_opening_again_over_there_come_back_and_ours_do_not(support: Support, server: Vendor) -> None:
    ticket = await opened(server)
    async with way(server) as link:
        await ZENDESK.set_status(link, ticket, solved=True)
        await ZENDESK.set_status(link, ticket, solved=False)
    assert (await looked(server, ticket))[0] == []
    for status in ("pending", "solved", "closed", "open"):
        support.set_status(int(ticket.id), status)
    assert [type(one) for one in (await looked(server, ticket))[0]] == [Solved, Reopened]


async def test_a_ticket_lives_on_as_the_one_it_was_merged_into(support: Support, server: Vendor) -> None:
    ticket, other = await opened(server), await opened(server, draft(marker="gls" + "b" * 24), "delivery-2")
    support.merge(int(ticket.id), int(other.id))
    (merged,) = (await looked(server, ticket))[0]
    assert isinstance(merged, MergedInto)
    assert merged.into == other.id
    (note,) = (await looked(server, other))[0]
    assert isinstance(note, Replied)
    assert not note.public, "what Zendesk notes of a merge is not said to the customer"
    support.answer(int(other.id), "Here now")
    assert [one.text for one in (await looked(server, other))[0] if isinstance(one, Replied) and one.public] == ["Here now"]


async def test_a_merge_that_does_not_say_into_what_leaves_the_session_without_a_ticket(support: Support, server: Vendor) -> None:
    ticket, other = await opened(server), await opened(server, draft(marker="gls" + "b" * 24), "delivery-2")
    support.merge(int(ticket.id), int(other.id), says_where=False)
    assert [type(one) for one in (await looked(server, ticket))[0]] == [Deleted]


async def test_a_ticket_that_was_deleted_is_told_so_and_a_wrong_account_is_not_taken_for_that(support: Support, server: Vendor) -> None:
    ticket = await opened(server)
    support.delete(int(ticket.id))
    assert [type(one) for one in (await looked(server, ticket))[0]] == [Deleted]
    server.answer = lambda _: Response(status=404, body=b'{"error": "No help desk"}')
    with pytest.raises(DeliveryFailed, match="no Zendesk account"):
        await looked(server, ticket)


async def test_a_long_history_is_read_on_from_where_it_was(support: Support, server: Vendor) -> None:
    ticket = await opened(server)
    support.page_size = 3
    for number in range(10):
        support.answer(int(ticket.id), f"Answer {number}")
    heard, since = await looked(server, ticket)
    assert [one.text for one in heard if isinstance(one, Replied)] == [f"Answer {number}" for number in range(10)]
    server.seen.clear()
    support.answer(int(ticket.id), "One more")
    heard, since = await looked(server, ticket, since)
    assert [one.text for one in heard if isinstance(one, Replied)] == ["One more"]
    assert len([one for one in server.seen if "audits" in one.target]) <= 2


async def test_a_file_that_cannot_be_had_keeps_no_answer_back(support: Support, server: Vendor) -> None:
    ticket = await opened(server)
    support.answer(int(ticket.id), "See", files=(("a.pdf", "application/pdf", b"%PDF"),))
    server.answer = lambda request: Response(status=404) if request.target.startswith("/attachments/") else support(request)
    (one,) = (await looked(server, ticket))[0]
    assert isinstance(one, Replied)
    assert (one.files, [(unhad.name, unhad.why) for unhad in one.unhad]) == ((), [("a.pdf", "it is not there any more")])
    server.answer = lambda request: Response(status=500) if request.target.startswith("/attachments/") else support(request)
    with pytest.raises(DeliveryFailed):
        await looked(server, ticket)


# -- the hook ----------------------------------------------------------------------------------------------------------------


async def test_the_webhook_and_the_trigger_are_made_once_and_taken_away(support: Support, server: Vendor) -> None:
    async with way(server) as link:
        made = await ZENDESK.install(link, HOOK)
        assert await ZENDESK.install(link, HOOK) == made
        assert (len(support.hooks.known), len(support.hooks.rules)) == (1, 1)
        assert support.hooks.known[made["webhook"]]["endpoint"] == HOOK.url
        assert made["secret"] == support.hooks.secrets[made["webhook"]]
        await ZENDESK.uninstall(link, made)
        assert (support.hooks.known, support.hooks.rules) == ({}, {})
        await ZENDESK.uninstall(link, made)


async def test_a_message_of_zendesk_names_a_ticket_and_holds_no_word_of_it(support: Support, server: Vendor) -> None:
    told: list[tuple[str, dict[str, str], bytes]] = []
    support.hooks.send = lambda *one: told.append(one)
    support.now = lambda: NOW
    async with way(server) as link:
        made = await ZENDESK.install(link, HOOK)
    ticket = await opened(server)
    assert told == [], "what we write ourselves is not told to us"
    support.answer(int(ticket.id), "A secret answer")
    ((url, headers, body),) = told
    assert url == HOOK.url
    assert json.loads(body) == {"ticket": ticket.id}
    raw = RawHook(method="POST", path="", query="", headers=headers, body=body, at=NOW)
    ZENDESK.verify(raw, made["secret"])
    (one,) = ZENDESK.parse(raw)
    assert isinstance(one, Changed)
    assert one.ticket == ticket.id
    assert ZENDESK.parse(raw) == (one,), "sent again it is the same"
    support.answer(int(ticket.id), "Another")
    assert ZENDESK.parse(replace(raw, headers=told[-1][1])) != (one,)


@pytest.mark.parametrize("change", ["body", "timestamp", "signature", "secret", "late", "early", "none"])
def test_messages_that_are_not_zendesks_or_not_of_now_are_refused(change: str) -> None:
    hooks = Support().hooks
    hooks.secrets["w"] = "vendor-secret"
    body = b'{"ticket": "7"}'
    headers = hooks.signed("w", body, NOW)
    raw = RawHook(method="POST", path="", query="", headers=headers, body=body, at=NOW)
    ZENDESK.verify(raw, "vendor-secret")
    ZENDESK.verify(replace(raw, at=NOW + timedelta(minutes=4)), "vendor-secret")
    name = "x-zendesk-webhook-signature"
    wrong = {
        "body": replace(raw, body=b'{"ticket": "8"}'), "timestamp": replace(raw, headers=headers | {f"{name}-timestamp": "2026-11-26T09:31:00Z"}), "signature": replace(raw, headers=headers | {name: "AAAA"}),
        "late": replace(raw, at=NOW + timedelta(minutes=6)), "early": replace(raw, at=NOW - timedelta(minutes=6)), "none": replace(raw, headers={}), "secret": raw,
    }[change]
    with pytest.raises(Refused) as refused:
        ZENDESK.verify(wrong, "another" if change == "secret" else "vendor-secret")
    assert refused.value.status == 401


def test_an_empty_secret_lets_nothing_in() -> None:
    hooks = Support().hooks
    hooks.secrets["w"] = ""
    with pytest.raises(Refused):
        ZENDESK.verify(RawHook(method="POST", path="", query="", headers=hooks.signed("w", b"{}", NOW), body=b"{}", at=NOW), "")


@pytest.mark.parametrize("body", [b"", b"<x>", b"[" * 100_000])
def test_what_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        ZENDESK.parse(RawHook(method="POST", path="", query="", headers={}, body=body, at=NOW))


@pytest.mark.parametrize("body", [b"{}", b"[]", b"7", b'{"ticket": "7/../8"}', '{"ticket": "٣"}'.encode(), b'{"ticket": null}'])
def test_what_names_no_ticket_is_nothing(body: bytes) -> None:
    assert ZENDESK.parse(RawHook(method="POST", path="", query="", headers={}, body=body, at=NOW)) == ()


async def test_the_login_is_told_to_the_account_alone(support: Support, server: Vendor) -> None:
    ticket = await opened(server)
    support.answer(int(ticket.id), "See", by=BOB, files=(("a.pdf", "application/pdf", b"%PDF"),))
    assert (await looked(server, ticket))[0]
    assert all("authorization" in one.headers for one in server.seen if one.target.startswith("/api/"))
