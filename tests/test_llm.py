"""The model port against a real server that misbehaves in every way we know, and our request against the vendor's own SDK and types."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletion

from bench.stub_model import StubModel, asks, quote_first_passage, told
from bench.stub_wires import Says
from glassine.edge.addresses import places
from glassine.edge.gate import CrossingRow, Gate
from glassine.edge.llm.remote import RemoteModel
from glassine.words.errors import ModelFailed
from glassine.words.ids import OrgId, SessionId, new_id
from glassine.words.turns import Asked, Prompt, PromptMessage, ToolCall, ToolSpec

pytestmark = pytest.mark.enable_socket

ORG, SESSION = OrgId(new_id()), SessionId(new_id())
KEY = "sk-secret-0123456789"
PROMPT = Prompt(
    messages=(
        PromptMessage(role="system", content="Answer from the passages."),
        PromptMessage(role="user", content='<passage n="1">Refunds take 5 days. Ask us.</passage> Wie lange dauert es? 😀'),
    ),
    tokens=40,
)
_CALLS = (ToolCall(id="call_4111111111111111", name="find_order", arguments={"id": 7, "why": "späte"}), ToolCall(id="x", name="find_shop", arguments={}))
WITH_TOOLS = replace(
    PROMPT,
    messages=(
        *PROMPT.messages, PromptMessage(role="assistant", content="", calls=_CALLS), PromptMessage(role="tool", content='{"sent": "Monday"}', answers=_CALLS[0].id),
        PromptMessage(role="tool", content="none", answers="x"), PromptMessage(role="user", content="And now?"),
    ),
    tools=(
        ToolSpec(name="find_order", description="Finds an order.", parameters={"type": "object", "properties": {"id": {"type": "integer"}, "why": {"type": "string"}}, "required": ["id"]}),
        ToolSpec(name="find_shop", description="Finds a shop.", parameters={"type": "object", "properties": {}}),
    ),
)
Make = Callable[..., RemoteModel]


@pytest.fixture
async def stub() -> AsyncIterator[StubModel]:
    async with StubModel() as server:
        yield server


@pytest.fixture
async def rows() -> list[CrossingRow]:
    return []


@pytest.fixture
async def make(stub: StubModel, rows: list[CrossingRow]) -> AsyncIterator[Make]:
    async def record(row: CrossingRow) -> None:
        rows.append(row)

    gate = Gate(allowed_private=places([stub.url]), record=record)
    yield lambda url=stub.url, timeout=5.0: RemoteModel(gate, url=url, model="small-1", key=KEY, timeout=timeout)
    await gate.aclose()


async def test_an_answer(stub: StubModel, make: Make, rows: list[CrossingRow]) -> None:
    asked: list[Asked] = []
    reply = await make().complete(PROMPT, org=ORG, session=SESSION, asked=asked)
    assert reply.text == "Refunds take 5 days. [1]"
    assert reply.model == "small-1"
    assert reply.prompt_tokens > reply.cached_tokens > 0 < reply.completion_tokens
    assert stub.bodies == [one.request for one in asked]
    assert (asked[0].endpoint, asked[0].wire, asked[0].failed, asked[0].prompt_tokens) == ("small-1", "openai", "", reply.prompt_tokens)
    assert asked[0].milliseconds > 0
    assert stub.headers[0]["authorization"] == f"Bearer {KEY}"
    assert [(row.org, row.session, row.purpose, row.allowed) for row in rows] == [(ORG, SESSION, "model", True)]
    assert rows[0].bytes == int(stub.headers[0]["content-length"])


@pytest.mark.parametrize(("mode", "kind"), [
    ("429", "rate_limited"), ("500", "unreachable"), ("garbage", "malformed"), ("stream_garbage", "malformed"), ("hang", "timeout"), ("slow", "timeout"),
    ("disconnect", "unreachable"), ("redirect", "unreachable"), ("huge", "unreachable"),
])
async def test_every_failure_has_a_kind_and_a_clean_sentence(stub: StubModel, make: Make, mode: str, kind: str) -> None:
    stub.mode = mode
    with pytest.raises(ModelFailed) as failed:
        await make(timeout=1.0 if kind == "timeout" else 5.0).complete(PROMPT, org=ORG, session=SESSION)
    assert failed.value.kind == kind
    assert KEY not in str(failed.value)
    assert "Refunds" not in str(failed.value)
    assert stub.calls == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "http://[bad", "", "http://10.1.2.3/v1", "ftp://x/v1"])
async def test_an_address_that_cannot_be_used(make: Make, url: str) -> None:
    with pytest.raises(ModelFailed) as failed:
        await make(url=url).complete(PROMPT, org=ORG, session=SESSION)
    assert failed.value.kind == "unreachable"


def _completion(**change: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Yes. [1]"}, "finish_reason": "stop"} | change.pop("choice", {})]} | change


@pytest.mark.parametrize(("said", "name"), [("a\x00b", "ab"), ("\x00", "small-1"), ("", "small-1"), ("x" * 5_000, "x" * 200)])
async def test_a_models_name_is_one_that_can_be_stored(stub: StubModel, make: Make, monkeypatch: pytest.MonkeyPatch, said: str, name: str) -> None:
    monkeypatch.setattr("bench.stub_model._completion", lambda *_: _completion(model=said))
    assert (await make().complete(PROMPT, org=ORG, session=SESSION)).model == name


@pytest.mark.parametrize(("answer", "kind"), [
    ([], "malformed"), ({}, "malformed"), ({"choices": []}, "malformed"), ({"choices": "x"}, "malformed"), ({"choices": [{}]}, "malformed"),
    (_completion(choice={"message": {"role": "assistant", "content": None}}), "malformed"),
    (_completion(choice={"message": {"role": "assistant", "content": ["Yes"]}}), "malformed"),
    (_completion(choice={"message": {"role": "user", "content": "Yes"}}), "malformed"),
    (_completion(choice={"message": {"role": "assistant", "content": " \n "}}), "malformed"),
    (_completion(choice={"message": {"role": "assistant", "content": "a\x00b"}}), "malformed"),
    (_completion(choice={"message": {"role": "assistant", "content": "a\ud800b"}}), "malformed"),
    (_completion(choice={"finish_reason": "length"}), "malformed"),
    (_completion(choice={"finish_reason": "tool_calls"}), "malformed"),
    (_completion(choice={"message": {"role": "assistant", "tool_calls": [{"id": "", "function": {"name": "f"}}]}}), "malformed"),
    (_completion(choice={"finish_reason": "content_filter"}), "refused"),
    (_completion(choice={"message": {"role": "assistant", "content": "", "refusal": "I cannot"}}), "refused"),
    (_completion(usage={"prompt_tokens": "many"}), "malformed"), (_completion(usage={"prompt_tokens": -1}), "malformed"),
    (_completion(usage={"prompt_tokens": 10**300}), "malformed"),
])
async def test_answers_that_are_not_whole_readable_text(stub: StubModel, make: Make, monkeypatch: pytest.MonkeyPatch, answer: object, kind: str) -> None:
    monkeypatch.setattr("bench.stub_model._completion", lambda *_: answer)
    with pytest.raises(ModelFailed) as failed:
        await make().complete(PROMPT, org=ORG, session=SESSION)
    assert failed.value.kind == kind


async def test_usage_and_model_may_be_missing(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.stub_model._completion", lambda *_: _completion(choice={"finish_reason": None}))
    reply = await make().complete(PROMPT, org=ORG, session=None)
    assert (reply.text, reply.model, reply.prompt_tokens) == ("Yes. [1]", "small-1", 0)


async def test_a_model_that_names_its_parameters_otherwise_is_understood(stub: StubModel, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Newer OpenAI models answer 400 with `param` to max_tokens and to temperature 0. The lesson is kept for the next call."""
    plain = StubModel._act

    async def picky(self: StubModel, writer: Any, body: dict[str, Any]) -> bool:
        for name in ("max_tokens", "temperature"):
            if name in body:
                raw = json.dumps({"error": {"message": "no", "type": "invalid_request_error", "param": name, "code": "unsupported_parameter"}}).encode()
                writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n" % len(raw) + raw)
                return True
        return await plain(self, writer, body)

    monkeypatch.setattr(StubModel, "_act", picky)
    llm = make()
    for _ in range(2):
        await llm.complete(PROMPT, org=ORG, session=SESSION)
    assert stub.calls == 4
    assert stub.bodies[-1].keys() == {"model", "messages", "max_completion_tokens"}


async def test_a_refused_request_names_the_provider_s_code_only(stub: StubModel, make: Make) -> None:
    with pytest.raises(ModelFailed) as failed:
        await make().complete(Prompt(messages=(), tokens=0), org=ORG, session=SESSION)
    assert failed.value.kind == "refused"
    assert str(failed.value) == "The model's server answered 400 (invalid_request_error)."
    stub.mode = "ok"
    with pytest.raises(ModelFailed, match="404") as failed:
        await make(url=stub.url.replace("/v1", "/v2")).complete(PROMPT, org=ORG, session=SESSION)
    assert failed.value.kind == "denied"


async def test_a_call_and_its_answer(stub: StubModel, make: Make) -> None:
    """Two calls at once, their answers, and a reply that follows from them."""
    stub.script = [
        (asks("Wie lange"), Says(calls=(("find_order", {"id": 7, "why": "späte"}), ("find_shop", "")))),
        (told("Oslo"), Says(text="Sent on Monday. [1]")),
    ]
    llm = make()
    prompt = replace(PROMPT, tools=WITH_TOOLS.tools)
    first = await llm.complete(prompt, org=ORG, session=SESSION)
    assert [(call.name, dict(call.arguments)) for call in first.calls] == [("find_order", {"id": 7, "why": "späte"}), ("find_shop", {})]
    assert first.text == ""
    answers = [PromptMessage(role="tool", content=words, answers=call.id) for words, call in zip(["Monday", "Oslo"], first.calls, strict=True)]
    after = replace(prompt, messages=(*prompt.messages, PromptMessage(role="assistant", content="", calls=first.calls), *answers))
    assert (await llm.complete(after, org=ORG, session=SESSION)).text == "Sent on Monday. [1]"
    assert "4111" not in str(stub.bodies[-1])  # an id of the provider's would look like a card to the gate
    assert [message.get("tool_call_id") for message in stub.bodies[-1]["messages"][-2:]] == [call["id"] for call in stub.bodies[-1]["messages"][-3]["tool_calls"]]


@pytest.mark.parametrize("calls", [
    (("find_order", "{"),), (("find_order", "[]"),), (("find_order", '"x"'),), (("find_order", '{"a": NaN}'),), (("find_order", '{"a": "\\u0000"}'),),
    (("find_order", '{"\\ud800": 1}'),), (("", "{}"),), (("find_order", "[" * 100_000),), (("find_order", '{"a":' * 5_000),), (("find_order", '{"a": "' + "x" * 20_001 + '"}'),),
    tuple(("find_order", "{}") for _ in range(17)),
])
async def test_calls_that_cannot_be_read_or_stored(stub: StubModel, make: Make, calls: tuple[tuple[str, str], ...]) -> None:
    stub.answer = Says(calls=calls)
    with pytest.raises(ModelFailed) as failed:
        await make().complete(WITH_TOOLS, org=ORG, session=SESSION)
    assert failed.value.kind == "malformed"


async def test_a_call_when_nothing_was_offered_is_no_answer(stub: StubModel, make: Make) -> None:
    stub.answer = Says(text="Yes. [1]", calls=(("find_order", {}),))
    with pytest.raises(ModelFailed, match="nothing was offered"):
        await make().complete(PROMPT, org=ORG, session=SESSION)


async def test_the_vendor_s_sdk_would_send_the_same_body_and_read_the_same_answer(stub: StubModel, make: Make) -> None:
    reply = await make().complete(PROMPT, org=ORG, session=SESSION)
    body: Any = stub.bodies[0]
    async with openai.AsyncOpenAI(api_key=KEY, base_url=stub.url, max_retries=0) as client:
        theirs: ChatCompletion = await client.chat.completions.create(**body)
        words = [chunk.choices[0].delta.content or "" async for chunk in await client.chat.completions.create(**body, stream=True)]
    assert stub.bodies[0] == stub.bodies[1]
    assert theirs.choices[0].message.content == reply.text == "".join(words)
    assert theirs.usage is not None
    assert theirs.usage.prompt_tokens == reply.prompt_tokens


def test_the_stub_hands_off_when_there_is_nothing_to_quote() -> None:
    assert quote_first_passage({"messages": [{"role": "user", "content": "hi"}]}).startswith("HANDOFF:")
