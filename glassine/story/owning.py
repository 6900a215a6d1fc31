"""Who owns a session, and the only moves that change it: to the team, a person, a helpdesk or the AI. Each is made in the caller's transaction, with its event.

A move is compare and set: it is made from whom the caller saw (`was`), and only while the session is open. False: somebody was quicker, and nothing has
changed. A turn makes the same move in the statement that settles it (store/messages.sql), because it has to be one with what it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from glassine.rules import autopilot as rules
from glassine.rules import tone
from glassine.rules.reactions import jobs_for
from glassine.store import Tx, autopilot, events, house, jobs, sessions, tickets
from glassine.store.live import notify
from glassine.story import summarising
from glassine.story.behaviour import autopilot as rulebooks
from glassine.story.world import World
from glassine.words.helpdesks import HelpdeskId
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId, PersonId, SessionId
from glassine.words.people import Actor, ActorKind
from glassine.words.sessions import AI, EventType, Owner, OwnerKind

_REMEMBERED = 20  # messages that a summary looks back on


class By(NamedTuple):
    """Who makes the move: a person, a program, or nobody but the system."""

    kind: ActorKind = ActorKind.SYSTEM
    id: UUID | None = None

    @classmethod
    def of(cls, actor: Actor) -> By:
        return cls(actor.kind, actor.id)


SYSTEM = By()


async def to_team(
    world: World, tx: Tx, org: OrgId, session: SessionId, why: str = "", *, was: Owner | None = None, by: By = SYSTEM, type: EventType = EventType.TEAM_ASSIGNED_BY_SYSTEM,
) -> bool:
    """Into the team's queue, with a deadline, and the team is told. `why` is a sentence of ours that the inbox shows."""
    summary, mood = await _left_by_the_ai(tx, org, session)
    until = await patience(tx, org, world.clock())
    if not await sessions.own(tx, org, session, Owner(kind=OwnerKind.TEAM), was=was, patience=until, summary=summary, sentiment=mood):
        return False
    await _noted(tx, org, session, type, by, {**({"why": why} if why else {}), **({} if mood else {"moved": True})})  # from other people, which is no second handoff
    await _better(world, tx, org, session, summary)
    for follow in jobs_for(type, session):
        await jobs.add(tx, org, follow)
    return True


async def to_helpdesk(world: World, tx: Tx, org: OrgId, session: SessionId, helpdesk: HelpdeskId, name: str, *, was: Owner | None = None, by: By = SYSTEM) -> bool:
    """To the people who work there, with a deadline. Whoever calls sees to the ticket, in the same transaction (ticketing.begin)."""
    summary, mood = await _left_by_the_ai(tx, org, session)
    until, owner = await patience(tx, org, world.clock()), Owner(kind=OwnerKind.HELPDESK, id=helpdesk)
    if not await sessions.own(tx, org, session, owner, was=was, patience=until, summary=summary, sentiment=mood):
        return False
    await _noted(tx, org, session, EventType.HANDOFF_TO_THIRD_PARTY, by, {"helpdesk": str(helpdesk), "name": name})
    await _better(world, tx, org, session, summary)
    return True


async def to_person(world: World, tx: Tx, org: OrgId, session: SessionId, person: PersonId, name: str, *, was: Owner | None = None, by: By) -> bool:
    """To somebody who may answer; the deadline of whoever waits stays until they are answered. Whoever calls holds the session and knows that this person stays."""
    before = (await sessions.load(tx, org, session)).owner
    summary, mood = await _left_by_the_ai(tx, org, session)
    if not await sessions.own(tx, org, session, Owner(kind=OwnerKind.PERSON, id=person), was=was, summary=summary, sentiment=mood):
        return False
    takes = before.kind is OwnerKind.AI and person == by.id
    payload: dict[str, Any] = {"assignee": str(person), "name": name}
    if before.kind is OwnerKind.HELPDESK:
        payload |= {"helpdesk": str(before.id), "from": before.name}
    await _noted(tx, org, session, EventType.AGENT_TOOK_SESSION_FROM_AI if takes else EventType.AGENT_ASSIGNED_BY_USER, by, payload)
    await _better(world, tx, org, session, summary)
    return True


async def to_ai(tx: Tx, org: OrgId, session: SessionId, *, was: Owner | None = None, by: By) -> bool:
    """The AI answers from now on. Whoever calls sees to a turn for a customer who waits."""
    if not await sessions.own(tx, org, session, AI, was=was):
        return False
    await _noted(tx, org, session, EventType.AI_RESUMED_BY_SYSTEM, by, {})
    return True


async def _left_by_the_ai(tx: Tx, org: OrgId, session: SessionId) -> tuple[str | None, str | None]:
    """What people read first when no turn has handed it to them: the summary and the mood, out of the customer's own masked words."""
    if (await sessions.load(tx, org, session)).owner.kind is not OwnerKind.AI:
        return None, None
    history = [event for event in await events.recent(tx, org, session, limit=_REMEMBERED) if not event.redacted and not event.payload.get("initial")]
    said = [event.text for event in history if event.type is EventType.MESSAGE and event.actor is ActorKind.USER]
    return rules.summary(history), str(tone.sentiment(said))


async def _better(world: World, tx: Tx, org: OrgId, session: SessionId, summary: str | None) -> None:
    """By the model, if there is one and this was taken from the AI."""
    if summary is not None and summarising.wanted(world, OrgSettings.read((await house.load(tx, org))["settings"])):
        await jobs.add(tx, org, summarising.job(session))


async def _noted(tx: Tx, org: OrgId, session: SessionId, type: EventType, by: By, payload: Mapping[str, Any]) -> None:
    await events.append(tx, org, session, type, by.kind, actor_id=by.id, payload=payload)
    if by.kind is not ActorKind.SYSTEM:
        await tickets.stays(tx, org, session)
    await notify(tx, org, session, "owner")


async def patience(tx: Tx, org: OrgId, now: datetime) -> timedelta:
    """How long a customer may wait from now on before the session is overdue."""
    minutes = OrgSettings.read((await house.load(tx, org))["settings"]).patience
    return rulebooks.patience(await autopilot.newest(tx, org), now, minutes)
