"""Texts of others as they may stand in a prompt: counted in tokens, cut to a budget, and unable to leave their section. It chooses nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache


def estimate(text: str) -> int:
    """How many tokens a text costs at most, on ordinary text, without the model's own tokenizer.

    Counted by pieces: short words 1, longer ones 1 per 4 letters, mixed codes 1 per 2 characters, digits 1 per 2, every sign 1, letters of
    other scripts 1 each. On English, German, Markdown and code it lies above MiniLM's and XLM-R's counts (tests/test_prompt.py compares).
    """
    return sum(map(_cost_of_line, text.split("\n")))


@lru_cache(maxsize=20_000)  # a prompt is counted as a whole and in parts, and passages come again
def _cost_of_line(line: str) -> int:
    return sum(map(_cost, _PIECES.findall(line)))


_PIECES = re.compile(r"[A-Za-z]+|\d+|[^\W\d_]+|[^\s]", re.UNICODE)


@lru_cache(maxsize=20_000)  # texts repeat their words
def _cost(piece: str) -> int:
    if not piece[0].isascii():
        return len(piece) if len(piece) > 1 or len(piece.encode()) < 4 else 2
    if not piece[0].isalnum():
        return 1
    if piece[0].isdigit():
        return (len(piece) + 1) // 2
    if piece[1:].islower() or len(piece) == 1:
        return 1 if len(piece) <= 4 else (len(piece) + 3) // 4
    return (len(piece) + 1) // 2


def one_line(text: str, most: int) -> str:
    """A value that stands inside a line or an attribute: without line breaks, quotation marks and angle brackets."""
    return " ".join(re.sub(r"[\"<>‹\x00-\x1f]", " ", defused(text)).split())[:most]


_MARKER = re.compile(r"[<＜﹤]\s*(?=/?\s*(?:conversation|said|page|passages?|message|attachments|file|scenarios?|guidance|calls?|answer|findings)\b)", re.IGNORECASE)
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def defused(text: str) -> str:
    """Data that can neither close its section nor open another: invisible characters go, and what begins like a marker loses its bracket."""
    return _MARKER.sub("‹", _INVISIBLE.sub("", unicodedata.normalize("NFC", text[:40_000].replace("\r\n", "\n"))))


def cut(text: str, budget: int) -> str:
    """At most `budget` tokens: the beginning and, of a long text, a little of its end, because that is where the question often stands."""
    text = text.strip()
    if len(text) <= 6 * budget and estimate(text) <= budget:
        return text
    pieces = [(match.end(), _cost(match[0])) for match in _PIECES.finditer(text[: 16 * budget])]
    head = _reach(pieces, budget * 3 // 4)
    tail = text[-4 * budget :]
    ends = [(len(tail) - match.start(), _cost(match[0])) for match in reversed(list(_PIECES.finditer(tail)))]
    back = min(_reach(ends, budget // 4 - 4), len(text) - head)
    joined = f"{text[:head].rstrip()} … {text[len(text) - back :].lstrip()}" if back else text[:head]
    return joined if estimate(joined) <= budget else text[:head]


def _reach(pieces: Sequence[tuple[int, int]], budget: int) -> int:
    """How far the pieces go before their costs exceed the budget."""
    reached = 0
    for end, cost in pieces:
        budget -= cost
        if budget < 0:
            break
        reached = end
    return reached
