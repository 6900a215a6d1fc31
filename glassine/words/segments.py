"""Segments in words: named groups of contacts that content can be shown to. It decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from glassine.words.ids import SegmentId


class Operator(StrEnum):
    """How a rule compares a field of custom data. There is no "is not": a contact of whom nothing is known would fit it."""

    IS = "is"
    CONTAINS = "contains"
    ANY_OF = "any_of"  # of values with commas between
    SET = "set"  # anything at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Who belongs by themselves: a field of the custom data that your own systems gave."""

    field: str
    operator: Operator
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """`members` and `articles` count who belongs and what only segments see; `placing`: contacts are still being looked at since the rule changed."""

    id: SegmentId
    name: str
    description: str = ""
    rule: Rule | None = None
    members: int = 0
    articles: int = 0
    placing: bool = False
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """That a contact belongs, and why."""

    segment: SegmentId
    name: str
    by_rule: bool
    by_hand: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What becomes of content when a segment is deleted: `hidden` articles become internal, `kept` stay visible to their other segments."""

    hidden: tuple[str, ...] = field(default=())  # titles
    kept: int = 0
