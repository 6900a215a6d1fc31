"""An article made ready to be found: cut into passages, with terms and vectors. Slow, so it runs before any transaction; it stores nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from glassine.edge.embed import DIMENSIONS, Read, Vectors
from glassine.rules import markdown, passages
from glassine.store import articles
from glassine.store.vectors import signs
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.knowledge import Chunk

MOST_PASSAGES = 500  # of one article: about 85,000 words, half a minute of embedding


async def prepared(world: World, title: str, body: str, language: str, spoken: Sequence[str]) -> list[articles.Passage]:
    """An article's passages with everything that search needs. Slow: no transaction may be open."""
    chunks, terms = await asyncio.to_thread(cut, title, body, language)
    if len(chunks) > MOST_PASSAGES:
        raise Refused(f"This is {len(chunks):,} passages long, and an article may have {MOST_PASSAGES}. Make several articles of it.", status=413, code="too_large")
    texts = [(passages.read_as(chunk), passages.ends(chunk)) for chunk in chunks]
    whole: dict[str, list[Vectors]] = {}
    words: dict[str, list[bytes]] = {}
    parts: dict[str, list[Vectors]] = {}
    splits = np.cumsum([1 + len(chunk.sentences) for chunk in chunks])[:-1]
    for one in embedded_as(language, spoken):
        model = world.embed.model(one)
        read = await world.embed.read(texts, one)
        whole[model] = [each.vector for each in read]
        words[model] = [signs(each.tokens, each.ends) if len(each.tokens) else b"" for each in read]
        parts[model] = np.split(await _lines(world, chunks, read, one), splits)
    return [
        articles.Passage(
            chunk=chunk, terms=terms[place], vectors={model: vectors[place] for model, vectors in whole.items()},
            sentences={model: split[place] for model, split in parts.items()}, words={model: kept[place] for model, kept in words.items()},
        )
        for place, chunk in enumerate(chunks)
    ]


def cut(title: str, body: str, language: str) -> tuple[list[Chunk], list[list[str]]]:
    """The passages of a text, and the terms of each."""
    chunks = passages.chunks(title, markdown.body(body), language)  # people paste HTML too
    return chunks, [passages.terms(passages.read_as(chunk), language) for chunk in chunks]


async def _lines(world: World, chunks: Sequence[Chunk], read: Sequence[Read], language: str) -> Vectors:
    """A vector for the heading and each sentence of each passage: a sentence's from the run in which its passage was read (docs/decisions/0100).

    What that run does not tell is read by itself: sentences behind what the model reads of a passage, all of them where it tells only of whole texts, and
    headings, for many a heading asks what its passage answers. Each line is read once in an article. A heading that says too little stays zeros, like no sentence.
    """
    lines = [line for chunk in chunks for line in (_as_sentence(chunk.heading), *chunk.sentences)]
    made: Vectors = np.concatenate([np.zeros((0, DIMENSIONS), np.float32), *(_of_sentences(chunk, one.stretches) for chunk, one in zip(chunks, read, strict=True))])
    untold = [place for place, line in enumerate(lines) if line and not made[place].any()]
    alone = list(dict.fromkeys(lines[place] for place in untold))
    vectors = dict(zip(alone, await world.embed.passages(alone, language), strict=True))
    for place in untold:
        made[place] = vectors[lines[place]]
    return made


def _as_sentence(heading: str) -> str:
    """The end of a heading's path if it says something by itself: 'Fly Volumes › Scale a volume', not 'Overview'."""
    said = " ".join(heading.split(" › ")[-2:])
    return said if len(said.split()) > 2 else ""


def _of_sentences(chunk: Chunk, stretches: Vectors | None) -> Vectors:
    """What is known of a passage's lines from its own run: zeros for its heading, and for what was not read."""
    made = np.zeros((1 + len(chunk.sentences), DIMENSIONS), np.float32)
    if stretches is not None:
        made[1:] = stretches[1:]
    return made


def embedded_as(language: str, spoken: Sequence[str]) -> list[str]:
    """Languages that stand for the models an article is embedded by: its own, and for English articles the one that other languages' questions use."""
    return [language] if language != "en" else ["en", *[other for other in spoken if other != "en"][:1]]
