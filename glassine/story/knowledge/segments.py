"""Segments: groups of contacts that content is shown to. Who belongs is decided by a rule over verified data, or by hand; nothing a browser claims counts.

A rule that changes lets go of everybody at once, and then asks every contact anew: somebody may miss a passage for a moment, nobody sees one too many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from glassine.rules.permits import require
from glassine.rules.segments import MOST, belongs, check
from glassine.store import Tx, jobs, segments, vault
from glassine.store import contacts as people
from glassine.story import contacts
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import ContactId, OrgId, SegmentId, SessionId, new_id
from glassine.words.people import Actor, Verb
from glassine.words.segments import Loss, Membership, Rule, Segment
from glassine.words.work import JobKind, NewJob

_AT_ONCE = 200  # contacts that are opened and placed in one transaction


async def every(world: World, actor: Actor) -> list[Segment]:
    """By name. Raises Refused (403)."""
    require(actor, Verb.READ_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        return await segments.every(tx, actor.org)


async def create(world: World, actor: Actor, name: str, description: str = "", rule: Rule | None = None) -> Segment:
    """Raises Refused for what cannot be a segment, (403), (409) for a name that is taken."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    name = _checked(name, description, rule)
    id = SegmentId(new_id())
    async with world.store.tx(actor.org) as tx:
        if len(await segments.every(tx, actor.org)) >= MOST:
            raise Refused(f"There are {MOST} segments already, which is the most.")
        await segments.insert(tx, actor.org, id, name, description.strip(), rule)
        await vault.audit(tx, actor, "segments.create", "segment", id, {"name": name})
        if rule:
            await _ask_everybody(tx, actor.org, id)
        return await segments.load(tx, actor.org, id)


async def change(world: World, actor: Actor, id: SegmentId, name: str, description: str, rule: Rule | None) -> Segment:
    """Raises NotFound, and Refused as `create` does."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    name = _checked(name, description, rule)
    async with world.store.tx(actor.org) as tx:
        if await segments.update(tx, actor.org, id, name, description.strip(), rule) and rule:
            await _ask_everybody(tx, actor.org, id)
        await vault.audit(tx, actor, "segments.change", "segment", id, {"name": name})
        return await segments.load(tx, actor.org, id)


async def delete(world: World, actor: Actor, id: SegmentId) -> str:
    """Its name. What it alone could see becomes internal. Raises NotFound, and Refused (403)."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        name = await segments.delete(tx, actor.org, id)
        await vault.audit(tx, actor, "segments.delete", "segment", id, {"name": name})
    return name


async def loss(world: World, actor: Actor, id: SegmentId) -> Loss:
    """What becomes of content when this segment is deleted, to be shown before."""
    require(actor, Verb.READ_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        await segments.load(tx, actor.org, id)
        return await segments.loss(tx, actor.org, id)


def _checked(name: str, description: str, rule: Rule | None) -> str:
    name = " ".join(name.split())
    check(name, description.strip(), rule)
    return name


async def _ask_everybody(tx: Tx, org: OrgId, id: SegmentId) -> None:
    await jobs.add(tx, org, NewJob(kind=JobKind.PLACE_CONTACTS, ref=id, key=f"{JobKind.PLACE_CONTACTS}:{id}", dedupe=f"{JobKind.PLACE_CONTACTS}:{id}"))


async def ask_everybody(world: World, org: OrgId, id: SegmentId) -> None:
    """Asks a segment's rule of every contact, as it is now. Run again it does nothing twice."""
    org_key, after = await world.key(org), None
    while True:
        async with world.store.tx(org) as tx:
            rule = (await segments.ruled(tx, org, id)).get(id)
            found = await segments.contacts(tx, org, after, _AT_ONCE) if rule else []
            if not rule or not found:
                return
            fits = [row.id for row in found if belongs(rule, contacts.opened(org_key, org, row).custom_data)]
            await segments.fit(tx, org, id, fits=fits, others=[row.id for row in found if row.id not in set(fits)])
        after = found[-1].id


async def of_contact(world: World, actor: Actor, contact: ContactId) -> list[Membership]:
    """What a contact belongs to, and why. Raises NotFound, and Refused (403)."""
    require(actor, Verb.READ_SESSIONS)
    return await memberships(world, actor.org, contact)


async def placed(world: World, actor: Actor, contact: ContactId) -> list[Membership]:
    """Every segment, with why the contact belongs to it, if it does. Raises Refused (403)."""
    require(actor, Verb.READ_SESSIONS)
    async with world.store.tx(actor.org) as tx:
        return await segments.placed(tx, actor.org, contact)


async def memberships(world: World, org: OrgId, contact: ContactId) -> list[Membership]:
    async with world.store.tx(org) as tx:
        await people.load(tx, org, contact)
        return await segments.of_contact(tx, org, contact)


async def set_by_hand(world: World, actor: Actor, contact: ContactId, wanted: Sequence[UUID], *, session: SessionId | None = None) -> list[Membership]:
    """Puts a contact by hand into these segments and no others; what a rule says stays. Raises NotFound, and Refused (403), (400) for a segment that is not there."""
    require(actor, Verb.ANSWER)
    async with world.store.tx(actor.org) as tx:
        await people.load(tx, actor.org, contact)
        there = {one.id: one.name for one in await segments.every(tx, actor.org)}
        if missing := [one for one in wanted if one not in there]:
            raise NotFound(f"There is no segment with the id {missing[0]}.")
        ids = [SegmentId(one) for one in dict.fromkeys(wanted)]
        await segments.hand(tx, actor.org, contact, ids)
        detail: Mapping[str, Any] = {"segments": ", ".join(there[one] for one in ids) or "none", **({"session": str(session)} if session else {})}
        await vault.audit(tx, actor, "segments.members", "contact", contact, detail)
        return await segments.of_contact(tx, actor.org, contact)
