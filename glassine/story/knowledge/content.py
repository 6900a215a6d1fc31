"""The help centre as files see it: what the team is writing, page by page, and how a page that comes from a file is written here. `glassine content` is the other side.

A page is only written over the state that its sender saw. Publishing is a step of its own, so that rules for content hold here too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from glassine.rules.lines import one_line
from glassine.rules.permits import require
from glassine.store import Tx, content, vault
from glassine.story.knowledge import authoring, learning
from glassine.story.search.finding import languages_of
from glassine.story.world import World
from glassine.words.articles import Fields
from glassine.words.content import Page, Remote, Shelf
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import ArticleId, OrgId, SegmentId
from glassine.words.knowledge import ArticleStatus, Audience
from glassine.words.people import Actor, Verb
from glassine.words.slugs import slug_of

Row = Mapping[str, Any]


class Listed(NamedTuple):
    remotes: list[Remote]
    more: bool


async def listed(world: World, actor: Actor, after: UUID | None, limit: int) -> Listed:
    """Articles that the team writes here, in the order of their ids; `after` is the last one that is known."""
    require(actor, Verb.READ_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        rows = await content.articles(tx, actor.org, after=after, limit=limit + 1)
    return Listed([_remote(row) for row in rows[:limit]], len(rows) > limit)


async def shelves(world: World, actor: Actor) -> list[Shelf]:
    require(actor, Verb.READ_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        rows = await content.topics(tx, actor.org)
    return [
        Shelf(path=path, name=row["name"], description=row["description"], icon=row["icon"], position=row["position"], names=tuple(sorted(row["names"].items())))
        for path, row in rows.items()
    ]


async def languages(world: World, actor: Actor) -> tuple[str, ...]:
    return await languages_of(world, actor.org)


def _remote(row: Row) -> Remote:
    fields = Fields.read(row["edit"] or _plain(row))
    page = Page(
        title=fields.title, body=fields.body.replace("\r\n", "\n").strip("\n"), description=fields.description, meta_title=fields.meta_title,
        meta_description=fields.meta_description, slug=fields.slug, locale=fields.language, audience=str(fields.audience), segments=tuple(map(str, fields.segments)),
        url=fields.url or "", topic=row["way"], position=row["position"], translation_of=f"{row['of_language']}/{row['of_slug']}" if row["of_slug"] else "",
    )
    return Remote(
        id=str(row["id"]), token=row["saved_at"].isoformat(), page=page, published=row["status"] == ArticleStatus.PUBLISHED, apart=row["edit"] is not None,
    )


def _plain(row: Row) -> dict[str, Any]:
    """The fields of an article without a working copy, as one would keep them."""
    return {each.name: row[each.name] for each in dataclasses.fields(Fields) if each.name != "segments"} | {"segments": [str(id) for id in row["segments"] or ()]}


async def put(world: World, actor: Actor, page: Page, *, id: ArticleId | None = None, token: str | None = None) -> Remote:
    """Writes a page's working copy and its place: a new article without `id`. Raises NotFound, and Refused (400), (403), (409) when another state than `token` is there."""
    fields = Fields(
        title=page.title, body=page.body, description=page.description, meta_title=page.meta_title, meta_description=page.meta_description, slug=page.slug,
        audience=Audience(page.audience), segments=_segments(page.segments), language=page.locale, url=page.url or None,
    )
    async with world.store.tx(actor.org) as tx:
        topic = (await content.topics(tx, actor.org)).get(page.topic)
        if page.topic and topic is None:
            raise Refused(f"There is no topic {page.topic}. Its folder needs a topic.toml.", code="no_topic")
        original = await _original(tx, actor.org, page.translation_of)
    if id is None:
        id = (await authoring.create(world, actor.org, fields, by=actor)).id
    else:
        await authoring.edit(world, actor.org, id, fields, token=token, by=actor)
    async with world.store.tx(actor.org) as tx:
        await content.place(tx, actor.org, id, topic=topic["id"] if topic else None, position=page.position, translation_of=original if original != id else None)
        return _remote((await content.articles(tx, actor.org, id=id))[0])


def _segments(given: tuple[str, ...]) -> tuple[SegmentId, ...]:
    try:
        return tuple(SegmentId(UUID(each)) for each in given)
    except ValueError:
        raise Refused("A segment is named by its id.") from None


async def _original(tx: Tx, org: OrgId, named: str) -> UUID | None:
    """The article that is written as `locale/slug`. Raises Refused where there is none."""
    if not named:
        return None
    language, _, slug = named.partition("/")
    found = await content.by_slug(tx, org, language, slug)
    if found is None:
        raise Refused(f"`translation_of` names {named}, and there is no such article.", code="no_original")
    return found


async def publish(world: World, actor: Actor, id: ArticleId) -> Remote:
    """Makes the working copy what readers see. Raises NotFound, and Refused also where a rule for content forbids it."""
    await learning.publish(world, actor.org, id, by=actor)
    async with world.store.tx(actor.org) as tx:
        rows = await content.articles(tx, actor.org, id=id)
    if not rows:
        raise NotFound("There is no such article.")
    return _remote(rows[0])


async def put_shelf(world: World, actor: Actor, shelf: Shelf) -> None:
    """Makes a topic or changes it; those above it must be there. Raises Refused."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    above, _, slug = shelf.path.rpartition("/")
    if slug != slug_of(slug):
        raise Refused(f"“{slug}” cannot stand in an address. Call the folder {slug_of(slug)}.")
    async with world.store.tx(actor.org) as tx:
        known = await content.topics(tx, actor.org)
        if above and above not in known:
            raise Refused(f"There is no topic {above}. Its folder needs a topic.toml.", code="no_topic")
        taken = next((way for way, row in known.items() if row["slug"] == slug and way != shelf.path), None)
        if taken:
            raise Refused(f"The topic {taken} has this slug already. Slugs of topics are unique.", status=409, code="conflict")
        await content.put_topic(
            tx, actor.org, slug, parent=known[above]["id"] if above else None, name=one_line(shelf.name), description=one_line(shelf.description, 1_000),
            icon=shelf.icon[:40], position=shelf.position, names=dict(shelf.names),
        )
        made = (await content.topics(tx, actor.org))[shelf.path]
        await vault.audit(tx, actor, "knowledge.topic_change" if shelf.path in known else "knowledge.topic_create", "topic", made["id"], {"title": made["name"]})
