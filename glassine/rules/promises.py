"""Words that promise something, and whether a source backs them. The list is the organisation's own; these are the ones it begins with. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter

from glassine.rules.facts.words import NOT
from glassine.rules.passages import sentences

MOST, LONGEST = 100, 400  # lines of a list, and characters of a line
_BEGINNING = 4  # letters of a word
_its_beginning: Callable[[bytes], bytes] = itemgetter(slice(_BEGINNING))
_PARTED = bytes(code if code < 0x80 and chr(code).isalnum() else ord(" ") for code in range(256))

# One promise a line, with its spellings; `*` stands for any ending. Any spelling of a line backs any other.
DEFAULT = (
    "refund*, reimburs*, money back, erstatt*, rückerstatt*, zurückerstatt*, geld zurück, rembours*, reembols*, devolución de dinero, terugbetal*, rimbors*",
    "guarantee*, guaranteed, garantie*, garantier*, garanti*, garantiz*, garantí*, garandeer*, garanz*",
    "free of charge, for free, at no cost, complimentary, free shipping, free delivery, kostenlos*, kostenfrei*, gratis, gratuit*, sin coste, kosteloos, kosteloze, grátis, gratuito",
    "compensat*, damages, entschädig*, schadenersatz, schadensersatz, indemni*, dédommag*, compensa*, schadevergoeding, risarcim*, indeniz*",
    "discount*, voucher*, coupon*, store credit, rabatt*, gutschein*, nachlass*, remise, bon d'achat, réduction*, descuento*, vale de compra, korting*, tegoedbon, desconto*, sconto, sconti, buono",
    "waive*, goodwill, kulanz*, geste commercial, cortesía, coulance, cortesia",
    "legally binding, rechtsverbindlich*, juridiquement contraignant, vinculante, juridisch bindend",
    "lifetime warranty, warranty, gewährleistung*, garantía, waarborg, assurance qualité",
    "i promise, we promise, versprech*, je vous promets, nous vous promettons, prometo, prometemos, ik beloof, wij beloven, prometto, promettiamo",
)


def unbacked(reply: str, sources: Iterable[str], promises: Sequence[str] = DEFAULT, *, asked: str = "") -> list[str]:
    """The promising words of a reply that no source has, or that all sources have only where they refuse it and the reply does not.

    What the customer `asked` may stand in a question back to them; it backs nothing.
    """
    folded = reply.lower()
    said = [(pattern, found) for pattern in _likely(folded, promises) if (found := list(pattern.finditer(folded)))]
    if not said:
        return []
    ours, theirs = _sentences(reply), [sentence for source in sources for sentence in _sentences(source)]
    return [one for pattern, found in said for one in _of_one(pattern, [match[0] for match in found], ours, theirs, asked.lower())]


def _likely(folded: str, promises: Sequence[str]) -> Iterator[re.Pattern[str]]:
    """The patterns that may match: those of which the reply has a spelling, and for most it is enough to see how its words begin."""
    spaced = " ".join(folded.split())
    begun = {b"", *map(_its_beginning, spaced.encode("utf-8", "replace").translate(_PARTED).split())}
    patterns, spellings = _compiled(tuple(promises))
    for place in sorted({place for beginning in spellings.keys() & begun for place, spelling in spellings[beginning] if spelling in spaced}):
        yield patterns[place]


@lru_cache(maxsize=1_000)
def _sentences(text: str) -> tuple[str, ...]:
    """What is cited often is cut once."""
    return tuple(sentence.lower() for sentence in sentences(text, "en"))


def _of_one(pattern: re.Pattern[str], words: Sequence[str], reply: Sequence[str], sources: Sequence[str], asked: str) -> list[str]:
    ours = [sentence for sentence in reply if pattern.search(sentence)]
    theirs = [sentence for sentence in sources if pattern.search(sentence)]
    if not theirs and pattern.search(asked) and all(sentence.rstrip("*_ ").endswith(("?", "？", "؟")) for sentence in ours):
        return []
    promised = any(not _refuses(sentence) for sentence in ours)
    if not theirs or (promised and all(_refuses(sentence) for sentence in theirs)):
        return list(dict.fromkeys(words))
    return []


def _refuses(sentence: str) -> bool:
    return not NOT.isdisjoint(re.findall(r"[^\W\d_]+(?:['’]t)?", sentence.replace("’", "'")))


@lru_cache(maxsize=200)
def _compiled(promises: tuple[str, ...]) -> tuple[tuple[re.Pattern[str], ...], dict[bytes, list[tuple[int, str]]]]:
    """A pattern for each line that has a word in it; and by how a word of theirs begins all spellings, without open endings, with the places of their patterns."""
    lines = ([word for part in line.lower().split(",") if (word := " ".join(part.split())) and word != "*"] for line in promises[:MOST])
    patterns, spellings = list[re.Pattern[str]](), dict[bytes, list[tuple[int, str]]]()
    for line in filter(None, lines):
        for word in line:
            spellings.setdefault(_beginning(word), []).append((len(patterns), word.rstrip("*").rstrip()))
        patterns.append(re.compile(rf"(?<![^\W_])(?:{'|'.join(map(_pattern, line))})(?![^\W_])"))
    return tuple(patterns), spellings


def _beginning(spelling: str) -> bytes:
    """The first letters of its longest word that begins with so many plain ones; none where there is no such word."""
    words = (part for part in spelling.split() if part[:_BEGINNING].isalnum() and part[:_BEGINNING].isascii() and len(part) >= _BEGINNING)
    return max(words, key=len, default="")[:_BEGINNING].encode()


def _pattern(word: str) -> str:
    ending = r"[^\W\d_]*" if word.endswith("*") else ""
    return r"\s+".join(re.escape(part) for part in word.rstrip("*").split()) + ending
