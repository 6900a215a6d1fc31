"""A summary in words: what one call of a language model for whoever takes a session over saw, said and was taken for."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from glassine.words.turns import Asked, Prompt


class Became(StrEnum):
    """What became of it."""

    WRITTEN = "written"  # people read it
    REFUSED = "refused"  # it said what nobody had said, or was not what was asked for
    FAILED = "failed"  # the model gave no answer
    LATE = "late"  # the session was handed back, handed off anew or redacted meanwhile


@dataclass(slots=True, kw_only=True)
class Summing:
    """Its evidence, filled in step by step. Masked text only."""

    prompt: Prompt
    seen: int  # the newest event that was read
    model: str
    wanted: list[dict[str, Any]]  # the custom fields that were asked for (`Wanted.stored`)
    masked: dict[str, int]  # placeholders that stand in what was sent, by kind
    asked: list[Asked] = field(default_factory=list)  # every request, in order
    answer: str | None = None  # the model's words, without personal values of its own making
    usage: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)  # why it was not taken, and why fields stay empty
