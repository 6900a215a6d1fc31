"""The widget's live stream: states while a turn runs, then what was settled. Words that have not been checked are never shown."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from fastapi import Request

from glassine.rules.redaction import restore
from glassine.store.live import Notice
from glassine.story import continuing, conversations
from glassine.story.visitor import Visitor
from glassine.story.world import World
from glassine.web.api import files, shapes
from glassine.words.sessions import EventType, Session

_BEAT = 15.0  # seconds between signs of life
_REMOVALS = frozenset({EventType.MESSAGE_REDACTED, EventType.SESSION_REDACTED})
_LONGEST = 600.0  # seconds; the widget connects anew


async def events(request: Request, world: World, who: Visitor, session: Session) -> AsyncGenerator[str, None]:
    """The session as it is now, then whatever happens, until the visitor leaves."""
    seen = session.last_seq
    end = asyncio.get_running_loop().time() + _LONGEST
    async with world.live.listen(who.org, session.id) as notices:
        while not await request.is_disconnected() and asyncio.get_running_loop().time() < end and not await world.switches.closed(who.org, "web"):
            session, seen, found = await _news(world, who, session, seen)  # also before the first notice: what came before we listened sent none to us
            for item in found:
                yield _event("message", item)
            yield _event("session", shapes.widget_session(session))
            async for passing in _until_news(notices):
                yield passing


async def _until_news(notices: asyncio.Queue[Notice]) -> AsyncIterator[str]:
    """Passing states, until something was written or a beat went by in silence."""
    with contextlib.suppress(TimeoutError):
        while (notice := await asyncio.wait_for(notices.get(), timeout=_BEAT)).kind.startswith(("state:", "step:", "typing")):
            if notice.kind.startswith("state:"):  # steps, and who of the team types, are for the team
                yield _event("state", {"state": notice.kind.removeprefix("state:")})


async def _news(world: World, who: Visitor, session: Session, seen: int) -> tuple[Session, int, list[shapes.Json]]:
    session = await conversations.session(world, who.org, session.id)
    log = await conversations.timeline(world, who.org, session.id, after=seen)
    if any(event.type in _REMOVALS for event in log):  # what is on the screen has changed: the widget puts the emptied rows in place of the old ones
        log = [event for event in await conversations.timeline(world, who.org, session.id) if event.seq > seen or event.redacted]
    tokens = await conversations.restorer(world, who.org, session.id) if log else {}
    calls = await continuing.shown(world, who.org, session.id, log, tokens)
    items = [shapes.widget_item(event, restore(event.text, tokens), tokens, calls) for event in log]
    return session, max([seen, *(event.seq for event in log)]), [await files.signed(world, who.org, item) for item in items if item]


def _event(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
