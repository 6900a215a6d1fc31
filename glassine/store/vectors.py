"""Vectors as PostgreSQL keeps them: a passage's as half floats, a passage's sentences as signed bytes in one value."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from psycopg import adapters
from psycopg.adapt import Dumper
from psycopg.pq import Format

Vectors = NDArray[np.float32]
_BIGINT = 20  # its number among PostgreSQL's types
_HEAD = 20  # bytes before the elements of an array in PostgreSQL's binary form
_NUMBER, _WEIGHT = np.dtype([("bytes", ">i4"), ("value", ">i8")]), np.dtype([("bytes", ">i4"), ("value", ">f4")])


class Halves(bytes):
    """One vector in pgvector's binary form: half floats. It is sent without a type, which the statement's cast names."""

    @classmethod
    def of(cls, vector: Vectors) -> Halves:
        return cls(struct.pack(">hh", len(vector), 0) + vector.astype(">f2").tobytes())


class _AsItIs(Dumper):
    format = Format.BINARY
    oid = 0

    def dump(self, obj: bytes) -> bytes:
        return bytes(obj)


class Numbers(bytes):
    """Many whole numbers in PostgreSQL's binary form of a bigint[]; as a list, the driver would look at each."""

    @classmethod
    def of(cls, numbers: NDArray[np.int64]) -> Numbers:
        each = np.empty(len(numbers), _NUMBER)
        each["bytes"], each["value"] = 8, numbers
        return cls(struct.pack(">iiIii", 1, 0, _BIGINT, len(numbers), 1) + each.tobytes())


def numbers(sent: bytes) -> NDArray[np.int64]:
    """What `array_send` makes of a bigint[] without nulls."""
    return np.frombuffer(sent, _NUMBER, offset=_HEAD)["value"].astype(np.int64)


def weights(sent: bytes) -> NDArray[np.float64]:
    """The same of a real[]."""
    return np.frombuffer(sent, _WEIGHT, offset=_HEAD)["value"].astype(np.float64)


adapters.register_dumper(Halves, _AsItIs)
adapters.register_dumper(Numbers, _AsItIs)


def literal(vector: Vectors) -> str:
    """pgvector's text form, with as many digits as half floats hold."""
    return "[" + ",".join([f"{value:.5g}" for value in vector.tolist()]) + "]"


def packed(vectors: Vectors) -> bytes:
    """(n, dimensions) as n rows of signed bytes. Each row is scaled by its own largest value: only directions are kept."""
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True, initial=0), 1e-12)
    rows: NDArray[np.int8] = np.rint(vectors / largest * 127).astype(np.int8)
    return rows.tobytes()


def unpacked(rows: bytes, dimensions: int) -> Vectors:
    """The reverse, normalised to length 1: shape (n, dimensions)."""
    vectors = np.frombuffer(rows, np.int8).reshape(-1, dimensions).astype(np.float32)
    vectors *= 1 / np.maximum(np.sqrt(np.einsum("ij,ij->i", vectors, vectors)), 1e-12)[:, None]
    return vectors


def signs(tokens: Vectors, ends: Sequence[int]) -> bytes:
    """The signs of token vectors, with how many of them stand before each end: a count, the ends, then a row of bits for each token."""
    return struct.pack(f"<H{len(ends)}H", len(ends), *ends) + np.packbits(tokens > 0, axis=1).tobytes()


def products(kept: Sequence[bytes], with_: Vectors) -> tuple[Vectors, list[tuple[int, ...]]]:
    """The words of several texts, each as a vector of -1 and 1, multiplied with other vectors: (all words, others). For each text its ends, its number of words last."""
    heads = [struct.unpack_from(f"<{struct.unpack_from('<H', one)[0]}H", one, 2) for one in kept]
    rows = [one[2 + 2 * len(ends) :] for one, ends in zip(kept, heads, strict=True)]
    dimensions = with_.shape[1]
    bits = np.unpackbits(np.frombuffer(b"".join(rows), np.uint8)).reshape(-1, dimensions).astype(np.float32)
    found: Vectors = bits @ (2 * with_.T) - with_.sum(axis=1)  # a bit is 0 where the sign is negative
    return found, [(*ends, len(one) * 8 // dimensions) for ends, one in zip(heads, rows, strict=True)]
