"""A test handoff: a real ticket in a connected helpdesk, marked as a test and solved again, so that whoever sets it up sees what their people will see."""

from __future__ import annotations

from typing import NamedTuple

from glassine.rules import ticketing as rules
from glassine.rules.permits import require
from glassine.store import house, people, vault
from glassine.story.helpdesks import helpdesk_reach, setting_up
from glassine.story.helpdesks.helpdesk_reach import asked
from glassine.story.world import World
from glassine.words.deliveries import DeliveryFailed
from glassine.words.errors import Refused
from glassine.words.helpdesks import Connected, Draft, Entry, HelpdeskId, Requester, Speaker
from glassine.words.ids import PersonId, SessionId, new_id
from glassine.words.people import Actor, Verb
from glassine.words.sessions import ChannelKind


class Tried(NamedTuple):
    """The ticket that was opened, and (empty: all went well) what did not work after that."""

    id: str
    url: str
    trouble: str


async def hand_off(world: World, actor: Actor, id: HelpdeskId) -> Tried:
    """Opens a ticket, writes on it and solves it. Raises DeliveryFailed where none could be opened, and Refused (403) while helpdesks are switched off."""
    require(actor, Verb.CHANGE_SETTINGS)
    await world.switches.admit(actor.org, "helpdesk")
    desk = await setting_up.load(world, actor, id)
    there = await helpdesk_reach.reached(world, actor.org, desk)
    draft = _draft(world, actor, desk, await _email(world, actor))
    there.link.tells(values=(draft.requester.email, draft.requester.name), ours=(str(draft.session), draft.requester.key))
    ticket = await asked(there.module.open(there.link, draft, str(draft.session)), there.secrets)
    async with world.store.tx(actor.org) as tx:
        await vault.audit(tx, actor, "helpdesk.test", "helpdesk", id, {"name": desk.name, "kind": desk.kind})
    try:
        await asked(there.module.set_status(there.link, ticket, solved=True), there.secrets)
    except DeliveryFailed as failed:
        return Tried(ticket.id, ticket.url, f"The ticket could not be solved again: {failed.message}")
    return Tried(ticket.id, ticket.url, "")


async def _email(world: World, actor: Actor) -> str:
    """The ticket's requester is whoever tries it: no customer, and somebody who knows what it is."""
    async with world.store.tx(actor.org) as tx:
        team = await people.all_of(tx, actor.org)
        known = {person.id: person.email for person in team}
        found = known.get(PersonId(actor.id)) if actor.id else None
        row = await house.load(tx, actor.org)
    if not found and not team:
        raise Refused(f"Nobody of {row['name']} has an e-mail address that a test ticket could be for.")
    return found or team[0].email


def _draft(world: World, actor: Actor, desk: Connected, email: str) -> Draft:
    id, now = SessionId(new_id()), world.clock()
    said = [
        Entry(marker=f"gls{new_id().hex[:24]}", speaker=Speaker.CUSTOMER, author="Customer", text="This is a test of the handoff. Nobody waits for an answer.", public=True, at=now),
        Entry(marker=f"gls{new_id().hex[:24]}", speaker=Speaker.AI, author="AI", text="I hand this over to my colleagues.", public=True, at=now),
    ]
    values = {
        "session_id": str(id), "number": "0", "link": f"{world.settings.url}/settings/helpdesks/{desk.id}", "channel": "web", "language": "en", "sentiment": "neutral",
        "reasons": "user_requested_human_assistance", "summary": "A test ticket.", "contact_id": str(actor.id or id),
    }
    return Draft(
        session=id, marker=f"gls{id.hex[:24]}", number=0, subject=f"Test of the handoff to {desk.name}", summary="A test ticket, solved at once. Everything is set up.",
        reasons=("user_requested_human_assistance",), sentiment="neutral", language="en", channel="web", link=values["link"],
        tags=(*rules.tags(ChannelKind.WEB, "neutral", rules.lines(desk.settings.get("tags", ""))), rules.TEST), priority=desk.settings.get("priority", ""),
        group=desk.settings.get("group", ""), fields=rules.mapped(desk.settings.get("mapping", ""), values, {}), requester=Requester(key=f"test-{actor.id or id}", email=email, name=actor.name),
        transcript=tuple(said),
    )
