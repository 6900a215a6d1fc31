"""What the model port costs the processor: making a body, reading an answer, whole and streamed, on each wire, and what a chain adds. No network.

`python -m bench.model_port` prints the table.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from uuid import uuid4

from bench.stub_wires import WIRES as SHAPES
from bench.stub_wires import Says
from glassine.edge.llm.event_stream import EventStream
from glassine.edge.llm.remote import WIRES
from glassine.edge.llm.wire import Learnt
from glassine.store import requests
from glassine.story.models.metering import Meter
from glassine.words.ids import OrgId
from glassine.words.models import Endpoint, Use, WireName
from glassine.words.turns import Asked, Prompt, PromptMessage, ToolSpec

TIMES = 3_000
_PROMPT = Prompt(
    messages=(PromptMessage(role="system", content="Answer from the passages. " * 60), PromptMessage(role="user", content="A passage of some length, and a question. " * 200)), tokens=2_500,
    tools=tuple(ToolSpec(name=f"tool_{n}", description="Does something with an order.", parameters={"type": "object", "properties": {"id": {"type": "string"}}}) for n in range(8)),
)
_SAYS = Says(text="You can return an unused lamp within 30 days of delivery, in its box and with its receipt. [1] " * 4)


def main() -> None:
    print("| wire | body | read, whole | read, streamed |\n|---|---|---|---|")
    for name, wire in WIRES.items():
        body = wire.body(_PROMPT, "m", Learnt(), stream=True)
        whole, events = json.dumps(SHAPES[wire.path].whole(body, _SAYS)).encode(), SHAPES[wire.path].events(body, _SAYS)
        figures = (
            cost(lambda wire=wire: json.dumps(wire.body(_PROMPT, "m", Learnt(), host="api.openai.com"), ensure_ascii=False).encode()),  # type: ignore[misc]  # mypy reads no default of a lambda
            cost(lambda wire=wire, whole=whole: wire.read(whole, _PROMPT, "m")), cost(lambda name=name, events=events: _streamed(name, events)),  # type: ignore[misc]  # as above
        )
        print(f"| {name} | " + " | ".join(f"{figure:.3f} ms" for figure in figures) + " |")
    org, endpoint = OrgId(uuid4()), Endpoint(id="a", name="a", url="https://a.example", model="a")
    meter, reply = Meter(None, None), WIRES[WireName.OPENAI].read(json.dumps(SHAPES["/chat/completions"].whole({"model": "m", "messages": []}, _SAYS)).encode(), _PROMPT, "m")  # type: ignore[arg-type]  # nothing is written

    def counted() -> None:
        meter.refuses(org, endpoint)
        meter.answered(org, endpoint, Use.ANSWER, reply)

    print(f"\nasking the breaker and counting: {cost(counted):.4f} ms")
    asked = [Asked(endpoint="a", wire="openai", model="m", request=WIRES[WireName.OPENAI].body(_PROMPT, "m", Learnt()))]
    print(f"leaving out of the evidence what the prompt holds: {cost(lambda: requests.short(_PROMPT, asked)):.4f} ms")


def _streamed(name: WireName, pieces: list[bytes]) -> None:
    events, gathering = EventStream(), WIRES[name].gathering(_PROMPT, "m")
    for piece in pieces:
        for event in events.feed(piece):
            gathering.take(event)
    gathering.done()


def cost(work: Callable[[], object]) -> float:
    """Milliseconds of the processor for one."""
    work()
    began = time.process_time()
    for _ in range(TIMES):
        work()
    return (time.process_time() - began) * 1_000 / TIMES


if __name__ == "__main__":
    main()
