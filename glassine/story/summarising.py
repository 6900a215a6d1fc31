"""The better summary of a session that went to people: by the language model where there is one, written over the one of the customer's own words.

In the same call it fills in the custom fields that the session's helpdesks want filled. Nobody waits for it for long.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from glassine.rules import custom_fields, summarising
from glassine.rules.policies import policy_of
from glassine.rules.redaction import PLACEHOLDER, cover
from glassine.rules.summarising import Summary
from glassine.store import Tx, events, house, jobs, sessions, summaries, tickets
from glassine.store.live import notify
from glassine.story.models.chain import model_for, operator
from glassine.story.world import World
from glassine.words.custom_fields import Wanted
from glassine.words.errors import CrossingRefused, ModelFailed
from glassine.words.helpdesks import Connected
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId, SessionId
from glassine.words.models import Use, chosen
from glassine.words.sessions import Event, OwnerKind, Session
from glassine.words.summaries import Became, Summing
from glassine.words.turns import Prompt
from glassine.words.work import JobKind, NewJob

_log = logging.getLogger(__name__)
REMEMBERED = 60  # messages
_PATIENCE, _PATIENCE_FOR_FIELDS, _EACH = 3.0, 12.0, 0.2  # seconds that a ticket waits for it, and between two looks


def wanted(world: World, settings: OrgSettings) -> bool:
    """Whether a model is set that would be asked."""
    return bool(asked_first(world, settings))


def asked_first(world: World, settings: OrgSettings) -> str:
    """What people call it; empty: none is set."""
    return next((one.name for one in chosen(settings, Use.SUMMARISE, operator(world))), "")


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
        history = said(await events.recent(tx, org, id, limit=REMEMBERED))
        fields = wanted_of(await tickets.desks_of(tx, org, id))
        mode = await sessions.mode(tx, org, session.channel)
    if session.handed_off_at is None or session.owner.kind is OwnerKind.AI or not history:
        return
    asking = summarising.asked(history, fields)
    summing = Summing(prompt=asking, seen=session.last_seq, model=model.model, wanted=[one.stored() for one in fields], masked=_placeholders(asking))
    try:
        answer = await model.complete(asking, org=org, session=id, asked=summing.asked)
    except (ModelFailed, CrossingRefused) as failure:
        _log.info("A session keeps the summary of the customer's own words: %s", type(failure).__name__)
        summing.notes.append(f"{failure.kind}: {failure}" if isinstance(failure, ModelFailed) else f"refused: {failure}")
        await _keep(world, org, session, summing, None, {})
        return
    policy = policy_of(mode.name, settings, session.channel)
    summing.model, summing.usage = answer.model, {"prompt_tokens": answer.prompt_tokens, "completion_tokens": answer.completion_tokens, "cached_tokens": answer.cached_tokens}
    summing.answer = cover(answer.text, policy, "\n".join(message.content for message in asking.messages))
    found, filled = summarising.read(answer.text, history), summarising.filled(answer.text, history, fields)
    summing.notes += filled.notes
    await _keep(world, org, session, summing, found, filled.fields)


def said(log: Sequence[Event]) -> list[Event]:
    """What is summed up."""
    return [event for event in log if not event.redacted and not event.payload.get("initial")]


def wanted_of(desks: Sequence[Connected]) -> list[Wanted]:
    """The fields that these helpdesks want filled in."""
    return [one for desk in desks for one in custom_fields.wanted(desk.settings.get("filling", ""), desk.forms, str(desk.id))]


def _placeholders(asking: Prompt) -> dict[str, int]:
    """How many values of which kind it does not show."""
    found = {match[0]: match[1].lower() for message in asking.messages[1:] for match in PLACEHOLDER.finditer(message.content)}
    return dict(Counter(found.values()))


async def _keep(world: World, org: OrgId, session: Session, summing: Summing, found: Summary | None, fields: Mapping[str, Mapping[str, str]]) -> None:
    """The summary in the place of the other, and what it was made of; neither where something of the session was removed meanwhile."""
    if (await world.switches.of(org)).ai_off:
        found, fields = None, {}
        summing.notes.append("All AI was switched off while the model was asked: what it wrote is not used.")
    outcome = Became.FAILED if summing.answer is None else Became.REFUSED
    async with world.store.tx(org) as tx:
        if found is not None:
            outcome = Became.WRITTEN if await sessions.sum_up(tx, org, session, found.text, found.mood) else Became.LATE
        if await summaries.keep(tx, org, session, summing, outcome=outcome, fields=fields) and found is not None:
            await notify(tx, org, session.id, "owner")


async def ask_for(world: World, tx: Tx, org: OrgId, session: SessionId, desk: Connected) -> None:
    """A ticket that is begun after the handoff was summed up: what it wants filled in is asked together with a summary of what was said until now."""
    if wanted_of([desk]) and wanted(world, OrgSettings.read((await house.load(tx, org))["settings"])):
        await jobs.add(tx, org, job(session))


async def awaited(world: World, org: OrgId, id: SessionId, *, fills: bool = False) -> None:
    """Until it has been written or given up, and not for longer than a few seconds. `fills`: fields of the ticket hang on it, which nobody fills in later."""
    until = time.monotonic() + (_PATIENCE_FOR_FIELDS if fills else _PATIENCE)
    while time.monotonic() < until:
        async with world.store.tx(org) as tx:
            if not await jobs.waits(tx, org, job(id).key):
                return
        await asyncio.sleep(_EACH)
