"""Which topics a message is about: its vector, which the search needs too, held against those of the organisation's lists. It decides nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from glassine.rules import courtesies, enclosed, passages, topic_scores
from glassine.rules.topic_scores import Known, Seen
from glassine.store import topic_vectors
from glassine.store.topic_vectors import Kept
from glassine.story.search import finding
from glassine.story.world import World
from glassine.words.autopilot import Scored, Topics
from glassine.words.ids import OrgId

if TYPE_CHECKING:
    from glassine.story.scene import Scene

KEPT = 5  # topics that a turn's evidence names: those that matched, and the nearest that did not
_MOST_KNOWN = 500  # versions of lists that a process holds ready
_LONG, _PARTS = 10, 6  # words from which a message is compared part by part too, and how many of those
_CLAUSES = re.compile(r"[,;:–—]\s")
_SHORT = 3  # words up to which a message says nothing without the one before it


class Lists(NamedTuple):
    """The topics of one version, ready to be compared, by model."""

    topics: Topics
    by_model: dict[str, tuple[Known, ...]]


async def about(world: World, scene: Scene) -> tuple[Scored, ...]:
    """The topics that a scene's message is about, the surest first; none where there are no lists, or the message is small talk."""
    lists = known(world, scene)
    if not any(lists.topics.lists.values()) or enclosed.small_talk(scene.message, scene.language) is not None:
        return ()
    text = enclosed.question(scene.message, scene.history, scene.language)
    earlier = [event.text for event in scene.history if event.seq < scene.message.seq and event.actor is scene.message.actor]
    if len(text.split()) <= _SHORT and earlier:
        text = f"{earlier[-1]} {text}"
    language = spoken(scene, text)
    return await compare(world, scene.org, lists, text, language, across=language != next(iter(scene.settings.languages), language), own=courtesies.asking(scene.message.text))


def known(world: World, scene: Scene) -> Lists:
    """The lists of a scene's version, as this process holds them."""
    held: Lists | None = world.lists.get((scene.org, scene.rulebook.number))
    if held is None:
        if len(world.lists) > _MOST_KNOWN:
            world.lists.clear()
        held = world.lists[scene.org, scene.rulebook.number] = Lists(Topics.read(scene.rulebook.part("topics")), {})
    return held


def spoken(scene: Scene, text: str) -> str:
    """The language that the search takes the message to be in."""
    return "en" if scene.language == "en" else finding.spoken_in(finding.plainly(text), scene.settings.languages or ("en",), scene.language)


async def compare(world: World, org: OrgId, lists: Lists, text: str, language: str, *, across: bool, own: str = "") -> tuple[Scored, ...]:
    """A long message is about what any of its sentences is about. `across`: the lists are in another language.

    `own`: the message without what it goes on from, which is no reason to overlook "I will sue you" behind a question about lamps.
    """
    asked, model = finding.plainly(text), world.embed.model(language)
    if not asked:
        return ()
    if model not in lists.by_model:
        seen = await read(world, org, topic_scores.texts(lists.topics), language, keep=True)
        lists.by_model[model] = topic_scores.known(lists.topics, seen, world.embed.turn(language))
    found: dict[tuple[str, str], Scored] = {}
    alone = finding.plainly(own)
    for part in dict.fromkeys((asked, *((alone,) if len(alone.split()) > _SHORT else ()), *_parts(asked, language))):
        one = await finding.read(world, part, language)
        for scored in topic_scores.scored(part, Seen(one.vector, one.tokens), lists.by_model[model], across=across):
            place = (scored.stance, scored.topic)
            found[place] = max(scored, found.get(place, scored), key=lambda each: each.score)
    return tuple(sorted(found.values(), key=lambda each: -each.score))


def _parts(text: str, language: str) -> Sequence[str]:
    """The sentences of a long message and what stands between commas, each for itself."""
    if len(text.split()) < _LONG:
        return ()
    parts = [part for sentence in passages.sentences(text, language) for part in _CLAUSES.split(sentence) if len(part.split()) > _SHORT]
    return parts[:_PARTS] if len(parts) > 1 else ()


async def read(world: World, org: OrgId, texts: Sequence[str], language: str, *, keep: bool = False) -> Mapping[str, Seen]:
    """What a model reads of the lists' texts: as it was kept, else now. `keep`: for the next time."""
    model = world.embed.model(language)
    async with world.store.tx(org) as tx:
        kept = await topic_vectors.find(tx, org, model, texts)
    made = {}
    for text in texts:
        if text not in kept:
            one = await world.embed.asked(text, language)
            made[text] = Kept(one.vector, one.tokens)
    if made and keep:
        async with world.store.tx(org) as tx:
            await topic_vectors.add(tx, org, model, made)
    return {text: Seen(*(kept.get(text) or made[text])) for text in texts}
