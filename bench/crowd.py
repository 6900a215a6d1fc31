"""Customers who do not give up: each sends a message with one id until it is acknowledged. Afterwards `examine` asks what became of all of them.

Lost: acknowledged, but afterwards without a reply, a handoff, a later message that overtook it, or a session that people own.
Doubled: a message that stands in a history twice, or that was answered twice.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from uuid import uuid4

from bench import load
from bench.stub_model import StubModel

CUSTOMERS = 6
MODEL_TAKES = 0.05  # seconds, so that turns are killed in the middle of a call
PATIENCE = 90.0  # seconds that everybody has to recover
TROUBLE = (OSError, EOFError, TimeoutError, ValueError)


@dataclass(slots=True, kw_only=True)
class Record:
    """What the customers did, as they know it."""

    acknowledged: list[tuple[str, str]] = field(default_factory=list)  # session, message
    answers: Counter[str] = field(default_factory=Counter)
    again: int = 0  # sent once more with the same id, for want of an acknowledgement
    unsure: int = 0  # never acknowledged, so nothing was promised


class Crowd:
    """Customers in a thread of their own, with the stub model beside them. Each sends a message until it is acknowledged, then the next."""

    def __init__(self, dialogues: Sequence[Sequence[str]], seed: int) -> None:
        self.record, self.model_url, self.calls = Record(), "", 0
        self.doors: list[tuple[str, str]] = []  # base address and key of every web process
        self._dialogues, self._random = cycle(dialogues), random.Random(seed)
        self._going, self._ready, self._over, self._entered, self.quiet = (threading.Event() for _ in range(5))
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def begin(self) -> None:
        self._thread.start()
        self._ready.wait(10)

    def let_in(self) -> None:
        self._going.set()
        self._entered.set()

    def stop(self) -> None:
        """No new messages; what was sent is sent until it is acknowledged."""
        self._going.clear()

    def leave(self) -> None:
        self._entered.set()
        self._over.set()
        self._thread.join(30)

    async def _run(self) -> None:
        async with StubModel(latency=MODEL_TAKES) as stub:
            self.model_url = stub.url
            self._ready.set()
            await asyncio.to_thread(self._entered.wait)
            await asyncio.gather(*(self._customer() for _ in range(CUSTOMERS)))
            self.quiet.set()
            await asyncio.to_thread(self._over.wait)
            self.calls = stub.calls

    async def _customer(self) -> None:
        while self._going.is_set():
            session = await self._insist("POST", "/chat/sessions", {})
            for text in next(self._dialogues):
                if session is None or not self._going.is_set():
                    break
                if await self._send(session["id"], text) == "handed_off":
                    break

    async def _send(self, session: str, text: str) -> str:
        uuid = str(uuid4())
        answer = await self._insist("POST", f"/chat/sessions/{session}/send", load.message(text, uuid))
        if answer is None:
            self.record.unsure += 1
            return "unsure"
        self.record.acknowledged.append((session, uuid))
        outcome = load.heard(200, answer)
        self.record.answers[outcome] += 1
        return outcome

    async def _insist(self, method: str, path: str, body: object) -> dict[str, Any] | None:
        """Asks again, at any door, until somebody says yes. None: not within the time that everybody has to recover."""
        deadline = time.monotonic() + PATIENCE
        for attempt in range(10_000):
            line = load.Line(*self._random.choice(self.doors), patience=25)
            try:
                status, answer = await line.ask(method, path, body)
                if status < 300:
                    return answer
                if status < 429:
                    raise SystemExit(f"{method} {path}: {status} {answer}")
            except TROUBLE:
                pass
            finally:
                line.close()
            if time.monotonic() > deadline:
                return None
            self.record.again += attempt == 0
            await asyncio.sleep(0.1)
        return None


async def examine(base: str, key: str, acknowledged: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Which acknowledged messages are lost, and which messages are doubled, asked over the public API."""
    line = load.Line(base, key)
    lost: list[str] = []
    doubled: list[str] = []
    by_session: dict[str, list[str]] = {}
    for session, message in acknowledged:
        by_session.setdefault(session, []).append(message)
    for id, messages in by_session.items():
        state, history, turns = await _state(line, id)
        said = [item["id"] for item in history if item["event"]["sender"]["type"] == "contact"]
        replies = [item["id"] for item in history if item["event"]["type"] == "message" and item["event"]["sender"]["type"] == "ai"]
        answered = Counter(turn["message_id"] for turn in turns if turn["outcome"] != "Silence")
        newest = max((said.index(message) for message in answered if message in said), default=-1)
        with_people = state["assignee"]["kind"] != "ai" or state["status"] != "open"
        lost += [f"{id}/{message}" for message in messages if message not in said or (said.index(message) > newest and not with_people)]
        doubled += [f"{id}/{message}" for message, times in (*answered.items(), *Counter(said).items()) if times > 1]
        doubled += [f"{id}: a reply without a turn"] * (len(replies) - answered.total())
    line.close()
    return lost, doubled


async def _state(line: load.Line, id: str) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """A session, its whole history and its turns. Raises ConnectionError when one of them cannot be had."""
    found = [await line.ask("GET", f"/chat/sessions/{id}{part}") for part in ("", "/history", "/inspect")]
    if any(status != 200 for status, _ in found):
        raise ConnectionError(str([status for status, _ in found]))
    history, next = list(found[1][1]["items"]), found[1][1]["next"]
    while next:
        _, page = await line.ask("GET", f"/chat/sessions/{id}/history?cursor={next}")
        history, next = [*history, *page["items"]], page["next"]
    return found[0][1], history, found[2][1]["turns"]
