"""What the product knows: articles written, published and withdrawn. How it is found is told in finding.py, how sources are read in syncing.py.

Whoever changes an article passes as `by`: they need the permission, and the audit log says what they did in the transaction that did it.
`by` is None for what no person or program asks for: sources, the demo, and the queue's own work.
Chunks and vectors are made before a transaction opens; then one transaction swaps them, so that no article is ever half there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from glassine.store import Tx, articles, drafts
from glassine.story.knowledge import authoring, content_rules, linking, pictures, tidying
from glassine.story.knowledge.authoring import EDITOR
from glassine.story.knowledge.indexing import prepared
from glassine.story.search.finding import languages_of
from glassine.story.world import World
from glassine.words.articles import Fields, Working
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import ArticleId, OrgId, SegmentId
from glassine.words.knowledge import Article, ArticleStatus, Audience
from glassine.words.people import Actor

_TRIES = 3


async def save(
    world: World, org: OrgId, *, id: ArticleId | None = None, title: str, body: str, audience: Audience = Audience.PUBLIC, segments: Sequence[SegmentId] | None = None,
    language: str | None = None, url: str | None = None, by: Actor | None = None,
) -> Article:
    """Writes an article in one go: a new one is a draft; a published one is published again, and answers change with it at once.
    `segments` None leaves them as they are.

    Raises NotFound, and Refused (400) for an empty title, (403), (409) when somebody else is changing it at the same moment.
    """
    if id is None:
        return await authoring.create(world, org, Fields(title=title, body=body, audience=audience, segments=tuple(segments or ()), language=language or "", url=url), by=by)
    before = await authoring.working(world, org, id)
    told = before.fields.segments if segments is None else tuple(segments)
    fields = replace(before.fields, title=title, body=body, audience=audience, segments=told, language=language or "", url=url)
    saved = await authoring.edit(world, org, id, fields, token=before.token, by=by)
    return await publish(world, org, id, by=by) if saved.article.status is ArticleStatus.PUBLISHED else saved.article


async def publish(world: World, org: OrgId, id: ArticleId, *, note: str = "", by: Actor | None = None) -> Article:
    """Makes an article findable as it is being written, and keeps that as a version. Raises NotFound, and Refused (403), (409) when it keeps changing meanwhile."""
    authoring.check(by)
    languages = await languages_of(world, org)
    for attempt in range(_TRIES):
        working = await authoring.working(world, org, id)
        if by is not None:
            await content_rules.hold(world, org, working.fields, id=id)
        ready = await prepared(world, working.fields.title, working.fields.body, working.fields.language, languages)
        try:
            async with world.store.tx(org) as tx:
                await authoring.record(tx, by, "knowledge.publish", id, working.fields.title)
                live = await _publish(tx, org, working, ready, note, by)
                await pictures.note_uses(tx, org, id, live.body, live=True)
                if live.source == EDITOR:
                    await linking.note(tx, org, id, live.body, world.settings.public_url or "")
            await linking.look_again(world, org, working.article)
            return live
        except Refused as refused:
            if refused.status != 409 or attempt + 1 == _TRIES:
                raise
    raise AssertionError("the last try returns or raises")


async def _publish(tx: Tx, org: OrgId, working: Working, ready: list[articles.Passage], note: str, by: Actor | None) -> Article:
    read = working.article
    if working.apart:
        if await authoring.state(tx, org, read.id) != working:
            raise Refused("Somebody else has changed this article meanwhile. Load it again.", status=409, code="conflict")
        read = await articles.update(tx, org, read.id, read_at=read.updated_at, **working.fields.values())
        await drafts.remove(tx, org, read.id)
    live = await articles.publish(tx, org, replace(read, edited=False), ready)
    if live.source != EDITOR:
        return live
    known = await drafts.versions(tx, org, live.id, limit=1, published=True)
    if known and known[0].fields == Fields.of(live):
        return live
    number = await drafts.add_version(tx, org, live.id, Fields.of(live), published=True, note=note, by=by.id if by else None)
    return replace(live, version=number)


async def unpublish(world: World, org: OrgId, id: ArticleId, *, by: Actor | None = None) -> Article:
    """Takes an article out of every answer at once; it stays as a draft, as it was last written. Raises NotFound, and Refused (403)."""
    authoring.check(by)
    async with world.store.tx(org) as tx:
        written = await drafts.load(tx, org, id)
        article = await articles.unpublish(tx, org, id)
        if written:
            await drafts.remove(tx, org, id)
            article = await articles.update(tx, org, id, read_at=article.updated_at, **written.fields.values())
        await authoring.record(tx, by, "knowledge.unpublish", id, article.title)
    await linking.look_again(world, org, article)
    return article


async def delete(world: World, org: OrgId, id: ArticleId, *, by: Actor | None = None) -> None:
    """Takes an article out of every answer at once, and into the trash; one that a source brought goes for good. Raises NotFound, and Refused (403)."""
    authoring.check(by)
    async with world.store.tx(org) as tx:
        found = await articles.load(tx, org, id)
        await authoring.record(tx, by, "knowledge.delete", id, found.title)
        if found.source == EDITOR:
            await articles.bury(tx, org, id)
            await tidying.schedule(tx, org)
        else:
            await articles.delete(tx, org, id)
    await linking.look_again(world, org, found)


async def bring_back(world: World, org: OrgId, id: ArticleId, *, by: Actor | None = None) -> Article:
    """Out of the trash, as a draft. Raises NotFound, and Refused (403)."""
    authoring.check(by)
    async with world.store.tx(org) as tx:
        article = await articles.dig_up(tx, org, id)
        await authoring.record(tx, by, "knowledge.bring_back", id, article.title)
    return article


async def article(world: World, org: OrgId, id: ArticleId) -> Article:
    """Raises NotFound."""
    async with world.store.tx(org) as tx:
        return await articles.load(tx, org, id)


async def public_article(world: World, org: OrgId, id: ArticleId) -> Article:
    """One that readers outside may see. Raises NotFound also for drafts and internal ones."""
    found = await article(world, org, id)
    if found.status is not ArticleStatus.PUBLISHED or found.audience is not Audience.PUBLIC:
        raise NotFound("There is no such article.")
    return found


async def addresses(world: World, org: OrgId, source: str) -> dict[str, ArticleId]:
    """Where the articles of one source are that everybody may see, by path: for links from one to another."""
    async with world.store.tx(org) as tx:
        return {path: ArticleId(known.id) for path, known in (await articles.of_source(tx, org, source)).items() if known.public}


async def listing(
    world: World, org: OrgId, *, status: ArticleStatus | None = None, source: str | None = None, audience: Audience | None = None, contains: str = "",
    limit: int = 50, offset: int = 0, language: str | None = None, topic: UUID | None = None, no_topic: bool = False, edited: bool = False, deleted: bool = False,
) -> articles.Page:
    """Articles for the team, newest changes first, or in their order within a `topic`; `contains` is looked for in titles; `deleted`: the trash."""
    kinds: dict[str, Any] = {"language": language, "topic": topic, "no_topic": no_topic, "edited": edited, "deleted": deleted}
    async with world.store.tx(org) as tx:
        return await articles.page(tx, org, status=status, source=source, audience=audience, contains=contains, limit=limit, offset=offset, **kinds)


async def choices(world: World, org: OrgId) -> dict[str, list[str]]:
    """The languages and sources that articles have, for whoever filters them."""
    async with world.store.tx(org) as tx:
        return await articles.choices(tx, org)
