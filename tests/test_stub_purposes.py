"""The stub model tells what it is asked for on every wire: an answer, the same written anew, a step after an action, a summary; and whatever it does not know is none of these."""

from __future__ import annotations

import pytest

from bench.purposes import ANSWER, OTHER, REWRITE, STEP, SUMMARY, purpose
from bench.stub_model import quote_first_passage
from glassine.edge.llm.remote import WIRES
from glassine.edge.llm.wire import Learnt
from glassine.rules import prompt, summarising
from glassine.words.models import WireName
from glassine.words.turns import Prompt, PromptMessage, ToolCall, ToolSpec
from tests.stories import hit

TOOL = ToolSpec(name="order", description="An order", parameters={"type": "object", "properties": {}})
FIRST = prompt.build(org_name="Shop", history=(), message="Where is it?", hits=(), language="en", tools=(TOOL,))
WANTED = PromptMessage(role="assistant", content="", calls=(ToolCall(id="1", name="order", arguments={}),))
PROMPTS: dict[str, Prompt] = {
    ANSWER: FIRST,
    STEP: prompt.continued(FIRST, WANTED, prompt.answers(FIRST, WANTED, ["On its way."], last=False)),
    REWRITE: prompt.rewritten(FIRST, "It is here.", ["No cited passage says so."]),
    SUMMARY: summarising.asked(()),
    OTHER: Prompt(messages=(PromptMessage(role="system", content="Translate."), PromptMessage(role="user", content=FIRST.messages[1].content)), tokens=9),
}


@pytest.mark.parametrize("wire", WireName)
@pytest.mark.parametrize("name", PROMPTS)
def test_what_a_request_is_for_shows_on_every_wire(wire: WireName, name: str) -> None:
    assert purpose(WIRES[wire].body(PROMPTS[name], "m", Learnt(), host="api.openai.com")) == name


def test_a_quote_closes_its_code_before_it_cites() -> None:
    built = prompt.build(org_name="Shop", history=(), message="How?", hits=[hit("```\nfly ips list\nIs it there? Then go on.\n```")], language="en")
    body = WIRES[WireName.OPENAI].body(built, "m", Learnt())
    assert quote_first_passage(body) == "```\nfly ips list\nIs it there?\n```\n[1]"
