"""The load generator: customers who talk over the public API on kept connections, from a process of its own. It must stay light: it shares the cores.

Run by other benches: `python -m bench.load` reads one JSON job from standard input and prints one JSON result.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

Json = dict[str, Any]


class Line:
    """One kept HTTP/1.1 connection. Raises ConnectionError, TimeoutError and asyncio.IncompleteReadError (an EOFError)."""

    def __init__(self, base: str, key: str = "", *, patience: float = 30) -> None:
        parts = urlsplit(base)
        self._host, self._port, self._path, self._patience = parts.hostname or "", parts.port or 80, parts.path, patience
        self._headers = f"Host: {self._host}:{self._port}\r\nContent-Type: application/json\r\n" + (f"Authorization: Bearer {key}\r\n" if key else "")
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, Json]:
        """Status and the JSON of the answer."""
        try:
            async with asyncio.timeout(self._patience):
                return await self._ask(method, path, b"" if body is None else json.dumps(body).encode())
        except BaseException:
            self.close()
            raise

    async def _ask(self, method: str, path: str, raw: bytes) -> tuple[int, Json]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        writer.write(f"{method} {self._path}{path} HTTP/1.1\r\n{self._headers}Content-Length: {len(raw)}\r\n\r\n".encode() + raw)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("content-length:")[2].partition("\r\n")[0])
        answer = await reader.readexactly(length)
        return int(head[9:12]), json.loads(answer) if answer else {}

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def message(text: str, uuid: str) -> Json:
    return {"sender": {"type": "user"}, "message": {"type": "text", "text": text}, "uuid": uuid}


async def open_session(line: Line) -> str:
    status, answer = await line.ask("POST", "/chat/sessions", {})
    if status != 201:
        raise ConnectionError(f"no session could be opened: {status} {answer}")
    return str(answer["id"])


def heard(status: int, answer: Json) -> str:
    """What a customer got: replied | handed_off | late | the wire's code | the status of an error."""
    if status != 200:
        return str(status)
    data = answer["data"]
    if data.get("autopilotResponse"):
        return "handed_off" if data["sessionIsHandedOff"] else "replied"
    return data["code"] or "late"


class Customers:
    """`at_once` customers take dialogue after dialogue until `turns` messages are answered. A dialogue ends when it is not answered by the AI."""

    def __init__(self, base: str, key: str, dialogues: Sequence[Sequence[str]], turns: int) -> None:
        self._base, self._key, self._left = base, key, turns
        self._dialogues = list(dialogues)[:turns]
        self.taken: list[float] = []  # milliseconds from the post to the reply, read and parsed
        self.outcomes: Counter[str] = Counter()

    async def run(self, at_once: int) -> Json:
        """Every dialogue's session is opened beforehand, so that only messages are timed."""
        lines = [Line(self._base, self._key) for _ in range(at_once)]
        waiting = iter(self._dialogues)
        seated = [one for some in await asyncio.gather(*(self._seat(line, waiting) for line in lines)) for one in some]
        ready = iter(seated)
        began = time.perf_counter()
        await asyncio.gather(*(self._talk(line, ready) for line in lines))
        seconds = time.perf_counter() - began
        for line in lines:
            line.close()
        return {"ms": self.taken, "outcomes": dict(self.outcomes), "seconds": seconds}

    async def _seat(self, line: Line, waiting: Iterator[Sequence[str]]) -> list[tuple[str, Sequence[str]]]:
        return [(await open_session(line), dialogue) for dialogue in waiting]

    async def _talk(self, line: Line, ready: Iterator[tuple[str, Sequence[str]]]) -> None:
        for session, dialogue in ready:
            for text in dialogue:
                if self._left <= 0:
                    return
                self._left -= 1
                if await self._say(line, session, text) != "replied":
                    break

    async def _say(self, line: Line, session: str, text: str) -> str:
        began = time.perf_counter()
        status, answer = await line.ask("POST", f"/chat/sessions/{session}/send", message(text, str(uuid4())))
        self.taken.append((time.perf_counter() - began) * 1_000)
        outcome = heard(status, answer)
        self.outcomes[outcome] += 1
        return outcome


async def post_again_and_again(url: str, body: object, times: int) -> Json:
    """How long a bare answer of the stub model takes: what is not the product's doing."""
    line, taken = Line(url), []
    for _ in range(times):
        began = time.perf_counter()
        await line.ask("POST", "/chat/completions", body)
        taken.append((time.perf_counter() - began) * 1_000)
    line.close()
    return {"ms": taken}


async def apart(job: Json) -> Json:
    """Runs a job in a process of its own: `customers` with base, key, dialogues, turns and at_once; or `bare` with url, body and times."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.load", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    answer, _ = await process.communicate(json.dumps(job).encode())
    if process.returncode:
        raise SystemExit("The load generator failed; its reasons stand above.")
    result: Json = json.loads(answer)
    return result


def main() -> None:
    job = json.load(sys.stdin)
    if "bare" in job:
        result = asyncio.run(post_again_and_again(**job["bare"]))
    else:
        given = job["customers"]
        result = asyncio.run(Customers(given["base"], given["key"], given["dialogues"], given["turns"]).run(given["at_once"]))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
