"""What models read of an organisation's topics, in the store: found by the text's digest. It compares nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from glassine.store import Tx, rows
from glassine.store.statements import Statements
from glassine.store.vectors import Vectors
from glassine.words.ids import OrgId

_SQL = Statements(__file__)
_DIMENSIONS = 384


class Kept(NamedTuple):
    """A text's vector, and one for each of its words: (n, 384)."""

    vector: Vectors
    words: Vectors


async def find(tx: Tx, org: OrgId, model: str, texts: Iterable[str]) -> dict[str, Kept]:
    """Those of the texts that were kept."""
    by_digest = {_digest(text): text for text in texts}
    found = await rows(tx, _SQL.find, {"org": org, "model": model, "digests": list(by_digest)})
    return {by_digest[bytes(row["digest"])]: Kept(_floats(row["vector"])[0], _floats(row["words"])) for row in found}


async def add(tx: Tx, org: OrgId, model: str, made: Mapping[str, Kept]) -> None:
    values = {"digests": [_digest(text) for text in made], "vectors": [_halves(one.vector) for one in made.values()], "words": [_halves(one.words) for one in made.values()]}
    await tx.execute(_SQL.add, {"org": org, "model": model, **values})


async def forget_others(tx: Tx, org: OrgId, texts: Iterable[str]) -> None:
    """Only these stay, of every model."""
    await tx.execute(_SQL.forget_others, {"org": org, "digests": [_digest(text) for text in texts]})


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def _halves(vectors: Vectors) -> bytes:
    return vectors.astype(np.float16).tobytes()


def _floats(stored: bytes) -> Vectors:
    return np.frombuffer(bytes(stored), np.float16).reshape(-1, _DIMENSIONS).astype(np.float32)
