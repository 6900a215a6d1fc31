"""Writes a text plainly (ASCII digits, plain spaces and dashes, nothing invisible, nothing encoded) and keeps the way back to its offsets."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from glassine.rules.masking.lookalikes import in_latin

_ORDINARY = frozenset(map(chr, range(32, 127))) | {"\t", "\n", "\r"}  # characters that are written as they are
_FEW = 24  # characters to exchange, up to which going through the text for each is quicker than once for all

FILL = "\ue000"  # stands for what is taken already: private use, so no pattern matches it and nothing drops it

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CODED = re.compile(
    r"&(?:#[xX][0-9A-Fa-f]{1,6}|#\d{1,7}|commat|nbsp|period|colon|hyphen|dash|plus|lowbar|sol|bsol|num|amp|quot|apos|shy|zwnj|zwj|lpar|rpar|equals|comma|ensp|emsp|thinsp);?"
    r"|%[2-7][0-9A-Fa-f]|\\u00[2-7][0-9A-Fa-f]"
)
_FILLERS = "\u115f\u1160\u3164\uffa0"  # letters to Unicode, nothing to the eye
_LINE_ENDS = "\x85\u2028\u2029"
_DOTS = "\u3002\uff61\u2024"
_STROKED = {"ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ı": "i", "ħ": "h", "Ħ": "h", "ŧ": "t", "Ŧ": "t"}  # letters that Unicode does not take apart


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
    spaces become `-` and a space, marks and invisible characters are dropped, entities and percent signs are read, and letters
    of another script that pass for Latin ones are written as these."""
    coded = rewritten(text, [(match.start(), match.end(), _decoded(match.group())) for match in _CODED.finditer(text)]) if "&" in text or "%" in text or "\\u" in text else Plain(text=text)
    if coded.text.isascii() and not _CONTROL.search(coded.text):
        return coded
    written = {character: new for character in set(coded.text) - _ORDINARY if (new := _write(character)) != character}
    uneven = [character for character, new in written.items() if len(new) != 1]
    latin = in_latin(_exchanged(coded.text, written))
    if not uneven:
        return Plain(text=latin, starts=coded.starts)
    edits = re.finditer("[" + re.escape("".join(uneven)) + "]", coded.text)
    starts = _starts(len(coded.text), [(match.start(), match.end(), written[match.group()]) for match in edits])
    return Plain(text=latin, starts=starts if coded.starts is None else [coded.starts[at] for at in starts])


def rewritten(text: str, edits: Sequence[tuple[int, int, str]]) -> Plain:
    """`text` with every stretch (start, end) replaced, in order and without overlap, and the way back."""
    if not edits:
        return Plain(text=text)
    pieces: list[str] = []
    last = 0
    for start, end, new in edits:
        pieces += [text[last:start], new]
        last = end
    return Plain(text="".join([*pieces, text[last:]]), starts=_starts(len(text), edits))


def _starts(length: int, edits: Iterable[tuple[int, int, str]]) -> list[int]:
    starts: list[int] = []
    last = 0
    for start, end, new in edits:
        if start > last:
            starts.extend(range(last, start))
        if new:
            starts.extend([start] * len(new))
        last = end
    starts.extend(range(last, length + 1))
    return starts


def _decoded(code: str) -> str:
    """What an entity, a percent code or an escape stands for; one that stands for nothing printable stays as it is."""
    if code[0] == "%":
        character = chr(int(code[1:], 16))
    elif code[0] == "\\":
        character = chr(int(code[2:], 16))
    else:
        character = html.unescape(code if code.endswith(";") else code + ";")
    return character if len(character) == 1 and character != "\x7f" else code


def even(text: str) -> str:
    """The same, but of exactly the same length: characters that would vanish or grow stay as they are, and so does what is encoded."""
    if text.isascii():
        return text
    return in_latin(_exchanged(text, {character: new for character in set(text) - _ORDINARY if len(new := _write(character)) == 1 and new != character}))


def _exchanged(text: str, written: Mapping[str, str]) -> str:
    """`text` with some characters in the place of others. A few are quicker exchanged one after the other, where none of them comes from another."""
    if len(written) > _FEW or not written.keys().isdisjoint("".join(written.values())):
        return text.translate({ord(character): new for character, new in written.items()})
    for character, new in written.items():
        text = text.replace(character, new)
    return text


@lru_cache(maxsize=4_000)
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
    decomposed = unicodedata.normalize("NFKD", "".join(_STROKED.get(c, c) for c in text).casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def even_fold(text: str) -> str:
    """The same, character by character, with the length kept: one that folds to several stays as it is."""
    if text.isascii():
        return text.lower()
    lower = text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")  # of bytes only A to Z change
    return _exchanged(lower, {character: new for character in set(lower) - _ORDINARY if len(new := _fold_one(character)) == 1 and new != character})


@lru_cache(maxsize=4_000)
def _fold_one(character: str) -> str:
    return fold(character)
