"""Word lists: which words are first names somewhere, and which are words of everyday English. It loads each once, when first asked."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from glassine.edge.models import path


@lru_cache(maxsize=1)
def first_names() -> frozenset[str]:
    """54,570 first names of many countries, in lower case without accents."""
    return frozenset(path("first_names.txt").read_text(encoding="ascii").split())


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Some 6,400 words that English texts write in lower case."""
    return frozenset(path("common_words.txt").read_text(encoding="ascii").split())


def ordinary(word: str) -> bool:
    """Whether a word is one of everyday English; with its accents, so that Bašić is not taken for basic."""
    return word.lower() in common_words()


@lru_cache(maxsize=4096)
def misspelt(word: str) -> bool:
    """Whether one slip of the fingers makes it of a common word: a letter too few, too many, wrong, or two the wrong way round."""
    if len(word) < _FEWEST_LETTERS:
        return False
    words, letters = common_words(), "abcdefghijklmnopqrstuvwxyz"
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    slips = [head + tail[1:] for head, tail in cuts if tail]
    slips += [head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1]
    slips += [head + letter + rest for head, tail in cuts for letter in letters for rest in (tail, tail[1:])]
    return any(len(slip) >= _FEWEST_LETTERS and slip in words for slip in slips)


_FEWEST_LETTERS = 4  # of a word that may be misspelt: shorter ones are all close to another
_CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґў",
        [
            "a",
            "b",
            "v",
            "g",
            "d",
            "e",
            "e",
            "zh",
            "z",
            "i",
            "i",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "kh",
            "ts",
            "ch",
            "sh",
            "shch",
            "",
            "y",
            "",
            "e",
            "iu",
            "ia",
            "i",
            "i",
            "e",
            "g",
            "u",
        ],
        strict=True,
    )
)
_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψως",
        ["a", "v", "g", "d", "e", "z", "i", "th", "i", "k", "l", "m", "n", "x", "o", "p", "r", "s", "t", "y", "f", "ch", "ps", "o", "s"],
        strict=True,
    )
)
_LATIN = str.maketrans(_CYRILLIC | _GREEK)


def bare(word: str) -> str:
    """In lower case, without accents and in Latin letters, as the lists are written."""
    if word.isascii():
        return word.lower()
    lower = word.casefold().translate(_LATIN)
    return "".join(c for c in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(c)).translate(_LATIN)
