"""The better summary of a session that went to people: by the language model where there is one, written over the one of the customer's own words. Nobody waits for it for long."""

from __future__ import annotations

import asyncio
import logging
import time

from glassine.rules import summarising
from glassine.store import events, jobs, sessions
from glassine.store.live import notify
from glassine.story.models.chain import model_for, operator
from glassine.story.world import World
from glassine.words.errors import CrossingRefused, ModelFailed
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId, SessionId
from glassine.words.models import Use, chosen
from glassine.words.sessions import OwnerKind
from glassine.words.work import JobKind, NewJob

_log = logging.getLogger(__name__)
_REMEMBERED = 60  # messages
_PATIENCE, _EACH = 3.0, 0.2  # seconds that a ticket waits for it, and between two looks


def wanted(world: World, settings: OrgSettings) -> bool:
    """Whether a model is set that would be asked."""
    return bool(chosen(settings, Use.SUMMARISE, operator(world)))


def job(session: SessionId) -> NewJob:
    key = f"{JobKind.SUMMARISE}:{session}"
    return NewJob(kind=JobKind.SUMMARISE, ref=session, key=key, dedupe=key)


async def run(world: World, org: OrgId, id: SessionId) -> None:
    """Asks once. Where the model fails, is switched off or says what nobody said, the summary of the customer's own words stays."""
    settings = await world.switches.of(org)
    model = await model_for(world, org, settings, Use.SUMMARISE)
    if model is None or settings.ai_off:
        return
    async with world.store.tx(org) as tx:
        session = await sessions.load(tx, org, id)
        history = [event for event in await events.recent(tx, org, id, limit=_REMEMBERED) if not event.redacted and not event.payload.get("initial")]
    if session.handed_off_at is None or session.owner.kind is OwnerKind.AI or not history:
        return
    try:
        answer = await model.complete(summarising.asked(history), org=org, session=id)
    except (ModelFailed, CrossingRefused) as failure:
        _log.info("A session keeps the summary of the customer's own words: %s", type(failure).__name__)
        return
    if found := summarising.read(answer.text, history):
        async with world.store.tx(org) as tx:
            if await sessions.sum_up(tx, org, session, found.text, found.mood):
                await notify(tx, org, id, "owner")


async def awaited(world: World, org: OrgId, id: SessionId) -> None:
    """Until it has been written or given up, and not for longer than a few seconds."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        async with world.store.tx(org) as tx:
            if not await jobs.waits(tx, org, job(id).key):
                return
        await asyncio.sleep(_EACH)
