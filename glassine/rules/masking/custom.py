"""Finds what patterns written by an organisation's admins match. The engine takes linear time, and what it costs a text is bounded; it judges no pattern."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

import re2

from glassine.rules.masking.plain import even_fold
from glassine.words.privacy import CustomPattern, PiiType, Span

NEAR = 60  # characters before and after a match in which a context word counts
_MOST = 500  # matches of one pattern in one text: what follows is covered whole, for each search may read to the end
_MEMORY = 1 << 20


class Compiled(NamedTuple):
    pattern: CustomPattern
    expression: Any  # re2 has no types
    context: re.Pattern[str] | None


def custom(text: str, patterns: tuple[CustomPattern, ...]) -> Iterator[Span]:
    """Every match of the patterns that are on, in offsets of a plainly written text. Matches of different patterns may overlap."""
    if not patterns:
        return
    raw = text.encode("utf-8", "replace")
    places: Sequence[int] | None = None
    for pattern, expression, context in compiled(patterns):
        for start, end in _matches(raw, expression):
            if len(raw) != len(text):
                places = places or _characters(raw)
                start, end = places[start], places[end]
            if context is None or _near(text, start, end, context):
                yield Span(start=start, end=end, type=PiiType.CUSTOM, treatment=pattern.treatment)


@lru_cache(maxsize=256)
def compiled(patterns: tuple[CustomPattern, ...]) -> tuple[Compiled, ...]:
    """Those that are on; kept as long as an organisation's settings stay the same. Raises re2.error, so what is stored has been compiled before."""
    return tuple(Compiled(one, expression_of(one.pattern), _words(one.context)) for one in patterns if one.on)


def expression_of(pattern: str) -> Any:
    """Upper and lower case are one, unless the pattern says (?-i). Raises re2.error."""
    options = re2.Options()
    options.case_sensitive, options.log_errors, options.max_mem, options.never_capture = False, False, _MEMORY, True
    return re2.compile(pattern, options)


def _words(context: tuple[str, ...]) -> re.Pattern[str] | None:
    written = "|".join(re.escape(even_fold(word)) for word in context)
    return re.compile(rf"(?<!\w)(?:{written})(?!\w)") if written else None


def _matches(raw: bytes, expression: Any) -> Iterator[tuple[int, int]]:
    for number, match in enumerate(expression.finditer(raw)):
        start, end = match.span()
        if number >= _MOST:
            yield start, len(raw)
            return
        if start < end:
            yield start, end


def _characters(raw: bytes) -> list[int]:
    """For each byte of UTF-8, and for the end, the number of the character it belongs to."""
    begun = list(accumulate((byte & 0xC0) != 0x80 for byte in raw))
    return [number - 1 for number in begun] + [begun[-1]]


def _near(text: str, start: int, end: int, context: re.Pattern[str]) -> bool:
    before, after = text[max(0, start - NEAR) : start], text[end : end + NEAR]
    return bool(context.search(even_fold(before)) or context.search(even_fold(after)))
