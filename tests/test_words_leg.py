"""The leg of a search that goes by words: it finds and scores as BM25 is written down, whatever the postings hold."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassine.store import search, visibility
from glassine.store.words import worded
from glassine.story.knowledge import learning
from glassine.story.search import finding
from glassine.story.world import World
from tests.shop import founded_shop


def sent(code: str, type: int, values: list[float]) -> bytes:
    """As the database sends an array."""
    each = b"".join(struct.pack(f">i{code}", struct.calcsize(f">{code}"), value) for value in values)
    return struct.pack(">iiIii", 1, 0, type, len(values), 1) + each


postings = st.dictionaries(st.integers(1, 40), st.integers(1, 8).map(lambda value: value / 4), min_size=1, max_size=30)


@given(rare=st.lists(postings, max_size=5), common=st.lists(st.integers(4_000, 9_000), max_size=2), many=st.integers(1, 24), size=st.integers(0, 10_000))
def test_passages_are_scored_and_taken_in_order(rare: list[dict[int, float]], common: list[int], many: int, size: int) -> None:
    rows: list[dict[str, Any]] = [
        {"term": f"rare{place}", "held": len(held), "common": False, "passages": sent("q", 20, list(held)), "weights": sent("f", 700, list(held.values()))}
        for place, held in enumerate(rare)
    ] + [{"term": f"common{place}", "held": held, "common": True, "passages": None, "weights": None} for place, held in enumerate(common)]
    if common and not rare:
        rows[0] |= {"passages": sent("q", 20, [3, 5]), "weights": sent("f", 700, [1.0, 0.5])}
    found = worded(rows, size)
    worth = [math.log(1 + (max(size, row["held"]) - row["held"] + 0.5) / (row["held"] + 0.5)) for row in rows]
    scores = {passage: sum(idf * held[passage] for idf, held in zip(worth, rare, strict=False) if passage in held) for passage in {key for held in rare for key in held}}
    assert found.score(list(range(42))) == pytest.approx([scores.get(passage, 0.0) for passage in range(42)])
    ranks = scores or ({3: worth[0], 5: worth[0] / 2} if common else {})
    right = sorted(ranks, key=lambda passage: (-round(ranks[passage], 9), passage))[:many]
    assert sorted(round(ranks[passage], 9) for passage in found.best(many).tolist()) == sorted(round(ranks[passage], 9) for passage in right)
    assert len(found.best(many)) == len(right)
    assert found.common == tuple(f"common{place}" for place in range(len(common)))


async def test_a_term_of_very_many_passages_counts_but_finds_none_by_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = await founded_shop(world, "Words", "owner@words.example")
    for number in range(4):
        saved = await learning.save(world, shop.org, title=f"Lamp {number}", body=f"The lamp number{number} shines." + (" It dims." if number == 2 else ""))
        await learning.publish(world, shop.org, saved.id)
    monkeypatch.setattr(search, "_COMMON", 3)

    async def found(text: str) -> dict[str, float]:
        query = (await finding.prepared(world, text, "en"))
        async with world.store.tx(shop.org) as tx:
            hits = await search.search(tx, query=search.Query(terms=query.terms, vector=None, model=""), scopes=visibility.EVERYBODY)
        return {hit.title: hit.scores["words"] for hit in hits}

    rare, both = await found("dims"), await found("lamp dims")
    assert rare.keys() == both.keys() == {"Lamp 2"}
    assert both["Lamp 2"] > rare["Lamp 2"]
    assert len(await found("lamp")) == 3  # where there is no rarer one, as many as are read of it
