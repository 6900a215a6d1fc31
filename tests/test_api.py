"""The public API: sessions and messages in the wire's format, and a clear error for everything that is wrong."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from glassine.store import events, search
from glassine.story import access, conversations, desk, files
from glassine.story.behaviour import autopilot
from glassine.story.inbound import receive
from glassine.story.knowledge import learning
from glassine.story.world import World
from glassine.words.channels import Attachment, Inbound
from glassine.words.ids import ContactId, SessionId
from glassine.words.knowledge import ArticleStatus, Audience
from glassine.words.people import ActorKind
from glassine.words.sessions import Autopilot, ChannelKind, EventType
from tests.shop import Shop, founded_shop

Client = httpx2.AsyncClient


@pytest.fixture(scope="module")
async def articles(world: World, shop: Shop) -> None:
    body = "## Refunds\n\nYou can return an unused lamp within 30 days of delivery. The refund reaches your bank account within five working days.\n"
    article = await learning.save(world, shop.org, title="Returns and refunds", body=body, audience=Audience.PUBLIC, language="en")
    await learning.publish(world, shop.org, article.id)
    hidden = await learning.save(world, shop.org, title="Margins", body="Our secret margin on lamps is 61 percent.", audience=Audience.INTERNAL, language="en")
    await learning.publish(world, shop.org, hidden.id)
    assert hidden.status is ArticleStatus.DRAFT


async def start(client: Client, shop: Shop, **body: Any) -> str:
    answer = await client.post("/api/chat/sessions", headers=shop.bearer, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def send(client: Client, shop: Shop, session: str, text: str, **more: Any) -> dict[str, Any]:
    body = {"sender": {"type": "contact"}, "message": {"type": "text", "text": text}, **more}
    answer = await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json=body)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def history(client: Client, shop: Shop, session: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/api/chat/sessions/{session}/history", headers=shop.bearer)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_question_is_answered_from_the_articles_with_its_source(client: Client, shop: Shop, articles: None) -> None:
    session = await start(client, shop, contact={"email": "ada@example.com", "name": "Ada Lovelace"})
    said = await send(client, shop, session, "How long do I have to return an unused lamp?")
    reply = said["autopilotResponse"]
    assert "30 days" in reply["value"]["content"]
    assert reply["debugInfo"]["knowledge"][0]["source"] == "Returns and refunds › Refunds"
    rows = await history(client, shop, session)
    assert [row["event"]["sender"]["type"] for row in rows] == ["contact", "ai"]
    assert rows[1]["id"] == reply["id"]
    assert said["sessionIsHandedOff"] is False


async def test_sender_may_be_a_word(client: Client, shop: Shop, articles: None) -> None:
    session = await start(client, shop)
    body = {"sender": "contact", "message": {"type": "text", "text": "When does the refund reach my bank account?"}}
    answer = await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json=body)
    assert "five working days" in answer.json()["data"]["autopilotResponse"]["value"]["content"]


async def test_a_request_for_a_person_hands_off_and_the_ai_stays_silent(client: Client, shop: Shop, articles: None) -> None:
    session = await start(client, shop)
    said = await send(client, shop, session, "I want to talk to a human being, please")
    assert said["sessionIsHandedOff"] is True
    assert said["autopilotResponse"]["value"]["content"]
    again = await send(client, shop, session, "How long do I have to return an unused lamp?")
    assert again["code"] == "session_assigned_to_human_agent"
    assert "autopilotResponse" not in again
    found = (await client.get(f"/api/chat/sessions/{session}", headers=shop.bearer)).json()
    assert found["assignee"]["kind"] == "none"
    assert found["handoff"]["summary"]
    assert (await history(client, shop, session))[1]["event"]["reasons"] == ["user_requested_human_assistance"]


async def test_what_nobody_wrote_about_is_handed_off_not_invented(client: Client, shop: Shop, articles: None) -> None:
    session = await start(client, shop)
    said = await send(client, shop, session, "Which telescope did Galileo use to see the moons of Jupiter in 1610?")
    assert said["sessionIsHandedOff"] is True
    reasons = (await history(client, shop, session))[1]["event"]["reasons"]
    assert "insufficient_knowledge" in reasons or "low_confidence" in reasons


async def test_an_internal_article_never_reaches_a_customer(client: Client, shop: Shop, articles: None) -> None:
    session = await start(client, shop)
    said = await send(client, shop, session, "What is the secret margin on lamps?")
    assert "61 percent" not in str(said)
    public = await client.get("/api/knowledge/search", headers=shop.bearer, params={"q": "secret margin on lamps"})
    assert "61 percent" not in public.text
    internal = await client.get("/api/knowledge/search", headers=shop.bearer, params={"q": "secret margin on lamps", "audience": "internal"})
    assert "61 percent" in internal.text
    inspected = await client.get(f"/api/chat/sessions/{session}/inspect", headers=shop.bearer)
    assert "61 percent" not in inspected.text


async def test_the_same_message_twice_is_answered_once(client: Client, shop: Shop, articles: None) -> None:
    session, uuid = await start(client, shop), str(uuid4())
    first = await send(client, shop, session, "How long do I have to return an unused lamp?", uuid=uuid)
    second = await send(client, shop, session, "How long do I have to return an unused lamp?", uuid=uuid)
    assert "autopilotResponse" in first
    assert second["code"] == "duplicate_message_ignored"
    assert len(await history(client, shop, session)) == 2


async def test_an_id_of_another_session_is_refused(client: Client, shop: Shop) -> None:
    one, other, uuid = await start(client, shop), await start(client, shop), str(uuid4())
    await send(client, shop, one, "hello there", uuid=uuid)
    body = {"message": {"text": "hello"}, "uuid": uuid}
    answer = await client.post(f"/api/chat/sessions/{other}/send", headers=shop.bearer, json=body)
    assert answer.status_code == 409


async def test_inspect_shows_what_the_ai_saw(client: Client, shop: Shop, articles: None) -> None:
    session = await start(client, shop)
    await send(client, shop, session, "My mail is ada@example.com. How long do I have to return an unused lamp?")
    turn = (await client.get(f"/api/chat/sessions/{session}/inspect", headers=shop.bearer)).json()["turns"][0]
    assert turn["masked"] == {"email": 1}
    assert turn["outcome"] == "Reply"
    assert turn["hits"][0]["title"] == "Returns and refunds"
    assert turn["hits"][0]["scores"]
    assert turn["used"]
    assert turn["timings"]["search"] > 0
    assert "ada@example.com" not in str(turn)


async def test_close_reopen_and_a_closed_session_takes_no_message(client: Client, shop: Shop) -> None:
    session = await start(client, shop)
    for status in ("closed_resolved", "open", "closed_unresolved"):
        answer = await client.patch(f"/api/chat/sessions/{session}", headers=shop.bearer, json={"status": status})
        assert answer.json()["status"] == status
    answer = await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json={"message": {"text": "hello?"}})
    assert answer.status_code == 409
    assert answer.json() == {"statusCode": 409, "message": "This session is closed. Reopen it, or start a new one.", "error": "Conflict"}


async def test_lists_are_paged_and_filtered(client: Client, shop: Shop) -> None:
    made = {await start(client, shop) for _ in range(5)}
    seen, cursor = [], None
    for _ in range(100):
        page = (await client.get("/api/chat/sessions", headers=shop.bearer, params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert made <= set(seen)
    assert len(seen) == len(set(seen))
    closed = (await client.get("/api/chat/sessions", headers=shop.bearer, params={"status": "closed_resolved"})).json()["items"]
    assert all(item["status"] == "closed_resolved" for item in closed)


async def test_contacts_are_found_again_by_any_spelling(client: Client, shop: Shop) -> None:
    one = (await client.post("/api/contacts", headers=shop.bearer, json={"email": "Grace@Example.com", "phone_number": "+1 415 555 2671", "name": "Grace"})).json()
    two = (await client.post("/api/contacts", headers=shop.bearer, json={"contact": {"email": " grace@example.com ", "custom_data": {"plan": "pro"}}})).json()
    assert one["id"] == two["id"]
    assert two["name"] == "Grace"
    assert two["phone_number"] == "+14155552671"
    assert two["custom_data"] == {"plan": "pro"}
    assert (await client.delete(f"/api/contacts/{one['id']}", headers=shop.bearer)).status_code == 204
    assert (await client.get(f"/api/contacts/{one['id']}", headers=shop.bearer)).status_code == 404


@pytest.mark.parametrize("text", ["", "   ", "\x00\x00"])
async def test_an_empty_message_is_refused(client: Client, shop: Shop, text: str) -> None:
    session = await start(client, shop)
    answer = await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json={"message": {"text": text}})
    assert answer.status_code == 400
    assert answer.json()["message"] == "The message is empty."


@pytest.mark.parametrize("text", ["a\x00b", "\u202eabc", "<script>alert(1)</script>", "\U0001f600 \ufeff", "a" * 20_000, "x\u0000\u0001\u0002"])
async def test_odd_letters_are_stored_and_answered(client: Client, shop: Shop, text: str) -> None:
    session = await start(client, shop)
    assert await send(client, shop, session, text)
    assert (await history(client, shop, session))[0]["event"]["content"]["text"]


async def test_a_lone_surrogate_is_a_clear_error(client: Client, shop: Shop) -> None:
    session = await start(client, shop)
    raw = b'{"message": {"text": "broken \\ud800 letter"}}'
    answer = await client.post(f"/api/chat/sessions/{session}/send", headers={**shop.bearer, "Content-Type": "application/json"}, content=raw)
    assert answer.status_code in (200, 400)
    assert answer.json()


@pytest.mark.parametrize(("text", "status"), [("a" * 20_001, 413), ("a" * 3_000_000, 413)])
async def test_too_long_is_refused(client: Client, shop: Shop, text: str, status: int) -> None:
    session = await start(client, shop)
    answer = await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json={"message": {"text": text}})
    assert answer.status_code == status
    assert answer.json()["statusCode"] == status


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic abc"}])
async def test_no_key_no_answer(client: Client, headers: dict[str, str]) -> None:
    answer = await client.get("/api/chat/sessions", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"] == "Unauthorized"


async def test_another_organisation_sees_nothing(client: Client, world: World, shop: Shop) -> None:
    session = await start(client, shop)
    other = await founded_shop(world, "Rival", "owner@rival.example")
    for method, path, body in (
        ("GET", f"/api/chat/sessions/{session}", None), ("GET", f"/api/chat/sessions/{session}/history", None), ("GET", f"/api/chat/sessions/{session}/inspect", None),
        ("PATCH", f"/api/chat/sessions/{session}", {"status": "closed_resolved"}), ("POST", f"/api/chat/sessions/{session}/send", {"message": {"text": "hi"}}),
    ):
        answer = await client.request(method, path, headers=other.bearer, json=body)
        assert answer.status_code == 404, path
    assert (await client.get("/api/chat/sessions", headers=other.bearer)).json()["items"] == []


async def test_autopilot_off_goes_to_the_team_and_the_customer_is_told(client: Client, world: World, shop: Shop, articles: None) -> None:
    await autopilot.set_mode(world, shop.owner, ChannelKind.API, Autopilot.OFF)
    try:
        said = await send(client, shop, await start(client, shop), "How long do I have to return an unused lamp?")
        assert said["sessionIsHandedOff"] is True
        assert "30 days" not in str(said)
    finally:
        await autopilot.set_mode(world, shop.owner, ChannelKind.API, Autopilot.ON)


async def test_with_assist_the_ai_speaks_to_the_team_only_and_drafts_nothing_for_thanks(client: Client, world: World, shop: Shop, articles: None) -> None:
    session = await start(client, shop)
    await send(client, shop, session, "I want to talk to a human being, please")
    await autopilot.set_mode(world, shop.owner, ChannelKind.API, Autopilot.ASSIST)
    try:
        for text in ("How long do I have to return an unused lamp?", "thanks"):
            assert "autopilotResponse" not in await send(client, shop, session, text)
    finally:
        await autopilot.set_mode(world, shop.owner, ChannelKind.API, Autopilot.ON)
    by_ai = [row["event"]["type"] for row in (await history(client, shop, session))[3:] if row["event"]["sender"]["type"] == "ai"]
    assert by_ai == ["human_agent_comment"]


async def test_the_source_of_an_answer_can_be_opened(client: Client, shop: Shop, articles: None) -> None:
    said = await send(client, shop, await start(client, shop), "How long do I have to return an unused lamp?")
    address = said["autopilotResponse"]["debugInfo"]["knowledge"][0]["url"]
    page = await client.get("/help/" + address.split("/help/")[1], follow_redirects=True)
    assert page.status_code == 200
    assert "unused lamp within 30 days" in page.text


async def test_a_nested_custom_data_is_refused(client: Client, shop: Shop) -> None:
    answer = await client.post("/api/chat/sessions", headers=shop.bearer, json={"custom_data": {"a": {"b": 1}}})
    assert answer.status_code == 400
    assert "custom_data" in answer.json()["message"]


async def test_a_placeholder_in_an_article_stays_what_it_is(client: Client, world: World, shop: Shop) -> None:
    body = "A masked e-mail address is shown to the team as the chip [EMAIL_1] until somebody reveals it."
    await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Masked addresses", body=body)).id)
    session = await start(client, shop)
    said = await send(client, shop, session, "I am eve@example.com. How is a masked e-mail address shown to the team?")
    assert "the chip [EMAIL_1] until" in said["autopilotResponse"]["value"]["content"]


async def test_a_reply_of_the_team_sent_twice_is_said_once(client: Client, shop: Shop) -> None:
    session, other, uuid = await start(client, shop), await start(client, shop), str(uuid4())
    first = await send(client, shop, session, "We are looking into it.", sender="human_agent", uuid=uuid)
    second = await send(client, shop, session, "We are looking into it.", sender="human_agent", uuid=uuid)
    assert (first["id"], first["code"]) == (uuid, None)
    assert (second["id"], second["code"]) == (uuid, "duplicate_message_ignored")
    assert [row["event"]["type"] for row in await history(client, shop, session)].count("message") == 1
    body = {"sender": "human_agent", "message": {"text": "Elsewhere."}, "uuid": uuid}
    assert (await client.post(f"/api/chat/sessions/{other}/send", headers=shop.bearer, json=body)).status_code == 409


async def test_a_session_in_the_queue_is_handed_off_whatever_the_code(client: Client, shop: Shop, articles: None) -> None:
    session, uuid = await start(client, shop), str(uuid4())
    await send(client, shop, session, "I want to talk to a human being, please", uuid=uuid)
    for more in ({}, {"uuid": uuid}):
        said = await send(client, shop, session, "I want to talk to a human being, please", **more)
        assert said["code"]
        assert said["sessionIsHandedOff"] is True


async def test_whoever_takes_a_session_over_during_a_turn_is_why_it_is_cancelled(client: Client, world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await start(client, shop)

    async def taken_while_searching(*_: Any, **__: Any) -> Any:
        await desk.take_over(world, shop.owner, SessionId(UUID(session)))
        return await found(*_, **__)

    found = search.find
    monkeypatch.setattr(search, "find", taken_while_searching)
    said = await send(client, shop, session, "How long do I have to return an unused lamp?")
    assert said["code"] == "session_assigned_to_human_agent"
    assert said["sessionIsHandedOff"] is True


async def test_a_key_for_sessions_alone_does_not_learn_whose_they_are(client: Client, world: World, shop: Shop) -> None:
    contact = {"email": "mary@example.com", "name": "Mary Shelley", "phone_number": "+14155552671", "custom_data": {"plan": "pro"}}
    session = await start(client, shop, contact=contact, custom_data={"claim": "she lives at Villa Diodati"})
    seen, attached = {}, {}
    for scopes in (["chat-sessions:read"], ["chat-sessions:write"], ["chat-sessions:read", "contacts:read"], ["chat-sessions:read", "contacts:write"]):
        key = {"Authorization": f"Bearer {await access.create_key(world, shop.owner, 'Some', scopes)}"}
        one = (await client.get(f"/api/chat/sessions/{session}", headers=key)).json()
        listed = (await client.get("/api/chat/sessions", headers=key)).json()["items"]
        assert one["contact"] in [each["contact"] for each in listed]
        seen[scopes[-1]], attached[scopes[-1]] = one["contact"], one["custom_data"]
    for scope in ("chat-sessions:read", "chat-sessions:write"):
        assert {name for name, value in seen[scope].items() if value is not None} == {"id", "created_at", "updated_at"}
    for scope in ("contacts:read", "contacts:write"):
        assert seen[scope].items() >= contact.items()
    assert attached == {scope: {} if scope.startswith("chat") else {"claim": "she lives at Villa Diodati"} for scope in seen}


async def test_the_history_names_who_answered_and_the_files(client: Client, world: World, shop: Shop) -> None:
    session = await start(client, shop)
    who = (await client.get(f"/api/chat/sessions/{session}", headers=shop.bearer)).json()["contact"]["id"]
    file = await files.upload(world, shop.org, ContactId(UUID(who)), name="receipt.pdf", media_type="application/pdf", content=b"%PDF-1.4 a receipt")
    attached = Attachment(id=file, name="receipt.pdf", type="application/pdf", size=18)
    await receive(world, shop.org, SessionId(UUID(session)), Inbound(external_id=uuid4(), text="Here it is.", attachments=(attached,)))
    await desk.reply(world, shop.owner, SessionId(UUID(session)), "Thank you.")
    rows = [row["event"] for row in await history(client, shop, session)]
    assert [rows[0]["attachments"][0][name] for name in ("id", "name", "type", "size")] == [str(file), "receipt.pdf", "application/pdf", 18]
    assert (await client.get(rows[0]["attachments"][0]["url"])).content == b"%PDF-1.4 a receipt"
    assert rows[-1]["human_agent_id"] == str(shop.owner.id)
    key = {"Authorization": f"Bearer {await access.create_key(world, shop.owner, 'Masked', ['chat-sessions:read'])}"}
    masked = (await client.get(f"/api/chat/sessions/{session}/history", headers=key)).json()["items"]
    assert "url" not in masked[0]["event"]["attachments"][0], "what is in a file is not masked"


async def test_the_end_of_a_very_long_session_is_what_its_readers_see(client: Client, world: World, shop: Shop) -> None:
    session = SessionId(UUID(await start(client, shop)))
    async with world.store.tx(shop.org) as tx:
        for number in range(450):
            await events.append(tx, shop.org, session, EventType.MESSAGE, ActorKind.USER, text=f"line {number}")
    end = await conversations.timeline(world, shop.org, session, limit=3)
    assert [event.text for event in end] == ["line 447", "line 448", "line 449"]
    seen, cursor = [], "0"
    while cursor:
        page = (await client.get(f"/api/chat/sessions/{session}/history", headers=shop.bearer, params={"cursor": cursor})).json()
        assert len(page["items"]) <= 200
        seen += [row["event"]["content"]["text"] for row in page["items"]]
        cursor = page["next"]
    assert seen == [f"line {number}" for number in range(450)]
