"""A session's ticket in a helpdesk, from its beginning to its end: opened with all that was said, told what is said later, and taken back when that fails.

What a ticket says stands in filing.py, what is heard of one in hooks.py. When something is tried again is decided by whoever delivers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from glassine import connect
from glassine.rules import ticketing as rules
from glassine.store import Tx, events, helpdesks, sessions, tickets
from glassine.store.live import notify
from glassine.story import owning, summarising
from glassine.story.helpdesks import filing
from glassine.story.helpdesks.helpdesk_reach import Reached, asked, reached
from glassine.story.world import World
from glassine.words.channels import Connector
from glassine.words.deliveries import Brought, Delivery, DeliveryFailed, DeliveryId, Destination, Effect
from glassine.words.helpdesks import Connected, Draft, Filed, Guarantee, HelpdeskId, Ticket
from glassine.words.ids import OrgId, SessionId
from glassine.words.people import ActorKind
from glassine.words.sessions import EventType, Owner, OwnerKind, Session

FIRST_LOOK = timedelta(minutes=2)
_TELLS_AFTER = 3  # tries to open a ticket
_TAKES_BACK_AFTER = 3  # tries to write on one that is open: a hiccup of seconds moves nobody


async def begin(tx: Tx, org: OrgId, session: SessionId, helpdesk: HelpdeskId, *, owns: bool) -> None:
    """The session gets a ticket there, in the caller's transaction. One that is there already is gone on with: a session never has two in one helpdesk."""
    filed = await tickets.begin(tx, org, session, helpdesk, owns=owns)
    if filed.external_id:
        if filed.solved:
            await tickets.deliver(tx, org, session, helpdesk, Effect.STATUS)
    elif not await tickets.opening(tx, org, session, helpdesk):
        await tickets.deliver(tx, org, session, helpdesk, Effect.OPEN)


async def ready(world: World, tx: Tx, org: OrgId, begun: Sequence[Delivery]) -> dict[DeliveryId, None]:  # noqa: ARG001 - the dispatcher asks every target
    """A try reads by itself what it needs: few begin at one moment, and each needs more than rows."""
    return dict.fromkeys(one.id for one in begun)


async def bring(world: World, org: OrgId, delivery: Delivery, ready: None = None) -> Brought:  # noqa: ARG001 - as above
    """Tries one effect once. Returns the helpdesk's id of what came of it, or nothing where there is nothing to do any more. Raises DeliveryFailed."""
    return Brought(external=await _bring(world, org, delivery))


async def arrived(world: World, tx: Tx, org: OrgId, brought: Sequence[tuple[Delivery, Brought]]) -> None:
    """Nothing is kept beside what `bring` has written down."""


async def _bring(world: World, org: OrgId, delivery: Delivery) -> str:
    assert delivery.session is not None, "a helpdesk's deliveries are of a session"
    async with world.store.tx(org) as tx:
        desk = await helpdesks.load(tx, org, HelpdeskId(delivery.target_id))
        filed = await tickets.load(tx, org, delivery.session, desk.id)
        session = await sessions.load(tx, org, delivery.session)
    if desk.removed_at is not None or filed.gone_at is not None:
        return ""
    there = await reached(world, org, desk, delivery.session, filed)
    there.link.tells(ours=(str(delivery.id), str(session.contact)))
    if delivery.effect is Effect.OPEN:
        return filed.external_id or await _open(world, org, delivery, desk, there)
    if delivery.effect is Effect.SAY:
        return await _say(world, org, delivery, desk, filed, there)
    return await _set_status(world, org, filed, session, there)


async def _open(world: World, org: OrgId, delivery: Delivery, desk: Connected, there: Reached) -> str:
    """With everything that was said until this was first tried. After an outcome that nobody knows it is looked for first."""
    assert delivery.session is not None, "as above"
    await summarising.awaited(world, org, delivery.session, fills=bool(summarising.wanted_of([desk])))
    tell = await filing.teller(world, org, delivery.session, desk, there.module)
    who = tell.requester()
    if rules.lacks(there.module.needs, {"email": who.email, "phone": who.phone, "name": who.name}):
        raise Lacking(there.module.needs)
    async with world.store.tx(org) as tx:
        upto = await tickets.fix_carried(tx, org, delivery.session, desk.id)
    draft = await filing.draft(world, tell, desk, upto)
    tell.noted(there.link)
    ticket = await _found(there, draft, delivery) if delivery.doubtful else None
    if ticket is None:
        ticket = await asked(there.module.open(there.link, draft, str(delivery.id)), there.secrets)
    async with world.store.tx(org) as tx:
        await tickets.opened(tx, org, delivery.session, desk.id, ticket, look_at=world.clock() + FIRST_LOOK)
        await notify(tx, org, delivery.session, "owner")
    return ticket.id


class Lacking(DeliveryFailed):
    """The contact has nothing of what the helpdesk needs of a requester, or it may not be told."""

    def __init__(self, needs: tuple[str, ...]) -> None:
        wanted = " or ".join({"email": "an e-mail address", "phone": "a phone number", "name": "a name"}.get(one, one) for one in needs)
        super().__init__(f"The helpdesk opens tickets only for somebody with {wanted}, and none is known of this contact, or may be told. The ticket is opened when there is one.", again=False)


async def _found(there: Reached, draft: Draft, delivery: Delivery) -> Ticket | None:
    """The ticket of an earlier try, with what that try had not brought onto it any more."""
    if there.module.guarantees[Effect.OPEN] is not Guarantee.LOOKUP:
        return None
    ticket = await asked(there.module.find(there.link, draft.marker), there.secrets)
    if ticket is not None and there.module.guarantees[Effect.SAY] is Guarantee.LOOKUP:
        for entry in draft.transcript:
            if await asked(there.module.said(there.link, ticket, entry.marker), there.secrets) is None:
                await asked(there.module.say(there.link, ticket, entry, f"{delivery.id}:{entry.marker}"), there.secrets)
    return ticket


async def _say(world: World, org: OrgId, delivery: Delivery, desk: Connected, filed: Filed, there: Reached) -> str:
    event = await filing.event_of(world, org, delivery.ref)
    if event is None or not filing.says(event) or (filed.carried is not None and event.seq <= filed.carried):
        return ""
    if not filed.external_id:
        if filed.carried is None:
            return ""  # whoever opens the ticket takes it along
        raise DeliveryFailed("The ticket that it belongs to has not been opened.", again=False)
    tell = await filing.teller(world, org, filed.session, desk, there.module)
    entry = await filing.one(world, tell, event)
    tell.noted(there.link)
    if delivery.doubtful and there.module.guarantees[Effect.SAY] is Guarantee.NONE:
        raise Undecided(delivery.why)
    if delivery.doubtful and there.module.guarantees[Effect.SAY] is Guarantee.LOOKUP:
        said = await asked(there.module.said(there.link, filed.ticket, entry.marker), there.secrets)
        if said is not None:
            return said
    return await asked(there.module.say(there.link, filed.ticket, entry, str(delivery.id)), there.secrets)


class Undecided(DeliveryFailed):
    """It may stand there already, and nobody can be asked: sent again by itself, the same words might be read twice. `why`: what the earlier try said."""

    _WORDS = "Whether this arrived is not known, and this helpdesk cannot be asked. Look there, and choose It arrived or Send again under Settings, Deliveries."

    def __init__(self, why: str) -> None:
        before = "" if why.startswith(self._WORDS) else why  # of a try that died after a person had it sent again
        super().__init__(f"{self._WORDS} {before}".strip(), again=False, unknown=True)


async def _set_status(world: World, org: OrgId, filed: Filed, session: Session, there: Reached) -> str:
    """As the session stands now, whatever it was when this was asked for."""
    if not filed.external_id or filed.solved is not session.open:
        return ""
    await asked(there.module.set_status(there.link, filed.ticket, solved=not session.open), there.secrets)
    async with world.store.tx(org) as tx:
        await tickets.set_solved(tx, org, filed.session, filed.helpdesk, solved=not session.open, at=world.clock())
    return filed.external_id


async def failed(world: World, tx: Tx, org: OrgId, delivery: Delivery, failure: DeliveryFailed, last: bool) -> None:
    """After a try that failed: the session is the inbox's, by name of the trouble; at the first try to open a ticket, and on an open one when it goes on."""
    assert delivery.session is not None, "as above"
    desk = HelpdeskId(delivery.target_id)
    opens, over = delivery.effect is Effect.OPEN, last or not failure.again
    await tickets.failed(tx, org, delivery.session, desk, failure.message, lacks=isinstance(failure, Lacking), arrived=failure.unknown or delivery.doubtful or not opens)
    if opens or over or delivery.attempts >= _TAKES_BACK_AFTER:
        await _take_back(world, tx, org, delivery.session, desk, failure.message)
    if opens and (over or delivery.attempts >= _TELLS_AFTER) and await tickets.told(tx, org, delivery.session, desk):
        name = (await helpdesks.load(tx, org, desk)).name
        await events.append(
            tx, org, delivery.session, EventType.HANDOFF_TO_THIRD_PARTY_FAILED, ActorKind.SYSTEM, payload={"helpdesk": str(desk), "name": name, "why": failure.message, "attempts": delivery.attempts},
        )
    await notify(tx, org, delivery.session, "owner")


async def _take_back(world: World, tx: Tx, org: OrgId, id: SessionId, desk: HelpdeskId, why: str) -> None:
    """Into the team's queue, if this helpdesk owns it."""
    if await owning.to_team(world, tx, org, id, why, was=Owner(kind=OwnerKind.HELPDESK, id=desk)):
        await tickets.set_returns(tx, org, id, desk)


async def recovered(world: World, tx: Tx, org: OrgId, delivery: Delivery) -> None:
    """After a success that followed failures: the helpdesk owns the session again, unless somebody has taken it meanwhile. Then its ticket mirrors."""
    assert delivery.session is not None, "as above"
    desk = HelpdeskId(delivery.target_id)
    before = await tickets.load(tx, org, delivery.session, desk, lock=True)
    if not before.external_id:
        return  # it had nothing to bring any more: the trouble with opening the ticket goes on
    name = (await helpdesks.load(tx, org, desk)).name
    if before.told_at is not None:
        await events.append(tx, org, delivery.session, EventType.HANDOFF_TO_THIRD_PARTY_RECOVERED, ActorKind.SYSTEM, payload={"helpdesk": str(desk), "name": name})
    if before.returns and before.gone_at is None:
        await owning.to_helpdesk(world, tx, org, delivery.session, desk, name, was=Owner(kind=OwnerKind.TEAM))
    await tickets.recovered(tx, org, delivery.session, desk)
    await notify(tx, org, delivery.session, "owner")


async def systems(world: World, org: OrgId, ids: Sequence[SessionId]) -> dict[SessionId, dict[str, str | None]]:
    """The newest ticket of each session as the public API names it; a session that was never handed to a helpdesk is left out."""
    async with world.store.tx(org) as tx:
        found = await tickets.of_sessions(tx, org, ids)
    known = connect.helpdesks() if found else {}
    return {id: _system(known.get(all[-1].kind), all[-1].filed) for id, all in found.items()}


def _system(connector: Connector | None, filed: Filed) -> dict[str, str | None]:
    module = connector.helpdesk if connector else None
    return {"name": module.wire_name if module else None, "external_id": filed.external_id or None, "id_type": module.id_type if module else None}


async def destinations(tx: Tx, org: OrgId) -> Sequence[Destination]:
    """The helpdesks that are connected."""
    return [Destination(id=one.id, name=one.name, link=f"/settings/helpdesks/{one.id}") for one in await helpdesks.all_of(tx, org)]
