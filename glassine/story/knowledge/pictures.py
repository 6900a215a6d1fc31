"""Pictures in articles: kept once, shown to whoever may see an article that shows them, and forgotten thirty days after the last one did."""

from __future__ import annotations

import re
from uuid import UUID

from glassine.rules import pictures
from glassine.rules.lines import one_line
from glassine.rules.permits import may, require
from glassine.store import Tx, images, vault, visibility
from glassine.store.images import Image
from glassine.story.knowledge import tidying
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.ids import ArticleId, OrgId
from glassine.words.people import Actor, Verb

MOST = 1_000_000_000  # bytes of one organisation
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
_ADDRESS = re.compile(r"/images/[0-9a-f-]{36}/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")


def address(org: OrgId, image: Image) -> str:
    """Where it is served; a Markdown text refers to it by this."""
    return f"/images/{org}/{image.id}.{_ENDINGS[image.media_type]}"


async def add(world: World, by: Actor, name: str, content: bytes) -> Image:
    """Raises Refused (400) for what is no picture or when there is no room, (403)."""
    require(by, Verb.WRITE_KNOWLEDGE)
    try:
        picture = pictures.read(content)
    except pictures.NoPicture as fault:
        raise Refused(str(fault)) from None
    async with world.store.tx(by.org) as tx:
        if await images.held(tx, by.org) + len(picture.content) > MOST:
            raise Refused("Your pictures take up 1 GB, which is all there is for them. Delete some that no article shows, under Knowledge › Pictures.", status=413, code="too_large")
        made = await images.add(
            tx, by.org, name=one_line(name, 120) or "picture", media_type=picture.media_type, width=picture.width, height=picture.height, content=picture.content, by=by.id,
        )
        await tidying.schedule(tx, by.org)
        await vault.audit(tx, by, "knowledge.image_add", "image", made.id, {"title": made.name})
    return made


async def listing(world: World, by: Actor, *, limit: int = 100, offset: int = 0) -> tuple[list[Image], int, int]:
    """Newest first, with how many there are and how many bytes they have."""
    require(by, Verb.READ_KNOWLEDGE)
    async with world.store.tx(by.org) as tx:
        return await images.all_of(tx, by.org, limit=limit, offset=offset)


async def served(world: World, org: OrgId, id: UUID, by: Actor | None = None) -> Image:
    """For the team any picture of theirs, for everybody else what a published article for everybody shows. Raises NotFound."""
    async with world.store.tx(org) as tx:
        if by is not None and by.org == org and may(by, Verb.READ_KNOWLEDGE):
            return await images.load(tx, org, id)
        return await images.shown(tx, org, id, visibility.EVERYBODY)


async def delete(world: World, by: Actor, id: UUID) -> None:
    """Only what no article shows. Raises NotFound, and Refused (403), (409)."""
    require(by, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(by.org) as tx:
        found = await images.load(tx, by.org, id)
        if found.unused_since is None:
            raise Refused("An article shows this picture. Take it out there first.", status=409, code="conflict")
        await images.delete(tx, by.org, id)
        await vault.audit(tx, by, "knowledge.image_delete", "image", id, {"title": found.name})


async def note_uses(tx: Tx, org: OrgId, article: ArticleId, body: str, *, live: bool) -> None:
    """Which pictures a text shows, whenever one is stored."""
    await images.used(tx, org, article, {UUID(found) for found in _ADDRESS.findall(body)}, live=live)
    if await images.unused(tx, org):
        await tidying.schedule(tx, org)
