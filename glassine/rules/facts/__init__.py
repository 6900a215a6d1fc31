"""The facts that a reply states, and those that a source backs: numbers, amounts, dates, addresses, phones, codes, quotes. It judges nothing.

Facts have keys that mean the same however they were written: `3. März 2026` and `2026-03-03` are both `date:2026-03-03`, and `5 €` gives `eur:5`
but never `days:5`. Everything here is linear in the text, for customers and models write it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from glassine.rules.facts import addresses, dates, numbers, quotes
from glassine.rules.facts.fact import Fact, Given, Kind
from glassine.rules.facts.words import LANGUAGES, NUMBERS

__all__ = ["Fact", "Given", "Kind", "backs", "given", "stated"]

_TOLD = {word.encode("latin-1"): word for word in (*dates.KNOWN, *(word for language in LANGUAGES for word in NUMBERS[language]))}
_THEIR_LETTERS = {letter for word in _TOLD.values() for letter in word if letter.isalpha()}
_PARTED = bytes(code if chr(code) in _THEIR_LETTERS else ord(" ") for code in range(256))  # blanks between letters of theirs: what has others is none of them
_UNSEEN = [0xAD, 0x34F, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), *range(0xFE00, 0xFE10), 0xFEFF, *range(0xE0000, 0xE01F0)]
_SAME: dict[int, str | None] = {
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}, **dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f\u3000\t"), " "), **dict.fromkeys(map(ord, "‐‑‒−"), "-"),
    ord("｡"): "。", **dict.fromkeys(_UNSEEN),
}
_ODD = re.compile(f"[{re.escape(''.join(chr(code) for code in _SAME if code <= 0xFFFF))}]")  # a set that has none beyond is looked up and not searched
_FAR = re.compile("[\U00010000-\U0010ffff]")
_DIGIT = re.compile(r"[^\D0-9]")
_FULL_STOP = re.compile(r"(?<=\w)。(?=\w)")


def plain(text: str) -> str:
    """A text with one way to write each sign and digit, and without what cannot be seen."""
    if text.isascii():
        return text.replace("\t", " ")
    folded = unicodedata.normalize("NFC", text)
    if _ODD.search(folded) or _FAR.search(folded):
        folded = folded.translate(_SAME)
    if "。" in folded:
        folded = _FULL_STOP.sub(".", folded)
    return _DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), folded)


def stated(reply: str, language: str | None = None) -> list[Fact]:
    """What a reply states, in the order of its kinds."""
    found: list[Fact] = []
    _rest(quotes.quotes(addresses.placeholders(plain(reply), found), found), language, found)
    return found


@lru_cache(maxsize=1_000)
def given(source: str, language: str | None = None, *, loose: bool = False) -> Given:
    """What a source backs; what comes again, as passages do, is remembered. `loose`: what counts stands apart from its unit, as in an action's answer."""
    found: list[Fact] = []
    text = plain(source)
    _rest(addresses.placeholders(text, found), language, found, loose=loose or " | " in source)
    return Given(keys=frozenset().union(*(fact.gives for fact in found)), text=text)


def _rest(text: str, language: str | None, found: list[Fact], *, loose: bool = False) -> None:
    text = addresses.links(text, found)
    small = text.lower()
    words = _told(small if len(small) == len(text) else text)
    text = dates.dates(text, words, language, found)
    text = addresses.phones(text, found)
    numbers.numbers(numbers.codes(text, found), words, language, found, loose=loose)


def _told(text: str) -> list[tuple[int, int, str]]:
    """The words that tell a number or a day, with their places. Most texts have few of them, so those are looked for one by one, in bytes: one for each sign."""
    parted = b" %b " % text.encode("latin-1", "replace").translate(_PARTED)
    wanted = _TOLD.keys() & parted.split()
    return sorted((at, at + len(word), _TOLD[word]) for word in wanted for at in _places(word, parted, text))


def _places(word: bytes, parted: bytes, text: str) -> Iterator[int]:
    """Where a word stands as a whole one."""
    alone = b" %b " % word
    at = parted.find(alone)
    while at >= 0:
        if not (_letter(text[at - 1 : at]) or _letter(text[at + len(word) : at + len(word) + 1])):
            yield at
        at = parted.find(alone, at + 1)


def _letter(sign: str) -> bool:
    return sign.isalnum() and not sign.isdecimal()


def backs(source: Given, keys: frozenset[str]) -> bool:
    """Whether a source backs a fact that has these keys."""
    return not keys.isdisjoint(source.keys) or any(quotes.holds(source.text, key) for key in keys if key.startswith(("words:", "code:")))
