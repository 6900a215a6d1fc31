"""The stream of events: nothing is missed and nothing comes twice, whatever order transactions end in; it goes on where a reader stopped, and has its limits."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from starlette.requests import Request
from starlette.types import Message

from glassine.store import events as log
from glassine.store import news
from glassine.story.delivery import telling
from glassine.story.world import World
from glassine.web.api import events
from glassine.words.errors import Refused
from glassine.words.ids import SessionId
from glassine.words.people import ActorKind
from glassine.words.sessions import EventType
from glassine.words.webhooks import KEPT
from tests.endpoints import mart, session
from tests.shop import Shop

__all__ = ["mart"]
WORDS = "conversation.agent_response"


@pytest_asyncio.fixture
async def heard(world: World, mart: Shop) -> Shop:
    await telling.begin(world, mart.org, None)
    return mart


async def say(world: World, shop: Shop, id: SessionId, text: str, pause: float = 0.0) -> None:
    """A colleague's words, whose transaction stays open for a while."""
    async with world.store.tx(shop.org) as tx:
        await log.append(tx, shop.org, id, EventType.AGENT_MESSAGE, ActorKind.AGENT, text=text)
        await asyncio.sleep(pause)


async def test_what_began_first_and_ends_last_is_not_missed(world: World, heard: Shop) -> None:
    slow, quick = await session(world, heard), await session(world, heard)
    at, _ = await telling.begin(world, heard.org, None)
    async with world.store.tx(heard.org) as tx:
        await (await tx.execute("select 1")).fetchall()
        await log.append(tx, heard.org, slow, EventType.AGENT_MESSAGE, ActorKind.AGENT, text="began first")
        await say(world, heard, quick, "ended first")
        [first] = await telling.after(world, heard.org, at, (), ())
        assert first.envelope and first.envelope["data"]["message"]["text"] == "ended first"
    [second] = await telling.after(world, heard.org, first.position, (), ())
    assert second.envelope and second.envelope["data"]["message"]["text"] == "began first"
    assert second.position == first.position + 1


async def read(world: World, shop: Shop, at: int, most: int, chance: random.Random) -> list[tuple[int, str]]:
    """A reader that stops and comes back all the time."""
    found: list[tuple[int, str]] = []
    while len(found) < most:
        for one in (await telling.after(world, shop.org, at, (WORDS,), ()))[: chance.randint(1, 7)]:
            at = one.position
            if one.envelope:
                found.append((one.position, one.envelope["data"]["message"]["text"]))
        await asyncio.sleep(0.001)
    return found


async def test_many_writers_and_readers_at_once(world: World, heard: Shop) -> None:
    sessions = [await session(world, heard) for _ in range(6)]
    at, _ = await telling.begin(world, heard.org, None)
    chance = random.Random(7)

    async def write(number: int, id: SessionId) -> None:
        for count in range(25):
            try:
                async with world.store.tx(heard.org) as tx:
                    await log.append(tx, heard.org, id, EventType.AGENT_MESSAGE, ActorKind.AGENT, text=f"{number}/{count:02}")
                    await asyncio.sleep(chance.random() * 0.004)
                    if count % 5 == 4:
                        raise RuntimeError
            except RuntimeError:
                pass  # it never happened

    readers = [asyncio.create_task(read(world, heard, at, 6 * 20, random.Random(seed))) for seed in range(3)]
    await asyncio.gather(*(write(number, id) for number, id in enumerate(sessions)))
    async with asyncio.timeout(60):
        found = await asyncio.gather(*readers)
    assert found[0] == found[1] == found[2], "everybody has read the same in the same order"
    texts = [text for _, text in found[0]]
    assert sorted(texts) == sorted(f"{number}/{count:02}" for number in range(6) for count in range(25) if count % 5 != 4)
    for number in range(6):
        own = [text for text in texts if text.startswith(f"{number}/")]
        assert own == sorted(own), "a conversation is in order"
    positions = [position for position, _ in found[0]]
    assert positions == sorted(set(positions))


# -- over HTTP ------------------------------------------------------------------------------------------------------------------


async def _stays() -> Message:
    await asyncio.Event().wait()
    return {"type": "http.disconnect"}


async def _may() -> bool:
    return True


@asynccontextmanager
async def opened(world: World, shop: Shop, **more: Any) -> AsyncIterator[AsyncIterator[str]]:
    request = Request({"type": "http", "method": "GET", "path": "/events", "headers": []}, _stays)
    answer = await events.opened(request, world, shop.org, more.pop("still", _may), **more)
    async with asyncio.timeout(60), aclosing(answer.body_iterator) as stream:  # type: ignore[type-var]  # a generator of ours
        yield stream  # type: ignore[misc]  # of texts


def parsed(block: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in block.strip().splitlines() if not line.startswith(":"))


async def test_a_reader_goes_on_where_it_stopped(world: World, heard: Shop) -> None:
    id = await session(world, heard)
    async with opened(world, heard, events=WORDS) as stream:
        place = int(parsed(await anext(stream))["id"])
        await say(world, heard, id, "one")
        first = parsed(await anext(stream))
    assert first["event"] == WORDS
    assert json.loads(first["data"])["data"]["message"]["text"] == "one"
    assert int(first["id"]) > place
    await say(world, heard, id, "two")
    await say(world, heard, id, "three")
    async with opened(world, heard, events=WORDS, after=int(first["id"])) as stream:
        await anext(stream)
        assert [json.loads(parsed(await anext(stream))["data"])["data"]["message"]["text"] for _ in range(2)] == ["two", "three"]


async def test_what_nobody_wants_is_passed_over_and_the_place_goes_on(world: World, heard: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_BEAT", 0.0)
    id = await session(world, heard)
    async with opened(world, heard, events="csat.requested") as stream:
        before = int(parsed(await anext(stream))["id"])
        await say(world, heard, id, "not for this one")
        async for block in stream:
            assert "data: " not in block
            if int(parsed(block)["id"]) > before:
                break


async def test_it_says_what_is_not_kept_any_more(world: World, heard: Shop) -> None:
    id = await session(world, heard)
    await telling.begin(world, heard.org, None)
    async with world.store.tx(heard.org) as tx:
        assert await news.forget(tx, heard.org, world.clock() + timedelta(minutes=1), 100) == 2
    await say(world, heard, id, "later")
    async with opened(world, heard, after=0) as stream:
        await anext(stream)
        gap = parsed(await anext(stream))
        assert gap["event"] == "stream.gap"
        assert json.loads(gap["data"]) == {"forgotten_until": int(gap["id"])}
        assert "later" in parsed(await anext(stream))["data"]


async def test_a_reader_that_may_not_any_more_is_let_go(world: World, heard: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_BEAT", 0.0)

    async def may_not() -> bool:
        return False

    async with opened(world, heard, still=may_not) as stream:
        await anext(stream)
        assert [block async for block in stream] == []


async def test_so_many_streams_and_no_more(world: World, heard: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_MOST_OF_ONE", 1)
    async with opened(world, heard) as stream:
        await anext(stream)
        with pytest.raises(Refused, match="open streams"):
            async with opened(world, heard):
                pass
    async with opened(world, heard) as stream:
        await anext(stream)


async def test_what_cannot_be_followed_is_refused(client: httpx2.AsyncClient, shop: Shop) -> None:
    async def asked(query: str = "", **headers: str) -> int:
        return (await client.get(f"/api/events{query}", headers={**shop.bearer, **headers})).status_code

    assert (await client.get("/api/events")).status_code == 401
    assert await asked("?events=workflow.run.failed") == 400
    assert await asked("?channels=telex") == 400
    assert await asked("?after=999999") == 400
    assert await asked(**{"Last-Event-ID": "yesterday"}) == 400
    assert await asked(**{"Last-Event-ID": "9" * 30}) == 400


async def test_silence_ends_the_telling(world: World, heard: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    before = world.clock
    monkeypatch.setattr(world, "clock", lambda: before() + 2 * KEPT)
    await telling.forget(world, heard.org)
    monkeypatch.setattr(world, "clock", before)
    await session(world, heard)
    assert await telling.after(world, heard.org, 0, (), ()) == [], "nobody listens"
    await telling.begin(world, heard.org, None)
    await session(world, heard)
    async with opened(world, heard, after=0) as stream:
        await anext(stream)
        assert parsed(await anext(stream))["event"] == "stream.gap"
        assert parsed(await anext(stream))["event"] == "conversation.started"
