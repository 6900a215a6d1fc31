"""What helpdesks tell of tickets: checked over the bytes as they came, each thing taken once, in whatever order it comes, and masked before it is stored.

A hook that was lost is made good by looking at the ticket itself, see looking.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid5

from glassine import connect
from glassine.rules import phrases
from glassine.rules.reactions import look_at
from glassine.store import Tx, events, helpdesks, house, jobs, sessions, tickets
from glassine.store.live import notify
from glassine.story import files, owning
from glassine.story.helpdesks import helpdesk_reach
from glassine.story.inbound import LONGEST
from glassine.story.masking import Mask, say, shortened, storable, write
from glassine.story.owning import By
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.helpdesks import (
    HOOK_SECRET,
    Changed,
    Connected,
    Deleted,
    Enclosed,
    Filed,
    Heard,
    HelpdeskId,
    MergedInto,
    RawHook,
    Reopened,
    Replied,
    Solved,
    Ticket,
    Unhad,
    unmarked,
)
from glassine.words.ids import EventId, OrgId, SessionId
from glassine.words.people import ActorKind
from glassine.words.sessions import Event, EventType, Owner, OwnerKind, Session, Status

_NOT_GOT = "The customer did not get these files of the answer above, and was told so. Send them another way."
DOOR = "helpdesk"  # the kind of door that a helpdesk's id opens


async def take(world: World, id: HelpdeskId, raw: RawHook) -> int:
    """One request of a vendor's; returns how much of it was news. Raises NotFound for an id that is no helpdesk's, and Refused for what its vendor did not sign."""
    org, desk = await _whose(world, id)
    await world.switches.admit(org, "helpdesk")
    module = connect.helpdesk(desk.kind)
    secrets = await helpdesk_reach.secrets_of(world, org, desk)
    module.verify(raw, secrets.get(HOOK_SECRET) or await helpdesk_reach.hook_secret(world, org, desk))
    return await hear(world, org, desk, module.parse(raw))


async def _whose(world: World, id: HelpdeskId) -> tuple[OrgId, Connected]:
    async with world.store.outside() as tx:
        doors = await house.open_doors(tx, DOOR, id.bytes)
    for door in doors:
        async with world.store.tx(door.org) as tx:
            desk = await helpdesks.load(tx, door.org, id)
        if desk.removed_at is None:
            return door.org, desk
    raise NotFound("No helpdesk is connected under this address.")


async def hear(world: World, org: OrgId, desk: Connected, heard: Sequence[Heard]) -> int:
    """Takes what was told, each once and for itself: one that cannot be taken is in nobody's way. Tickets that are not ours are none of our business."""
    news = 0
    for one in heard:
        async with world.store.tx(org) as tx:
            filed = await tickets.by_external(tx, org, desk.id, one.ticket)
        if filed is not None and filed.gone_at is None:
            try:
                news += await (_replied(world, org, desk, filed, one) if isinstance(one, Replied) else _happened(world, org, desk, filed, one))
            except NotFound:
                continue  # erased a moment ago
    return news


async def _replied(world: World, org: OrgId, desk: Connected, filed: Filed, one: Replied) -> bool:
    """To the customer on their own channel, or (a note) to the team. False: it is no news, or nothing was said."""
    text = unmarked(one.text).strip()
    if not (text or one.files or one.unhad) or (filed.heard_from is not None and one.at <= filed.heard_from):
        return False
    id = EventId(uuid5(desk.id, f"{one.ticket}:{one.key}"))

    async def put(mask: Mask, before: Event | None) -> bool:
        if before is not None:
            return False
        enclosed, lost = await _files(world, org, mask, one.files)
        lost[:0] = one.unhad
        names = "\n".join(phrases.file_missing(each.name, mask.session.language) for each in lost) if one.public else _named(lost)
        masked = await mask.text(world, "\n\n".join(filter(None, (text, names))))
        note = (await mask.text(world, f"{_NOT_GOT}\n{_named(lost)}")).text if lost and one.public else ""
        named = storable(one.author[:100]) if mask.says_nothing(one.author[:100]) else ""
        payload: dict[str, Any] = {"helpdesk": desk.name, "third_party_name": connect.helpdesk(desk.kind).wire_name, **({"name": named} if named else {}), **({"masked": masked.counts} if masked.counts else {}), **({"attachments": enclosed} if enclosed else {})}
        async with world.store.tx(org) as tx:
            if not await tickets.hear(tx, org, desk.id, f"said:{one.ticket}:{one.key}"):
                return False
            if one.public:
                await _theirs(world, tx, org, desk, mask.session)
            type = EventType.AGENT_MESSAGE if one.public else EventType.AGENT_COMMENT
            await say(tx, mask, type, ActorKind.HELPDESK, id=id, actor_id=desk.id, text=shortened(masked.text, LONGEST), payload=payload)
            if note:
                await events.say(tx, org, filed.session, EventType.AGENT_COMMENT, ActorKind.SYSTEM, id=EventId(uuid5(id, "files")), text=shortened(note, LONGEST))
            if one.public:
                await sessions.answered(tx, org, filed.session)
            await notify(tx, org, filed.session, "event")
        return True

    return await write(world, org, filed.session, put, message=id)


async def _theirs(world: World, tx: Tx, org: OrgId, desk: Connected, session: Session) -> None:
    """Whoever answers a session that the AI or the queue owns takes it over, before the words, so that the AI cannot speak between. From a colleague nobody takes it."""
    if session.open and session.owner.kind in (OwnerKind.AI, OwnerKind.TEAM):
        await owning.to_helpdesk(world, tx, org, session.id, desk.id, desk.name, was=Owner(kind=session.owner.kind, id=session.owner.id), by=_by(desk))


def _by(desk: Connected) -> By:
    return By(ActorKind.HELPDESK, desk.id)


async def _files(world: World, org: OrgId, mask: Mask, given: Sequence[Enclosed]) -> tuple[list[Mapping[str, Any]], list[Unhad]]:
    """Sealed under the contact's key like the customer's own; and what is not taken, with the reason."""
    kept, refused = list[Mapping[str, Any]](), list[Unhad]()
    for file in given:
        try:
            id = await files.upload(world, org, mask.session.contact, name=file.name, media_type=file.media_type, content=file.content)
        except NotFound:
            raise
        except Refused as why:
            refused.append(Unhad(name=file.name, why=why.message))
            continue
        kept.append({"id": str(id), "name": (await mask.text(world, file.name)).text, "type": file.media_type, "size": len(file.content)})
    return kept, refused


def _named(lost: Sequence[Unhad]) -> str:
    """What did not come along, for people. Why may name rights and places that a customer has nothing to do with."""
    return "\n".join(f"The file {one.name} is not shown here: {one.why.rstrip('.')}." for one in lost)


async def _happened(world: World, org: OrgId, desk: Connected, filed: Filed, one: Solved | Reopened | MergedInto | Deleted | Changed) -> bool:
    async with world.store.tx(org) as tx:
        session = await sessions.hold(tx, org, filed.session)
        filed = await tickets.load(tx, org, filed.session, desk.id, lock=True)
        if isinstance(one, Changed):
            await tickets.look_again(tx, org, filed.session, desk.id, seconds=0)
            await jobs.add(tx, org, look_at(filed.session))
            return False
        if not await tickets.hear(tx, org, desk.id, f"{type(one).__name__.lower()}:{one.ticket}:{one.key}"):
            return False
        match one:
            case Solved() | Reopened():
                await _status(world, tx, org, desk, filed, session, one)
            case MergedInto():
                await _merged(world, tx, org, desk, filed, one)
            case Deleted():
                await _gone(world, tx, org, desk, filed.session, f"The ticket {one.ticket} was deleted in {desk.name}.")
        await notify(tx, org, filed.session, "owner")
    return True


async def _status(world: World, tx: Tx, org: OrgId, desk: Connected, filed: Filed, session: Session, one: Solved | Reopened) -> None:
    """The session follows its ticket where the helpdesk owns it; a ticket that only mirrors closes nobody's conversation. Older news than what is known is none."""
    solved = isinstance(one, Solved)
    if (filed.status_at is not None and one.at < filed.status_at) or filed.solved is solved:
        return
    await tickets.set_solved(tx, org, filed.session, desk.id, solved=solved, at=one.at)
    if session.owner.kind is not OwnerKind.HELPDESK or session.owner.id != desk.id:
        return
    if solved and await sessions.close(tx, org, session.id, Status.CLOSED_RESOLVED):
        await events.append(tx, org, session.id, EventType.CLOSED_RESOLVED_BY_AGENT, ActorKind.HELPDESK, actor_id=desk.id, payload={"helpdesk": desk.name})
    if not solved and await sessions.reopen(tx, org, session.id, await owning.patience(tx, org, world.clock())):
        await events.append(tx, org, session.id, EventType.AGENT_REOPENED_SESSION, ActorKind.HELPDESK, actor_id=desk.id, payload={"helpdesk": desk.name})


async def _merged(world: World, tx: Tx, org: OrgId, desk: Connected, filed: Filed, one: MergedInto) -> None:
    """It lives on as the other, from now on; unless that is another conversation's, whose customer would be told what is not theirs."""
    other = await tickets.by_external(tx, org, desk.id, one.into)
    if other is not None and other.session != filed.session:
        number = (await sessions.load(tx, org, other.session)).ticket_number
        await _gone(world, tx, org, desk, filed.session, f"The ticket {one.ticket} was merged in {desk.name} into {one.into}, which is that of conversation #{number}.")
    elif other is None:
        url = filed.url.replace(filed.external_id, one.into) if filed.url.count(filed.external_id) == 1 else ""
        await tickets.lives_on_as(tx, org, filed.session, desk.id, Ticket(id=one.into, url=url, state=filed.state), at=one.at)


async def _gone(world: World, tx: Tx, org: OrgId, desk: Connected, session: SessionId, why: str) -> None:
    await tickets.gone(tx, org, session, desk.id, why)
    await owning.to_team(world, tx, org, session, why, was=Owner(kind=OwnerKind.HELPDESK, id=desk.id), by=_by(desk))


