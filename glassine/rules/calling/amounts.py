"""The amount that a value says, as whoever gets it may read it. What could be read in two ways counts as the larger; what cannot be read is none."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_LONGEST = 40
_SPACES = re.compile(r"[ \u00a0\u2009\u202f]+")
_SIGNED = re.compile(r"(?:[A-Za-z]{3}|[$€£¥₹₺₽₩₪฿])?([+-]?)([0-9][0-9.,'’]*)(?:[A-Za-z]{3}|[$€£¥₹₺₽₩₪฿]|zł|kr|Kč|Ft|lei)?")
_GROUPED = re.compile(r"[0-9]{1,3}(?:[.,'’][0-9]{2,3})*[.,'’][0-9]{3}")  # two digits in India
_MARKS = re.compile(r"[.,'’]")


def read(value: Any) -> Decimal | None:
    """Of a number of JSON, or of a text such as `12.50`, `1.234,56 €` or `CHF 1'234.50`. None: it is none, or nobody can say which."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return Decimal(str(value))
    return _said(value) if isinstance(value, str) and len(value) <= _LONGEST else None


def _said(text: str) -> Decimal | None:
    found = _SIGNED.fullmatch(_SPACES.sub("", text))
    if found is None or (_SPACES.search(text.strip()) and not _spaced_well(text)):
        return None
    sizes = [size for size in (_whole(found[2]), _with_fraction(found[2])) if size is not None]
    return max(sizes) * (-1 if found[1] == "-" else 1) if sizes else None


def _spaced_well(text: str) -> bool:
    """Spaces stand beside a currency, or before each three digits: `12 50` is two numbers."""
    digits = re.search(r"[0-9][0-9.,'’ \u00a0\u2009\u202f]*[0-9]", text)
    inside = _SPACES.split(digits[0]) if digits else []
    return all(re.match(r"[0-9]{3}(?![0-9])", part) for part in inside[1:]) and all(part.isdigit() for part in inside[:-1])


def _whole(digits: str) -> Decimal | None:
    """Every mark groups thousands, or there is none."""
    return Decimal(_MARKS.sub("", digits)) if digits.isdigit() or _GROUPED.fullmatch(digits) else None


def _with_fraction(digits: str) -> Decimal | None:
    """The last mark begins the fraction, and others before it, all of another kind, group. A comma before more than three digits is neither."""
    whole, mark, fraction = re.fullmatch(r"(.*?)([.,]?)([0-9]*)", digits).groups()  # type: ignore[union-attr]  # it fits every text of digits and marks
    if not mark or not fraction or mark in whole or (mark == "," and len(fraction) > 3) or not (whole.isdigit() or _GROUPED.fullmatch(whole)):
        return None
    return Decimal(f"{_MARKS.sub('', whole)}.{fraction}")
