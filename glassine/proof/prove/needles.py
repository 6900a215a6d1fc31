"""Searches bytes for hundreds of thousands of byte strings at once, exactly. It knows nothing of what they mean.

Every string is known by eight of its bytes. Each eight bytes of the haystack are hashed into a table of bits, eight shifted views of it
at a time; what the table lets through is compared in full (50 to 300 MB/s for 300,000 strings: docs/decisions/0023-prove.md).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

ANCHOR = 8  # bytes: a shorter string cannot be looked for
_CHUNK = 1 << 21
_PRIME = np.uint64(0x9E3779B97F4A7C15)

Bytes = bytes | bytearray | memoryview
_Integers = np.ndarray[Any, np.dtype[np.uint64]]


@dataclass(frozen=True, slots=True)
class Needle:
    """A string to be found. `alone`: it counts only where no letter or digit touches it, because it is short and made of digits."""

    text: bytes
    alone: bool = False


class Needles:
    """All strings of one search. `find` gives their positions in the list that was handed in."""

    def __init__(self, needles: Sequence[Needle]) -> None:
        short = next((needle for needle in needles if len(needle.text) < ANCHOR), None)
        if short is not None:
            raise ValueError(f"a string of {len(short.text)} bytes is too short to be looked for")
        self._needles = needles
        self.longest = max((len(needle.text) for needle in needles), default=0)
        self._by_anchor = _anchored(needles)
        self._anchors: _Integers = np.array(sorted(self._by_anchor), dtype=np.uint64)
        self._shift = np.uint64(64 - min(24, max(12, (32 * len(needles)).bit_length())))
        self._table = np.zeros(1 << (64 - int(self._shift)), dtype=np.uint8)
        self._table[self._hashes(self._anchors)] = 1

    def _hashes(self, values: _Integers) -> np.ndarray[Any, np.dtype[np.int64]]:
        hashed = values * _PRIME
        hashed >>= self._shift
        return hashed.view(np.int64)

    def find(self, data: Bytes) -> Iterator[int]:
        """Which strings stand in these bytes, once for each time."""
        view = memoryview(data)
        for start in range(0, len(view), _CHUNK):
            block = view[start : start + _CHUNK + ANCHOR - 1]
            for at, anchor in self._candidates(block):
                yield from self._compared(view, start + at, anchor)

    def _candidates(self, block: memoryview) -> Iterator[tuple[int, int]]:
        """Where eight bytes of some string stand, and those bytes as a number."""
        if not self._anchors.size:
            return
        for shift in range(ANCHOR):
            count = (len(block) - shift) // ANCHOR
            if count <= 0:
                return
            values = np.frombuffer(bytes(block[shift : shift + ANCHOR * count]), dtype="<u8")  # a copy, because unaligned views are slow
            passed = np.flatnonzero(self._table.take(self._hashes(values)))
            if passed.size:
                found = values[passed]
                places = np.searchsorted(self._anchors, found)
                places[places == self._anchors.size] = 0
                known = self._anchors[places] == found
                for place, value in zip(passed[known].tolist(), found[known].tolist(), strict=True):
                    yield shift + ANCHOR * place, value

    def _compared(self, view: memoryview, at: int, anchor: int) -> Iterator[int]:
        for index, offset in self._by_anchor[anchor]:
            needle, start = self._needles[index], at - offset
            end = start + len(needle.text)
            if start >= 0 and view[start:end] == needle.text and not (needle.alone and _touched(view, start, end)):
                yield index

    def find_in(self, pieces: Iterable[bytes]) -> Iterator[int]:
        """As `find`, for bytes that come in pieces and belong together."""
        kept, before = b"", Counter[int]()
        for piece in pieces:
            whole = kept + piece
            found = Counter(self.find(whole))
            yield from (found - before).elements()
            kept = whole[-self.longest :] if self.longest else b""
            before = Counter(self.find(kept))


def _anchored(needles: Sequence[Needle]) -> dict[int, list[tuple[int, int]]]:
    """By its anchor as a number: each string's index and the anchor's offset in it. The anchor is the part that fewest others share."""
    shared = Counter(part for needle in needles for _, part in _parts(needle.text))
    found: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for index, needle in enumerate(needles):
        offset, part = min(_parts(needle.text), key=lambda each: shared[each[1]])
        found[int.from_bytes(part, "little")].append((index, offset))
    return dict(found)


def _parts(text: bytes) -> Iterator[tuple[int, bytes]]:
    last = len(text) - ANCHOR
    for offset in sorted({0, last // 3, 2 * last // 3, last}):
        yield offset, text[offset : offset + ANCHOR]


_ESCAPE = re.compile(rb"(?:\\[bfnrt]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2})\Z")  # its last sign is a letter or digit, and what it means is none


def _touched(view: memoryview, start: int, end: int) -> bool:
    before, after = bytes(view[max(0, start - 6) : start]), bytes(view[end : end + 1])
    return after.isalnum() or (before[-1:].isalnum() and not _ESCAPE.search(before))
