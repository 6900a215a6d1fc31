"""Settles which finding keeps a stretch of text when several claim it. No claimed character is ever left unmasked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from glassine.words.privacy import PiiType, Span, Treatment

SOFT = frozenset({PiiType.NAME, PiiType.ADDRESS})


def settle(text: str, spans: Iterable[Span]) -> list[Span]:
    """Non-overlapping spans in order, which together cover all that the given ones cover. What has a form or a checksum wins
    over names and addresses, which keep what is left of them; among equals the longest gives its type to the union, and what one of them
    masks for good is gone."""
    everything = [span for span in (_trimmed(text, span) for span in spans) if span.start < span.end]
    hard = _merged(span for span in everything if span.type not in SOFT)
    soft = _merged(span for span in everything if span.type in SOFT)
    left = [piece for span in soft for piece in _without(text, span, hard)] if hard else soft
    return sorted([*hard, *left], key=lambda span: span.start)


def _trimmed(text: str, span: Span) -> Span:
    """Without white space at its ends, and inside the text whatever its finder said."""
    start, end = max(0, span.start), min(len(text), span.end)
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return span if (start, end) == (span.start, span.end) else replace(span, start=start, end=end)


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Overlapping spans become one: the longest gives the type, the most certain among equally long ones."""
    result: list[Span] = []
    best: list[int] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end, -span.score)):
        length = span.end - span.start
        if not result or span.start >= result[-1].end:
            result.append(span)
            best.append(length)
            continue
        previous = result[-1]
        winner = span if (length, span.score) > (best[-1], previous.score) else previous
        treatment = Treatment.MASK if Treatment.MASK in (span.treatment, previous.treatment) else winner.treatment
        result[-1] = replace(winner, start=previous.start, end=max(previous.end, span.end), treatment=treatment)
        best[-1] = max(best[-1], length)
    return result


def _without(text: str, span: Span, hard: Sequence[Span]) -> Iterator[Span]:
    """What is left of a name or address beside the hard findings in it, unless that is only punctuation."""
    start = span.start
    for other in _overlapping(span, hard):
        yield from _piece(text, span, start, other.start)
        start = max(start, other.end)
    yield from _piece(text, span, start, span.end)


def _overlapping(span: Span, hard: Sequence[Span]) -> Iterator[Span]:
    low, high = 0, len(hard)
    while low < high:  # the first that ends after the span begins
        middle = (low + high) // 2
        if hard[middle].end <= span.start:
            low = middle + 1
        else:
            high = middle
    while low < len(hard) and hard[low].start < span.end:
        yield hard[low]
        low += 1


def _piece(text: str, span: Span, start: int, end: int) -> Iterator[Span]:
    while start < end and not text[start].isalnum():
        start += 1
    while start < end and not text[end - 1].isalnum():
        end -= 1
    if start < end:
        yield replace(span, start=start, end=end)
