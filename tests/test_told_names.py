"""Names of values that no provider takes, such as `filter[status]`: a model is told others, what it gives goes out under the action's own, and nothing is told apart wrongly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as some
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from glassine.edge.llm.remote import WIRES
from glassine.edge.llm.wire import Learnt
from glassine.rules.calling.told_names import own, told
from glassine.rules.offering import offer
from glassine.rules.openapi.operations import describe
from glassine.story.actions import acting
from glassine.story.world import World
from glassine.words.actions import Action, CallState, Parameter, Policy, Where
from glassine.words.models import WireName
from glassine.words.turns import Prompt, PromptMessage, ToolCall, ToolSpec
from tests.companies import action, api, session, store
from tests.shop import Shop
from tests.test_llm_wires import drained, theirs
from tests.vendors import Vendor

__all__ = ["api", "store", "theirs"]

# OpenAI takes this as the name of a function; Anthropic takes points besides in those of properties, and others take no more than this.
EVERYWHERE = re.compile(r"[a-zA-Z0-9_-]{1,64}")

SPEC = """
openapi: 3.1.0
info: {title: Orders, version: '1'}
servers: [{url: https://api.orders.example}]
paths:
  /orders:
    post:
      operationId: searchOrders
      summary: Search the orders of a customer
      parameters:
        - {name: 'filter[status]', in: query, description: Only those in this state, schema: {type: string, enum: [open, sent]}}
        - {name: 'filter(status)', in: query, schema: {type: string}}
        - {name: filter_status, in: query, schema: {type: string}}
        - {name: 'X-Thing.id', in: query, required: true, schema: {type: string}}
        - {name: '$top', in: query, schema: {type: integer}}
        - {name: größe, in: query, schema: {type: array}}
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: ['ship.to']
              properties:
                ship.to: {type: object, required: ['zip code'], properties: {'zip code': {type: string}, '@type': {type: string}}}
                lines[]: {type: array, items: {type: object, properties: {'article/no': {type: string}}}}
                either:
                  anyOf:
                    - {type: object, properties: {'a b': {type: string}}}
                    - {type: object, properties: {'a-b': {type: string}, 'a:b': {type: string}}}
"""


def tool() -> tuple[Action, ToolSpec]:
    """The file's one operation, and how a model hears of it."""
    [found] = describe(SPEC.encode()).found
    assert found.action
    [shown] = offer(acting.specs([found.action]), 10_000).tools
    return found.action, shown


def every_name(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from every_name(part)
        for part in schema.get("properties", {}).values():
            yield from every_name(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from every_name(part)


def test_an_imported_action_has_names_that_every_provider_takes() -> None:
    _, shown = tool()
    names = set(every_name(shown.parameters))
    assert {"filter_status", "X-Thing_id", "top", "ship_to", "lines", "zip_code", "type", "article_no", "a_b", "a-b"} <= names
    assert [name for name in names if not EVERYWHERE.fullmatch(name)] == []
    assert len(names) == 15, "no two became one"
    assert set(shown.parameters["required"]) == {"X-Thing_id", "ship_to"}
    assert shown.parameters["properties"]["ship_to"]["required"] == ["zip_code"]
    assert shown.parameters["properties"]["X-Thing_id"]["description"] == "X-Thing.id"
    assert {"items": {}, "type": "array"}.items() <= shown.parameters["properties"]["gr_e"].items(), "a list says what it holds"
    assert any(one.get("description", "").startswith("filter[status]: Only those") for one in shown.parameters["properties"].values())
    Draft202012Validator.check_schema(dict(shown.parameters))


@pytest.mark.parametrize("wire", WireName)
def test_the_vendors_own_types_take_the_tool(theirs: dict[tuple[WireName, bool], TypeAdapter[Any]], wire: WireName) -> None:
    action, shown = tool()
    wanted = PromptMessage(role="assistant", content="", calls=(ToolCall(id="1", name=action.name, arguments={"X-Thing_id": "7"}),))
    prompt = Prompt(messages=(PromptMessage(role="user", content="Which?"), wanted, PromptMessage(role="tool", content="None.", answers="1")), tokens=9, tools=(shown,))
    body = WIRES[wire].body(prompt, "m", Learnt(), host="api.openai.com")
    assert drained(theirs[wire, False].validate_python(body)) == body
    assert [name for name in every_name(body["tools"]) if not EVERYWHERE.fullmatch(name)] == []


def test_what_a_model_gives_has_the_action_s_own_names() -> None:
    action, shown = tool()
    names = {other: name for name, other in told({"properties": {one.name: {} for one in action.parameters}}).items()}
    assert set(shown.parameters["properties"]) == set(names)
    given = {
        "X-Thing_id": "7", "top": 3, "filter_status": "mine", "ship_to": {"zip_code": "80331", "type": "home", "unheard of": 1}, "lines": [{"article_no": "1"}, {"article_no": "2"}],
        "either": {"a_b": "x", "a-b": "y"}, "nothing[]": 1,
    }
    schema = {"type": "object", "properties": {one.name: one.schema for one in action.parameters}}
    assert own(given, schema) == {
        "X-Thing.id": "7", "$top": 3, "filter_status": "mine", "ship.to": {"zip code": "80331", "@type": "home", "unheard of": 1}, "lines[]": [{"article/no": "1"}, {"article/no": "2"}],
        "either": {"a b": "x", "a-b": "y"}, "nothing[]": 1,
    }


async def test_a_call_goes_out_under_the_action_s_own_names(world: World, store: Shop, api: Vendor) -> None:
    odd = (
        Parameter(name="filter[status]", where=Where.QUERY, schema={"type": "string", "enum": ["open"]}, required=True), Parameter(name="X-Thing.id", where=Where.QUERY, schema={"type": "string"}),
    )
    made = action(api, "/orders", *odd, policy=Policy())
    id = await session(world, store)
    call = await acting.ask_in(world, store.org, id, None, ToolCall(id="c1", name=made.name, arguments={"filter_status": "open", "X-Thing_id": "7"}), made)
    assert call.state is CallState.DONE, call.why
    assert dict(call.arguments) == {"filter[status]": "open", "X-Thing.id": "7"}
    assert parse_qsl(urlsplit(api.seen[-1].target).query) == [("filter[status]", "open"), ("X-Thing.id", "7")]
    refused = await acting.ask_in(world, store.org, id, None, ToolCall(id="c2", name=made.name, arguments={"filter_status": "all"}), made)
    assert (refused.state, refused.why) == (CallState.REFUSED, "filter[status]: must be one of open.")


_NAMES = some.one_of(some.text(min_size=1, max_size=80), some.sampled_from(["a", "a_", "a[]", "a()", "[a]", "_", "[]", "é", "a" * 70]))


@given(some.lists(_NAMES, unique=True, max_size=8))
def test_no_two_names_become_one(names: list[str]) -> None:
    schema: dict[str, Any] = {"properties": {name: {} for name in names}}
    found = told(schema)
    assert set(found) == set(names)
    assert len({*found.values()}) == len(names)
    assert all(EVERYWHERE.fullmatch(other) for other in found.values())
    assert own({found[name]: 1 for name in names}, schema) == dict.fromkeys(names, 1)


@given(some.recursive(some.integers(), lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner, max_size=3), max_leaves=12))
def test_whatever_a_model_gives_is_passed_on(value: Any) -> None:
    assert own(value, {}) == value


def test_a_nest_without_end_is_left_to_whoever_checks_it() -> None:
    nest: Any = 1
    for _ in range(20_000):
        nest = [nest]
    assert own(nest, {"type": "array"})[0]
