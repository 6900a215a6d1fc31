"""Holds every request that handoffs to Sunshine Conversations make to the vendor's own OpenAPI description, by Prism: `python -m bench.sunshine_spec DESCRIPTION`.

The description is not part of this repository; Zendesk publishes it. Prism proves the form of single requests, and what follows from what is played by the twin.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import httpx2

from glassine.words.helpdesks import Enclosed, Requester
from tests.helpdesk_twins import running
from tests.sunshine_twin import SunshineTwin
from tests.test_sunshine import AGENT, SUNSHINE, way
from tests.vendors import Request
from tests.zendesk_talk import HOOK, TALK, draft, entry

ROOT = Path(__file__).resolve().parent.parent


async def requests() -> list[Request]:
    """Of the settings, of handoffs with files and without, of what is said later, of both states, of looking, and of disconnecting: each kind of request once or more."""
    files = (Enclosed(name="lamp.png", media_type="image/png", content=b"\x89PNG"), Enclosed(name="bill.pdf", media_type="application/pdf", content=b"%PDF"))
    async with running(SunshineTwin(page_size=3)) as twin, way(twin) as link:
        await SUNSHINE.check(link)
        made = await SUNSHINE.install(link, HOOK)
        await SUNSHINE.install(link, HOOK)
        full = draft(*TALK, entry(5, "See", files=files), requester=Requester(key="k1", name="Lea", email="lea@example.com"))
        ticket = await SUNSHINE.open(link, full, "d")
        await SUNSHINE.open(link, replace(full, requester=Requester(key="k2")), "d")
        await SUNSHINE.say(link, ticket, entry(9, "And?"), "d")
        await SUNSHINE.said(link, ticket, entry(9, "").marker)
        for solved in (True, False):
            await SUNSHINE.set_status(link, ticket, solved=solved)
        since = (await SUNSHINE.look(link, ticket, "")).since
        twin.write(ticket.id, AGENT, {"type": "text", "text": "Here."})
        await SUNSHINE.look(link, ticket, since)
        await SUNSHINE.uninstall(link, made)
        return twin.seen


def violations(description: str, prism: str, asked: list[Request]) -> list[str]:
    """What Prism says against them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = []
    with subprocess.Popen([prism, "mock", "-h", "127.0.0.1", "-p", str(port), description], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            while True:
                try:
                    httpx2.get(f"http://127.0.0.1:{port}/")
                    break
                except httpx2.ConnectError:
                    time.sleep(0.1)
            for one in asked:
                headers = {name: value for name, value in one.headers.items() if name in ("authorization", "content-type", "accept")}
                answer = httpx2.request(one.method, f"http://127.0.0.1:{port}{one.target}", headers=headers, content=one.body)
                if answer.status_code >= 300 or "sl-violations" in answer.headers:
                    found.append(f"{one.method} {one.target}: {answer.status_code} {answer.headers.get('sl-violations', answer.text)[:500]}")
        finally:
            server.terminate()
    return found


def main() -> None:
    prism = shutil.which("prism", path=f"{ROOT / '.prism/node_modules/.bin'}:/usr/local/bin:/usr/bin")
    if len(sys.argv) != 2 or prism is None:
        raise SystemExit("python -m bench.sunshine_spec DESCRIPTION, with Prism in .prism as .ci/run installs it")
    asked = asyncio.run(requests())
    found = violations(sys.argv[1], prism, asked)
    kinds = {(one.method, one.target.partition("?")[0].rpartition("/")[2]) for one in asked}
    print(f"{len(asked)} requests of {len(kinds)} kinds, {len(found)} violations", *found, sep="\n")


if __name__ == "__main__":
    main()
