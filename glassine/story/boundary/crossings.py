"""What people ask of the ledger: what left, whether a value ever did, and a copy of it all. Reads; the only thing it writes is who asked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from glassine.edge.secrets import Ring
from glassine.rules import chain
from glassine.rules.identity import normal_email, normal_phone
from glassine.rules.permits import require
from glassine.rules.policies import policy_of
from glassine.store import Tx, contacts, house, ledger, vault
from glassine.store.ledger import Filter, State
from glassine.story.boundary.rescan import carried
from glassine.story.contacts import own_key
from glassine.story.world import World
from glassine.words.crossings import Crossed
from glassine.words.errors import NotFound, Refused
from glassine.words.house import OrgSettings
from glassine.words.ids import ContactId, OrgId, SessionId
from glassine.words.people import Actor, Verb
from glassine.words.privacy import PiiType

_PAGE = 5_000
_LONGEST = 1_000


class Page(NamedTuple):
    """Crossings, newest first, those of them whose row does not fit its link, and how the chain stands."""

    crossings: list[Crossed]
    broken: set[int]
    state: State


async def page(world: World, actor: Actor, which: Filter, *, before: tuple[datetime, UUID] | None = None, limit: int = 50) -> Page:
    """One page of the ledger. Each sealed row on it is checked against its link and the link before it."""
    require(actor, Verb.READ_LEDGER)
    async with world.store.tx(actor.org) as tx:
        found = await ledger.page(tx, actor.org, which, before=before, limit=limit)
        previous = await ledger.links_at(tx, actor.org, [crossed.sealed.seq - 1 for crossed in found if crossed.sealed])
        state = await ledger.state(tx, actor.org)
    return Page(found, {crossed.sealed.seq for crossed in found if crossed.sealed and not _fits(crossed, previous)}, state)


def _fits(crossed: Crossed, previous: Mapping[int, bytes]) -> bool:
    sealed = crossed.sealed
    assert sealed is not None, "only sealed rows are asked about"
    before = chain.genesis(crossed.row.org) if sealed.seq == 1 else previous.get(sealed.seq - 1, b"").hex()
    return chain.link(before, sealed.seq, chain.when(sealed.at), chain.row_of(crossed)) == sealed.link.hex()


async def choices(world: World, actor: Actor) -> tuple[list[str], list[str]]:
    """The purposes and destinations that the ledger knows."""
    require(actor, Verb.READ_LEDGER)
    async with world.store.tx(actor.org) as tx:
        return await ledger.kinds(tx, actor.org)


async def ever_left(world: World, actor: Actor, value: str, *, contact: ContactId | None = None, session: SessionId | None = None) -> list[Crossed]:
    """The crossings whose payload held this value of a contact, refused ones included. That it was asked is audited, without the value.

    The contact is named, is the one of the session, or is found by the value itself when that is a verified e-mail address or phone number.
    What the ledger remembers are hashes under the contact's key: once that is destroyed nobody can ask any more.
    """
    require(actor, Verb.READ_LEDGER)
    require(actor, Verb.REVEAL)
    value = value.strip()
    if not value or len(value) > _LONGEST:
        raise Refused(f"Give a value of 1 to {_LONGEST:,} characters.")
    org_key = await world.key(actor.org)
    async with world.store.tx(actor.org) as tx:
        row = await house.load(tx, actor.org)
        sealed = await _whose(tx, actor.org, org_key, OrgSettings.read(row["settings"]), value, contact, session)
        own, regions = own_key(org_key, actor.org, sealed), policy_of(row["name"], OrgSettings.read(row["settings"])).regions
        found = await ledger.with_values(tx, actor.org, sorted({carried(own, kind, value, regions) for kind in PiiType}))
        await vault.audit(tx, actor, "ledger.ask", "contact", sealed.id, {"crossings": len(found)})
    return found


async def _whose(
    tx: Tx, org: OrgId, org_key: Ring, settings: OrgSettings, value: str, contact: ContactId | None, session: SessionId | None,
) -> contacts.Sealed:
    if contact is not None:
        return await contacts.load(tx, org, contact)
    if session is not None:
        return await contacts.of_session(tx, org, session)
    for kind, normal in (("email", normal_email(value)), ("phone", normal_phone(value, settings.regions))):
        found = await contacts.by_lookup(tx, org, kind, org_key.digests(kind, normal)) if normal else None
        if found is not None:
            return found
    raise NotFound("No contact is known by this value. Name the contact or the conversation: what left is remembered for each customer under a key of their own.")


async def export(world: World, org: OrgId) -> AsyncIterator[str]:
    """The whole ledger as lines of JSON: a signed header, every link with its row, then what is not sealed yet."""
    async with world.store.tx(org) as tx:
        late, gone = await ledger.unsealed(tx, org)  # before the head: what is sealed after it stays in this list
        head = await ledger.head(tx, org)
        upto = head.seq if head else 0
        sealed = await ledger.sealed_among(tx, org, [crossed.id for crossed in late], upto)
    unsealed = [crossed for crossed in late if crossed.id not in sealed]
    yield _line(world.signer.sign({
        "glassine_ledger": chain.FORMAT, "organization": str(org), "exported_at": chain.when(world.clock()), "unsealed": len(unsealed),
        "head": {"seq": head.seq, "link": head.link.hex(), "sealed_at": chain.when(head.sealed_at)} if head else None,
    }))
    for after in range(0, upto, _PAGE):
        async with world.store.tx(org) as tx:
            for link, crossed in await ledger.links(tx, org, after=after, upto=min(after + _PAGE, upto)):
                yield _line({
                    "seq": link.seq, "link": link.link.hex(), "sealed_at": chain.when(link.at), "row": chain.row_of(crossed) if crossed else None,
                })
    for crossed in unsealed:
        yield _line({"row": chain.row_of(crossed)})
    for id in gone:
        yield _line({"id": str(id), "row": None})


def _line(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=True) + "\n"


async def take_copy(world: World, actor: Actor) -> AsyncIterator[str]:
    """The same for a person, on record."""
    require(actor, Verb.READ_LEDGER)
    async with world.store.tx(actor.org) as tx:
        await vault.audit(tx, actor, "ledger.export", "ledger")
    async for line in export(world, actor.org):
        yield line
