"""Tells the team that somebody waits, or a call: by mail when a mail server is set. The browser hears it from the live stream. No word of a conversation leaves."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from glassine.rules import office_hours
from glassine.store import autopilot, calls, house, jobs, owners, people, sessions
from glassine.story import on_call
from glassine.story.on_call import Recipient
from glassine.story.world import World
from glassine.words.actions import CallId, CallState
from glassine.words.autopilot import Hours
from glassine.words.errors import CrossingRefused
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId, SessionId
from glassine.words.people import Person
from glassine.words.sessions import OwnerKind, Session
from glassine.words.work import JobKind, NewJob

_log = logging.getLogger(__name__)
_SKEW = timedelta(seconds=30)  # between our clock and the database's


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One mail to several addresses, and the job that it belongs to. `stage` and `since` say of what: each address is told of it once."""

    kind: JobKind
    ref: UUID
    session: Session
    subject: str
    text: str
    stage: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Team:
    """What a notice needs to know of an organisation."""

    name: str
    settings: OrgSettings
    people: Sequence[Person]
    hours: Hours


async def handoff_waits(world: World, org: OrgId, id: SessionId, key: str = "") -> datetime | None:
    """One mail to each on the first list, or else to owners and admins. Returns until when it waits, if nobody is in.

    Several addresses become a job each, known by its `key`: where one fails, the others do not get the mail again.
    """
    session, team = await _read(world, org, id)
    if session.owner.kind is not OwnerKind.TEAM or not session.open:
        return None  # somebody was quicker
    if later := _closed_until(world, team):
        return later
    due = f" by {session.deadline:%H:%M} UTC" if session.deadline else ""
    text = f"A customer of {team.name} waits for a person{due}.\n\n{_where(world, session)}"
    notice = Notice(
        kind=JobKind.NOTIFY_HANDOFF, ref=id, session=session, subject=f"#{session.ticket_number}: a customer waits for a person", text=text, stage="waits", since=session.handed_off_at,
    )
    await _to_each(world, org, notice, on_call.recipients(team.settings.notify, team.people), key)
    return None


async def overdue(world: World, org: OrgId, id: SessionId, key: str = "") -> datetime | None:
    """The same to the second list, once the deadline has passed, and to whoever owns the session."""
    session, team = await _read(world, org, id)
    if session.deadline is None or session.deadline > world.clock() + _SKEW or not session.open:
        return None  # somebody has answered
    if later := _closed_until(world, team):
        return later
    person = session.owner.kind is OwnerKind.PERSON
    who = f"{session.owner.name} owns it." if person else f"{session.owner.name or 'A helpdesk'} owns it." if session.owner.kind is OwnerKind.HELPDESK else "Nobody has taken it."
    text = f"A customer of {team.name} has waited since before {session.deadline:%H:%M} UTC, when somebody should have answered. {who}\n\n{_where(world, session)}"
    notice = Notice(kind=JobKind.ESCALATE, ref=id, session=session, subject=f"#{session.ticket_number}: nobody has answered in time", text=text, stage="overdue", since=session.deadline)
    await _to_each(world, org, notice, on_call.recipients(team.settings.escalate, team.people, also=session.owner.id if person else None), key)
    return None


async def _read(world: World, org: OrgId, id: SessionId) -> tuple[Session, _Team]:
    async with world.store.tx(org) as tx:
        session = await sessions.load(tx, org, id)
        row = await house.load(tx, org)
        hours = Hours.read((await autopilot.newest(tx, org)).part("hours"))
        team = await people.all_of(tx, org)
    return session, _Team(name=row["name"], settings=OrgSettings.read(row["settings"]), people=team, hours=hours)


def _closed_until(world: World, team: _Team) -> datetime | None:
    """When the team is in again, where mail waits for that."""
    return office_hours.opens_next(team.hours, world.clock()) if team.settings.notify_in_hours else None


def _where(world: World, session: Session) -> str:
    return f"Session #{session.ticket_number}, channel {session.channel}.\nOpen it: {world.settings.url}/inbox/sessions/{session.id}\n"


async def approval_waits(world: World, org: OrgId, call: CallId, key: str = "") -> None:
    """The same for a call that waits for somebody of the team: the action's name, and no value of the call."""
    async with world.store.tx(org) as tx:
        waiting = (await calls.load(tx, org, call)).call
    session, team = await _read(world, org, waiting.session)
    if waiting.state is not CallState.APPROVAL or not session.open:
        return
    text = (
        f"The AI asks for {waiting.name}, and somebody of {team.name} has to agree within 24 hours.\n\nSession #{session.ticket_number}, channel {session.channel}.\n"
        f"Look at it: {world.settings.url}/inbox/sessions/{session.id}\n"
    )
    notice = Notice(kind=JobKind.NOTIFY_APPROVAL, ref=call, session=session, subject=f"#{session.ticket_number}: a call waits for your approval", text=text)
    await _to_each(world, org, notice, on_call.recipients(team.settings.notify, team.people), key)


async def _to_each(world: World, org: OrgId, notice: Notice, to: Sequence[Recipient], key: str) -> None:
    each = {f"{notice.kind}:{notice.ref}:{world.master.digest('notice', one.address).hex()[:32]}": one for one in to}
    if len(each) > 1 and key.count(":") < 2:
        async with world.store.tx(org) as tx:
            for name in each:
                await jobs.add(tx, org, NewJob(kind=notice.kind, ref=notice.ref, key=name, dedupe=name))
        return
    for name, recipient in each.items():
        if name == key or key.count(":") < 2:
            await _send(world, org, recipient, notice)


async def _send(world: World, org: OrgId, to: Recipient, notice: Notice) -> None:
    """Once for each handoff and deadline, and written down. While mail is switched off a notice is refused and recorded at the gate, and not tried again: the inbox shows what waits."""
    mark, session = world.master.digest("notice", to.address), notice.session.id
    if notice.since is not None:
        async with world.store.tx(org) as tx:
            if await owners.was_told(tx, org, session, notice.stage, notice.since, mark):
                return
    try:
        left = await world.mail.send(to.address, notice.subject, notice.text, org=org, session=session)
    except CrossingRefused as refusal:
        if await world.switches.closed(org, "mail") is None:
            raise
        _log.info("A notice was not sent: %s", refusal)
        return
    if left and notice.since is not None:
        async with world.store.tx(org) as tx:
            await owners.tell(tx, org, session, notice.stage, notice.since, mark, to.name)
