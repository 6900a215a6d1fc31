"""An answer is shown sentence by sentence while it is written, and only what the guard has passed; what the turn does not say goes from the page again."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from itertools import zip_longest
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from bench.stub_model import StubModel
from bench.stub_wires import WIRES, Body, Says
from glassine.rules.grounding import segments
from glassine.rules.saying import ends
from glassine.story import contacts, desk
from glassine.story.behaviour import autopilot
from glassine.story.contacts import Identity
from glassine.story.exchange import Sent, exchange
from glassine.story.inbound import open_session
from glassine.story.inspection import inspecting, replaying
from glassine.story.knowledge import learning
from glassine.story.visitor import Visitor
from glassine.story.world import World
from glassine.web.api import live
from glassine.words.channels import Inbound
from glassine.words.ids import TurnId
from glassine.words.replays import Verdict
from glassine.words.sessions import ChannelKind, Session
from tests.office import signed_in
from tests.shop import Shop

SETTINGS = {"llm_model": "stub", "llm_timeout": 20.0}
_WAITS = "§"  # where the model pauses until it is told to go on
_QUESTION = "How long can I return an unused lamp?"
_FIRST, _SECOND = "You can return an unused lamp within 30 days of delivery.", "The refund reaches your bank account within five working days."


class Dripping(StubModel):
    """Streams, and waits wherever its answer holds the sign for it."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Semaphore(0)
        self.breaks = False  # the next stream is dropped at its first pause

    async def _stream(self, writer: asyncio.StreamWriter, body: Body, says: Says) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        for event in WIRES[self.wire].events(body, says):
            waits, kept = b"\\u00a7" in event, event.replace(b"\\u00a7", b"")
            if waits and self.breaks:
                self.breaks = False
                return False
            if waits:
                await self.go.acquire()
            writer.write(kept)
            await writer.drain()
        return False


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def model() -> AsyncIterator[Dripping]:
    async with Dripping() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def article(world: World, shop: Shop) -> None:
    await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Returns", body=f"{_FIRST} {_SECOND}", language="en")).id)


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def quiet(model: Dripping) -> None:
    model.go, model.breaks, model.script, model.bodies = asyncio.Semaphore(0), False, (), []


class Page:
    """What a customer's browser has on its screen."""

    def __init__(self, stream: AsyncGenerator[str, None]) -> None:
        self._stream = stream
        self.drafts: list[str] = []
        self.messages: list[Any] = []

    async def until(self, name: str, holds: str = "") -> Any:
        """The data of the next event of this name that holds these words."""
        async for event in self._stream:
            kind, data = event.split("\n")[0].removeprefix("event: "), json.loads(event.split("data: ", 1)[1])
            if kind == "draft":
                self.drafts.append(data["text"])
            if kind == "message":
                self.messages.append(data)
            if kind == name and holds in json.dumps(data, ensure_ascii=False):
                return data
        raise AssertionError("the stream ended")


async def _stays() -> Message:
    await asyncio.Event().wait()
    return {"type": "http.disconnect"}


@asynccontextmanager
async def looking(world: World, shop: Shop) -> AsyncIterator[tuple[Page, Session]]:
    contact = await contacts.create(world, shop.org, Identity(), verified=False)
    session = await open_session(world, shop.org, contact.id, ChannelKind.WEB, external_id=uuid4(), language="en")
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": []}, _stays)
    stream = live.events(request, world, Visitor(shop.org, contact.id, verified=False), session)
    async with asyncio.timeout(15), aclosing(stream):
        page = Page(stream)
        await page.until("session")
        yield page, session


def says(world: World, shop: Shop, session: Session, text: str = _QUESTION) -> asyncio.Task[Sent]:
    return asyncio.create_task(exchange(world, shop.org, session.id, Inbound(external_id=uuid4(), text=text)))


async def traced(world: World, shop: Shop, session: Session) -> tuple[TurnId, Any]:
    turn = await inspecting.newest(world, shop.owner, session.id)
    return turn, (await inspecting.look(world, shop.owner, session.id, turn))[0]["trace"]


async def test_a_sentence_is_read_before_the_answer_is_whole(world: World, shop: Shop, model: Dripping) -> None:
    model.answer = f"{_FIRST} [1] {_WAITS}{_SECOND} [1]"
    async with looking(world, shop) as (page, session):
        sending = says(world, shop, session)
        assert (await page.until("draft"))["text"] == _FIRST
        assert not sending.done()
        model.go.release()
        assert (await sending).text == f"{_FIRST} {_SECOND}"
        final = await page.until("message", _SECOND)
        assert final["content"]["text"].startswith(page.drafts[0]), "what was shown is how the answer begins"
        turn, trace = await traced(world, shop, session)
        assert [one["text"] for one in trace["given"]["shown"]] == [_FIRST]
        assert trace["given"]["shown"][0]["ms"] >= 0
        replay = await replaying.replay(world, shop.owner, session.id, turn)
        assert {step.verdict for step in replay.steps} <= {Verdict.SAME, Verdict.GIVEN}


@pytest.mark.parametrize(("bad", "kept"), [("It takes 90 days [1]. ", True), ("See https://evil.example [1]. ", True), ("We guarantee you a free lamp [1]. ", True)])
async def test_what_the_guard_stops_is_never_shown(world: World, shop: Shop, model: Dripping, bad: str, kept: bool) -> None:
    answers = iter([f"{_FIRST} [1] {bad}{_WAITS}{_SECOND} [1]", f"{_FIRST} [1]"])
    model.answer = lambda _: next(answers)
    async with looking(world, shop) as (page, session):
        sending = says(world, shop, session)
        assert (await page.until("draft"))["text"] == _FIRST
        model.go.release()
        assert (await sending).text == _FIRST
        await page.until("message", _FIRST)
        assert set(page.drafts) <= {_FIRST, ""}
        assert bad.split(" [")[0] not in json.dumps(page.messages)


async def test_an_answer_that_begins_wrong_shows_nothing(world: World, shop: Shop, model: Dripping) -> None:
    model.answer = f"It takes 90 days [1]. {_FIRST} [1] {_SECOND} [1]"
    async with looking(world, shop) as (page, session):
        sent = await says(world, shop, session)
        await page.until("message", sent.text[:20])
        assert sent.handed_off
        assert not any(page.drafts)


async def test_a_model_that_gives_up_after_all_takes_back_what_was_shown(world: World, shop: Shop, model: Dripping) -> None:
    model.answer = f"{_FIRST} [1] {_WAITS}\nHANDOFF: it is about something else"
    async with looking(world, shop) as (page, session):
        sending = says(world, shop, session)
        assert (await page.until("draft"))["text"] == _FIRST
        model.go.release()
        assert (await sending).handed_off
        await page.until("message", "isHandoffNotice")
        assert (await page.until("draft"))["text"] == ""


async def test_what_was_shown_goes_when_the_customer_writes_again(world: World, shop: Shop, model: Dripping) -> None:
    model.answer = f"{_FIRST} [1] {_WAITS}{_SECOND} [1]"
    async with looking(world, shop) as (page, session):
        first = says(world, shop, session)
        assert (await page.until("draft"))["text"] == _FIRST
        model.answer = f"{_SECOND} [1]"
        second = says(world, shop, session, "And when do I get my money back?")
        await page.until("message", "money back")
        assert (await page.until("draft"))["text"] == ""
        model.go.release()
        assert (await first).code == "response_cancelled"
        assert (await second).text == _SECOND


async def test_no_sentence_follows_once_a_person_has_taken_over(world: World, shop: Shop, model: Dripping) -> None:
    model.answer = f"{_FIRST} [1] {_WAITS}{_SECOND} [1] {_WAITS}"
    async with looking(world, shop) as (page, session):
        sending = says(world, shop, session)
        assert (await page.until("draft"))["text"] == _FIRST
        await desk.take_over(world, shop.owner, session.id)
        assert (await page.until("draft"))["text"] == ""
        model.go.release()
        model.go.release()
        assert (await sending).code == "session_assigned_to_human_agent"
        assert page.drafts == [_FIRST, ""]


async def test_a_stream_that_breaks_off_is_asked_for_whole(world: World, shop: Shop, model: Dripping) -> None:
    model.answer = f"{_FIRST} [1] {_WAITS}{_SECOND} [1]"
    model.breaks = True
    async with looking(world, shop) as (page, session):
        sent = await says(world, shop, session)
        assert sent.text.replace(_WAITS, "") == f"{_FIRST} {_SECOND}"
        assert [bool(body.get("stream")) for body in model.bodies] == [True, False]
        assert page.drafts == [] or page.drafts[0] == _FIRST


async def test_where_nobody_looks_nothing_is_streamed(world: World, shop: Shop, model: Dripping) -> None:
    model.answer = f"{_FIRST} [1] {_SECOND} [1]"
    contact = await contacts.create(world, shop.org, Identity(), verified=False)
    session = await open_session(world, shop.org, contact.id, ChannelKind.API, language="en")
    assert (await says(world, shop, session)).text == f"{_FIRST} {_SECOND}"
    assert "stream" not in model.bodies[-1]
    assert "shown" not in (await traced(world, shop, session))[1]["given"]


async def test_an_organisation_can_show_whole_answers_only(world: World, shop: Shop, model: Dripping) -> None:
    model.answer = f"{_FIRST} [1] {_SECOND} [1]"
    book = await autopilot.change(world, shop.owner, "live", {"on": False})
    try:
        async with looking(world, shop) as (page, session):
            await says(world, shop, session)
            await page.until("message", _SECOND)
            assert page.drafts == []
            assert "stream" not in model.bodies[-1]
    finally:
        await autopilot.undo(world, shop.owner, book.number)


async def test_the_customers_own_values_stand_in_what_is_shown(world: World, shop: Shop, model: Dripping) -> None:
    model.answer = f"[EMAIL_1]: {_FIRST} [1] {_WAITS}{_SECOND} [1]"
    async with looking(world, shop) as (page, session):
        sending = says(world, shop, session, f"My mail is ada@example.com. {_QUESTION}")
        assert (await page.until("draft"))["text"] == f"ada@example.com: {_FIRST}"
        model.go.release()
        assert "ada@example.com" in (await sending).text
        _turn, trace = await traced(world, shop, session)
        assert "ada@example.com" not in json.dumps(trace)
        assert "[EMAIL_1]" in json.dumps(trace["given"]["shown"])


_PIECES = st.lists(st.sampled_from([
    "Lamps last 5 years", "Returns take 30 days", "Send it to [us](https://shop.example)", " [1]", " [2]", "[1][2]", "【2】", "【1†source】", ". ", ".", "! ", "\n", "\n\n", "- ", "1. ", "2) ", "`a [1]`", "```\ncode [1]\n```", "`",
    "**bold** ", "? ", ": ", " and ", "<think>", "</think>", "HANDOFF: no", "![x](y)", "[1](z)",
]), max_size=25).map("".join)  # fmt: skip


@given(_PIECES)
def test_what_follows_never_changes_what_a_sentence_rests_on(answer: str) -> None:
    whole = rests(answer)
    for end in ends(answer, 0):
        for own, later in zip_longest(rests(answer[:end]), whole[: len(rests(answer[:end]))]):
            assert later is not None and own[0] == later[0]
            assert own[1] <= later[1]


def rests(text: str) -> list[tuple[list[str], set[int]]]:
    """The words of each stretch, and what it cites. A number that opens one may turn out to be a list's, and is no fact any more."""
    found = [(re.sub(r"^(?:\W*\b\d{1,2}\b)+", "", part.text), set(part.cited)) for part in segments(text)]
    return [(words, cited) for said, cited in found if (words := re.findall(r"\w+", said))]


async def test_the_page_and_the_api_switch_it(world: World, shop: Shop, client: httpx2.AsyncClient) -> None:
    async with signed_in(world, shop.owner) as admin:
        assert "Show whole answers only" in (await admin.get("/settings/widget")).text
        assert "Customers read answers when they are whole." in await admin.act("/settings/widget/live", on="")
        assert "Show each sentence that has passed" in (await admin.get("/settings/widget")).text
        key = shop.bearer
        assert (await client.get("/api/autopilot/live", headers=key)).json() == {"on": False}
        assert (await client.put("/api/autopilot/live", headers=key, json={"on": True})).json() == {"on": True}
        assert "Show whole answers only" in (await admin.get("/settings/widget")).text


async def test_inspect_tells_what_was_shown_and_taken_back(world: World, shop: Shop, model: Dripping) -> None:
    model.answer = f"{_FIRST} [1] {_WAITS}{_SECOND} [1]"
    async with looking(world, shop) as (page, session):
        sending = says(world, shop, session)
        assert (await page.until("draft"))["text"] == _FIRST
        model.go.release()
        await sending
        turn = await inspecting.newest(world, shop.owner, session.id)
        async with signed_in(world, shop.owner) as admin:
            seen = (await admin.get(f"/inbox/sessions/{session.id}/turns/{turn}")).text
        assert "Shown to the customer while it was written, 1 step<" in seen
