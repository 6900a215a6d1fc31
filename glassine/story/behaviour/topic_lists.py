"""Writing the lists of topics: what they may hold, putting them in force, and trying them out on one message or on past conversations. Turns are judged in terms.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from glassine.rules import topic_scores
from glassine.rules.lines import one_line
from glassine.rules.permits import require
from glassine.rules.small_talk import small_talk
from glassine.store import topic_vectors, turns
from glassine.story import about
from glassine.story.about import Lists
from glassine.story.behaviour import autopilot
from glassine.story.privacy import previewing
from glassine.story.search import finding
from glassine.story.world import World
from glassine.words.autopilot import Rulebook, Scored, Stance, Topic, Topics
from glassine.words.errors import Refused
from glassine.words.ids import SessionId, TurnId
from glassine.words.people import Actor, Verb
from glassine.words.sessions import ChannelKind

MOST, LONGEST, MOST_EXAMPLES, LONGEST_EXAMPLE = 100, 120, 30, 300  # topics of a list and letters of each; examples of a topic and letters of those
LOOKED_BACK = 200  # messages that a list is tried on
_WORTH = 0.15  # score from which a past message is proposed as an example
_PROPOSED = 3  # for each topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A message of an earlier conversation, what became of it then, and what would now."""

    session: SessionId
    turn: TurnId
    ticket: int
    text: str
    at: datetime
    outcome: str
    topic: str
    score: float
    before: bool  # it was handed off for its topic
    after: bool  # it would be


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Lists held against past messages: how many were looked at, those that would end otherwise, and messages that would make good examples by topic."""

    looked_at: int
    handed_off: Sequence[Past]
    spared: Sequence[Past]
    examples: Mapping[str, Sequence[str]]


def checked(topics: Topics) -> Topics:
    """As it is stored. Raises Refused."""
    lists = {str(stance): _checked(listed) for stance, listed in topics.lists.items()}
    if both := {one.name.casefold() for one in lists["answers"]} & {one.name.casefold() for one in lists["hands_off"]}:
        raise Refused(f"“{min(both)}” stands in both lists. Either the AI answers it or it hands it off.")
    if not 0.05 <= topics.least <= 0.95:
        raise Refused("How sure the AI must be of a topic is a number from 0.05 to 0.95.")
    return Topics(**lists, only=topics.only, least=round(topics.least, 2))


def _checked(listed: Sequence[Topic]) -> tuple[Topic, ...]:
    made: dict[str, Topic] = {}
    for one in listed:
        name = one_line(one.name, LONGEST + 1)
        if len(name) > LONGEST:
            raise Refused(f"A topic is one line of up to {LONGEST} letters; this one is longer: {name[:60]} …")
        examples = tuple(dict.fromkeys(filter(None, (one_line(finding.plainly(text), LONGEST_EXAMPLE) for text in one.examples))))
        if len(examples) > MOST_EXAMPLES:
            raise Refused(f"“{name}” has {len(examples)} examples; {MOST_EXAMPLES} is the most.")
        if name and any(letter.isalnum() for letter in name):
            before = made.get(name.casefold(), Topic(name=name))
            made[name.casefold()] = replace(before, examples=tuple(dict.fromkeys((*before.examples, *examples))))
    if len(made) > MOST:
        raise Refused(f"There are {len(made)} topics in one list; {MOST} is the most.")
    return tuple(made.values())


async def save(world: World, actor: Actor, topics: Topics, *, expects: int | None = None) -> Rulebook:
    """Puts lists in force, ready to be compared in every language that the organisation speaks. Raises Refused: (400), (403), (409)."""
    topics = await ready(world, actor, topics)
    book = await autopilot.change(world, actor, "topics", topics.written(), expects=expects)
    await tidy(world, actor, topics)
    return book


async def ready(world: World, actor: Actor, topics: Topics) -> Topics:
    """As they may be put in force, with what the models have to read of them read. Raises Refused: (400), (403)."""
    require(actor, Verb.CHANGE_SETTINGS)
    topics = await _without_persons(world, actor, checked(topics))
    for language in _languages(await _spoken(world, actor)):
        await about.read(world, actor.org, topic_scores.texts(topics), language, keep=True)
    return topics


async def tidy(world: World, actor: Actor, topics: Topics) -> None:
    """Forgets what was read of texts that stand in no list any more."""
    async with world.store.tx(actor.org) as tx:
        await topic_vectors.forget_others(tx, actor.org, topic_scores.texts(topics))


async def _without_persons(world: World, actor: Actor, topics: Topics) -> Topics:
    """New examples lose the personal values that somebody pasted with them: lists are no place to keep any."""
    before = set(topic_scores.texts(Topics.read((await autopilot.in_force(world, actor.org)).part("topics"))))
    clean = {text: text if text in before else await previewing.masked_for_good(world, actor.org, text) for listed in topics.lists.values() for one in listed for text in one.examples}
    lists = {str(stance): tuple(replace(one, examples=tuple(clean[text] for text in one.examples)) for one in listed) for stance, listed in topics.lists.items()}
    return checked(replace(topics, **lists))  # type: ignore[arg-type]  # a stance names its list


async def _spoken(world: World, actor: Actor) -> tuple[str, ...]:
    return await finding.languages_of(world, actor.org)


def _languages(spoken: Sequence[str]) -> list[str]:
    """One language for each model."""
    return [*(["en"] if "en" in spoken else []), *[language for language in spoken if language != "en"][:1]]


async def current(world: World, actor: Actor) -> tuple[Topics, int]:
    """The lists in force, with the number of the version."""
    require(actor, Verb.READ_SESSIONS)
    book = await autopilot.in_force(world, actor.org)
    return Topics.read(book.part("topics")), book.number


async def add_example(world: World, actor: Actor, stance: Stance, topic: str, text: str) -> Rulebook:
    """One more example of a topic that stands in a list. Raises Refused (404) when there is none of that name."""
    topics, number = await current(world, actor)
    listed = topics.lists[stance]
    if not any(one.name == topic for one in listed):
        raise Refused("There is no such topic in the list. Load the page again.", status=404)
    longer = tuple(replace(one, examples=(*one.examples, text)) if one.name == topic else one for one in listed)
    return await save(world, actor, replace(topics, **{str(stance): longer}), expects=number)  # type: ignore[arg-type]  # a stance names its list


async def of_text(world: World, actor: Actor, topics: Topics, text: str, channel: str = ChannelKind.WEB) -> tuple[Scored, ...]:
    """What a text is about by these lists, saved or not; it is masked first, as a message is."""
    require(actor, Verb.READ_SESSIONS)
    masked = (await previewing.preview(world, actor.org, text[:2_000], channel)).text
    spoken = await _spoken(world, actor)
    return await _of(world, actor, Lists(checked(topics), {}), masked, finding.spoken_in(masked, spoken, None), spoken)


async def _of(world: World, actor: Actor, lists: Lists, text: str, language: str, spoken: Sequence[str]) -> tuple[Scored, ...]:
    return await about.compare(world, actor.org, lists, text, language, across=language != spoken[0])


async def on_past(world: World, actor: Actor, topics: Topics, limit: int = LOOKED_BACK) -> Trial:
    """What these lists would have made of the newest messages. Raises Refused (400), (403)."""
    require(actor, Verb.READ_SESSIONS)
    lists, spoken = Lists(checked(topics), {}), await _spoken(world, actor)
    async with world.store.tx(actor.org) as tx:
        found = await turns.newest(tx, actor.org, limit)
    past, near = [], []
    for row in found:
        language = str((row["given"] or {}).get("spoken") or row["language"] or spoken[0])
        scored = () if small_talk(row["text"]) else await _of(world, actor, lists, row["text"], language if language in spoken else spoken[0], spoken)
        past.append(_past(row, lists.topics, scored))
        near.append((row["text"], scored))
    changed = [one for one in past if one.before is not one.after]
    return Trial(looked_at=len(past), handed_off=[one for one in changed if one.after], spared=[one for one in changed if one.before], examples=_examples(lists.topics, near))


def _past(row: Mapping[str, Any], topics: Topics, scored: Sequence[Scored]) -> Past:
    handed = topic_scores.together(scored, Stance.HANDS_OFF) >= topics.least
    first = next((one for one in scored if one.stance is Stance.HANDS_OFF), None)
    return Past(
        session=SessionId(row["session_id"]), turn=TurnId(row["id"]), ticket=row["ticket_number"], text=row["text"], at=row["created_at"], outcome=row["outcome"],
        topic=first.topic if first and handed else "", score=first.score if first else 0.0, before="prohibited_topic" in row["reasons"], after=topic_scores.left_to_people(topics, scored),
    )


def _examples(topics: Topics, near: Sequence[tuple[str, Sequence[Scored]]]) -> dict[str, list[str]]:
    """For each topic that is handed off the past messages that are likest to it, without those that it has."""
    found: dict[str, list[str]] = {}
    for topic in topics.hands_off:
        scores = sorted(((one.score, finding.plainly(text)) for text, scored in near for one in scored if one.topic == topic.name and one.stance is Stance.HANDS_OFF), reverse=True)
        texts = dict.fromkeys(one_line(text, LONGEST_EXAMPLE) for score, text in scores if score >= _WORTH)
        found[topic.name] = [text for text in texts if text and text not in topic.examples][:_PROPOSED]
    return {name: texts for name, texts in found.items() if texts}
