"""Amounts that an action's limit is held against: numbers, and texts that say one; what could be two counts as the larger, and what cannot be read is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from glassine.rules.calling import policy
from glassine.rules.calling.amounts import read
from glassine.words.actions import Action, ActionId, Limits, Parameter, Policy, Where
from glassine.words.ids import new_id


@pytest.mark.parametrize(("value", "amount"), [
    (12, "12"), (12.5, "12.5"), ("12.50", "12.50"), ("1.234,56 €", "1234.56"), ("1,234.56", "1234.56"), ("€ 12", "12"), ("12,5", "12.5"), ("1 234,56", "1234.56"), ("CHF 1’234.50", "1234.50"),
    ("1\u202f234,56\u00a0€", "1234.56"), ("12.50 EUR", "12.50"), ("1,23,456.00", "123456.00"), ("1.234.567", "1234567"), ("-5", "-5"), ("+5", "5"), ("100kr", "100"), ("1234.567", "1234.567"),
    ("1.234", "1234"), ("1,234", "1234"),  # a thousand, or a little more than one
    ("12 50", None), ("12.50 12.60", None), ("1e3", None), ("0x10", None), ("12.50.00", None), ("٣", None), ("１２", None), ("12,-", None), ("5k", None), ("", None), (".5", None), ("--5", None),
    ("999,9999", None), ("all of it", None), ("1" * 41, None), (True, None), (None, None), ([1], None), ({"amount": 1}, None),
])  # fmt: skip
def test_what_an_amount_says(value: Any, amount: str | None) -> None:
    assert read(value) == (Decimal(amount) if amount else None)


def refund(schema: dict[str, Any]) -> Action:
    parameter = Parameter(name="amount", where=Where.BODY, schema=schema, required=True)
    limits = Policy(limits=Limits(amount="amount", most=50))
    return Action(id=ActionId(new_id()), name="refund", title="", description="", method="POST", url="https://api.example/", parameters=(parameter,), policy=limits)


@pytest.mark.parametrize("value", ["50", "50,00 €", "12.50", 50, "0"])
def test_a_text_within_the_limit_passes(value: Any) -> None:
    assert policy.too_much(refund({"type": "string"}), {"amount": value}) == ""


@pytest.mark.parametrize(("value", "why"), [
    ("50.01", "is more than 50"), ("1.234", "is more than 50"), ("1.000,00 EUR", "is more than 50"), ("-5", "0 or more"), ("fifty", "cannot be read as one amount"), ("5e1", "cannot be read"), ("", "cannot be read"),
])  # fmt: skip
def test_a_text_beyond_it_or_without_an_amount_is_refused_with_the_reason(value: str, why: str) -> None:
    assert why in policy.too_much(refund({"type": "string"}), {"amount": value})


@given(some.text(alphabet="0123456789.,' -+€eE x", max_size=12))
def test_no_reading_of_a_text_is_smaller_than_python_s_own(text: str) -> None:
    """Whoever reads the text as a plain number gets no more than was counted."""
    amount = read(text)
    try:
        plain = Decimal(text.strip())
    except ArithmeticError:
        return
    assert amount is None or not plain.is_finite() or amount >= plain


@given(some.text(max_size=60))
def test_any_text_is_read_or_not(text: str) -> None:
    amount = read(text)
    assert amount is None or amount.is_finite()
