"""On call by mail, from a customer's message to letters on a real mail server: the first list while somebody waits, the second one and the owner at the deadline, each once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from uuid import UUID

import httpx2
import pytest

from glassine.store import owners
from glassine.story import conversations, on_call, worker
from glassine.story.on_call import OnCall
from glassine.story.world import World, live
from glassine.web.app import create_app
from glassine.words.ids import SessionId
from glassine.words.people import Role
from glassine.words.sessions import EventType
from tests.office import colleague
from tests.post import Post
from tests.shop import Shop

pytestmark = pytest.mark.enable_socket
WORDS = "My kettle leaks. I want to talk to a person"


@dataclass
class Place:
    """A whole product with a worker that nobody drives, the API of it, and the mail server that it knows."""

    world: World
    client: httpx2.AsyncClient
    post: Post
    shop: Shop

    async def asks_for_a_person(self) -> SessionId:
        session = (await self.client.post("/api/chat/sessions", headers=self.shop.bearer, json={})).json()["id"]
        body = {"sender": {"type": "contact"}, "message": {"type": "text", "text": WORDS}}
        assert (await self.client.post(f"/api/chat/sessions/{session}/send", headers=self.shop.bearer, json=body)).is_success
        return SessionId(UUID(session))

    async def deadline_passes(self, id: SessionId) -> None:
        async with self.world.store.tx(self.shop.org) as tx:
            await tx.execute("update sessions set deadline = now() - interval '1 minute' where id = %s", (id,))

    def to(self, id: SessionId) -> list[str]:
        """Who got a letter of this session."""
        return sorted(str(letter["To"]) for letter in self.post.letters if str(id) in letter.get_content())

    async def told(self, id: SessionId) -> list[tuple[str, str]]:
        async with self.world.store.tx(self.shop.org) as tx:
            return sorted((one.stage, one.name) for one in await owners.told(tx, self.shop.org, id))


@pytest.fixture
async def place(world: World, shop: Shop) -> AsyncIterator[Place]:
    stop = asyncio.Event()
    async with Post() as post:
        settings = replace(world.settings, smtp_url=f"smtp://127.0.0.1:{post.port}", mail_from="support@paper.example")
        async with live(settings) as inside:
            transport = httpx2.ASGITransport(app=create_app(inside))
            async with httpx2.AsyncClient(transport=transport, base_url="http://glassine.test", timeout=60) as client:
                working = asyncio.create_task(worker.run(inside, stop))
                yield Place(inside, client, post, shop)
                stop.set()
                await working


async def until(true: Callable[[], bool]) -> None:
    """As long as it takes; a run that hangs is ended by whoever runs the tests."""
    while not true():  # noqa: ASYNC110 - a mail server tells nobody that it got a letter
        await asyncio.sleep(0.05)


async def test_who_is_on_call_gets_a_letter_at_the_handoff_and_the_next_at_the_deadline(place: Place) -> None:
    agent = await colleague(place.world, place.shop.owner, Role.AGENT, "Ada Agent")
    await on_call.change(place.world, place.shop.owner, OnCall(minutes=5, first=(f"person:{agent.id}", "night@paper.example"), then=("chief@paper.example",), in_hours=False))
    id = await place.asks_for_a_person()
    await until(lambda: len(place.to(id)) == 2)
    (address,) = set(place.to(id)) - {"night@paper.example"}
    letter = next(one for one in place.post.letters if one["To"] == address)
    assert "a customer waits for a person" in str(letter["Subject"])
    assert f"/inbox/sessions/{id}" in letter.get_content()
    assert "by " in letter.get_content(), "it says until when"
    assert "kettle" not in letter.as_string(), "no word of a conversation leaves"
    assert str(letter["From"]) == "support@paper.example"
    await place.deadline_passes(id)
    await until(lambda: len(place.to(id)) == 3)
    late = place.post.letters[-1]
    assert (late["To"], "nobody has answered in time" in str(late["Subject"]), "Nobody has taken it." in late.get_content()) == ("chief@paper.example", True, True)
    await until_told(place, id, 3)
    assert [stage for stage, _ in await place.told(id)] == ["overdue", "waits", "waits"]
    log = await conversations.timeline(place.world, place.shop.org, id)
    assert [event.type for event in log].count(EventType.HANDOFF_OVERDUE) == 1
    other = await place.asks_for_a_person()
    await until(lambda: len(place.to(other)) == 2)
    assert len(place.to(id)) == 3, "each is told of it once, however often the watchdog looks"


async def until_told(place: Place, id: SessionId, many: int) -> None:
    """A letter is written down after the server took it."""
    while len(await place.told(id)) < many:  # noqa: ASYNC110 - the database tells nobody either
        await asyncio.sleep(0.05)


async def test_a_mail_server_that_refuses_is_not_said_to_have_told_anybody(place: Place) -> None:
    await on_call.change(place.world, place.shop.owner, OnCall(minutes=5, first=("night@paper.example",), then=("chief@paper.example",), in_hours=False))
    place.post.refuse = True
    id = await place.asks_for_a_person()
    await until(lambda: any("night@paper.example" in command for command in place.post.commands))
    assert await place.told(id) == []
    place.post.refuse = False
    await place.deadline_passes(id)
    await until(lambda: "chief@paper.example" in place.to(id))
    await until_told(place, id, 1)
    assert ("overdue", "") in [(stage, name) for stage, name in await place.told(id)]
