"""How the AI is to behave, in words: one document with versions, and its parts. What follows from it is decided in rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

# The parts that are changed one at a time, and what each is called.
PARTS: Mapping[str, str] = {
    "channels": "what the AI does on each channel", "topics": "the topics", "hours": "the office hours", "rollout": "who the AI answers", "assist": "drafts for the team",
    "handoff": "when the AI hands off", "guard": "what an answer is checked for",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The document that is in force. 0 is the one that nobody has written yet: everything as it comes."""

    number: int = 0
    content: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def part(self, name: str) -> Mapping[str, Any]:
        """As it was written; empty: never changed. Each part's own class reads it."""
        return self.content.get(name) or {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One change of it: what part, from what to what, by whom and when."""

    number: int
    part: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    undoes: int | None
    by: UUID | None
    by_name: str  # empty: an API key
    at: datetime
