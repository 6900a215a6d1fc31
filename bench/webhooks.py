"""Ten thousand webhooks to fifty endpoints, ten of which are dead: how soon healthy ones hear, and whether anything is lost. `python -m bench.webhooks [--short]`.

A worker of the product runs in a process of its own and the endpoints in another; events are made at a steady rate by this one, each in its own transaction.
Half of the dead endpoints refuse connections, the other half take the request and never answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import re
import socket
import subprocess
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from bench import product, scratch
from bench.table import RESULTS, Figure, keep, show
from glassine.config import Settings
from glassine.store import events as log
from glassine.store import rows
from glassine.story import contacts, endpoints, house
from glassine.story.contacts import Identity
from glassine.story.endpoints import Given
from glassine.story.inbound import open_session
from glassine.story.world import World, live
from glassine.words.ids import OrgId, SessionId
from glassine.words.people import Actor, ActorKind, Role
from glassine.words.sessions import ChannelKind, EventType

ENDPOINTS, DEAD = 50, 10
_RATE = 2.0  # events a second, each to every endpoint
_PATIENCE = 300.0  # seconds for what is left when the last event was made
_BAR = 2.0  # seconds, p95


@dataclass(slots=True)
class Receiver:
    """Fifty endpoints on one port: `/hook/N` answers at once, `/mute/N` never. Notes when which event came first, and how often."""

    came: dict[tuple[str, str], float] = field(default_factory=dict)
    doubled: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                found = re.search(rb"(?i)content-length: *(\d+)", head)
                await reader.readexactly(int(found[1]) if found else 0)
                path = head.split(b" ", 2)[1].decode()
                if path.startswith("/mute"):
                    await asyncio.sleep(3_600)
                id = re.search(rb"(?i)webhook-id: *(\S+)", head)
                mark = (path, id[1].decode() if id else "")
                self.doubled += mark in self.came
                self.came.setdefault(mark, time.time())
                writer.write(b"HTTP/1.1 204 Fine\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):  # at the end: Python 3.11 prints a trace for each that ends as cancelled
            pass
        finally:
            writer.close()


def _receive(pipe: Connection) -> None:
    """The process of the endpoints: says its port, and at the end what came."""

    async def run() -> None:
        receiver = Receiver()
        server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, backlog=1_000)
        pipe.send(server.sockets[0].getsockname()[1])
        while await asyncio.to_thread(pipe.recv) == "count":
            pipe.send(len(receiver.came))
        pipe.send((receiver.came, receiver.doubled))

    asyncio.run(run())


@contextmanager
def receiving() -> Iterator[tuple[int, Connection]]:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_receive, args=(there,), daemon=True)
    process.start()
    try:
        yield here.recv(), here
    finally:
        process.terminate()
        process.join(10)


def _closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def worker(home: Path, url: str, places: str) -> Iterator[int]:
    """`glassine work` in a process of its own; its pid."""
    RESULTS.mkdir(exist_ok=True)
    variables = {"GLASSINE_DATABASE_URL": url, "GLASSINE_ALLOW_PRIVATE": places, "GLASSINE_LOG_LEVEL": "warning"}
    with (RESULTS / "webhooks.log").open("wb") as out:
        process = subprocess.Popen([*product.GLASSINE, "work", "--home", str(home)], env=product.environment(variables), stdout=out, stderr=out)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(60)


def _cpu(pid: int) -> float:
    """Seconds of processor time so far."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def organization(world: World, port: int, closed: int) -> AsyncIterator[tuple[OrgId, list[SessionId]]]:
    made = await house.found(world, "Bench", "owner@bench.example", "Bench")
    owner = Actor(org=made.organization, kind=ActorKind.AGENT, id=made.owner, name="Bench", role=Role.OWNER)
    for number in range(ENDPOINTS):
        dead = number < DEAD
        url = f"http://127.0.0.1:{closed}/shut/{number}" if dead and number % 2 else f"http://127.0.0.1:{port}/{'mute' if dead else 'hook'}/{number}"
        await endpoints.create(world, owner, Given(url=url, name=f"{number}", events=("conversation.agent_response",)))
    who = await contacts.create(world, made.organization, Identity(), verified=False)
    yield made.organization, [(await open_session(world, made.organization, who.id, ChannelKind.WEB)).id for _ in range(20)]


async def _told(world: World, org: OrgId, sessions: list[SessionId], count: int) -> None:
    """Makes the events, at a steady rate whatever becomes of them."""
    began = time.monotonic()
    for number in range(count):
        async with world.store.tx(org) as tx:
            await log.append(tx, org, sessions[number % len(sessions)], EventType.AGENT_MESSAGE, ActorKind.API, text="Your parcel is on its way.")
        await asyncio.sleep(max(0.0, began + (number + 1) / _RATE - time.monotonic()))


async def _measured(url: str, home: Path, count: int) -> list[Figure]:
    closed = _closed_port()
    with receiving() as (port, pipe):
        places = f"127.0.0.1:{port},127.0.0.1:{closed}"
        settings = Settings(home=home, database_url=url, allow_private=tuple(places.split(",")))
        async with live(settings) as world, organization(world, port, closed) as (org, sessions):
            with worker(home, url, places) as pid:
                await asyncio.sleep(8)  # until it has loaded its models
                before, began = _cpu(pid), time.monotonic()
                await _told(world, org, sessions, count)
                healthy, end = count * (ENDPOINTS - DEAD), time.monotonic() + _PATIENCE
                while time.monotonic() < end:
                    pipe.send("count")
                    if await asyncio.to_thread(pipe.recv) >= healthy:
                        break
                    await asyncio.sleep(0.5)
                seconds, spent = time.monotonic() - began, _cpu(pid) - before
                pipe.send("end")
                came, doubled = await asyncio.to_thread(pipe.recv)
            async with world.store.tx(org) as tx:
                made = {str(row["id"]): row["created_at"] for row in await rows(tx, "select id, created_at from news", {})}
                states = {row["state"]: row["n"] for row in await rows(tx, "select state, count(*)::int as n from deliveries group by state", {})}
    return _figures(came, made, doubled, healthy, seconds, spent, states)


def _figures(
    came: dict[tuple[str, str], float], made: dict[str, datetime], doubled: int, healthy: int, seconds: float, spent: float, states: dict[str, int],
) -> list[Figure]:
    late = sorted(at - made[id].timestamp() for (_, id), at in came.items())
    by_endpoint: dict[str, list[float]] = defaultdict(list)
    for (path, id), at in came.items():
        by_endpoint[path].append(at - made[id].timestamp())
    worst = max((sorted(each)[int(0.95 * (len(each) - 1))] for each in by_endpoint.values()), default=float("inf"))
    print(json.dumps({"deliveries by state": states, "seconds": round(seconds, 1)}))
    return [
        Figure(what="webhooks made", value=sum(states.values())),
        Figure(what="healthy endpoints, lost", value=healthy - len(came), bar=0),
        Figure(what="healthy endpoints, came twice", value=doubled),
        Figure(what="healthy endpoints, from event to arrival, p50", value=round(late[len(late) // 2], 3), unit="s"),
        Figure(what="healthy endpoints, from event to arrival, p95", value=round(late[int(0.95 * (len(late) - 1))], 3), unit="s", bar=_BAR),
        Figure(what="the slowest healthy endpoint's own p95", value=round(worst, 3), unit="s", bar=_BAR),
        Figure(what="arrivals", value=round(len(came) / seconds, 1), unit="a second"),
        Figure(what="the worker's processor time for one delivery", value=round(1_000 * spent / max(1, len(came)), 2), unit="ms"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="a tenth of the events")
    count = 20 if parser.parse_args().short else 200
    with scratch.database(None) as url, product.scratch_home() as home:
        home.mkdir()
        figures = asyncio.run(_measured(url, home, count))
    show(figures)
    keep("webhooks", figures)


if __name__ == "__main__":
    main()
