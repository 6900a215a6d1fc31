"""Where facts can begin: at figures. Trying patterns only there is what keeps them fast. It knows no facts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

_FIGURES = re.compile(r"[0-9][0-9]*")  # other digits have been written so; with a first sign of its own it is quickly looked for


@lru_cache(maxsize=8)
def _figures(text: str) -> tuple[tuple[int, int], ...]:
    """Where runs of digits begin and end: one text is looked through for many kinds of fact."""
    return tuple(figure.span() for figure in _FIGURES.finditer(text))


def at_digits(pattern: re.Pattern[str], text: str, before: str = "", *, most: int = 0) -> Iterator[re.Match[str]]:
    """Matches that begin at a figure, or at one of the signs `before` it, and do not overlap. `most`: digits after which the pattern cannot go on."""
    end = 0
    for start, last in _figures(text):
        if start < end or 0 < most < last - start:
            continue
        signed = pattern.match(text, start - 1) if start > end and text[start - 1] in before else None
        if match := signed or pattern.match(text, start):
            end = match.end()
            yield match


def joined(text: str, signs: str) -> bool:
    """Whether two runs of digits have nothing between them but one of these signs."""
    return any(start == end + 1 and text[end] in signs for (_, end), (start, _) in pairwise(_figures(text)))


def at_names(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Matches that begin where letters and figures stand together, at the first of them."""
    end = 0
    for start, _ in _figures(text):
        if start < end:
            continue
        letters = start - 1 if start and text[start - 1] in "-_." else start
        while letters > end and text[letters - 1].isalpha():
            letters -= 1
        first = letters if letters < start and text[letters].isalpha() else start
        if match := pattern.match(text, first):
            end = match.end()
            yield match


def word_before(text: str, start: int, most: int) -> int:
    """Where the word before a place begins, at most so many characters before it; signs may stand between."""
    first, at = max(0, start - most), start
    while at > first and text[at - 1] in " .:#\n":
        at -= 1
    while at > first and text[at - 1].isalnum():
        at -= 1
    return at


def blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with spaces where these stretches were, so that all else stays in its place."""
    for start, end in spans:
        text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return text
