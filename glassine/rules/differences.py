"""What differs between two texts, word by word, as people read it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from glassine.words.replays import Piece, PieceKind

_WORD = re.compile(r"\[\\*[A-Z_]+(?:_[0-9]+)?\]|\s+|\w+|[^\w\s]")  # a placeholder is one word
_WORDS = re.compile(r"\w+")
_TELLING = 3  # words in a row that count as the same between two differences
_MOST_WORDS = 4_000  # of either text; longer ones are compared line by line
_AROUND = 80  # characters shown on either side of a difference


def pieces(before: str, after: str) -> tuple[Piece, ...]:
    """Both texts in one: what is in both, what only the first has, what only the second has. Empty when they are equal."""
    if before == after:
        return ()
    one, two = _cut(before), _cut(after)
    if max(len(one), len(two)) > _MOST_WORDS:
        one, two = before.splitlines(keepends=True), after.splitlines(keepends=True)
    gone, new = "", ""
    found: list[Piece] = []
    steps = SequenceMatcher(None, one, two, autojunk=False).get_opcodes()
    for at, (tag, a, b, c, d) in enumerate(steps):
        same, between = "".join(one[a:b]), 0 < at < len(steps) - 1
        if tag == "equal" and not (between and len(_WORDS.findall(same)) < _TELLING):
            found += _changed(gone, new)
            found.append(Piece(PieceKind.SAME, same))
            gone, new = "", ""
        else:  # a word or two that both happen to have only tear a difference apart
            gone, new = gone + same, new + "".join(two[c:d])
    return (*found, *_changed(gone, new))


def _changed(gone: str, new: str) -> list[Piece]:
    return [piece for piece in (Piece(PieceKind.GONE, gone), Piece(PieceKind.NEW, new)) if piece.text]


def _cut(text: str) -> list[str]:
    return _WORD.findall(text)


def shortened(found: Sequence[Piece]) -> tuple[Piece, ...]:
    """The same with long stretches that both have cut to what stands beside a difference."""
    last = len(found) - 1
    return tuple(piece if piece.kind is not PieceKind.SAME else Piece(piece.kind, _short(piece.text, at == 0, at == last)) for at, piece in enumerate(found))


def _short(text: str, first: bool, last: bool) -> str:
    if len(text) <= 2 * _AROUND + 5:
        return text
    return ("" if first else text[:_AROUND]) + " … " + ("" if last else text[-_AROUND:])
