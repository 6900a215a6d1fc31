"""A small real HTTP server that speaks OpenAI's chat completions and responses and Anthropic's messages, for benches and tests. It knows nothing: it quotes, says what it is told, or obeys a script.

Run alone: `python -m bench.stub_model --port 8399 --latency 0.8 --mode ok`. In a test: `async with StubModel() as stub: stub.url`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Self

from bench.purposes import purpose
from bench.stub_wires import WIRES, Body, Says, newest

MODES = ("ok", "slow", "429", "500", "garbage", "stream_garbage", "half", "hang", "disconnect", "redirect", "huge")
_PHRASES = {200: "OK", 302: "Found", 400: "Bad Request", 404: "Not Found", 429: "Too Many Requests", 500: "Internal Server Error"}

Answer = Says | str | Callable[[Body], "Says | str"]
Script = Sequence[tuple[Callable[[Body], bool], Answer]]


def asks(words: str) -> Callable[[Body], bool]:
    """For a script: the newest of the user's messages holds these words, and no tool has answered since."""
    return lambda body: newest(body)[0] == "user" and words in newest(body)[1]


def told(words: str) -> Callable[[Body], bool]:
    """For a script: the newest message is a tool's answer that holds these words."""
    return lambda body: newest(body)[0] == "tool" and words in newest(body)[1]


def quote_first_passage(body: Body) -> str:
    """The first sentence of the first passage in the prompt with its citation, or HANDOFF when there is none."""
    passage = re.search(r"<passage n=\"?1\"?[^>]*>\s*(.+?)\s*</passage>", newest(body)[1], re.DOTALL)
    if passage is None:
        return "HANDOFF: no passage answers this"
    sentence = re.split(r"(?<=[.!?])\s", passage.group(1).strip(), maxsplit=1)[0]
    if sentence.count("```") % 2:
        sentence += "\n```"  # it ends in the middle of code, which a model would close
    return f"{sentence}\n[1]" if sentence.endswith("```") else f"{sentence} [1]"


class StubModel:
    """The server. `calls` counts requests, `purposes` those for words by what they were for, `bodies` keeps the last hundred; `mode`, `latency` (seconds), `answer` and `script` may change at any time.

    `script`: the first of its lines whose predicate holds for a body says the answer; where none does, `answer` says it.
    """

    def __init__(
        self, *, port: int = 0, mode: str = "ok", latency: float = 0.0, answer: Answer = quote_first_passage, script: Script = (), host: str = "127.0.0.1",
    ) -> None:
        self.host, self.port, self.mode, self.latency, self.answer, self.script = host, port, mode, latency, answer, script
        self.wire = ""  # of the last request
        self.calls = 0
        self.purposes: Counter[str] = Counter()
        self.connections = 0
        self.bodies: list[Body] = []
        self.headers: list[dict[str, str]] = []
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """What goes into GLASSINE_LLM_URL."""
        return f"http://{self.host}:{self.port}/v1"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.host, self.port, limit=2**22)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._server.wait_closed(), 2)

    async def forever(self) -> None:
        await self._server.serve_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while request := await _read(reader):
                path, headers, raw = request
                if not await self._answer(writer, path, headers, raw):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the caller went away: what most of the modes are there to provoke
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, path: str, headers: dict[str, str], raw: bytes) -> bool:
        """Answers one request; False when the connection is to be dropped."""
        self.calls += 1
        if path == "/v1/models":
            return await _send(writer, 200, {"object": "list", "data": [{"id": "stub", "object": "model", "created": 0, "owned_by": "bench"}]})
        self.wire = next((name for name in WIRES if path == f"/v1{name}"), "")
        if not self.wire:
            return await _send(writer, 404, _error("not_found", f"no such path: {path}"))
        try:
            body: Body = json.loads(raw)
            assert body["model"] and (body.get("messages") or body.get("input"))
        except (ValueError, KeyError, AssertionError):
            return await _send(writer, 400, _error("invalid_request_error", "model and messages are required"))
        self.purposes[purpose(body)] += 1
        self.bodies, self.headers = [*self.bodies[-99:], body], [*self.headers[-99:], headers]
        if self.latency:
            await asyncio.sleep(self.latency)
        return await self._act(writer, body)

    async def _act(self, writer: asyncio.StreamWriter, body: Body) -> bool:
        match self.mode:
            case "429":
                return await _send(writer, 429, _error("rate_limit_exceeded", "slow down"), {"Retry-After": "1"})
            case "500":
                return await _send(writer, 500, _error("server_error", "the model is not well"))
            case "redirect":
                return await _send(writer, 302, {}, {"Location": "http://127.0.0.1:1/elsewhere"})
            case "garbage":
                return await _send(writer, 200, b"\x00\xff<html>{not json\x80")
            case "huge":
                return await _send(writer, 200, b" " * 40_000_000)
            case "hang":
                await asyncio.sleep(3600)
                return False
            case "disconnect":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{\"id\":")
                await writer.drain()
                return False
            case _:
                return await self._complete(writer, body)

    async def _complete(self, writer: asyncio.StreamWriter, body: Body) -> bool:
        found = next((says for holds, says in self.script if holds(body)), self.answer)
        says = found(body) if callable(found) else found
        says = says if isinstance(says, Says) else Says(text=says)
        if body.get("stream") or self.mode in ("stream_garbage", "half"):
            return await self._stream(writer, body, says)
        answer = _completion(body, says) if self.wire == "/chat/completions" else WIRES[self.wire].whole(body, says)
        if self.mode != "slow":
            return await _send(writer, 200, answer)
        raw = json.dumps(answer).encode()
        _head(writer, 200, {"Content-Length": str(len(raw))})
        for start in range(0, len(raw), 16):  # drips for ever so slowly: each piece is in time, the whole is not
            writer.write(raw[start : start + 16])
            await writer.drain()
            await asyncio.sleep(0.1)
        return True

    async def _stream(self, writer: asyncio.StreamWriter, body: Body, says: Says) -> bool:
        """Event by event, in pieces that end where they like. In the mode `half` the connection is dropped in the middle."""
        _head(writer, 200, {"Content-Type": "text/event-stream", "Connection": "close"})
        if self.mode == "stream_garbage":
            pieces = [b"data: {\"choices\":[{\"del", b"\xff\xfe\x00 data data\n\n", b"event: ???\ndata: [NOT DONE\n\n"]
        else:
            raw = b"".join(WIRES[self.wire].events(body, says))
            pieces = [raw[at : at + 23] for at in range(0, len(raw), 23)]
        for piece in pieces[: len(pieces) // 2] if self.mode == "half" else pieces:
            writer.write(piece)
            await writer.drain()
        return False


async def _read(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes] | None:
    """One request: path, headers in lower case, body. None at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return first.split(" ")[1], headers, await reader.readexactly(int(headers.get("content-length", "0")))


def _head(writer: asyncio.StreamWriter, status: int, headers: dict[str, str]) -> None:
    lines = [f"HTTP/1.1 {status} {_PHRASES[status]}", *(f"{name}: {value}" for name, value in {"Content-Type": "application/json", **headers}.items())]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())


async def _send(writer: asyncio.StreamWriter, status: int, body: Body | bytes, headers: dict[str, str] | None = None) -> bool:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    _head(writer, status, {"Content-Length": str(len(raw)), **(headers or {})})
    writer.write(raw)
    await writer.drain()
    return True


_completion = WIRES["/chat/completions"].whole


def _error(code: str, message: str) -> Body:
    return {"error": {"message": message, "type": code, "param": None, "code": code}}


async def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8399)
    parser.add_argument("--mode", choices=MODES, default="ok")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    given = parser.parse_args()
    async with StubModel(port=given.port, mode=given.mode, latency=given.latency) as stub:
        print(json.dumps({"url": stub.url}), flush=True)
        await stub.forever()


if __name__ == "__main__":
    asyncio.run(_main())
