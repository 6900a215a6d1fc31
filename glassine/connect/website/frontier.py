"""Which pages of a crawl are still to be read: every address once, in order, within bounds, and kept small enough to be put down and taken up again."""

from __future__ import annotations

import base64
import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from glassine.connect.website.addresses import Scope, shape_of

_MOST_OF_A_QUERY = 200  # pages that differ in values of a query only, found by links
_JUDGED_AFTER = 30  # pages of one shape before it can be a trap


@dataclass(frozen=True, slots=True)
class Visit:
    url: str
    depth: int
    hops: int = 0  # redirects on the way
    as_is: bool = False  # its own address counts, whatever it calls its canonical one


@dataclass(slots=True)
class Shape:
    """Addresses that differ in numbers only. Where they say the same again and again, a script invents them: no more are read."""

    admitted: int = 0
    read: int = 0
    outlines: set[str] = field(default_factory=set)

    @property
    def is_trap(self) -> bool:
        return self.read >= _JUDGED_AFTER and len(self.outlines) * 2 < self.read


class Frontier:
    """A list of visits that only grows, and a place in it."""

    def __init__(self, scope: Scope) -> None:
        self.most = min(scope.limit * 5 + 500, 100_000)  # so many are asked for, whatever they turn out to be
        self.full = False  # something was not taken in because there was too much
        self.given_up: list[str] = []  # a trap's pages that were taken in before it was known for one
        self._visits: list[Visit] = []
        self._at = 0
        self._seen: set[str] = set()
        self._listed: set[str] = set()
        self._shapes: defaultdict[str, Shape] = defaultdict(Shape)

    def __len__(self) -> int:
        return len(self._visits)

    @property
    def done(self) -> int:
        return self._at

    def add(self, url: str, depth: int, *, hops: int = 0, listed: bool = False) -> bool:
        """Takes an address in, unless it was there. `listed`: the site or the admin names it, so no script invented it."""
        if url in self._seen:
            return False
        if len(self._visits) >= self.most:
            self.full = True
            return False
        shape = self._shapes[shape_of(url)]
        if not listed and (shape.is_trap or ("?" in url and shape.admitted >= _MOST_OF_A_QUERY)):
            return False
        shape.admitted += 1
        self._seen.add(url)
        if listed:
            self._listed.add(url)
        self._visits.append(Visit(url, depth, hops))
        return True

    def again(self, url: str, depth: int) -> None:
        """One more visit of an address that was taken in before."""
        self._visits.append(Visit(url, depth, as_is=True))

    def take(self, count: int) -> list[Visit]:
        """The next few to read; those that turned out to be a trap's are passed over."""
        taken: list[Visit] = []
        while self._at < len(self._visits) and len(taken) < count:
            visit = self._visits[self._at]
            self._at += 1
            if visit.url in self._listed or visit.as_is or not self._shapes[shape_of(visit.url)].is_trap:
                taken.append(visit)
            else:
                self.given_up.append(visit.url)
        return taken

    def rest(self) -> Iterable[Visit]:
        return self._visits[self._at :]

    def heard(self, url: str, outline: str) -> None:
        """What a page said, without its numbers: so traps are told."""
        shape = self._shapes[shape_of(url)]
        shape.read += 1
        shape.outlines.add(outline)

    # -- put down and taken up ---------------------------------------------------------------------------------------------------

    def put_down(self) -> dict[str, Any]:
        """As JSON, addresses packed: about thirty bytes each with what became of them. What was judged of shapes is judged anew."""
        return {
            "urls": packed([visit.url for visit in self._visits]), "rest": packed([[visit.depth, visit.hops, visit.as_is, visit.url in self._listed] for visit in self._visits]),
            "at": self._at, "full": self.full,
        }

    def take_up(self, kept: Mapping[str, Any]) -> None:
        for url, (depth, hops, as_is, listed) in zip(unpacked(kept["urls"]), unpacked(kept["rest"]), strict=True):
            self._visits.append(Visit(url, depth, hops, as_is))
            self._seen.add(url)
            self._shapes[shape_of(url)].admitted += 1
            if listed:
                self._listed.add(url)
        self._at, self.full = int(kept["at"]), bool(kept["full"])


def packed(value: Any) -> str:
    return base64.b64encode(zlib.compress(json.dumps(value, separators=(",", ":")).encode())).decode()


def unpacked(text: str) -> Any:
    return json.loads(zlib.decompress(base64.b64decode(text)))


def counted(texts: Iterable[str]) -> str:
    """The most frequent of some reasons."""
    return next((text for text, _ in Counter(texts).most_common(1)), "")
