"""OpenAI's chat completions on the wire, as many servers speak them: a prompt as a body, and an answer as a reply. It sends nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError

from glassine.edge.llm.wholeness import Counted, Cut, Strict, arguments, plain, whole
from glassine.edge.llm.wire import Gathering, Learnt, Told, begins_alike, call_ids
from glassine.words.errors import ModelFailed
from glassine.words.turns import ModelReply, Prompt, PromptMessage, ToolCall


class ChatCompletions:
    """OpenAI, Azure, Mistral, vLLM, Ollama, llama.cpp and others."""

    path = "/chat/completions"
    optional = frozenset({"temperature", "stream_options", "prompt_cache_key", "response_format"})

    def headers(self, host: str, key: str) -> dict[str, str]:
        if not key:
            return {}
        return {"Authorization": f"Bearer {key}"} | ({"api-key": key} if host.endswith(".azure.com") else {})

    def body(self, prompt: Prompt, model: str, learnt: Learnt, *, host: str = "", stream: bool = False) -> dict[str, Any]:
        ids = call_ids(prompt.messages)
        body: dict[str, Any] = {"model": model, "messages": [_message(message, ids) for message in prompt.messages]}
        if prompt.tools:
            body["tools"] = [
                {"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}} for tool in prompt.tools
            ]
        body[learnt.limit or "max_tokens"] = learnt.most(prompt)
        body["temperature"] = 0
        if prompt.schema is not None:
            body["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(prompt.schema), "strict": True}}
        if host.endswith("openai.com"):  # others that speak this wire may refuse what they do not know
            body["prompt_cache_key"] = begins_alike(prompt)
        if stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        return {name: value for name, value in body.items() if name not in learnt.without}

    def read(self, body: bytes, prompt: Prompt, asked: str) -> ModelReply:
        try:
            return _reply(_Completion.model_validate_json(body), prompt, asked)
        except ValidationError:
            raise ModelFailed("malformed", "The model's answer is not a chat completion.") from None

    def gathering(self, prompt: Prompt, asked: str) -> Gathering:
        return _Chunks(prompt, asked)

    def error(self, body: bytes) -> Told:
        return openai_error(body)


def _message(message: PromptMessage, ids: Mapping[str, str]) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "content": message.content, "tool_call_id": ids[message.answers]}
    if not message.calls:
        return {"role": message.role, "content": message.content}
    calls = [
        {"id": ids[call.id], "type": "function", "function": {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)}} for call in message.calls
    ]
    return {"role": message.role, "content": message.content or None, "tool_calls": calls}


class _Function(Strict):
    name: str = Field(min_length=1, max_length=200)
    arguments: str | None = None


class _Call(Strict):
    id: str = Field(min_length=1, max_length=500)
    function: _Function


class _Message(Strict):
    role: Literal["assistant"] = "assistant"
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(Strict):
    message: _Message
    finish_reason: str | None = None


class _Cached(Strict):
    cached_tokens: int | None = Field(default=None, ge=0, le=10**9)


class _Thought(Strict):
    reasoning_tokens: int | None = Field(default=None, ge=0, le=10**9)


class _Usage(Strict):
    prompt_tokens: int = Field(default=0, ge=0, le=10**9)
    completion_tokens: int = Field(default=0, ge=0, le=10**9)
    prompt_tokens_details: _Cached | None = None
    completion_tokens_details: _Thought | None = None


class _Completion(Strict):
    choices: list[_Choice] = Field(min_length=1)
    model: str | None = None
    usage: _Usage | None = None


def _reply(completion: _Completion, prompt: Prompt, asked: str) -> ModelReply:
    choice, usage = completion.choices[0], completion.usage or _Usage()
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise ModelFailed("refused", "The model declined to answer.")
    wanted = choice.message.tool_calls or []
    if choice.finish_reason == "length":
        thoughts = usage.completion_tokens_details
        raise Cut("length", thought=bool(thoughts and thoughts.reasoning_tokens))
    if choice.finish_reason not in (None, "stop", "eos", *(("tool_calls",) if wanted else ())):
        raise ModelFailed("malformed", f"The model's answer is not whole: it ended with {plain(choice.finish_reason)}.")
    calls = [ToolCall(id=call.id, name=call.function.name, arguments=arguments(call.function.arguments)) for call in wanted]
    cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else None
    counted = Counted(prompt=usage.prompt_tokens, cached=cached or 0, completion=usage.completion_tokens)
    return whole(text=choice.message.content or "", calls=calls, model=completion.model, asked=asked, prompt=prompt, counted=counted)


class _Part(Strict):
    name: str | None = None
    arguments: str | None = None


class _CallPart(Strict):
    index: int = Field(default=0, ge=0, le=100)
    id: str | None = None
    function: _Part = _Part()


class _Delta(Strict):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_CallPart] | None = None


class _ChunkChoice(Strict):
    delta: _Delta = _Delta()
    finish_reason: str | None = None


class _Chunk(Strict):
    choices: list[_ChunkChoice] = Field(default=[], max_length=100)
    model: str | None = None
    usage: _Usage | None = None


class _Chunks:
    """A completion that is put together from its chunks, and is whole when one of them said how it ended."""

    def __init__(self, prompt: Prompt, asked: str) -> None:
        self._prompt, self._asked = prompt, asked
        self._text: list[str] = []
        self._refusal = self._finish = ""
        self._model: str | None = None
        self._usage: _Usage | None = None
        self._calls: dict[int, tuple[str, str, list[str]]] = {}

    def take(self, event: Mapping[str, Any]) -> str:
        if "error" in event:
            raise broken_off(openai_error(json.dumps(event).encode()).code)
        try:
            chunk = _Chunk.model_validate(event)
        except ValidationError:
            raise ModelFailed("malformed", "The model's answer is not a stream of chat completions.") from None
        self._model, self._usage = self._model or chunk.model, chunk.usage or self._usage
        said = ""
        for choice in chunk.choices[:1]:
            said, self._refusal, self._finish = choice.delta.content or "", self._refusal + (choice.delta.refusal or ""), choice.finish_reason or self._finish
            for part in choice.delta.tool_calls or []:
                self._call(part)
        self._text.append(said)
        return said

    def _call(self, part: _CallPart) -> None:
        """Name and id come once, arguments piece by piece."""
        id, name, written = self._calls.get(part.index, ("", "", []))
        written.append(part.function.arguments or "")
        self._calls[part.index] = (id or part.id or "", name or part.function.name or "", written)

    def done(self) -> ModelReply:
        if not self._finish:
            raise ModelFailed("malformed", "The model's answer broke off before its end.")
        calls = [{"id": id, "function": {"name": name, "arguments": "".join(written)}} for _, (id, name, written) in sorted(self._calls.items())]
        message = {"content": "".join(self._text), "refusal": self._refusal, "tool_calls": calls}
        try:
            whole = _Completion.model_validate({"choices": [{"message": message, "finish_reason": self._finish}], "model": self._model, "usage": self._usage})
        except ValidationError:
            raise ModelFailed("malformed", "The model wants to call things in a way that cannot be followed.") from None
        return _reply(whole, self._prompt, self._asked)


class _Error(Strict):
    code: str | int | None = None
    type: str | None = None
    param: str | None = None
    message: str | None = None


class _Errors(Strict):
    error: _Error


def openai_error(body: bytes) -> Told:
    """An error as OpenAI and most others shape it."""
    try:
        error = _Errors.model_validate_json(body).error
    except ValidationError:
        return Told(words=body[:2_000].decode("utf-8", "replace"))
    return Told(code=error.code or error.type, parameter=error.param or "", words=(error.message or "")[:2_000])


def broken_off(code: object) -> ModelFailed:
    """What an error in the middle of a stream means."""
    word = plain(code)
    kind = "rate_limited" if "rate_limit" in word else "unreachable"
    return ModelFailed(kind, f"The model's server broke its answer off ({word}).")
