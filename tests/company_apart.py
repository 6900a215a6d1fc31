"""A scripted model and a company's API for tests of browsers, which wait without a loop: both run in a thread of their own."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.stub_model import Script, StubModel
from tests.vendors import Response, Vendor, vendor


@dataclass(frozen=True)
class Twins:
    model: StubModel
    api: Vendor


@contextmanager
def company_apart(answers: dict[str, str], script: Script) -> Iterator[Twins]:
    """The API answers every request with the same JSON; the model says what its script says."""
    ready, stop = threading.Event(), threading.Event()
    held: list[Twins] = []

    async def serve() -> None:
        answer = Response(body=json.dumps(answers).encode(), headers={"Content-Type": "application/json"})
        async with StubModel(script=script) as model, vendor(lambda _: answer) as api:
            held.append(Twins(model, api))
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(30)
    yield held[0]
    stop.set()
    thread.join(30)
