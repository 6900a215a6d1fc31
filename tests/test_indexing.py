"""What search needs of an article: every heading and sentence has a vector, from its passage's own run or from one of its own."""

from __future__ import annotations

import numpy as np

from glassine.edge.embed import E5, MINILM
from glassine.story.knowledge.indexing import prepared
from glassine.story.world import World

RETURNS = "## How do I return a lamp?\n\nPack it well. We pay for the way back.\n\n## More\n\nAsk us."


async def test_sentences_are_read_with_their_passage_and_headings_alone(world: World) -> None:
    first, more = await prepared(world, "Shop", RETURNS, "en", ["en"])
    assert first.chunk.sentences == ("Pack it well.", "We pay for the way back.")
    heading, pack, pay = first.sentences[MINILM]
    alone = await world.embed.passages(["Shop How do I return a lamp?", "Pack it well.", "We pay for the way back."])
    assert np.array_equal(heading, alone[0])
    for place, sentence in ((1, pack), (2, pay)):
        assert np.isclose(np.linalg.norm(sentence), 1, atol=1e-5)
        assert 0.3 < sentence @ alone[place] < 0.999  # it knows of its neighbours
    assert pack @ alone[1] > pay @ alone[1]
    assert not more.sentences[MINILM][0].any()  # "Shop More" says too little


async def test_what_the_model_does_not_reach_is_read_alone(world: World) -> None:
    body = " ".join(f"Reference {number:05}-{number * 7:05}-{number * 11:05} names drawer {number * 13}." for number in range(30))
    first, *_ = await prepared(world, "Catalogue of parts", body, "en", ["en"])
    sentences, alone = first.sentences[MINILM][1:], await world.embed.passages(first.chunk.sentences)
    same = [bool(np.array_equal(one, other)) for one, other in zip(sentences, alone, strict=True)]
    assert not same[0]
    assert same[-1]
    assert same == sorted(same)  # none behind the model's limit was read with the passage
    assert np.allclose(np.linalg.norm(sentences, axis=1), 1, atol=1e-5)


async def test_a_model_that_tells_of_whole_texts_reads_each_sentence(world: World) -> None:
    [passage] = await prepared(world, "Laden", "Packen Sie sie gut ein. Wir zahlen den Rückweg. Packen Sie sie gut ein.", "de", ["de"])
    assert np.array_equal(passage.sentences[E5][1:], await world.embed.passages(passage.chunk.sentences, "de"))
    assert passage.words[E5] == b""


async def test_an_article_without_text_has_no_passages(world: World) -> None:
    assert await prepared(world, "Empty", "\n", "en", ["en", "de"]) == []
