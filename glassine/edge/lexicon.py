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


def bare(word: str) -> str:
    """In lower case and without accents, as the lists are written."""
    if word.isascii():
        return word.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))
