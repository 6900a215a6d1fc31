"""Sessions as tickets of HubSpot, over real HTTP with a twin written from its documentation: what is written there, and that it is written once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from glassine.connect.hubspot import notes
from glassine.words.deliveries import DeliveryFailed
from glassine.words.helpdesks import Enclosed, Hook, Requester
from tests.hubspot_stage import HUBSPOT, URL, Stage, staged
from tests.hubspot_twin import SETTINGS
from tests.talk import MARKER, TALK, draft, entry
from tests.vendors import Request, Response

pytestmark = pytest.mark.enable_socket


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged() as made:
        yield made


# -- what is written ---------------------------------------------------------------------------------------------------------


async def test_a_session_becomes_a_ticket_with_all_that_was_said_in_order(stage: Stage) -> None:
    stage.portal.properties["reason"] = {"name": "reason"}
    ticket = await stage.open(draft(group="43", fields={"reason": "request"}))
    (held,) = stage.portal.tickets()
    assert (held.id, ticket.url) == (ticket.id, f"https://app-eu1.hubspot.com/contacts/62515/record/0-5/{ticket.id}")
    assert held.properties == {
        "subject": "#4521: My lamp is broken", "content": "The lamp came broken.\nWants a new one.", "hs_pipeline": "0", "hs_pipeline_stage": "1", "hs_ticket_priority": "HIGH", "hubspot_owner_id": "43",
        "glassine_session": MARKER, "glassine_session_id": "00000000-0000-0000-0000-000000000007", "glassine_link": "https://support.example.com/inbox/sessions/7",
        "glassine_tags": "opencx_channel_web;opencx_sentiment_angry;opencx_handedoff;lamps", "glassine_whole": "yes", "reason": "request",
    }
    summary, *said = [one.properties["hs_note_body"] for one in stage.portal.notes(ticket.id)]
    assert all(words in summary for words in ("Handed off by Glassine, #4521", "The lamp came broken.<br>Wants a new one.", "Reasons: request, tone", "Mood: angry", "inbox/sessions/7", MARKER))
    assert [body.partition("</strong>")[0].partition("<strong>")[2] for body in said] == [
        "Customer · 2026-05-01 09:31 UTC", "AI · 2026-05-01 09:32 UTC", "Customer · 2026-05-01 09:33 UTC", "Team · Zoe · internal note · 2026-05-01 09:34 UTC",
    ]
    assert "<p>My lamp is broken &lt;b&gt;&amp; dark&lt;/b&gt;</p>" in said[0]
    assert "<p>I am sorry.<br>Which lamp?</p>" in said[1]
    assert [notes.marker_of(body) for body in said] == [one.marker for one in TALK]


async def test_the_contact_is_found_or_made_with_the_fewest_identifiers(stage: Stage) -> None:
    first = await stage.open(draft(requester=Requester(key="k", email="lea@example.com")))
    second = await stage.open(draft(marker="gls" + "b" * 24, requester=Requester(key="k", email="Lea@Example.com", name="Lea Maria Lund", phone="+491701234567")))
    (made,) = [one for one in stage.portal.records.values() if one.kind == "contacts"]
    assert made.properties == {"email": "lea@example.com"}, "somebody whom HubSpot knows stays as they are"
    assert [one.id for ticket in (first, second) for one in stage.portal.contacts_of(ticket.id)] == [made.id] * 2


async def test_a_ticket_stands_alone_where_no_address_may_be_told(stage: Stage) -> None:
    ticket = await stage.open(draft(requester=Requester(key="k", name="Lea")))
    assert stage.portal.contacts_of(ticket.id) == []
    assert stage.asked("/contacts") == 0


async def test_pipeline_and_stages_are_those_of_the_settings(stage: Stage) -> None:
    ticket = await stage.open(pipeline="77", stage="771", closed_stage="779")
    assert stage.portal.records[ticket.id].properties["hs_pipeline_stage"] == "771"
    with pytest.raises(DeliveryFailed, match="not in HubSpot any more") as failed:
        await stage.open(draft(marker="gls" + "b" * 24), pipeline="99")
    assert not failed.value.again


async def test_files_go_along_privately_and_those_that_may_not_are_named(stage: Stage) -> None:
    files = (Enclosed(name='lamp "red".png', media_type="image/png", content=b"\x89PNG\r\n--"),)
    ticket = await stage.open(draft(entry(1, "See", files=files)))
    assert list(stage.portal.uploaded.values()) == [("lamp _red_.png", b"\x89PNG\r\n--")]
    assert stage.portal.notes(ticket.id)[-1].properties["hs_attachment_ids"] == next(iter(stage.portal.uploaded))
    stage.portal.scopes.remove("files")
    ticket = await stage.open(draft(entry(1, "See", files=files), marker="gls" + "b" * 24))
    assert "Attached, but not sent along: lamp" in stage.portal.notes(ticket.id)[-1].properties["hs_note_body"]


async def test_a_very_long_message_is_cut_and_says_so(stage: Stage) -> None:
    ticket = await stage.open(draft(entry(1, '<&"' * 30_000)))
    body = stage.portal.notes(ticket.id)[-1].properties["hs_note_body"]
    assert len(body) < 65_536
    assert "cut here" in body
    assert notes.marker_of(body)


async def test_a_long_conversation_takes_few_requests(stage: Stage) -> None:
    talk = [entry(number, f"Line {number}") for number in range(1, 251)]
    ticket = await stage.open(draft(*talk))
    assert stage.asked("batch/create") == 3
    assert [f"Line {number}</p>" in note.properties["hs_note_body"] for number, note in enumerate(stage.portal.notes(ticket.id)[1:], 1)] == [True] * 250


async def test_a_later_message_is_one_more_note_and_is_found_again(stage: Stage) -> None:
    stage.portal.page = 2
    ticket, later = await stage.open(), entry(9, "Are you there?")
    async with stage.way() as link:
        assert await HUBSPOT.said(link, ticket, later.marker) is None
        id = await HUBSPOT.say(link, ticket, later, "d")
        assert await HUBSPOT.said(link, ticket, later.marker) == id
        stage.portal.delete(ticket.id)
        with pytest.raises(DeliveryFailed, match="not in HubSpot any more") as failed:
            await HUBSPOT.say(link, ticket, later, "d")
    assert not failed.value.again


async def test_status_goes_both_ways_and_what_is_set_stays(stage: Stage) -> None:
    ticket = await stage.open()
    async with stage.way(closed_stage="4") as link:
        await HUBSPOT.set_status(link, ticket, solved=False)
        assert stage.asked("tickets/", "PATCH") == 1, "only the mark that everything was brought"
        await HUBSPOT.set_status(link, ticket, solved=True)
        await HUBSPOT.set_status(link, ticket, solved=True)
        assert stage.portal.records[ticket.id].properties["hs_pipeline_stage"] == "4"
        stage.portal.later(minutes=1)
        await HUBSPOT.set_status(link, ticket, solved=False)
    assert stage.portal.records[ticket.id].properties["hs_pipeline_stage"] == "1"
    assert stage.asked("tickets/", "PATCH") == 3


# -- that it is written once ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("breaks", ["POST /crm/objects/2026-09/contacts", "POST /crm/objects/2026-09/tickets", "POST /crm/objects/2026-09/notes/batch/create", "PATCH /crm/objects/2026-09/tickets"])
@pytest.mark.parametrize("effect", ["before", "after"])
async def test_opening_that_broke_off_is_gone_on_with_and_nothing_is_doubled(stage: Stage, breaks: str, effect: str) -> None:
    broken: list[str] = []

    def fault(request: Request) -> Response | None:
        path = f"{request.method} {request.target.partition('?')[0]}"
        if path.startswith(breaks) and not path.endswith("upsert") and not broken:
            broken.append(path)
            if effect == "after":
                stage.portal.faults.clear()
                stage.portal.answer(request)
                stage.portal.faults.append(fault)
            return Response(status=502, body=b"<html>Bad gateway</html>")
        return None

    stage.portal.faults.append(fault)
    with pytest.raises(DeliveryFailed) as failed:
        await stage.open()
    assert failed.value.unknown
    async with stage.way() as link:
        there = await HUBSPOT.find(link, MARKER)
        assert (there is not None) is (breaks.startswith("PATCH") and effect == "after"), "a ticket that is not whole is not found, so that it is gone on with"
        ticket = await HUBSPOT.open(link, draft(), "delivery-1")
        found = await HUBSPOT.find(link, MARKER)
    assert found is not None
    assert found.id == ticket.id
    assert len(stage.portal.tickets()) == 1
    assert [notes.marker_of(one.properties["hs_note_body"]) for one in stage.portal.notes(ticket.id)] == [MARKER, *(one.marker for one in TALK)]
    assert len([one for one in stage.portal.records.values() if one.kind == "contacts"]) == 1


async def test_two_tries_at_once_make_one_ticket(stage: Stage) -> None:
    """The first one's request is still on its way when the second asks."""
    async with stage.way() as link:
        await HUBSPOT.install(link, Hook(url=URL, secret="s"))
        late: list[Request] = []

        def fault(request: Request) -> Response | None:
            if request.method == "GET" and "idProperty=glassine_session" in request.target and not late:
                late.append(request)
                stage.portal._created("tickets", {"properties": {"subject": "s", "hs_pipeline_stage": "1", "glassine_session": MARKER}, "associations": []})
                return Response(status=404, body=b"{}")
            return None

        stage.portal.faults.append(fault)
        ticket = await HUBSPOT.open(link, draft(), "d")
    assert [one.id for one in stage.portal.tickets()] == [ticket.id]


async def test_properties_that_somebody_archived_are_made_again(stage: Stage) -> None:
    await stage.open()
    del stage.portal.properties["glassine_link"]
    async with stage.way() as link:
        await HUBSPOT.open(link, draft(marker="gls" + "b" * 24), "d")
        stage.portal.properties.clear()
        assert await HUBSPOT.find(link, MARKER) is None
        await HUBSPOT.open(link, draft(marker="gls" + "c" * 24), "d")


async def test_a_property_that_is_gone_or_an_owner_who_left_keeps_nobody_waiting(stage: Stage) -> None:
    ticket = await stage.open(draft(group="99", fields={"colour": "red"}))
    assert not {"hubspot_owner_id", "colour"} & set(stage.portal.records[ticket.id].properties)
    assert "HubSpot did not take these properties: colour = red; hubspot_owner_id = 99" in stage.portal.notes(ticket.id)[0].properties["hs_note_body"]


async def test_what_hubspot_does_not_take_says_what_to_look_at(stage: Stage) -> None:
    stage.portal.required.add("product_line")
    with pytest.raises(DeliveryFailed, match="requires a property") as failed:
        await stage.open()
    assert (failed.value.again, failed.value.status) == (False, 400)


@pytest.mark.parametrize(("answer", "says", "again", "unknown", "after"), [
    (Response(status=401, body=b"{}"), "refused the access token", False, False, None),
    (Response(status=403, body=b"{}"), "scope crm.objects.contacts.write", False, False, None),
    (Response(status=429, body=b'{"policyName":"TEN_SECONDLY_ROLLING"}'), "too often", True, False, 10.0),
    (Response(status=429, body=b"{}", headers={"Retry-After": "3"}), "too often", True, False, 3.0),
    (Response(status=500, body=b"{}"), "error of its own", True, True, None),
    (Response(status=200, body=b"<html>"), "not what its documentation says", True, True, None),
    (Response(status=200, body=b"[" * 100_000), "not what its documentation says", True, True, None),
    (Response(status=302, body=b"", headers={"Location": "https://evil.example"}), "not what its documentation says", True, True, None),
])
async def test_faults_are_told_in_plain_words(stage: Stage, answer: Response, says: str, again: bool, unknown: bool, after: float | None) -> None:
    ticket = await stage.open()
    stage.portal.faults.append(lambda request: answer if request.method == "POST" else None)
    async with stage.way() as link:
        with pytest.raises(DeliveryFailed, match=says) as failed:
            await HUBSPOT.say(link, ticket, entry(9, "x"), "d")
    assert (failed.value.again, failed.value.unknown, failed.value.after) == (again, unknown, after)
    assert SETTINGS["token"] not in failed.value.message
