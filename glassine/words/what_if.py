"""What if, in words: what somebody changes of an earlier turn, and what came out of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from glassine.words.ids import ArticleId
from glassine.words.replays import Piece, told
from glassine.words.sessions import Autopilot

QUOTING = "none"  # as the name of a model: answers are quoted, and no model is asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing or more; what is empty stays as it was. With an article and no text, the article is left out."""

    article: ArticleId | None = None
    text: str = ""  # in the place of that article's, in Markdown
    autopilot: Autopilot | None = None
    answer_from: float | None = None  # confidence from which a passage is quoted, 0 to 1
    instructions: str = ""  # for the model, after the rules
    model: str = ""  # at the same address, or QUOTING

    @property
    def kinds(self) -> tuple[str, ...]:
        """What is changed, as the audit log names it."""
        return tuple(self._kinds())

    def _kinds(self) -> Iterator[str]:
        if self.article is not None:
            yield "source"
        if self.autopilot is not None or self.answer_from is not None:
            yield "rule"
        if self.instructions:
            yield "prompt"
        if self.model:
            yield "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two outcomes: in words, which model, which passages were found, and which were used."""

    outcome: str
    said: str  # what the customer or the team reads, masked
    model: str
    found: tuple[str, ...]
    used: tuple[str, ...]
    notes: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        return {"outcome": self.outcome, "said": self.said, "model": self.model, "found": list(self.found), "used": list(self.used), "notes": list(self.notes)}


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """Both sides, and where their words differ. `asked`: whether a model was, and so bytes left."""

    changed: tuple[str, ...]
    before: Side
    after: Side
    pieces: tuple[Piece, ...]
    prompt: tuple[Piece, ...]
    asked: bool

    @property
    def same(self) -> bool:
        return self.before.outcome == self.after.outcome

    def plain(self) -> dict[str, Any]:
        """For programs."""
        return {
            "changed": list(self.changed), "same": self.same, "as_it_was": self.before.plain(), "what_if": self.after.plain(), "difference": told(self.pieces),
            "prompt_difference": told(self.prompt), "model_asked": self.asked,
        }
