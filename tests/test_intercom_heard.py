"""What Intercom tells, by its notifications and when it is looked at, and how it is set up: over real HTTP with a twin written from its documentation."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from glassine.words.deliveries import DeliveryFailed
from glassine.words.errors import Refused
from glassine.words.helpdesks import SECRET, Changed, Deleted, Hook, RawHook, Reopened, Replied, Solved
from tests.intercom_stage import INTERCOM, URL, Stage, staged
from tests.intercom_twin import API, CLIENT_SECRET, Workspace
from tests.talk import TALK

pytestmark = pytest.mark.enable_socket


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged() as made:
        yield made


async def test_replies_come_back_and_notes_stay_internal(stage: Stage) -> None:
    ticket = await stage.open()
    assert (await stage.look(ticket))[0] == (), "our own entries are no news"
    stage.space.later(minutes=1)
    one = stage.space.reply(ticket.id, 'A new lamp is on its way.<br>See <a href="https://a.example/x">here</a>')
    note = stage.space.reply(ticket.id, "He is right", kind="note")
    stage.space.bot(ticket.id, "I am Fin")
    handed = stage.space.reply(ticket.id, "My colleague takes over", kind="assignment")
    stage.space.reply(ticket.id, "", kind="assignment")
    heard, since = await stage.look(ticket)
    assert [(reply.key, reply.text, reply.public, reply.author) for reply in heard if isinstance(reply, Replied)] == [
        (f"part:{one}", "A new lamp is on its way.\nSee here (https://a.example/x)", True, "Ada Lovelace"), (f"part:{note}", "He is right", False, "Ada Lovelace"),
        (f"part:{handed}", "My colleague takes over", True, "Ada Lovelace"),
    ]
    stage.space.later(minutes=10)
    again, since = await stage.look(ticket, since)
    assert [one.key for one in again] == [one.key for one in heard], "looks overlap, so that clocks may differ; the same twice is one"
    assert (await stage.look(ticket, since))[0] == ()


async def test_what_a_person_writes_with_our_own_account_is_theirs(stage: Stage) -> None:
    ticket = await stage.open()
    stage.space.later(minutes=1)
    stage.space.reply(ticket.id, f"You said: {TALK[0].text} Ref. {TALK[0].marker}. We send a new one.", by=API)
    heard, _ = await stage.look(ticket)
    assert [one.public for one in heard if isinstance(one, Replied)] == [True]


async def test_files_of_a_reply_come_along_with_those_pasted_into_the_words(stage: Stage) -> None:
    ticket = await stage.open()
    stage.space.later(minutes=1)
    pasted = stage.space.stored_as("shot.png", "image/png", b"PNG")["url"]
    elsewhere = "https://images.example/logo.png"
    stage.space.reply(ticket.id, f'See <img src="{pasted}"> <img src="{elsewhere}">', files=(("label.pdf", "application/pdf", b"%PDF"),))
    stage.space.later(seconds=1)
    stage.space.reply(ticket.id, "", files=(("more.pdf", "application/pdf", b"%PDF"),))
    stage.space.later(seconds=1)
    stage.space.reply(ticket.id, "For us", kind="note", files=(("us.pdf", "application/pdf", b"%PDF"),))
    heard, _ = await stage.look(ticket)
    assert [(one.text, one.public, [(file.name, file.media_type, file.content) for file in one.files], one.unhad) for one in heard if isinstance(one, Replied)] == [
        ("See", True, [("label.pdf", "application/pdf", b"%PDF"), ("shot.png", "image/png", b"PNG")], ()), ("", True, [("more.pdf", "application/pdf", b"%PDF")], ()),
        ("For us", False, [("us.pdf", "application/pdf", b"%PDF")], ()),
    ]


async def test_a_file_that_is_gone_or_stands_elsewhere_is_named(stage: Stage) -> None:
    ticket = await stage.open()
    stage.space.later(minutes=1)
    stage.space.reply(ticket.id, "See", files=(("a.pdf", "application/pdf", b"%PDF"), ("b.pdf", "application/pdf", b"%PDF")))
    stage.space.held[ticket.id]["parts"][-1]["attachments"][1]["url"] = "https://elsewhere.example/b.pdf"
    stage.space.stored.clear()
    (one,) = (await stage.look(ticket))[0]
    assert isinstance(one, Replied)
    assert [(unhad.name, unhad.why) for unhad in one.unhad] == [
        ("a.pdf", "it is not there any more"), ("b.pdf", "it could not be fetched: its address is not one of this helpdesk's declared places"),
    ]


async def test_somebody_closes_and_opens_it_and_what_we_did_is_no_news(stage: Stage) -> None:
    ticket = await stage.open()
    stage.space.later(minutes=1)
    async with stage.way() as link:
        await INTERCOM.set_status(link, ticket, solved=True)
        await INTERCOM.set_status(link, ticket, solved=False)
    stage.space.later(minutes=1)
    stage.space.close(ticket.id, "Solved by phone", by=API)
    stage.space.later(minutes=1)
    stage.space.reopen(ticket.id)
    heard, _ = await stage.look(ticket)
    assert [type(one) for one in heard] == [Replied, Solved, Reopened]
    assert isinstance(heard[0], Replied)
    assert (heard[0].text, heard[0].public) == ("Solved by phone", True)


async def test_a_deleted_conversation_is_told_by_looking(stage: Stage) -> None:
    ticket = await stage.open()
    stage.space.delete(ticket.id)
    (gone,), _ = await stage.look(ticket)
    assert isinstance(gone, Deleted)


# -- notifications -------------------------------------------------------------------------------------------------------------


def raw(space: Workspace, notification: dict[str, Any] | None = None, **more: Any) -> RawHook:
    headers, body = space.hook(notification)
    parts: dict[str, Any] = {"method": "POST", "path": "/api/hooks/helpdesks/1", "query": "", "headers": headers, "body": body, "at": space.now, "url": URL}
    return RawHook(**parts | more)


async def test_notifications_say_which_conversation_changed_or_went(stage: Stage) -> None:
    ticket = await stage.open()
    stage.space.reply(ticket.id, "Hello")
    stage.space.close(ticket.id)
    stage.space.delete(ticket.id)
    hooks = [raw(stage.space) for _ in range(len(stage.space.told))]
    for hook in hooks:
        INTERCOM.verify(hook, CLIENT_SECRET)
    heard = [one for hook in hooks for one in INTERCOM.parse(hook)]
    assert [type(one) for one in heard] == [Changed, Changed, Deleted]
    assert {one.ticket for one in heard} == {ticket.id}
    assert len({one.key for one in heard}) == 3
    assert [one.key for hook in hooks for one in INTERCOM.parse(hook)] == [one.key for one in heard]


def test_what_is_not_about_conversations_is_nothing() -> None:
    space = Workspace()
    for told in (
        {"topic": "ping", "data": {"item": {"type": "ping"}}}, {"topic": "contact.deleted", "data": {"item": {"id": "1"}}}, {"topic": "conversation.admin.replied"},
        {"topic": "conversation.admin.replied", "data": {"item": {"id": "../../me"}}}, {"topic": 7, "data": 7}, {"topic": "conversation.admin.replied", "data": {"item": {"conversation": 3}}},
    ):
        assert list(INTERCOM.parse(raw(space, told))) == []
    part = {"topic": "conversation_part.tag.created", "data": {"item": {"type": "conversation_part", "id": "9", "conversation": {"id": "7"}}}}
    assert [one.ticket for one in INTERCOM.parse(raw(space, part))] == ["7"]


@pytest.mark.parametrize("change", ["body", "secret", "late", "none", "no secret", "other hash"])
def test_a_notification_that_is_not_signed_right_is_refused(change: str) -> None:
    space = Workspace()
    told = {"topic": "conversation.deleted", "id": "notif_1", "first_sent_at": int(space.now.timestamp()), "data": {"item": {"id": "7"}}}
    good = raw(space, told)
    INTERCOM.verify(good, CLIENT_SECRET)
    other: dict[str, dict[str, Any]] = {
        "body": {"body": good.body + b" "}, "late": {"at": space.now + timedelta(days=2)}, "none": {"headers": {}}, "other hash": {"headers": {"x-hub-signature": "sha256=" + "0" * 64}},
    }
    with pytest.raises(Refused) as refused:
        INTERCOM.verify(raw(space, told, **other.get(change, {})), {"secret": "another", "no secret": ""}.get(change, CLIENT_SECRET))
    assert refused.value.status == 401


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 100_000, json.dumps("x").encode()])
def test_a_notification_that_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        INTERCOM.parse(RawHook(method="POST", path="", query="", headers={}, body=body, at=Workspace().now))


# -- setting it up -------------------------------------------------------------------------------------------------------------


async def test_the_check_says_what_was_reached_what_is_missing_and_what_there_is_to_choose(stage: Stage) -> None:
    async with stage.way() as link:
        checked = await INTERCOM.check(link)
        assert checked.reached == "Connected to the Intercom workspace “Acme”."
        assert checked.missing == ()
        assert checked.choices["group"] == {"admin:814860": "Glassine", "admin:991267": "Ada Lovelace", "admin:991268": "Bob Builder", "team:5001": "Team Billing"}
        assert (stage.space.held, stage.space.contacts) == ({}, {})
        stage.space.denied = {"/admins", "/teams", "/conversations"}
        checked = await INTERCOM.check(link)
    assert [line.split("“")[1].split("”")[0] for line in checked.missing] == ["Read conversations", "Read admins"]
    assert checked.choices == {"admin": {}, "group": {}}


async def test_a_wrong_token_is_said_at_once(stage: Stage) -> None:
    async with stage.way(token="revoked") as link:
        with pytest.raises(DeliveryFailed, match="refused the access token"):
            await INTERCOM.check(link)
    async with stage.way(token="two words") as link:
        with pytest.raises(Refused, match="Copy it again"):
            await INTERCOM.check(link)


@pytest.mark.parametrize(("region", "host"), [("us", "api.intercom.io"), ("eu", "api.eu.intercom.io"), ("au", "api.au.intercom.io"), ("", "api.intercom.io")])
def test_each_region_has_its_own_address(region: str, host: str) -> None:
    assert INTERCOM.hosts({"region": region})[0] == host
    assert all(host.endswith(("intercomcdn.com", "intercomcdn.eu", "intercomusercontent.com")) or "intercom-attachments" in host for host in INTERCOM.hosts({"region": region})[1:])


async def test_what_intercom_signs_with_is_handed_on(stage: Stage) -> None:
    async with stage.way() as link:
        made = await INTERCOM.install(link, Hook(url=URL, secret="s"))
        assert made == {SECRET: CLIENT_SECRET}
        await INTERCOM.uninstall(link, made)
    async with stage.way(hook_secret="") as link:
        assert await INTERCOM.install(link, Hook(url=URL, secret="s")) == {}
