"""What HubSpot tells, by its hooks and when it is looked at, and how it is set up: over real HTTP with a twin written from its documentation."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from glassine.connect.hubspot import notes
from glassine.words.deliveries import DeliveryFailed
from glassine.words.errors import Refused
from glassine.words.helpdesks import SECRET, Changed, Deleted, Hook, MergedInto, RawHook, Reopened, Replied, Solved, Speaker
from tests.hubspot_parts import OURS
from tests.hubspot_stage import HUBSPOT, URL, Stage, staged
from tests.hubspot_twin import CLIENT_SECRET, Portal
from tests.talk import draft
from tests.vendors import Response

pytestmark = pytest.mark.enable_socket


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged() as made:
        yield made


# -- what is heard -------------------------------------------------------------------------------------------------------------


async def test_replies_come_back_and_notes_stay_internal(stage: Stage) -> None:
    ticket = await stage.open()
    assert (await stage.look(ticket))[0] == (), "our own entries are no news"
    stage.portal.later(minutes=1)
    reply = stage.portal.reply(ticket.id, "A new lamp is on its way.<br>Sorry!")
    stage.portal.later(seconds=5)
    note = stage.portal.reply(ticket.id, "He is right &amp; angry", public=False)
    stage.portal.later(seconds=5)
    mail = stage.portal.email(ticket.id, "See the invoice")
    stage.portal.email(ticket.id, "From the customer", hs_email_direction="INCOMING_EMAIL")
    stage.portal.email(ticket.id, "Never left", hs_email_status="FAILED")
    heard, since = await stage.look(ticket)
    assert [(one.key, one.text, one.public, one.author) for one in heard if isinstance(one, Replied)] == [
        (f"note:{reply}", "A new lamp is on its way.\nSorry!", True, "Ada Lovelace"), (f"note:{note}", "He is right & angry", False, "Ada Lovelace"), (f"email:{mail}", "See the invoice", True, "Ada Lovelace"),
    ]
    stage.portal.later(minutes=10)
    again, since = await stage.look(ticket, since)
    assert [one.key for one in again] == [one.key for one in heard], "looks overlap, so that clocks may differ; the same twice is one"
    assert (await stage.look(ticket, since))[0] == ()


async def test_replies_of_the_help_desk_are_read_in_its_threads_and_not_twice(stage: Stage) -> None:
    ticket = await stage.open()
    stage.portal.later(minutes=1)
    thread = stage.portal.thread(ticket.id)
    sent = stage.portal.message(thread, "We send a new one. " * 30, cut=True)
    stage.portal.email(ticket.id, "We send a new one.")  # how HubSpot logs the same
    comment = stage.portal.message(thread, "Ask Bob", kind="COMMENT")
    stage.portal.message(thread, "Thanks", direction="INCOMING", by="V-9")
    stage.portal.message(thread, "Automatic", by="B-1")
    heard, _ = await stage.look(ticket)
    assert [(one.key, one.public) for one in heard if isinstance(one, Replied)] == [(f"message:{sent}", True), (f"message:{comment}", False)]
    assert isinstance(heard[0], Replied)
    assert heard[0].text == ("We send a new one. " * 30).strip()


async def test_without_the_rights_to_read_mail_and_threads_notes_are_read_all_the_same(stage: Stage) -> None:
    ticket = await stage.open()
    stage.portal.scopes -= {"conversations.read", "sales-email-read", "crm.objects.owners.read"}
    stage.portal.later(minutes=1)
    stage.portal.email(ticket.id, "Not to be read")
    stage.portal.reply(ticket.id, "On its way")
    heard, _ = await stage.look(ticket)
    assert [(one.text, one.author) for one in heard if isinstance(one, Replied)] == [("On its way", "HubSpot")]


async def test_files_of_notes_mails_and_messages_come_along_with_those_pasted_into_the_words(stage: Stage) -> None:
    ticket = await stage.open()
    stage.portal.later(minutes=1)
    label, bill, pasted = stage.portal.store("label.pdf", b"%PDF"), stage.portal.store("bill.csv", b"a,b"), stage.portal.store("shot.png", b"PNG")
    image = f'<img src="https://api-eu1.hubspot.com/filemanager/api/v2/files/{pasted}/signed-url-redirect?portalId=62515">'
    stage.portal.reply(ticket.id, f"See the label {image}", files=f"{label};{bill}")
    stage.portal.later(seconds=1)
    stage.portal.reply(ticket.id, "", files=label)
    stage.portal.later(seconds=1)
    stage.portal.email(ticket.id, "As a mail", hs_attachment_ids=bill)
    heard, _ = await stage.look(ticket)
    assert [(one.text, [(file.name, file.media_type, file.content) for file in one.files], one.unhad) for one in heard if isinstance(one, Replied)] == [
        ("See the label", [("label.pdf", "application/pdf", b"%PDF"), ("bill.csv", "text/csv", b"a,b"), ("shot.png", "image/png", b"PNG")], ()),
        ("", [("label.pdf", "application/pdf", b"%PDF")], ()), ("As a mail", [("bill.csv", "text/csv", b"a,b")], ()),
    ]
    stage.portal.later(minutes=1)
    stage.portal.message(stage.portal.thread(ticket.id), "By the help desk", files=(bill,))
    heard, _ = await stage.look(ticket)
    assert [[file.name for file in one.files] for one in heard if isinstance(one, Replied) and one.text == "By the help desk"] == [["bill.csv"]]


async def test_a_file_that_hubspot_hides_from_the_token_is_named_with_the_right_that_is_missing(stage: Stage) -> None:
    ticket = await stage.open()
    stage.portal.later(minutes=1)
    stage.portal.reply(ticket.id, "See", files=f"{stage.portal.store('label.pdf', b'%PDF')};{stage.portal.store('open.pdf', b'%PDF', hidden=False)};404404")
    for denied, had in (({"files.ui_hidden.read"}, ["open.pdf"]), ({"files"}, [])):
        stage.portal.scopes -= denied
        (one,) = (await stage.look(ticket))[0]
        assert isinstance(one, Replied)
        assert (one.text, [file.name for file in one.files]) == ("See", had)
        assert all("files.ui_hidden.read" in unhad.why for unhad in one.unhad)
        assert len(one.unhad) == 3 - len(had)


async def test_a_storage_that_fails_is_asked_again_and_after_ten_minutes_the_answer_goes_without(stage: Stage) -> None:
    ticket = await stage.open()
    stage.portal.later(minutes=1)
    stage.portal.reply(ticket.id, "See", files=stage.portal.store("label.pdf", b"%PDF"))
    stage.portal.faults.append(lambda request: Response(status=503) if request.target.startswith("/signed/") else None)
    with pytest.raises(DeliveryFailed, match="503"):
        await stage.look(ticket)
    stage.portal.later(minutes=10)
    (one,) = (await stage.look(ticket))[0]
    assert isinstance(one, Replied)
    assert [(unhad.name, "could not be fetched" in unhad.why) for unhad in one.unhad] == [("label.pdf", True)]


async def test_an_address_elsewhere_is_not_gone_to(stage: Stage) -> None:
    ticket = await stage.open()
    stage.portal.later(minutes=1)
    stage.portal.reply(ticket.id, "See", files=stage.portal.store("label.pdf", b"%PDF"))
    stage.portal.files_at = "https://storage.example"
    (one,) = (await stage.look(ticket))[0]
    assert isinstance(one, Replied)
    assert [(unhad.name, unhad.why) for unhad in one.unhad] == [("label.pdf", "it could not be fetched: its address is not one of this helpdesk's declared places")]


async def test_somebody_closes_and_opens_a_ticket_and_what_we_did_is_no_news(stage: Stage) -> None:
    ticket = await stage.open()
    for stage_, by, minutes in (("2", None, 1), ("4", None, 1), ("1", None, 1), ("4", OURS, 1), ("1", OURS, 1)):
        stage.portal.later(minutes=minutes)
        stage.portal.move(ticket.id, stage_, **({"by": by} if by else {}))
    heard, _ = await stage.look(ticket)
    assert [type(one) for one in heard] == [Solved, Reopened]
    again, _ = await stage.look(ticket)
    assert [one.key for one in again] == [one.key for one in heard], "the same twice is one"


async def test_merged_and_deleted_tickets_are_told_by_looking(stage: Stage) -> None:
    one, other = await stage.open(), await stage.open(draft(marker="gls" + "b" * 24))
    stage.portal.merge(one.id, other.id)
    (merged,), _ = await stage.look(one)
    assert isinstance(merged, MergedInto)
    assert merged.into == other.id
    stage.portal.delete(other.id)
    (deleted,), _ = await stage.look(other)
    assert isinstance(deleted, Deleted)


@pytest.mark.parametrize(("body", "text", "public"), [
    ("<p>#reply Hello</p>", "Hello", True), ("<div>#Reply: Hello</div>", "Hello", True), ("<p>#reply</p><p>Hello</p><p>You</p>", "Hello\n\nYou", True),
    ("<p>#replying is fun</p>", "#replying is fun", False), ("<p>He said #reply Hello</p>", "He said #reply Hello", False), ("<p> </p>", "", False),
    ('<p>#reply See <a href="https://a.example/x">this</a><script>alert(1)</script></p>', "See this (https://a.example/x)", True),
])
def test_only_a_note_that_begins_with_the_word_is_for_the_customer(body: str, text: str, public: bool) -> None:
    assert notes.meant(body) == (text, public)


# -- hooks ---------------------------------------------------------------------------------------------------------------------


def raw(portal: Portal, url: str = URL, **more: Any) -> RawHook:
    headers, body = portal.hook(url, at=portal.now, **more)
    return RawHook(method="POST", path="/api/hooks/helpdesks/1", query="", headers=headers, body=body, at=portal.now, url=URL)


async def test_hooks_say_which_ticket_changed_merged_or_went(stage: Stage) -> None:
    one, other = await stage.open(), await stage.open(draft(marker="gls" + "b" * 24))
    stage.portal.events.clear()
    stage.portal.reply(one.id, "Hello")
    stage.portal.merge(one.id, other.id)
    stage.portal.delete(other.id)
    hook = raw(stage.portal)
    HUBSPOT.verify(hook, CLIENT_SECRET)
    changed, merged, gone = HUBSPOT.parse(hook)
    assert isinstance(changed, Changed)
    assert isinstance(merged, MergedInto)
    assert isinstance(gone, Deleted)
    assert (changed.ticket, merged.ticket, merged.into, gone.ticket) == (one.id, one.id, other.id, other.id)
    assert len({changed.key, merged.key, gone.key}) == 3
    assert [heard.key for heard in HUBSPOT.parse(hook)] == [changed.key, merged.key, gone.key]


def test_the_newer_kind_of_events_is_read_too_and_others_are_nothing() -> None:
    told = [
        {"subscriptionType": "object.propertyChange", "objectTypeId": "0-5", "objectId": 7, "eventId": 1}, {"subscriptionType": "object.propertyChange", "objectTypeId": "0-1", "objectId": 8},
        {"subscriptionType": "ticket.associationChange", "fromObjectId": 9, "toObjectId": 3, "eventId": 2}, {"subscriptionType": "conversation.newMessage", "objectId": 5}, {"subscriptionType": 5}, 7,
        {"subscriptionType": "ticket.merge", "primaryObjectId": 1, "mergedObjectIds": [2, "x"], "newObjectId": 3}, {"subscriptionType": "ticket.deletion", "objectId": "../../x"}, {"subscriptionType": "ticket.merge", "mergedObjectIds": 4},
    ]
    portal = Portal()
    heard = HUBSPOT.parse(raw(portal, events=told))
    assert [(type(one).__name__, one.ticket) for one in heard] == [("Changed", "7"), ("Changed", "9"), ("MergedInto", "2"), ("MergedInto", "1")]


@pytest.mark.parametrize("change", ["body", "secret", "late", "early", "url", "method", "none", "stamp", "no secret"])
def test_a_hook_that_is_not_signed_right_is_refused(change: str) -> None:
    portal = Portal()
    portal._tell("ticket.propertyChange", "7")
    good = raw(portal)
    HUBSPOT.verify(good, CLIENT_SECRET)
    parts: dict[str, Any] = {name: getattr(good, name) for name in ("method", "path", "query", "headers", "body", "at", "url")}
    headers: Mapping[str, str] = good.headers
    changed: dict[str, dict[str, Any]] = {
        "body": {"body": good.body + b" "}, "late": {"at": good.at + timedelta(minutes=6)}, "early": {"at": good.at - timedelta(minutes=6)}, "url": {"url": URL + "2"}, "method": {"method": "PUT"},
        "none": {"headers": {}}, "stamp": {"headers": {**headers, "x-hubspot-request-timestamp": "²"}},
    }
    parts |= changed.get(change, {})
    secret = {"secret": "another", "no secret": ""}.get(change, CLIENT_SECRET)
    with pytest.raises(Refused) as refused:
        HUBSPOT.verify(RawHook(**parts), secret)
    assert refused.value.status == 401


@pytest.mark.parametrize("body", [b"", b"{}", b"{", b"[" * 100_000, json.dumps([{}] * 1_001).encode()])
def test_a_hook_that_is_no_list_of_events_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        HUBSPOT.parse(RawHook(method="POST", path="", query="", headers={}, body=body, at=Portal().now))


# -- setting it up -------------------------------------------------------------------------------------------------------------


async def test_the_check_says_what_was_reached_what_is_missing_and_what_there_is_to_choose(stage: Stage) -> None:
    async with stage.way() as link:
        checked = await HUBSPOT.check(link)
        assert checked.reached == "Connected to HubSpot account 62515 (app-eu1.hubspot.com) with 2 ticket pipelines."
        assert checked.missing == ()
        assert checked.choices == {
            "pipeline": {"0": "Support", "77": "Billing"}, "stage": {"1": "Support: Stage 1", "2": "Support: Stage 2", "771": "Billing: Stage 771"},
            "closed_stage": {"4": "Support: Stage 4", "779": "Billing: Stage 779"}, "group": {"42": "Ada Lovelace", "43": "Bob Builder"}, "mapping": {},
        }
        assert stage.portal.records == {}
        stage.portal.scopes -= {"crm.objects.contacts.write", "crm.objects.owners.read", "conversations.read"}
        checked = await HUBSPOT.check(link)
    assert [line.split()[2] for line in checked.missing] == ["crm.objects.contacts.write", "crm.objects.owners.read", "conversations.read"]
    assert checked.choices["group"] == {}


async def test_a_wrong_token_is_said_at_once(stage: Stage) -> None:
    async with stage.way(token="pat-revoked") as link:
        with pytest.raises(DeliveryFailed, match="refused the access token"):
            await HUBSPOT.check(link)
    async with stage.way(token="two words") as link:
        with pytest.raises(Refused, match="Copy it again"):
            await HUBSPOT.check(link)


async def test_installing_twice_makes_things_once_and_hands_on_what_hubspot_signs_with(stage: Stage) -> None:
    async with stage.way() as link:
        made = await HUBSPOT.install(link, Hook(url=URL, secret="s"))
        count = stage.asked("", "POST")
        assert await HUBSPOT.install(link, Hook(url=URL, secret="s")) == made == {SECRET: CLIENT_SECRET}
        assert stage.asked("", "POST") == count
        await HUBSPOT.uninstall(link, made)
    assert set(stage.portal.properties) == {"glassine_session", "glassine_session_id", "glassine_link", "glassine_tags", "glassine_whole"}
    async with stage.way(hook_secret="") as link:
        assert await HUBSPOT.install(link, Hook(url=URL, secret="s")) == {}
        stage.portal.properties["glassine_session"]["hasUniqueValue"] = False
        with pytest.raises(DeliveryFailed, match="need not be unique"):
            await HUBSPOT.install(link, Hook(url=URL, secret="s"))


def test_speakers_all_have_a_title() -> None:
    assert set(notes._TITLES) == set(Speaker)
