"""What was told, put into words: envelopes for endpoints and for the stream, and the stream's own reading. Words come from the log as it is now, masked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from glassine import connect
from glassine.rules import telling
from glassine.rules.telling import Known
from glassine.store import news, webhooks
from glassine.store.news import Behind
from glassine.story import contacts
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import ContactId, OrgId
from glassine.words.sessions import ChannelKind, Contact
from glassine.words.webhooks import KEPT
from glassine.words.wire_events import WIRE_EVENTS

Envelope = dict[str, Any]
_AT_ONCE = 200  # read of the stream
_MOST_OLD = 1_000  # forgotten at once


class Heard(NamedTuple):
    """One event of the stream. Without `envelope` nobody wants it, and only the position counts."""

    position: int
    name: str = ""
    envelope: Envelope | None = None


def envelope(org: OrgId, one: Behind, who: Contact | None = None) -> Envelope:
    """What is sent. With `who` contact details stand in it in the clear."""
    if one.told.facts.get("example"):
        return {"event": one.told.name, "organization_id": str(org), "data": dict(WIRE_EVENTS[one.told.name].example)}
    third = one.told.facts.get("third_party")
    known = Known(entry=one.entry, messages=one.messages, handed=one.handed, third_party=_wire_name(str(third)) if third else None, contact=who)
    return telling.envelope(org, one.told, known)


@cache
def _wire_name(kind: str) -> str:
    """How a helpdesk is called on the wire."""
    vendor = connect.helpdesks().get(kind)
    return vendor.helpdesk.wire_name if vendor and vendor.helpdesk else kind


async def in_the_clear(world: World, org: OrgId, one: Behind) -> Contact | None:
    """Whose conversation it is. None for what belongs to nobody, and for who was erased meanwhile."""
    id = one.told.facts.get("contact")
    if not id or one.told.facts.get("example") or "contact" not in WIRE_EVENTS[one.told.name].data:
        return None
    try:
        return await contacts.load(world, org, ContactId(UUID(str(id))))
    except NotFound:
        return None


def wanted(events: Sequence[str], channels: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A filter as it may be kept. Raises Refused."""
    names, kinds = tuple(dict.fromkeys(filter(None, map(str.strip, events)))), tuple(dict.fromkeys(filter(None, map(str.strip, channels))))
    if unknown := [name for name in names if name not in WIRE_EVENTS]:
        raise Refused(f"There is no event called {unknown[0][:60]}. GET /webhooks/events lists them all.")
    if unknown := [kind for kind in kinds if kind not in list(ChannelKind)]:
        raise Refused(f"There is no channel called {unknown[0][:60]}. There are: {', '.join(ChannelKind)}.")
    return names, kinds


async def begin(world: World, org: OrgId, after: int | None) -> tuple[int, int]:
    """From where a stream goes on, and the newest position that is not kept any more. None: from now on. Raises Refused for a position that is yet to come."""
    async with world.store.tx(org) as tx:
        await news.listen(tx, org)
    newest = await _numbered(world, org)
    async with world.store.tx(org) as tx:
        _, forgot = await news.bounds(tx, org)
    if after is not None and not 0 <= after <= newest:
        raise Refused("There is no such position in the stream. Leave it out to hear what happens from now on.")
    return newest if after is None else after, forgot


async def _numbered(world: World, org: OrgId) -> int:
    """Gives a position to everything that is visible now; returns the newest. In steps, so that nobody waits for it."""
    before = -1
    while True:
        async with world.store.tx(org) as tx:
            newest = await news.number(tx, _AT_ONCE) or 0
        if newest - before < _AT_ONCE and before >= 0:
            return newest
        before = newest


async def after(world: World, org: OrgId, position: int, names: Sequence[str], channels: Sequence[str]) -> list[Heard]:
    """What comes next in the stream; empty when there is nothing yet. Whoever goes on at the last one's position gets everything once."""
    async with world.store.tx(org) as tx:
        await news.number(tx, _AT_ONCE)
        places = await news.after(tx, org, position, names=names, channels=channels, limit=_AT_ONCE)
        found = await news.behind(tx, org, [place.id for place in places if place.wanted])
    return [
        Heard(place.position, found[place.id].told.name, envelope(org, found[place.id])) if place.wanted and place.id in found else Heard(place.position) for place in places
    ]


async def forget(world: World, org: OrgId) -> None:
    """What is older than it is kept: what was told, what endpoints answered, and after a while of silence that anybody listened."""
    before = world.clock() - KEPT
    async with world.store.tx(org) as tx:
        await news.forget(tx, org, before, _MOST_OLD)
        await webhooks.forget(tx, org, before, _MOST_OLD)
        await news.hush(tx, org, before)
