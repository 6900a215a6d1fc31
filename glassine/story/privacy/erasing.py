"""Erasing a contact: their key is destroyed and with it everything sealed under it, their rows go, and a signed certificate stays that names nobody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from glassine.edge.secrets import Key, Unreadable
from glassine.rules.certificates import certificate
from glassine.rules.permits import require
from glassine.store import Tx, contacts, deliveries, erasures, house, jobs, vault
from glassine.store.contacts import Sealed
from glassine.store.live import notify
from glassine.story.contacts import own_key
from glassine.story.privacy.reasons import written
from glassine.story.world import World
from glassine.words.ids import ContactId, OrgId, new_id
from glassine.words.people import Actor, Verb


class Erasure(NamedTuple):
    """That a contact was erased. `signed` is the certificate with its signature, as it is handed out."""

    id: UUID
    contact: ContactId
    at: datetime
    signed: Mapping[str, Any]

    @property
    def document(self) -> Mapping[str, Any]:
        document: Mapping[str, Any] = self.signed["document"]
        return document


async def erase(world: World, actor: Actor, id: ContactId, why: str = "") -> Erasure:
    """A contact with everything of theirs, in one transaction with the certificate. Raises NotFound."""
    require(actor, Verb.ERASE)
    org, org_key, at = actor.org, await world.key(actor.org), world.clock()
    async with world.store.tx(org) as tx:
        known = await contacts.sessions_of(tx, org, id)
    reason = await written(world, org, why, known[0] if known else None)
    async with world.store.tx(org) as tx:
        await deliveries.alone_for(tx, org, id)
        row = await contacts.load(tx, org, id, lock=True)
        name = str((await house.load(tx, org))["name"])
        copies = [_copy(each) for each in await contacts.copies(tx, org, id)]
        destroyed = await contacts.holdings(tx, org, id) | {"waiting_jobs": await _removed(tx, org, id)}
        document = certificate(
            id=new_id(), organization=(org, name), contact=id, at=at, by={"kind": actor.kind, "name": actor.name}, why=reason, destroyed=destroyed,
            key=_fingerprint(org_key, org, row), copies=copies,
        )
        done = Erasure(UUID(document["id"]), id, at, world.signer.sign(document))
        await erasures.insert(tx, org, done.id, id, done.signed)
        await vault.audit(tx, actor, "privacy.erase", "contact", id, {"certificate": document["id"], "messages": destroyed["messages"], "why": reason})
    return done


async def _removed(tx: Tx, org: OrgId, id: ContactId) -> int:
    """Removes all rows of a contact, and returns how many jobs waited for them."""
    dropped = 0
    for session in await contacts.sessions_of(tx, org, id):
        dropped += await jobs.drop_waiting(tx, org, session)
        await notify(tx, org, session, "erased")
    await vault.forget_originals(tx, org, id)
    await contacts.delete(tx, org, id)
    return dropped


def _fingerprint(org_key: Key, org: OrgId, row: Sealed) -> str | None:
    try:
        return own_key(org_key, org, row).fingerprint
    except Unreadable:
        return None


def _copy(row: Mapping[str, Any]) -> dict[str, Any]:
    when = {name: row[name].isoformat(timespec="seconds") for name in ("first", "last")}
    return {"purpose": row["purpose"], "destination": row["destination"], "requests": row["requests"], "bytes": int(row["bytes"]), **when}


async def erasure(world: World, actor: Actor, id: UUID) -> Erasure:
    """Raises NotFound."""
    require(actor, Verb.ERASE)
    async with world.store.tx(actor.org) as tx:
        return _erasure(await erasures.load(tx, actor.org, id))


async def all_erasures(world: World, actor: Actor, *, before: tuple[datetime, UUID] | None = None, limit: int = 50) -> list[Erasure]:
    """Newest first."""
    require(actor, Verb.ERASE)
    async with world.store.tx(actor.org) as tx:
        return [_erasure(row) for row in await erasures.page(tx, actor.org, before=before, limit=limit)]


def _erasure(row: Mapping[str, Any]) -> Erasure:
    return Erasure(row["id"], ContactId(row["contact_id"]), row["created_at"], row["certificate"])
