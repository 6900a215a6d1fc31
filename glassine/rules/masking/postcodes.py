"""Finds postcodes: behind a word that announces one, and those of Britain, Canada and the Netherlands by their shape where they are used."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glassine.words.privacy import PiiType, Span

_TOLD = re.compile(
    r"(?<![^\W_])(?:zip(?:[ -]?code)?|post[ -]?code|postal[ -]?code|postleitzahl|plz|code postal|c[óo]digo postal|postnummer|postcode|postinumero|kod pocztowy|psč|psc|irányítószám|pin[ ]?code|cep|cap|почтовый индекс|индекс|邮编|郵便番号)"
    r"(?:[ ]?(?:is|ist|es|est|:|=|#|,)){0,2}[ ]{0,2}[\"'(]?(?P<code>(?:[A-Z]{1,2}[- ])?\d{3}[ ]\d{2}\b|\d{5}-\d{3,4}\b|\d{2}-\d{3}\b|\d{3}-\d{4}\b|[A-Z]{1,2}\d[A-Z\d]?[ ]?\d[A-Z]{2}\b|[A-Z]\d[A-Z][ -]?\d[A-Z]\d\b|\d{4}[ ]?[A-Z]{2}\b|(?:[A-Z]{1,2}-)?\d{4,6}\b)(?![.,:]\d)",
    re.IGNORECASE,
)
_HINTS = ("zip", "post", "plz", "kod", "psč", "psc", "irány", "pin", "cep", "cap", "индекс", "邮编", "郵便")  # one of them stands in each word that announces
_DIGIT = re.compile(r"\d")
_SHAPES = {
    "GB": re.compile(r"(?<![\w-])(?:GIR 0AA|(?:[A-PR-UWYZ]\d[A-HJKPSTUW\d]?|[A-PR-UWYZ][A-HK-Y]\d[ABEHMNPRV-Y\d]?) \d[ABD-HJLNP-UW-Z]{2})(?![\w-])"),
    "CA": re.compile(r"(?<![\w-])[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] \d[ABCEGHJ-NPRSTV-Z]\d(?![\w-])"),
    "NL": re.compile(r"(?<![\w-])[1-9]\d{3} (?!SA|SD|SS|AM|PM|KB|MB|GB|TB|KM|CM|MM|KG|HZ|MS)[A-Z]{2}(?![\w-])"),
}


def postcodes(text: str, regions: tuple[str, ...]) -> Iterator[Span]:
    """Postcodes that stand alone; those inside an address belong to it."""
    if not _DIGIT.search(text):
        return
    lower = text.lower()
    for match in _TOLD.finditer(text) if any(hint in lower for hint in _HINTS) else ():
        yield Span(start=match.start("code"), end=match.end("code"), type=PiiType.ADDRESS, score=0.6)
    for region in regions:
        for match in _SHAPES[region].finditer(text) if region in _SHAPES else ():
            yield Span(start=match.start(), end=match.end(), type=PiiType.ADDRESS, score=0.5)
