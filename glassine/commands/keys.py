"""`glassine keys`: changes the master key or an organisation's key while the product runs, and checks that everything sealed can be opened."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from glassine.commands import home
from glassine.commands.organization import chosen, operator
from glassine.config import Settings
from glassine.edge.secrets import Unreadable
from glassine.store import jobs, migrate
from glassine.story.privacy import rotating
from glassine.story.world import World, live
from glassine.words.errors import Misconfigured

Say = Callable[[str], None]
_OUT_OF_FILE = (
    "Every organisation's key is under the first key of GLASSINE_MASTER_KEY. Set the variable to that key alone, for every process, and restart them. "
    "Keep the former key with the backups made before now: they open with it only."
)


def rotate(settings: Settings, say: Say, *, master: bool, organization: str | None, at_once: bool) -> int:
    """The product may run meanwhile. Run again after a crash it goes on where it stopped. Raises Misconfigured."""
    if master == bool(organization):
        raise Misconfigured("Say which key: --master, or --organization ID.")
    with home.database(settings, "keys", say) as url:
        migrate.migrate(url)
        asyncio.run(_master(replace(settings, database_url=url), say) if master else _organization(replace(settings, database_url=url), organization, say, at_once=at_once))
    return 0


async def _master(settings: Settings, say: Say) -> None:
    async with live(settings) as world:
        kept = await rotating.rotate_master(world, say)
    if kept is None:
        say(_OUT_OF_FILE)
        return
    say(f"The master key is changed. The new one is in {settings.home / 'master.key'}: make a copy of it now, for without it what is sealed cannot be read.")
    say(f"Backups made before now open with the former key only. It is in {kept}: move it to where those backups are kept, and delete both together.")


async def _organization(settings: Settings, organization: str | None, say: Say, *, at_once: bool) -> None:
    async with live(settings) as world:
        org = await chosen(world, organization)
        version = await rotating.rotate_organization(world, operator(org), say, at_once=at_once)
    say(f"The organisation {org} has a new key, version {version}. The master key stays as it is.")
    say("Visitors' chats and links to files go on for two weeks under the former key." if not at_once else "Visitors' chats begin anew, and links to files that were given out are void.")


def check(settings: Settings, say: Say) -> int:
    """Opens everything that is sealed. 0 when all opens, 1 when something does not."""
    with home.database(settings, "keys", say) as url:
        migrate.migrate(url)
        return asyncio.run(_check(replace(settings, database_url=url), say))


async def _check(settings: Settings, say: Say) -> int:
    opened, unreadable, before = Counter[str](), 0, 0
    async with live(settings) as world:
        async with world.store.outside() as tx:
            everybody = await jobs.organizations(tx)
        for org in everybody:
            try:
                found = await rotating.check_organization(world, org)
            except Unreadable:
                say(f"The key of the organisation {org} does not open under the master key.")
                unreadable += 1
                continue
            opened.update(found.opened)
            unreadable += found.unreadable
            before += found.first_version
        _about_master(world, say)
    said = ", ".join(f"{count:,} {kind}" for kind, count in opened.items() if count) or "nothing sealed yet"
    say(f"{len(everybody)} organisations. Opened: {said}.")
    say("Everything opens." if not unreadable else f"{unreadable} sealed values do not open. If the master key was changed, put the former one back beside it and run: glassine keys rotate --master")
    if before:
        say(f"{before:,} values behind masks were sealed before they were bound to their column. They open; `glassine keys rotate --organization ID` seals them anew.")
    return 1 if unreadable else 0


def _about_master(world: World, say: Say) -> None:
    if world.master.former:
        say("The master key is being changed: two are in place. Run `glassine keys rotate --master` to end it.")
