"""`glassine replay ID`: a turn, or every turn of a session, computed once more and compared. 0: nothing differs, 1: something does or was refused."""

from __future__ import annotations

import asyncio
import sys
from uuid import UUID

from glassine.config import Settings
from glassine.proof import replay
from glassine.story.world import live
from glassine.words.errors import Misconfigured, Refused
from glassine.words.replays import Replay


def run(settings: Settings, id: str, *, as_json: bool = False) -> int:
    """Raises Misconfigured and NotFound."""
    try:
        wanted = UUID(id)
    except ValueError:
        raise Misconfigured("Name a turn or a session by its id, as it stands in the address of its page.") from None
    found = asyncio.run(_replayed(settings, wanted))
    text = replay.as_json(found) if as_json else "\n".join(line for one in found for line in replay.told(one)) or "This session has no turns."
    sys.stdout.write(text + "\n")
    return 0 if all(isinstance(one, Replay) and one.same for one in found) else 1


async def _replayed(settings: Settings, id: UUID) -> list[Replay | Refused]:
    async with live(settings) as world:
        return await replay.replays(world, id)
