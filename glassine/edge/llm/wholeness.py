"""What makes a model's answer whole: readable text, calls whose arguments can be read and stored, a name that can be. It knows no provider's shapes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic_core import from_json

from glassine.words.errors import ModelFailed
from glassine.words.turns import ModelReply, Prompt, ToolCall

MOST_CALLS = 16  # in one answer
_LONGEST_ARGUMENTS = 20_000  # characters
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_CODE = re.compile(r"[a-z][a-z0-9_.-]{1,60}")


class Strict(BaseModel):
    """What comes from outside has the types that it should have, and nothing is turned into them."""

    model_config = ConfigDict(strict=True, frozen=True)


class Cut(ModelFailed):
    """The answer reached its limit of tokens. `thought`: the model spent some of them on thoughts, so that it needs more room."""

    def __init__(self, why: object, *, thought: bool) -> None:
        super().__init__("malformed", f"The model's answer is not whole: it ended with {plain(why)}.")
        self.thought = thought


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Tokens as the provider counted them; of `prompt`, `cached` had been read before."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0


def arguments(written: str | None) -> Mapping[str, Any]:
    """A call's arguments as the model wrote them; nothing written means none. Raises ModelFailed for what is not an object that can be stored."""
    text = (written or "").strip() or "{}"
    try:
        found = from_json(text, allow_inf_nan=False) if len(text) <= _LONGEST_ARGUMENTS else None
    except ValueError:
        found = None
    if not isinstance(found, dict) or any(_UNPRINTABLE.search(leaf) for leaf in _leaves(found)):
        raise ModelFailed("malformed", "The model wants to call something with arguments that are not a JSON object.")
    return found


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)


def readable(text: str) -> bool:
    """Without characters that no text has and no database takes."""
    return not _UNPRINTABLE.search(text)


def whole(*, text: str, calls: Sequence[ToolCall], model: str | None, asked: str, prompt: Prompt, counted: Counted) -> ModelReply:
    """The reply, if it is one. `asked`: the model's name that was sent. Raises ModelFailed."""
    text = text.strip()
    if not readable(text) or not (text or calls):
        raise ModelFailed("malformed", "The model's answer is empty or not text.")
    if calls and not prompt.tools:
        raise ModelFailed("malformed", "The model wants to call something, and nothing was offered to it.")
    if len(calls) > MOST_CALLS or len({call.id for call in calls}) < len(calls) or any(not call.id or _UNPRINTABLE.search(call.id + call.name) for call in calls):
        raise ModelFailed("malformed", "The model wants to call things in a way that cannot be followed.")
    name = _UNPRINTABLE.sub("", model or "")[:200] or asked
    return ModelReply(
        text=text, model=name, prompt_tokens=counted.prompt, completion_tokens=counted.completion, cached_tokens=min(counted.cached, counted.prompt), calls=tuple(calls),
    )


def plain(code: object) -> str:
    """A provider's code word if it is nothing but that."""
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "no code"
