"""Search over the real store: nobody sees what they may not, codes are found as they are written, and nothing is found in nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple

import numpy as np
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glassine.rules.passages import names, terms
from glassine.store import search, visibility
from glassine.store.ranking import AGAIN
from glassine.store.vectors import packed, unpacked
from glassine.story import house
from glassine.story.knowledge import learning
from glassine.story.search import finding
from glassine.story.world import World
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId
from glassine.words.knowledge import EVERYBODY, TEAM, Article, Audience
from tests.shop import Shop, founded_shop

PUBLIC = {
    "Refunds": "You get your money back within five days.\n\nRefunds go to the card that you paid with.",
    "Shipping": "We ship to Portugal and Spain. A parcel takes three days.",
    "Error codes": "E1001 means that the paper is empty.\n\nE1002 means that the lid is open.",
    "Opening hours": "The shop is open from nine to five, except on Sundays.",
}
INTERNAL = {
    "Refund limits": "Agents may refund up to 200 euros without asking. The secret word is xyzzy.",
    "Shipping costs": "A parcel to Portugal costs us four euros.",
}


class Shelf(NamedTuple):
    org: OrgId
    articles: dict[str, Article]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shelf(world: World, shop: Shop) -> AsyncIterator[Shelf]:
    articles = {}
    for audience, texts in ((Audience.PUBLIC, PUBLIC), (Audience.INTERNAL, INTERNAL)):
        for title, body in texts.items():
            saved = await learning.save(world, shop.org, title=title, body=body, audience=audience)
            articles[title] = await learning.publish(world, shop.org, saved.id)
    yield Shelf(shop.org, articles)


@pytest.mark.parametrize(("question", "title"), [
    ("How do I get a refund?", "Refunds"),
    ("When will my money arrive?", "Refunds"),
    ("what is E1002", "Error codes"),
    ("e1002", "Error codes"),
    ("Are you open at the weekend?", "Opening hours"),
    ("Do you deliver to Spain, [NAME_1]?", "Shipping"),
])
async def test_the_right_article_is_first(world: World, shelf: Shelf, question: str, title: str) -> None:
    hits = await finding.find(world, shelf.org, question, viewer=EVERYBODY)
    assert hits[0].title == title
    assert hits[0].best_sentence in hits[0].text.replace("\n", " ")
    assert set(hits[0].scores) == {"passage", "sentence", "words", "met", "met_sentence", *(f"z_{name}" for name in AGAIN)}
    assert hits[0].score == pytest.approx(sum(weight * hits[0].scores[f"z_{name}"] for name, weight in AGAIN.items()), abs=1e-3)


async def test_the_best_sentence_is_the_one_that_answers(world: World, shelf: Shelf) -> None:
    hits = await finding.find(world, shelf.org, "what does E1002 mean?", viewer=EVERYBODY)
    assert hits[0].best_sentence == "E1002 means that the lid is open."
    assert hits[0].similarity > 0.5


async def test_the_team_sees_internal_articles_too(world: World, shelf: Shelf) -> None:
    hits = await finding.find(world, shelf.org, "how much may I refund without asking?", viewer=TEAM)
    assert hits[0].title == "Refund limits"
    assert hits[0].audience is Audience.INTERNAL
    assert {hit.audience for hit in hits} == {Audience.PUBLIC, Audience.INTERNAL}


WORDS = st.sampled_from([*" ".join([*PUBLIC, *PUBLIC.values(), *INTERNAL, *INTERNAL.values()]).split(), "[EMAIL_1]", "'", "%", "\\", "\0", "ä", "東京"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(WORDS, max_size=12), axis=st.integers(0, 383), sign=st.sampled_from([1, -1]), limit=st.integers(1, 60))
async def test_the_public_never_finds_what_is_internal(world: World, shelf: Shelf, words: list[str], axis: int, sign: int, limit: int) -> None:
    """Whatever is asked: by words that only internal articles hold, by vectors that point anywhere, and by both."""
    internal = {shelf.articles[title].id for title in INTERNAL}
    anywhere = np.zeros(384, np.float32)
    anywhere[axis] = sign
    text = " ".join(words).replace("\0", "")
    async with world.store.tx(shelf.org) as tx:
        for vector in (anywhere, await world.embed.query(text)):
            query = search.Query(terms=terms(text, "en"), vector=vector, model=world.embed.model("en"))
            found = await search.search(tx, query=query, scopes=visibility.EVERYBODY, limit=limit)
            assert not {hit.article for hit in found} & internal
            assert all(hit.audience is Audience.PUBLIC for hit in found)
    assert not {hit.article for hit in await finding.find(world, shelf.org, " ".join(words), viewer=EVERYBODY, limit=limit)} & internal


async def test_internal_articles_do_not_change_what_the_public_is_told(world: World, shelf: Shelf) -> None:
    """Not even by a score: how rare a word is counts public passages only."""
    before = await finding.find(world, shelf.org, "refund money to Portugal", viewer=EVERYBODY)
    extra = await learning.save(world, shelf.org, title="Portugal", body="Portugal refund money. " * 20, audience=Audience.INTERNAL)
    await learning.publish(world, shelf.org, extra.id)
    assert await finding.find(world, shelf.org, "refund money to Portugal", viewer=EVERYBODY) == before
    await learning.delete(world, shelf.org, extra.id)


async def test_another_organisation_finds_nothing_of_it(world: World, shelf: Shelf) -> None:
    other = await founded_shop(world, "Other", "owner@other.example")
    assert await finding.find(world, other.org, "refund", viewer=TEAM) == []


@pytest.mark.parametrize("nothing", ["", "   ", "?!", "[EMAIL_1] [PHONE_2]", "\0", "‮"])
async def test_nothing_is_found_in_nothing(world: World, shelf: Shelf, nothing: str) -> None:
    assert await finding.find(world, shelf.org, nothing, viewer=EVERYBODY) == []


@pytest.mark.parametrize("text", ["the of and", "refund " * 100_000, "a\0b refund", "'; drop table articles; --", "\ud800 refund", "refund\u202e", "x" * 1_000_000])
async def test_awkward_questions_are_answered(world: World, shelf: Shelf, text: str) -> None:
    assert len(await finding.find(world, shelf.org, text, viewer=EVERYBODY)) > 0


async def test_by_words_alone_and_by_a_model_that_nothing_was_embedded_with(world: World, shelf: Shelf) -> None:
    vector = await world.embed.query("refund")
    async with world.store.tx(shelf.org) as tx:
        by_words = await search.search(tx, query=search.Query(terms=["refund"], vector=None, model=""), scopes=visibility.EVERYBODY)
        other_model = await search.search(tx, query=search.Query(terms=["refund"], vector=vector, model="another"), scopes=visibility.EVERYBODY)
        nothing = await search.search(tx, query=search.Query(terms=[], vector=None, model=""), scopes=visibility.EVERYBODY)
    assert [hit.title for hit in by_words] == [hit.title for hit in other_model] == ["Refunds"]
    assert by_words[0].similarity == 0
    assert nothing == []


async def test_the_same_words_in_several_articles_are_one_hit(world: World, shelf: Shelf) -> None:
    twins = [await learning.save(world, shelf.org, title=f"Twin {number}", body="Write to the harbour master.") for number in range(5)]
    for twin in twins:
        await learning.publish(world, shelf.org, twin.id)
    hits = await finding.find(world, shelf.org, "harbour master", viewer=EVERYBODY)
    assert sum(hit.text == "Write to the harbour master." for hit in hits) == 1
    await asyncio.gather(*(learning.delete(world, shelf.org, twin.id) for twin in twins))


async def test_questions_in_another_language_find_what_is_there(world: World) -> None:
    founded = await house.found(world, "Zwei Sprachen", "owner@zwei.example", "Olga Owner", OrgSettings(languages=("en", "de")))
    org = founded.organization
    for title, body, language in (
        ("Refunds", PUBLIC["Refunds"], "en"), ("Shipping", PUBLIC["Shipping"], "en"),
        ("Öffnungszeiten", "Der Laden ist von neun bis fünf Uhr geöffnet, außer am Sonntag. Bestellnummer AB-77 gilt immer.", None),
    ):
        saved = await learning.save(world, org, title=title, body=body, language=language)
        assert (await learning.publish(world, org, saved.id)).language == (language or "de")
    for question, language, title in (
        ("Wann habt ihr am Wochenende geöffnet?", None, "Öffnungszeiten"),
        ("Wie bekomme ich mein Geld zurück?", None, "Refunds"),
        ("How do I get my money back?", "en", "Refunds"),
        ("What is AB-77?", "en", "Öffnungszeiten"),  # another model embedded it, but the code is the same in every language
        ("Wie bekomme ich mein Geld zurück?", "fr", "Refunds"),  # a language that the organisation does not speak
    ):
        assert (await finding.find(world, org, question, viewer=EVERYBODY, language=language))[0].title == title


async def test_a_name_tells_articles_in_another_language_apart(world: World) -> None:
    founded = await house.found(world, "Namen", "owner@namen.example", "Olga Owner", OrgSettings(languages=("en", "de")))
    org = founded.organization
    for model in ("Fairphone", "Nokia", "Gigaset", "Emporia"):
        saved = await learning.save(world, org, title="Batteries", body=f"The {model} has a battery that you can change without any tool.", language="en")
        await learning.publish(world, org, saved.id)
    for model in ("Gigaset", "Fairphone"):
        hits = await finding.find(world, org, f"Kann ich den Akku von meinem {model} selbst wechseln?", viewer=EVERYBODY, language="de")
        assert model in hits[0].text
        assert [hit.scores["names"] > 0 for hit in hits] == [True, *[False] * (len(hits) - 1)]
    hits = await finding.find(world, org, "Kann ich den Akku selbst wechseln?", viewer=EVERYBODY, language="de")
    assert not any("names" in hit.scores for hit in hits)  # where none holds a name of the question, nothing is weighed


@pytest.mark.parametrize(("text", "language", "found"), [
    ("Wie richte ich den Router und die Eduroam-Karte ein?", "de", ["richt", "router", "eduroam-karte", "eduroam", "kart"]),
    ("How do I set up the router?", "en", []), ("ルーターの設定 Fairphone", "ja", ["fairphon"]), ("ist das so", "de", []),
])
def test_names_are_the_words_of_a_question_as_english_has_them(text: str, language: str, found: list[str]) -> None:
    assert names(text, language) == found


def test_sentences_keep_their_directions() -> None:
    vectors = np.random.default_rng(5).normal(size=(50, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    again = unpacked(packed(vectors), 384)
    assert float((vectors * again).sum(axis=1).min()) > 0.999
    assert not unpacked(packed(np.zeros((1, 384), np.float32)), 384).any()
