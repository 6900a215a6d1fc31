"""Watches the socket layer while real turns run: whatever is connected to, or even looked up, stands in the ledger, and nothing else does."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from bench.stub_model import StubModel, quote_first_passage
from glassine.store import ledger
from glassine.story import notices
from glassine.story.knowledge import learning
from glassine.story.world import World, live
from glassine.web.app import create_app
from glassine.words.ids import SessionId
from tests.post import Post
from tests.shop import Shop
from tests.widget_client import WidgetClient

pytestmark = pytest.mark.enable_socket
ARTICLE = "You can return an unused lamp within 30 days of delivery."
QUESTION = "My mail is ada@example.com. How long can I return an unused lamp?"


class Watch:
    """Where this process connects to and what it looks up, as the interpreter itself reports it: no module can go round it."""

    def __init__(self) -> None:
        self.on, self.connected, self.looked_up = False, set[str](), set[str]()
        sys.addaudithook(self._hear)

    def _hear(self, event: str, given: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg") and given[1]:
            self.connected.add("{}:{}".format(*given[1][:2]) if isinstance(given[1], tuple) else str(given[1]))
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            self.looked_up.add(f"{given[0]}:{given[1]}" if event == "socket.getaddrinfo" else str(given[0]))

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        self.connected, self.looked_up, self.on = set(), set(), True
        try:
            yield self
        finally:
            self.on = False


@pytest.fixture(scope="module")
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def far() -> AsyncIterator[tuple[StubModel, Post]]:
    async with StubModel() as model, Post() as post:
        model.answer = quote_first_passage
        yield model, post


async def test_turns_of_every_channel_connect_to_what_the_ledger_names_and_to_nothing_else(
    world: World, shop: Shop, watch: Watch, far: tuple[StubModel, Post],
) -> None:  # fmt: skip
    model, post = far
    told = dataclasses.replace(world.settings, llm_url=model.url, llm_model="stub", smtp_url=f"smtp://127.0.0.1:{post.port}", mail_from="support@paper.example")
    with watch.watching():
        async with live(told) as inside:
            await learning.publish(inside, shop.org, (await learning.save(inside, shop.org, title="Returns", body=ARTICLE, language="en")).id)
            transport = httpx2.ASGITransport(app=create_app(inside))
            async with httpx2.AsyncClient(transport=transport, base_url="http://glassine.test", timeout=60) as client:
                await _over_the_api(client, shop)
                await _over_the_web(client, shop)
                session = await _over_the_api(client, shop, "I want to talk to a person")
                await notices.handoff_waits(inside, shop.org, SessionId(UUID(session)))
            open_now = _tcp_peers()
            async with inside.store.tx(shop.org) as tx:
                rows = [one.row for one in await ledger.page(tx, shop.org, ledger.Filter(), limit=100)]
    destinations = {row.destination for row in rows}
    assert destinations == {f"127.0.0.1:{model.port}", f"127.0.0.1:{post.port}"}
    assert {row.purpose for row in rows} == {"model", "mail"}
    assert all(row.allowed for row in rows)
    assert watch.connected == destinations
    assert watch.looked_up <= destinations
    assert model.calls == len([row for row in rows if row.purpose == "model"]) == 2
    assert len(post.letters) == 1
    # What libraries in C connect to is not reported: the database, by a socket in the file system. Nothing else is open either.
    if sys.platform == "linux":
        assert open_now <= {model.port, post.port}, open_now


async def _over_the_api(client: httpx2.AsyncClient, shop: Shop, text: str = QUESTION) -> str:
    session: str = (await client.post("/api/chat/sessions", headers=shop.bearer, json={})).json()["id"]
    body = {"sender": {"type": "contact"}, "message": {"type": "text", "text": text}}
    answer = (await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json=body)).json()
    assert ("30 days" in str(answer)) == (text == QUESTION), answer
    return session


async def _over_the_web(client: httpx2.AsyncClient, shop: Shop) -> None:
    visitor = WidgetClient(api_url="http://glassine.test/api", bot_token=shop.widget_token, http=client)
    await visitor.load()
    sent = await visitor.begin(QUESTION)
    assert "30 days" in str(sent), sent


def _tcp_peers() -> set[int]:
    """The ports of everything this process has a TCP connection with, whichever library made it; those that came to us are left out."""
    named = [str(fd.readlink()) for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()]
    ours = {name[8:-1] for name in named if name.startswith("socket:")}
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/self/net/{name}").read_text().splitlines()[1:]]
    mine = [line for line in lines if line[9] in ours]
    listening = {re.sub(r".*:", "", line[1]) for line in mine if line[3] == "0A"}
    return {int(line[2].partition(":")[2], 16) for line in mine if line[3] == "01" and line[1].partition(":")[2] not in listening}


@pytest.mark.parametrize("way", ["asyncio", "socket", "datagram"])
async def test_the_watch_sees_a_planted_connection(watch: Watch, far: tuple[StubModel, Post], way: str) -> None:
    import socket

    model, _ = far
    with watch.watching():
        if way == "asyncio":
            _, writer = await asyncio.open_connection("127.0.0.1", model.port)
            assert model.port in _tcp_peers()
            writer.close()
            await writer.wait_closed()
        elif way == "socket":
            (await asyncio.to_thread(socket.create_connection, ("127.0.0.1", model.port))).close()
        else:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
                one.sendto(b"x", ("127.0.0.1", model.port))
    assert f"127.0.0.1:{model.port}" in watch.connected
