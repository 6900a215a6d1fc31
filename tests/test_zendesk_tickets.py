"""Sessions as tickets of Zendesk: what is written there, that it is written once, and what is told when it does not go."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio

from glassine.words.deliveries import DeliveryFailed
from glassine.words.errors import Refused
from glassine.words.helpdesks import Enclosed, Hook, Requester, Speaker
from tests.vendors import Request, Response, Vendor, vendor
from tests.zendesk_talk import TALK, ZENDESK, draft, entry, opened, way
from tests.zendesk_tickets_twin import ADA, TOKEN, Support

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def support() -> Support:
    return Support()


@pytest_asyncio.fixture
async def server(support: Support) -> AsyncIterator[Vendor]:
    async with vendor(support) as made:
        yield made


# -- what is written ---------------------------------------------------------------------------------------------------------


async def test_a_session_becomes_a_ticket_with_all_that_was_said_in_order(support: Support, server: Vendor) -> None:
    ticket = await opened(server)
    held = support.held[int(ticket.id)]
    assert ticket.url == f"{server.url}/agent/tickets/{ticket.id}"
    assert held.fields["subject"] == "#4521: My lamp is broken"
    assert held.fields["external_id"] == "gls" + "a" * 24
    assert held.tags == ["glassine", "lamps___more", "opencx_channel_web", "opencx_handedoff", "opencx_sentiment_angry"]
    assert (held.fields["priority"], held.fields["group_id"]) == ("high", 72)
    assert held.fields["custom_fields"] == [{"id": 360012, "value": "7"}, {"id": 360013, "value": "request"}]
    first, *said = held.comments()
    for words in ("The lamp came broken.<br>Wants a new one.", "asks for a person", "angry", 'href="https://support.example.com/inbox/7"', str(UUID(int=7))):
        assert words in first["html_body"]
    assert [one["author_id"] for one in said] == [held.requester, ADA, held.requester, ADA]
    assert "My lamp is broken &lt;b&gt;&amp; dark&lt;/b&gt;" in said[0]["html_body"]
    assert "<b>Customer</b> · 2026-11-26 09:31 UTC" in said[0]["html_body"]
    assert "<b>Glassine (AI)</b>" in said[1]["html_body"]
    assert "I am sorry.<br>Which lamp?" in said[1]["html_body"]
    assert "Zoe (internal note of your team)" in said[3]["html_body"]


async def test_nothing_is_mailed_to_the_customer_of_what_they_know(support: Support, server: Vendor) -> None:
    ticket = await opened(server, draft(*TALK, requester=Requester(key="k", email="lea@example.com", name="Lea")))
    async with way(server) as link:
        await ZENDESK.say(link, ticket, entry(9, "Are you there?"), "d")
    assert support.mailed == []
    support.answer(int(ticket.id), "Yes")
    assert support.mailed == [("lea@example.com", "Yes")], "the twin does mail what a team says in public"


async def test_a_customer_without_an_address_has_a_ticket_too_and_is_one_person_there(support: Support, server: Vendor) -> None:
    one, other = await opened(server), await opened(server, draft(marker="gls" + "b" * 24), "delivery-2")
    assert support.held[int(one.id)].requester == support.held[int(other.id)].requester
    made = support.users[support.held[int(one.id)].requester]
    assert {name: made[name] for name in ("name", "external_id", "role")} == {"name": "Customer ey0001", "external_id": "glskey0001", "role": "end-user"}
    assert not {"email", "phone"} & made.keys()


@pytest.mark.parametrize("lag", [False, True])
async def test_somebody_whom_zendesk_knows_stays_as_they_are(support: Support, server: Vendor, lag: bool) -> None:
    support.users[40] = {"id": 40, "name": "Lea Lund", "email": "Lea@example.com", "role": "end-user", "external_id": "crm-9"}
    support.searches_lag = lag
    ticket = await opened(server, draft(*TALK, requester=Requester(key="k", email="lea@example.com", name="L.")))
    assert support.held[int(ticket.id)].requester == 40
    assert (support.users[40]["name"], support.users[40]["external_id"]) == ("Lea Lund", "crm-9")


async def test_a_phone_number_that_zendesk_does_not_take_is_left_out(support: Support, server: Vendor) -> None:
    ticket = await opened(server, draft(requester=Requester(key="k", phone="none", name="Lea")))
    assert support.users[support.held[int(ticket.id)].requester]["name"] == "Lea"


async def test_groups_and_fields_may_be_named_and_what_zendesk_does_not_take_keeps_no_ticket_back(support: Support, server: Vendor) -> None:
    ticket = await opened(server, draft(group="billing", fields={"Session": "7", "360013": "request", "Nothing": "x"}))
    held = support.held[int(ticket.id)]
    assert held.fields["group_id"] == 72
    assert held.fields["custom_fields"] == [{"id": 360012, "value": "7"}, {"id": 360013, "value": "request"}]
    plain = await opened(server, draft(marker="gls" + "b" * 24, group="99"), "delivery-2")
    held = support.held[int(plain.id)]
    assert not {"group_id", "priority", "custom_fields"} & held.fields.keys()
    assert "Zendesk did not take it: group" in held.comments()[0]["html_body"]
    assert await opened(server, draft(marker="gls" + "b" * 24, group="99"), "delivery-2") == plain


async def test_a_long_conversation_keeps_within_the_limit_of_changes_and_loses_nothing(support: Support, server: Vendor) -> None:
    talk = [entry(number, f"Word {number} " + "x" * 3_000, Speaker.CUSTOMER if number % 2 else Speaker.AI, author="A") for number in range(1, 91)]
    ticket = await opened(server, draft(*talk))
    comments = support.held[int(ticket.id)].comments()
    words = "".join(one["plain_body"] for one in comments)
    places_ = [words.index(f"Word {number} ") for number in range(1, 91)]
    assert places_ == sorted(places_)
    assert len(comments) < 22
    assert all(f"Word {number} " in one["plain_body"] for number, one in zip(range(79, 91), comments[-12:], strict=True)), "the newest stand alone"
    async with way(server) as link:
        assert all([await ZENDESK.said(link, ticket, one.marker) for one in talk]), "also those that share a comment are found again"


async def test_words_that_are_longer_than_a_comment_are_cut_and_say_so(support: Support, server: Vendor) -> None:
    ticket = await opened(server, draft(entry(1, '"' * 40_000), summary="&" * 30_000))
    first, said = support.held[int(ticket.id)].comments()
    assert "shortened" in first["html_body"]
    assert "shortened; all of it is in Glassine" in said["html_body"]


async def test_files_go_along_and_one_that_zendesk_does_not_take_is_named(support: Support, server: Vendor) -> None:
    files = (Enclosed(name="lamp & co.png", media_type="image/png", content=b"\x89PNG"), Enclosed(name="", media_type="text/plain", content=b"x"))
    ticket = await opened(server, draft(entry(1, "See", files=files)))
    said = support.held[int(ticket.id)].comments()[-1]
    assert [one["file_name"] for one in said["attachments"]] == ["lamp & co.png"]
    assert support.files[said["attachments"][0]["id"]] == ("lamp & co.png", "image/png", b"\x89PNG")
    assert "was not taken by Zendesk" in said["html_body"]


async def test_a_later_message_stands_in_the_requesters_name_and_is_found_again(support: Support, server: Vendor) -> None:
    ticket = await opened(server)
    async with way(server) as link:
        assert await ZENDESK.said(link, ticket, entry(9, "").marker) is None
        id = await ZENDESK.say(link, ticket, entry(9, "Are you there?"), "d")
        assert await ZENDESK.said(link, ticket, entry(9, "").marker) == id
        assert await ZENDESK.said(link, ticket, TALK[0].marker), "what opening took along too"
    last = support.held[int(ticket.id)].comments()[-1]
    assert (last["id"], last["author_id"]) == (int(id), support.held[int(ticket.id)].requester)


async def test_a_requester_who_is_gone_over_there_does_not_keep_their_words_out(support: Support, server: Vendor) -> None:
    ticket = await opened(server)
    del support.users[support.held[int(ticket.id)].requester]
    async with way(server) as link:
        await ZENDESK.say(link, ticket, entry(9, "Are you there?"), "d")
    assert support.held[int(ticket.id)].comments()[-1]["author_id"] == ADA


# -- once, whatever happens --------------------------------------------------------------------------------------------------


async def test_the_same_again_makes_nothing_anew(support: Support, server: Vendor) -> None:
    first = await opened(server)
    before = len(support.held[int(first.id)].audits)
    assert await opened(server) == first
    assert await opened(server, key="another") == first
    async with way(server) as link:
        assert await ZENDESK.find(link, draft().marker) == first
        assert await ZENDESK.find(link, "gls" + "c" * 24) is None
    assert len(support.held) == 1
    assert len(support.held[int(first.id)].audits) == before


@pytest.mark.parametrize("breaks_at", range(1, 10))
async def test_a_ticket_that_broke_off_anywhere_is_finished_and_holds_everything_once(support: Support, breaks_at: int) -> None:
    """The answer to the nth request never comes, whether or not it had its effect; then it is tried again."""
    for loses_effect in (False, True):
        support = Support()
        seen = [0]

        def answer(request: Request, support: Support = support, seen: list[int] = seen, loses_effect: bool = loses_effect) -> Response:
            seen[0] += 1
            if seen[0] != breaks_at:
                return support(request)
            if not loses_effect:
                support(request)
            raise ConnectionResetError

        async with vendor(answer) as server:
            try:
                await opened(server)
            except DeliveryFailed as failed:
                assert failed.again
                async with way(server) as link:
                    assert await ZENDESK.find(link, draft().marker) is None or len(next(iter(support.held.values())).comments()) == 5
            ticket = await opened(server)
            async with way(server) as link:
                assert await ZENDESK.find(link, draft().marker) == ticket
        assert len(support.held) == 1
        said = [one["plain_body"] for one in support.held[int(ticket.id)].comments()]
        assert len(said) == 5
        assert [mark in words for mark, words in zip(("Session #4521", "My lamp", "Which lamp", "a person", "ordered twice"), said, strict=True)] == [True] * 5


async def test_a_ticket_that_is_not_found_yet_is_not_made_twice_by_its_key(support: Support, server: Vendor) -> None:
    """Zendesk's list may lag behind a ticket that it has just made: then its key tells, also where the words have changed meanwhile."""
    first = await opened(server)
    hidden = [True]
    server.answer = lambda request: Response(body=b'{"tickets": []}') if hidden[0] and "external_id" in request.target and "/tickets" in request.target else support(request)
    assert (await opened(server)).id == first.id
    with pytest.raises(DeliveryFailed) as failed:
        await opened(server, draft(*TALK, summary="Redacted since."))
    assert failed.value.status == 400
    hidden[0] = False
    assert (await opened(server, draft(*TALK, summary="Redacted since."))).id == first.id
    assert len(support.held) == 1


# -- its status --------------------------------------------------------------------------------------------------------------


async def test_solving_and_opening_again_go_over_and_change_nothing_twice(support: Support, server: Vendor) -> None:
    ticket = await opened(server)
    held = support.held[int(ticket.id)]
    async with way(server) as link:
        for solved, status in ((True, "solved"), (False, "open")):
            await ZENDESK.set_status(link, ticket, solved=solved)
            audits = len(held.audits)
            await ZENDESK.set_status(link, ticket, solved=solved)
            assert (held.status, len(held.audits)) == (status, audits)
        assert held.assignee == ADA
        support.set_status(held.id, "pending")
        await ZENDESK.set_status(link, ticket, solved=False)
        assert held.status == "pending", "a state of their own stays"
        support.set_status(held.id, "closed")
        with pytest.raises(DeliveryFailed, match="closed for good"):
            await ZENDESK.set_status(link, ticket, solved=False)
        with pytest.raises(DeliveryFailed, match="takes no more words"):
            await ZENDESK.say(link, ticket, entry(9, "Hello?"), "d")


async def test_fields_that_zendesk_requires_are_named_when_it_does_not_let_solve(support: Support, server: Vendor) -> None:
    ticket = await opened(server)
    server.answer = lambda request: Response(status=422, body=b'{"details": {"Model": [{"description": "Lea: cannot be blank"}]}}') if request.method == "PUT" else support(request)
    async with way(server) as link:
        with pytest.raises(DeliveryFailed, match=r"fields that it requires are filled in \(Model\)") as failed:
            await ZENDESK.set_status(link, ticket, solved=True)
    assert not failed.value.again
    assert "Lea" not in failed.value.message


# -- settings and troubles ---------------------------------------------------------------------------------------------------


async def test_the_check_says_whom_it_reached_and_what_there_is_to_choose(support: Support, server: Vendor) -> None:
    async with way(server) as link:
        said = await ZENDESK.check(link)
    assert said.reached == "acme.zendesk.com knows Ada (admin)."
    assert said.missing == ()
    assert said.choices == {"group": {"71": "Support", "72": "Billing"}, "mapping": {"360012": "Session", "360013": "Reason"}}
    assert not support.held


async def test_names_that_zendesk_does_not_know_are_told(support: Support, server: Vendor) -> None:
    async with way(server, group="Billing", mapping="Session = session_id\n360013 = reasons") as link:
        assert (await ZENDESK.check(link)).missing == ()
    async with way(server, group="Bills", mapping="Sessions = session_id") as link:
        group, field = (await ZENDESK.check(link)).missing
    assert "no group called Bills" in group
    assert "no ticket field called Sessions" in field


@pytest.mark.parametrize(("denied", "words"), [("webhooks", "may not make the webhook"), ("tickets", "may not read tickets")])
async def test_rights_that_are_missing_are_named(support: Support, server: Vendor, denied: str, words: str) -> None:
    support.denied = {denied}
    async with way(server) as link:
        (said,) = (await ZENDESK.check(link)).missing
    assert words in said


async def test_an_agent_may_make_tickets_but_not_the_hook(support: Support, server: Vendor) -> None:
    support.role = "agent"
    async with way(server) as link:
        (said,) = (await ZENDESK.check(link)).missing
    assert "Glassine asks every few minutes" in said
    support.role = "end-user"
    async with way(server) as link:
        with pytest.raises(Refused, match="end user"):
            await ZENDESK.check(link)


@pytest.mark.parametrize(("change", "words"), [({"token": "wrong"}, "refuses this login"), ({"token": ""}, "needs an API token"), ({"email": "eve@acme.example"}, "refuses this login"), ({"subdomain": "a b"}, "before .zendesk.com")])
async def test_settings_that_are_wrong_are_told_so_and_never_repeat_a_key(server: Vendor, change: dict[str, str], words: str) -> None:
    with pytest.raises((DeliveryFailed, Refused)) as failed:
        async with way(server, **change) as link:
            await ZENDESK.check(link)
    assert words in str(failed.value)
    assert TOKEN not in str(failed.value)


async def test_an_address_that_zendesk_does_not_send_to_is_told_with_what_to_set(server: Vendor) -> None:
    async with way(server) as link:
        with pytest.raises(DeliveryFailed, match="GLASSINE_PUBLIC_URL"):
            await ZENDESK.install(link, Hook(url="http://localhost:8000/api/hooks/helpdesks/1", secret="x"))


@pytest.mark.parametrize(("answer", "words", "again"), [
    (Response(status=401), "refuses this login", False), (Response(status=403), "does not let it", False), (Response(status=429, headers={"Retry-After": "93"}), "asked too often", True),
    (Response(status=500), "error of its own", True), (Response(status=503), "not available", True), (Response(body=b"<html>"), "not the JSON", True), (Response(body=b"[]"), "not the JSON", True),
    (Response(body=b'{"tickets": 7}'), "without the list of tickets", True), (Response(status=301, headers={"Location": "https://new.zendesk.com/x"}), "moved to new.zendesk.com", False),
])
async def test_whatever_zendesk_answers_is_told_in_plain_words(server: Vendor, answer: Response, words: str, again: bool) -> None:
    server.answer = lambda _: answer
    with pytest.raises(DeliveryFailed) as failed:
        await opened(server)
    assert words in failed.value.message
    assert failed.value.again is again
    assert failed.value.after == (93 if answer.status == 429 else None)


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_change_whose_answer_cannot_be_read_may_have_had_its_effect(support: Support, server: Vendor, method: str) -> None:
    server.answer = lambda request: Response(body=b"<html>") if request.method == method and "/tickets" in request.target else support(request)
    with pytest.raises(DeliveryFailed) as failed:
        await opened(server)
    assert failed.value.unknown


async def test_two_changes_at_once_are_tried_again_and_a_suspended_customer_is_told(support: Support, server: Vendor) -> None:
    ticket = await opened(server)
    server.answer = lambda request: Response(status=409, body=b"{}") if request.method == "PUT" else support(request)
    async with way(server) as link:
        with pytest.raises(DeliveryFailed, match="at the same moment") as failed:
            await ZENDESK.say(link, ticket, entry(9, "x"), "d")
    assert failed.value.again
    server.answer = support
    support.users[support.held[int(ticket.id)].requester]["suspended"] = True
    with pytest.raises(DeliveryFailed, match="has suspended this customer") as failed:
        await opened(server, draft(marker="gls" + "b" * 24), "delivery-2")
    assert not failed.value.again
