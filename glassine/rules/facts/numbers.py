"""Finds codes and numbers in a text, with what they count: currency, percentage, unit. In figures or in words; what a number means depends on the language."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from glassine.rules.facts.dates import Word
from glassine.rules.facts.fact import Fact, Kind
from glassine.rules.facts.places import at_digits, at_names, blanked, word_before
from glassine.rules.facts.words import BETWEEN, COUNTED, CURRENCIES, DOUBTFUL, IN_TIME, LANGUAGES, NAMES_SOMETHING, NUMBERS, SIGNS, UNITS, WORKING

_NUMBER = re.compile(r"(?<![\d])(?:\d{1,3}(?: \d{3})+(?![\d])(?:[.,]\d+)?|\d+(?:[.,'’]\d+)*)")
_CODE = re.compile(r"(?<![^\W_])(?:[^\W\d_]+[-_.]?\d|\d+[-_.]?[^\W\d_])[\w.#+-]*")
_COUNTS = re.compile(r"(\d+(?:[.,]\d+)*)-?([^\W\d_]+)(?:-[^\W\d_]+)*")
_NTH = frozenset(("st", "nd", "rd", "th", "er", "ère", "nde", "ème", "e", "x", "s", "k", "bn"))
_AFTER = re.compile(r"(?:[.,]-{1,2})?[ -]{0,2}(?:\(\d+\) ?)?(US\$|[%‰€$£¥₹°]|[^\W\d_]+)")
_NEXT = re.compile(r"[ -]([^\W\d_]+)")
_POINTS = re.compile(r" ?(?:points? de pourcentage|puntos porcentuales|pontos percentuais|punti percentuali|(?:percentage|per ?cent|%)[ -]?points?)", re.IGNORECASE)
_PER_CENT = re.compile(r" ?(?:per|pour|por) (?:cent|ciento|cento)(?![^\W_])", re.IGNORECASE)
_BEFORE = re.compile(r"(US\$|CA\$|C\$|A\$|R\$|[€$£¥₹]|(?<![^\W_])(?:EUR|USD|GBP|CHF|CAD|AUD|JPY|SEK|NOK|DKK|PLN|CZK|INR|BRL|Euro|Rs\.?)) ?$")
_ENDS_CURRENCY = frozenset("€$£¥₹.sRDPFKNLYo")
_DOLLARS = {"US$": "usd", "CA$": "cad", "C$": "cad", "A$": "aud", "R$": "brl", "Rs": "inr", "Rs.": "inr", "Euro": "eur"}
_BETWEEN = re.compile(r" ?(?:-|–|to|through|bis|à|a|y|e|et|en|und|and|or|oder|o|ou|of|/|x|×|tot|&) ?", re.IGNORECASE)
_UP_TO = re.compile(r" ?(?:-|–|to|through|bis|à|a|tot) ?", re.IGNORECASE)
_JOINED = re.compile(r"-| (?:and |und |y |e |et )?|-et-", re.IGNORECASE)
_IDENTIFIES = re.compile(r"(?:#|([^\W\d_]+)\.?:?) ?#?$")
_ANYWHERE = frozenset(word for language in LANGUAGES for word in NUMBERS[language]) - DOUBTFUL
_LONGEST = 24  # characters of a number that is reckoned with
_SURELY_A_NAME = 6  # digits in a row that are counted by nobody


@dataclass(slots=True)
class _Number:
    """A number on its way: what it can mean, and what it counts."""

    start: int
    end: int
    values: frozenset[str]
    unit: str = ""
    words: bool = False
    after: str = ""  # the word that follows
    until: int = 0  # where its unit ends


def codes(text: str, found: list[Fact]) -> str:
    """Letters and digits in one, such as SKU-1234, E1001 or v3.10; `14-day`, `5GB` and `3rd` are numbers."""
    spans: list[tuple[int, int]] = []
    for match in at_names(_CODE, text):
        written = match[0].rstrip(".-_#+")
        if _counts(written) or not _is_code(written):
            continue
        keys = {f"is:{_plain_code(written)}"} | ({f"n:{written[1:]}"} if re.fullmatch(r"[vV]\d+(?:\.\d+)*", written) else set())
        gives = keys | {f"n:{digits}" for digits in re.findall(r"\d{3,}", written)}
        found.append(Fact(kind=Kind.CODE, text=written, start=match.start(), needs=frozenset(keys), gives=frozenset(gives), from_customer=frozenset(keys)))
        spans.append((match.start(), match.start() + len(written)))
    return blanked(text, spans)


def _counts(written: str) -> bool:
    match = _COUNTS.fullmatch(written)
    return match is not None and (match[2].casefold() in _NTH or match[2].casefold() in UNITS or (written[match.end(1)] == "-" and match[2].islower()))


def _is_code(written: str) -> bool:
    """Letters right beside digits, or capital letters joined to them: `mid-2024` is none."""
    return bool(re.search(r"[^\W\d_]\d|\d[^\W\d_]", written)) or any(letter.isupper() for letter in written)


def _plain_code(written: str) -> str:
    return re.sub(r"[-_ ]", "", written.casefold())


def numbers(text: str, words: Sequence[Word], language: str | None, found: list[Fact], *, loose: bool = False) -> None:
    """All that count, with their units. `words`: the words for numbers that the text has; `loose`: a bare number may count any unit of the text."""
    counted = [_Number(match.start(), match.end(), meanings(match[0], language)) for match in at_digits(_NUMBER, text)]
    if words:
        counted = sorted([*counted, *_spelled(text, words, language, counted)], key=lambda one: one.start)
    for one in counted:
        one.unit, one.after, one.until = _unit(text, one)
    _share(text, counted)
    found += (_fact(text, one) for one in counted)
    if loose:
        found += _in_columns(text, counted)


@lru_cache(maxsize=4_000)
def meanings(written: str, language: str | None) -> frozenset[str]:
    """What a written number can mean. `1.000` is a thousand in German, and one in English; where nobody knows the language it may be either."""
    plain = re.sub(r"[ '’]", "", written)
    parts = re.split(r"[.,]", plain)
    signs = [sign for sign in plain if sign in ".,"]
    if not signs:
        return frozenset((plain.lstrip("0") or "0",))
    grouped = 1 <= len(parts[0]) <= 3 and parts[0] != "0" and all(len(part) == 3 for part in parts[1:-1])
    if len(signs) == 1:
        decimal = f"{parts[0].lstrip('0') or '0'}.{parts[1]}"
        if not grouped or len(parts[1]) != 3:
            return frozenset((decimal,))
        point = None if language is None else "." if language == "en" else ","
        return frozenset(one for one, sign in ((decimal, signs[0]), ("".join(parts), "." if signs[0] == "," else ",")) if point in (None, sign))
    if grouped and len(set(signs)) == 1 and len(parts[-1]) == 3:
        return frozenset(("".join(parts),))
    if grouped and len(set(signs[:-1])) == 1 and signs[-1] != signs[0]:
        return frozenset(("".join(parts[:-1]).lstrip("0") + "." + parts[-1],))
    return frozenset((plain.replace(",", "."),))


def _spelled(text: str, words: Sequence[Word], language: str | None, figures: list[_Number]) -> Iterator[_Number]:
    """Numbers in words, one after the other read as one: `two hundred and fifty`; and `5 million`, which makes the figure larger."""
    known = NUMBERS.get(language or "", {})
    ends = {one.end: one for one in figures}
    at = 0
    spoken = [(start, end, value) for start, end, word in words if (value := _value(word, known)) is not None and text[start] != " "]
    while at < len(spoken):
        start, end, value = spoken[at]
        before = ends.get(start - 1 if text[start - 1 : start] == " " else start)
        at += 1
        if before is not None and (value >= 100 or value == 12):
            before.values, before.end = frozenset(_times(one, value) for one in before.values), end
            continue
        total, part, last = (value, 0, value) if value >= 1_000 else (0, value, value)
        while at < len(spoken) and _JOINED.fullmatch(text[end : spoken[at][0]]):
            added = _added(total, part, last, spoken[at][2])
            if added is None:
                break
            total, part, last, end, at = *added, spoken[at][1], at + 1
        yield _Number(start, end, frozenset((str(total + part),)), words=True)


def _value(word: str, known: Mapping[str, int]) -> int | None:
    """In the language that is spoken; where that is not known, in any, if the word is nothing else anywhere."""
    if known:
        return known.get(word)
    return next((NUMBERS[one][word] for one in LANGUAGES if word in NUMBERS[one]), None) if word in _ANYWHERE else None


def _added(total: int, part: int, last: int, value: int) -> tuple[int, int, int] | None:
    """What comes of a number in words when one more word follows; None when that begins another number."""
    if value >= 1_000:
        return (total + max(part, 1) * value, 0, value) if part or not total else None
    if value == 100:
        return (total, max(part, 1) * 100, 100) if part < 100 else None
    if (part, value) == (4, 20):
        return total, 80, 80
    if (last >= 20 and last % 10 == 0 and (value < 10 or (last in (60, 80) and value < 20))) or (last >= 100 and value < 100):
        return total, part + value, value
    return None


def _times(value: str, by: int) -> str:
    return value if len(value) > _LONGEST else _short(Decimal(value) * by) if value.count(".") <= 1 else value


def _short(value: Decimal) -> str:
    written = format(value, "f")
    return written.rstrip("0").rstrip(".") if "." in written else written


def _unit(text: str, one: _Number) -> tuple[str, str, int]:
    """What stands after a number or before it, as a unit or a currency; the word after it, and where the unit ends."""
    before = _BEFORE.search(text[max(0, one.start - 6) : one.start]) if text[max(0, one.start - 2) : one.start].rstrip(" ")[-1:] in _ENDS_CURRENCY else None
    prefix = "" if before is None else _DOLLARS.get(before[1]) or SIGNS.get(before[1]) or before[1].casefold()
    if prefix:
        return prefix, "", one.end
    if text[one.end : one.end + 2].lstrip(" ").startswith(("p", "P", "%")):
        for pattern, unit in ((_POINTS, "pp"), (_PER_CENT, "pct")):
            if match := pattern.match(text, one.end):
                return unit, "", match.end()
    after = _AFTER.match(text, one.end)
    word = after[1].casefold() if after else ""
    if not after or (word in SIGNS and text[after.end() : after.end() + 1].isdigit()):
        return "", "", one.end
    unit, end = _of_word(text, after.end(), word)
    return unit, word, end if unit else one.end


def _of_word(text: str, end: int, word: str) -> tuple[str, int]:
    """`days`, `working days`, `jours ouvrables`."""
    working = word in WORKING
    for _ in range(2):
        if word not in BETWEEN or not (further := _NEXT.match(text, end)):
            break
        word, end = further[1].casefold(), further.end()
        working |= word in WORKING
    unit = SIGNS.get(word) or UNITS.get(word) or ""
    if unit == "d":
        follows = _NEXT.match(text, end)
        working |= follows is not None and follows[1].casefold() in WORKING
        return "wd" if working else "d", end
    return unit, end


def _share(text: str, counted: list[_Number]) -> None:
    """`3 to 5 days` and `$3–5`: what one of them counts, the other counts too."""
    for one, following in zip(reversed(counted[:-1]), reversed(counted[1:]), strict=True):
        if not one.unit and following.unit and following.end - one.start < 60 and _BETWEEN.fullmatch(text[one.end : following.start]):
            one.unit = following.unit
    for one, following in itertools.pairwise(counted):
        if one.unit in CURRENCIES and not following.unit and _UP_TO.fullmatch(text[one.end : following.start]):
            following.unit = one.unit


def _fact(text: str, one: _Number) -> Fact:
    written = text[one.start : one.end]
    needs, gives = _keys(written, one.values, one.unit, one.words)
    if one.unit and needs:
        kind = Kind.AMOUNT if one.unit in CURRENCIES else Kind.PERCENT if one.unit in ("pct", "pp", "pml") else Kind.NUMBER
        return Fact(kind=kind, text=_with_unit(text, one), start=one.start, needs=needs, gives=gives)
    if one.words and one.after in COUNTED:
        needs = frozenset()
    return Fact(kind=Kind.NUMBER, text=written, start=one.start, needs=needs, gives=gives, from_customer=_names(text, one, written) if needs else frozenset())


@lru_cache(maxsize=4_000)
def _keys(written: str, values: frozenset[str], unit: str, words: bool) -> tuple[frozenset[str], frozenset[str]]:
    """What such a number needs, and what it gives: a reply has those of its passages, so most are known."""
    bare = frozenset(f"n:{value}" for value in values)
    counted = frozenset(key for value in values for key in _counted(value, unit)) if unit else frozenset[str]()
    if words and values <= {"0", "1"}:  # "one", "un" and "ein" are articles and pronouns too: they back a figure, and need none
        return frozenset(), bare | counted
    if unit:
        also = frozenset(key for value in values for key in _counted(value, "d")) if unit == "wd" else frozenset[str]()
        return counted, counted | bare | also | {f"n:{_short_value(value)}" for value in values}
    return bare, bare | {f"is:{written}"}


def _with_unit(text: str, one: _Number) -> str:
    before = _BEFORE.search(text[max(0, one.start - 6) : one.start])
    return (before[0] if before else "") + text[one.start : max(one.end, one.until)]


def _names(text: str, one: _Number, written: str) -> frozenset[str]:
    """Keys by which the customer's own words back digits that name something: `order 4711`, and what is too long to be counted."""
    if one.words or not written.isdigit():
        return frozenset()
    before = None if len(written) >= _SURELY_A_NAME else _IDENTIFIES.search(text, word_before(text, one.start, 24), one.start)
    if len(written) >= _SURELY_A_NAME or (before and (before[1] is None or before[1].casefold() in NAMES_SOMETHING or before[1][:1].isupper() or before[1].isupper())):
        return frozenset((f"is:{written}",))
    return frozenset()


def _counted(value: str, unit: str) -> Iterator[str]:
    """So much of a unit; spans of time as seconds, days or months, so that 14 days are two weeks. A pound is money or weight."""
    short = _short_value(value)
    if unit in IN_TIME and len(value) <= _LONGEST and value.count(".") <= 1:
        name, size = IN_TIME[unit]
        yield f"{name}:{_short(Decimal(value) * size)}"
        if unit == "h" and (Decimal(value) % 24) == 0:
            yield f"days:{_short(Decimal(value) / 24)}"
        return
    yield f"{unit}:{short}"
    if unit == "lb":
        yield f"gbp:{short}"


def _short_value(value: str) -> str:
    return value.rstrip("0").rstrip(".") if value.count(".") == 1 else value


def _in_columns(text: str, counted: list[_Number]) -> Iterator[Fact]:
    """A bare number of a table, or of an action's answer, counts what is named anywhere in it: a currency stands in the heading of its column."""
    units = sorted({unit for unit in (UNITS.get(word.casefold(), SIGNS.get(word)) for word in re.findall(r"[^\W\d_]+|[%€$£¥₹]", text)) if unit})
    for one in counted:
        if not one.unit:
            gives = frozenset(key for unit in units for value in one.values for key in _counted(value, unit))
            yield Fact(kind=Kind.NUMBER, text="", start=one.start, needs=frozenset(), gives=gives)
