"""What is redacted afterwards is gone from every table for whoever looks, stays gone, and leaves the log in one piece."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest
from psycopg import sql

from glassine.config import Settings
from glassine.store import DatabaseError, events, jobs, sessions, turns, vault
from glassine.story import conversations, desk, files, turn
from glassine.story.inbound import receive
from glassine.story.masking import look
from glassine.story.privacy import redacting
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import ContactId, EventId, FileId, SessionId
from glassine.words.people import ActorKind, Role
from glassine.words.sessions import EventType
from glassine.words.turns import Silence, Trace
from tests.office import colleague, signed_in
from tests.shop import Shop, founded_shop
from tests.tables import holding

MARK = "Zwiebelturm"  # nothing personal, so no mask takes it: whatever still holds it was forgotten
Say = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def session(client: httpx2.AsyncClient, shop: Shop) -> SessionId:
    made = await client.post("/api/chat/sessions", headers=shop.bearer, json={"contact": {"email": f"{uuid4().hex}@example.org"}, "custom_data": {"plan": MARK}})
    return SessionId(UUID(made.json()["id"]))


async def _send(client: httpx2.AsyncClient, shop: Shop, session: SessionId, text: str, **more: Any) -> EventId:
    message = uuid4()
    answer = await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json={"message": {"text": text}, "uuid": str(message), **more})
    assert answer.status_code == 200, answer.text
    return EventId(message)


async def _redact(client: httpx2.AsyncClient, shop: Shop, kind: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/api/redaction/{kind}", headers=shop.bearer, json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_message_is_gone_everywhere_and_the_rest_stays(client: httpx2.AsyncClient, settings: Settings, world: World, shop: Shop, session: SessionId) -> None:
    gone = await _send(
        client, shop, session, f"The {MARK} password is hunter2hunter2, write to gone@example.org or kept@example.org. I want a person.", clientContext={"page": MARK},
        custom_data={"shelf": MARK},
    )
    kept = await _send(client, shop, session, "My mail is kept@example.org and the lamp is broken.")
    answer = await _redact(client, shop, "message", messageId=str(gone), reason="posted for bob@example.net by mistake")
    assert answer == {
        "success": True, "message": "The message is redacted. Its content is gone for good.", "itemId": str(gone), "redactionType": "message",
        "affectedCount": 2, "messagesRedacted": 1,
    }  # fmt: skip
    assert holding(settings, MARK, "gone@") == set()
    log = await conversations.timeline(world, shop.org, session)
    assert [event.seq for event in log] == list(range(1, len(log) + 1)), "the log has no gap"
    assert [event.text for event in log if event.id == gone] == [""]
    assert "[EMAIL_2]" in next(event.text for event in log if event.id == kept)
    tokens = await conversations.restorer(world, shop.org, session)
    assert set(tokens.values()) == {"kept@example.org"}, "what another message names can still be restored, and nothing else"
    async with world.store.tx(shop.org) as tx:
        assert [row["event_id"] for row in await vault.originals_of(tx, shop.org, session)] == [kept]
        line = (await vault.audit_page(tx, shop.org, 1))[0]
    assert (line["verb"], line["thing"], line["thing_id"]) == ("privacy.redact", "message", gone)
    assert line["detail"] == {"session": str(session), "entries": 2, "messages": 1, "why": "posted for [EMAIL] by mistake"}
    again = await _redact(client, shop, "message", messageId=str(gone))
    assert (again["success"], again["affectedCount"], again["messagesRedacted"]) == (True, 0, 0)


async def test_turns_that_read_it_keep_no_evidence(client: httpx2.AsyncClient, world: World, shop: Shop, session: SessionId) -> None:
    await _send(client, shop, session, "Where is my lamp?")
    gone = await _send(client, shop, session, f"What is a {MARK}?")
    await _send(client, shop, session, "And the other one?")
    await _redact(client, shop, "message", messageId=str(gone))
    async with world.store.tx(shop.org) as tx:
        kept, *emptied = await turns.all_of(tx, shop.org, session)
    assert kept["redacted_at"] is None
    assert kept["trace"]["query"]
    assert len(emptied) == 2
    assert all(one["redacted_at"] and one["trace"]["redacted"] and not one["trace"]["query"] and not one["trace"]["hits"] for one in emptied)
    assert all(one["outcome"] and one["trace"]["timings"] for one in emptied), "that it ran, how it ended and how long it took stays"


async def test_a_session_is_emptied_and_still_took_place(client: httpx2.AsyncClient, settings: Settings, world: World, shop: Shop, session: SessionId) -> None:
    said = await _send(client, shop, session, f"A {MARK} for carla@example.org, please. I want to talk to a person.")
    contact = ContactId((await conversations.session(world, shop.org, session)).contact)
    file = await files.upload(world, shop.org, contact, name=f"{MARK}.txt", media_type="text/plain", content=MARK.encode())
    link = await files.link(world, shop.org, file)
    await desk.note(world, shop.owner, session, f"They mean the {MARK}.")
    await desk.reply(world, shop.owner, session, f"Your {MARK} is on its way.")
    async with world.store.tx(shop.org) as tx:
        await sessions.checkpoint(tx, shop.org, session, {"page": MARK})
        payload = {"attachments": [{"id": str(file), "name": f"{MARK}.txt", "type": "text/plain", "size": 11}]}
        await events.append(tx, shop.org, session, EventType.MESSAGE, ActorKind.USER, text="", payload=payload)
        reply = next(event for event in await events.log(tx, shop.org, session) if event.actor is ActorKind.AI)
        await events.vote(tx, shop.org, session, reply.id, "downvote")
    assert holding(settings, MARK), "the search must be able to find it"
    answer = await _redact(client, shop, "session", sessionId=str(session), reason="asked for")
    assert (answer["redactionType"], answer["itemId"]) == ("session", str(session))
    assert answer["messagesRedacted"] >= 4
    assert holding(settings, MARK) == set()
    assert (await client.get(link.replace(settings.url, ""))).status_code == 404
    async with world.store.tx(shop.org) as tx:
        assert await vault.all_of(tx, shop.org, session) == []
        assert await vault.originals_of(tx, shop.org, session) == []
        row = await sessions.find(tx, shop.org, session)
        with pytest.raises(NotFound, match="removed"):
            await vault.file(tx, shop.org, FileId(file))
    assert row is not None
    assert (row["summary"], row["checkpoint"], row["sealed"]) == (None, None, None)
    log = await conversations.timeline(world, shop.org, session)
    assert log[-1].type is EventType.SESSION_REDACTED
    assert not any(event.text for event in log)
    assert any(event.type is EventType.HANDOFF and event.payload["reasons"] for event in log), "that and why it was handed off is no secret"
    assert said in {event.id for event in log}
    items = (await client.get(f"/api/chat/sessions/{session}/history", headers=shop.bearer)).json()["items"]
    assert items[0]["event"] == {"type": "message", "sender": {"type": "contact", "name": None}, "redacted": True}


async def test_a_turn_under_way_writes_nothing_of_what_was_redacted(world: World, shop: Shop, session: SessionId) -> None:
    """It has read the message; its outcome and its evidence must not bring it back."""
    first = await receive(world, shop.org, session, Inbound(external_id=uuid4(), text=f"Is the {MARK} open?"))
    await receive(world, shop.org, session, Inbound(external_id=uuid4(), text="I ask for tomorrow."))
    scene = await turn.look(world, shop.org, session)
    assert scene is not None
    trace = Trace(message=scene.message.id)
    outcome = await turn.think(world, scene, trace)
    await redacting.redact_message(world, shop.owner, first.event.id)
    assert await turn.settle(world, scene, outcome, trace, None) is None
    later = await turn.look(world, shop.org, session)
    assert later is not None, "the newest message still wants an answer"
    assert not any(MARK in event.text for event in later.history)


async def test_nobody_answers_what_is_no_longer_there(world: World, shop: Shop, session: SessionId) -> None:
    heard = await receive(world, shop.org, session, Inbound(external_id=uuid4(), text=f"Is the {MARK} open?"))
    async with world.store.outside() as tx:
        assert heard.job
        await jobs.retry(tx, heard.job, delay=60, why="test")
    await redacting.redact_message(world, shop.owner, heard.event.id)
    settled = await turn.take_turn(world, shop.org, session)
    assert isinstance(settled.outcome, Silence)
    async with world.store.outside() as tx:
        left = await (await tx.execute("select count(*) as n from jobs where key = %s", (str(session),))).fetchone()
    assert left == {"n": 0}


async def test_a_writer_who_had_read_the_old_placeholders_masks_again(world: World, shop: Shop, session: SessionId) -> None:
    first = await receive(world, shop.org, session, Inbound(external_id=uuid4(), text="I am at first@example.org."))
    mask, _ = await look(world, shop.org, session)
    await redacting.redact_message(world, shop.owner, first.event.id)
    fresh, _ = await look(world, shop.org, session)
    assert fresh.stored != mask.stored
    await receive(world, shop.org, session, Inbound(external_id=uuid4(), text="Or second@example.org."))
    assert await conversations.restorer(world, shop.org, session) == {"[EMAIL_1]": "second@example.org"}


async def test_who_may_not_is_refused_and_others_see_nothing(client: httpx2.AsyncClient, world: World, shop: Shop, session: SessionId) -> None:
    message = await _send(client, shop, session, f"The {MARK}.")
    viewer = await colleague(world, shop.owner, Role.VIEWER, "Vera Viewer")
    with pytest.raises(Refused, match="role"):
        await redacting.redact_message(world, viewer, message)
    with pytest.raises(Refused, match="role"):
        await redacting.redact_session(world, viewer, session)
    other = await founded_shop(world, "Another", f"{uuid4().hex}@another.example")
    for kind, body in (("message", {"messageId": str(message)}), ("session", {"sessionId": str(session)})):
        assert (await client.post(f"/api/redaction/{kind}", headers=other.bearer, json=body)).status_code == 404
    assert (await client.post("/api/redaction/message", headers=shop.bearer, json={"messageId": str(message), "sessionId": str(uuid4())})).status_code == 404
    assert (await conversations.timeline(world, shop.org, session))[0].text == f"The {MARK}."


async def test_an_entry_that_says_nothing_cannot_be_redacted(world: World, shop: Shop, session: SessionId) -> None:
    await desk.take_over(world, shop.owner, session)
    event = (await conversations.timeline(world, shop.org, session))[-1]
    with pytest.raises(Refused, match="says nothing"):
        await redacting.redact_message(world, shop.owner, event.id)


async def test_the_application_can_blank_but_neither_change_nor_hide_it(world: World, settings: Settings, shop: Shop, session: SessionId) -> None:
    await desk.note(world, shop.owner, session, "A note.")
    with pytest.raises(DatabaseError, match="permission denied"):
        async with world.store.tx(shop.org) as tx:
            await (await tx.execute("update events set text = 'other words'")).fetchall()
    before = await _lines(settings)
    async with world.store.tx(shop.org) as tx:
        await events.redact(tx, shop.owner, session, None, thing="session", id=session, why="")
    assert await _lines(settings) == before + 1, "the function itself writes the line"
    stranger = await founded_shop(world, "Another", f"{uuid4().hex}@another.example")
    note = await desk.note(world, shop.owner, session, "Another note.")
    async with world.store.tx(stranger.org) as tx:
        assert (await events.redact(tx, stranger.owner, session, [note.id], thing="message", id=note.id, why="")).entries == 0


async def _lines(settings: Settings) -> int:
    assert settings.database_url
    with psycopg.connect(settings.database_url) as connection:
        connection.execute("alter table audit no force row level security")
        row = connection.execute(sql.SQL("select count(*) from audit where verb = 'privacy.redact'")).fetchone()
        connection.rollback()
    assert row
    return int(row[0])


async def test_the_inbox_asks_for_the_ticket_and_covers_what_is_gone(client: httpx2.AsyncClient, world: World, shop: Shop, session: SessionId) -> None:
    message = await _send(client, shop, session, "The Apfelbaum.")
    ticket = (await conversations.session(world, shop.org, session)).ticket_number
    at = f"/inbox/sessions/{session}"
    async with signed_in(world, shop.owner) as desk_of:
        assert "Redact message…" in (await desk_of.get(at)).text
        refused = await desk_of.post(f"{at}/redact", event=str(message), name="1")
        assert refused.status_code == 400
        assert f"to confirm: {ticket}" in refused.text
        assert "Apfelbaum" in (await desk_of.get(at)).text
        page = await desk_of.act(f"{at}/redact", event=str(message), name=f"#{ticket}")
        assert "The message is redacted." in page
        assert '<span class="mask" data-tip="What stood here was removed for good.' in page
        assert "Apfelbaum" not in page
        fresh = await desk_of.get(f"/inbox/refresh?session={session}&after=1", htmx=True)
        assert 'hx-target="#event-1" hx-swap="outerHTML"' in fresh.text, "who has it open sees it covered"
        page = await desk_of.act(f"{at}/redact", name=str(ticket), why="the customer asked")
        assert "Olivia Owner removed all words of this conversation for good" in page
        audit = (await desk_of.get("/settings/audit?only=removals")).text
        assert "removed the words of a session for good" in audit
        assert "the customer asked" in audit


async def test_the_customers_widget_shows_that_it_was_removed(client: httpx2.AsyncClient, world: World, shop: Shop) -> None:
    site = {"X-Bot-Token": shop.widget_token}
    token = (await client.post("/api/backend/widget/v2/contact/create-unverified", headers=site, json={})).json()["token"]
    me = {**site, "Authorization": f"Bearer {token}"}
    made = await client.post("/api/backend/widget/v2/create-session", headers=me, json={"customData": {"external_id": str(uuid4())}})
    id, message = made.json()["id"], str(uuid4())
    await client.post("/api/backend/widget/v2/chat/send", headers=me, json={"session_id": id, "content": f"The {MARK}.", "uuid": message})
    await _redact(client, shop, "message", messageId=message)
    rows = (await client.get(f"/api/backend/widget/v2/session/history/{id}", headers=me)).json()
    assert [(row["publicId"], row["isRemoved"], row["content"]["text"]) for row in rows if row["sender"]["kind"] == "user"] == [(message, True, "This message was removed.")]
    assert all(row["type"] in ("message", "agent_message") for row in rows), "who redacted it is the team's business"
