"""Finds known values by their letters and digits alone: letter by letter, run together, cut by a line break, or with "at" and "dot" in words."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from glassine.rules.masking.number_words import WORDS
from glassine.rules.masking.plain import even_fold
from glassine.words.privacy import PiiType, Span

_WORD = re.compile(r"[^\W_]+")
_WRITTEN_SIGNS = (
    "at dot punkt point punto punt ponto kropka arroba arobase chiocciola klammeraffe apestaartje malpa underscore unterstrich dash hyphen minus bindestrich guion tiret plus"
)
_SIGNS = frozenset(_WRITTEN_SIGNS.split())
_SPOKEN = _SIGNS | WORDS.keys()
_SHORT = 5  # fewer letters are only believed when they are spelled one by one
_GAP, _GAP_IN_WORDS = 6, 16  # the most that may stand between two pieces of one value
_SPELLINGS = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("ø", "oe"), ("å", "aa"), ("æ", "ae"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stream:
    """Words of a text run together, where each begins in it, and where each stands in the text."""

    letters: str
    begins: Sequence[int]
    places: Sequence[tuple[int, int]]


def spellings(raw: str) -> set[str]:
    """The letters and digits of a value, with ä also as ae, and ae also as a."""
    lower = raw.lower()
    written = {lower, *(lower.replace(one, two) for one, two in _SPELLINGS)}
    for one, two in _SPELLINGS:
        lower = lower.replace(one, two)
    bare = {"".join(_WORD.findall(even_fold(each))) for each in (*written, lower)}
    return bare | {each.replace(two, two[0]) for each in bare for _, two in _SPELLINGS[:3] if two in each}


def spelled(text: str, folded: str, values: Iterable[tuple[PiiType, str]]) -> Iterator[Span]:
    """Where the letters of `values` stand in a row, from the beginning of a word to the end of one. `folded` is `text` without case and accents."""
    values, read = list(values), _WORD.findall(folded)
    as_it_stands = _any("".join(read), values)
    in_words = not _SPOKEN.isdisjoint(read) and _any("".join(WORDS.get(word, word) for word in read if word not in _SIGNS), values)
    if not (as_it_stands or in_words):
        return  # as in most texts, and to keep where each letter stands costs ten times as much
    words = [(match.group(), match.span()) for match in _WORD.finditer(folded)]
    streams = [(_stream(words), _GAP)] if as_it_stands else []
    if in_words:
        streams.append((_stream([(WORDS.get(word, word), place) for word, place in words if word not in _SIGNS]), _GAP_IN_WORDS))
    for kind, value in values:
        for stream, gap in streams:
            yield from _found(text, stream, gap, kind, value)


def _any(letters: str, values: Iterable[tuple[PiiType, str]]) -> bool:
    return any(value in letters for _, value in values)


def _stream(words: Sequence[tuple[str, tuple[int, int]]]) -> _Stream:
    return _Stream(letters="".join(word for word, _ in words), begins=[0, *accumulate(len(word) for word, _ in words)], places=[place for _, place in words])


def _found(text: str, stream: _Stream, gap: int, kind: PiiType, value: str) -> Iterator[Span]:
    at = stream.letters.find(value)
    while at >= 0:
        first, after = bisect_left(stream.begins, at), bisect_left(stream.begins, at + len(value))
        whole = stream.begins[first] == at and after < len(stream.begins) and stream.begins[after] == at + len(value)
        places = stream.places[first:after]
        if whole and all(0 <= later[0] - before[1] <= gap for before, later in pairwise(places)):
            singly = all(end - start == 1 for start, end in places)
            if singly or (len(value) >= _SHORT and (kind is not PiiType.NAME or text[places[0][0]].isupper() or len(value) >= 2 * _SHORT)):
                yield Span(start=places[0][0], end=places[-1][1], type=kind)
        at = stream.letters.find(value, at + 1)
