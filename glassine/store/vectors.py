"""Vectors as PostgreSQL keeps them: a passage's as half floats, a passage's sentences as signed bytes in one value."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray
from psycopg import adapters
from psycopg.adapt import Dumper
from psycopg.pq import Format

Vectors = NDArray[np.float32]


class Halves(bytes):
    """One vector in pgvector's binary form: half floats. It is sent without a type, which the statement's cast names."""

    @classmethod
    def of(cls, vector: Vectors) -> Halves:
        return cls(struct.pack(">hh", len(vector), 0) + vector.astype(">f2").tobytes())


class _AsItIs(Dumper):
    format = Format.BINARY
    oid = 0

    def dump(self, obj: Halves) -> bytes:
        return bytes(obj)


adapters.register_dumper(Halves, _AsItIs)


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
