"""Sessions as conversations of Zendesk messaging: what is posted there, that it is posted once, and what comes back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from glassine.connect import helpdesk
from glassine.edge.addresses import places
from glassine.edge.gate import Gate
from glassine.edge.helpdesk_link import GateHelpdeskLink
from glassine.words.deliveries import DeliveryFailed
from glassine.words.errors import Refused
from glassine.words.helpdesks import Changed, Draft, Enclosed, Heard, Hook, RawHook, Replied, Requester, Solved, Speaker, Ticket
from glassine.words.ids import OrgId, new_id
from tests.helpdesk_twins import Fault, SentHook, running
from tests.sunshine_twin import BOT, SECRET, TEAM, SunshineTwin
from tests.zendesk_talk import HOOK, NOW, TALK, draft, entry

pytestmark = pytest.mark.enable_socket

SUNSHINE = helpdesk("sunshine")
AGENT = {"type": "business", "displayName": "Grace", "subtypes": ["agent"]}


@pytest_asyncio.fixture
async def twin() -> AsyncIterator[SunshineTwin]:
    async with running(SunshineTwin()) as made:
        yield made


@asynccontextmanager
async def way(twin: SunshineTwin, **changes: str) -> AsyncIterator[GateHelpdeskLink]:
    gate = Gate(allowed_private=places([twin.url]))
    settings = twin.settings() | changes
    try:
        yield GateHelpdeskLink(gate=gate, org=OrgId(new_id()), settings=settings, hosts=SUNSHINE.hosts(settings), own=twin.url, now=NOW)
    finally:
        await gate.aclose()


async def opened(twin: SunshineTwin, one: Draft | None = None, **settings: str) -> Ticket:
    async with way(twin, **settings) as link:
        return await SUNSHINE.open(link, one or draft(*TALK), "delivery")


async def looked(twin: SunshineTwin, ticket: Ticket, since: str = "") -> tuple[list[Heard], str]:
    async with way(twin) as link:
        found = await SUNSHINE.look(link, ticket, since)
    return list(found.heard), found.since


# -- what is posted ----------------------------------------------------------------------------------------------------------


async def test_a_session_becomes_a_conversation_that_the_team_gets(twin: SunshineTwin) -> None:
    ticket = await opened(twin, draft(*TALK, requester=Requester(key="glskey0001", name="Lea", email="lea@example.com")))
    assert twin.users["glskey0001"]["profile"] == {"givenName": "Lea", "email": "lea@example.com"}
    first, *said = twin.messages[ticket.id]
    for words in ("The lamp came broken.\nWants a new one.", "asks for a person", "angry", "https://support.example.com/inbox/7"):
        assert words in first["content"]["text"]
    assert [(one["author"].get("displayName", "user"), one["content"]["text"]) for one in said] == [
        ("user", "My lamp is broken <b>& dark</b>"), ("Glassine", "I am sorry.\nWhich lamp?"), ("user", "Give me a person"),
    ], "the note of the team stays here"
    assert twin.holders[ticket.id] == TEAM
    ((_, passed),) = twin.passed
    assert passed == {
        "glassine": "gls" + "a" * 24, "first_message_id": first["id"], "dataCapture.systemField.tags": "opencx_channel_web,opencx_sentiment_angry,opencx_handedoff,lamps & more",
        "dataCapture.ticketField.360012": "7", "dataCapture.ticketField.360013": "request",
    }


async def test_a_customer_of_whom_nothing_is_told_has_one_user_for_all_their_sessions(twin: SunshineTwin) -> None:
    one, other = await opened(twin), await opened(twin, draft(marker="gls" + "b" * 24))
    assert one.id != other.id
    assert list(twin.users) == ["glskey0001"]
    assert twin.users["glskey0001"]["profile"] == {"givenName": "Customer ey0001"}


async def test_long_words_are_several_messages_and_files_go_along(twin: SunshineTwin) -> None:
    files = (
        Enclosed(name='la"mp.png', media_type="image/png", content=b"\x89PNG\r\n--x"), Enclosed(name="bill.pdf", media_type="application/pdf", content=b"%PDF"),
        Enclosed(name="a.exe", media_type="application/x-msdownload", content=b"MZ"),
    )
    ticket = await opened(twin, draft(entry(1, "a" * 9_000, files=files)))
    *words, image, file, lost = twin.messages[ticket.id][1:]
    assert "".join(one["content"]["text"] for one in words) == "a" * 9_000
    assert (image["content"]["type"], file["content"]["type"], file["content"]["altText"]) == ("image", "file", "bill.pdf")
    assert [content for _, content in twin.stored.values()] == [b"\x89PNG\r\n--x", b"%PDF"]
    assert "a.exe was not taken" in lost["content"]["text"]
    async with way(twin) as link:
        assert await SUNSHINE.said(link, ticket, entry(1, "").marker) == lost["id"]


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.RESET, Fault.MALFORMED], ids=str)
async def test_a_conversation_that_broke_off_anywhere_is_finished_and_holds_everything_once(fault: Fault) -> None:
    async with running(SunshineTwin()) as whole:
        await opened(whole)
        requests = len(whole.seen)
    assert requests == 10
    for at in range(requests):
        async with running(SunshineTwin(faults=[*[None] * at, fault])) as twin:
            with pytest.raises(DeliveryFailed) as failed:
                await opened(twin)
            assert failed.value.again
            ticket = await opened(twin)
            assert await opened(twin) == ticket
            assert list(twin.conversations) == [ticket.id], at
            assert len(twin.messages[ticket.id]) == 4
            assert [one["metadata"]["glassine"] for one in twin.messages[ticket.id]] == ["gls" + "a" * 24, *(one.marker for one in TALK[:3])]
            assert twin.holders[ticket.id] == TEAM


async def test_a_conversation_is_found_among_many_of_the_same_customer(twin: SunshineTwin) -> None:
    tickets = [await opened(twin, draft(marker=f"gls{number:024x}")) for number in range(7)]
    twin.page_size = 2
    assert [await opened(twin, draft(marker=f"gls{number:024x}")) for number in range(7)] == tickets
    assert len(twin.conversations) == 7


async def test_a_later_message_is_the_customers_and_a_note_stays_here(twin: SunshineTwin) -> None:
    ticket = await opened(twin)
    async with way(twin) as link:
        id = await SUNSHINE.say(link, ticket, entry(9, "Are you there?"), "d")
        assert await SUNSHINE.say(link, ticket, entry(10, "Rude.", Speaker.TEAM, public=False), "d") == ""
        assert await SUNSHINE.said(link, ticket, entry(9, "").marker) == id
    last = twin.messages[ticket.id][-1]
    assert (last["id"], last["author"]) == (id, {"type": "user", "userExternalId": "glskey0001"})


async def test_who_answers_may_be_chosen_and_is_named_when_nobody_is_called_so(twin: SunshineTwin) -> None:
    ticket = await opened(twin, to="zd-answerBot")
    assert twin.holders[ticket.id] == BOT
    with pytest.raises(DeliveryFailed, match="Nobody called nobody answers") as failed:
        await opened(twin, draft(marker="gls" + "b" * 24), to="nobody")
    assert not failed.value.again


async def test_a_full_conversation_says_so(twin: SunshineTwin) -> None:
    ticket = await opened(twin)
    twin.full = True
    async with way(twin) as link:
        with pytest.raises(DeliveryFailed, match="30,000"):
            await SUNSHINE.say(link, ticket, entry(9, "x"), "d")


# -- what comes back ---------------------------------------------------------------------------------------------------------


async def test_answers_come_back_once_with_their_files_and_what_machines_wrote_does_not(twin: SunshineTwin) -> None:
    ticket = await opened(twin)
    assert (await looked(twin, ticket))[0] == []
    twin.stored["/media/1/label.pdf"] = ("application/pdf", b"%PDF")
    twin.write(ticket.id, AGENT, {"type": "text", "text": "On its way."})
    twin.write(ticket.id, AGENT, {"type": "file", "mediaUrl": f"{twin.url}/media/1/label.pdf", "mediaType": "application/pdf"})
    twin.write(ticket.id, {"type": "business", "subtypes": ["bot"]}, {"type": "text", "text": "You are number 7."})
    twin.write(ticket.id, {"type": "user"}, {"type": "text", "text": "By another way"})
    twin.write(ticket.id, AGENT, {"type": "text", "text": "gone"}, deleted=True)
    twin.write(ticket.id, AGENT, {"type": "text", "text": "Which?", "actions": [{"type": "link", "text": "See", "uri": "https://acme.example/x"}]})
    heard, since = await looked(twin, ticket)
    replied = [one for one in heard if isinstance(one, Replied)]
    assert [(one.text, one.author, one.public) for one in replied] == [("On its way.", "Grace", True), ("", "Grace", True), ("Which?\nSee https://acme.example/x", "Grace", True)]
    assert replied[1].files == (Enclosed(name="label.pdf", media_type="application/pdf", content=b"%PDF"),)
    assert (await looked(twin, ticket, since))[0] == []
    twin.write(ticket.id, AGENT, {"type": "text", "text": "One more"})
    assert [one.text for one in (await looked(twin, ticket, since))[0] if isinstance(one, Replied)] == ["One more"]


async def test_many_messages_are_read_in_order_from_the_beginning_and_from_a_place(twin: SunshineTwin) -> None:
    ticket = await opened(twin)
    twin.page_size = 3
    _, since = await looked(twin, ticket)
    for number in range(10):
        twin.write(ticket.id, AGENT, {"type": "text", "text": f"Answer {number}"})
    for place in ("", since):
        assert [one.text for one in (await looked(twin, ticket, place))[0] if isinstance(one, Replied)] == [f"Answer {number}" for number in range(10)]


async def test_the_end_of_a_ticket_ends_the_session(twin: SunshineTwin) -> None:
    ticket = await opened(twin)
    twin.write(ticket.id, {"type": "business", "subtypes": ["activity"]}, {"type": "text", "text": "Closed"}, activity={"type": "ticket:closed"})
    (one,) = (await looked(twin, ticket))[0]
    assert isinstance(one, Solved)


async def test_control_that_is_given_up_or_taken_again_is_noticed_without_a_hook(twin: SunshineTwin) -> None:
    ticket = await opened(twin)
    _, since = await looked(twin, ticket)
    for holder, words in ((None, "Solved"), (BOT, ""), (TEAM, "Reopened"), (TEAM, "")):
        twin.holders[ticket.id] = holder
        heard, since = await looked(twin, ticket, since)
        assert [type(one).__name__ for one in heard] == ([words] if words else [])


async def test_a_conversation_that_is_gone_is_told_and_a_wrong_app_is_not_taken_for_that(twin: SunshineTwin) -> None:
    ticket = await opened(twin)
    del twin.conversations[ticket.id]
    assert [type(one).__name__ for one in (await looked(twin, ticket))[0]] == ["Deleted"]
    async with way(twin, app_id="another") as link:
        with pytest.raises(DeliveryFailed, match="no app another"):
            await SUNSHINE.look(link, ticket, "")


# -- the hook ----------------------------------------------------------------------------------------------------------------


def raw(hook: SentHook, **changes: object) -> RawHook:
    made = RawHook(method="POST", path="", query="", headers={name.lower(): value for name, value in hook.headers.items()}, body=hook.body, at=datetime.now(UTC))
    return replace(made, **changes)  # type: ignore[arg-type]  # fields of RawHook by name


async def test_what_is_told_is_known_by_its_key_and_read_again(twin: SunshineTwin) -> None:
    async with way(twin) as link:
        made = await SUNSHINE.install(link, HOOK)
    ticket = await opened(twin)
    ours, theirs = twin.event_of(ticket.id, twin.messages[ticket.id][0]), twin.event_of(ticket.id, twin.write(ticket.id, AGENT, {"type": "text", "text": "A secret answer"}))
    SUNSHINE.verify(raw(theirs), made["secret"])
    (one,) = SUNSHINE.parse(raw(theirs))
    assert isinstance(one, Changed)
    assert one.ticket == ticket.id
    assert SUNSHINE.parse(raw(ours)) == ()
    for wrong in (raw(theirs, headers={}), raw(theirs, headers={"x-api-key": "x"}), raw(theirs, at=datetime.now(UTC) + timedelta(hours=2))):
        with pytest.raises(Refused):
            SUNSHINE.verify(wrong, made["secret"])
    with pytest.raises(Refused):
        SUNSHINE.verify(raw(theirs, headers={"x-api-key": ""}), "")


@pytest.mark.parametrize("events", [[{}], [7], [{"id": "e", "type": "conversation:message", "payload": 7}], [{"id": "e", "type": "conversation:message", "payload": {"conversation": 7}}], [{"id": "e", "type": "user:update", "payload": {"conversation": {"id": "c"}}}], {"id": 1}, None])
def test_what_says_nothing_of_a_conversation_is_nothing(events: object) -> None:
    assert SUNSHINE.parse(RawHook(method="POST", path="", query="", headers={}, body=json.dumps({"events": events}).encode(), at=NOW)) == ()


async def test_an_address_that_is_not_sent_to_is_told_with_what_to_set(twin: SunshineTwin) -> None:
    async with way(twin) as link:
        with pytest.raises(DeliveryFailed, match="GLASSINE_PUBLIC_URL"):
            await SUNSHINE.install(link, Hook(url="http://localhost:8000/api/hooks/helpdesks/1", secret="x"))


# -- settings ----------------------------------------------------------------------------------------------------------------


async def test_the_check_says_what_it_reached_and_who_can_answer(twin: SunshineTwin) -> None:
    async with way(twin) as link:
        said = await SUNSHINE.check(link)
    assert said.reached == "acme.zendesk.com has the app Acme messaging."
    assert said.missing == ()
    assert said.choices == {"to": {"zd-agentWorkspace": "zd-agentWorkspace (zd:agentWorkspace)", "zd-answerBot": "zd-answerBot (zd:answerBot)"}}
    twin.answering = [BOT]
    async with way(twin) as link:
        (missing,) = (await SUNSHINE.check(link)).missing
    assert "Nobody called zd:agentWorkspace answers" in missing


@pytest.mark.parametrize(("change", "words"), [
    ({"secret": "wrong"}, "refuses this key"), ({"secret": ""}, "is missing"), ({"key_id": "act_1"}, "begins with app_"), ({"app_id": "another"}, "no app another"), ({"app_id": "a/b"}, "a word of letters"),
    ({"subdomain": ""}, "before .zendesk.com"),
])
async def test_settings_that_are_wrong_are_told_so_and_never_repeat_a_key(twin: SunshineTwin, change: dict[str, str], words: str) -> None:
    with pytest.raises((DeliveryFailed, Refused)) as failed:
        async with way(twin, **change) as link:
            await SUNSHINE.check(link)
    assert words in str(failed.value)
    assert SECRET not in str(failed.value)


def test_accounts_outside_zendesk_have_servers_of_their_own() -> None:
    assert SUNSHINE.hosts({"server": "eu"})[0] == "api.eu-1.smooch.io"
    assert SUNSHINE.hosts({"server": "zendesk", "subdomain": "https://acme.zendesk.com/agent"})[0] == "acme.zendesk.com"
