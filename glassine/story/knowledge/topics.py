"""Topics: the shelves that articles stand on in the help centre, and the order of both. An article's text is not touched here, and what is live does not wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from glassine.rules.lines import one_line
from glassine.rules.permits import require
from glassine.store import Taken, Tx, articles, topics, vault
from glassine.story.world import World
from glassine.words.articles import Topic
from glassine.words.errors import Refused
from glassine.words.ids import ArticleId, OrgId, new_id
from glassine.words.people import Actor, Verb
from glassine.words.slugs import slug_of

ICONS = ("book", "person", "people", "key", "mail", "bell", "shield", "plug", "globe", "settings", "file", "chat", "clock", "help", "send", "search")
_MOST = 200
_TRIES = 50


async def all_of(world: World, org: OrgId) -> list[Topic]:
    """In their order, with how many articles stand in each."""
    async with world.store.tx(org) as tx:
        return await topics.all_of(tx, org)


async def one(world: World, org: OrgId, id: UUID) -> Topic:
    """Raises NotFound."""
    async with world.store.tx(org) as tx:
        return await topics.load(tx, org, id)


async def held(world: World, org: OrgId, id: UUID) -> list[ArticleId]:
    """The articles of a topic in their order."""
    async with world.store.tx(org) as tx:
        return await topics.within(tx, org, id)


async def create(world: World, by: Actor, topic: Topic) -> Topic:
    """Raises Refused (400) for an empty name, too many topics or a parent that cannot be, (403)."""
    require(by, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(by.org) as tx:
        known = await topics.all_of(tx, by.org)
        if len(known) >= _MOST:
            raise Refused(f"There are {_MOST} topics already, which is as many as a help centre can have.")
        made = _ready(replace(topic, id=new_id()), known)
        await topics.insert(tx, by.org, made)
        await vault.audit(tx, by, "knowledge.topic_create", "topic", made.id, {"title": made.name})
    return made


async def change(world: World, by: Actor, topic: Topic) -> Topic:
    """Raises NotFound, and Refused as `create` does."""
    require(by, Verb.WRITE_KNOWLEDGE)
    try:
        async with world.store.tx(by.org) as tx:
            made = _ready(topic, await topics.all_of(tx, by.org))
            await topics.update(tx, by.org, made)
            await vault.audit(tx, by, "knowledge.topic_change", "topic", made.id, {"title": made.name})
            return made
    except Taken:
        raise Refused("Another topic has this address already.", status=409, code="conflict") from None


def _ready(topic: Topic, known: Sequence[Topic]) -> Topic:
    """With a name in one line, an address that no other has, an icon that exists, and a parent that is no child of its own."""
    name = one_line(topic.name, 120)
    if not name:
        raise Refused("A topic needs a name.")
    if topic.parent is not None and (topic.parent == topic.id or next((one.parent for one in known if one.id == topic.parent), topic.parent) is not None):
        raise Refused("A topic can stand below one of the first level only, and not below itself.")
    if topic.parent is not None and any(one.parent == topic.id for one in known):
        raise Refused("This topic has topics below it, so it stays on the first level.")
    wanted, taken = slug_of(topic.slug or name), {one.slug for one in known if one.id != topic.id}
    free = next((slug for number in range(1, _TRIES) if (slug := wanted if number == 1 else f"{wanted}-{number}") not in taken), f"{wanted}-{str(topic.id)[:8]}")
    return replace(
        topic, name=name, slug=free, description=one_line(topic.description, 500), icon=topic.icon if topic.icon in ICONS else "",
        names={language: one_line(said, 120) for language, said in topic.names.items() if one_line(said, 120)},
    )


async def delete(world: World, by: Actor, id: UUID) -> tuple[Topic, list[ArticleId]]:
    """Its articles stay, in no topic. Returns what it takes to undo that. Raises NotFound, and Refused (403)."""
    require(by, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(by.org) as tx:
        gone, stood = await topics.load(tx, by.org, id), await topics.within(tx, by.org, id)
        await topics.delete(tx, by.org, id)
        await vault.audit(tx, by, "knowledge.topic_delete", "topic", id, {"title": gone.name})
    return gone, stood


async def bring_back(world: World, by: Actor, topic: Topic, stood: Sequence[ArticleId]) -> Topic:
    """A topic as it was, with the articles that stood in it and still stand in none."""
    require(by, Verb.WRITE_KNOWLEDGE)
    try:
        async with world.store.tx(by.org) as tx:
            made = _ready(topic, await topics.all_of(tx, by.org))
            await topics.insert(tx, by.org, made, position=topic.position)
            for id in stood:
                if (await articles.load(tx, by.org, id)).topic is None:
                    await articles.move(tx, by.org, id, made.id)
            await vault.audit(tx, by, "knowledge.topic_create", "topic", made.id, {"title": made.name})
            return made
    except Taken:
        raise Refused("This topic is there again already.", status=409, code="conflict") from None


async def order(world: World, by: Actor, ids: Sequence[UUID]) -> None:
    """Topics as they follow each other; those that are not named come where they were. Raises Refused (403)."""
    require(by, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(by.org) as tx:
        known = [one.id for one in await topics.all_of(tx, by.org)]
        named = [id for id in dict.fromkeys(ids) if id in known]
        await topics.order(tx, by.org, [*named, *(id for id in known if id not in named)])
        await vault.audit_hourly(tx, by, "knowledge.topic_order", "organization", by.org)


async def order_articles(world: World, by: Actor, topic: UUID, ids: Sequence[ArticleId]) -> None:
    """The articles of a topic as they follow each other. Raises NotFound, and Refused (403)."""
    require(by, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(by.org) as tx:
        await topics.load(tx, by.org, topic)
        known = await topics.within(tx, by.org, topic)
        named = [id for id in dict.fromkeys(ids) if id in known]
        await articles.order(tx, by.org, topic, [*named, *(id for id in known if id not in named)])
        await vault.audit_hourly(tx, by, "knowledge.topic_order", "topic", topic)


async def move(world: World, by: Actor, ids: Sequence[ArticleId], topic: UUID | None) -> dict[ArticleId, UUID | None]:
    """Puts articles at the end of a topic, or into none; returns where they stood. Raises NotFound, and Refused (403)."""
    require(by, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(by.org) as tx:
        if topic is not None:
            await topics.load(tx, by.org, topic)
        return {id: await _move(tx, by, id, topic) for id in dict.fromkeys(ids)}


async def _move(tx: Tx, by: Actor, id: ArticleId, topic: UUID | None) -> UUID | None:
    found = await articles.load(tx, by.org, id)
    if found.topic != topic:
        await articles.move(tx, by.org, id, topic)
        await vault.audit(tx, by, "knowledge.move", "article", id, {"title": found.title})
    return found.topic
