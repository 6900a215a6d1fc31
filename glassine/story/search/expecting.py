"""What somebody expected a search to find: where it stands, and why not higher, in a sentence. It searches nothing itself and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from glassine.rules.permits import require
from glassine.story.knowledge import learning
from glassine.story.search.finding import Sought
from glassine.story.world import World
from glassine.words.knowledge import Article, ArticleStatus, Audience, Hit, Viewer
from glassine.words.people import Actor, Verb

ALL = 48  # candidates that a search can have: 24 by meaning and 24 by words
_MOST = 5  # articles of a title that are looked at

PARTS = {
    "passage": "the meaning of the whole passage", "sentence": "the meaning of its best sentence", "words": "the words that both share",
    "met": "the question's words, each met by one of the passage", "met_sentence": "the question's words, met by one sentence",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """An article that should have been found. `place` counts from 1; None: it was no candidate at all."""

    article: Article
    place: int | None
    why: str


async def expected(world: World, actor: Actor, sought: Sought, viewer: Viewer, title: str) -> list[Expected]:
    """For each article whose title holds these words. Raises Refused (403)."""
    require(actor, Verb.READ_KNOWLEDGE)
    found = await learning.listing(world, actor.org, contains=title, limit=_MOST)
    return [_of(article, sought.hits, viewer) for article in found.articles]


def _of(article: Article, hits: list[Hit], viewer: Viewer) -> Expected:
    place = next((number for number, hit in enumerate(hits, 1) if hit.article == article.id), None)
    if place is not None:
        return Expected(article=article, place=place, why=_behind(hits[0], hits[place - 1]) if place > 1 else "It comes first.")
    return Expected(article=article, place=None, why=_unseen(article, hits, viewer))


def _unseen(article: Article, hits: list[Hit], viewer: Viewer) -> str:
    if article.status is not ArticleStatus.PUBLISHED:
        return "It is a draft. Only published articles are found."
    if not viewer.admits(article.audience) or (viewer.segments and article.audience is Audience.SEGMENT and not {*viewer.segments} & {*article.segments}):
        return f"It is for {'a segment' if article.audience == 'segment' else 'your team'} only, and whoever asks is not in it."
    same = next((hit for hit in hits if article.title in hit.also), None)
    if same is not None:
        return f"It says nearly the same as “{same.title}”, which stands for both."
    return "It shares no rare word with the question, and other passages are nearer in meaning. Say it in the customers' words, add a synonym, or pin it."


def _behind(first: Hit, own: Hit) -> str:
    """The part by which the first one is furthest ahead."""
    gaps = {name: first.scores.get(f"z_{name}", 0.0) - own.scores.get(f"z_{name}", 0.0) for name in PARTS}
    name = max(gaps, key=lambda one: gaps[one])
    if first.scores.get("pinned"):
        return f"“{first.title}” is pinned to this question."
    return f"“{first.title}” is ahead, most of all in {PARTS[name]}." if gaps[name] > 0 else f"“{first.title}” is ahead by a little in everything."
