"""Sessions as conversations of Intercom, over real HTTP with a twin written from its documentation: what is written there, and that it is written once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from glassine.connect.intercom import parts
from glassine.connect.markup import paragraphs, plain
from glassine.words.deliveries import DeliveryFailed
from glassine.words.helpdesks import Enclosed, Requester, Speaker
from tests.intercom_stage import INTERCOM, Stage, staged
from tests.intercom_twin import API, SETTINGS
from tests.talk import MARKER, TALK, draft, entry
from tests.vendors import Request, Response

pytestmark = pytest.mark.enable_socket
OTHER = "gls" + "b" * 24


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged() as made:
        yield made


# -- what is written ---------------------------------------------------------------------------------------------------------


async def test_a_session_becomes_a_conversation_with_all_that_was_said_in_order(stage: Stage) -> None:
    ticket = await stage.open(draft(group="team:5001", fields={"Reason": "request"}), region="eu")
    held = stage.space.held[ticket.id]
    (contact,) = stage.space.contacts
    assert ticket.url == f"https://app.eu.intercom.com/a/inbox/acme1/inbox/conversation/{ticket.id}"
    assert ticket.state == {"contact": contact, "admin": API}
    assert (held["title"], held["assigned"], held["custom_attributes"], held["state"]) == ("#4521: My lamp is broken", "team:5001", {"Reason": "request"}, "open")
    assert held["source"]["body"] == f"<p>#4521: My lamp is broken</p><p>Ref. {MARKER}</p>"
    assert held["tags"] == ["opencx_channel_web", "opencx_sentiment_angry", "opencx_handedoff", "lamps", "opencx_handed_off"], "the one that says that all is there comes last"
    shown = sorted(held["parts"], key=lambda one: (one["created_at"], int(one["id"])))
    first, *said = [part for part in shown if part["body"]]
    assert (first["part_type"], first["author"]["id"]) == ("note", API)
    assert all(words in first["body"] for words in ("Handed off by Glassine, #4521", "The lamp came broken.<br>Wants a new one.", "Mood: angry", "inbox/sessions/7", "00000000-0000-0000-0000-000000000007"))
    assert [(part["part_type"], part["author"]["id"]) for part in said] == [("comment", contact), ("note", API), ("comment", contact), ("note", API)]
    assert "My lamp is broken &lt;b&gt;&amp; dark&lt;/b&gt;" in said[0]["body"]
    assert "<b>AI · 2026-05-01 09:32 UTC</b></p><p>I am sorry.<br>Which lamp?</p>" in said[1]["body"]
    assert "Team · Zoe · internal note of your team" in said[3]["body"]


async def test_nothing_is_sent_to_the_customer_of_what_they_know(stage: Stage) -> None:
    ticket = await stage.open()
    async with stage.way() as link:
        await INTERCOM.say(link, ticket, entry(9, "A new one is on its way", Speaker.TEAM, author="Zoe"), "d")
    assert stage.space.mailed == []


async def test_the_contact_is_found_by_address_or_our_key_or_made_with_the_fewest_identifiers(stage: Stage) -> None:
    one = await stage.open(draft(requester=Requester(key="k1", email="lea@example.com")))
    other = await stage.open(draft(marker=OTHER, requester=Requester(key="k2", email="lea@example.com", name="Lea", phone="+49170")))
    assert one.state["contact"] == other.state["contact"]
    (made,) = stage.space.contacts.values()
    assert {name: made[name] for name in ("role", "external_id", "email", "name", "phone")} == {"role": "user", "external_id": "glassine-k1", "email": "lea@example.com", "name": None, "phone": None}
    alone = await stage.open(draft(marker="gls" + "c" * 24, requester=Requester(key="k3")))
    again = await stage.open(draft(marker="gls" + "d" * 24, requester=Requester(key="k3")))
    assert alone.state["contact"] == again.state["contact"]
    assert stage.space.contacts[alone.state["contact"]]["email"] is None


async def test_a_contact_that_search_does_not_know_yet_is_told_by_the_conflict(stage: Stage) -> None:
    stage.space.search_lags = True
    one = await stage.open(draft(requester=Requester(key="k1", email="lea@example.com")))
    other = await stage.open(draft(marker=OTHER, requester=Requester(key="k2", email="lea@example.com")))
    assert one.state["contact"] == other.state["contact"]


async def test_an_attribute_that_is_not_there_keeps_nobody_waiting(stage: Stage) -> None:
    ticket = await stage.open(draft(fields={"Colour": "red"}))
    assert stage.space.held[ticket.id]["title"] == "#4521: My lamp is broken"
    assert any("did not take these conversation attributes" in body and "Colour = red" in body for body in stage.bodies(ticket.id))
    assert "opencx_handed_off" in stage.space.held[ticket.id]["tags"]


async def test_a_teammate_of_the_settings_writes_the_notes(stage: Stage) -> None:
    ticket = await stage.open(draft(group="admin:991268"), admin="991267")
    assert {part["author"]["id"] for part in stage.space.held[ticket.id]["parts"] if part["part_type"] == "note"} == {"991267"}
    assert stage.space.held[ticket.id]["assigned"] == "admin:991268"


async def test_files_go_along(stage: Stage) -> None:
    files = tuple(Enclosed(name=f"lamp {number}.png", media_type="image/png", content=b"\x89PNG") for number in range(12))
    ticket = await stage.open(draft(entry(1, "", files=files)))
    assert [len(part["attachments"]) for part in stage.space.held[ticket.id]["parts"] if part["author"]["type"] == "user"] == [10]


async def test_a_long_conversation_shares_notes_where_it_is_old_and_every_entry_is_found_again(stage: Stage) -> None:
    talk = [entry(number, f"Line {number}. " + "x" * 900, Speaker.CUSTOMER if number % 2 else Speaker.AI) for number in range(1, 221)]
    ticket = await stage.open(draft(*talk))
    assert len(stage.space.held[ticket.id]["parts"]) < 75
    words = "".join(body for body in (part["body"] for part in sorted(stage.space.held[ticket.id]["parts"], key=lambda one: int(one["id"]))) if body)
    places = [words.index(f"Line {number}. ") for number in range(1, 221)]
    assert places == sorted(places)
    async with stage.way() as link:
        there = [await INTERCOM.said(link, ticket, one.marker) for one in (talk[0], talk[150], talk[-1])]
    assert all(there)


async def test_a_very_long_message_is_cut_and_says_so(stage: Stage) -> None:
    ticket = await stage.open(draft(entry(1, "x" * 50_000)))
    assert "cut here" in stage.bodies(ticket.id)[-1]
    assert len(stage.bodies(ticket.id)[-1]) < 21_000


async def test_a_later_message_is_found_again_and_a_gone_conversation_is_said(stage: Stage) -> None:
    ticket, later = await stage.open(), entry(9, "Are you there?")
    async with stage.way() as link:
        assert await INTERCOM.said(link, ticket, later.marker) is None
        id = await INTERCOM.say(link, ticket, later, "d")
        assert await INTERCOM.said(link, ticket, later.marker) == id
        stage.space.reply(ticket.id, f"You wrote: Are you there? Ref. {later.marker}")
        assert await INTERCOM.said(link, ticket, later.marker) == id, "where somebody quotes it, the first one is it"
        stage.space.delete(ticket.id)
        with pytest.raises(DeliveryFailed, match="not in Intercom any more") as failed:
            await INTERCOM.say(link, ticket, later, "d")
        assert not failed.value.again
        with pytest.raises(DeliveryFailed, match="not in Intercom any more"):
            await INTERCOM.set_status(link, ticket, solved=True)


async def test_status_goes_over_once(stage: Stage) -> None:
    ticket = await stage.open()
    async with stage.way() as link:
        for solved in (False, True, True, False):
            await INTERCOM.set_status(link, ticket, solved=solved)
            assert stage.space.held[ticket.id]["state"] == ("closed" if solved else "open")
    assert [part["part_type"] for part in stage.space.held[ticket.id]["parts"][-4:]] == ["note", "close", "note", "open"]


async def test_closing_that_broke_off_after_its_note_is_finished_without_another(stage: Stage) -> None:
    ticket = await stage.open()
    stage.space.faults.append(lambda request: Response(status=500) if request.target.endswith("/parts") else None)
    async with stage.way() as link:
        with pytest.raises(DeliveryFailed):
            await INTERCOM.set_status(link, ticket, solved=True)
        stage.space.faults.clear()
        await INTERCOM.set_status(link, ticket, solved=True)
    assert sum(parts.CLOSED_HERE in body for body in stage.bodies(ticket.id)) == 1


# -- that it is written once ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", ["before", "after"])
@pytest.mark.parametrize("step", range(1, 12))
async def test_opening_that_broke_off_is_gone_on_with_and_nothing_is_doubled(stage: Stage, step: int, effect: str) -> None:
    """At each request that writes: contact, conversation, summary, four entries, title, two tags and more."""
    writes: list[str] = []

    def fault(request: Request) -> Response | None:
        if request.method == "GET" or request.target.endswith("/search"):
            return None
        writes.append(request.target)
        if len(writes) != step:
            return None
        if effect == "after":
            stage.space.faults.clear()
            stage.space.answer(request)
            stage.space.faults.append(fault)
        return Response(status=502, body=b"<html>Bad gateway</html>")

    stage.space.faults.append(fault)
    with pytest.raises(DeliveryFailed) as failed:
        await stage.open()
    assert failed.value.unknown
    if writes[-1] == "/conversations":
        assert failed.value.after == 30.0, "search has to know it before it is asked"
    async with stage.way() as link:
        assert await INTERCOM.find(link, MARKER) is None
        ticket = await INTERCOM.open(link, draft(), "delivery-1")
        found = await INTERCOM.find(link, MARKER)
    assert found == ticket
    assert list(stage.space.held) == [ticket.id]
    assert len(stage.space.contacts) == 1
    words = [plain(body) for body in stage.bodies(ticket.id)]
    assert [sum(one.marker in body for body in words) for one in TALK] == [1, 1, 1, 1]
    assert sum(MARKER in body for body in words) == 1
    assert stage.space.held[ticket.id]["tags"][-1] == "opencx_handed_off"


@pytest.mark.parametrize(("answer", "says", "again", "unknown", "after"), [
    (Response(status=401, body=b"{}"), "another region", False, False, None),
    (Response(status=403, body=b"{}"), "permissions", False, False, None),
    (Response(status=429, body=b"{}"), "too often", True, False, 10.0),
    (Response(status=429, body=b"{}", headers={"Retry-After": "3"}), "too often", True, False, 3.0),
    (Response(status=500, body=b"{}"), "error of its own", True, True, None),
    (Response(status=200, body=b"<html>"), "not what its documentation says", True, True, None),
    (Response(status=200, body=b"[" * 100_000), "not what its documentation says", True, True, None),
    (Response(status=422, body=b"{}"), "did not take", False, False, None),
])
async def test_faults_are_told_in_plain_words(stage: Stage, answer: Response, says: str, again: bool, unknown: bool, after: float | None) -> None:
    ticket = await stage.open()
    stage.space.faults.append(lambda request: answer if request.method == "POST" else None)
    async with stage.way() as link:
        with pytest.raises(DeliveryFailed, match=says) as failed:
            await INTERCOM.say(link, ticket, entry(9, "x"), "d")
    assert (failed.value.again, failed.value.unknown, failed.value.after) == (again, unknown, after)
    assert SETTINGS["token"] not in failed.value.message


def test_plain_text_survives_the_way_there_and_back() -> None:
    words = "One <b>&amp;\ntwo\n\nthree https://a.example/?a=1&b=2"
    assert plain(paragraphs(words)) == words


@pytest.mark.parametrize("piece", ["<!--", "<![CDATA[", "<!", "<?", "<a href='", "<a b=", "<p <p", "<a b='>", '<a b=">', "<script>", "</", "&#", "<"])
def test_markup_that_is_begun_and_never_ended_is_read_in_no_time(piece: str) -> None:
    """Each of these took the library's parser up to half a minute: a test that never ends says so by its time-out."""
    assert len(plain(f"<p>Hello<!-- hidden --> there</p>{piece * 50_000}")) < 200_000
    assert plain("<p>Hello<!-- hidden --> there</p><!DOCTYPE html>").startswith("Hello there")
