"""Every wire of the model port: requests against the providers' own schemas, answers whole and in events, and streams that break off anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, get_args, get_origin

import anthropic
import anthropic.types
import openai
import openai.types.chat
import openai.types.responses
import pytest
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming, CompletionCreateParamsStreaming
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming, ResponseCreateParamsStreaming
from pydantic import TypeAdapter, ValidationError
from typing_extensions import get_type_hints

from bench.stub_model import StubModel, asks, told
from bench.stub_wires import WIRES as SHAPES
from bench.stub_wires import Says
from glassine.edge.addresses import places
from glassine.edge.gate import Gate
from glassine.edge.llm.event_stream import EventStream
from glassine.edge.llm.remote import WIRES, RemoteModel
from glassine.edge.llm.wire import Learnt
from glassine.words.errors import ModelFailed
from glassine.words.models import WireName
from glassine.words.turns import Asked, Prompt, PromptMessage, ToolCall, ToolSpec
from tests.test_llm import KEY, ORG, PROMPT, SESSION, WITH_TOOLS

pytestmark = pytest.mark.enable_socket

SCHEMA = {"type": "object", "properties": {"topic": {"type": "string"}}, "required": ["topic"], "additionalProperties": False}
PROMPTS = {
    "plain": PROMPT, "tools": WITH_TOOLS, "schema": replace(PROMPT, schema=SCHEMA),
    "words beside calls": replace(WITH_TOOLS, messages=tuple(replace(one, content=one.content or "One moment.") for one in WITH_TOOLS.messages)),
    "no rules": Prompt(messages=PROMPT.messages[1:], tokens=9),
}  # fmt: skip
THEIRS = {
    WireName.OPENAI: (CompletionCreateParamsNonStreaming, CompletionCreateParamsStreaming),
    WireName.RESPONSES: (ResponseCreateParamsNonStreaming, ResponseCreateParamsStreaming),
    WireName.ANTHROPIC: (MessageCreateParamsNonStreaming, MessageCreateParamsStreaming),
}


def closed(type: Any, seen: set[int] | None = None) -> Any:
    """Makes a vendor's dictionaries, and all that they hold, refuse keys that they do not name."""
    seen = set() if seen is None else seen
    if id(type) in seen:
        return type
    seen.add(id(type))
    if hasattr(type, "__required_keys__"):
        if not hasattr(type, "__pydantic_config__"):
            type.__pydantic_config__ = {"extra": "forbid"}
        for part in get_type_hints(type).values():
            closed(part, seen)
    for part in get_args(type) if get_origin(type) is not None else ():
        closed(part, seen)
    return type


def drained(value: Any) -> Any:
    """Iterables are validated as they are read, so all of them are read."""
    if isinstance(value, Mapping):
        return {name: drained(inner) for name, inner in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [drained(inner) for inner in value]
    return value


@pytest.fixture(scope="module")
def theirs() -> dict[tuple[WireName, bool], TypeAdapter[Any]]:
    return {(wire, stream): TypeAdapter(closed(types[stream])) for wire, types in THEIRS.items() for stream in (False, True)}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("name", PROMPTS)
@pytest.mark.parametrize("wire", WireName)
def test_the_vendor_s_own_types_accept_our_request(theirs: dict[tuple[WireName, bool], TypeAdapter[Any]], wire: WireName, name: str, stream: bool) -> None:
    for host in ("api.openai.com", "models.example"):
        body = WIRES[wire].body(PROMPTS[name], "m", Learnt(), host=host, stream=stream)
        assert drained(theirs[wire, stream].validate_python(body)) == body


@pytest.mark.parametrize("wire", WireName)
def test_the_vendor_s_own_types_refuse_what_they_do_not_know(theirs: dict[tuple[WireName, bool], TypeAdapter[Any]], wire: WireName) -> None:
    body = WIRES[wire].body(WITH_TOOLS, "m", Learnt())
    place = "input" if wire is WireName.RESPONSES else "messages"
    for wrong in (
        body | {"temper": 1}, body | {"model": 7}, body | {place: [{"role": "nobody", "content": "x"}]},
        body | {place: [*body[place], {**body[place][0], "mood": "bad"}]}, body | {"tools": [{**body["tools"][0], "colour": "red"}]},
    ):
        with pytest.raises(ValidationError):
            drained(theirs[wire, False].validate_python(wrong))


@pytest.fixture
async def stub() -> AsyncIterator[StubModel]:
    async with StubModel() as server:
        yield server


@pytest.fixture
async def gate(stub: StubModel) -> AsyncIterator[Gate]:
    made = Gate(allowed_private=places([stub.url]))
    yield made
    await made.aclose()


def remote(gate: Gate, stub: StubModel, wire: WireName, **more: Any) -> RemoteModel:
    return RemoteModel(gate, url=stub.url, model="m", wire=wire, key=KEY, timeout=5, **more)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("wire", WireName)
async def test_a_conversation_with_calls(gate: Gate, stub: StubModel, wire: WireName, stream: bool) -> None:
    """Words, two calls at once, their answers, and a reply that follows from them; the words come piece by piece."""
    stub.script = [
        (asks("Wie lange"), Says(text="One moment, ", calls=(("find_order", {"id": 7, "why": "späte"}), ("find_shop", {})))), (told("Oslo"), Says(text="Sent on Monday. [1] Ü")),
    ]
    llm, asked = remote(gate, stub, wire), list[Asked]()
    heard: list[str] = []
    on_text = heard.append if stream else None
    prompt = replace(PROMPT, tools=WITH_TOOLS.tools)
    first = await llm.complete(prompt, org=ORG, session=SESSION, asked=asked, on_text=on_text)
    assert [(call.name, dict(call.arguments)) for call in first.calls] == [("find_order", {"id": 7, "why": "späte"}), ("find_shop", {})]
    assert first.text == "One moment,"
    answers = [PromptMessage(role="tool", content=words, answers=call.id) for words, call in zip(["Monday", "Oslo"], first.calls, strict=True)]
    after = replace(prompt, messages=(*prompt.messages, PromptMessage(role="assistant", content=first.text, calls=first.calls), *answers))
    last = await llm.complete(after, org=ORG, session=SESSION, asked=asked, on_text=on_text)
    assert last.text == "Sent on Monday. [1] Ü"
    assert last.prompt_tokens > last.cached_tokens > 0 < last.completion_tokens
    assert stub.bodies == [one.request for one in asked]
    assert "4111" not in json.dumps(stub.bodies)  # a provider's id would look like a card to the gate
    assert "".join(heard) == ("One moment, Sent on Monday. [1] Ü" if stream else "")
    assert len(heard) == (7 if stream else 0)
    header = "x-api-key" if wire is WireName.ANTHROPIC else "authorization"
    assert stub.headers[0][header].endswith(KEY)


@pytest.mark.parametrize("wire", WireName)
async def test_the_vendors_sdk_reads_the_same_from_the_stub(stub: StubModel, gate: Gate, wire: WireName) -> None:
    """The stub speaks as the vendors do: their own clients send the same body and read the same words, whole and streamed."""
    reply = await remote(gate, stub, wire).complete(WITH_TOOLS, org=ORG, session=SESSION)
    body: Any = stub.bodies[0]
    if wire is WireName.ANTHROPIC:
        async with anthropic.AsyncAnthropic(api_key=KEY, base_url=stub.url.removesuffix("/v1"), max_retries=0) as client:
            whole = await client.messages.create(**body)
            words = "".join(block.text for block in whole.content if block.type == "text")
            async with client.messages.stream(**body) as stream:
                streamed = await stream.get_final_text()
    else:
        async with openai.AsyncOpenAI(api_key=KEY, base_url=stub.url, max_retries=0) as ai:
            if wire is WireName.RESPONSES:
                words = (await ai.responses.create(**body)).output_text
                streamed = "".join([event.delta async for event in await ai.responses.create(**body, stream=True) if event.type == "response.output_text.delta"])
            else:
                words = (await ai.chat.completions.create(**body)).choices[0].message.content
                streamed = "".join([chunk.choices[0].delta.content or "" async for chunk in await ai.chat.completions.create(**body, stream=True)])
    assert words == streamed == reply.text
    assert stub.bodies[1] == body
    assert {**stub.bodies[2], "stream": None} == {**body, "stream": None}


def gathered(wire: WireName, raw: bytes, prompt: Prompt, size: int) -> tuple[Any, str]:
    """The reply and the words that came on the way, of events that come in pieces of this size."""
    events, gathering, words = EventStream(), WIRES[wire].gathering(prompt, "m"), ""
    for at in range(0, len(raw), size):
        for event in events.feed(raw[at : at + size]):
            words += gathering.take(event)
    for event in events.end():
        words += gathering.take(event)
    return gathering.done(), words


@pytest.mark.parametrize("wire", WireName)
def test_a_stream_says_the_same_however_it_is_cut_and_half_a_stream_nothing(wire: WireName) -> None:
    prompt = replace(PROMPT, tools=WITH_TOOLS.tools)
    says = Says(text="Grüße 😀 aus 5 Städten. [1]", calls=(("find_order", {"id": 7, "why": "a\n\ndata: b"}), ("find_shop", {})))
    body = WIRES[wire].body(prompt, "m", Learnt(), stream=True)
    shapes, raw = SHAPES[WIRES[wire].path], b"".join(SHAPES[WIRES[wire].path].events(body, says))
    whole = WIRES[wire].read(json.dumps(shapes.whole(body, says)).encode(), prompt, "m")
    for size in (1, 2, 3, 7, 64, 1_000, len(raw)):
        for written in (raw, raw.replace(b"\n", b"\r\n"), re.sub(rb"(?m)^data: ", b"data:", raw), b": keeps alive\n\n" + raw, raw.rstrip()):
            assert gathered(wire, written, prompt, size) == (whole, says.text)
    last = raw.rindex(b'"finish_reason": "tool_calls"' if wire is WireName.OPENAI else b"}")
    for end in range(0, last, 11):
        with pytest.raises(ModelFailed) as failed:
            gathered(wire, raw[:end], prompt, 64)
        assert failed.value.kind == "malformed"


@pytest.mark.parametrize("wire", WireName)
@pytest.mark.parametrize(("mode", "kind"), [
    ("429", "rate_limited"), ("500", "unreachable"), ("garbage", "malformed"), ("stream_garbage", "malformed"), ("half", "malformed"), ("disconnect", "unreachable"), ("huge", "unreachable"),
])  # fmt: skip
async def test_every_failure_has_a_kind_and_a_clean_sentence(gate: Gate, stub: StubModel, wire: WireName, mode: str, kind: str) -> None:
    stub.mode = mode
    heard, asked = list[str](), list[Asked]()
    with pytest.raises(ModelFailed) as failed:
        await remote(gate, stub, wire).complete(PROMPT, org=ORG, session=SESSION, on_text=heard.append, asked=asked)
    assert failed.value.kind == kind
    assert KEY not in str(failed.value) + failed.value.raw
    assert "Refunds" not in str(failed.value)
    assert failed.value.retry_after == (1.0 if mode == "429" else 0.0)
    assert [one.failed for one in asked] == [f"{kind}: {failed.value}"]
    assert asked[0].request == stub.bodies[0]


Body = dict[str, Any]
STOPS: dict[WireName, tuple[str, Callable[[Body, str], Body], dict[str, str]]] = {
    WireName.OPENAI: ("choices", lambda body, why: body | {"choices": [{**body["choices"][0], "finish_reason": why}]}, {"length": "malformed", "content_filter": "refused", "odd": "malformed"}),
    WireName.RESPONSES: (
        "output", lambda body, why: body | {"status": "incomplete", "incomplete_details": {"reason": why}},
        {"max_output_tokens": "malformed", "content_filter": "refused", "odd": "malformed"},
    ),
    WireName.ANTHROPIC: (
        "content", lambda body, why: body | {"stop_reason": why},
        {"max_tokens": "malformed", "refusal": "refused", "pause_turn": "malformed", "model_context_window_exceeded": "malformed", "tool_use": "malformed"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("wire", WireName)
def test_an_answer_that_is_not_whole_is_none(wire: WireName) -> None:
    body, (part, ended, kinds) = WIRES[wire].body(PROMPT, "m", Learnt()), STOPS[wire]
    good = SHAPES[WIRES[wire].path].whole(body, Says(text="Yes. [1]"))
    bad = {json.dumps(ended(good, why)): kind for why, kind in kinds.items()}
    bad |= {"[]": "malformed", "nothing": "malformed"}
    bad |= {json.dumps(wrong): "malformed" for wrong in ({}, good | {part: []}, good | {part: "x"}, good | {part: [{}]}, good | {"usage": {"input_tokens": -1, "prompt_tokens": -1}})}
    bad |= {json.dumps(SHAPES[WIRES[wire].path].whole(body, Says(text=text))): "malformed" for text in ("", " \n", "a\x00b", "a\ud800b")}
    for answer, kind in bad.items():
        with pytest.raises(ModelFailed) as failed:
            WIRES[wire].read(answer.encode(), PROMPT, "m")
        assert failed.value.kind == kind, answer


def test_a_refusal_in_words() -> None:
    body = WIRES[WireName.RESPONSES].body(PROMPT, "m", Learnt())
    answer = SHAPES["/responses"].whole(body, Says(text="x"))
    answer["output"][0]["content"] = [{"type": "refusal", "refusal": "I will not."}]
    with pytest.raises(ModelFailed) as failed:
        WIRES[WireName.RESPONSES].read(json.dumps(answer).encode(), PROMPT, "m")
    assert failed.value.kind == "refused"


@pytest.mark.parametrize(("wire", "events", "kind"), [
    (WireName.OPENAI, [{"error": {"code": "rate_limit_exceeded"}}], "rate_limited"), (WireName.OPENAI, [{"error": "x"}], "unreachable"),
    (WireName.OPENAI, [{"choices": "x"}], "malformed"), (WireName.OPENAI, [{"choices": [{"delta": {"tool_calls": [{"index": -1}]}}]}], "malformed"),
    (WireName.RESPONSES, [{"type": "error", "code": "server_error"}], "unreachable"), (WireName.RESPONSES, [{"type": "response.output_text.delta"}], "malformed"),
    (WireName.RESPONSES, [{"type": "response.completed", "response": 7}], "malformed"),
    (WireName.ANTHROPIC, [{"type": "error", "error": {"type": "overloaded_error"}}], "unreachable"), (WireName.ANTHROPIC, [{"type": "content_block_delta", "index": 3, "delta": {}}], "malformed"),
    (WireName.ANTHROPIC, [{"type": "message_start"}], "malformed"), (WireName.ANTHROPIC, [{"type": "content_block_start", "index": [], "content_block": {}}], "malformed"),
    (WireName.ANTHROPIC, [{"type": "message_delta", "delta": 1}], "malformed"), (WireName.ANTHROPIC, [{"type": "message_stop"}], "malformed"),
])  # fmt: skip
def test_events_that_tell_of_an_error_or_are_none(wire: WireName, events: list[dict[str, Any]], kind: str) -> None:
    with pytest.raises(ModelFailed) as failed:
        gathered(wire, b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events), PROMPT, 999)
    assert failed.value.kind == kind


@pytest.mark.parametrize("data", [b"data: [1]\n\n", b"data: {\n\n", b"data: \xff\n\n", b'data: {"a": "' + b"[" * 9_000 + b"\n\n"])
def test_events_that_are_no_objects(data: bytes) -> None:
    with pytest.raises(ModelFailed):
        list(EventStream().feed(data))


async def test_what_a_server_does_not_know_is_left_out_from_then_on(gate: Gate, stub: StubModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it names the parameter or only speaks of it. What must be sent is not left out, and the same refusal twice is a failure."""
    plain = StubModel._act
    said = {"stream_options": {"param": "stream_options.include_usage"}, "response_format": {"message": "Unknown field `response_format` in request"}, "temperature": {"param": "temperature"}}

    async def picky(self: StubModel, writer: Any, body: dict[str, Any]) -> bool:
        for name, words in said.items():
            if name in body:
                raw = json.dumps({"error": {"message": "no", "type": "invalid", **words}}).encode()
                writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n" % len(raw) + raw)
                return True
        return await plain(self, writer, body)

    monkeypatch.setattr(StubModel, "_act", picky)
    llm, asked = remote(gate, stub, WireName.OPENAI), list[Asked]()
    await llm.complete(PROMPTS["schema"], org=ORG, session=None, on_text=lambda _: None, asked=asked)
    assert [bool(one.failed) for one in asked] == [True, True, True, False]
    await llm.complete(PROMPTS["schema"], org=ORG, session=None, on_text=lambda _: None)
    assert stub.calls == 5
    said["model"] = {"param": "model"}
    with pytest.raises(ModelFailed) as failed:
        await llm.complete(PROMPT, org=ORG, session=None)
    assert failed.value.kind == "refused"
    assert stub.calls == 6


@pytest.mark.parametrize("wire", WireName)
async def test_a_model_whose_thoughts_took_all_the_room_gets_more(gate: Gate, stub: StubModel, monkeypatch: pytest.MonkeyPatch, wire: WireName) -> None:
    limit = {WireName.OPENAI: "max_tokens", WireName.RESPONSES: "max_output_tokens", WireName.ANTHROPIC: "max_tokens"}[wire]
    shapes = SHAPES[WIRES[wire].path]

    def thinking(body: dict[str, Any], says: Says) -> dict[str, Any]:
        whole = shapes.whole(body, says)
        if body[limit] > 3_000:
            return whole
        if wire is WireName.OPENAI:
            return STOPS[wire][1](whole, "length") | {"usage": {"completion_tokens_details": {"reasoning_tokens": 600}}}
        if wire is WireName.RESPONSES:
            return STOPS[wire][1](whole, "max_output_tokens") | {"usage": {"output_tokens_details": {"reasoning_tokens": 600}}}
        return STOPS[wire][1](whole, "max_tokens") | {"content": [{"type": "thinking", "thinking": "Hm."}]}

    monkeypatch.setattr("bench.stub_model._completion", thinking)
    monkeypatch.setattr("bench.stub_model.WIRES", {WIRES[wire].path: shapes._replace(whole=thinking)})
    llm = remote(gate, stub, wire)
    for _ in range(2):
        assert (await llm.complete(PROMPT, org=ORG, session=None)).text == "Refunds take 5 days. [1]"
    assert [body[limit] for body in stub.bodies] == [600, 3_600, 3_600]


@pytest.mark.parametrize(("url", "wire", "path"), [
    ("{}", WireName.OPENAI, "/v1/chat/completions"), ("{}/", WireName.ANTHROPIC, "/v1/messages"), ("{}/v1/", WireName.ANTHROPIC, "/v1/messages"),
    ("{}/v1/messages", WireName.ANTHROPIC, "/v1/messages"), ("{}/v1", WireName.RESPONSES, "/v1/responses"), ("{}/deep/chat/completions?api-version=1", WireName.OPENAI, "/deep/chat/completions?api-version=1"),
])  # fmt: skip
def test_addresses_as_people_give_them(gate: Gate, url: str, wire: WireName, path: str) -> None:
    assert RemoteModel(gate, url=url.format("https://models.example"), model="m", wire=wire)._url == f"https://models.example{path}"


def test_prompts_that_begin_alike_are_known_by_the_same_key_of_letters() -> None:
    def key(prompt: Prompt) -> str:
        return str(WIRES[WireName.OPENAI].body(prompt, "m", Learnt(), host="api.openai.com")["prompt_cache_key"])

    other = replace(PROMPT, messages=(PROMPT.messages[0], PromptMessage(role="user", content="Another question")))
    assert key(PROMPT) == key(other) != key(replace(PROMPT, tools=WITH_TOOLS.tools))
    assert key(PROMPT).isalpha()
    assert "prompt_cache_key" not in WIRES[WireName.OPENAI].body(PROMPT, "m", Learnt(), host="models.example")


def test_anthropic_is_told_where_what_comes_again_ends() -> None:
    body = WIRES[WireName.ANTHROPIC].body(WITH_TOOLS, "m", Learnt())
    marks = [part for part in [*body["system"], *body["tools"], *(block for message in body["messages"] for block in message["content"])] if "cache_control" in part]
    assert marks == [body["system"][-1], body["tools"][-1]]
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]
    assert [block["type"] for block in body["messages"][-1]["content"]] == ["tool_result", "tool_result", "text"]


def test_many_calls_have_names_of_their_own() -> None:
    calls = tuple(ToolCall(id=str(number), name="f", arguments={}) for number in range(60))
    answers = [PromptMessage(role="tool", content="x", answers=call.id) for call in calls]
    prompt = Prompt(messages=(PromptMessage(role="user", content="x"), PromptMessage(role="assistant", content="", calls=calls), *answers), tokens=1, tools=(ToolSpec(name="f", description="", parameters={}),))
    names = [message["tool_call_id"] for message in WIRES[WireName.OPENAI].body(prompt, "m", Learnt())["messages"][2:]]
    assert len(set(names)) == 60
    assert all(len(name) == 9 and name.isalpha() for name in names)
