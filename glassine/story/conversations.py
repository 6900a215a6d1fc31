"""Reads for the faces: a session, its log, its contact and its turns, as somebody who may see them sees them. Changes nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from glassine.edge.secrets import Unreadable
from glassine.rules.redaction import PLACEHOLDER, restore
from glassine.store import contacts as stored
from glassine.store import events, sessions, turns, vault
from glassine.story import contacts
from glassine.story.masking import to_text
from glassine.story.world import World
from glassine.words.ids import ContactId, EventId, OrgId, SessionId, TurnId
from glassine.words.sessions import Contact, Event, Session

_GLIMPSE = 120  # characters


async def session(world: World, org: OrgId, id: SessionId) -> Session:
    async with world.store.tx(org) as tx:
        return await sessions.load(tx, org, id)


async def timeline(world: World, org: OrgId, id: SessionId, *, after: int | None = None, limit: int = 10_000) -> list[Event]:
    """The masked log, in order: its newest `limit` events, or the first ones after sequence number `after`. Raises NotFound."""
    async with world.store.tx(org) as tx:
        await sessions.load(tx, org, id)
        return await events.newest(tx, org, id, limit=limit) if after is None else await events.log(tx, org, id, after=after, limit=limit)


async def event(world: World, org: OrgId, id: EventId) -> Event | None:
    """One event of any session, masked."""
    async with world.store.tx(org) as tx:
        return await events.find(tx, org, id)


async def contact(world: World, org: OrgId, id: SessionId) -> Contact:
    """The session's contact in the clear: for the customer's own channel, and for people who may reveal."""
    return await contacts.load(world, org, (await session(world, org, id)).contact)


async def page(
    world: World, org: OrgId, which: sessions.Filter, *, before: tuple[datetime, UUID] | None = None, limit: int = 50,
) -> list[tuple[Session, Contact, dict[str, Any]]]:
    """Sessions, newest first, each with its contact and the data its host page attached for people."""
    org_key = await world.key(org)
    async with world.store.tx(org) as tx:
        found = await sessions.page(tx, org, which, before=before, limit=limit)
        people = {id: await stored.load(tx, org, id) for id in {row["contact_id"] for row in found}}
    result = []
    for row in found:
        sealed = people[row["contact_id"]]
        result.append((sessions.from_row(row), contacts.opened(org_key, org, sealed), attached(contacts.own_key(org_key, org, sealed), org, row)))
    return result


async def whole(world: World, org: OrgId, id: SessionId) -> tuple[Session, Contact, dict[str, Any]]:
    """One session as `page` gives it."""
    org_key = await world.key(org)
    async with world.store.tx(org) as tx:
        session = await sessions.load(tx, org, id)
        row = await sessions.find(tx, org, id)
        sealed = await stored.load(tx, org, session.contact)
    assert row is not None
    return session, contacts.opened(org_key, org, sealed), attached(contacts.own_key(org_key, org, sealed), org, row)


def attached(own: Any, org: OrgId, row: dict[str, Any]) -> dict[str, Any]:
    """What the host page attached to a session for people only; empty when its key is gone."""
    if row["sealed"] is None:
        return {}
    try:
        return dict(json.loads(own.open(bytes(row["sealed"]), org, "sessions", "sealed", row["id"])))
    except Unreadable:
        return {}


async def restorer(world: World, org: OrgId, id: SessionId) -> dict[str, str]:
    """Placeholder → value, for the customer's own channel only: give it to `restore`."""
    org_key = await world.key(org)
    async with world.store.tx(org) as tx:
        sealed = await stored.of_session(tx, org, id)
        found = await vault.all_of(tx, org, id)
    own = contacts.own_key(org_key, org, sealed)
    return {token.placeholder: to_text(own.open(bytes(token.sealed), org, "vault", "sealed", id, token.placeholder)) for token in found}


async def glimpses(world: World, org: OrgId, contact: ContactId, ids: Sequence[SessionId]) -> dict[SessionId, tuple[str, str]]:
    """The customer's first words and the last ones of each of their sessions, at most 120 characters of each, for the customer's own list."""
    org_key = await world.key(org)
    async with world.store.tx(org) as tx:
        found = await events.glimpses(tx, org, ids)
        masked = [id for id, texts in found.items() if any(PLACEHOLDER.search(text) for text in texts)]
        sealed = await stored.load(tx, org, contact)
        tokens = {id: await vault.all_of(tx, org, id) for id in masked}
    own = contacts.own_key(org_key, org, sealed) if masked else None
    values = {id: {token.placeholder: to_text(own.open(bytes(token.sealed), org, "vault", "sealed", id, token.placeholder)) for token in tokens[id]} for id in masked if own}
    return {id: (_glimpse(first, values.get(id, {})), _glimpse(last, values.get(id, {}))) for id, (first, last) in found.items()}


def _glimpse(text: str, tokens: dict[str, str]) -> str:
    words = " ".join(restore(text, tokens).split())
    return words if len(words) <= _GLIMPSE else f"{words[: _GLIMPSE - 1].rstrip()}…"


async def own_words(world: World, org: OrgId, id: SessionId) -> list[tuple[Event, str]]:
    """The log as its customer may read it: their own values are back in place."""
    tokens = await restorer(world, org, id)
    async with world.store.tx(org) as tx:
        log = await events.newest(tx, org, id)
    return [(event, restore(event.text, tokens)) for event in log]


async def all_turns(world: World, org: OrgId, id: SessionId) -> list[dict[str, Any]]:
    """What the AI saw and did, turn by turn."""
    async with world.store.tx(org) as tx:
        await sessions.load(tx, org, id)
        return await turns.all_of(tx, org, id)


async def turn(world: World, org: OrgId, id: SessionId, turn_id: TurnId) -> dict[str, Any]:
    async with world.store.tx(org) as tx:
        return await turns.load(tx, org, id, turn_id)
