"""What search is told beside a question: synonyms, pins, and what a misspelt word or part of a code may have meant. People's part of it is checked and audited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from glassine.edge import lexicon
from glassine.rules import passages, spelling
from glassine.rules.permits import require
from glassine.store import Tx, articles, hints, search, vault
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.ids import ArticleId, OrgId
from glassine.words.people import Actor, Verb

_MOST_PHRASES, _LONGEST_PHRASE, _LONGEST_QUESTION = 12, 80, 300
_MOST_MEANT = 3  # words that one misspelt word, or codes that the beginning of one, may have meant
_CORRECTED = 3  # words of a question that are looked at for misspelling
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was added to a question, in words for people, and the terms and articles that a search reads."""

    terms: tuple[str, ...] = ()
    pinned: tuple[ArticleId, ...] = ()
    synonyms: tuple[tuple[str, tuple[str, ...]], ...] = ()  # a phrase of the question, and those that mean the same
    corrected: tuple[tuple[str, tuple[str, ...]], ...] = ()  # a word that stands nowhere, and what stands there in its place
    pins: tuple[str, ...] = ()  # questions that people pinned an article to

    def given(self) -> dict[str, Any]:
        """As a turn's evidence keeps it."""
        return {"terms": list(self.terms), "pinned": [str(one) for one in self.pinned], "synonyms": self.synonyms, "corrected": self.corrected, "pins": self.pins}


NOTHING = Told()


async def tell(world: World, tx: Tx, org: OrgId, query: search.Query, scopes: Sequence[int], text: str, near: float) -> Told:
    """What concerns this question. `near`: from which cosine two questions count as one."""
    text = text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")  # what the database can take
    known = await hints.asked(tx, org, query, scopes, text, near)
    same = spelling.meant(text, known.synonyms, query.language)
    meant = [(word, await _meant(world, tx, org, word, query.language, scopes, known.version)) for word in _unknown(text, known.missing, query.language)]
    corrected = [each for each in meant if each[1]]
    added = [phrase for _, others in same for phrase in others]
    return Told(
        terms=tuple(dict.fromkeys([*(term for phrase in added for term in passages.terms(phrase, query.language)), *(term for _, found in corrected for term in found)])),
        pinned=tuple(dict.fromkeys(article for article, _ in known.pins)), pins=tuple(question for _, question in known.pins),
        synonyms=tuple((phrase, tuple(others)) for phrase, others in same), corrected=tuple((word, tuple(found)) for word, found in corrected),
    )


def _unknown(text: str, missing: Sequence[str], language: str) -> list[str]:
    """The words of a question of which no term stands anywhere, and the codes that do not stand anywhere as a whole. A word of everyday English is not misspelt."""
    if not missing:
        return []
    found = [word.strip(".,;:!?\"'()") for word in text.casefold().split()]
    return [
        word for word in dict.fromkeys(found)
        if (made := passages.terms(word, language)) and (set(made) <= set(missing) or (word in missing and any(letter.isdigit() for letter in word)))
        and not (language == "en" and lexicon.ordinary(word))
    ][:_CORRECTED]


async def _meant(world: World, tx: Tx, org: OrgId, word: str, language: str, scopes: Sequence[int], version: int) -> list[str]:
    """The terms that a word may have been meant for. The same words come again and again, and mean the same until knowledge changes."""
    asked = (org, tuple(scopes), word, language)
    known, found = world.corrections.get(asked, (-1, []))
    if known != version:
        found = await _there(tx, org, word, language, scopes)
        if len(world.corrections) >= _MOST_REMEMBERED:
            world.corrections.clear()
        world.corrections[asked] = (version, found)
    return found


async def _there(tx: Tx, org: OrgId, word: str, language: str, scopes: Sequence[int]) -> list[str]:
    if any(letter.isdigit() for letter in word):
        return await hints.beginning(tx, org, word, scopes, _MOST_MEANT) if len(word) >= 3 else []
    near = passages.of_words(spelling.near(word), language)
    return await hints.there(tx, org, near, scopes, _MOST_MEANT) if near else []


async def add_synonyms(world: World, actor: Actor, phrases: Sequence[str], language: str) -> UUID:
    """Phrases that mean the same, in both directions. Raises Refused: (400) when there are too few or too many, (403)."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    plain = list(dict.fromkeys(" ".join(phrase.split())[:_LONGEST_PHRASE] for phrase in phrases if phrase.strip()))
    if not 2 <= len(plain) <= _MOST_PHRASES:
        raise Refused(f"Name 2 to {_MOST_PHRASES} words or phrases that mean the same.")
    made = {phrase: passages.terms(phrase, language) for phrase in plain}
    if empty := [phrase for phrase, terms in made.items() if not terms]:
        raise Refused(f"“{empty[0]}” is left out of every search, so it can have no synonym.")
    async with world.store.tx(actor.org) as tx:
        id = await hints.add_synonyms(tx, actor.org, language, plain, [term for terms in made.values() for term in terms])
        await vault.audit(tx, actor, "knowledge.synonyms_add", "synonyms", id, {"title": ", ".join(plain)})
    return id


async def remove_synonyms(world: World, actor: Actor, id: UUID) -> tuple[list[str], str]:
    """Returns them with their language, so that it can be taken back. Raises NotFound, and Refused (403)."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        row = await hints.remove_synonyms(tx, actor.org, id)
        await vault.audit(tx, actor, "knowledge.synonyms_remove", "synonyms", id, {"title": ", ".join(row["phrases"])})
    return row["phrases"], row["language"]


async def pin(world: World, actor: Actor, article: ArticleId, question: str, language: str) -> UUID:
    """The article comes first for this question and those that mean the same. Raises NotFound, and Refused: (400) for an empty question, (403)."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    plain = " ".join(question.split())[:_LONGEST_QUESTION]
    if not any(letter.isalnum() for letter in plain):
        raise Refused("Name the question that the article is to be found for.")
    vector = await world.embed.query(plain, language)
    async with world.store.tx(actor.org) as tx:
        pinned = await articles.load(tx, actor.org, article)
        id = await hints.add_pin(tx, actor.org, article, plain, language, world.embed.model(language), vector)
        await vault.audit(tx, actor, "knowledge.pin", "article", article, {"title": pinned.title})
    return id


async def unpin(world: World, actor: Actor, id: UUID) -> tuple[ArticleId, str, str]:
    """Returns article, question and language, so that it can be taken back. Raises NotFound, and Refused (403)."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        row = await hints.remove_pin(tx, actor.org, id)
        article = await articles.load(tx, actor.org, ArticleId(row["article_id"]))
        await vault.audit(tx, actor, "knowledge.unpin", "article", article.id, {"title": article.title})
    return article.id, row["question"], row["language"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Everything that people have told search."""

    pins: list[Any] = field(default_factory=list)
    synonyms: list[Any] = field(default_factory=list)


async def listed(world: World, actor: Actor) -> Listed:
    """Raises Refused (403)."""
    require(actor, Verb.READ_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        return Listed(pins=await hints.pins(tx, actor.org), synonyms=await hints.synonyms(tx, actor.org))
