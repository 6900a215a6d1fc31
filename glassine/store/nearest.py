"""The bits of an organisation's vectors, held by this process (docs/decisions/0090): finds which passages are likely to be the nearest to a question.

It only ever proposes: the statement that reads them decides by the database who may see them, and whether they are still there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from psycopg.rows import DictRow

from glassine.store import Tx
from glassine.store.contents import Contents
from glassine.store.statements import Statements
from glassine.store.vectors import Vectors
from glassine.words.ids import OrgId

_SQL = Statements(__file__)

ROUGH = 200  # passages nearest by bits, among which the nearest by vector are looked for; 100 to all find the same first passage
_LARGE = 30_000  # passages from which bits alone tell too little: more of them are then held against the question's vector itself,
_FEWEST, _MOST_AGAIN, _SHARE = 4_000, 8_000, 100  # one in a hundred, but so many at least and at most,
_ROUGH_OF_LARGE = 300  # and so many of those are left
_HELD = 128_000_000  # bytes of all organisations that one process keeps; a passage has 56, and what it says is held of some (contents.py)
_BLOCK = 16_384  # passages that are compared at a time: what is between stays in the processor's cache
_ASIDE = 250_000  # passages from which the comparison takes long enough to be made beside other work
_GOOD_FOR = 3_000.0  # seconds for which the store can tell what has left since; it keeps it for an hour
_ROW = np.dtype([("passage", ">i8"), ("length", ">i4"), ("bits", "u1", 48)])

Numbers = NDArray[np.int64]
Bits = NDArray[np.uint64]  # (6, passages): one word of 64 dimensions after another


class Held(NamedTuple):
    """The passages of one scope by number, and their bits."""

    passages: Numbers
    bits: Bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What one version of an organisation's knowledge base holds by one model."""

    version: int
    scopes: Mapping[int, Held]
    read: float  # when, on this process's clock
    contents: Contents = field(default_factory=Contents)

    @property
    def bytes(self) -> int:
        return self.contents.bytes + sum(one.passages.nbytes + one.bits.nbytes for one in self.scopes.values())


@dataclass(slots=True, kw_only=True)
class Nearest:
    """One per process. What was not used for longest goes first."""

    known: dict[tuple[OrgId, str], Known] = field(default_factory=dict)
    reading: dict[tuple[OrgId, str], asyncio.Lock] = field(default_factory=dict)

    def of(self, org: OrgId) -> Near:
        return Near(nearest=self, org=org)

    def keep(self, place: tuple[OrgId, str], known: Known) -> None:
        self.known.pop(place, None)
        self.known[place] = known
        while len(self.known) > 1 and sum(one.bytes for one in self.known.values()) > _HELD:
            del self.known[next(iter(self.known))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """The same for one organisation."""

    nearest: Nearest
    org: OrgId

    async def known(self, tx: Tx, model: str, version: int | None = None) -> Known:
        """What is held, or what the store says where nothing is, or where the store was seen in another version."""
        place = (self.org, model)
        async with self.nearest.reading.setdefault(place, asyncio.Lock()):
            found = self.nearest.known.get(place)
            if found is None or version not in (None, found.version):
                found = await _read(tx, model, found if found and found.version < (version or 0) else None)
            self.nearest.keep(place, found)
            return found


async def _read(tx: Tx, model: str, before: Known | None) -> Known:
    """Only what has changed, where the store still knows all of it."""
    now = time.monotonic()
    if before is None or now - before.read > _GOOD_FOR:
        rows = await (await tx.execute(_SQL.all, {"model": model}, binary=True)).fetchall()
        return Known(version=rows[0]["version"], scopes={scope: _sorted([held]) for scope, held in _unpacked(rows)}, read=now)
    rows = await (await tx.execute(_SQL.since, {"model": model, "version": before.version}, binary=True)).fetchall()
    gone = [number for row in rows for number in row["gone"]]
    before.contents.forget(gone)
    return Known(version=rows[0]["version"], scopes=_changed(before.scopes, dict(_unpacked(rows)), gone), read=now, contents=before.contents)


def _unpacked(rows: Sequence[DictRow]) -> Iterable[tuple[int, Held]]:
    for row in rows:
        if row["packed"] is not None:
            each = np.frombuffer(row["packed"], _ROW)
            yield row["scope"], Held(each["passage"].astype(np.int64), np.ascontiguousarray(each["bits"]).view(np.uint64).T)


def _changed(before: Mapping[int, Held], new: Mapping[int, Held], gone: Sequence[int]) -> dict[int, Held]:
    """A passage that came and went since then stands in both, and has gone."""
    left = np.array(gone, np.int64)
    return {
        scope: _sorted([_without(one, left) for one in (before.get(scope), new.get(scope)) if one is not None]) if scope in new or len(left) else before[scope]
        for scope in {**before, **new}
    }


def _without(held: Held, gone: Numbers) -> Held:
    stays = np.isin(held.passages, gone, invert=True)
    return held if stays.all() else Held(held.passages[stays], held.bits[:, stays])


def _sorted(parts: Sequence[Held]) -> Held:
    passages = np.concatenate([one.passages for one in parts])
    order = np.argsort(passages, kind="stable")
    return Held(passages[order], np.ascontiguousarray(np.concatenate([one.bits for one in parts], axis=1)[:, order]))


async def rough(known: Known, vector: Vectors, scopes: Sequence[int]) -> Numbers:
    """The passages within these scopes whose vectors are likely to be the nearest."""
    seen = [known.scopes[scope] for scope in scopes if scope in known.scopes]
    if sum(len(one.passages) for one in seen) < _ASIDE:
        return _rough(seen, vector)
    return await asyncio.to_thread(_rough, seen, vector)


def _rough(seen: Sequence[Held], vector: Vectors) -> Numbers:
    if not seen:
        return np.zeros(0, np.int64)
    halves = vector.astype(np.float16)
    asked = np.packbits(halves > 0).view(np.uint64)  # as the database makes bits of the half floats that it is sent
    passages = np.concatenate([one.passages for one in seen]) if len(seen) > 1 else seen[0].passages
    distances = np.concatenate([_distances(one.bits, asked) for one in seen]) if len(seen) > 1 else _distances(seen[0].bits, asked)
    if len(passages) < _LARGE:
        return passages[_first(distances, passages, ROUGH)]
    again = _first(distances, passages, max(_FEWEST, min(_MOST_AGAIN, len(passages) // _SHARE)))
    bits = np.concatenate([one.bits for one in seen], axis=1)[:, again] if len(seen) > 1 else seen[0].bits[:, again]
    nearness = _nearness(np.ascontiguousarray(bits.T).view(np.uint8), vector)
    return passages[again[np.argpartition(-nearness, _ROUGH_OF_LARGE)[:_ROUGH_OF_LARGE]]]


def _distances(bits: Bits, asked: Bits) -> NDArray[np.uint16]:
    """How many bits differ."""
    found = np.zeros(bits.shape[1], np.uint16)
    differing, counted = np.empty(_BLOCK, np.uint64), np.empty(_BLOCK, np.uint8)
    for start in range(0, len(found), _BLOCK):
        part = found[start : start + _BLOCK]
        for word, of_question in zip(bits[:, start : start + _BLOCK], asked, strict=True):
            np.bitwise_xor(word, of_question, out=differing[: len(part)])
            np.bitwise_count(differing[: len(part)], out=counted[: len(part)])
            np.add(part, counted[: len(part)], out=part)
    return found


def _nearness(rows: NDArray[np.uint8], vector: Vectors) -> Vectors:
    """The sum of the question's figures where a passage's bits are set. Each byte has only 256 forms, so their sums are looked up."""
    forms = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(np.float32)
    sums = (vector.reshape(-1, 8) @ forms.T).ravel()
    found: Vectors = sums[rows + np.arange(0, len(sums), 256)].sum(axis=1)
    return found


def _first(distances: NDArray[np.uint16], passages: Numbers, many: int) -> NDArray[np.intp]:
    """Where the nearest stand, and of those that are as far the ones with the lowest numbers. Counted, because sorting all would take longer than comparing them."""
    if len(distances) <= many:
        return np.arange(len(distances))
    last = int(np.searchsorted(np.cumsum(np.bincount(distances)), many))
    nearer, as_far = np.flatnonzero(distances < last), np.flatnonzero(distances == last)
    return np.concatenate([nearer, as_far[np.argsort(passages[as_far], kind="stable")[: many - len(nearer)]]])
