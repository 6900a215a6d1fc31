"""What people do with a session: reply, note, take over, hand back, assign, give to a helpdesk, close, reopen. Each is one transaction with its event."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from glassine.rules.permits import answers, require
from glassine.rules.reactions import turn_of
from glassine.store import Tx, deliveries, events, helpdesks, jobs, outgoing, people, sessions, tickets, vault
from glassine.store.live import notify
from glassine.story import owning, summarising
from glassine.story.helpdesks import ticketing
from glassine.story.inbound import LONGEST
from glassine.story.masking import Mask, say, write
from glassine.story.owning import By
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.helpdesks import HELPDESK, HelpdeskId
from glassine.words.ids import EventId, OrgId, PersonId, SessionId
from glassine.words.people import Actor, ActorKind, Role, Verb
from glassine.words.sessions import Event, EventType, OwnerKind, Session, Status

_CLOSED_BY: Mapping[tuple[Status, ActorKind], EventType] = MappingProxyType({
    (Status.CLOSED_RESOLVED, ActorKind.AGENT): EventType.CLOSED_RESOLVED_BY_AGENT,
    (Status.CLOSED_RESOLVED, ActorKind.API): EventType.CLOSED_RESOLVED_BY_API,
    (Status.CLOSED_RESOLVED, ActorKind.USER): EventType.CLOSED_RESOLVED_BY_CONTACT,
    (Status.CLOSED_UNRESOLVED, ActorKind.AGENT): EventType.CLOSED_UNRESOLVED_BY_AGENT,
    (Status.CLOSED_UNRESOLVED, ActorKind.API): EventType.CLOSED_UNRESOLVED_BY_API,
})


async def reply(world: World, actor: Actor, id: SessionId, text: str, *, message: EventId | None = None, takes: bool = False) -> Event:
    """A person's words to the customer. Whoever answers a session that the AI or the queue owns takes it over; one that a helpdesk owns only if they say so (`takes`)."""
    require(actor, Verb.ANSWER)
    _check(text)
    async with world.store.tx(actor.org) as tx:
        session = await sessions.load(tx, actor.org, id)
    if not session.open:
        raise Refused("This session is closed. Reopen it to reply.", status=409, code="session_closed")
    if actor.kind is ActorKind.AGENT and session.owner.kind is OwnerKind.HELPDESK and not takes:
        raise Refused(f"{session.owner.name or 'A helpdesk'} owns this conversation now, and people there answer. Take it back to reply here.", status=409, code="owned_by_helpdesk")
    if actor.kind is ActorKind.AGENT and session.owner.kind is not OwnerKind.PERSON:
        await take_over(world, actor, id)  # before the words, so that the AI cannot speak between
    elif session.owner.kind is OwnerKind.AI:
        await _to_the_queue(world, actor, id)  # somebody behind the API has begun to answer: the AI stops here too
    return await _write(world, actor, id, EventType.AGENT_MESSAGE, text, message)


async def _to_the_queue(world: World, actor: Actor, id: SessionId) -> None:
    async with world.store.tx(actor.org) as tx:
        before = await _open(tx, actor.org, id)
        await owning.to_team(world, tx, actor.org, id, was=before.owner, by=By.of(actor))


async def _open(tx: Tx, org: OrgId, id: SessionId) -> Session:
    """The session, held until the transaction ends. Raises Refused (409) when it is closed."""
    session = await sessions.hold(tx, org, id)
    if not session.open:
        raise Refused("This session is closed. Reopen it first.", status=409, code="session_closed")
    return session


async def leave(world: World, tx: Tx, actor: Actor, person: PersonId) -> None:
    """A person's open sessions go back to the team, in the transaction in which they lose the right to answer."""
    for id in await sessions.held_by(tx, actor.org, person):
        await owning.to_team(world, tx, actor.org, id, by=By.of(actor), type=EventType.AGENT_UNASSIGNED_BY_USER)


async def note(world: World, actor: Actor, id: SessionId, text: str) -> Event:
    """A person's words to the team; the customer never sees them."""
    require(actor, Verb.ANSWER)
    _check(text)
    return await _write(world, actor, id, EventType.AGENT_COMMENT, text)


def _check(text: str) -> None:
    if not text.strip():
        raise Refused("There is nothing to send yet: write something first.")
    if len(text) > LONGEST:
        raise Refused(f"The text has {len(text):,} characters; {LONGEST:,} is the most.", status=413)


async def _write(world: World, actor: Actor, id: SessionId, type: EventType, text: str, message: EventId | None = None) -> Event:
    """Masked like everything that is stored. The same `message` id twice is one event."""

    async def put(mask: Mask, before: Event | None) -> Event:
        if before:
            return before
        masked = await mask.text(world, text)
        async with world.store.tx(actor.org) as tx:
            event = await say(tx, mask, type, actor.kind, id=message, actor_id=actor.id, text=masked.text, payload={"masked": masked.counts} if masked.counts else {})
            if type is EventType.AGENT_MESSAGE:
                await sessions.answered(tx, actor.org, id)
            await notify(tx, actor.org, id, "event")
        return event

    return await write(world, actor.org, id, put, message=message)


async def take_over(world: World, actor: Actor, id: SessionId) -> None:
    """The session is this person's; the AI is silent until it is handed back."""
    require(actor, Verb.ANSWER)
    if actor.kind is not ActorKind.AGENT or actor.id is None:
        raise Refused("Only a person can take a session over.", status=403)
    async with world.store.tx(actor.org) as tx:
        name = await _answering(tx, actor.org, PersonId(actor.id))
        await _open(tx, actor.org, id)
        await owning.to_person(world, tx, actor.org, id, PersonId(actor.id), name, by=By.of(actor))


async def hand_back(world: World, actor: Actor, id: SessionId) -> None:
    """The AI answers the customer's next message, or the last one if nobody has."""
    require(actor, Verb.ANSWER)
    async with world.store.tx(actor.org) as tx:
        await _open(tx, actor.org, id)
        await owning.to_ai(tx, actor.org, id, by=By.of(actor))
        await _wake(tx, actor.org, id)


async def _wake(tx: Tx, org: OrgId, id: SessionId) -> None:
    """A customer who spoke last gets a turn: in their window they can only wait for one."""
    if await sessions.wake(tx, org, id):
        await jobs.add(tx, org, turn_of(id))


async def assign(world: World, actor: Actor, id: SessionId, person: PersonId | None) -> None:
    """To a person of the team, or (None) to the queue."""
    require(actor, Verb.ANSWER)
    async with world.store.tx(actor.org) as tx:
        name = await _answering(tx, actor.org, person) if person else ""  # before the session, in the order in which `leave` locks
        await _open(tx, actor.org, id)
        if person is None:
            await owning.to_team(world, tx, actor.org, id, by=By.of(actor), type=EventType.AGENT_UNASSIGNED_BY_USER)
        else:
            await owning.to_person(world, tx, actor.org, id, person, name, by=By.of(actor))


async def give(world: World, actor: Actor, id: SessionId, helpdesk: HelpdeskId) -> str:
    """To the people who work in a helpdesk, with a ticket there. Returns its name. Raises Refused (409) for one that is disconnected or while nothing may leave for it."""
    require(actor, Verb.ANSWER)
    await world.switches.admit(actor.org, HELPDESK)
    async with world.store.tx(actor.org) as tx:
        to = await helpdesks.load(tx, actor.org, helpdesk, lock=True)
        if to.removed_at is not None:
            raise Refused(f"{to.name} is not connected any more. Choose another helpdesk, or connect it again under Settings › Helpdesks.", status=409)
        before = await _open(tx, actor.org, id)
        if before.owner.id != helpdesk:
            await owning.to_helpdesk(world, tx, actor.org, id, helpdesk, to.name, by=By.of(actor))
            await ticketing.begin(tx, actor.org, id, helpdesk, owns=True)
            await summarising.ask_for(world, tx, actor.org, id, to)
    return to.name


async def try_ticket(world: World, actor: Actor, id: SessionId, helpdesk: HelpdeskId) -> None:
    """A ticket that is in trouble is tried now, and its helpdesk with it. What was given up is taken up again; there is one ticket in the end."""
    require(actor, Verb.ANSWER)
    await world.switches.admit(actor.org, HELPDESK)
    async with world.store.tx(actor.org) as tx:
        await deliveries.alone(tx, [helpdesk])
        to = await helpdesks.load(tx, actor.org, helpdesk)
        if to.removed_at is not None:
            raise Refused(f"{to.name} is not connected any more, so its ticket cannot be written to.", status=409)
        owner = (await _open(tx, actor.org, id)).owner
        await tickets.load(tx, actor.org, id, helpdesk)
        await ticketing.begin(tx, actor.org, id, helpdesk, owns=owner.id == helpdesk)
        await tickets.revive(tx, actor.org, id, helpdesk)
        await outgoing.hurry(tx, actor.org, helpdesk, world.clock())
        await vault.audit(tx, actor, "helpdesk.try_again", "session", id, {"name": to.name})


async def _answering(tx: Tx, org: OrgId, person: PersonId) -> str:
    """The name of somebody who may answer customers, now and until the transaction ends. Raises Refused (409)."""
    row = await people.stay(tx, org, person)
    if row["disabled_at"]:
        raise Refused(f"{row['name']} has left the team. Choose somebody else.", status=409)
    if not answers(Role(row["role"])):
        raise Refused(f"{row['name']} may not answer customers. Choose somebody else.", status=409)
    return str(row["name"])


async def close(world: World, actor: Actor, id: SessionId, status: Status) -> None:
    """Closes as resolved or unresolved; closing again with the same status changes nothing."""
    require(actor, Verb.ANSWER)
    type = _CLOSED_BY.get((status, actor.kind))
    if type is None:
        raise Refused("A session is closed as closed_resolved or closed_unresolved.")
    async with world.store.tx(actor.org) as tx:
        await sessions.load(tx, actor.org, id)
        if await sessions.close(tx, actor.org, id, status):
            await events.append(tx, actor.org, id, type, actor.kind, actor_id=actor.id)
            await notify(tx, actor.org, id, "owner")


async def reopen(world: World, actor: Actor, id: SessionId) -> None:
    """Open again, with the owner it had, or in the queue if that person may not answer any more."""
    require(actor, Verb.ANSWER)
    async with world.store.tx(actor.org) as tx:
        owner = (await sessions.load(tx, actor.org, id)).owner
        gone = owner.kind is OwnerKind.PERSON and not await _still_answers(tx, actor.org, owner.id)  # of helpdesks the watchdog knows
        if await sessions.reopen(tx, actor.org, id, await owning.patience(tx, actor.org, world.clock())):
            await events.append(tx, actor.org, id, EventType.AGENT_REOPENED_SESSION, actor.kind, actor_id=actor.id)
            if gone:
                await owning.to_team(world, tx, actor.org, id, by=By.of(actor), type=EventType.AGENT_UNASSIGNED_BY_USER)
            await _wake(tx, actor.org, id)
            await notify(tx, actor.org, id, "owner")


async def _still_answers(tx: Tx, org: OrgId, person: UUID | None) -> bool:
    try:
        return person is not None and bool(await _answering(tx, org, PersonId(person)))
    except Refused:
        return False
