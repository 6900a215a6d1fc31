"""Says when two written values are the same value: the key under which a session remembers its placeholder."""

from __future__ import annotations

import ipaddress
import re

from glassine.rules.masking.phones import canonical
from glassine.rules.masking.plain import fold, plain
from glassine.words.privacy import PiiType

_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")


def key(kind: PiiType, raw: str, regions: tuple[str, ...]) -> str:
    """Equal for spellings that differ in case, accents, spacing or punctuation, as far as these mean nothing for the kind."""
    value = plain(raw).text.strip()
    if kind in (PiiType.SECRET, PiiType.CREDENTIALS):
        return value
    if kind is PiiType.PHONE:
        return canonical(value, regions)
    if kind is PiiType.IP:
        try:
            return str(ipaddress.ip_address(value))
        except ValueError:
            return value
    if kind is PiiType.EMAIL:
        return "".join(value.casefold().split())
    between = " " if kind in (PiiType.NAME, PiiType.ADDRESS) else ""
    return _NOT_ALPHANUMERIC.sub(between, fold(value)).strip() or value
