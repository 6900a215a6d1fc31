"""Says when two written values are the same value: the key under which a session remembers its placeholder."""

from __future__ import annotations

import ipaddress
import re

from glassine.rules.masking.announced import words_of
from glassine.rules.masking.disguises import undisguised
from glassine.rules.masking.phones import canonical
from glassine.rules.masking.plain import even_fold, fold, plain
from glassine.words.privacy import PiiType

_AS_WRITTEN = (PiiType.SECRET, PiiType.CREDENTIALS, PiiType.CUSTOM)
_AT = re.compile(r"\s?[\[({<]\s?(?:at|@)\s?[\])}>]\s?|\s(?:at|ät|arroba|arobase|chiocciola)\s")
_DOT = re.compile(r"\s?[\[({<]\s?(?:dot|\.)\s?[\])}>]\s?|\s(?:dot|punkt|point|punto|punt|ponto)\s")
_MAY_BE_DISGUISED = re.compile(r"[a-zOISB|\n]|[^\x00-\x7f]")
_LONGEST_UNDISGUISED = 200  # of a longer text only parts are undisguised
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")


def key(kind: PiiType, raw: str, regions: tuple[str, ...]) -> str:
    """Equal for spellings that differ in case, accents, spacing or punctuation, as far as these mean nothing for the kind."""
    value = plain(raw).text.strip()
    if kind not in _AS_WRITTEN and len(value) < _LONGEST_UNDISGUISED and _MAY_BE_DISGUISED.search(value):
        folded = even_fold(value)
        clear = undisguised(value, folded, words_of(folded))
        value = clear.text if clear else value
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
        return "".join(_DOT.sub(".", _AT.sub("@", value.casefold())).split())
    if kind is PiiType.COORDINATES:
        return "".join(value.casefold().split())
    between = " " if kind in (PiiType.ADDRESS, PiiType.BIRTHDATE) else ""
    return _NOT_ALPHANUMERIC.sub(between, fold(value)).strip() or value
