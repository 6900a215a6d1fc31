"""Writes a text plainly (ASCII digits, plain spaces and dashes, nothing invisible) and keeps the way back to its offsets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

FILL = "\ue000"  # stands for what is taken already: private use, so no pattern matches it and nothing drops it

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FILLERS = "\u115f\u1160\u3164\uffa0"  # letters to Unicode, nothing to the eye
_LINE_ENDS = "\x85\u2028\u2029"
_DOTS = "\u3002\uff61\u2024"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A plainly written text; `starts[i]` is where its i-th character stood in the original, None when all stood at i."""

    text: str
    starts: Sequence[int] | None = None

    def raw(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original that `text[start:end]` was written for, with what was dropped inside it or right after."""
        if self.starts is None or start >= end:
            return start, end
        return self.starts[start], self.starts[end]


def plain(text: str) -> Plain:
    """Follows NFKC, character by character so that each keeps its place; digits of all scripts become 0-9, odd dashes and
    spaces become `-` and a space, marks and invisible characters are dropped."""
    if text.isascii() and not _CONTROL.search(text):
        return Plain(text=text)
    written = {character: _write(character) for character in set(text)}
    table = {ord(character): new for character, new in written.items()}
    uneven = [character for character, new in written.items() if len(new) != 1]
    if not uneven:
        return Plain(text=text.translate(table))
    starts: list[int] = []
    last = 0
    for match in re.finditer("[" + re.escape("".join(uneven)) + "]", text):
        at = match.start()
        starts.extend(range(last, at))
        starts.extend([at] * len(written[match.group()]))
        last = at + 1
    starts.extend(range(last, len(text) + 1))
    return Plain(text=text.translate(table), starts=starts)


def even(text: str) -> str:
    """The same, but of exactly the same length: characters that would vanish or grow stay as they are."""
    if text.isascii():
        return text
    written = {character: _write(character) for character in set(text)}
    return text.translate({ord(c): w for c, w in written.items() if len(w) == 1})


def _write(character: str) -> str:
    if " " <= character <= "~" or character in "\t\n\r":
        return character
    if character in _FILLERS:
        return ""
    if character in _LINE_ENDS:
        return "\n"
    if character in _DOTS:
        return "."
    kind = unicodedata.category(character)
    if kind in ("Cc", "Cf", "Mn", "Me"):
        return ""
    if kind == "Cs":
        return "\ufffd"  # half of a pair: no encoder takes it
    if kind == "Zs":
        return " "
    if kind == "Pd" or character == "\u2212":
        return "-"
    if kind == "Nd":
        return str(unicodedata.digit(character))
    return unicodedata.normalize("NFKC", character)


def fold(text: str) -> str:
    """Without case, accents and marks, for comparing; the length may change."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def even_fold(text: str) -> str:
    """The same, character by character, with the length kept: one that folds to several stays as it is."""
    if text.isascii():
        return text.lower()
    folded = {character: fold(character) for character in set(text)}
    return text.translate({ord(c): f for c, f in folded.items() if len(f) == 1})
