"""Finds dates, months, days of the week and times of day, however they are written, and blanks them out. It knows no today."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from glassine.rules.facts.fact import Fact, Kind
from glassine.rules.facts.places import at_digits, blanked, joined
from glassine.rules.facts.words import MONTHS, NAMED_MONTHS, SHORT_WEEKDAYS, WEEKDAYS

Word = tuple[int, int, str]  # where it begins and ends, and the word in small letters

# By their first letters, of which a pattern that minds no case tries each: no more than one name can end where a word does, so the order is nothing to it.
_MONTH = "(?:" + "|".join(f"{first}(?:{'|'.join(name[1:] for name in names)})" for first, names in groupby(sorted(MONTHS), key=lambda name: name[0])) + ")"
_AND = r"(?:-|–|to|bis|and|und|or|oder|y|et|e|en|au|al|a|/)"
_NTH = r"(?:st|nd|rd|th|er|ère|\.|º|ª|e)?"
_YEAR_FIRST = re.compile(r"(?<![\w.,/-])(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日)(?![\d])")
_NUMERIC = re.compile(r"(?<![\w.,/-])(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?![\d]|[-/.]\d)")
_DAY_MONTH = re.compile(
    rf"(?<![\w.,:/-])(?:(\d{{1,2}}){_NTH} ?{_AND} ?)?(\d{{1,2}}){_NTH}[ -]?(?:of |de |di |d')?({_MONTH})(?![^\W_])\.?(?: ?,?[ -]?(?:de |del |d')?(\d{{4}}|'\d\d)(?!\d))?", re.IGNORECASE
)
_AFTER_MONTH = re.compile(rf"\.?(?: |-)?(?:(?:the )?(\d{{1,2}}){_NTH}(?!\d|[.,:]\d)(?: ?{_AND} ?(\d{{1,2}}){_NTH}(?!\d|[.,:]\d))?)?(?: ?,? ?(?:de |del |of )?(\d{{4}}|'\d\d)(?!\d|[.,]\d))?", re.IGNORECASE)
_JOINS = "-/.年"  # without one of these between figures no date stands in them alone
_TIME = re.compile(
    r"(?<![\w.,:])(\d{1,2})(?:(?::(\d{2})(?::\d{2})?|[.](\d{2})(?= ?(?:uhr|am|pm|a\.m|p\.m|h\b))|h(\d{2})(?!\w))(?: ?(am|pm|a\.m\.?|p\.m\.?|uhr|h)(?![^\W_]))?| ?(am|pm|a\.m\.?|p\.m\.?|uhr|o'clock)(?![^\W_]))",
    re.IGNORECASE,
)
_ISO_TIME = re.compile(r"T(?<=\dT)(?=\d\d:)")  # begins with a letter that is quickly looked for
_UNTIL = re.compile(r"\.? ?(?:-|–|to|through|thru|until|till|bis|à|au|a|al|t/m|tot|até) ?", re.IGNORECASE)
_FEIRAS = {"segunda": "1", "terça": "2", "quarta": "3", "quinta": "4", "sexta": "5"}
KNOWN = frozenset((*MONTHS, *WEEKDAYS, *SHORT_WEEKDAYS, "feira"))


def dates(text: str, words: Sequence[Word], language: str | None, found: list[Fact]) -> str:
    """The text without its dates and times, which are found."""
    text = _ISO_TIME.sub(" ", text) if "T" in text else text
    for pattern, most, read in _FORMS if joined(text, _JOINS) else _FORMS[-1:]:
        spans: list[tuple[int, int]] = []
        for match in at_digits(pattern, text, most=most):
            if days := [one for one in read(match, language) if one]:
                found += (_date(match[0], match.start(), one) for one in days)
                spans.append(match.span())
        text = blanked(text, spans)
    return _times(_by_words(text, words, found), found)


def _year_first(match: re.Match[str], _: str | None) -> list[list[str]]:
    return [_day(match[1], match[3] or match[5], match[4] or match[6])]


def _numeric(match: re.Match[str], language: str | None) -> list[list[str]]:
    """Both ways where it can be read both ways: only English puts the month first, and never with dots."""
    also = _day(match[4], match[1], match[3]) if language in (None, "en") and match[2] != "." else []
    return [[*_day(match[4], match[3], match[1]), *also]]


def _day_month(match: re.Match[str], _: str | None) -> list[list[str]]:
    """One day, or the first and the last of a range."""
    return [_day(match[4], MONTHS[match[3].casefold()], day) for day in (match[1], match[2]) if day]


_FORMS = ((_YEAR_FIRST, 4, _year_first), (_NUMERIC, 2, _numeric), (_DAY_MONTH, 2, _day_month))


def _day(year: str | None, month: str, day: str) -> list[str]:
    """A day as it is compared, or nothing where there is none such."""
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return []
    return [f"{_year(year) if year else ''}-{int(month):02}-{int(day):02}"]


def _year(year: str) -> str:
    digits = year.lstrip("'")
    return digits if len(digits) == 4 else f"{'20' if int(digits) < 70 else '19'}{digits}"


def _date(written: str, start: int, days: Sequence[str]) -> Fact:
    """One day in all the ways it can be read."""
    gives: set[str] = set()
    for day in days:
        year, month, number = day.split("-")
        gives |= {f"date:{day}", f"date:-{month}-{number}", f"month:{month}", f"n:{int(number)}"}
        if year:
            gives |= {f"date:{year}-{month}", f"n:{year}"}
    return Fact(kind=Kind.DATE, text=written.strip(), start=start, needs=frozenset(f"date:{day}" for day in days), gives=frozenset(gives))


def _by_words(text: str, words: Sequence[Word], found: list[Fact]) -> str:
    """Months with what follows them, and days of the week with those between."""
    before: Word | None = None
    for start, end, word in words:
        if text[start] == " ":
            continue  # it belonged to a date
        number = WEEKDAYS.get(word) or (_feira(text, start) if word == "feira" else "")
        short = "" if number else SHORT_WEEKDAYS.get(word, "")
        if number or short:
            between = _between(text, before, start, number or short)
            if number or between:
                needs = frozenset((f"weekday:{number}",)) if number else frozenset[str]()
                found.append(Fact(kind=Kind.DATE, text=text[start:end], start=start, needs=needs, gives=needs | between))
            before = (start, end, number or short)
        if word in MONTHS:
            text = _month(text, start, end, word, found)
    return text


def _feira(text: str, start: int) -> str:
    ordinal = re.search(r"(\w+)-$", text[max(0, start - 9) : start])
    return _FEIRAS.get(ordinal[1].casefold(), "") if ordinal else ""


def _between(text: str, before: Word | None, start: int, last: str) -> frozenset[str]:
    """From Monday to Friday: all five of them."""
    if before is None or not _UNTIL.fullmatch(text[before[1] : start]):
        return frozenset()
    first, count = int(before[2]), (int(last) - int(before[2])) % 7
    return frozenset(f"weekday:{(first - 1 + step) % 7 + 1}" for step in range(count + 1))


def _month(text: str, start: int, end: int, word: str, found: list[Fact]) -> str:
    """`March 3, 2026`, `March 2026`, or a month alone where its name is nothing else."""
    month, rest = MONTHS[word], _AFTER_MONTH.match(text, end)
    day, until, year = rest.groups() if rest else (None, None, None)
    days = [_day(year, month, number) for number in (day, until) if number]
    if rest and days and all(days):
        found += (_date(text[start : rest.end()], start, one) for one in days)
        return blanked(text, [(start, rest.end())])
    if year and rest and not day:
        keys = frozenset((f"date:{_year(year)}-{month}",))
        found.append(Fact(kind=Kind.DATE, text=text[start : rest.end()], start=start, needs=keys, gives=keys | {f"month:{month}", f"n:{_year(year)}"}))
        return blanked(text, [(start, rest.end())])
    named = frozenset((f"month:{month}",))
    found.append(Fact(kind=Kind.DATE, text=text[start:end], start=start, needs=named if word in NAMED_MONTHS else frozenset(), gives=named))
    return text


def _times(text: str, found: list[Fact]) -> str:
    spans: list[tuple[int, int]] = []
    for match in at_digits(_TIME, text, most=2):
        hour, minute = int(match[1]), int(match[2] or match[3] or match[4] or 0)
        half = (match[5] or match[6] or "").casefold().replace(".", "")
        if hour > 24 or minute > 59 or (half in ("am", "pm") and not 1 <= hour <= 12):
            continue
        needs = frozenset((f"time:{hour % 12 + (12 if half == 'pm' else 0) if half in ('am', 'pm') else hour % 24}:{minute:02}",))
        either = frozenset((f"time:{hour + 12}:{minute:02}",)) if half == "" and hour < 12 else frozenset[str]()
        found.append(Fact(kind=Kind.TIME, text=match[0].strip(), start=match.start(), needs=needs, gives=needs | either | {f"n:{hour}"}))
        spans.append(match.span())
    return blanked(text, spans)
