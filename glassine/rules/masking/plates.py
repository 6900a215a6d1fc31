"""Finds number plates of vehicles: behind a word that announces one, or in a country's shape near a word for a vehicle."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from glassine.words.privacy import PiiType, Span

_TOLD = re.compile(
    r"(?<![^\W_])(?:licen[cs]e plate|number ?plate|car plate|plate|vehicle reg(?:istration)?|car reg(?:istration)?|reg(?:istration)? plate|rego|vrm|vrn|tag number|kfz[- ]?kennzeichen|kennzeichen|autokennzeichen|nummernschild|plaque(?: d.immatriculation)?"
    r"|immatriculation|immatricule|matricula|placa(?: do carro)?|patente del auto|targa|kenteken(?:plaat)?|numer rejestracyjny|rejestracja|tablica rejestracyjna|nr rej\.?|registreringsnummer|reg\.?nr\.?|regnr|nummerplade|rekisterinumero|rekisterikilpi|plaka|plakasi|rendszam|spz|ecv|госномер|номер машины|车牌(?:号码?)?|ナンバープレート)"
    r"(?:[ ]?(?:number|no\.?|nummer|nr\.?|numero|#))?[ ]?(?:is|was|ist|lautet|es|est|e|:|=|#|,|-)?[ ]{0,2}(?:is |ist |: ?)?(?:\r?\n[ \t]{0,4})?[\"'“(]?(?P<plate>[^\W_]{1,5}(?:[ \-·.]?[^\W_]{1,5}){0,3})(?![^\W_])"
)
_VEHICLE = re.compile(r"\b(?:cars?|vans?|trucks?|lorry|vehicles?|motorbike|motorcycle|parked|parking|tow(?:ed)?|garage|auto|wagen|pkw|lkw|fahrzeug\w*|parken|voiture|vehicule|coche|carro|vehiculo|macchina|veicolo|samochod\w*|bil|bilen|fiets|wheels?|drive|driving|mot)\b")
_WRITTEN_VEHICLES = (
    "car cars van vans truck trucks lorry vehicle vehicles motorbike motorcycle parked parking tow towed garage auto wagen pkw lkw parken voiture vehicule coche carro vehiculo macchina "
    "veicolo bil bilen fiets wheel wheels drive driving mot"
)
_VEHICLES = frozenset(_WRITTEN_VEHICLES.split())  # the words of the pattern: most texts have none of them, and that is quick to see
_LONGER_VEHICLES = ("fahrzeug", "samochod")
_VEHICLE_REACH = 60
_SHAPES: Mapping[str, str] = {
    "DE": r"[A-ZÄÖÜ]{1,3}[- ][A-Z]{1,2}[- ]?[1-9]\d{0,3}[EH]?", "AT": r"[A-Z]{1,2}[- ]?\d{1,5}[ ]?[A-Z]{1,3}", "CH": r"[A-Z]{2}[- ]?\d{2,6}", "GB": r"[A-Z]{2}\d{2}[ ]?[A-Z]{3}",
    "IE": r"\d{2,3}[- ][A-Z]{1,2}[- ]\d{1,6}", "FR": r"[A-HJ-NP-TV-Z]{2}[- ]\d{3}[- ][A-HJ-NP-TV-Z]{2}", "IT": r"[A-HJ-NPR-TV-Z]{2}[ ]?\d{3}[ ]?[A-HJ-NPR-TV-Z]{2}", "ES": r"\d{4}[ -]?[BCDFGHJKLMNPRSTVWXYZ]{3}",
    "PT": r"[A-Z]{2}-\d{2}-[A-Z]{2}|\d{2}-[A-Z]{2}-\d{2}", "NL": r"[A-Z]{1,2}-\d{3}-[A-Z]{1,2}|\d{1,2}-[A-Z]{2,3}-\d{1,2}|[A-Z]{2}-\d{2}-[A-Z]{2}", "BE": r"[1-9]-[A-Z]{3}-\d{3}", "PL": r"[A-Z]{2,3}[ ]\d{4,5}|[A-Z]{2,3}[ ]\d{2,4}[A-Z]{1,2}",
    "SE": r"[A-Z]{3}[ ]?\d{2}[A-Z0-9]", "NO": r"[A-Z]{2}[ ]?\d{5}", "DK": r"[A-Z]{2}[ ]?\d{2}[ ]?\d{3}", "FI": r"[A-Z]{3}-\d{1,3}", "CZ": r"\d[A-Z]\d[ ]?\d{4}", "RO": r"[A-Z]{1,2}[- ]\d{2,3}[- ][A-Z]{3}",
    "US": r"\d[A-Z]{3}\d{3}|[A-Z]{3}[- ]\d{4}|[A-Z]{2}\d[ -][A-Z]\d{2}", "CA": r"[A-Z]{4}[ -]\d{3}|[A-Z]{3}[ -]\d{3}", "AU": r"[A-Z]{3}[- ]?\d{3}|\d[A-Z]{2}[ -]?\d[A-Z]{2}", "IN": r"[A-Z]{2}[ -]?\d{1,2}[ -]?[A-Z]{1,3}[ -]?\d{4}",
    "BR": r"[A-Z]{3}[- ]?\d[A-Z0-9]\d{2}", "TR": r"\d{2}[ ][A-Z]{1,3}[ ]\d{2,4}",
}  # fmt: skip
_BY_REGION = {region: re.compile(rf"(?<![\w-])(?:{shape})(?![\w-])") for region, shape in _SHAPES.items()}


_WRITTEN_PARTS = "plate reg rego vrm vrn tag kennz schild immat matri placa patente targa kentek rej tablica reki plak rendsz spz ecv ном 车牌 ナンバ"
_PARTS = tuple(_WRITTEN_PARTS.split())


def plates(text: str, folded: str, words: frozenset[str], regions: tuple[str, ...]) -> Iterator[Span]:
    """Plates that are announced, and those of `regions` within sixty characters of a word for a vehicle. `folded` is `text` without case and accents."""
    for match in _TOLD.finditer(folded) if any(part in folded for part in _PARTS) else ():
        start, end = match.span("plate")
        if _like_a_plate(text[start:end]):
            yield Span(start=start, end=end, type=PiiType.PLATE, score=0.9)
        elif (first := _first_words(text, start, end)) != end and _like_a_plate(text[start:first]):
            yield Span(start=start, end=first, type=PiiType.PLATE, score=0.9)
    if (not _VEHICLES.isdisjoint(words) or any(word in folded for word in _LONGER_VEHICLES)) and _VEHICLE.search(folded):
        for region in regions:
            for match in _BY_REGION[region].finditer(text) if region in _BY_REGION else ():
                if _VEHICLE.search(folded, max(0, match.start() - _VEHICLE_REACH), match.end() + _VEHICLE_REACH):
                    yield Span(start=match.start(), end=match.end(), type=PiiType.PLATE, score=0.8)


def _like_a_plate(written: str) -> bool:
    """Letters and digits, four to nine of them, in capitals if there are several words: "plate 4 is broken" is about crockery."""
    bare = [c for c in written if c.isalnum()]
    if not 4 <= len(bare) <= 9 or not any(c.isdigit() for c in bare):
        return False
    words = written.replace("-", " ").split()
    return all(any(c.isdigit() for c in word) or word.isupper() or len(word) <= 3 for word in words) and (any(c.isalpha() for c in bare) or len(bare) >= 5)


def _first_words(text: str, start: int, end: int) -> int:
    """Where the plate ends when lower-case words follow it ("AB12 CDE is mine")."""
    for match in re.finditer(r"[ ]", text[start:end]):
        rest = text[start + match.end() : end].split()[0]
        if rest.islower() and rest.isalpha():
            return start + match.start()
    return end
