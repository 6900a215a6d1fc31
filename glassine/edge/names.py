"""Finds names of persons and street addresses with a model, in the model threads. It masks nothing and keeps nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import numpy as np
from tokenizers import Tokenizer

from glassine.edge import threads
from glassine.edge.models import path
from glassine.edge.persons import persons
from glassine.edge.reading import Word, words
from glassine.edge.streets import addresses
from glassine.words.privacy import Span

_WINDOW = 480  # characters the model reads at once; it sees less in more
_OVERLAP = 80
_MOST_TOKENS = 510  # the model's 512 positions without its two marks
_UNREAD = 0.01  # what a word counts as that the model did not read: a name only where the lists say so
_MOST_READ = 30_000  # characters of one text that the model reads; rules and word lists alone read the rest
_BREAK = re.compile(r"\n+|(?<=[.!?]) +| +")
_WORD = re.compile(r"\d+|[^\W\d_]+|[^\w\s]|_")


class Names:
    """The names model (Rampart, int8). One instance serves all threads; `find` never raises on any text."""

    def __init__(self) -> None:
        self._tokenizer = Tokenizer.from_file(str(path("names_tokenizer.json")))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._session = threads.session(path("names_int8.onnx"))

    async def find(self, text: str) -> list[Span]:
        """Names and addresses in `text`, in its own offsets; they may overlap. Give it what `before_names` returns."""
        if not text.strip():
            return []
        return await asyncio.get_running_loop().run_in_executor(threads.pool(), self.spans, text)

    def spans(self, text: str) -> list[Span]:
        """The same in this thread; it takes a few milliseconds per 100 characters."""
        text = text.encode("utf-8", "replace").decode("utf-8") if any("\ud800" <= c <= "\udfff" for c in text) else text
        read = [word for start, end in windows(text[:_MOST_READ]) for word in self._read(text, start, end)]
        read = _without_repeats(read)
        read += [_unread(match) for match in _WORD.finditer(text, min(len(text), _MOST_READ))]
        return [*persons(text, read), *addresses(text, read)]

    def _read(self, text: str, start: int, end: int) -> list[Word]:
        """The words of one window, with offsets in the whole text."""
        encoded = self._tokenizer.encode(text[start:end], add_special_tokens=False)
        result: list[Word] = []
        for at in range(0, len(encoded.ids), _MOST_TOKENS):
            ids = np.array([[2, *encoded.ids[at : at + _MOST_TOKENS], 3]], dtype=np.int64)
            feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
            logits = self._session.run(None, feed)[0][0, 1:-1]
            offsets = [(start + first, start + last) for first, last in encoded.offsets[at : at + _MOST_TOKENS]]
            result += words(text, offsets, encoded.word_ids[at : at + _MOST_TOKENS], logits)
        return result


def windows(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of at most 480 characters that overlap by about 80 and begin and end between words where there are any."""
    start = 0
    while start < len(text):
        end = min(len(text), start + _WINDOW)
        if end < len(text):
            end = _last_break(text, start + _WINDOW // 2, end)
        if text[start:end].strip():
            yield start, end
        if end == len(text):
            return
        start = max(start + 1, _last_break(text, end - _OVERLAP, end - _OVERLAP // 2))


def _last_break(text: str, low: int, high: int) -> int:
    """The best place to cut between `low` and `high`: after a line, after a sentence, after a word, else `high`."""
    best, rank = high, 0
    for match in _BREAK.finditer(text, low, high):
        value = 3 if "\n" in match.group() else 2 if text[match.start() - 1 : match.start()] in ".!?" else 1
        if value >= rank:
            best, rank = match.end(), value
    return best


def _without_repeats(read: list[Word]) -> list[Word]:
    """Words that two windows read become one with the higher figures, in order."""
    merged: list[Word] = []
    for word in sorted(read, key=lambda word: (word.start, -word.end)):
        if merged and word.start < merged[-1].end:
            last = merged[-1]
            last.person, last.street = max(last.person, word.person), max(last.street, word.street)
            last.place, last.postcode = max(last.place, word.place), max(last.postcode, word.postcode)
        else:
            merged.append(word)
    return merged


def _unread(match: re.Match[str]) -> Word:
    return Word(start=match.start(), end=match.end(), text=match.group(), person=_UNREAD, street=0.0, place=0.0, postcode=0.0)
