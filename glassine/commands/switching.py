"""`glassine ai on|off`: the switch for all AI from the machine itself, for when nobody can sign in or no page answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from glassine.commands import home
from glassine.commands.organization import chosen, operator
from glassine.config import Settings
from glassine.store import migrate
from glassine.story.boundary import boundaries
from glassine.story.world import live

_OFF = "All AI is off. No model is asked, nothing is answered by the AI, and customers' messages go to your team. Turn it on with: glassine ai on"


def run(settings: Settings, organization: str | None, say: Callable[[str], None], *, on: bool) -> int:
    """The product may run meanwhile: each of its processes knows within a second. Raises Misconfigured."""
    with home.database(settings, "ai", say) as url:
        migrate.migrate(url)
        changed = asyncio.run(_switch(replace(settings, database_url=url), organization, on=on))
    word = "on" if on else "off"
    say((_OFF if not on else "All AI is on again.") if changed else f"All AI is {word} already. Nothing was changed.")
    return 0


async def _switch(settings: Settings, organization: str | None, *, on: bool) -> bool:
    async with live(settings) as world:
        return await boundaries.switch_ai(world, operator(await chosen(world, organization)), on=on)
