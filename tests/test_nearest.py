"""The bits that a process holds: they propose what a look through all of them would, follow every change, and never show anybody what is not theirs."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.rows import DictRow

from glassine.store import articles, contents, nearest, search, visibility
from glassine.store.contents import Contents
from glassine.store.nearest import Held, Known, Nearest
from glassine.story.knowledge import learning
from glassine.story.search import finding
from glassine.story.world import World
from glassine.words.knowledge import Article, Audience
from tests.shop import Shop, founded_shop

TEXTS = {
    "Refunds": "You get your money back within five days.", "Shipping": "We ship to Portugal and Spain. A parcel takes three days.",
    "Opening hours": "The shop is open from nine to five, except on Sundays.", "Gift cards": "A gift card never expires.",
}
ALL = [visibility.PUBLIC, visibility.INTERNAL]


async def written(world: World, shop: Shop, audience: Audience, prefix: str = "") -> list[Article]:
    found = []
    for title, body in TEXTS.items():
        saved = await learning.save(world, shop.org, title=prefix + title, body=f"{prefix} {body}", audience=audience)
        found.append(await learning.publish(world, shop.org, saved.id))
    return found


async def held(world: World, shop: Shop, holder: Nearest) -> Known:
    """As a search finds it, which makes it follow the store first."""
    asked = await finding.prepared(world, "refund", "en")
    async with world.store.tx(shop.org) as tx:
        await search.find(tx, query=asked, scopes=ALL, near=holder.of(shop.org))
    return holder.known[shop.org, asked.model]


def same(one: Known, other: Known) -> bool:
    filled = [{scope: each for scope, each in known.scopes.items() if len(each.passages)} for known in (one, other)]
    return one.version == other.version and filled[0].keys() == filled[1].keys() and all(
        (filled[0][scope].passages == filled[1][scope].passages).all() and (filled[0][scope].bits == filled[1][scope].bits).all() for scope in filled[0]
    )


async def test_it_finds_the_same_and_only_what_may_be_seen(world: World, shop: Shop) -> None:
    other = await founded_shop(world, "Other", "owner@other.example")
    await written(world, shop, Audience.PUBLIC)
    await written(world, shop, Audience.INTERNAL, "Secret")
    await written(world, other, Audience.PUBLIC, "Foreign")
    near = Nearest().of(shop.org)
    async with world.store.tx(shop.org) as tx:
        for question in ("How do I get my money back?", "Do you deliver to Spain?", "secret foreign gift cards"):
            asked = await finding.prepared(world, question, "en")
            for scopes in ([visibility.PUBLIC], ALL):
                through_all = await search.search(tx, query=asked, scopes=scopes)
                by_bits = await search.search(tx, query=asked, scopes=scopes, near=near)
                assert by_bits == through_all
                assert sum(1 + len(hit.also) for hit in by_bits) == 4 * len(scopes)  # what says nearly the same is one hit
                assert all(hit.audience is Audience.PUBLIC for hit in by_bits) or visibility.INTERNAL in scopes


async def test_it_follows_every_change_without_reading_all_again(world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    followed = Nearest()
    shop = await founded_shop(world, "Changing", "owner@changing.example")
    assert not (await held(world, shop, followed)).bytes

    async def follow() -> Known:
        with monkeypatch.context() as only:
            only.setattr(nearest, "_SQL", SimpleNamespace(since=nearest._SQL.since))  # nothing else can be asked
            return await held(world, shop, followed)

    first = await written(world, shop, Audience.PUBLIC)
    assert same(await follow(), await held(world, shop, Nearest()))
    async with world.store.tx(shop.org) as tx:
        await articles.delete(tx, shop.org, first[0].id)
    assert same(await follow(), await held(world, shop, Nearest()))
    await written(world, shop, Audience.INTERNAL, "Secret")
    saved = await learning.save(world, shop.org, id=first[1].id, title="Shipping", body="We ship to Spain only.", audience=Audience.INTERNAL)
    await learning.publish(world, shop.org, saved.id)
    gone = await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Brief", body="Here for a moment.")).id)
    await learning.unpublish(world, shop.org, gone.id)
    now = await follow()
    assert same(now, await held(world, shop, Nearest()))
    assert {scope: len(each.passages) for scope, each in now.scopes.items()} == {visibility.PUBLIC: 2, visibility.INTERNAL: 5}


async def test_an_article_published_between_two_statements_is_found(world: World, shop: Shop) -> None:
    asked, near = await finding.prepared(world, "Which wharf do lighters moor at?", "en"), world.nearest.of(shop.org)
    async with world.store.tx(shop.org) as tx:
        await search.search(tx, query=asked, scopes=ALL, near=near)
        words = await search.in_words(tx, asked, ALL)
        assert [row["term"] for row in await words.fetchall()] == [None]
        words = await search.in_words(tx, asked, ALL)
        saved = await learning.save(world, shop.org, title="Wharf", body="Lighters moor at the eastern wharf.")
        await learning.publish(world, shop.org, saved.id)
        found = await search.find(tx, query=asked, scopes=ALL, near=near, words=words)
        assert found.hits[0].title == "Wharf"
        assert found.hits[0].scores["words"] > 0
        words = await search.in_words(tx, asked, ALL)
        await learning.delete(world, shop.org, saved.id)
        found = await search.find(tx, query=asked, scopes=ALL, near=near, words=words)
        assert "Wharf" not in {hit.title for hit in found.hits}


async def test_a_wrong_proposal_shows_nobody_anything(world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a process holds, the statement decides: here all that is internal is taken for public, and so is another organisation's."""
    other = await founded_shop(world, "Neighbour", "owner@neighbour.example")
    await written(world, shop, Audience.INTERNAL, "Hidden")
    await written(world, other, Audience.PUBLIC, "Foreign")
    wrong, asked = Nearest(), await finding.prepared(world, "hidden foreign gift cards", "en")
    known, foreign = await held(world, shop, wrong), await held(world, other, Nearest())
    mixed = [*known.scopes.values(), *foreign.scopes.values()]
    every = Held(np.concatenate([one.passages for one in mixed]), np.ascontiguousarray(np.concatenate([one.bits for one in mixed], axis=1)))
    wrong.keep((shop.org, asked.model), replace(known, scopes={visibility.PUBLIC: every}))
    async with world.store.tx(shop.org) as tx:
        right = await search.search(tx, query=asked, scopes=[visibility.PUBLIC], limit=60)
        assert await search.search(tx, query=asked, scopes=[visibility.PUBLIC], limit=60, near=wrong.of(shop.org)) == right
        monkeypatch.setattr(search, "_LIKELY", search._LIKELY.replace("scope = any (%(scopes)s)", "scope >= 0"))
        assert await search.search(tx, query=asked, scopes=[visibility.PUBLIC], limit=60, near=wrong.of(shop.org)) != right  # it is this condition that holds


async def test_what_passages_say_is_read_once_and_shown_to_nobody_who_may_not_see_it(world: World, shop: Shop) -> None:
    shop = await founded_shop(world, "Reading", "owner@reading.example")
    public = await written(world, shop, Audience.PUBLIC)
    await written(world, shop, Audience.INTERNAL, "Secret")
    holder, asked = Nearest(), await finding.prepared(world, "secret gift cards and refunds", "en")
    near = holder.of(shop.org)
    async with world.store.tx(shop.org) as tx:
        everything = await search.search(tx, query=asked, scopes=ALL, near=near)
        contents = holder.known[shop.org, asked.model].contents
        assert len(contents.rows) == 8
        for row in contents.rows.values():
            row["heading"] = "as it is held"
        again = await search.search(tx, query=asked, scopes=ALL, near=near)
        assert [replace(hit, heading="") for hit in again] == [replace(hit, heading="") for hit in everything]
        assert {hit.heading for hit in again} == {"as it is held"}
        seen = await search.search(tx, query=asked, scopes=[visibility.PUBLIC], near=near)
        assert {hit.title for hit in seen} == set(TEXTS)
    saved = await learning.save(world, shop.org, id=public[0].id, title="Refunds", body="You get your money back within ten days.", audience=Audience.PUBLIC)
    await learning.publish(world, shop.org, saved.id)
    await learning.unpublish(world, shop.org, public[1].id)
    async with world.store.tx(shop.org) as tx:
        seen = await search.search(tx, query=asked, scopes=[visibility.PUBLIC], near=near)
    assert {hit.title for hit in seen} == set(TEXTS) - {"Shipping"}
    assert next(hit.text for hit in seen if hit.title == "Refunds") == "You get your money back within ten days."
    assert "Shipping" not in {row["title"] for row in holder.known[shop.org, asked.model].contents.rows.values()}


def test_what_was_not_asked_for_longest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def row(number: int) -> DictRow:
        return {"passage": number, "id": number, "article_id": number, "title": "", "heading": "", "text": "word", "sentences": [], "url": None, "language": "en", "since": 1, "vectors": None, "words": None}

    kept = Contents()
    kept.whole([row(1), row(2), row(3)], {})
    monkeypatch.setattr(contents, "_HELD", kept.bytes)
    kept.whole([{"passage": 1}], kept.held([1]))
    kept.whole([row(4)], {})
    assert list(kept.rows) == [3, 1, 4]
    kept.forget([3, 9])
    assert list(kept.held([1, 2, 3, 4])) == [1, 4]
    kept.forget([1, 4])
    assert kept.bytes == 0


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 1 << 30), size=st.integers(0, 700), parts=st.integers(1, 3))
def test_the_nearest_by_bits_are_those_that_the_database_would_take(seed: int, size: int, parts: int) -> None:
    random = np.random.default_rng(seed)
    bits = random.integers(0, 1 << 3, (6, size), np.uint64)  # few of them, so that many are as far as each other
    passages = random.permutation(size).astype(np.int64)
    vector = random.normal(size=384).astype(np.float32)
    asked = np.packbits(vector > 0).view(np.uint64)
    distance = np.bitwise_count(bits ^ asked[:, None]).sum(axis=0)
    right = passages[np.lexsort((passages, distance))][: nearest.ROUGH]
    seen = [Held(passages[part], np.ascontiguousarray(bits[:, part])) for part in np.array_split(np.arange(size), parts)]
    assert set(nearest._rough(seen, vector).tolist()) == set(right.tolist())


def test_among_very_many_the_nearest_are_found_too() -> None:
    random = np.random.default_rng(3)
    vectors = random.standard_normal((nearest._LARGE + 1_000, 384), np.float32)
    near, question = random.integers(len(vectors), size=10), random.standard_normal(384).astype(np.float32)
    vectors[near] += 2 * question
    bits = np.ascontiguousarray(np.packbits(vectors > 0, axis=1).view(np.uint64).T)
    halves = [Held(np.arange(len(vectors), dtype=np.int64)[part], np.ascontiguousarray(bits[:, part])) for part in (slice(0, 9_000), slice(9_000, None))]
    assert nearest._nearness(np.packbits(vectors[:50] > 0, axis=1), question) == pytest.approx((vectors[:50] > 0) @ question, abs=1e-4)
    found = nearest._rough(halves, question)
    assert set(near.tolist()) <= set(found.tolist())
    assert len(found) == nearest._ROUGH_OF_LARGE


def test_what_was_not_used_for_longest_is_given_up_first(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    holder, one = Nearest(), Held(np.zeros(100, np.int64), np.zeros((6, 100), np.uint64))
    monkeypatch.setattr(nearest, "_HELD", 2 * (one.passages.nbytes + one.bits.nbytes))
    for model in ("a", "b", "a", "c"):
        holder.keep((shop.org, model), Known(version=1, scopes={0: one}, read=0.0))
    assert [model for _, model in holder.known] == ["a", "c"]
    holder.keep((shop.org, "large"), Known(version=1, scopes={0: one, 1: one, 2: one}, read=0.0))
    assert [model for _, model in holder.known] == ["large"]  # one that is too large for all is kept alone
