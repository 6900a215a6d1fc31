"""What the throw-away organisation talks to: a language model, a web service and a mail server on this machine, which write down every byte they get."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from pathlib import Path

_MOST = 1 << 26
_PASSAGE = re.compile(r"<passage[^>]*>\s*(.+?)\s*</passage>", re.DOTALL)
ACTION, TAKES = "note_down_address", "address"  # an action of the throw-away organisation, and the parameter that takes an e-mail address
EVENTS, DESK, ADDRESSES, RERANK = "/events", "/desk", "/addresses", "/rerank"  # where it is told what happens, gets tickets, is called by the action, and ranks passages
_PLACEHOLDER = re.compile(r"\[[A-Z_]+_\d+\]")


class Recording:
    """Bytes that came in, in a file of their own: a run with ten thousand canaries brings a hundred megabytes of prompts."""

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0
        self._file = path.open("wb")

    def keep(self, data: bytes) -> None:
        self.count += 1
        self._file.write(data + b"\n\0\n")

    def close(self) -> None:
        self._file.close()


class Model:
    """Speaks chat completions as far as an answer goes: it quotes the first passage, names a placeholder it was shown, or says what it is told to.

    Its other paths are what an organisation connects: an endpoint of webhooks, a helpdesk, a reranker, and the system that an action calls. Each is
    recorded by itself. The action may bring the customer's e-mail address in the one parameter that takes it; that value is taken out before the
    rest is kept, so a value anywhere else is found.
    """

    def __init__(self, folder: Path) -> None:
        self.heard, self.webhooks, self.desk = (Recording(folder / name) for name in ("model", "webhooks", "helpdesk"))
        self.actions, self.reranker, self.others = (Recording(folder / name) for name in ("actions", "reranker", "others"))
        self.inventions: deque[str] = deque()  # what the next answers claim out of nowhere, as models do
        self.taken = 0  # values that came where an action takes them
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ValueError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: *(\d+)", head)
                body = await reader.readexactly(min(int(length[1]), _MOST) if length else 0)
                path = head.split(b" ", 2)[1]
                chat = path.endswith(b"/chat/completions")
                recording = self.heard if chat else self._of(path.decode(errors="replace"))
                recording.keep(head + (self._without_taken(body) if recording is self.actions else body))
                answer = json.dumps(self._completion(body) if chat else _ranked(body) if recording is self.reranker else {"ok": True, "id": f"service-{recording.count}"}).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
                await writer.drain()
        writer.close()

    @property
    def recordings(self) -> tuple[Recording, ...]:
        return self.heard, self.webhooks, self.desk, self.actions, self.reranker, self.others

    def _of(self, path: str) -> Recording:
        known = ((EVENTS, self.webhooks), (DESK, self.desk), (ADDRESSES, self.actions), (RERANK, self.reranker))
        return next((recording for beginning, recording in known if path.startswith(beginning)), self.others)

    def _without_taken(self, body: bytes) -> bytes:
        with contextlib.suppress(ValueError):
            given = json.loads(body)
            if isinstance(given, dict) and isinstance(given.get(TAKES), str) and given[TAKES]:
                self.taken += 1
                return json.dumps({**given, TAKES: ""}, ensure_ascii=False).encode()
        return body

    def _completion(self, body: bytes) -> object:
        asked = json.loads(body)
        last = asked["messages"][-1]
        calls = self._calls(str(last["content"])) if asked.get("tools") and last["role"] == "user" else []
        message = {"role": "assistant", "content": None if calls else self._says(str(last["content"])), "refusal": None, **({"tool_calls": calls} if calls else {})}
        return {"object": "chat.completion", "model": "recording", "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}]}

    def _calls(self, prompt: str) -> list[object]:
        """What models do with an action: give it what it takes, and also what it does not."""
        placeholder = _PLACEHOLDER.search(prompt.rpartition("<message>")[2])
        if placeholder is None:
            return []
        given = {TAKES if placeholder[0].startswith("[EMAIL_") else "note": placeholder[0]}
        return [{"id": f"call_{self.heard.count}", "type": "function", "function": {"name": ACTION, "arguments": json.dumps(given)}}]

    def _says(self, prompt: str) -> str:
        passage, placeholder = _PASSAGE.search(prompt), _PLACEHOLDER.search(prompt.rpartition("</passage>")[2])
        sentence = re.split(r"(?<=[.!?])\s", passage[1])[0] if passage else "We look into it."
        if self.inventions:
            return f"{sentence} [1] {self.inventions.popleft()}"
        return f"We have noted {placeholder[0]}. {sentence} [1]" if placeholder else f"{sentence} [1]"


def _ranked(body: bytes) -> object:
    """The passages in the order in which they came."""
    asked = json.loads(body)
    return {"results": [{"index": at, "relevance_score": 1 / (at + 1)} for at in range(len(asked["documents"]))]}


class Post:
    """Takes mail for anybody, and keeps it as it came and as a mail reader would show it."""

    def __init__(self, folder: Path) -> None:
        self.heard = Recording(folder / "mail")
        self.port = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ValueError):
            writer.write(b"220 prove\r\n")
            while line := await reader.readline():
                word = line[:4].upper()
                if word == b"DATA":
                    writer.write(b"354 go on\r\n")
                    self._keep(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                await writer.drain()
                if word == b"QUIT":
                    break
        writer.close()

    def _keep(self, raw: bytes) -> None:
        parts = [part.get_payload(decode=True) for part in message_from_bytes(raw).walk()]
        self.heard.keep(b"\n".join([raw, *(part for part in parts if isinstance(part, bytes))]))


@asynccontextmanager
async def open_sinks(folder: Path) -> AsyncIterator[tuple[Model, Post]]:
    """Both, listening on free ports of this machine only, until the block ends."""
    model, post = Model(folder), Post(folder)
    async with contextlib.AsyncExitStack() as stack:
        for sink in (model, post):
            server = await asyncio.start_server(sink.serve, "127.0.0.1", 0, limit=_MOST)
            sink.port = int(server.sockets[0].getsockname()[1])
            stack.callback(server.close)
        for recording in (*model.recordings, post.heard):
            stack.callback(recording.close)
        yield model, post
