"""Anthropic's messages on the wire: a prompt as a body, and an answer as a reply. It sends nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError

from glassine.edge.llm.chat_completions import broken_off
from glassine.edge.llm.wholeness import Counted, Cut, Strict, arguments, plain, whole
from glassine.edge.llm.wire import Gathering, Learnt, Told, call_ids
from glassine.words.errors import ModelFailed
from glassine.words.turns import ModelReply, Prompt, PromptMessage, ToolCall

_VERSION = "2023-06-01"  # of the wire, as every request names it
_KEPT: Mapping[str, Any] = {"cache_control": {"type": "ephemeral"}}  # what stands up to here is asked again soon: a mark for their cache


class Anthropic:
    """Claude, at Anthropic or behind whatever speaks like it."""

    path = "/messages"
    optional = frozenset({"output_config"})

    def headers(self, host: str, key: str) -> dict[str, str]:  # noqa: ARG002 - the port's signature
        return {"anthropic-version": _VERSION} | ({"x-api-key": key} if key else {})

    def body(self, prompt: Prompt, model: str, learnt: Learnt, *, host: str = "", stream: bool = False) -> dict[str, Any]:  # noqa: ARG002 - as above
        body: dict[str, Any] = {"model": model, "max_tokens": learnt.most(prompt)}
        if rules := [{"type": "text", "text": message.content} for message in prompt.messages if message.role == "system" and message.content]:
            body["system"] = [*rules[:-1], {**rules[-1], **_KEPT}]
        if prompt.tools:
            offered = [{"name": tool.name, "description": tool.description, "input_schema": dict(tool.parameters)} for tool in prompt.tools]
            body["tools"] = [*offered[:-1], {**offered[-1], **_KEPT}]
        body["messages"] = _messages(prompt)
        if prompt.schema is not None:
            body["output_config"] = {"format": {"type": "json_schema", "schema": dict(prompt.schema)}}
        if stream:
            body["stream"] = True
        return {name: value for name, value in body.items() if name not in learnt.without}

    def read(self, body: bytes, prompt: Prompt, asked: str) -> ModelReply:
        try:
            return _reply(_Answer.model_validate_json(body), prompt, asked)
        except ValidationError:
            raise ModelFailed("malformed", "The model's answer is not a message.") from None

    def gathering(self, prompt: Prompt, asked: str) -> Gathering:
        return _Events(prompt, asked)

    def error(self, body: bytes) -> Told:
        return _told(body)


def _messages(prompt: Prompt) -> list[dict[str, Any]]:
    """User and assistant in turns. The answers of calls that were made together stand in one message, as they must."""
    ids, found = call_ids(prompt.messages), list[dict[str, Any]]()
    for message in prompt.messages:
        blocks = _blocks(message, ids)
        role = "assistant" if message.role == "assistant" else "user"
        if not blocks:
            continue
        if found and found[-1]["role"] == role:
            found[-1]["content"] += blocks
        else:
            found.append({"role": role, "content": blocks})
    return found


def _blocks(message: PromptMessage, ids: Mapping[str, str]) -> list[dict[str, Any]]:
    if message.role == "system":
        return []
    if message.role == "tool":
        return [{"type": "tool_result", "tool_use_id": ids[message.answers], "content": message.content}]
    words = [{"type": "text", "text": message.content}] if message.content.strip() else []
    return words + [{"type": "tool_use", "id": ids[call.id], "name": call.name, "input": dict(call.arguments)} for call in message.calls]


class _Block(Strict):
    type: str
    text: str | None = None
    id: str | None = None
    name: str | None = None
    input: dict[str, Any] | None = None


class _Usage(Strict):
    input_tokens: int | None = Field(default=None, ge=0, le=10**9)
    output_tokens: int | None = Field(default=None, ge=0, le=10**9)
    cache_creation_input_tokens: int | None = Field(default=None, ge=0, le=10**9)
    cache_read_input_tokens: int | None = Field(default=None, ge=0, le=10**9)


class _Answer(Strict):
    content: list[_Block]
    model: str | None = None
    stop_reason: str | None = None
    usage: _Usage | None = None


def _reply(answer: _Answer, prompt: Prompt, asked: str) -> ModelReply:
    usage, why = answer.usage or _Usage(), answer.stop_reason
    if why == "refusal":
        raise ModelFailed("refused", "The model declined to answer.")
    wanted = [block for block in answer.content if block.type == "tool_use"]
    if why == "max_tokens":
        raise Cut(why, thought=any(block.type.endswith("thinking") for block in answer.content))
    if why not in ("end_turn", "stop_sequence", *(("tool_use",) if wanted else ())):
        raise ModelFailed("malformed", f"The model's answer is not whole: it ended with {plain(why)}.")
    if not all(block.name for block in wanted):
        raise ModelFailed("malformed", "The model wants to call things in a way that cannot be followed.")
    calls = [ToolCall(id=block.id or "", name=block.name or "", arguments=arguments(json.dumps(block.input or {}))) for block in wanted]
    read = usage.cache_read_input_tokens or 0
    counted = Counted(prompt=(usage.input_tokens or 0) + read + (usage.cache_creation_input_tokens or 0), cached=read, completion=usage.output_tokens or 0)
    text = "".join(block.text or "" for block in answer.content if block.type == "text")
    return whole(text=text, calls=calls, model=answer.model, asked=asked, prompt=prompt, counted=counted)


class _Events:
    """A message that is put together from its blocks, and is whole when the last event said so."""

    def __init__(self, prompt: Prompt, asked: str) -> None:
        self._prompt, self._asked = prompt, asked
        self._blocks: dict[int, dict[str, Any]] = {}
        self._written: dict[int, list[str]] = {}
        self._head: dict[str, Any] = {}
        self._ended = False

    def take(self, event: Mapping[str, Any]) -> str:
        kind = event.get("type")
        if kind == "error":
            raise broken_off(_told(json.dumps(event).encode()).code)
        try:
            return self._take(str(kind), event)
        except (KeyError, TypeError, AttributeError):
            raise ModelFailed("malformed", "The model's answer is not a stream of message events.") from None

    def _take(self, kind: str, event: Mapping[str, Any]) -> str:
        match kind:
            case "message_start":
                message = event["message"]
                self._head = {"model": message.get("model"), "usage": dict(message.get("usage") or {}), "stop_reason": None}
            case "content_block_start":
                self._blocks[event["index"]], self._written[event["index"]] = dict(event["content_block"]), []
            case "content_block_delta":
                return self._delta(event["index"], event["delta"])
            case "message_delta":
                self._head["stop_reason"] = event["delta"].get("stop_reason")
                self._head["usage"] = {**self._head.get("usage", {}), **{name: value for name, value in (event.get("usage") or {}).items() if value is not None}}
            case "message_stop":
                self._ended = True
        return ""

    def _delta(self, at: int, delta: Mapping[str, Any]) -> str:
        block, kind = self._blocks[at], delta["type"]
        if kind == "text_delta":
            block["text"] = (block.get("text") or "") + delta["text"]
            return str(delta["text"])
        if kind == "input_json_delta":
            self._written[at].append(delta["partial_json"])
        return ""

    def done(self) -> ModelReply:
        if not self._ended:
            raise ModelFailed("malformed", "The model's answer broke off before its end.")
        for at, block in self._blocks.items():
            if block.get("type") == "tool_use" and self._written[at]:
                block["input"] = dict(arguments("".join(self._written[at])))
        try:
            answer = _Answer.model_validate({**self._head, "content": [block for _, block in sorted(self._blocks.items())]})
        except ValidationError:
            raise ModelFailed("malformed", "The model's answer is not a message.") from None
        return _reply(answer, self._prompt, self._asked)


class _Error(Strict):
    type: str | None = None
    message: str | None = None


class _Errors(Strict):
    error: _Error


def _told(body: bytes) -> Told:
    try:
        error = _Errors.model_validate_json(body).error
    except ValidationError:
        return Told(words=body[:2_000].decode("utf-8", "replace"))
    return Told(code=error.type, words=(error.message or "")[:2_000])
