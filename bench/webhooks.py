"""Ten thousand webhooks to fifty endpoints, ten of which are dead: how soon healthy ones hear, and whether anything is lost. `./dev bench webhooks`.

A worker of the product runs in a process of its own and the endpoints, each on a port of its own, in another; events are made by this one, each in its own
transaction: first at a steady rate, whatever becomes of them, then as many again as fast as they can be made. Half of the dead endpoints refuse
connections, the other half take the request and never answer. Times run from the row of the event to the last byte of its request at the endpoint.
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
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from bench import product, scratch
from bench.table import RESULTS, Figure, keep, show
from glassine.config import Settings
from glassine.store import events as log
from glassine.store import rows
from glassine.story import contacts, house
from glassine.story.contacts import Identity
from glassine.story.delivery import endpoints
from glassine.story.delivery.endpoints import Given
from glassine.story.inbound import open_session
from glassine.story.world import World, live
from glassine.words.ids import OrgId, SessionId
from glassine.words.people import Actor, ActorKind, Role
from glassine.words.sessions import ChannelKind, EventType

ENDPOINTS, DEAD = 50, 10
RATE = 2.0  # events a second, each to every endpoint
_AT_ONCE = 10  # writers that make the events of the burst
_PATIENCE = 300.0  # seconds for what is left when the last event was made
_BAR = 2.0  # seconds, p95


@dataclass(slots=True)
class Receiver:
    """Endpoints: `/hook/N` answers at once, `/mute/N` never. Notes when which event came first, how often, and over how many connections."""

    came: dict[tuple[str, str], float] = field(default_factory=dict)
    doubled: int = 0
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
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
    """The process of the endpoints: says their ports, and at the end what came."""

    async def run() -> None:
        receiver = Receiver()
        servers = [await asyncio.start_server(receiver.serve, "127.0.0.1", 0) for _ in range(ENDPOINTS)]
        pipe.send([server.sockets[0].getsockname()[1] for server in servers])
        while await asyncio.to_thread(pipe.recv) == "count":
            pipe.send((len(receiver.came), receiver.connections))
        pipe.send((receiver.came, receiver.doubled))

    asyncio.run(run())


@contextmanager
def receiving() -> Iterator[tuple[list[int], Connection]]:
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
async def organization(world: World, ports: Sequence[int], closed: int) -> AsyncIterator[tuple[OrgId, list[SessionId]]]:
    made = await house.found(world, "Bench", "owner@bench.example", "Bench")
    owner = Actor(org=made.organization, kind=ActorKind.AGENT, id=made.owner, name="Bench", role=Role.OWNER)
    for number in range(ENDPOINTS):
        dead = number < DEAD
        url = f"http://127.0.0.1:{closed}/shut/{number}" if dead and number % 2 else f"http://127.0.0.1:{ports[number]}/{'mute' if dead else 'hook'}/{number}"
        await endpoints.create(world, owner, Given(url=url, name=f"{number}", events=("conversation.agent_response",)))
    who = await contacts.create(world, made.organization, Identity(), verified=False)
    yield made.organization, [(await open_session(world, made.organization, who.id, ChannelKind.WEB)).id for _ in range(20)]


async def _steadily(make: Callable[[int], Awaitable[None]], count: int) -> None:
    began = time.monotonic()
    for number in range(count):
        await make(number)
        await asyncio.sleep(max(0.0, began + (number + 1) / RATE - time.monotonic()))


async def _at_once(make: Callable[[int], Awaitable[None]], count: int) -> None:
    numbers = iter(range(count))

    async def some() -> None:
        for number in numbers:
            await make(number)

    await asyncio.gather(*(some() for _ in range(_AT_ONCE)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One way of making the events, and what it took."""

    name: str
    count: int
    made_in: float  # seconds
    seconds: float  # until the last one for a healthy endpoint had come
    cpu: float  # of the worker
    connections: int


async def _part(name: str, making: Awaitable[None], count: int, pid: int, pipe: Connection) -> Part:
    before, began, (were, connected) = _cpu(pid), time.monotonic(), await _counted(pipe)
    await making
    made_in, healthy, end = time.monotonic() - began, count * (ENDPOINTS - DEAD), time.monotonic() + _PATIENCE
    while (found := await _counted(pipe))[0] - were < healthy and time.monotonic() < end:  # noqa: ASYNC110 - it waits for another process
        await asyncio.sleep(0.25)
    return Part(name=name, count=count, made_in=made_in, seconds=time.monotonic() - began, cpu=_cpu(pid) - before, connections=found[1] - connected)


async def _counted(pipe: Connection) -> tuple[int, int]:
    pipe.send("count")
    arrived, connections = await asyncio.to_thread(pipe.recv)
    return arrived, connections


async def _measured(url: str, home: Path, count: int) -> list[Figure]:
    closed = _closed_port()
    with receiving() as (ports, pipe):
        places = ",".join(f"127.0.0.1:{port}" for port in (*ports, closed))
        settings = Settings(home=home, database_url=url, allow_private=tuple(places.split(",")))
        async with live(settings) as world, organization(world, ports, closed) as (org, sessions):

            async def make(number: int) -> None:
                async with world.store.tx(org) as tx:
                    await log.append(tx, org, sessions[number % len(sessions)], EventType.AGENT_MESSAGE, ActorKind.API, text="Your parcel is on its way.")

            with worker(home, url, places) as pid:
                await _part("until the worker has loaded its models", make(0), 1, pid, pipe)
                begun = datetime.now(UTC)
                steady = await _part(f"at {RATE * ENDPOINTS:.0f} a second", _steadily(make, count), count, pid, pipe)
                between = datetime.now(UTC)
                burst = await _part("all at once", _at_once(make, count), count, pid, pipe)
                pipe.send("end")
                came, doubled = await asyncio.to_thread(pipe.recv)
            async with world.store.tx(org) as tx:
                made = {str(row["id"]): row["created_at"] for row in await rows(tx, "select id, created_at from news", {})}
                states = {row["state"]: row["n"] for row in await rows(tx, "select state, count(*)::int as n from deliveries group by state", {})}
    print(json.dumps({"deliveries by state": states}))
    first = {mark: at for mark, at in came.items() if begun <= made[mark[1]] < between}
    then = {mark: at for mark, at in came.items() if made[mark[1]] >= between}
    return [
        Figure(what="webhooks to healthy endpoints that came twice", value=doubled), *_figures(steady, first, made, bar=_BAR), *_figures(burst, then, made, bar=None),
    ]


def _figures(part: Part, came: dict[tuple[str, str], float], made: dict[str, datetime], *, bar: float | None) -> list[Figure]:
    late = sorted(at - made[id].timestamp() for (_, id), at in came.items()) or [float("inf")]
    by_endpoint: dict[str, list[float]] = defaultdict(list)
    for (path, id), at in came.items():
        by_endpoint[path].append(at - made[id].timestamp())
    worst = max((sorted(each)[int(0.95 * (len(each) - 1))] for each in by_endpoint.values()), default=float("inf"))
    return [
        Figure(what=f"{part.name}: webhooks made", value=part.count * ENDPOINTS),
        Figure(what=f"{part.name}: made in", value=round(part.made_in, 1), unit="s"),
        Figure(what=f"{part.name}: to healthy endpoints, lost", value=part.count * (ENDPOINTS - DEAD) - len(came), bar=0),
        Figure(what=f"{part.name}: from event to arrival, p50", value=round(late[len(late) // 2], 3), unit="s"),
        Figure(what=f"{part.name}: from event to arrival, p95", value=round(late[int(0.95 * (len(late) - 1))], 3), unit="s", bar=bar),
        Figure(what=f"{part.name}: the slowest healthy endpoint's own p95", value=round(worst, 3), unit="s", bar=bar),
        Figure(what=f"{part.name}: arrivals", value=round(len(came) / part.seconds, 1), unit="a second"),
        Figure(what=f"{part.name}: the worker's processor time for one", value=round(1_000 * part.cpu / max(1, len(came)), 2), unit="ms"),
        Figure(what=f"{part.name}: connections opened, dead endpoints' too", value=part.connections),
    ]


def measured(*, short: bool) -> list[Figure]:
    with scratch.database(None) as url, product.scratch_home() as home:
        home.mkdir()
        return asyncio.run(_measured(url, home, 20 if short else 200))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="a tenth of the events")
    figures = measured(short=parser.parse_args().short)
    show(figures)
    keep("webhooks", figures)


if __name__ == "__main__":
    main()
