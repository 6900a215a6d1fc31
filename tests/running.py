"""The whole product in processes of its own, started as `glassine up` starts it, for tests that come in by its doors. It reaches into nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import httpx2
import pytest

from glassine import config
from glassine.config import Settings

ARTICLES = {
    "Returns and refunds": (
        "# Returns and refunds\n\nYou can return an unused tent within 30 days of delivery. Open **Orders**, choose the order and print the label.\n\n"
        "Refunds for a returned tent arrive within five working days on the card you paid with."
    ),
    "Repairs": "# Repairs\n\nWe repair zips and poles of every tent for ten years. Send the tent in dry and clean, and we send it back within two weeks.",
}


@dataclass(frozen=True, kw_only=True)
class Product:
    """A running product: its addresses, and the demo organisation's key and widget token."""

    url: str
    admin_url: str
    api_base: str
    api_key: str
    widget_token: str
    organization_id: str

    def ask(self, method: str, path: str, body: object = None) -> httpx2.Response:
        """A call of the public API with the organisation's key."""
        return httpx2.request(method, self.api_base + path, json=body, headers={"Authorization": f"Bearer {self.api_key}"}, timeout=30)

    @cached_property
    def owner(self) -> httpx2.Client:
        """The inbox of the demo's owner, signed in by the one-time link; its forms carry the page's proof."""
        client = httpx2.Client(base_url=self.url, follow_redirects=True, timeout=30)
        page = client.post(self.admin_url.removeprefix(self.url))
        proof = re.search(r'"X-Csrf": "([^"]+)"', page.text)
        assert proof, page.text
        client.headers["X-Csrf"] = proof[1]
        return client

    def reply(self, session: str, text: str) -> None:
        """The owner answers a customer from the inbox, and so takes the session over."""
        assert self.owner.post(f"/inbox/sessions/{session}/write", data={"mode": "reply", "text": text}).is_success


@dataclass(frozen=True, kw_only=True)
class Demo:
    """What a first start leaves: the name of its database, and its home."""

    database: str
    home: Path


@contextmanager
def started(settings: Settings) -> Iterator[dict[str, str]]:
    """`glassine up --json` with these settings, and the line that it prints. Stopped in the end."""
    command = [sys.executable, "-P", "-m", "glassine", "up", "--json", "--port", "0", "--home", str(settings.home)]
    environment = config.environment(replace(settings, visitor_rate=100_000)) | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, "the product ended before it was ready; its reasons stand above"
        yield json.loads(line)
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


@pytest.fixture(scope="module")
def product(settings: Settings) -> Iterator[Product]:
    """A product with two articles about tents, stopped when the module's tests are done."""
    with started(settings) as line:
        running = Product(**line)
        for title, body in ARTICLES.items():
            answer = running.ask("POST", "/knowledge/articles", {"title": title, "body": body, "url": f"https://shop.example/help/{title.split()[0].lower()}"})
            assert answer.is_success, answer.text
        yield running
        running.owner.close()
