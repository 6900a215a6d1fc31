"""How soon a handoff stands in the own inbox: from the customer's message until the live stream has said so and the list that the page fetches then shows it.

`./dev bench handoff_visible` starts the product in a process of its own, opens the inbox's stream as a browser does, and hands 100 sessions off. The bar is 1 s at the 95th percentile, the turn that decides on the handoff included.
"""

from __future__ import annotations

import json
import re
import threading
import time
from queue import Empty, Queue

import httpx2

from bench import product
from bench.table import Figure

_MESSAGE = "I want to talk to a human being about my tent, please."
_BAR = 1.0  # seconds


def measured(count: int) -> list[Figure]:
    with product.scratch_home() as home, product.up(home) as running:
        owner = httpx2.Client(base_url=running.url, follow_redirects=True, timeout=30)
        owner.post(running.admin_url.removeprefix(running.url))
        api = httpx2.Client(base_url=running.api_base, headers={"Authorization": f"Bearer {running.api_key}"}, timeout=30)
        heard: Queue[float] = Queue()
        threading.Thread(target=_listen, args=(owner, heard), daemon=True).start()
        heard.get(timeout=30)  # the stream is open
        took = sorted(_one(owner, api, heard) for _ in range(count))
    return [
        Figure(what="handoff until it stands in the inbox: p50", value=round(_at(took, 0.5), 3), unit="s"),
        Figure(what="handoff until it stands in the inbox: p95", value=round(_at(took, 0.95), 3), unit="s", bar=_BAR),
    ]


def _listen(owner: httpx2.Client, heard: Queue[float]) -> None:
    with owner.stream("GET", "/inbox/stream", timeout=None) as answer:
        for line in answer.iter_lines():
            if line.startswith("retry:") or (line.startswith("data:") and json.loads(line[5:])["kind"] in ("owner", "settled", "event")):
                heard.put(time.monotonic())


def _one(owner: httpx2.Client, api: httpx2.Client, heard: Queue[float]) -> float:
    """From the moment at which the message is sent until a fetch that a notice set off shows the session."""
    session = api.post("/chat/sessions", json={"channel": {"type": "web"}}).json()["id"]
    while not heard.empty():
        heard.get_nowait()
    began = time.monotonic()
    sending = threading.Thread(target=lambda: api.post(f"/chat/sessions/{session}/send", json={"sender": {"type": "contact"}, "message": {"type": "text", "text": _MESSAGE}}))
    sending.start()
    try:
        while time.monotonic() - began < 30:
            try:
                heard.get(timeout=5)
            except Empty:
                continue
            shown = owner.get("/inbox/refresh?view=unassigned", headers={"HX-Request": "true"}).text
            if re.search(rf'id="line-{session}"', shown):
                return time.monotonic() - began
    finally:
        sending.join()
        api.patch(f"/chat/sessions/{session}", json={"status": "closed_resolved"})  # the list stays short
    return 30.0


def _at(took: list[float], share: float) -> float:
    return took[min(len(took) - 1, int(share * len(took)))]
