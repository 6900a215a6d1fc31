"""Tells the team that somebody waits: by mail when a mail server is set. The browser hears it from the live stream."""

from __future__ import annotations

import logging

from glassine.store import house, jobs, people, sessions
from glassine.story.world import World
from glassine.words.errors import CrossingRefused
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId, SessionId
from glassine.words.people import Role
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
    to = OrgSettings.read(row["settings"]).notify or tuple(p.email for p in team if p.role in (Role.OWNER, Role.ADMIN) and p.disabled_at is None)
    due = f" by {session.deadline:%H:%M} UTC" if session.deadline else ""
    text = (
        f"A customer of {row['name']} waits for a person{due}.\n\nSession #{session.ticket_number}, channel {session.channel}.\n"
        f"Open it: {world.settings.url}/inbox/sessions/{id}\n"
    )
    each = {f"{JobKind.NOTIFY_HANDOFF}:{id}:{world.master.digest('notice', address).hex()[:32]}": address for address in to}
    if len(each) > 1 and key.count(":") < 2:
        async with world.store.tx(org) as tx:
            for one in each:
                await jobs.add(tx, org, NewJob(kind=JobKind.NOTIFY_HANDOFF, ref=id, key=one, dedupe=one))
        return
    for one, address in each.items():
        if one == key or key.count(":") < 2:
            await _send(world, org, session, address, text)


async def _send(world: World, org: OrgId, session: Session, address: str, text: str) -> None:
    """While mail is switched off a notice is refused and recorded at the gate, and not tried again: the inbox shows what waits."""
    try:
        await world.mail.send(address, f"#{session.ticket_number}: a customer waits for a person", text, org=org, session=session.id)
    except CrossingRefused as refusal:
        if await world.switches.closed(org, "mail") is None:
            raise
        _log.info("A notice was not sent: %s", refusal)
