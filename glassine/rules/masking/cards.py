"""Finds payment cards and bank accounts: prefix, length and checksum, however they are spaced."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import accumulate

from glassine.rules.masking.groups import Row, rows_of
from glassine.words.privacy import PiiType, Span

_SHORTEST, _LONGEST = 12, 19
_STRETCH = re.compile(r"(?<!\d)\d(?:[ \t\r\n./()\-]{0,4}\d){11,}")  # what `rows` would give as one row, or several of a long one
_MOST = 10_000  # groups of digits that are looked at closely in one text: a message cannot hold more
_CARD_WORD = re.compile(
    r"(?=\b(?:cards?|cc|credit|debit|visa|master ?card|amex|american express|maestro|discover|diners|jcb|karten?(?:nummer)?|kreditkarte|tarjeta|carte|cartão|carta|kaart|kort|karta|карт\w*|pan)\b)",
    re.IGNORECASE,
)
_IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[ \-]?\d[ \-]?\d(?=[ \-.]?[A-Za-z0-9])")
_IBAN_LENGTHS = {
    length: frozenset(countries.split())
    for length, countries in {
        15: "NO", 16: "BE BI", 18: "DK FK FI FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK", 21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST", 26: "IS TR", 27: "BF BJ CF CG CI CM CV DJ FR GA GQ GR IT KM MC MG ML MR SM SN TD TG", 28: "AL AZ BY CY DO GT HN HU LB NI PL SV AO DZ IR NE GW MA",
        29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
}  # fmt: skip
_IBAN_LENGTH = {country: length for length, countries in _IBAN_LENGTHS.items() for country in countries}


def cards(text: str) -> Iterator[Span]:
    """Numbers of 12 to 19 digits with an issuer's prefix and Luhn's checksum; near a word like "card" a typing error is forgiven.

    Where a text holds more rows of digits than any message, the prefix is enough, so that no text takes long.
    """
    looked_at = 0
    for row in _long_rows(text):
        digits = row.digits(0, len(row.groups) - 1)
        places = list(accumulate((end - start for start, end in row.groups), initial=0))
        first = 0
        while first < len(row.groups):
            looked_at += 1
            last = _card_from(row, digits, places, first, looked_at > _MOST) if digits[places[first]] in _FIRST else None
            if last is None:
                first += 1
                continue
            yield Span(start=row.groups[first][0], end=row.groups[last][1], type=PiiType.CARD)
            first = last + 1


def _long_rows(text: str) -> Iterator[Row]:
    for stretch in _STRETCH.finditer(text):
        yield from rows_of(text, stretch.start(), stretch.end())


def _card_from(row: Row, digits: str, places: Sequence[int], first: int, believed: bool) -> int | None:
    """The last group of the longest card number that begins with group `first`, if there is one. `places`: where each group begins in the row's `digits`."""
    start, end = row.groups[first]
    if first and end - start <= 2 and row.groups[first - 1][1] - row.groups[first - 1][0] <= 2:
        return None  # digits written one by one or in pairs are taken from the beginning of their row only, or a long row costs too much
    begin = places[first]
    if not (lengths := _lengths(digits[begin : begin + 4])) or (start and (row.text[start - 1].isalnum() or row.text[start - 1] in "_+$€£")):
        return None
    beyond = bisect_right(places, begin + _LONGEST)
    for last in range(beyond - 2, first - 1, -1):
        stop = places[last + 1]
        if stop - begin < _SHORTEST:
            break
        end = row.groups[last][1]
        if stop - begin in lengths and not row.text[end : end + 1].isalpha() and (believed or _is_card(row, first, last, digits[begin:stop])):
            return last
    return None


def _is_card(row: Row, first: int, last: int, digits: str) -> bool:
    """Of a number that an issuer may have given out."""
    checked, start = luhn(digits), row.groups[first][0]
    if checked and len(digits) >= 13 and _grouped_like_a_card(row.sizes(first, last)):
        return True
    return (checked or len(digits) in (15, 16)) and _card_said(row.text, start)


def _card_said(text: str, place: int) -> bool:
    """Whether a word like "card" begins in the forty characters before a place."""
    places = _card_words(text)
    return bisect_left(places, max(0, place - 40)) < bisect_left(places, place)


@lru_cache(maxsize=4)
def _card_words(text: str) -> tuple[int, ...]:
    """Looked for once in a text, for a hostile one has a number that may be a card in every fifth place."""
    return tuple(match.start() for match in _CARD_WORD.finditer(text))


def _grouped_like_a_card(sizes: tuple[int, ...]) -> bool:
    return len(sizes) == 1 or all(s == 4 for s in sizes[:-1]) or sizes in ((4, 6, 5), (4, 6, 4)) or max(sizes) <= 2 or min(sizes) >= 4


@lru_cache(maxsize=10_000)
def _lengths(four: str) -> frozenset[int]:
    """How long numbers are that a payment network gives out with these first four digits (ISO/IEC 7812); none where none does."""
    prefix, two = int(four), int(four[:2])
    if four[0] == "4":
        return frozenset((13, 16, 18, 19))
    if four[0] not in _FIRST:
        return frozenset()
    if 51 <= two <= 55 or 2200 <= prefix <= 2720:
        return frozenset((16,))
    if two in (34, 37):
        return frozenset((15,))
    if two in (36, 38, 39) or 3000 <= prefix <= 3059 or prefix == 3095:
        return frozenset((14, 16))
    if 3528 <= prefix <= 3589 or prefix == 2131:
        return frozenset((15, 16, 19))
    return _MAESTRO if two in (50, 81, 82) or 56 <= two <= 69 else frozenset()


_FIRST = frozenset("234568")  # digits that the number of a card begins with
_MAESTRO = frozenset(range(_SHORTEST, _LONGEST + 1))


def luhn(digits: str) -> bool:
    """The checksum of ISO/IEC 7812-1, annex B."""
    written = digits.encode().translate(_VALUES)
    return (sum(written[-1::-2]) + sum(written[-2::-2].translate(_DOUBLED))) % 10 == 0 and len(set(digits)) > 1


_VALUES = bytes(max(0, code - 48) for code in range(256))  # of the digits of ASCII
_DOUBLED = bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)) + bytes(246)


def ibans(text: str) -> Iterator[Span]:
    """Bank accounts of ISO 13616: the country's length, the remainder of 97; after the word IBAN a typing error is forgiven."""
    taken = 0
    for match in _IBAN_START.finditer(text):
        length = _IBAN_LENGTH.get(match.group()[:2].upper())
        if length is None or match.start() < taken:
            continue
        end, characters = _collect(text, match.start(), length)
        whole = len(characters) == length and not text[end : end + 1].isalnum()
        announced = re.search(r"\biban\b", text[max(0, match.start() - 25) : match.start()], re.IGNORECASE) is not None
        if (whole and _remainder(characters) == 1) or (announced and len(characters) >= 15 and 2 * sum(map(str.isdigit, characters)) > len(characters)):
            taken = end
            yield Span(start=match.start(), end=end, type=PiiType.IBAN)


def _collect(text: str, start: int, length: int) -> tuple[int, str]:
    """The next `length` letters and digits from `start`, over one or two separators, and where they end."""
    found = _account(length).match(text, start)
    return (found.end(), found.group().translate(_NO_SEPARATORS)) if found else (start, "")


@cache
def _account(length: int) -> re.Pattern[str]:
    return re.compile(rf"[A-Za-z0-9](?:[ \-.\n\t]{{0,2}}[A-Za-z0-9]){{0,{length - 1}}}")


_NO_SEPARATORS = dict.fromkeys(map(ord, " -.\n\t"))


def _remainder(characters: str) -> int:
    turned = characters[4:] + characters[:4]
    return int("".join(str(int(c, 36)) for c in turned)) % 97
