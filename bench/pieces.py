"""Looks for texts that masking is slow on: random pieces of what patterns react to, repeated; the slowest are measured again four times as long.

A pattern that backtracks badly shows as time that grows with more than the length: sixteen times for four times the text when it is quadratic.
"""

from __future__ import annotations

import random
import time
from typing import Any

from glassine.rules.redaction import redact
from glassine.words.privacy import Known, Policy

_PARTS = (
    "a", "A", "1", "0", "12", "123", "1234", " ", "  ", "\n", "\r\n", "-", ".", "/", ":", "@", "(", ")", "+", "[", "]", "<", "<b>", "</b>", "_", ",", ";", "=", "'", '"', "#", "%", "&",
    "é", "ß", "я", "名", "\u200b", "\u202e", "\u202c", "１", "O", "l", "I", "|", "ssn", "iban", "DE89", "password", "token", "bearer ", "key", "pin", "code", "zip ", "plz ", "born ",
    "dob:", "my name is ", "card ", "tel", "phone ", "http://", "https://", "www.", " at ", " dot ", "one ", "two ", "double ", "oh ", "zero ", "und ", "et ", "eyJ", "sk-",
    "-----BEGIN ", "PRIVATE KEY-----", "passport no ", "account ", "konto ", "bic ", "GB", "0x", "bc1", "AKIA", "ext ", "x", "N", "W", "52.5", "°", "mac ", "00:1A", "fe80::", "Street",
    "str.", "Rue ", "P.O. Box ", "12:34", "1.1.", "19", "2020-", "$", "€", "kg", "v1.",
)  # fmt: skip
_LENGTH = 20_000  # characters: as long as a message may be
_WORST = 10


def measured(count: int, seed: int = 7) -> dict[str, Any]:
    """`pieces` tried; of the slowest, seconds for a megabyte and how much longer four times the text takes."""
    draw, slowest = random.Random(seed), list[tuple[float, str]]()
    for _ in range(count):
        piece = "".join(draw.choice(_PARTS) for _ in range(draw.choice((1, 2, 2, 3, 3, 4, 5, 6, 8))))
        slowest = sorted([*slowest, (_seconds(piece, _LENGTH), piece)], reverse=True)[:_WORST]
    again = [(piece, _seconds(piece, _LENGTH), _seconds(piece, 4 * _LENGTH)) for _, piece in slowest]
    return {
        "pieces": count, "seconds for a megabyte": round(max(once for _, once, _ in again) * 1_000_000 / _LENGTH, 2),
        "growth at four times the length": round(max(four / once for _, once, four in again), 2), "slowest": [piece for piece, _, _ in again],
    }


def _seconds(piece: str, length: int) -> float:
    """Processor time, the best of two: other processes only ever slow it down."""
    text, took = (piece * (length // len(piece) + 1))[:length], list[float]()
    for _ in range(2):
        start = time.process_time()
        redact(text, Policy(), Known(), ())
        took.append(time.process_time() - start)
    return min(took)
