"""The egress gate: the only door through which bytes leave. It checks where they go and what they hold, and records that they went.

Nothing here follows a redirect, reads a proxy from the environment, keeps a cookie or connects to an address it has not checked.
"""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from urllib.parse import urlsplit

import httpcore2

from glassine.edge.addresses import AddressBook, Place, declared, is_public, normal_host
from glassine.words.crossings import Answer, Crossing, CrossingRow, Payload, Scan
from glassine.words.errors import CrossingRefused, LeakStopped, NotReached, TooLarge
from glassine.words.ids import OrgId

__all__ = ["Answer", "Closed", "Crossing", "CrossingRow", "Gate", "Payload", "Recorder", "Scanner", "Stream"]

Recorder = Callable[[CrossingRow], Awaitable[None]]
Scanner = Callable[[Crossing, Payload], Awaitable[Scan]]
Closed = Callable[[OrgId, str], Awaitable[str | None]]  # why nothing of this purpose may leave now, or None

MOST_OUT = 2_000_000  # bytes of one payload

_OURS = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "upgrade", "te"})
_PACKINGS = frozenset({"identity", "", "gzip", "x-gzip", "deflate"})
_GZIP_OR_ZLIB = 47  # zlib's name for: whichever of the two it begins with
_FOR_ALL: Mapping[Place, frozenset[str]] = MappingProxyType({})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_NETWORK_ERRORS = (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.ProxyError, httpcore2.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class _Target:
    """A parsed address: what is checked is what is connected to, because nothing parses it again."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def name(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """An answer whose body is still on its way: iterate over `chunks`."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    chunks: AsyncIterator[bytes] = field(repr=False)


class Gate:
    """One per process. `allowed_private`: host and port pairs that may be reached though they are not public, from configuration only.
    `private_for`: those of them that are there for some purposes and no others, so that a crawler cannot be sent to the operator's own model.

    `closed` tells what the organisation has switched off, `scan` what a payload holds, and `record` writes the crossing down. All are
    awaited before the first byte leaves; if one fails, nothing leaves. Close with `await gate.aclose()`.
    """

    def __init__(
        self, *, allowed_private: frozenset[Place] = frozenset(), private_for: Mapping[Place, frozenset[str]] = _FOR_ALL, closed: Closed | None = None,
        scan: Scanner | None = None, record: Recorder | None = None,
    ) -> None:
        self._book, self._private_for = AddressBook(allowed_private), private_for
        self._closed, self._scan, self._record = closed, scan, record

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """How certificates are checked; whoever dials and speaks TLS uses this one."""
        return httpcore2.default_ssl_context()  # made on first use: reading all root certificates takes 20 ms

    @cached_property
    def _pool(self) -> httpcore2.AsyncConnectionPool:
        return httpcore2.AsyncConnectionPool(
            ssl_context=self.tls, network_backend=_Pinned(self._book), max_connections=200, max_keepalive_connections=50, keepalive_expiry=30, retries=0,
        )

    async def aclose(self) -> None:
        if "_pool" in self.__dict__:
            await self._pool.aclose()

    async def request(
        self, crossing: Crossing, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"",
        timeout: float = 20, max_bytes: int = 4_000_000,  # noqa: ASYNC109 - a limit on the whole exchange, which only the gate can keep
    ) -> Answer:
        """Sends one request and reads the whole answer. `timeout` in seconds covers everything, from the look-up of the name to the last byte.

        Raises CrossingRefused (not allowed, or the answer is larger than `max_bytes`), TimeoutError, ConnectionError.
        """
        async with self.stream(crossing, method, url, headers=headers, body=body, timeout=timeout, max_bytes=max_bytes) as stream:
            return Answer(status=stream.status, headers=stream.headers, body=b"".join([chunk async for chunk in stream.chunks]))

    @asynccontextmanager
    async def stream(
        self, crossing: Crossing, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"",
        timeout: float = 20, max_bytes: int = 4_000_000,  # noqa: ASYNC109 - as in `request`
    ) -> AsyncIterator[Stream]:
        """As `request`, but hands out the body as it comes."""
        target = _parse(url)
        try:
            async with asyncio.timeout(timeout):
                await self._admit(crossing, target, Payload(body=body, url=target.path, headers=headers or {}))
                async with self._pool.stream(method, _address(target), headers=_headers(target, headers or {}), content=body) as response:
                    answered = _lower(response.headers)
                    yield Stream(status=response.status, headers=answered, chunks=_bounded(response, answered, max_bytes))
        except httpcore2.TimeoutException:
            raise TimeoutError from None
        except httpcore2.ConnectError as error:
            raise NotReached(f"{target.name}: {type(error).__name__}") from error
        except _NETWORK_ERRORS as error:
            raise ConnectionError(f"{target.name}: {type(error).__name__}") from error

    async def dial(
        self, crossing: Crossing, host: str, port: int, *, body: bytes, media_type: str, timeout: float = 20,  # noqa: ASYNC109 - as in `request`
    ) -> socket.socket:
        """A connected, blocking TCP socket to a checked address, for protocols that are not HTTP (mail).

        `body`: what is about to be sent; `media_type`: how to read it."""
        target = _Target("tcp", normal_host(host), port, "")
        async with asyncio.timeout(timeout):
            await self._admit(crossing, target, Payload(body=body, headers={"content-type": media_type}))
            for address in await self._book.addresses(target.host, port):
                try:
                    connection = await asyncio.to_thread(socket.create_connection, (address, port), timeout)
                except OSError:
                    continue
                return connection
        raise ConnectionError(f"{target.name} does not answer")

    async def _admit(self, crossing: Crossing, target: _Target, payload: Payload) -> None:
        """Records the crossing, allowed or refused, before anything leaves. Raises CrossingRefused."""
        size = len(payload.body)
        refusal = await self._refusal(crossing, target, size)
        scan = await self._scan(crossing, payload) if self._scan is not None and size <= MOST_OUT else Scan()
        if refusal is None and not crossing.raw and (kept := {kind: count - scan.let.get(kind, 0) for kind, count in scan.found.items() if count > scan.let.get(kind, 0)}):
            refusal = LeakStopped(f"it holds raw personal values ({_counted(kept)}), which {crossing.purpose} may not see")
        if self._record is not None:
            await self._record(CrossingRow(
                org=crossing.org, session=crossing.session, destination=target.name, purpose=crossing.purpose, bytes=size,
                allowed=refusal is None, why=str(refusal or ""), raw=crossing.raw or bool(scan.let), scan=scan,
            ))
        if refusal is not None:
            raise refusal

    async def _refusal(self, crossing: Crossing, target: _Target, size: int) -> CrossingRefused | None:
        if not declared(target.host, target.port, crossing.hosts):
            return CrossingRefused(f"{target.name} is not among the declared destinations of {crossing.purpose}")
        why = await self._closed(crossing.org, crossing.purpose) if self._closed is not None else None
        if why is not None:
            return CrossingRefused(why)
        if size > MOST_OUT:
            return CrossingRefused(f"it has {size:,} bytes, and {MOST_OUT:,} is the most that may leave at once")
        try:
            found = await self._book.addresses(target.host, target.port)
        except CrossingRefused as refusal:
            return refusal
        purposes = self._private_for.get((target.host, target.port))
        if purposes is not None and crossing.purpose not in purposes and not all(map(is_public, found)):
            return CrossingRefused(f"{target.name} is not a public address, and the operator has not listed it for {crossing.purpose}")
        return None


def _counted(found: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(found.items()))


class _Pinned(httpcore2.AsyncNetworkBackend):
    """Connects to addresses out of the book only. TLS still sees the name, so certificates are checked against it."""

    def __init__(self, book: AddressBook) -> None:
        self._book = book
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,  # noqa: ASYNC109 - the library's signature
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        failure: Exception = httpcore2.ConnectError("no address")
        for address in await self._book.addresses(host, port):
            try:
                return _Quick(await self._inner.connect_tcp(address, port, timeout=timeout, local_address=local_address, socket_options=socket_options))
            except httpcore2.ConnectError as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ASYNC109, ARG002 - as above
    ) -> httpcore2.AsyncNetworkStream:
        raise CrossingRefused("sockets in the file system are not a destination")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Quick(httpcore2.AsyncNetworkStream):
    """A stream that knows its socket: the pool asks of every idle connection, twice a request, whether it can be read, and the library would
    gather all that is known of the connection each time (1 ms of a turn at eight sessions)."""

    def __init__(self, inner: httpcore2.AsyncNetworkStream) -> None:
        self._inner, self._socket, self._poll = inner, inner.get_extra_info("socket"), select.poll()
        self._poll.register(self._socket, select.POLLIN)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - the library's signature, here and below
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as above
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None,  # noqa: ASYNC109 - as above
    ) -> httpcore2.AsyncNetworkStream:
        return _Quick(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> object:
        if info == "is_readable":
            return self._socket.fileno() < 0 or bool(self._poll.poll(0))
        return self._inner.get_extra_info(info)


def _parse(url: str) -> _Target:
    """Takes an address apart, strictly: http or https, a host, no user name, nothing but printable ASCII."""
    if not url.isascii() or any(not 32 < ord(character) < 127 or character == "\\" for character in url):
        raise CrossingRefused("the address holds characters that do not belong in one")
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise CrossingRefused("only complete http and https addresses can be reached") from None
    if not parts.hostname or "@" in parts.netloc or "%" in parts.netloc:
        raise CrossingRefused("the address must have a plain host and no user name")
    return _Target(parts.scheme, normal_host(parts.hostname), port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _address(target: _Target) -> httpcore2.URL:
    return httpcore2.URL(scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode())


def _headers(target: _Target, given: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """The caller's headers but those that decide who is talked to and how; compression is declined, and what comes packed
    nevertheless is unpacked within the limit."""
    try:
        kept = [(name.encode("ascii"), value.encode("latin-1")) for name, value in given.items() if name.lower() not in _OURS]
    except UnicodeError:
        raise CrossingRefused("a header holds characters that cannot be sent") from None
    host = target.name.removesuffix(f":{_DEFAULT_PORTS[target.scheme]}")
    return [(b"Host", host.encode()), *kept, (b"Accept-Encoding", b"identity")]


def _lower(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


async def _bounded(response: httpcore2.Response, headers: Mapping[str, str], max_bytes: int) -> AsyncIterator[bytes]:
    packing = headers.get("content-encoding", "identity").strip().lower()
    if packing not in _PACKINGS:
        raise CrossingRefused("the answer came compressed in a way that is not read, though compression was declined")
    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB) if packing not in ("identity", "") else None
    came = unfolded = 0  # both are bounded: an answer may unfold into gigabytes, or into nothing for ever
    async for chunk in response.aiter_stream():
        came += len(chunk)
        piece = _unpacked(unpacker, chunk, max_bytes - unfolded + 1) if unpacker is not None else chunk
        unfolded += len(piece)
        if came > max_bytes or unfolded > max_bytes:
            raise TooLarge(f"the answer is larger than {max_bytes:,} bytes")
        if piece:
            yield piece


def _unpacked(unpacker: zlib._Decompress, chunk: bytes, most: int) -> bytes:
    try:
        return unpacker.decompress(chunk, most)
    except zlib.error:
        raise CrossingRefused("the answer came compressed, and damaged") from None
