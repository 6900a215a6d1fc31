"""A message comes in: masked, stored and queued, in that order. Raw text gets no further than this file, and leaves it sealed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from glassine.edge.language import detect
from glassine.store import Taken, contacts, events, jobs, sessions, vault
from glassine.store.live import notify
from glassine.story import learning
from glassine.story.contacts import own_key
from glassine.story.masking import Mask, keep, look, to_bytes
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.errors import Refused
from glassine.words.ids import ContactId, EventId, OrgId, SessionId, new_id
from glassine.words.people import ActorKind
from glassine.words.sessions import ChannelKind, Event, EventType, OwnerKind, Session
from glassine.words.work import JobKind, NewJob

LONGEST = 20_000  # characters of one message; more is refused with a sentence that says so
_TRIES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A stored message. `job` is the turn that this process has claimed for it; None when the same message came before."""

    session: Session
    event: Event
    job: int | None


async def open_session(
    world: World, org: OrgId, contact: ContactId, channel: ChannelKind, *, external_id: UUID | None = None, verified: bool = False,
    custom_data: Mapping[str, Any] | None = None, language: str | None = None,
) -> Session:
    """Starts a session. It belongs to the AI, which hands the first message to the team where autopilot is not on. `custom_data` is for people only, and sealed."""
    id = SessionId(new_id())
    org_key = await world.key(org)
    async with world.store.tx(org) as tx:
        own = own_key(org_key, org, await contacts.load(tx, org, contact))
        sealed = own.seal(to_bytes(json.dumps(dict(custom_data))), org, "sessions", "sealed", id) if custom_data else None
        session = await sessions.create(
            tx, org, id, contact=contact, channel=channel, owner=OwnerKind.AI, language=language, external_id=external_id, verified=verified, sealed=sealed,
        )
        await notify(tx, org, id, "owner")
    return session


async def receive(world: World, org: OrgId, id: SessionId, inbound: Inbound, *, first: Sequence[tuple[UUID, str]] = ()) -> Heard:
    """Masks a customer's message and stores it with its turn's job, in one transaction. `first`: what the page said before, kept above it.

    Raises Refused for a closed session, an empty or too long message, or an id that another session has used.
    """
    _check(inbound)
    for _ in range(_TRIES):
        mask, before = await look(world, org, id, EventId(inbound.external_id))
        if before:
            return _again(mask.session, before)
        if not mask.session.open:
            raise Refused("This session is closed. Reopen it, or start a new one.", status=409, code="session_closed")
        try:
            return await _store(world, org, mask, inbound, first)
        except Taken:
            continue  # the same id, or the same placeholder, was written a moment ago by another request
    raise Refused("This session is receiving too many messages at once. Send it again in a moment.", status=429, code="too_many_messages")


def _check(inbound: Inbound) -> None:
    if not inbound.text.strip("\x00 \t\r\n") and not inbound.attachments:
        raise Refused("The message is empty.")
    if len(inbound.text) > LONGEST:
        raise Refused(f"The message has {len(inbound.text):,} characters; {LONGEST:,} is the most.", status=413)


def _again(session: Session, before: Event) -> Heard:
    if before.session != session.id:
        raise Refused("Another message already has this id. Give each message a new UUID.", status=409, code="id_taken")
    return Heard(session=session, event=before, job=None)


async def _store(world: World, org: OrgId, mask: Mask, inbound: Inbound, first: Sequence[tuple[UUID, str]]) -> Heard:
    """Masks, then one transaction: what was said, the vault, the original, the turn's job. Raises Taken when somebody else was first."""
    text = await mask.text(world, inbound.text)
    said = [(EventId(id), (await mask.text(world, words)).text) for id, words in first]
    files = [{"id": str(f.id), "name": (await mask.text(world, f.name)).text, "type": f.type, "size": f.size} for f in inbound.attachments]
    payload = {"masked": text.counts, "attachments": files, "context": await _masked_values(world, mask, inbound.context), "custom_data": len(inbound.custom_data)}
    id, message = mask.session.id, EventId(inbound.external_id)
    language = inbound.language or detect(text.text, mask.settings.languages)
    if mask.session.owner.kind is OwnerKind.AI:
        learning.look_ahead(world, text.text, language=mask.session.language or language or "en", languages=mask.settings.languages)
    raw = to_bytes(json.dumps({"text": inbound.text, "custom_data": dict(inbound.custom_data)}))
    async with world.store.tx(org) as tx:
        for first_id, words in said:
            await events.append(tx, org, id, EventType.MESSAGE, ActorKind.AI, id=first_id, text=words, payload={"initial": True})
        event = await events.say(
            tx, org, id, EventType.MESSAGE, ActorKind.USER, id=message, actor_id=mask.session.contact, text=text.text,
            payload={name: value for name, value in payload.items() if value}, tokens=mask.stored, fresh=len(mask.fresh), heard=True,
            language=language,
        )
        if event is None:
            raise Taken  # rolls back what stands above it
        await keep(tx, mask)
        await vault.keep_original(tx, org, message, mask.key.seal(raw, org, "originals", "sealed", message))
        job = await jobs.add(tx, org, NewJob(kind=JobKind.TAKE_TURN, ref=id, key=str(id)), claimed_by=world.process)
        await notify(tx, org, id, "event")
    return Heard(session=mask.session, event=event, job=job)


async def _masked_values(world: World, mask: Mask, data: Mapping[str, Any]) -> dict[str, str]:
    """What the page lets the AI see, masked value by value: at most 50 values of 2,000 characters."""
    flat = [(str(key)[:100], str(value)[:2_000]) for key, value in list(data.items())[:50] if value is not None]
    return {(await mask.text(world, key)).text: (await mask.text(world, value)).text for key, value in flat}


async def settled(world: World, org: OrgId, id: SessionId, seq: int, seconds: float) -> bool:
    """Waits until the message `seq` has its outcome, wherever its turn runs. False: not within that time."""
    try:
        async with asyncio.timeout(seconds), world.live.listen(org, id) as notices:
            while not await _has_outcome(world, org, id, seq):
                try:
                    await asyncio.wait_for(notices.get(), timeout=1)
                except TimeoutError:
                    continue
    except TimeoutError:
        return False
    return True


async def _has_outcome(world: World, org: OrgId, id: SessionId, seq: int) -> bool:
    async with world.store.tx(org) as tx:
        session = await sessions.load(tx, org, id)
    return session.settled_seq >= seq or not session.open
