"""What was deleted thirty days ago goes for good, and so do pictures that no article has shown for as long. It runs daily while there is something to wait for."""

from __future__ import annotations

from glassine.store import Tx, articles, images, jobs
from glassine.story.world import World
from glassine.words.ids import OrgId
from glassine.words.knowledge import TRASH
from glassine.words.work import JobKind, NewJob

_DAY = 86_400.0


async def schedule(tx: Tx, org: OrgId) -> None:
    """Tomorrow, unless it waits already."""
    await jobs.add(tx, org, NewJob(kind=JobKind.TIDY_KNOWLEDGE, ref=org, key=f"tidy:{org}", dedupe=f"tidy:{org}", delay_seconds=_DAY))


async def run(world: World, org: OrgId) -> tuple[int, int]:
    """Returns how many articles and pictures went for good."""
    before = world.clock() - TRASH
    async with world.store.tx(org) as tx:
        went = await articles.purge(tx, org, before), await images.purge(tx, org, before)
        if await articles.in_trash(tx, org) or await images.unused(tx, org):
            await schedule(tx, org)
    return went
