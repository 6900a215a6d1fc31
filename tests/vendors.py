"""What tests of sources share: a real server on this machine that answers as it is told, and a Link to it through a real gate."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from glassine.edge.addresses import places
from glassine.edge.gate import Gate, Recorder
from glassine.edge.links import GateLink
from glassine.words.ids import OrgId, new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str
    target: str  # path and query
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Vendor:
    """The server. `seen` are the requests in order; `answer` may change at any time. `raw`: paths whose bytes a test writes itself."""

    answer: Callable[[Request], Response | Awaitable[Response]]
    url: str = ""
    seen: list[Request] = field(default_factory=list)
    raw: dict[str, Callable[[asyncio.StreamWriter], Awaitable[None]]] = field(default_factory=dict)
    _talks: set[asyncio.Task[None]] = field(default_factory=set)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._talks.add(task)
        task.add_done_callback(self._talks.discard)

    async def _end(self) -> None:
        for task in self._talks:
            task.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with to_its_end(writer):
            while True:
                request = await read_request(reader)
                self.seen.append(request)
                if request.target in self.raw:
                    await self.raw[request.target](writer)
                    return
                answer = self.answer(request)
                write_response(writer, answer if isinstance(answer, Response) else await answer)
                await writer.drain()


@asynccontextmanager
async def to_its_end(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    """A connection, closed in the end; that the other side closes it is no fault."""
    try:
        yield
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def read_request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method=method, target=target, headers=headers, body=body)


def write_response(writer: asyncio.StreamWriter, answer: Response) -> None:
    lines = [f"HTTP/1.1 {answer.status} Said", f"Content-Length: {len(answer.body)}", *(f"{name}: {value}" for name, value in answer.headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body)


@asynccontextmanager
async def vendor(answer: Callable[[Request], Response | Awaitable[Response]]) -> AsyncIterator[Vendor]:
    """A server on a free port, as long as the block runs."""
    made = Vendor(answer)
    server = await asyncio.start_server(made._begin, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        await made._end()


class Waits(list[float]):
    """Stands for sleeping: notes the seconds and lets other tasks run, so that no test waits."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)
        await asyncio.sleep(0)


@asynccontextmanager
async def link(
    url: str, settings: Mapping[str, str] | None = None, *, hosts: tuple[str, ...] = (), now: datetime | None = None, seconds: float = 10, wait: Waits | None = None,
    record: Recorder | None = None,
) -> AsyncIterator[GateLink]:
    """A Link as a run has it. `url` stands for the operator's address of the vendor, and is the only private place that may be reached; it never really sleeps."""
    gate = Gate(allowed_private=places([url]), record=record)
    made = GateLink(gate=gate, org=OrgId(new_id()), settings=settings or {}, hosts=hosts, own=url, seconds=seconds, gap=0.0, wait=Waits() if wait is None else wait)
    if now is not None:
        made.now = now
    try:
        yield made
    finally:
        await gate.aclose()
