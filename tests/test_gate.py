"""The egress gate against real sockets: where it goes, where it refuses to go, and what it writes down."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import ipaddress
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bench.stub_model import StubModel
from glassine.config import read
from glassine.edge.addresses import declared, is_public, normal_host, places
from glassine.edge.gate import MOST_OUT, Closed, Crossing, CrossingRow, Gate, Payload, Recorder, Scanner
from glassine.story.world import _purposes
from glassine.words.crossings import Scan
from glassine.words.errors import CrossingRefused, LeakStopped, Misconfigured, TooLarge
from glassine.words.ids import OrgId, SessionId, new_id
from tests.certificates import self_signed

pytestmark = pytest.mark.enable_socket

ORG, SESSION = OrgId(new_id()), SessionId(new_id())
BODY = b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'

# Ways to write an address that is not public, collected from published bypasses.
BYPASSES = (
    "http://127.0.0.1/", "http://localhost/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://0.0.0.0/", "http://0/",
    "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://169.254.169.254/latest/meta-data",
    "http://[fe80::1]/", "http://[fc00::1]/", "http://[fec0::1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b:1::7f00:1]/", "http://[2002:7f00:1::]/",
    "http://10.0.0.1/", "http://192.168.0.1/", "http://172.16.0.1/", "http://100.64.0.1/", "http://192.0.0.8/", "http://198.18.0.1/", "http://224.0.0.1/",
    "http://255.255.255.255/", "http://[ff02::1]/", "http://[2001::1]/",
)
MALFORMED = (
    "ftp://example.com/", "file:///etc/passwd", "//example.com/", "http:///x", "http://", "", "http://user@example.com/", "http://user:pass@example.com/",
    "http://example.com\\@127.0.0.1/", "http://example.com /", "http://example.com/\r\nX: y", "http://exa\x00mple.com/", "http://example.com:99999/",
    "http://ex%61mple.com/", "http://[::1%25lo]/", "http://bücher.example/", "gopher://127.0.0.1:25/_MAIL",
)


@pytest.fixture
async def stub() -> AsyncIterator[StubModel]:
    async with StubModel() as server:
        yield server


@pytest.fixture
async def make() -> AsyncIterator[Callable[..., Gate]]:
    """Makes gates, and closes them with the test."""
    made: list[Gate] = []

    def build(*listed: str, closed: Closed | None = None, scan: Scanner | None = None, record: Recorder | None = None) -> Gate:
        made.append(Gate(allowed_private=places(listed), closed=closed, scan=scan, record=record))
        return made[-1]

    yield build
    for gate in made:
        await gate.aclose()


async def test_a_private_place_is_there_for_its_purpose_and_no_other(stub: StubModel) -> None:
    place = places([stub.url])
    async with contextlib.aclosing(Gate(allowed_private=place, private_for=dict.fromkeys(place, frozenset({"model"})))) as gate:
        crossing = Crossing(org=ORG, purpose="model", hosts=("127.0.0.1",))
        assert (await gate.request(crossing, "POST", f"{stub.url}/chat/completions", body=BODY)).status == 200
        with pytest.raises(CrossingRefused, match="not listed it for source"):  # the connection is open by now, and yet
            await gate.request(replace(crossing, purpose="source"), "GET", f"{stub.url}/models")


def test_what_is_private_for_what_follows_the_configuration() -> None:
    given = {"GLASSINE_LLM_URL": "http://localhost:11434/v1", "GLASSINE_LLM_MODEL": "m", "GLASSINE_VENDOR_URLS": "zendesk=http://127.0.0.1:4101"}
    assert _purposes(read(given)) == {("localhost", 11434): {"model", "what-if", "writing"}, ("127.0.0.1", 4101): {"source", "helpdesk"}}
    assert _purposes(read(given | {"GLASSINE_ALLOW_PRIVATE": "localhost:11434"})) == {("127.0.0.1", 4101): {"source", "helpdesk"}}


class Records(list[CrossingRow]):
    async def __call__(self, row: CrossingRow) -> None:
        self.append(row)


def crossing(*hosts: str) -> Crossing:
    return Crossing(org=ORG, session=SESSION, purpose="model", hosts=hosts)


async def test_a_listed_place_is_reached_recorded_and_its_connection_kept(stub: StubModel, make: Callable[..., Gate]) -> None:
    records = Records()
    gate = make(stub.url, record=records)
    for _ in range(3):
        answer = await gate.request(crossing("127.0.0.1"), "POST", f"{stub.url}/chat/completions", headers={"Content-Type": "application/json"}, body=BODY)
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/json"
    assert stub.connections == 1
    assert records == [
        CrossingRow(org=ORG, session=SESSION, destination=f"127.0.0.1:{stub.port}", purpose="model", bytes=len(BODY), allowed=True),
    ] * 3
    assert stub.headers[0]["host"] == f"127.0.0.1:{stub.port}"


@pytest.mark.parametrize("url", BYPASSES)
async def test_what_is_not_public_is_refused_before_any_connection(url: str, monkeypatch: pytest.MonkeyPatch, make: Callable[..., Gate]) -> None:
    records = Records()
    gate = make(record=records)
    monkeypatch.setattr(socket.socket, "connect", _no_connection)
    host = normal_host(url.split("//")[1].rsplit("/", 1)[0].split("/")[0].strip("[]"))
    with pytest.raises((CrossingRefused, ConnectionError)) as refused:  # ConnectionError: this resolver does not know the spelling
        await gate.request(crossing(host), "GET", url, timeout=5)
    assert "connect" not in str(refused.value)
    if refused.type is CrossingRefused:
        [row] = records
        assert not row.allowed
        assert "not a public address" in row.why


def _no_connection(*_: object) -> None:
    raise AssertionError("connect was called")


@pytest.mark.parametrize("url", MALFORMED)
async def test_malformed_addresses_are_refused(url: str, make: Callable[..., Gate]) -> None:
    with pytest.raises(CrossingRefused):
        await make().request(crossing("example.com", "127.0.0.1"), "GET", url)


async def test_only_declared_destinations(stub: StubModel, make: Callable[..., Gate]) -> None:
    records = Records()
    gate = make(stub.url, record=records)
    with pytest.raises(CrossingRefused, match="not among the declared"):
        await gate.request(crossing("api.example.com", "127.0.0.1:1"), "GET", stub.url)
    assert [row.allowed for row in records] == [False]
    assert stub.calls == 0


async def test_another_port_or_another_name_of_a_listed_place_is_refused(stub: StubModel, make: Callable[..., Gate]) -> None:
    gate = make(f"127.0.0.1:{stub.port}")
    with pytest.raises(CrossingRefused):
        await gate.request(crossing("localhost"), "GET", f"http://localhost:{stub.port}/")
    with pytest.raises(CrossingRefused):
        await gate.request(crossing("127.0.0.1"), "GET", f"http://127.0.0.1:{stub.port + 1}/")


async def test_nothing_leaves_when_it_cannot_be_recorded(stub: StubModel, make: Callable[..., Gate]) -> None:
    async def broken(_: CrossingRow) -> None:
        raise RuntimeError("the ledger is away")

    gate = make(stub.url, record=broken)
    with pytest.raises(RuntimeError):
        await gate.request(crossing("127.0.0.1"), "POST", f"{stub.url}/chat/completions", body=BODY)
    assert stub.connections == 0


async def test_the_environment_s_proxies_are_ignored(stub: StubModel, monkeypatch: pytest.MonkeyPatch, make: Callable[..., Gate]) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    answer = await make(stub.url).request(crossing("127.0.0.1"), "GET", f"{stub.url}/models")
    assert answer.status == 200


async def test_a_redirect_is_an_answer_and_is_not_followed(stub: StubModel, make: Callable[..., Gate]) -> None:
    stub.mode = "redirect"
    answer = await make(stub.url).request(crossing("127.0.0.1"), "POST", f"{stub.url}/chat/completions", body=BODY)
    assert (answer.status, answer.headers["location"]) == (302, "http://127.0.0.1:1/elsewhere")


async def test_limits_of_size_and_of_the_whole_time(stub: StubModel, make: Callable[..., Gate]) -> None:
    gate = make(stub.url)
    where = f"{stub.url}/chat/completions"
    stub.mode = "huge"
    with pytest.raises(CrossingRefused, match="larger than 1,000,000 bytes"):
        await gate.request(crossing("127.0.0.1"), "POST", where, body=BODY, max_bytes=1_000_000)
    for stub.mode in ("hang", "slow"):
        with pytest.raises(TimeoutError):
            await gate.request(crossing("127.0.0.1"), "POST", where, body=BODY, timeout=0.3)
    stub.mode = "disconnect"
    with pytest.raises(ConnectionError):
        await gate.request(crossing("127.0.0.1"), "POST", where, body=BODY)
    stub.mode = "ok"
    assert (await gate.request(crossing("127.0.0.1"), "POST", where, body=BODY)).status == 200


async def test_nobody_there_is_a_connection_error(make: Callable[..., Gate]) -> None:
    with socket.socket() as idle:
        idle.bind(("127.0.0.1", 0))
        port = idle.getsockname()[1]
    gate = make(f"127.0.0.1:{port}")
    with pytest.raises(ConnectionError):
        await gate.request(crossing("127.0.0.1"), "GET", f"http://127.0.0.1:{port}/")
    with pytest.raises(ConnectionError):
        await gate.request(crossing("no-such-host.invalid"), "GET", "http://no-such-host.invalid/")


async def test_headers_that_decide_who_is_talked_to_are_ours(stub: StubModel, make: Callable[..., Gate]) -> None:
    gate = make(stub.url)
    sent = {"Host": "evil.example", "Connection": "upgrade", "Transfer-Encoding": "chunked", "Accept-Encoding": "gzip", "X-Kept": "yes"}
    await gate.request(crossing("127.0.0.1"), "POST", f"{stub.url}/chat/completions", headers=sent, body=BODY)
    [seen] = stub.headers
    assert seen["host"] == f"127.0.0.1:{stub.port}"
    assert seen["accept-encoding"] == "identity"
    assert seen["x-kept"] == "yes"
    assert "transfer-encoding" not in seen
    with pytest.raises(ConnectionError):
        await gate.request(crossing("127.0.0.1"), "POST", stub.url, headers={"X-Bad": "a\r\nInjected: b"}, body=BODY)
    assert all("injected" not in headers for headers in stub.headers)


async def answered(make: Callable[..., Gate], encoding: str, body: bytes, *, times: int = 1) -> bytes:
    """What the gate makes of this answer to a request of 100,000 bytes at most."""
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body) * times}\r\n\r\n".encode())
        with contextlib.suppress(ConnectionError):
            for _ in range(times):
                writer.write(body)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    try:
        return (await make(url).request(crossing("127.0.0.1"), "GET", url, max_bytes=100_000)).body
    finally:
        server.close()


async def test_what_comes_packed_though_that_was_declined_is_unpacked_within_the_limit(make: Callable[..., Gate]) -> None:
    assert await answered(make, "gzip", gzip.compress(b"word " * 15_000)) == b"word " * 15_000
    assert await answered(make, "deflate", zlib.compress(b"word")) == b"word"
    bomb = gzip.compress(bytes(50_000_000))
    assert len(bomb) < 100_000, "it would come through the door as it is"
    with pytest.raises(TooLarge):
        await answered(make, "gzip", bomb)
    with pytest.raises(TooLarge):  # empty blocks: they unfold into nothing, for ever
        await answered(make, "gzip", gzip.compress(b"")[:10] + b"\0\0\0\xff\xff" * 40_000)
    with pytest.raises(CrossingRefused, match="damaged"):
        await answered(make, "gzip", b"no gzip at all")
    with pytest.raises(CrossingRefused, match="not read"):
        await answered(make, "br", b"x")


async def test_certificates_are_checked_against_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[..., Gate]) -> None:
    """The connection goes to an address, but TLS must still know the name: a certificate for localhost serves localhost, not 127.0.0.1."""
    certificate, key = self_signed(tmp_path, "localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    listed = (f"localhost:{port}", f"127.0.0.1:{port}")
    with pytest.raises(ConnectionError):  # nobody vouches for it yet
        await make(*listed).request(crossing("localhost"), "GET", f"https://localhost:{port}/")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    trusting = make(*listed)
    assert (await trusting.request(crossing("localhost"), "GET", f"https://localhost:{port}/")).body == b"hi"
    with pytest.raises(ConnectionError):
        await trusting.request(crossing("127.0.0.1"), "GET", f"https://127.0.0.1:{port}/")
    server.close()


async def test_a_name_that_turns_private_is_refused_though_a_connection_is_open(stub: StubModel, monkeypatch: pytest.MonkeyPatch, make: Callable[..., Gate]) -> None:
    """DNS rebinding: public when checked, loopback when asked again. The gate connects to what it checked, and checks again in time."""
    gate = make()
    answers = iter((["93.184.215.14"], ["127.0.0.1"]))

    async def lookup(*_: object, **__: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        return [(2, 1, 6, "", (address, 80)) for address in next(answers)]

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "getaddrinfo", lookup)
    book = gate._book
    assert await book.addresses("rebind.example", stub.port) == ("93.184.215.14",)
    assert await book.addresses("rebind.example", stub.port) == ("93.184.215.14",)  # one look-up serves check and connection
    book._known.clear()  # half a minute later
    with pytest.raises(CrossingRefused):
        await gate.request(crossing("rebind.example"), "GET", f"http://rebind.example:{stub.port}/")
    assert stub.connections == 0


@given(some.ip_addresses())
def test_our_list_is_never_more_generous_than_the_standard_library(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    inner = getattr(address, "ipv4_mapped", None) or address
    assert inner.is_global or not is_public(str(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "::ffff:1.1.1.1", "2a00:1450:4001::1"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", [
    "192.0.0.8", "64:ff9b::1.1.1.1", "64:ff9b:1::1", "2002:101:101::", "fec0::1", "::1.1.1.1", "224.0.0.1", "ff0e::1", "2001:db8::1", "fe80::1%1", "x", "",
])
def test_addresses_that_older_pythons_call_global_are_not_public(address: str) -> None:
    assert not is_public(address)


def test_declared_hosts() -> None:
    assert declared("api.example.com", 443, ["api.example.com"])
    assert declared("api.example.com", 8443, ["api.example.com:8443"])
    assert declared("a.zendesk.com", 443, ["*.zendesk.com"])
    assert declared("::1", 80, ["[::1]:80"])
    for host, entry in (("zendesk.com", "*.zendesk.com"), ("evilzendesk.com", "*.zendesk.com"), ("api.example.com.evil.net", "api.example.com"), (".zendesk.com", "*.zendesk.com")):
        assert not declared(host, 443, [entry])
    assert not declared("api.example.com", 443, ["api.example.com:8443"])


def test_places_are_read_from_configuration() -> None:
    assert places(["LocalHost:11434", "http://Models.internal/v1", "https://a.b:8443", "[::1]:25", "smtp://u:p@mail:587"]) == {
        ("localhost", 11434), ("models.internal", 80), ("a.b", 8443), ("::1", 25), ("mail", 587),
    }
    with pytest.raises(Misconfigured) as wrong:
        places(["smtp2://user:secret@mail"])
    assert "secret" not in str(wrong.value)


async def test_what_is_switched_off_does_not_leave(stub: StubModel, make: Callable[..., Gate]) -> None:
    async def closed(_: OrgId, purpose: str) -> str | None:
        return "the organisation has switched the language model off" if purpose == "model" else None

    records = Records()
    gate = make(stub.url, closed=closed, record=records)
    with pytest.raises(CrossingRefused, match="switched the language model off"):
        await gate.request(crossing("127.0.0.1"), "POST", f"{stub.url}/chat/completions", body=BODY)
    assert [(row.allowed, row.why) for row in records] == [(False, "the organisation has switched the language model off")]
    assert stub.connections == 0


async def test_a_payload_that_holds_raw_values_stays_unless_the_destination_may_see_them(stub: StubModel, make: Callable[..., Gate]) -> None:
    async def scan(_: Crossing, payload: Payload) -> Scan:
        assert payload.body == BODY
        assert payload.url == "/v1/chat/completions"
        return Scan(found={"email": 2, "card": 1}, masked={"name": 1})

    records = Records()
    gate = make(stub.url, scan=scan, record=records)
    with pytest.raises(LeakStopped, match=r"raw personal values \(1 card, 2 email\), which model may not see"):
        await gate.request(crossing("127.0.0.1"), "POST", f"{stub.url}/chat/completions", body=BODY)
    assert stub.connections == 0
    trusted = Crossing(org=ORG, session=SESSION, purpose="model", hosts=("127.0.0.1",), raw=True)
    assert (await gate.request(trusted, "POST", f"{stub.url}/chat/completions", body=BODY)).status == 200
    assert [(row.allowed, row.raw, dict(row.scan.found)) for row in records] == [(False, False, {"email": 2, "card": 1}), (True, True, {"email": 2, "card": 1})]


async def test_a_payload_that_is_too_large_stays(stub: StubModel, make: Callable[..., Gate]) -> None:
    async def scan(_: Crossing, __: Payload) -> Scan:
        raise AssertionError("what is too large is not looked through")

    records = Records()
    with pytest.raises(CrossingRefused, match="is the most that may leave at once"):
        await make(stub.url, scan=scan, record=records).request(crossing("127.0.0.1"), "POST", stub.url, body=b"x" * (MOST_OUT + 1))
    assert [(row.allowed, row.bytes) for row in records] == [(False, MOST_OUT + 1)]
    assert stub.connections == 0


async def test_nothing_leaves_when_it_cannot_be_looked_through(stub: StubModel, make: Callable[..., Gate]) -> None:
    async def broken(_: Crossing, __: Payload) -> Scan:
        raise RuntimeError("the database is away")

    with pytest.raises(RuntimeError):
        await make(stub.url, scan=broken).request(crossing("127.0.0.1"), "POST", f"{stub.url}/chat/completions", body=BODY)
    assert stub.connections == 0
