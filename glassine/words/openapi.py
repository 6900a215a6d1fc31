"""An OpenAPI file in words: what it offers, operation by operation, and what an import of it would change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from glassine.words.actions import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One operation of the file. `action` is None where it could not be taken; `notes` say what was mended, or why not."""

    method: str
    path: str
    action: Action | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a file holds. `keys` says in words how the API wants to know who calls."""

    title: str
    version: str
    base: str
    bases: tuple[str, ...]
    found: tuple[Found, ...]
    notes: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    @property
    def actions(self) -> tuple[Action, ...]:
        return tuple(each.action for each in self.found if each.action)

    @property
    def left_out(self) -> tuple[Found, ...]:
        return tuple(each for each in self.found if each.action is None)


class Kind(StrEnum):
    """What an import does with one action."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing that becomes another. An empty side: it was, or will be, nothing."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of one action. `kept` are settings of admins that the file would have said otherwise; `lost` what no longer fits, in words."""

    kind: Kind
    name: str
    before: Action | None = None
    after: Action | None = None
    fields: tuple[Field, ...] = ()
    kept: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()  # of the file's operation
