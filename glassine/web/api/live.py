"""The widget's live stream: states while a turn runs, the sentences of its answer that have passed, then what was settled. Words that have not been checked are never shown."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from fastapi import Request

from glassine.rules.redaction import PLACEHOLDER, restore
from glassine.store.live import Notice
from glassine.story import conversations, saying
from glassine.story.actions import continuing
from glassine.story.visitor import Visitor
from glassine.story.world import World
from glassine.web.api import files, shapes
from glassine.words.sessions import EventType, OwnerKind, Session

_BEAT = 15.0  # seconds between signs of life
_REMOVALS = frozenset({EventType.MESSAGE_REDACTED, EventType.SESSION_REDACTED})
_LONGEST = 600.0  # seconds; the widget connects anew


async def events(request: Request, world: World, who: Visitor, session: Session) -> AsyncGenerator[str, None]:
    """The session as it is now, then whatever happens, until the visitor leaves."""
    seen, draft = session.last_seq, ""
    end = asyncio.get_running_loop().time() + _LONGEST
    async with world.live.listen(who.org, session.id) as notices:
        while not await request.is_disconnected() and asyncio.get_running_loop().time() < end and not await world.switches.closed(who.org, "web"):
            session, seen, found = await _news(world, who, session, seen)  # also before the first notice: what came before we listened sent none to us
            for item in found:
                yield _event("message", item)
            yield _event("session", shapes.widget_session(session))
            if draft != (draft := _being_written(world, session) or ""):
                yield _event("draft", {"text": await _theirs(world, who, session, draft)})
            async for event in _until_news(notices):
                if event:
                    yield event
                elif (now := _being_written(world, session)) not in (None, draft):
                    draft = now or ""
                    yield _event("draft", {"text": await _theirs(world, who, session, draft)})


async def _until_news(notices: asyncio.Queue[Notice]) -> AsyncIterator[str]:
    """Passing states, and an empty text where what is being written may have changed, until something was written or a beat went by in silence."""
    with contextlib.suppress(TimeoutError):
        while (notice := await asyncio.wait_for(notices.get(), timeout=_BEAT)).kind.startswith(("state:", "step:", "typing", saying.KIND)):
            if notice.kind == saying.KIND:
                yield ""
            elif notice.kind.startswith("state:"):  # steps, and who of the team types, are for the team
                yield _event("state", {"state": notice.kind.removeprefix("state:")})


def _being_written(world: World, session: Session) -> str | None:
    """The sentences of the answer that a turn of this process is writing, as far as they have passed; None: no turn is running, and what was settled tells the rest.

    Nothing once somebody else owns the session, or the customer wrote again.
    """
    if session.owner.kind is not OwnerKind.AI or not session.open or session.settled_seq >= session.last_user_seq:
        return ""
    turns = [one for one in world.turning.values() if one.session == session.id]
    return next((one.shown for one in turns if one.seq == session.last_user_seq), "") if turns else None


async def _theirs(world: World, who: Visitor, session: Session, text: str) -> str:
    """With the customer's own values in place."""
    return restore(text, await conversations.restorer(world, who.org, session.id)) if PLACEHOLDER.search(text) else text


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
