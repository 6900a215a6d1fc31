"""Vectors: their shape, that a text's vector is its own, and that what is close in meaning is close."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from glassine.edge import embed, tokens
from glassine.edge.embed import E5, MINILM, Embedder
from glassine.words.errors import Misconfigured

AWKWARD = ["", "\0", "\ud800 half", "x" * 100_000, "‮\u200b", "😀" * 5_000]


@pytest.mark.parametrize("language", ["en", "de"])
async def test_every_text_has_a_vector_of_length_one(language: str) -> None:
    vectors = await Embedder().passages([*AWKWARD, "A sentence."], language)
    assert vectors.shape == (7, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (await Embedder().query("A question?", language)).shape == (384,)
    assert (await Embedder().passages([], language)).shape == (0, 384)


@pytest.mark.parametrize("language", ["en", "de"])
async def test_a_vector_depends_on_its_text_alone(language: str) -> None:
    texts = [f"Sentence {number} of some length, {'more ' * number}" for number in range(20)]
    together, *apart = await asyncio.gather(Embedder().passages(texts, language), *(Embedder().passages([text], language) for text in texts))
    assert np.array_equal(together, np.concatenate(apart))


@pytest.mark.parametrize(("language", "question", "right", "wrong"), [
    ("en", "How do I get my money back?", "Refunds are paid within five days.", "Our office is in Lisbon."),
    ("de", "Wie bekomme ich mein Geld zurück?", "Erstattungen dauern fünf Tage.", "Unser Büro ist in Lissabon."),
    ("de", "Wie bekomme ich mein Geld zurück?", "Refunds are paid within five days.", "Our office is in Lisbon."),
])
async def test_what_answers_is_nearer(language: str, question: str, right: str, wrong: str) -> None:
    query, passages = await asyncio.gather(Embedder().query(question, language), Embedder().passages([right, wrong], language))
    assert passages[0] @ query > passages[1] @ query + 0.02


def test_languages_have_their_models() -> None:
    assert (Embedder().model("en"), Embedder().model("pt"), Embedder().model("ja")) == (MINILM, E5, E5)


def test_similarities_of_all_models_share_a_scale() -> None:
    embedder = Embedder()
    assert embedder.comparable(0.5, "en", across=False) == 0.5
    for across in (False, True):
        scaled = [embedder.comparable(cosine, "de", across=across) for cosine in (0.0, 0.75, 0.8, 0.85, 0.9, 1.0)]
        assert scaled == sorted(scaled)
        assert -1 <= scaled[0] <= scaled[-1] <= 1
    assert embedder.comparable(0.83, "de", across=True) > embedder.comparable(0.83, "de", across=False)


def test_an_old_processor_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(embed, "_has_avx2", lambda: False)
    with pytest.raises(Misconfigured, match="GLASSINE_LANGUAGES=en"):
        embed._E5()


async def test_words_are_read_in_the_same_run() -> None:
    """The vector is the same as without them; punctuation says nothing; each sentence has its own words, as far as the model reads."""
    text = "Title\nWe ship to Spain. (And) -- to Portugal!"
    [read] = await Embedder().read([(text, [6, 23, len(text)])])
    [alone] = await Embedder().passages([text])
    assert np.array_equal(read.vector, alone)
    assert read.ends == (1, 5, 8)  # Title | We ship to Spain | And to Portugal
    assert read.tokens.shape == (8, 384)
    assert np.allclose(np.linalg.norm(read.tokens, axis=1), 1, atol=1e-5)
    [long] = await Embedder().read([("word " * 1_000, [2_500, 5_000])])
    assert long.ends == (len(long.tokens), len(long.tokens))
    assert len((await Embedder().read([(text, [])], "de"))[0].tokens) == 0


async def test_stretches_are_read_in_the_same_run() -> None:
    """Each is the mean of its own part of the whole; one that the model has not read to its end, or that holds nothing, is told by zeros."""
    text = "Title\nWe ship to Spain. (And) -- to Portugal!"
    [read] = await Embedder().read([(text, [6, 23, 23, len(text)])])
    assert read.stretches is not None
    assert np.linalg.norm(read.stretches, axis=1).round(5).tolist() == [1, 1, 0, 1]
    assert read.vector @ read.stretches[1] > 0.5  # it knows what it stands beside
    [alone] = await Embedder().passages(["We ship to Spain."])
    assert read.stretches[1] @ alone > max(read.stretches[0] @ alone, read.stretches[3] @ alone)
    [long] = await Embedder().read([("word " * 1_000, [1_000, 2_500, 5_000])])
    assert long.stretches is not None
    assert np.linalg.norm(long.stretches, axis=1).round(5).tolist() == [1, 0, 0]
    assert (await Embedder().read([(text, [6, 23])], "de"))[0].stretches is None
    assert (await Embedder().asked("A question?")).stretches is None


def test_stretches_are_means_of_what_was_read() -> None:
    states = np.random.default_rng(5).normal(size=(6, 384)).astype(np.float32)
    offsets = [(0, 0), (0, 3), (3, 4), (5, 9), (9, 10), (0, 0)]  # with the model's own marks before and behind
    found = tokens.stretches(states, offsets, [4, 10])
    assert np.allclose(found[0], (states[1] + states[2]) / np.linalg.norm(states[1] + states[2]), atol=1e-6)
    assert np.allclose(found[1], (states[3] + states[4]) / np.linalg.norm(states[3] + states[4]), atol=1e-6)
    assert not tokens.stretches(states[:1], offsets[:1], [4, 10]).any()
    assert not tokens.stretches(states, offsets, [4, 11])[1].any()  # it goes on behind what was read


def test_turning_keeps_products() -> None:
    states = np.random.default_rng(3).normal(size=(20, 384)).astype(np.float32)
    states /= np.linalg.norm(states, axis=1, keepdims=True)
    assert np.allclose(tokens.turned(states) @ tokens.turned(states).T, states @ states.T, atol=1e-5)
    assert tokens.turned(np.zeros((0, 384), np.float32)).shape == (0, 384)
