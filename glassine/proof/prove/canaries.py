"""Canaries: values that exist nowhere else, so that wherever one is found, it came in by the way it was sent. Made here, sent and sought elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from glassine.proof.prove.kinds import KINDS, Guarantee, Kind
from glassine.proof.prove.spellings import EXACT, SPELLINGS, WRAPPINGS
from glassine.words.privacy import PiiType

BLANKS = 20  # one canary in so many is never sent: if one is found, the search cries wolf
_SHORTEST_PART = 8
_PARTED = frozenset({PiiType.NAME, PiiType.ADDRESS, PiiType.BANK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """`value` as one would write it, `sent` as it is written here, `text` with what stands around it. `parts` are what would give it away alone."""

    id: int
    kind: Kind
    guarantee: Guarantee
    value: str = field(repr=False)
    sent: str = field(repr=False)
    text: str = field(repr=False)
    spelling: str
    wrapping: str
    blank: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        return parts_of(self.kind, self.value)

    @property
    def forms(self) -> tuple[str, ...]:
        """Every writing of the whole value to look for: as sent, as usual, and without what groups its digits."""
        joined = re.sub(r"[\s().+-]", "", self.value)
        bare = (joined,) if joined.isdigit() or self.guarantee is Guarantee.CHECKSUMMED else ()
        return tuple(dict.fromkeys(form for form in (self.value, self.sent, *bare) if len(form) >= _SHORTEST_PART))


def parts_of(kind: Kind, value: str) -> tuple[str, ...]:
    """What stands for the whole: a last name, a street, an account without its bank, an address without its host."""
    if kind.type is PiiType.EMAIL:
        return (value.partition("@")[0],)
    if kind.type not in _PARTED:
        return ()
    words = re.findall(r"[^\W_]+", value) if value.isascii() else [value.partition(" ")[2]]
    return tuple(word for word in words if len(word) >= _SHORTEST_PART and word != value)


def draw(count: int, seed: int, kinds: Sequence[Kind] = KINDS) -> list[Canary]:
    """So many canaries, one kind after the other, no two of which share a value or a telling part. The same seed draws the same."""
    return list(Drawer(seed).draw(count, kinds))


class Drawer:
    """Draws, and remembers what it has drawn."""

    def __init__(self, seed: int) -> None:
        self._chance, self._used, self._next = Random(seed), set[str](), 1  # noqa: S311 - a seed must draw the same values again; nothing is kept secret by them

    def draw(self, count: int, kinds: Sequence[Kind]) -> Iterator[Canary]:
        for n in range(count):
            yield self.one(kinds[n % len(kinds)], blank=n % BLANKS == BLANKS - 1)

    def one(self, kind: Kind, *, blank: bool = False) -> Canary:
        value = self._fresh(kind)
        spelling = "as usual" if self._chance.random() < 0.5 else self._chance.choice(EXACT if kind.exact else tuple(SPELLINGS))
        if kind.guarantee is Guarantee.FREE and spelling == "bold digits":
            spelling = "as usual"
        sent = SPELLINGS[spelling](value, self._chance)
        wrapping = "in a sentence" if self._chance.random() < 0.4 else self._chance.choice(tuple(WRAPPINGS))
        if kind.type in (PiiType.CREDENTIALS, PiiType.SECRET) and wrapping in ("in HTML", "on a line of its own", "in brackets"):
            wrapping = "in a sentence"  # an address that is broken up is none any more, and a password is what follows the word
        text = WRAPPINGS[wrapping](self._chance.choice(kind.says).format(sent), sent)
        self._next += 1
        return Canary(
            id=self._next - 1, kind=kind, guarantee=kind.guarantee, value=value, sent=sent, text=text, spelling=spelling, wrapping=wrapping, blank=blank,
        )

    def _fresh(self, kind: Kind) -> str:
        for _ in range(10_000):
            value = kind.make(self._chance)
            telling = {value.casefold(), *(part.casefold() for part in parts_of(kind, value))}
            if len(value) >= _SHORTEST_PART and self._used.isdisjoint(telling):
                self._used |= telling
                return value
        raise ValueError(f"no more values of the kind {kind.name} can be drawn: ask for fewer canaries")
