"""Tells the team that somebody waits: by mail when a mail server is set. The browser hears it from the live stream."""

from __future__ import annotations

import logging

from glassine.store import house, people, sessions
from glassine.story.world import World
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId, SessionId
from glassine.words.people import Role
from glassine.words.sessions import OwnerKind

_log = logging.getLogger(__name__)


async def handoff_waits(world: World, org: OrgId, id: SessionId) -> None:
    """One mail to each address in the settings, or else to owners and admins. No word of the conversation leaves: only number, reason and link."""
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
    for address in to:
        await world.mail.send(address, f"#{session.ticket_number}: a customer waits for a person", text, org=org, session=id)
