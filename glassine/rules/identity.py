"""How identifying values are compared: one normal form per kind, so that the same address is found however it was typed."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s.]{2,63}")


def normal_email(text: str) -> str | None:
    """Lower case, without surrounding space; None when it is not an address."""
    value = unicodedata.normalize("NFKC", text).strip().lower()
    return value if _EMAIL.fullmatch(value) else None


def normal_phone(text: str, regions: tuple[str, ...]) -> str | None:
    """E.164 (`+493012345`), read as a number of the first region it is possible in; None when it is none."""
    for region in (None, *regions):
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None
