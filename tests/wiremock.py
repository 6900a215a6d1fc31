"""WireMock before a server of a test's own: what it is told to spoil it spoils, in the order that it is told, and all else it hands on. It knows no vendor."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import pytest

ROOT = Path(__file__).resolve().parent.parent
JAVA = shutil.which("java")
JAR = next(iter(sorted((ROOT / ".wiremock/node_modules/wiremock/build").glob("wiremock-standalone-*.jar"))), None)

needs_wiremock = [
    pytest.mark.enable_socket, pytest.mark.long,
    pytest.mark.skipif(JAVA is None or JAR is None, reason="no Java or no WireMock here; .ci/run says how they are installed"),
]  # fmt: skip

_OVER = "over"  # the last state of every scenario
Bad = Mapping[str, Any]  # an answer, in WireMock's words
ERROR: Bad = {"status": 500, "body": "oh"}
MALFORMED: Bad = {"status": 200, "headers": {"Content-Type": "application/json"}, "body": '{"half of'}
EXPIRED: Bad = {"status": 401, "headers": {"Content-Type": "application/json"}, "body": '{"error": "invalid_token"}'}
RESET: Bad = {"fault": "CONNECTION_RESET_BY_PEER"}
BROKEN_CHUNK: Bad = {"fault": "MALFORMED_RESPONSE_CHUNK"}
EMPTY: Bad = {"fault": "EMPTY_RESPONSE"}
RUBBISH: Bad = {"fault": "RANDOM_DATA_THEN_CLOSE"}


def limited(seconds: int) -> Bad:
    return {"status": 429, "headers": {"Retry-After": str(seconds)}, "body": "slow down"}


def slow(milliseconds: int) -> Bad:
    return {"status": 200, "fixedDelayMilliseconds": milliseconds, "body": "{}"}


@dataclass(frozen=True, slots=True)
class WireMock:
    url: str

    def stand_before(self, server: str) -> None:
        """Forgets everything, and hands on to this server."""
        httpx2.post(f"{self.url}/__admin/reset", timeout=60).raise_for_status()
        self._add({"priority": 10, "request": {"method": "ANY", "urlPattern": ".*"}, "response": {"proxyBaseUrl": server}})

    def spoil(self, method: str, path: str, answers: Sequence[Bad], *, query: Mapping[str, str] | None = None) -> None:
        """The first requests of this kind get these answers, one after another, in the states of a scenario; those after them are handed on."""
        states = ["Started", *(f"after {number}" for number in range(1, len(answers))), _OVER]
        named = {name: {"matches": pattern} for name, pattern in (query or {}).items()}
        for answer, (before, then) in zip(answers, pairwise(states), strict=True):
            self._add({
                "priority": 1, "scenarioName": f"{method} {path} {query}", "requiredScenarioState": before, "newScenarioState": then,
                "request": {"method": method, "urlPathPattern": path, "queryParameters": named}, "response": dict(answer),
            })

    def mend(self) -> None:
        """Nothing is spoilt any more."""
        for one in httpx2.get(f"{self.url}/__admin/mappings", timeout=60).json()["mappings"]:
            if "scenarioName" in one:
                httpx2.delete(f"{self.url}/__admin/mappings/{one['id']}", timeout=60).raise_for_status()

    def left(self) -> list[str]:
        """The scenarios that have not come to their end."""
        every = httpx2.get(f"{self.url}/__admin/scenarios", timeout=60).json()["scenarios"]
        return [one["name"] for one in every if one["state"] != _OVER]

    def _add(self, mapping: Mapping[str, Any]) -> None:
        httpx2.post(f"{self.url}/__admin/mappings", content=json.dumps(mapping).encode(), timeout=60).raise_for_status()


@contextmanager
def running() -> Iterator[WireMock]:
    """On a free port of this machine, as long as the block runs."""
    assert JAVA, "the tests are left out without it"
    assert JAR, "as above"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [JAVA, "-Xmx128m", "-jar", str(JAR), "--port", str(port), "--bind-address", "127.0.0.1", "--disable-banner", "--no-request-journal"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={name: value for name, value in os.environ.items() if "PROXY" not in name.upper()}) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            while server.poll() is None:
                try:
                    if httpx2.get(f"{url}/__admin/health", timeout=60).status_code == 200:
                        break
                except httpx2.TransportError:
                    time.sleep(0.1)
            yield WireMock(url)
        finally:
            server.terminate()
