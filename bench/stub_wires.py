"""How the scripted model's answers look on each provider's wire, whole and as events. It decides nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Body = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """What the stub answers: words, and calls of tools by name with their arguments (a text is sent as it is, so that it can be broken)."""

    text: str = ""
    calls: tuple[tuple[str, Mapping[str, Any] | str], ...] = ()


def newest(body: Body) -> tuple[str, str]:
    """Role and words of the newest message on any wire; `tool` where it is a tool's answer."""
    last = (body.get("messages") or body.get("input"))[-1]  # type: ignore[index]  # a body without either was refused
    if last.get("type") == "function_call_output":
        return "tool", str(last["output"])
    content = last.get("content")
    if not isinstance(content, list):
        return str(last.get("role")), str(content or "")
    answers = [str(block["content"]) for block in content if block["type"] == "tool_result"]
    return ("tool", "\n".join(answers)) if answers else (str(last["role"]), "\n".join(block.get("text", "") for block in content))


def _wanted(body: Body, says: Says) -> list[tuple[str, str, str]]:
    """Id, name and arguments of each call. Ids are as long and odd as a provider's."""
    at = len(body.get("messages") or body.get("input") or [])
    return [(f"call_0{at}{number}4111111111111111", name, given if isinstance(given, str) else json.dumps(given)) for number, (name, given) in enumerate(says.calls)]


def _counted(body: Body, says: Says) -> tuple[int, int]:
    seen = json.dumps([body.get(part) for part in ("instructions", "system", "messages", "input")], ensure_ascii=False)
    return len(seen.split()), len(says.text.split()) + 10 * len(says.calls)


def _words(text: str) -> list[str]:
    return re.findall(r"\S+\s*|\s+", text)


def _sse(events: list[Body], *, named: bool = False) -> list[bytes]:
    return [(f"event: {event['type']}\n" if named else "").encode() + b"data: " + json.dumps(event).encode() + b"\n\n" for event in events]


def _completion(body: Body, says: Says) -> Body:
    message: Body = {"role": "assistant", "content": says.text or (None if says.calls else ""), "refusal": None}
    if says.calls:
        message["tool_calls"] = [{"id": id, "type": "function", "function": {"name": name, "arguments": written}} for id, name, written in _wanted(body, says)]
    return {
        "id": "chatcmpl-stub", "object": "chat.completion", "created": 0, "model": body["model"],
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls" if says.calls else "stop"}], "usage": _usage(body, says),
    }


def _usage(body: Body, says: Says) -> Body:
    seen, said = _counted(body, says)
    return {"prompt_tokens": seen, "completion_tokens": said, "total_tokens": seen + said, "prompt_tokens_details": {"cached_tokens": seen // 2}}


def _chunks(body: Body, says: Says) -> list[bytes]:
    """Words one by one, each call's arguments in two parts, and the usage last if it was asked for."""
    deltas: list[Body] = [{"role": "assistant", "content": ""}, *({"content": word} for word in _words(says.text))]
    for index, (id, name, written) in enumerate(_wanted(body, says)):
        deltas.append({"tool_calls": [{"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": written[:5]}}]})
        deltas.append({"tool_calls": [{"index": index, "function": {"arguments": written[5:]}}]})
    choices: list[list[Body]] = [[{"index": 0, "delta": delta, "finish_reason": None}] for delta in deltas]
    choices.append([{"index": 0, "delta": {}, "finish_reason": "tool_calls" if says.calls else "stop"}])
    head = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": body["model"]}
    chunks: list[Body] = [{**head, "choices": each} for each in choices]
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks.append({**head, "choices": [], "usage": _usage(body, says)})
    return [*_sse(chunks), b"data: [DONE]\n\n"]


def _response(body: Body, says: Says) -> Body:
    seen, said = _counted(body, says)
    content = [{"type": "output_text", "text": says.text, "annotations": []}]
    output: list[Body] = [{"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}] if says.text else []
    for id, name, written in _wanted(body, says):
        output.append({"type": "function_call", "id": f"fc_{id}", "call_id": id, "name": name, "arguments": written, "status": "completed"})
    return {
        "id": "resp_stub", "object": "response", "created_at": 0, "status": "completed", "model": body["model"], "output": output, "error": None, "incomplete_details": None,
        "instructions": body.get("instructions"), "metadata": {}, "parallel_tool_calls": True, "temperature": 0, "tool_choice": "auto", "tools": [], "top_p": 1,
        "usage": {
            "input_tokens": seen, "input_tokens_details": {"cached_tokens": seen // 2}, "output_tokens": said, "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": seen + said,
        },
    }


def _response_events(body: Body, says: Says) -> list[bytes]:
    whole = _response(body, says)
    events: list[Body] = [{"type": "response.created", "response": {**whole, "status": "in_progress", "output": [], "usage": None}}]
    delta = {"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0, "logprobs": []}
    events += [{**delta, "delta": word} for word in _words(says.text)]
    events.append({"type": "response.completed", "response": whole})
    return _sse([{**event, "sequence_number": number} for number, event in enumerate(events)], named=True)


def _message(body: Body, says: Says) -> Body:
    seen, said = _counted(body, says)
    content: list[Body] = [{"type": "text", "text": says.text, "citations": None}] if says.text else []
    for id, name, written in _wanted(body, says):
        content.append({"type": "tool_use", "id": id, "name": name, "input": json.loads(written or "{}")})
    return {
        "id": "msg_stub", "type": "message", "role": "assistant", "model": body["model"], "content": content, "stop_reason": "tool_use" if says.calls else "end_turn",
        "stop_sequence": None, "usage": {"input_tokens": seen - seen // 2, "cache_read_input_tokens": seen // 2, "cache_creation_input_tokens": 0, "output_tokens": said},
    }


def _message_events(body: Body, says: Says) -> list[bytes]:
    whole = _message({**body}, Says(text=says.text))
    events: list[Body] = [{"type": "message_start", "message": {**whole, "content": [], "stop_reason": None, "usage": {**whole["usage"], "output_tokens": 1}}}, {"type": "ping"}]
    if says.text:
        events.append({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
        events += [{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}} for word in _words(says.text)]
        events.append({"type": "content_block_stop", "index": 0})
    for index, (id, name, written) in enumerate(_wanted(body, says), 1):
        events.append({"type": "content_block_start", "index": index, "content_block": {"type": "tool_use", "id": id, "name": name, "input": {}}})
        events += [{"type": "content_block_delta", "index": index, "delta": {"type": "input_json_delta", "partial_json": part}} for part in ("", written[:5], written[5:])]
        events.append({"type": "content_block_stop", "index": index})
    said = _counted(body, says)[1]
    events.append({"type": "message_delta", "delta": {"stop_reason": "tool_use" if says.calls else "end_turn", "stop_sequence": None}, "usage": {"output_tokens": said}})
    return _sse([*events, {"type": "message_stop"}], named=True)


class Shapes(NamedTuple):
    whole: Callable[[Body, Says], Body]
    events: Callable[[Body, Says], list[bytes]]


WIRES: Mapping[str, Shapes] = {
    "/chat/completions": Shapes(_completion, _chunks), "/responses": Shapes(_response, _response_events), "/messages": Shapes(_message, _message_events),
}  # fmt: skip
