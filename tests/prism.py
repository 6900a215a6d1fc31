"""Prism with a vendor's own OpenAPI description, on a free port: it answers what breaks the description with a violation. It knows nothing of any vendor."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.vendors import Request

ROOT = Path(__file__).resolve().parent.parent
PRISM = shutil.which("prism", path=f"{ROOT / '.prism/node_modules/.bin'}:{os.environ.get('PATH', '')}")

needs_prism = [
    pytest.mark.enable_socket, pytest.mark.long,
    pytest.mark.skipif(PRISM is None, reason="no Prism here; .ci/run says how it is installed"),
]


@contextmanager
def running(spec: Path) -> Iterator[str]:
    """Its address, as long as the block runs."""
    assert PRISM, "the tests are left out without it"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen([PRISM, "mock", "-h", "127.0.0.1", "-p", str(port), str(spec)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            while server.poll() is None:
                try:
                    httpx2.get(url)
                    break
                except httpx2.ConnectError:
                    time.sleep(0.1)
            yield url
        finally:
            server.terminate()


async def violations(url: str, made: Sequence[Request]) -> list[str]:
    """What is wrong with each of these requests, by the description. That its own examples of answers break it is no fault of ours."""
    found = []
    async with httpx2.AsyncClient(base_url=url, timeout=30) as client:
        for request in made:
            headers = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
            answer = await client.request(request.method, request.target, headers=headers, content=request.body)
            wrong = [one for one in json.loads(answer.headers.get("sl-violations", "[]")) if one["location"][0] == "request"]
            if answer.status_code >= 300 or wrong:
                found.append(f"{request.method} {request.target}: {answer.status_code} {wrong or answer.text}")
    return found
