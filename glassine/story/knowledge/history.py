"""The versions of an article: what was published, and what was set aside. They are read, and one can become the working copy again; none is ever changed."""

from __future__ import annotations

from dataclasses import replace

from glassine.store import articles, drafts
from glassine.story.knowledge import authoring
from glassine.story.world import World
from glassine.words.articles import Version, Working
from glassine.words.ids import ArticleId, OrgId
from glassine.words.people import Actor


async def versions(world: World, org: OrgId, id: ArticleId) -> list[Version]:
    """Newest first. Raises NotFound."""
    async with world.store.tx(org) as tx:
        await articles.load(tx, org, id)
        return await drafts.versions(tx, org, id)


async def version(world: World, org: OrgId, id: ArticleId, number: int) -> Version:
    """Raises NotFound."""
    async with world.store.tx(org) as tx:
        await articles.load(tx, org, id)
        return await drafts.version(tx, org, id, number)


async def restore(world: World, org: OrgId, id: ArticleId, number: int, *, by: Actor | None = None) -> Working:
    """A version becomes what is being written; what was written is set aside as a version, so that nothing is lost. Raises NotFound, and Refused (403)."""
    found = await version(world, org, id, number)
    now = await authoring.working(world, org, id)
    async with world.store.tx(org) as tx:
        kept = await drafts.versions(tx, org, id)
    fresh = all(one.fields != now.fields for one in kept)
    return await authoring.edit(world, org, id, replace(found.fields), token=now.token, aside=fresh, by=by)
