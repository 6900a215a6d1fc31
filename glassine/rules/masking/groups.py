"""Splits the numbers of a text into groups of digits, so that a number can be looked for inside a longer row of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_GROUP = re.compile(r"\d+")
_MOST = 64
_BETWEEN = re.compile(r"[ \t\r\n./()\-]{1,4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Groups of digits that stand close together: offsets (start, end) of each in `text`."""

    text: str
    groups: Sequence[tuple[int, int]]

    def digits(self, first: int, last: int) -> str:
        """The digits of groups `first` to `last`, both included."""
        return "".join(self.text[start:end] for start, end in self.groups[first : last + 1])

    def sizes(self, first: int, last: int) -> tuple[int, ...]:
        return tuple(end - start for start, end in self.groups[first : last + 1])


def rows(text: str) -> Iterator[Row]:
    """Rows of at most 64 groups; a longer row is cut, so that work on a row stays bounded."""
    groups: list[tuple[int, int]] = []
    for match in _GROUP.finditer(text):
        start = match.start()
        if groups and (len(groups) >= _MOST or not _BETWEEN.fullmatch(text, groups[-1][1], start)):
            yield Row(text=text, groups=groups)
            groups = []
        groups.append((start, match.end()))
    if groups:
        yield Row(text=text, groups=groups)


def rows_of(text: str, start: int, end: int) -> Iterator[Row]:
    """The same of a stretch in which nothing stands but digits and what may stand between two groups."""
    groups = [match.span() for match in _GROUP.finditer(text, start, end)]
    for first in range(0, len(groups), _MOST):
        yield Row(text=text, groups=groups[first : first + _MOST])
