"""The vectors of a text's single words, turned so that their signs alone keep what they say (docs/decisions/0033), and of its stretches (0100). It runs no model.

All words are turned alike, so that products stay as they were. How they are turned is fixed for good: what is stored was turned so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

_PARTS, _WIDTH = 3, 128  # 384 dimensions are turned as 3 times 128, which costs a third of turning them at once


def said(text: str, offsets: Sequence[tuple[int, int]], places: Sequence[int]) -> tuple[list[int], tuple[int, ...]]:
    """Which tokens say something, all but punctuation and marks, and how many of them begin before each place of the text."""
    kept = [number for number, (start, end) in enumerate(offsets) if any(letter.isalnum() for letter in text[start:end])]
    begins = np.array([offsets[number][0] for number in kept], np.int64)
    return kept, tuple(int(count) for count in np.searchsorted(begins, np.array(places, np.int64), side="left"))


def stretches(states: Vectors, offsets: Sequence[tuple[int, int]], places: Sequence[int]) -> Vectors:
    """The mean of what was read between each place and the one before it, of length 1: (places, 384). Zeros where nothing was, or where the reading ended within it."""
    read = [number for number, (start, end) in enumerate(offsets) if end > start]  # all but the model's own marks
    if not read:
        return np.zeros((len(places), states.shape[1]), np.float32)
    ends = np.searchsorted(np.array([offsets[number][0] for number in read]), np.array(places, np.int64), side="left")
    sums = np.diff(np.concatenate([np.zeros((1, states.shape[1])), states[read].cumsum(axis=0, dtype=np.float64)])[[0, *ends]], axis=0)
    sums[np.array(places) > offsets[read[-1]][1]] = 0
    means: Vectors = (sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)).astype(np.float32)
    return means


def turned(states: Vectors) -> Vectors:
    """The same directions in a basis in which no dimension outweighs the others, each of length 1."""
    states = states * _SIGNS
    parts = np.einsum("tpw,pq->tqw", states.reshape(-1, _PARTS, _WIDTH), _ACROSS) @ _WITHIN
    flat = parts.reshape(-1, _PARTS * _WIDTH)
    vectors: Vectors = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
    return vectors.astype(np.float32)


def _hadamard(size: int) -> Vectors:
    """An orthogonal matrix of equal weights (Sylvester 1867)."""
    matrix = np.ones((1, 1), np.float32)
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    made: Vectors = (matrix / np.sqrt(size)).astype(np.float32)
    return made


def _orthogonal() -> Vectors:
    rows = np.array([[1, 1, 1], [1, -2, 1], [1, 0, -1]], np.float32)
    made: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return made


_WITHIN, _ACROSS = _hadamard(_WIDTH), _orthogonal()
_SIGNS = (np.unpackbits(np.frombuffer(hashlib.shake_256(b"glassine").digest(_PARTS * _WIDTH // 8), np.uint8)) * 2.0 - 1.0).astype(np.float32)
