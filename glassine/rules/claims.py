"""Scores each sentence of an answer by how much of what it says stands in the passages it cites. Pure; it compares words, for facts are held against passages elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from glassine.rules.passages import sentences, terms

# Of 430 sentences of clapnq all true ones shared .6 of their words or more with their passage, and .007 of those put under another one .25. Tried once by hand;
# no bench prints it.
LEAST = 0.25  # share of its words from which a sentence counts as backed
_FEWEST = 4  # words that say something, below which a sentence is a link between others


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A sentence of an answer, and the share of its words that its passages have."""

    text: str
    backed: float


def claims(text: str, sources: Sequence[tuple[str, str]], language: str) -> list[Claim]:
    """The sentences of a stretch that cites these sources (text and language) and is spoken in this language.

    A source in another language shares no words with them, so where there is one, nothing is scored. A question claims nothing.
    """
    if any(spoken != language for _, spoken in sources) or not sources:
        return []
    known = frozenset().union(*(_terms_of(source, language) for source, _ in sources))
    found: list[Claim] = []
    for sentence in sentences(text, language):
        said = set(terms(sentence, language))
        if len(said) >= _FEWEST and not sentence.rstrip("*_ ").endswith(("?", "？", "؟")):
            found.append(Claim(text=sentence, backed=len(said & known) / len(said)))
    return found


@lru_cache(maxsize=1_000)
def _terms_of(source: str, language: str) -> frozenset[str]:
    """What is cited often is read once."""
    return frozenset(terms(source, language))
