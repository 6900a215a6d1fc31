"""What search is told: synonyms in both directions, pins by words and by meaning, misspelt words, codes in part, the same text once, and questions that go on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import uuid4

import pytest
import pytest_asyncio

from glassine.rules import spelling
from glassine.story.knowledge import learning
from glassine.story.search import finding, hints
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import ArticleId
from glassine.words.knowledge import EVERYBODY, TEAM, Audience
from tests.shop import Shop

TEXTS = {
    "Refunds": "You get your money back within five days. Refunds go to the card that you paid with.",
    "Sofas": "Our settees are delivered by two people, and carried up to the third floor.",
    "Guarantee": "Every lamp is guaranteed for ten years. Broken parts are replaced.",
    "Spare parts": "The dimmer is part SKU-4711-B. The cable is part SKU-4712.",
    "Opening hours": "The shop is open from nine to five, except on Sundays.",
}


class Shelf(NamedTuple):
    shop: Shop
    ids: dict[str, ArticleId]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shelf(world: World, shop: Shop) -> AsyncIterator[Shelf]:
    ids = {}
    for title, body in TEXTS.items():
        saved = await learning.save(world, shop.org, title=title, body=body)
        ids[title] = (await learning.publish(world, shop.org, saved.id)).id
    yield Shelf(shop, ids)


async def lexical(world: World, shelf: Shelf, question: str) -> dict[str, float]:
    """What each article that shares words with a question weighs."""
    hits = await finding.find(world, shelf.shop.org, question, viewer=EVERYBODY)
    return {hit.title: hit.scores["words"] for hit in hits if hit.scores["words"] > 0}


async def test_synonyms_work_in_both_directions_and_go(world: World, shelf: Shelf) -> None:
    assert "Sofas" not in await lexical(world, shelf, "couch garniture")
    id = await hints.add_synonyms(world, shelf.shop.owner, ["settees", "couch garniture", "Chesterfield"], "en")
    assert "Sofas" in await lexical(world, shelf, "a couch garniture, please")
    assert "Sofas" in await lexical(world, shelf, "chesterfield")
    assert "Sofas" not in await lexical(world, shelf, "garniture of a couch")  # a phrase is a phrase
    assert (await finding.seek(world, shelf.shop.org, "chesterfield", viewer=EVERYBODY)).told.synonyms == (("Chesterfield", ("settees", "couch garniture")),)
    assert await hints.remove_synonyms(world, shelf.shop.owner, id) == (["settees", "couch garniture", "Chesterfield"], "en")
    assert "Sofas" not in await lexical(world, shelf, "chesterfield")
    with pytest.raises(NotFound):
        await hints.remove_synonyms(world, shelf.shop.owner, id)


@pytest.mark.parametrize("phrases", [[], ["alone"], ["same", "same"], ["lamp", "the of"], [str(number) for number in range(13)]])
async def test_synonyms_that_say_nothing_are_refused(world: World, shelf: Shelf, phrases: list[str]) -> None:
    with pytest.raises(Refused):
        await hints.add_synonyms(world, shelf.shop.owner, phrases, "en")


async def test_a_pin_comes_first_for_its_question_and_those_that_mean_it(world: World, shelf: Shelf) -> None:
    id = await hints.pin(world, shelf.shop.owner, shelf.ids["Guarantee"], "My light is dark, what now?", "en")
    for question in ("My light is dark, what now?", "my LIGHT is dark, what now?", "My light is dark, what should I do now?"):
        hits = await finding.find(world, shelf.shop.org, question, viewer=EVERYBODY)
        assert (hits[0].title, hits[0].scores.get("pinned")) == ("Guarantee", 1.0)
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    other = await finding.find(world, shelf.shop.org, "When do I get my money back?", viewer=EVERYBODY)
    assert other[0].title == "Refunds"
    assert all("pinned" not in hit.scores for hit in other)
    assert await hints.unpin(world, shelf.shop.owner, id) == (shelf.ids["Guarantee"], "My light is dark, what now?", "en")
    assert all("pinned" not in hit.scores for hit in await finding.find(world, shelf.shop.org, "My light is dark, what now?", viewer=EVERYBODY))


async def test_a_pin_shows_nobody_what_they_may_not_see(world: World, shelf: Shelf) -> None:
    saved = await learning.save(world, shelf.shop.org, title="Limits", body="Agents may refund 200 euros.", audience=Audience.INTERNAL)
    inside = (await learning.publish(world, shelf.shop.org, saved.id)).id
    await hints.pin(world, shelf.shop.owner, inside, "How much may be refunded?", "en")
    assert inside not in {hit.article for hit in await finding.find(world, shelf.shop.org, "How much may be refunded?", viewer=EVERYBODY, limit=40)}
    assert (await finding.find(world, shelf.shop.org, "How much may be refunded?", viewer=TEAM))[0].article == inside
    await learning.unpublish(world, shelf.shop.org, inside)
    assert inside not in {hit.article for hit in await finding.find(world, shelf.shop.org, "How much may be refunded?", viewer=TEAM, limit=40)}
    with pytest.raises(NotFound):
        await hints.pin(world, shelf.shop.owner, ArticleId(uuid4()), "Anything?", "en")


@pytest.mark.parametrize(("question", "title", "word", "meant"), [
    ("refnud", "Refunds", "refnud", ("refund",)),
    ("garantee", "Guarantee", "garantee", ("guarante",)),
    ("settes", "Sofas", "settes", ("sette",)),
    ("sku-471", "Spare parts", "sku-471", ("sku-4711-b", "sku-4712")),
])
async def test_misspelt_words_and_parts_of_codes_are_found(world: World, shelf: Shelf, question: str, title: str, word: str, meant: tuple[str, ...]) -> None:
    sought = await finding.seek(world, shelf.shop.org, question, viewer=EVERYBODY)
    assert [one for one, _ in sought.told.corrected] == [word]
    assert {term[:5] for term in sought.told.corrected[0][1]} == {term[:5] for term in meant}
    assert sought.hits[0].title == title


@pytest.mark.parametrize("code", ["SKU-4711-B", "sku-4711-b", "SKU4711B", "sku4711b"])
async def test_codes_are_found_however_they_are_written(world: World, shelf: Shelf, code: str) -> None:
    assert set(await lexical(world, shelf, code)) == {"Spare parts"}


async def test_words_of_others_correct_nothing(world: World, shelf: Shelf) -> None:
    saved = await learning.save(world, shelf.shop.org, title="Inside", body="The password is plugh.", audience=Audience.INTERNAL)
    await learning.publish(world, shelf.shop.org, saved.id)
    assert (await finding.seek(world, shelf.shop.org, "plughh", viewer=EVERYBODY)).told.corrected == ()
    assert (await finding.seek(world, shelf.shop.org, "plughh", viewer=TEAM)).told.corrected == (("plughh", ("plugh",)),)


async def test_words_of_everyday_english_are_not_corrected(world: World, shelf: Shelf) -> None:
    saved = await learning.save(world, shelf.shop.org, title="Cars", body="The lift of a wheel nut is checked.")
    await learning.publish(world, shelf.shop.org, saved.id)
    for word, corrected in (("gift", False), ("glift", True)):
        assert bool((await finding.seek(world, shelf.shop.org, f"a {word} for me", viewer=EVERYBODY)).told.corrected) is corrected, word


async def test_what_a_word_may_have_meant_changes_with_what_is_published(world: World, shelf: Shelf) -> None:
    async def corrected() -> tuple[tuple[str, tuple[str, ...]], ...]:
        return (await finding.seek(world, shelf.shop.org, "gasket zorblat", viewer=EVERYBODY)).told.corrected

    assert ("zorblat", ("zorblatt",)) not in await corrected()
    saved = await learning.save(world, shelf.shop.org, title="Zorblatts", body="A zorblatt has three arms.")
    await learning.publish(world, shelf.shop.org, saved.id)
    assert ("zorblat", ("zorblatt",)) in await corrected()
    assert ("zorblat", ("zorblatt",)) in await corrected()
    await learning.unpublish(world, shelf.shop.org, saved.id)
    assert ("zorblat", ("zorblatt",)) not in await corrected()


async def test_nearly_the_same_text_is_one_hit_that_names_the_others(world: World, shelf: Shelf) -> None:
    body = "Write to the harbour master at the old pier when the ferry is late, and wait for the lamp on the roof to turn green before you leave"
    for number, ending in enumerate([".", " the quay.", "!"]):
        saved = await learning.save(world, shelf.shop.org, title=f"Ferry {number}", body=body + ending)
        await learning.publish(world, shelf.shop.org, saved.id)
    hits = [hit for hit in await finding.find(world, shelf.shop.org, "When is the harbour master needed?", viewer=EVERYBODY) if "harbour" in hit.text]
    assert len(hits) == 1
    assert {hits[0].title, *hits[0].also} == {"Ferry 0", "Ferry 1", "Ferry 2"}


@pytest.mark.parametrize(("before", "message", "carries"), [
    (["How much is shipping to Spain?"], "And to Portugal?", True),
    (["How much is shipping to Spain?"], "How long does it take?", True),
    (["How do I return a lamp?"], "why?", True),
    (["Was kostet der Versand nach Spanien?"], "Und nach Portugal?", True),
    (["How much is shipping to Spain?"], "My invoice shows the wrong company name", False),
    (["How much is shipping to Spain?"], "When do I get my refund after a cancelled order?", False),
    (["Hello"], "And to Portugal?", False),
    ([], "And to Portugal?", False),
])
def test_a_question_that_goes_on_carries_the_one_before(before: list[str], message: str, carries: bool) -> None:
    language = "de" if "Was" in " ".join(before) else "en"
    assert spelling.carried(message, before, language) == (f"{message} {before[0]}" if carries else message)


def test_neighbours_of_a_word() -> None:
    assert {"refund", "refunds", "erfund"} <= set(spelling.near("refundd")) | set(spelling.near("refund"))
    assert spelling.near("abc") == spelling.near("sku1234") == []
    assert "word" not in spelling.near("word")
