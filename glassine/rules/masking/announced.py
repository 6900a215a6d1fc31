"""Finds numbers by the words that announce them: ids of states, tax numbers, passports, licences, accounts, devices, vehicles.

Most checksums are weak: a random number of 8 to 12 digits passes one of the world's formats every second time. So the word counts as much.
"""

from __future__ import annotations

import importlib
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from glassine.rules.masking.formats import FORMATS
from glassine.rules.masking.plain import even_fold, plain
from glassine.words.privacy import PiiType, Span

_TOKEN = re.compile(r"[^\W\d_]+")
_NO_GAPS = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # scripts that write words without gaps
_LINK = re.compile(
    r"[ \t]*(?:\r?\n[ \t]*)?(?:(?:number|num|no|nr|n°|nº|code|id|is|are|was|be|should be|es|ist|est|lautet|jest|sono|er|är|on|to|as|with)(?![^\W_])[ \t\r\n]*|(?:[#:=.,()\"'“”«»>-]|는|은|は|是|为)[ \t\r\n]*){0,5}[ \t]*", re.IGNORECASE
)
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Za-z&Ññ]{1,8}[ .:-]{0,2})?\d[A-Za-z0-9]*"
    r"(?:(?:[ ./\-]{1,6}|,(?=\d{3}(?!\d)))(?:[A-Za-z]{0,24}\d[A-Za-z0-9]*|[A-Z]{1,16}(?=(?:[ ./\-]{1,3}[A-Z]{1,3}){0,2}[ ./\-]{1,3}[A-Z]{0,3}\d)|[A-Za-z](?![A-Za-z])))*"
)
_GROUP = re.compile(r"[A-Za-z0-9]+")
_WORD_BEFORE = re.compile(r"[A-Za-z]{3,8}[ .]{1,2}(?=\d)|[a-z]{1,8} (?=\d)")
_CHECK_DIGIT = re.compile(r"[ ]?-[ ]?[0-9Kk](?![^\W_])")
_BIC = re.compile(r"[A-Z]{4}[ ]?[A-Z]{2}[ ]?[A-Z0-9]{2}(?:[ ]?[A-Z0-9]{3})?(?![A-Za-z0-9])|0x[0-9a-fA-F]{40}")
_ACCOUNT = re.compile(r"(?i:\b(?:account|acct?|a/c|konto|compte|cuenta|conto|rekening)(?:[ ]?(?:number|no\.?|num\.?|nr\.?|#))?[ :=#]{0,3}(?:is )?)(?P<n>\d[\d -]{2,20}\d)(?![\w-])")
_ACCOUNT_REACH = 80
_MOST_DIGITS = 48
_REACH = 60  # characters after the word; half as many before it
_FEWEST = {PiiType.PASSPORT: 4, PiiType.LICENCE: 4, PiiType.BANK: 4, PiiType.IMEI: 7, PiiType.VIN: 4}  # digits of a number that is told
_FEWEST_CHECKS = 5_000  # validators that may be asked for one text; more for a long one. After that every number is believed, so that no text takes long


@dataclass(frozen=True, slots=True, kw_only=True)
class _Announcement:
    """What a phrase announces. A `weak` one is believed only if a validator takes the number."""

    pattern: re.Pattern[str]
    kind: PiiType
    validators: tuple[str, ...]
    weak: bool


@dataclass(slots=True, kw_only=True)
class _Reading:
    """One text, its numbers of six digits and more (None: not looked for yet), and how many checks it has cost."""

    text: str
    numbers: list[tuple[int, int]] | None = None
    starts: list[int] = field(default_factory=list)
    checks: int = 0
    most_checks: int = 0

    def __post_init__(self) -> None:
        self.most_checks = max(_FEWEST_CHECKS, len(self.text) // 20)

    @property
    def believes(self) -> bool:
        return self.checks > self.most_checks

    def long_numbers(self) -> list[tuple[int, int]]:
        if self.numbers is None:
            self.numbers = [match.span() for match in _NUMBER.finditer(self.text) if sum(map(str.isdigit, match.group())) >= 6]
            self.starts = [start for start, _ in self.numbers]
        return self.numbers


def words_of(folded: str) -> frozenset[str]:
    """The words of a text, each once: most of what announces something is not among them, and that is quick to see."""
    return frozenset(_TOKEN.findall(folded))


def announced(text: str, folded: str, words: frozenset[str], regions: tuple[str, ...]) -> Iterator[Span]:
    """What directly follows its announcement, and what stands near one and passes a checksum of its kind. `folded` is `text` without case and accents."""
    hits = list(_hits(text, folded, words, regions))
    if not hits:
        return
    reading = _Reading(text=text)
    for start, end, announcement in hits:
        found = _told(reading, end, announcement) or _nearby(reading, start, end, announcement.validators)
        if found:
            yield Span(start=found[0], end=found[1], type=announcement.kind, score=0.9)
        if announcement.kind is PiiType.BANK:
            for match in _ACCOUNT.finditer(text, max(0, start - _ACCOUNT_REACH), end + _ACCOUNT_REACH):
                yield Span(start=match.start("n"), end=match.end("n"), type=PiiType.BANK, score=0.9)


def _hits(text: str, folded: str, words: frozenset[str], regions: tuple[str, ...]) -> Iterator[tuple[int, int, _Announcement]]:
    """Where phrases stand: only words that begin one are looked at closely."""
    by_word, without_gaps = _vocabulary(regions)
    present = by_word.keys() & words
    taken = 0
    for token in any_of(frozenset(present)).finditer(folded) if present else ():
        start = token.start()
        for announcement in by_word[token.group()] if start >= taken else ():
            if match := announcement.pattern.match(folded, start):
                if not (announcement.weak and folded[start - 1 : start] in ("@", "/", "-")):
                    yield start, match.end(), announcement
                taken = match.end()
                break
    if not text.isascii() and _NO_GAPS.search(folded):
        for announcement in without_gaps:
            for match in announcement.pattern.finditer(folded):
                yield match.start(), match.end(), announcement


@lru_cache(maxsize=512)
def any_of(words: frozenset[str]) -> re.Pattern[str]:
    """A pattern for whole words in lower case; of those alone that a text holds, because a pattern for hundreds is slow."""
    return re.compile(r"(?<![^\W\d_])(?:" + "|".join(map(re.escape, sorted(words))) + r")(?![^\W\d_])")


@lru_cache(maxsize=64)
def _vocabulary(regions: tuple[str, ...]) -> tuple[Mapping[str, Sequence[_Announcement]], Sequence[_Announcement]]:
    """Phrases by their first word, longest first, and those of scripts without gaps. The formats of `regions` lead."""
    formats = sorted(FORMATS, key=lambda one: regions.index(one.country) if one.country in regions else len(regions))
    ours = {kind: tuple(dict.fromkeys(v for one in formats if one.kind is kind and one.country in regions for v in one.validators)) for kind in PiiType}
    kinds: dict[str, PiiType] = {}
    weak: dict[str, bool] = {}
    validators: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for one in formats:
        for written in one.phrases:
            phrase = even_fold(plain(written.lstrip("~")).text)
            kind = kinds.setdefault(phrase, one.kind)
            doubtful = written.startswith("~") or (len(phrase) < 4 and phrase.isascii() and one.country not in regions and one.country != "*")
            weak[phrase] = weak.get(phrase, True) and doubtful
            if one.kind is kind or one.country in regions:
                validators[phrase] += tuple(v for v in one.validators + (ours[kind] if one.country == "*" else ()) if v not in validators[phrase])
    by_word: dict[str, list[_Announcement]] = defaultdict(list)
    without_gaps: list[_Announcement] = []
    for phrase in sorted(kinds, key=len, reverse=True):
        words = _TOKEN.findall(phrase)
        gapless = _NO_GAPS.search(phrase) is not None
        pattern = re.escape(phrase) if gapless else r"[\W_]{0,3}".join(map(re.escape, words)) + r"(?![^\W_])"
        announcement = _Announcement(pattern=re.compile(pattern), kind=kinds[phrase], validators=validators[phrase], weak=weak[phrase])
        (without_gaps if gapless else by_word[words[0]]).append(announcement)
    return dict(by_word), tuple(without_gaps)


def _told(reading: _Reading, end: int, announcement: _Announcement) -> tuple[int, int] | None:
    """The number that directly follows, without words that were taken for its prefix and numbers that follow it in turn."""
    text = reading.text
    start = end + 1
    if text[end:start] != " " or not text[start : start + 1].isdigit():  # most often nothing but a space stands between
        link = _LINK.match(text, end)
        start = link.end() if link else end
    if announcement.kind is PiiType.BANK and (code := _BIC.match(text, start)):
        return code.span()
    number = _NUMBER.match(text, start, start + 72)
    if number is None:
        return None
    if text[start].isalpha() and (prefix := _WORD_BEFORE.match(text, start)):
        start = prefix.end()
    stop = number.end()
    if announcement.validators and reading.believes:
        return (start, stop) if stop - start > 1 and (text[start : start + 2].isdigit() or sum(map(str.isdigit, text[start:stop])) > 1) else None
    groups = [match.span() for match in _GROUP.finditer(text, start, stop)][:24]
    if announcement.validators and (len(groups) > 1 or announcement.weak):
        valid = next((last for _, last in reversed(groups) if _passes(reading, announcement.validators, start, last)), None)
        if valid is None and announcement.weak:
            return None
        if valid is not None:
            check = _CHECK_DIGIT.match(text, valid)
            return start, check.end() if check else valid
    elif announcement.weak:
        return None
    stop = _cut(text, groups, stop)
    digits = sum(map(str.isdigit, text[start:stop]))
    enough = digits >= _FEWEST.get(announcement.kind, 5) or (digits >= 4 and stop - start >= 8) or (digits >= 2 and _passes(reading, announcement.validators, start, stop))
    return (start, stop) if enough and digits <= _MOST_DIGITS else None


def _cut(text: str, groups: Sequence[tuple[int, int]], stop: int) -> int:
    """Where a told number ends: before a sentence that begins with one, or a short group behind a hyphened number ("536-90-4399 2 tickets")."""
    if len(groups) <= 1:
        return stop
    hyphened, longest = False, max(end - start for start, end in groups)
    for (_, before), (after, last) in pairwise(groups):
        between = text[before:after]
        if (". " in between and before - groups[0][0] >= 6) or (between == " " and hyphened and last - after <= 2 < longest):
            return before
        hyphened = hyphened or "-" in between or "/" in between
    return stop


def _nearby(reading: _Reading, start: int, end: int, validators: tuple[str, ...]) -> tuple[int, int] | None:
    """The first valid number after the words, or before them."""
    if not validators:
        return None
    numbers = reading.long_numbers()
    for low, high in ((end, end + _REACH), (start - _REACH // 2, start)):
        at = bisect_left(reading.starts, low)
        while at < len(numbers) and numbers[at][0] < high:
            if found := _longest_valid(reading, numbers[at], validators):
                return found
            at += 1
    return None


def _longest_valid(reading: _Reading, number: tuple[int, int], validators: tuple[str, ...]) -> tuple[int, int] | None:
    """The longest run of the number's groups that a validator takes."""
    groups = [match.span() for match in _GROUP.finditer(reading.text, *number)][:12]
    for length in range(len(groups), 0, -1):
        for first in range(len(groups) - length + 1):
            start, end = groups[first][0], groups[first + length - 1][1]
            if end - start >= 6 and _passes(reading, validators, start, end):
                return start, end
    return None


def _passes(reading: _Reading, validators: tuple[str, ...], start: int, end: int) -> bool:
    if not validators:
        return False
    if reading.believes:
        return True
    reading.checks += len(validators)
    written = reading.text[start:end]
    return any(valid(validator, written) for validator in validators)


@lru_cache(maxsize=4096)
def valid(validator: str, written: str) -> bool:
    """Whether a module of python-stdnum takes a number; one that an installed version lacks takes none."""
    return _validator(validator)(written)


@lru_cache(maxsize=256)
def _validator(name: str) -> Callable[[str], bool]:
    try:
        check = importlib.import_module(f"stdnum.{name}").is_valid
    except (ImportError, AttributeError):
        return lambda _: False

    def passes(written: str) -> bool:
        try:
            return bool(check(written))
        except LookupError:
            return True  # python-stdnum stumbles over gaps in its own lists of places, which it reads after the checksum and the date

    return passes
