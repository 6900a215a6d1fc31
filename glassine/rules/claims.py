"""Scores each sentence of an answer by how much of what it says stands in the passages it cites. Pure; it compares words, for facts are held against passages elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from glassine.rules.passages import sentences, terms, terms_of, tokens

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
    found = ((sentence, _said(sentence, tokens(sentence), language)) for sentence in _scoring(text, sources, language))
    return [_scored(sentence, said, sources, language) for sentence, said in found if said]


def unbacked(text: str, sources: Sequence[tuple[str, str]], language: str, least: float) -> Iterator[Claim]:
    """Those of the sentences that are backed by less. Most true ones repeat enough words as they stand, and for these no source is asked for its terms."""
    known = frozenset().union(*(_tokens_of(source) for source, _ in sources))
    for sentence in _scoring(text, sources, language):
        read = tokens(sentence)
        said = frozenset[str]() if known.issuperset(read) else _said(sentence, read, language)
        if said and len(frozenset(terms_of(known.intersection(read), language))) / len(said) < least and (claim := _scored(sentence, said, sources, language)).backed < least:
            yield claim


def _scoring(text: str, sources: Sequence[tuple[str, str]], language: str) -> list[str]:
    return sentences(text, language) if sources and all(spoken == language for _, spoken in sources) else []


def _said(sentence: str, read: Sequence[str], language: str) -> frozenset[str]:
    """The terms of a sentence that claims something; none of any other."""
    said = frozenset(terms_of(read, language))
    return said if len(said) >= _FEWEST and not sentence.rstrip("*_ ").endswith(("?", "？", "؟")) else frozenset()


def _scored(sentence: str, said: frozenset[str], sources: Sequence[tuple[str, str]], language: str) -> Claim:
    known = frozenset().union(*(_terms_of(source, language) for source, _ in sources))
    return Claim(text=sentence, backed=len(said & known) / len(said))


@lru_cache(maxsize=1_000)
def _tokens_of(source: str) -> frozenset[str]:
    """What is cited often is read once."""
    return frozenset(tokens(source))


@lru_cache(maxsize=1_000)
def _terms_of(source: str, language: str) -> frozenset[str]:
    return frozenset(terms(source, language))
