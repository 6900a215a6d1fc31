"""Requests to models in the store: what they share with the prompt and with one another is kept once, and read back word for word."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from glassine.edge.llm.remote import WIRES
from glassine.edge.llm.wire import Learnt
from glassine.store import requests
from glassine.words.models import WireName
from glassine.words.turns import Asked, PromptMessage
from tests.test_llm import PROMPT, WITH_TOOLS

LONG = "Something that is long enough to be named rather than kept. " * 5


@pytest.mark.parametrize("wire", WireName)
def test_what_is_kept_is_read_back_as_it_was_sent(wire: WireName) -> None:
    messages = (PromptMessage(role="system", content=LONG), *WITH_TOOLS.messages[1:], PromptMessage(role="tool", content=LONG + "!", answers="x"))
    first, last = replace(PROMPT, tools=WITH_TOOLS.tools, messages=messages[:2]), replace(WITH_TOOLS, messages=messages)
    asked = [Asked(endpoint="e", wire=wire, model="m", request=WIRES[wire].body(prompt, "m", Learnt())) for prompt in (first, last)]
    short = requests.short(last, asked)
    kept = json.loads(json.dumps({"prompt": asdict(last), "asked": [asdict(one) for one in short]}))
    assert [one["request"] for one in requests.whole(kept)] == [one.request for one in asked]
    assert LONG not in str(kept["asked"])
    assert str(kept["asked"]).count("Finds an order.") == 1
    assert [one.request for one in asked] == [WIRES[wire].body(prompt, "m", Learnt()) for prompt in (first, last)]  # the trace itself is as it was
