"""Widget protocol v2 against the running product: the calls in their observed order, and each of the rules that a server must honour."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import pytest

from tests.running import Product, product
from tests.widget_client import WidgetClient

__all__ = ["product"]  # the fixture
pytestmark = [pytest.mark.enable_socket, pytest.mark.long]
QUESTION = "Within how many days can I return an unused tent?"
FOR_A_PERSON = "I want to talk to a human being, please."


@pytest.fixture
async def client(product: Product) -> AsyncIterator[WidgetClient]:
    """A visitor whose page has loaded."""
    async with WidgetClient(api_url=product.api_base, bot_token=product.widget_token) as visitor:
        await visitor.load()
        yield visitor


def kinds(polled: dict[str, Any]) -> list[str]:
    return [item["sender"]["kind"] for item in polled["history"]]


async def test_the_observed_sequence(product: Product) -> None:
    async with WidgetClient(api_url=product.api_base, bot_token=product.widget_token) as visitor:
        config = await visitor.load()
        assert set(config["org"]) >= {"id", "name"}
        assert {"sessionsPollingIntervalSeconds", "sessionPollingIntervalSeconds", "modes"} <= set(config)
        assert "agent" not in config, "a configuration with an agent makes newer widgets leave this protocol"
        sent = await visitor.begin(QUESTION, plan="trial", seats=3, trial=True)
        assert sent["success"] is True
        polled = await visitor.poll()
        assert kinds(polled) == ["user", "ai"]
        reply = polled["history"][-1]
        assert "30 days" in reply["content"]["text"]
        assert await visitor.ok("POST", "/checkpoint", {"session_id": visitor.id, "payload": {"step": 2, "cart": ["tent"]}}) == {"success": True}
        vote = {"action": "upvote", "sessionId": visitor.id, "messagePublicId": reply["publicId"]}
        assert await visitor.ok("POST", "/chat/vote", vote) == {"messagePublicId": reply["publicId"], "success": True}
        resolved = await visitor.ok("POST", "/session/resolve", {"session_id": visitor.id})
        assert resolved["isOpened"] is False
        polled = await visitor.poll()
        assert polled["session"]["latestStateCheckpointPayload"] == {"step": 2, "cart": ["tent"]}
        assert polled["history"][-1]["systemMessagePayload"]["type"] == "csat_requested"
        await visitor.ok("POST", "/submit-csat", {"session_id": visitor.id, "score": 5, "feedback": "quick", "system_message_uuid": str(uuid4())})
        assert [item["systemMessagePayload"]["type"] for item in (await visitor.poll())["history"]][-2:] == ["csat_requested", "csat_submitted"]
        assert len(visitor.shown) == len({item["publicId"] for item in (await visitor.poll())["history"]}), "a bubble stands twice"


async def test_a_reload_keeps_the_contact_and_the_sessions(product: Product, client: WidgetClient) -> None:
    await client.begin(QUESTION)
    again = WidgetClient(api_url=product.api_base, bot_token=product.widget_token, contact_token=client.contact_token, external_id=client.external_id)
    async with again:
        await again.load()
        assert [session["id"] for session in (await again.sessions())["items"]] == [client.id]
        assert (await again.ok("GET", f"/session/history/{client.id}")) == (await client.poll())["history"]


async def test_the_list_tells_conversations_apart_in_the_customers_own_words(product: Product, client: WidgetClient) -> None:
    await client.begin(f"I am ann.miller@example.com. {QUESTION}")
    listed = (await client.sessions())["items"][0]
    assert listed["title"] == f"I am ann.miller@example.com. {QUESTION}"
    assert "30 days" in listed["lastMessage"]
    assert len(listed["lastMessage"]) <= 120
    product.reply(client.id, "I am Olivia, and I look into it.")
    assert (await client.sessions())["items"][0]["lastMessage"] == "I am Olivia, and I look into it."


async def test_a_handoff_and_an_offer_are_marked_for_the_widget(client: WidgetClient) -> None:
    sent = await client.begin(QUESTION)
    assert sent["autopilotResponse"]["choices"] == []
    await client.send(FOR_A_PERSON)
    history = (await client.poll())["history"]
    assert [(item["isHandoffNotice"], item["choices"]) for item in history] == [(False, []), (False, []), (False, []), (True, [])]


async def test_rule_1_and_2_rows_carry_the_ids_that_the_widget_shows(client: WidgetClient) -> None:
    await client.create_session()
    uuid = str(uuid4())
    sent = await client.send(QUESTION, uuid=uuid)
    polled = await client.poll()
    assert [item["publicId"] for item in polled["history"]] == [uuid, sent["autopilotResponse"]["id"]]
    assert polled["history"][-1]["content"]["text"] == sent["autopilotResponse"]["value"]["content"]
    assert sent["autopilotResponse"]["value"]["error"] is False


async def test_rule_3_initial_messages_stand_before_the_first(client: WidgetClient) -> None:
    await client.create_session()
    first = [{"uuid": str(uuid4()), "content": "Hello."}, {"uuid": str(uuid4()), "content": "What is it about?"}]
    uuid = str(uuid4())
    await client.send(QUESTION, uuid=uuid, initial_messages=first)
    history = (await client.poll())["history"]
    assert [item["publicId"] for item in history[:3]] == [first[0]["uuid"], first[1]["uuid"], uuid]
    assert [item["content"]["text"] for item in history[:2]] == ["Hello.", "What is it about?"]


async def test_rule_4_the_same_message_twice_is_answered_once(client: WidgetClient) -> None:
    await client.create_session()
    uuid = str(uuid4())
    at_once = await asyncio.gather(client.send(QUESTION, uuid=uuid), client.send(QUESTION, uuid=uuid))
    later = await client.send(QUESTION, uuid=uuid)
    codes = [answer.get("code") for answer in (*at_once, later)]
    assert codes.count("duplicate_message_ignored") == 2
    assert all(answer["success"] for answer in (*at_once, later))
    await client.until("ai")
    assert kinds(await client.poll()) == ["user", "ai"]


async def test_rule_5_an_aborted_request_still_gets_its_reply(client: WidgetClient) -> None:
    await client.create_session()
    first = asyncio.create_task(client.send(QUESTION))
    await client.until("user", "ai")
    first.cancel()
    await client.send("And how long does a refund for a tent take?")
    polled = await client.until("ai", "agent")
    assert kinds(polled).count("user") == 2
    assert not client.locked(polled)


async def test_rule_6_a_person_owns_it_and_the_ai_says_nothing(product: Product, client: WidgetClient) -> None:
    await client.begin(QUESTION)
    product.reply(client.id, "I am looking into it.")
    polled = await client.until("agent")
    assert polled["session"]["assignee"]["kind"] == "human"
    assert polled["history"][-1]["content"]["text"] == "I am looking into it."
    sent = await client.send("Thank you, I wait.")
    assert sent["code"] == "session_assigned_to_human_agent"
    assert "autopilotResponse" not in sent
    assert kinds(await client.poll())[-1] == "user"


async def test_rule_7_a_rating_stands_under_the_id_that_the_widget_gave_it(client: WidgetClient) -> None:
    await client.begin(QUESTION)
    await client.ok("POST", "/session/resolve", {"session_id": client.id})
    uuid = str(uuid4())
    rating = {"session_id": client.id, "score": 4, "system_message_uuid": uuid}
    assert await client.ok("POST", "/submit-csat", rating) == {"success": True}
    await client.ok("POST", "/submit-csat", rating)
    rows = [item for item in (await client.poll())["history"] if item["systemMessagePayload"]["type"] == "csat_submitted"]
    assert [(row["publicId"], row["systemMessagePayload"]["payload"]["score"]) for row in rows] == [(uuid, 4)]
    refused = await client.call("POST", "/submit-csat", {"session_id": client.id, "score": 6})
    assert refused.status_code == 400


@pytest.mark.parametrize("text", [QUESTION, FOR_A_PERSON, "Xylophone zebra quux?", "hello", "?", "[EMAIL_1]", "<script>alert(1)</script>"])
async def test_rule_8_the_composer_is_never_locked_for_good(client: WidgetClient, text: str) -> None:
    await client.begin(text)
    assert not client.locked(await client.poll())
    assert (await client.send("One more question.")).get("success")
    await client.unlocked()


async def test_rule_9_a_handoff_comes_back_with_the_answer(client: WidgetClient) -> None:
    sent = await client.begin(FOR_A_PERSON)
    assert sent["sessionIsHandedOff"] is True
    assert sent["session"]["isHandedOff"] is True
    assert sent["session"]["assignee"]["kind"] != "ai"
    assert sent["autopilotResponse"]["value"]["content"], "the customer is told what happens next"


async def test_sessions_come_in_pages_by_cursor_and_by_offset(client: WidgetClient) -> None:
    made = [(await client.create_session())["id"] for _ in range(33)]
    for name in ("cursor", "offset"):
        found, after = [], None
        while True:
            page = await client.sessions(**({name: after} if after else {}))
            found += [session["id"] for session in page["items"]]
            after = page["next"]
            if after is None:
                break
        assert found == made[::-1]


async def test_an_unverified_contact_sees_this_browsers_sessions_only(client: WidgetClient) -> None:
    await client.begin(QUESTION)
    other = await client.ok("GET", "/sessions", params={"filters": f'{{"external_id":"{uuid4()}"}}'})
    assert other["items"] == []
    for filters in ("{}", "[]", "null", "x", '{"external_id":5}', '{"external_id":"no uuid"}'):
        answer = await client.call("GET", "/sessions", params={"filters": filters})
        assert 400 <= answer.status_code < 500
        assert set(answer.json()) == {"statusCode", "message", "error"}
    for body in ({"customData": None}, None, {}, {"customData": {"external_id": None}}, {"customData": {"deep": {"er": 1}, "external_id": client.external_id}}):
        answer = await client.call("POST", "/create-session", body)
        assert answer.status_code == 400, "an unverified contact must name its external_id, and customData is flat"


async def test_tokens_open_only_what_they_should(product: Product, client: WidgetClient) -> None:
    await client.begin(QUESTION)
    async with WidgetClient(api_url=product.api_base, bot_token=product.widget_token) as stranger:
        await stranger.load()
        stranger.session = client.session
        for method, path, body in (
            ("GET", f"/poll/{client.id}", ...), ("GET", f"/session/history/{client.id}", ...), ("GET", f"/stream/{client.id}", ...),
            ("POST", "/session/resolve", {"session_id": client.id}), ("POST", "/checkpoint", {"session_id": client.id, "payload": {}}),
            ("POST", "/chat/send", {"uuid": str(uuid4()), "content": "x", "session_id": client.id, "bot_token": product.widget_token}),
        ):
            assert (await stranger.call(method, path, body)).status_code == 404, path
        stranger.contact_token = "not.a.token"
        assert (await stranger.call("GET", "/sessions")).status_code == 401
        stranger.bot_token = "wrong"
        assert (await stranger.call("GET", "/config")).status_code == 401


async def test_browsers_of_every_site_may_call(product: Product, client: WidgetClient) -> None:
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type,x-bot-token"}
    answer = await client.http.options(f"{product.api_base}/backend/widget/v2/chat/send", headers=asked)
    assert answer.is_success
    assert answer.headers["access-control-allow-origin"] in ("*", "https://shop.example")
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "x-bot-token"))


async def test_a_file_goes_up_and_stands_at_its_message(client: WidgetClient) -> None:
    await client.create_session()
    answer = await client.upload("receipt.pdf", b"%PDF-1.4 a receipt", "application/pdf")
    assert answer.is_success
    up = answer.json()
    assert up["fileName"] == "receipt.pdf"
    attachment = {"id": str(uuid4()), "name": "receipt.pdf", "size": 18, "type": "application/pdf", "url": up["fileUrl"]}
    assert (await client.send("Here is my receipt.", attachments=[attachment]))["success"] is True
    shown = (await client.poll())["history"][0]["attachments"]
    assert [(file["name"], file["type"]) for file in shown] == [("receipt.pdf", "application/pdf")]
    assert (await client.http.get(shown[0]["url"])).content == b"%PDF-1.4 a receipt"
    assert (await client.upload("big.pdf", b"x" * (5 * 1024 * 1024 + 1), "application/pdf")).status_code == 413
    assert (await client.upload("page.html", b"<script>", "text/html")).status_code == 415


async def test_own_values_come_back_to_their_owner_and_to_nobody_else(product: Product, client: WidgetClient) -> None:
    text = "My address is ann.miller@example.com, when does my refund for the tent arrive?"
    await client.begin(text)
    history = (await client.poll())["history"]
    assert history[0]["content"]["text"] == text
    seen_by_team = product.ask("GET", f"/chat/sessions/{client.id}/history").text
    assert "ann.miller@example.com" not in seen_by_team
    assert "[EMAIL_1]" in seen_by_team


async def test_what_is_wrong_with_a_message_is_said_in_a_sentence(client: WidgetClient) -> None:
    await client.create_session()
    for content in ("", "   ", "x" * 20_001):
        answer = await client.send(content)
        assert answer["success"] is False
        assert answer["error"]["message"].endswith(".")
    newer: dict[str, Any] = {"features": {"page_context": True}, "capabilities": {"connections": []}, "exit_mode_prompt": None, "clientContext": {"page": "cart"}}
    assert (await client.send(QUESTION, **newer))["success"] is True
    await client.ok("POST", "/session/resolve", {"session_id": client.id})
    assert (await client.send("Still there?"))["success"] is False


async def test_the_stream_tells_what_happens_and_then_what_was_said(client: WidgetClient) -> None:
    """A state is shown while it lasts, and a stream that is slower than the turn shows none: then once more."""
    for _ in range(5):
        client.external_id = str(uuid4())  # another conversation
        await client.create_session()
        heard, sent = await _streamed(client)
        states = [data["state"] for name, data in heard if name == "state"]
        if states:
            break
    assert heard[0][0] == "session"
    assert states[0] == "searching"
    assert set(states) <= {"searching", "writing", "idle"}
    said = [data for name, data in heard if name == "message"]
    assert [item["sender"]["kind"] for item in said] == ["user", "ai"]
    assert said == (await client.poll())["history"]
    assert said[-1]["publicId"] == sent["autopilotResponse"]["id"]
    assert said[-1]["sources"][0]["title"] == "Returns and refunds"


async def _streamed(client: WidgetClient) -> tuple[list[tuple[str, Any]], Any]:
    """A question, what the stream told until it was answered, and what sending it returned."""
    heard: list[tuple[str, Any]] = []
    async with asyncio.timeout(60), aclosing(client.stream()) as events:
        sending: asyncio.Task[Any] | None = None
        async for name, data in events:
            heard.append((name, data))
            sending = sending or asyncio.create_task(client.send(QUESTION))
            if name == "message" and data["sender"]["kind"] == "ai":
                break
    assert sending is not None
    return heard, await sending


async def test_a_visitor_whose_contact_is_gone_starts_again(product: Product, client: WidgetClient) -> None:
    await client.begin(QUESTION)
    contact = product.ask("GET", f"/chat/sessions/{client.id}").json()["contact"]["id"]
    assert product.ask("DELETE", f"/contacts/{contact}").status_code == 204
    for method, path, body in (
        ("GET", "/sessions", ...), ("GET", f"/poll/{client.id}", ...), ("POST", "/create-session", {"customData": {"external_id": client.external_id}}),
    ):
        assert (await client.call(method, path, body)).status_code == 401, path


async def test_what_the_page_and_the_rating_said_comes_back_as_it_was(product: Product, client: WidgetClient) -> None:
    await client.begin(QUESTION)
    state = {"contact": {"email": "ann.miller@example.com"}, "steps": ["ann.miller@example.com", 2]}
    await client.ok("POST", "/checkpoint", {"session_id": client.id, "payload": state})
    await client.ok("POST", "/session/resolve", {"session_id": client.id})
    await client.ok("POST", "/submit-csat", {"session_id": client.id, "score": 5, "feedback": "Write to ann.miller@example.com"})
    special = {item["type"]: item["systemMessagePayload"]["payload"] for item in (await client.poll())["history"]}
    assert special["state_checkpoint"] == state
    assert special["csat_submitted"] == {"score": 5, "feedback": "Write to ann.miller@example.com"}
    assert "ann.miller" not in product.ask("GET", f"/chat/sessions/{client.id}/history").text
