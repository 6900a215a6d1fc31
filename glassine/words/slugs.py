"""The address of an article or topic in words: its title as the last part of a path. Whether one is taken, the store knows."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 80


def slug_of(text: str) -> str:
    """Small letters and digits of any script with hyphens between: `Rückgabe & Umtausch?` is `rückgabe-umtausch`. Nothing to go by is `article`."""
    words = "-".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold()))
    if len(words) > LONGEST:
        words = words[:LONGEST].rpartition("-")[0] or words[:LONGEST]
    return words or "article"
