"""OpenAI's responses on the wire, without anything kept at the provider: a prompt as a body, and an answer as a reply. It sends nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field, ValidationError

from glassine.edge.llm.chat_completions import broken_off, openai_error
from glassine.edge.llm.wholeness import Counted, Cut, Strict, arguments, plain, whole
from glassine.edge.llm.wire import Gathering, Learnt, Told, begins_alike, call_ids
from glassine.words.errors import ModelFailed
from glassine.words.turns import ModelReply, Prompt, PromptMessage, ToolCall


class Responses:
    """`store` is false: OpenAI is asked to keep nothing for later calls, and each call sends all that it needs."""

    path = "/responses"
    optional = frozenset({"temperature", "prompt_cache_key", "store", "text"})

    def headers(self, host: str, key: str) -> dict[str, str]:
        if not key:
            return {}
        return {"Authorization": f"Bearer {key}"} | ({"api-key": key} if host.endswith(".azure.com") else {})

    def body(self, prompt: Prompt, model: str, learnt: Learnt, *, host: str = "", stream: bool = False) -> dict[str, Any]:  # noqa: ARG002 - the port's signature; only OpenAI speaks this wire
        first, rest = (prompt.messages[0], prompt.messages[1:]) if prompt.messages and prompt.messages[0].role == "system" else (None, prompt.messages)
        ids = call_ids(prompt.messages)
        body: dict[str, Any] = {"model": model, **({"instructions": first.content} if first else {}), "input": [item for message in rest for item in _items(message, ids)]}
        if prompt.tools:
            body["tools"] = [
                {"type": "function", "name": tool.name, "description": tool.description, "parameters": dict(tool.parameters), "strict": False} for tool in prompt.tools
            ]
        body |= {"max_output_tokens": learnt.most(prompt), "temperature": 0, "store": False, "prompt_cache_key": begins_alike(prompt)}
        if prompt.schema is not None:
            body["text"] = {"format": {"type": "json_schema", "name": "answer", "schema": dict(prompt.schema), "strict": True}}
        if stream:
            body["stream"] = True
        return {name: value for name, value in body.items() if name not in learnt.without}

    def read(self, body: bytes, prompt: Prompt, asked: str) -> ModelReply:
        try:
            return _reply(_Response.model_validate_json(body), prompt, asked)
        except ValidationError:
            raise ModelFailed("malformed", "The model's answer is not a response.") from None

    def gathering(self, prompt: Prompt, asked: str) -> Gathering:
        return _Events(prompt, asked)

    def error(self, body: bytes) -> Told:
        return openai_error(body)


def _items(message: PromptMessage, ids: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """A message as items of the input: words, then each call by itself, or a call's answer."""
    if message.role == "tool":
        yield {"type": "function_call_output", "call_id": ids[message.answers], "output": message.content}
        return
    if message.content:
        yield {"role": message.role, "content": message.content}
    for call in message.calls:
        yield {"type": "function_call", "call_id": ids[call.id], "name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)}


class _Content(Strict):
    type: str
    text: str | None = None
    refusal: str | None = None


class _Item(Strict):
    type: str
    role: str | None = None
    content: list[_Content] | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None


class _Cached(Strict):
    cached_tokens: int | None = Field(default=None, ge=0, le=10**9)


class _Thought(Strict):
    reasoning_tokens: int | None = Field(default=None, ge=0, le=10**9)


class _Usage(Strict):
    input_tokens: int = Field(default=0, ge=0, le=10**9)
    output_tokens: int = Field(default=0, ge=0, le=10**9)
    input_tokens_details: _Cached | None = None
    output_tokens_details: _Thought | None = None


class _Incomplete(Strict):
    reason: str | None = None


class _Failed(Strict):
    code: str | None = None


class _Response(Strict):
    status: str | None = None
    output: list[_Item]
    model: str | None = None
    usage: _Usage | None = None
    incomplete_details: _Incomplete | None = None
    error: _Failed | None = None


def _reply(response: _Response, prompt: Prompt, asked: str) -> ModelReply:
    usage, why = response.usage or _Usage(), (response.incomplete_details or _Incomplete()).reason
    said = [part for item in response.output if item.type == "message" for part in item.content or []]
    if why == "content_filter" or any(part.type == "refusal" for part in said):
        raise ModelFailed("refused", "The model declined to answer.")
    if response.status == "failed":
        raise broken_off(response.error.code if response.error else None)
    if why == "max_output_tokens":
        raise Cut(why, thought=bool(usage.output_tokens_details and usage.output_tokens_details.reasoning_tokens))
    if response.status not in (None, "completed"):
        raise ModelFailed("malformed", f"The model's answer is not whole: it ended with {plain(why or response.status)}.")
    calls = [
        ToolCall(id=item.call_id or "", name=item.name or "", arguments=arguments(item.arguments)) for item in response.output if item.type == "function_call"
    ]
    if not all(call.name for call in calls):
        raise ModelFailed("malformed", "The model wants to call things in a way that cannot be followed.")
    cached = usage.input_tokens_details.cached_tokens if usage.input_tokens_details else None
    counted = Counted(prompt=usage.input_tokens, cached=cached or 0, completion=usage.output_tokens)
    text = "".join(part.text or "" for part in said if part.type == "output_text")
    return whole(text=text, calls=calls, model=response.model, asked=asked, prompt=prompt, counted=counted)


_ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})


class _Events:
    """Text as it comes; the last event holds the whole response, which is what counts."""

    def __init__(self, prompt: Prompt, asked: str) -> None:
        self._prompt, self._asked = prompt, asked
        self._response: _Response | None = None

    def take(self, event: Mapping[str, Any]) -> str:
        kind = event.get("type")
        if kind == "error":
            raise broken_off(event.get("code"))
        if kind == "response.output_text.delta":
            said = event.get("delta")
            if not isinstance(said, str):
                raise ModelFailed("malformed", "The model's answer is not a stream of response events.")
            return said
        if kind in _ENDS:
            try:
                self._response = _Response.model_validate(event.get("response"))
            except ValidationError:
                raise ModelFailed("malformed", "The model's answer is not a response.") from None
        return ""

    def done(self) -> ModelReply:
        if self._response is None:
            raise ModelFailed("malformed", "The model's answer broke off before its end.")
        return _reply(self._response, self._prompt, self._asked)
