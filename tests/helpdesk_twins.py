"""What every twin of a helpdesk shares: a real server on this machine with tickets, comments, hooks that it signs and sends, and faults on demand.

A twin of a vendor subclasses `Twin`: it answers requests in `respond`, and turns what its people do into its
vendor's signed hooks in `told`.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from tests.vendors import Request, Response, read_request, to_its_end, write_response

T = TypeVar("T", bound="Twin")


class Fault(StrEnum):
    """What goes wrong with one request. Where there is an effect, AFTER, RESET and MALFORMED come after it."""

    ERROR = "500"
    LIMITED = "429"
    EXPIRED = "401"
    BEFORE = "time-out before the effect"
    AFTER = "time-out after the effect"
    RESET = "reset in the middle of the answer"
    MALFORMED = "malformed"
    SLOW = "slow"


EFFECTIVE = frozenset({Fault.AFTER, Fault.RESET, Fault.MALFORMED, Fault.SLOW})


@dataclass(slots=True, kw_only=True)
class Comment:
    """An entry of a ticket over there. `ours`: it came by the API."""

    id: str
    text: str
    public: bool = True
    ours: bool = True
    files: tuple[str, ...] = ()
    author: str = ""
    sent: tuple[tuple[str, str, bytes], ...] = ()  # files of its people's: name, kind and content


@dataclass(slots=True, kw_only=True)
class TwinTicket:
    """A ticket over there. `fields`: whatever else the vendor keeps of one."""

    id: str
    subject: str = ""
    comments: list[Comment] = field(default_factory=list)
    tags: tuple[str, ...] = ()
    solved: bool = False
    merged_into: str = ""
    deleted: bool = False
    requester: Mapping[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentHook:
    """A hook as it leaves: what a product would get over HTTP."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"


@dataclass(slots=True, kw_only=True)
class Twin:
    """State and server. `faults` are taken one for each request that `hit` says is meant (all, unless a test narrows it; None: that one goes well); `post` sends hooks on, else they only gather in `hooks`."""

    url: str = ""
    held: dict[str, TwinTicket] = field(default_factory=dict)
    faults: list[Fault | None] = field(default_factory=list)
    hit: Callable[[Request], bool] = lambda _: True
    seen: list[Request] = field(default_factory=list)
    hooks: list[SentHook] = field(default_factory=list)
    post: Callable[[SentHook], Awaitable[int]] | None = None
    mute: bool = False  # hooks get lost
    hook_url: str = ""
    hook_secret: str = ""
    slow_seconds: float = 0.2
    takes_notes: bool = True  # else nobody's internal note goes there or comes back
    answers: bool = True  # else nothing that its people write comes back
    signs: bool = True  # else a hook is known by a key that it carries, whatever it says
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(4_915_123_101))  # as vendors number, and as telephones are numbered: no crossing may stop at one
    _server: asyncio.Server | None = None
    _talks: set[asyncio.Task[None]] = field(default_factory=set)

    # -- what a vendor's twin says for itself --------------------------------------------------------------------------------

    def respond(self, request: Request) -> Response:
        """The vendor's answer, with its effect on the state."""
        raise NotImplementedError

    def settings(self) -> dict[str, str]:
        """What an admin fills in to connect it."""
        raise NotImplementedError

    def told(self, ticket: TwinTicket, what: str, comment: Comment | None = None, into: str = "") -> list[SentHook]:
        """The vendor's hooks of `replied`, `solved`, `reopened`, `merged` or `deleted`, signed."""
        raise NotImplementedError

    # -- the truth -----------------------------------------------------------------------------------------------------------

    def tickets(self) -> list[TwinTicket]:
        """Those that are there."""
        return [one for one in self.held.values() if not one.deleted]

    def comments(self, ticket: str) -> list[Comment]:
        return self.held[ticket].comments

    # -- what people do over there -------------------------------------------------------------------------------------------

    async def answer(self, ticket: str, text: str, *, public: bool = True, author: str = "Grace", files: tuple[tuple[str, str, bytes], ...] = ()) -> Comment:
        """Somebody writes: to the customer, or (not public) a note."""
        comment = Comment(id=str(next(self.ids)), text=text, public=public, ours=False, author=author, files=tuple(name for name, _, _ in files), sent=files)
        self.held[ticket].comments.append(comment)
        await self._send(self.told(self.held[ticket], "replied", comment))
        return comment

    async def solve(self, ticket: str) -> None:
        self.held[ticket].solved = True
        await self._send(self.told(self.held[ticket], "solved"))

    async def reopen(self, ticket: str) -> None:
        self.held[ticket].solved = False
        await self._send(self.told(self.held[ticket], "reopened"))

    async def merge(self, ticket: str, into: str) -> None:
        self.held[ticket].merged_into = into
        self.held[ticket].solved = True
        await self._send(self.told(self.held[ticket], "merged", into=into))

    async def delete(self, ticket: str) -> None:
        self.held[ticket].deleted = True
        await self._send(self.told(self.held[ticket], "deleted"))

    async def _send(self, hooks: list[SentHook]) -> None:
        self.hooks += hooks
        for one in hooks if self.post is not None and not self.mute else ():
            assert self.post is not None, "the line above"
            await self.post(one)

    # -- the server ----------------------------------------------------------------------------------------------------------

    @property
    def down(self) -> bool:
        return self._server is None

    async def start(self) -> None:
        """On the port it had before, so that who knows its address finds it again."""
        port = int(self.url.rpartition(":")[2]) if self.url else 0
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", port)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Nobody listens any more."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._talks:
            task.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._talks.add(task)
        task.add_done_callback(self._talks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with to_its_end(writer):
            while True:
                request = await read_request(reader)
                self.seen.append(request)
                if not await self._answer(request, writer):
                    return
                await writer.drain()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """False: the connection ends here."""
        fault = self.faults.pop(0) if self.faults and self.hit(request) else None
        answer = self.respond(request) if fault is None or fault in EFFECTIVE else _PLAIN.get(fault)
        if fault in (Fault.BEFORE, Fault.AFTER):
            await asyncio.sleep(3_600)
        if fault is Fault.SLOW:
            await asyncio.sleep(self.slow_seconds)
        if fault is Fault.RESET:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{")
            await writer.drain()
            writer.transport.abort()
            return False
        if fault is Fault.MALFORMED:
            answer = Response(body=b'{"ticket": {"id": ', headers={"Content-Type": "application/json"})
        assert answer is not None, "what has no plain answer was dealt with above"
        write_response(writer, answer)
        return True


_PLAIN: Mapping[Fault, Response] = {
    Fault.ERROR: Response(status=500, body=b'{"error": "internal"}'), Fault.LIMITED: Response(status=429, headers={"Retry-After": "1"}), Fault.EXPIRED: Response(status=401, body=b'{"error": "expired"}'),
}  # fmt: skip


@asynccontextmanager
async def running(twin: T) -> AsyncIterator[T]:
    """The twin, with its server up as long as the block runs."""
    await twin.start()
    try:
        yield twin
    finally:
        await twin.stop()


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
