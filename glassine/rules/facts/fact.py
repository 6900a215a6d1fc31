"""What a fact is, and what a source backs. It finds none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What sort of fact it is, as a finding names it."""

    PLACEHOLDER = "placeholder"
    LINK = "link"
    EMAIL = "email"
    PHONE = "phone"
    QUOTE = "quote"
    CODE = "code"
    DATE = "date"
    TIME = "time"
    AMOUNT = "amount"
    PERCENT = "percentage"
    NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact as it is written. Any key of `needs` backs it; it backs all of `gives`; with none in `needs` it needs no backing.

    `from_customer`: keys that the customer's own words may back it with, which never are those of an amount, a date or a percentage.
    """

    kind: Kind
    text: str
    start: int
    needs: frozenset[str]
    gives: frozenset[str]
    from_customer: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one source backs: keys, and its text for what is quoted from it."""

    keys: frozenset[str]
    text: str
