"""Finds values that are known already: the contact's own, and those that got a placeholder earlier in the session."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import phonenumbers

from glassine.rules.masking.groups import rows
from glassine.rules.masking.plain import even_fold, plain
from glassine.rules.masking.spelled import spelled, spellings
from glassine.words.privacy import PiiType, Span

_WORD = re.compile(r"[^\W_]+")
_NO_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # scripts that write words without gaps
_NUMBERS = frozenset({PiiType.PHONE, PiiType.CARD, PiiType.NATIONAL_ID, PiiType.TAX_ID, PiiType.BANK, PiiType.PASSPORT, PiiType.LICENCE, PiiType.IMEI, PiiType.IBAN})
_LOOSE = frozenset({PiiType.NAME, PiiType.ADDRESS})
_DIVIDED = frozenset({PiiType.SECRET, PiiType.CREDENTIALS, PiiType.CUSTOM, PiiType.PHONE, PiiType.IP, PiiType.COORDINATES, PiiType.BIRTHDATE})  # their signs mean something
_AS_WRITTEN = frozenset({PiiType.SECRET, PiiType.CREDENTIALS})
_FEWEST_LETTERS = 3
_WRITTEN_ALSO_WORDS = (
    "will may mark bill grace hope art rob sue pat faith joy rose dean drew chase grant miles page price young long short rich frank max buck june april august summer "
    "dawn eve ivy jade ruby pearl amber crystal penny sandy rusty happy love king prince duke earl major guy gene ray ward wade cliff brook glen heath dale lane park parks "
    "hill wood woods field fields stone rice bush brown black white green gray grey blue gold silver case cook baker mason carter hunter fisher banks best bell bond church "
    "cross day english french fox frost hall hart house hand hardy hood law lamb little lord love marks may mills moon more moss noble power rose sharp short singer small "
    "snow spring star stern stone street strong swan sweet tower valley walker wall waters wells west wild winter wise wolf worth van von der den del la le de di da dos the an and"
)
_ALSO_WORDS = frozenset(_WRITTEN_ALSO_WORDS.split())


@dataclass(slots=True, kw_only=True)
class Index:
    """Known values by their first word, by their digits, and as whole strings for scripts without gaps between words."""

    words: dict[str, list[tuple[tuple[str, ...], PiiType, str]]] = field(default_factory=lambda: defaultdict(list))
    digits: dict[str, PiiType] = field(default_factory=dict)
    strings: dict[str, PiiType] = field(default_factory=dict)
    letters: dict[str, PiiType] = field(default_factory=dict)  # what is found by its letters alone, however they are divided

    def add(self, kind: PiiType, raw: str, regions: tuple[str, ...]) -> None:
        value = plain(raw).text.strip()
        folded = even_fold(value)
        if kind in _NUMBERS:
            for digits in _spellings(kind, value, regions):
                self.digits[digits] = kind
        if _NO_SPACES.search(folded):
            self.strings[folded] = kind
            return
        words = tuple(_WORD.findall(folded))
        if kind not in _DIVIDED:
            self.letters |= {letters: kind for letters in spellings(value) if len(letters) >= _FEWEST_LETTERS}
        if words and len("".join(words)) >= 2:
            self.words[words[0]].append((words, kind, value))
            if kind in _NUMBERS and len(words) > 1 and not "".join(words).isdigit():
                self.words["".join(words)].append((("".join(words),), kind, value))

    def add_parts(self, raw: str) -> None:
        """The contact's first and last name alone, unless they are words of the language too."""
        words = _WORD.findall(plain(raw).text)
        for word in words if len(words) > 1 else ():
            if len(word) >= 3 and even_fold(word) not in _ALSO_WORDS:
                self.words[even_fold(word)].append(((even_fold(word),), PiiType.NAME, word))


def known(text: str, own: Iterable[tuple[PiiType, str]], earlier: Iterable[tuple[PiiType, str]], regions: tuple[str, ...]) -> Iterator[Span]:
    """Where known values stand in a plainly written text, whatever their case, accents and spacing."""
    index = Index()
    for kind, raw in own:
        index.add(kind, raw, regions)
        if kind is PiiType.NAME:
            index.add_parts(raw)
    for kind, raw in earlier:
        if len(raw) >= (6 if kind in _AS_WRITTEN else 3):
            index.add(kind, raw, regions)
    folded = even_fold(text) if index.words or index.strings else ""
    if any(all(word in folded for word in words) for alike in index.words.values() for words, _, _ in alike):  # where none can stand, words need not be told apart
        yield from _by_words(text, folded, index)
    if index.letters:
        yield from spelled(text, folded or even_fold(text), ((kind, letters) for letters, kind in index.letters.items()))
    if index.digits:
        yield from _by_digits(text, index.digits)
    for string, kind in index.strings.items():
        at = folded.find(string)
        while at >= 0:
            yield Span(start=at, end=at + len(string), type=kind)
            at = folded.find(string, at + len(string))


def _spellings(kind: PiiType, value: str, regions: tuple[str, ...]) -> set[str]:
    """The digits under which a number may turn up: a telephone number with and without its country code."""
    digits = "".join(c for c in value if c.isdigit())
    found = {digits} if len(digits) >= 6 and (kind is PiiType.PHONE or not any(c.isalpha() for c in value)) else set()
    if kind is not PiiType.PHONE:
        return found
    for region in regions or ("US",):
        try:
            number = phonenumbers.parse(value, region)
        except phonenumbers.NumberParseException:
            continue
        national = phonenumbers.national_significant_number(number)
        if len(national) >= 6:
            code = str(number.country_code)
            found |= {national, "0" + national, code + national, "00" + code + national, code + "0" + national}
    return found


def _by_words(text: str, folded: str, index: Index) -> Iterator[Span]:
    if not any(word in folded for word in index.words):
        return  # as in most texts, and taking one apart into words is slow
    found = list(_WORD.finditer(folded))
    for at, match in enumerate(found):
        for words, kind, value in index.words.get(match.group(), ()):
            last = at + len(words) - 1
            if last < len(found) and all(found[at + n].group() == word for n, word in enumerate(words)):
                start, end = _widened(text, match.start(), found[last].end(), kind, value)
                if _same(text[start:end], value, kind, [found[at + n].span() for n in range(len(words))]):
                    yield Span(start=start, end=end, type=kind)


def _widened(text: str, start: int, end: int, kind: PiiType, value: str) -> tuple[int, int]:
    """Takes in the signs a value begins and ends with, as in a password: words alone would leave them standing."""
    if kind in _LOOSE:
        return start, end
    first = next((n for n, c in enumerate(value) if c.isalnum()), 0)
    last = next((n for n, c in enumerate(reversed(value)) if c.isalnum()), 0)
    if first and text[max(0, start - first) : start] == value[:first]:
        start -= first
    if last and text[end : end + last] == value[-last:]:
        end += last
    return start, end


def _same(written: str, value: str, kind: PiiType, words: list[tuple[int, int]]) -> bool:
    if kind in _AS_WRITTEN:
        return written == value
    if kind in _LOOSE:
        close = all(after[0] - before[1] <= 4 for before, after in pairwise(words))
        return close and (
            len(words) > 1
            or kind is PiiType.ADDRESS
            or written[0].isupper()
            or not value[0].isupper()
            or (len(written) >= 4 and even_fold(written) not in _ALSO_WORDS)
        )
    return even_fold("".join(written.split())) == even_fold("".join(value.split())) or kind in _NUMBERS


def _by_digits(text: str, known_digits: dict[str, PiiType]) -> Iterator[Span]:
    lengths = {len(digits) for digits in known_digits}
    longest = max(lengths)
    for row in rows(text):
        for first in range(len(row.groups)):
            length = 0
            for last in range(first, len(row.groups)):
                length += row.groups[last][1] - row.groups[last][0]
                if length > longest:
                    break
                if length in lengths and (kind := known_digits.get(row.digits(first, last))):
                    start = row.groups[first][0]
                    while start and text[start - 1] in "+(":
                        start -= 1
                    yield Span(start=start, end=row.groups[last][1], type=kind)
