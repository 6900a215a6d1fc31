"""Requests to language models as evidence keeps them: texts that stand in the prompt, and tools that were sent before, are not kept twice. It changes no word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from glassine.words.turns import Asked, Prompt

_TEXT, _SAME = "\u00a7text", "\u00a7same"  # nothing that a request holds begins with this sign
_LONG = 40  # characters from which naming a text is shorter than keeping it


def short(prompt: Prompt | None, asked: Sequence[Asked]) -> list[Asked]:
    """Each with what stands elsewhere replaced by where."""
    places = {message.content: at for at, message in enumerate(prompt.messages) if len(message.content) >= _LONG} if prompt else {}
    tools, found = None, []
    for one in asked:
        request = {name: _short(value, places) for name, value in one.request.items() if name != "tools"}
        if "tools" in one.request:
            request["tools"] = _SAME if one.request["tools"] == tools else one.request["tools"]
            tools = one.request["tools"]
        found.append(replace(one, request=request))
    return found


def _short(value: Any, places: Mapping[str, int]) -> Any:
    if isinstance(value, str):
        return {_TEXT: places[value]} if value in places else value
    if isinstance(value, dict):
        return {name: _short(inner, places) for name, inner in value.items()}
    return [_short(inner, places) for inner in value] if isinstance(value, list) else value


def whole(trace: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The requests of a stored trace as they were sent, in order."""
    texts = [str(message["content"]) for message in (trace.get("prompt") or {}).get("messages", [])]
    tools, found = None, []
    for one in trace.get("asked") or []:
        request = {name: _whole(value, texts) for name, value in one["request"].items() if name != "tools"}
        if "tools" in one["request"]:
            tools = request["tools"] = tools if one["request"]["tools"] == _SAME else one["request"]["tools"]
        found.append({**one, "request": request})
    return found


def _whole(value: Any, texts: Sequence[str]) -> Any:
    if isinstance(value, dict):
        return texts[value[_TEXT]] if value.keys() == {_TEXT} else {name: _whole(inner, texts) for name, inner in value.items()}
    return [_whole(inner, texts) for inner in value] if isinstance(value, list) else value
