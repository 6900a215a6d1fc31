"""OpenAI's chat completions on the wire, as many servers speak it: a prompt as a body, and an answer as a reply. It sends nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, ValidationError

from glassine.edge.llm.wholeness import Strict, arguments, plain, whole
from glassine.words.errors import ModelFailed
from glassine.words.turns import ModelReply, Prompt, PromptMessage, ToolCall

PATH = "/chat/completions"
_MOST_CALL_IDS = 26**2


def messages(prompt: Prompt) -> list[dict[str, Any]]:
    """The prompt's messages as they stand in a body."""
    ids = call_ids(prompt.messages)
    return [_message(message, ids) for message in prompt.messages]


def call_ids(messages: Sequence[PromptMessage]) -> Mapping[str, str]:
    """Names of our own for the calls, by the provider's, in the order they come in: nine letters, which every server takes.

    A provider's own are long and random, and one in which digits come together would be taken for a card or a number at the gate.
    """
    seen = list(dict.fromkeys(call.id for message in messages for call in message.calls))[:_MOST_CALL_IDS]
    return {id: f"calling{chr(97 + at // 26)}{chr(97 + at % 26)}" for at, id in enumerate(seen)}


def _message(message: PromptMessage, ids: Mapping[str, str]) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "content": message.content, "tool_call_id": ids[message.answers]}
    if not message.calls:
        return {"role": message.role, "content": message.content}
    calls = [
        {"id": ids[call.id], "type": "function", "function": {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)}} for call in message.calls
    ]
    return {"role": message.role, "content": message.content or None, "tool_calls": calls}


def tools(prompt: Prompt) -> list[dict[str, Any]]:
    return [{"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}} for tool in prompt.tools]


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


class _Usage(Strict):
    prompt_tokens: int = Field(default=0, ge=0, le=10**9)
    completion_tokens: int = Field(default=0, ge=0, le=10**9)


class _Completion(Strict):
    choices: list[_Choice] = Field(min_length=1)
    model: str | None = None
    usage: _Usage | None = None


def read(body: bytes, prompt: Prompt, asked: str) -> ModelReply:
    """A body of status 200 as a reply. Raises ModelFailed for everything that is not whole."""
    try:
        completion = _Completion.model_validate_json(body)
    except ValidationError:
        raise ModelFailed("malformed", "The model's answer is not a chat completion.") from None
    choice, usage = completion.choices[0], completion.usage or _Usage()
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise ModelFailed("refused", "The model declined to answer.")
    wanted = choice.message.tool_calls or []
    if choice.finish_reason not in (None, "stop", "eos", *(("tool_calls",) if wanted else ())):
        raise ModelFailed("malformed", f"The model's answer is not whole: it ended with {plain(choice.finish_reason)}.")
    calls = [ToolCall(id=call.id, name=call.function.name, arguments=arguments(call.function.arguments)) for call in wanted]
    return whole(
        text=choice.message.content or "", calls=calls, model=completion.model, asked=asked, prompt=prompt,
        prompt_tokens=usage.prompt_tokens, completion_tokens=usage.completion_tokens,
    )
