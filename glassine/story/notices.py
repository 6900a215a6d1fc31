"""Tells the team that somebody waits, or a call: by mail when a mail server is set. The browser hears it from the live stream."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from glassine.store import calls, house, jobs, people, sessions
from glassine.story.world import World
from glassine.words.actions import CallId, CallState
from glassine.words.errors import CrossingRefused
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId, SessionId
from glassine.words.people import Person, Role
from glassine.words.sessions import OwnerKind, Session
from glassine.words.work import JobKind, NewJob

_log = logging.getLogger(__name__)


async def handoff_waits(world: World, org: OrgId, id: SessionId, key: str = "") -> None:
    """One mail to each address in the settings, or else to owners and admins. No word of the conversation leaves: only number, reason and link.

    Several addresses become a job each, known by its `key`: where one fails, the others do not get the mail again.
    """
    async with world.store.tx(org) as tx:
        session = await sessions.load(tx, org, id)
        row = await house.load(tx, org)
        team = await people.all_of(tx, org)
    if session.owner.kind is not OwnerKind.TEAM or not session.open:
        return  # somebody was quicker
    to = OrgSettings.read(row["settings"]).notify or _deciders(team)
    due = f" by {session.deadline:%H:%M} UTC" if session.deadline else ""
    text = (
        f"A customer of {row['name']} waits for a person{due}.\n\nSession #{session.ticket_number}, channel {session.channel}.\n"
        f"Open it: {world.settings.url}/inbox/sessions/{id}\n"
    )
    await _to_each(world, org, Notice(JobKind.NOTIFY_HANDOFF, id, session, f"#{session.ticket_number}: a customer waits for a person", text), to, key)


async def approval_waits(world: World, org: OrgId, call: CallId, key: str = "") -> None:
    """The same for a call that waits for somebody of the team: the action's name, and no value of the call."""
    async with world.store.tx(org) as tx:
        waiting = (await calls.load(tx, org, call)).call
        session = await sessions.load(tx, org, waiting.session)
        row = await house.load(tx, org)
        team = await people.all_of(tx, org)
    if waiting.state is not CallState.APPROVAL or not session.open:
        return
    to = OrgSettings.read(row["settings"]).notify or _deciders(team)
    text = (
        f"The AI asks for {waiting.name}, and somebody of {row['name']} has to agree within 24 hours.\n\nSession #{session.ticket_number}, channel {session.channel}.\n"
        f"Look at it: {world.settings.url}/inbox/sessions/{session.id}\n"
    )
    await _to_each(world, org, Notice(JobKind.NOTIFY_APPROVAL, call, session, f"#{session.ticket_number}: a call waits for your approval", text), to, key)


def _deciders(team: Sequence[Person]) -> tuple[str, ...]:
    return tuple(p.email for p in team if p.role in (Role.OWNER, Role.ADMIN) and p.disabled_at is None)


class Notice(NamedTuple):
    """One mail to several addresses, and the job that it belongs to."""

    kind: JobKind
    ref: UUID
    session: Session
    subject: str
    text: str


async def _to_each(world: World, org: OrgId, notice: Notice, to: Sequence[str], key: str) -> None:
    each = {f"{notice.kind}:{notice.ref}:{world.master.digest('notice', address).hex()[:32]}": address for address in to}
    if len(each) > 1 and key.count(":") < 2:
        async with world.store.tx(org) as tx:
            for one in each:
                await jobs.add(tx, org, NewJob(kind=notice.kind, ref=notice.ref, key=one, dedupe=one))
        return
    for one, address in each.items():
        if one == key or key.count(":") < 2:
            await _send(world, org, notice.session, address, notice)


async def _send(world: World, org: OrgId, session: Session, address: str, notice: Notice) -> None:
    """While mail is switched off a notice is refused and recorded at the gate, and not tried again: the inbox shows what waits."""
    try:
        await world.mail.send(address, notice.subject, notice.text, org=org, session=session.id)
    except CrossingRefused as refusal:
        if await world.switches.closed(org, "mail") is None:
            raise
        _log.info("A notice was not sent: %s", refusal)
