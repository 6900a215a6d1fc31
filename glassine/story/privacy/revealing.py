"""A person looks behind a mask: the only way by which the team or a program sees a value. Each look is one line of the audit log, without the value.

The line says who, which thing, what kind of value and, in masked words, why. It is written in the transaction that reads the value: no line, no look.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from glassine.rules.permits import require
from glassine.store import contacts as stored
from glassine.store import sessions, vault
from glassine.story.contacts import identity_of, own_key
from glassine.story.conversations import attached
from glassine.story.files import File, opened
from glassine.story.masking import to_text
from glassine.story.privacy.reasons import written
from glassine.story.world import World
from glassine.words.errors import NotFound
from glassine.words.ids import FileId, SessionId
from glassine.words.people import Actor, Verb

_IDENTITY_FIELDS = ("email", "phone_number", "name", "custom_data", "non_verified_email", "non_verified_name", "non_verified_custom_data")


async def _may_reveal(world: World, actor: Actor) -> None:
    """Raises Refused (403) for a role that may not, and for everybody while reveals are switched off."""
    require(actor, Verb.REVEAL)
    await world.switches.admit(actor.org, "reveal")


async def reveal(world: World, actor: Actor, id: SessionId, placeholder: str, why: str = "") -> str:
    """The value behind a placeholder, for a person whose role may see it."""
    await _may_reveal(world, actor)
    org_key, reason = await world.key(actor.org), await written(world, actor.org, why, id)
    async with world.store.tx(actor.org) as tx:
        session = await sessions.load(tx, actor.org, id)
        token = await vault.one_of(tx, actor.org, id, placeholder)
        own = own_key(org_key, actor.org, await stored.load(tx, actor.org, session.contact))
        await vault.audit(tx, actor, "privacy.reveal", "session", id, {"type": token.type, "placeholder": placeholder, "why": reason})
    return to_text(own.open(bytes(token.sealed), actor.org, "vault", "sealed", id, placeholder))


async def reveal_contact(world: World, actor: Actor, id: SessionId, field: str, why: str = "") -> str | Mapping[str, Any]:
    """One field of the session's contact, for a person whose role may see it; custom data comes whole."""
    await _may_reveal(world, actor)
    if field not in _IDENTITY_FIELDS:
        raise NotFound("A contact has no such field.")
    org_key, reason = await world.key(actor.org), await written(world, actor.org, why, id)
    async with world.store.tx(actor.org) as tx:
        session = await sessions.load(tx, actor.org, id)
        sealed = await stored.load(tx, actor.org, session.contact)
        await vault.audit(tx, actor, "privacy.reveal", "contact", session.contact, {"field": field, "session": str(id), "why": reason})
    value: str | Mapping[str, Any] | None = getattr(identity_of(org_key, actor.org, sealed), field)
    return "" if value is None else value


class Attached(NamedTuple):
    """What the host page gave for people only, with a message or (None) when the session began."""

    message: int | None  # its sequence number
    at: datetime
    data: Mapping[str, Any]


async def reveal_attached(world: World, actor: Actor, id: SessionId, why: str = "") -> list[Attached]:
    """All custom data of a session and its messages in order, for a person whose role may see it: one reveal for the whole.

    A message that only repeats what the one before it gave is left out.
    """
    await _may_reveal(world, actor)
    org_key, reason = await world.key(actor.org), await written(world, actor.org, why, id)
    async with world.store.tx(actor.org) as tx:
        session = await sessions.load(tx, actor.org, id)
        row = await sessions.find(tx, actor.org, id)
        own = own_key(org_key, actor.org, await stored.load(tx, actor.org, session.contact))
        originals = await vault.originals_of(tx, actor.org, id)
        await vault.audit(tx, actor, "privacy.reveal", "session", id, {"field": "custom_data", "why": reason})
    assert row is not None, "it was loaded a line above"
    given = [Attached(None, session.created_at, attached(own, actor.org, row))]
    for original in originals:
        raw = own.open(bytes(original["sealed"]), actor.org, "originals", "sealed", original["event_id"])
        given.append(Attached(original["seq"], original["created_at"], json.loads(to_text(raw)).get("custom_data") or {}))
    full = [one for one in given if one.data]
    return [one for before, one in zip([None, *full], full, strict=False) if before is None or before.data != one.data]


async def reveal_file(world: World, actor: Actor, id: SessionId, file: FileId, why: str = "") -> File:
    """A file of the session's contact, for a person whose role may see it. Raises NotFound for another contact's."""
    await _may_reveal(world, actor)
    org_key, reason = await world.key(actor.org), await written(world, actor.org, why, id)
    async with world.store.tx(actor.org) as tx:
        session = await sessions.load(tx, actor.org, id)
        row = await vault.file(tx, actor.org, file)
        if row["contact_id"] != session.contact:
            raise NotFound("There is no such file in this session.")
        own = own_key(org_key, actor.org, await stored.load(tx, actor.org, session.contact))
        await vault.audit(tx, actor, "privacy.reveal", "file", file, {"session": str(id), "why": reason})
    return opened(own, actor.org, row)


async def note(world: World, actor: Actor, thing: str, id: UUID | None, **detail: str | int) -> None:
    """One line for what a program reads in the clear by its scopes: contacts, or links to files. Call it before the answer is given."""
    async with world.store.tx(actor.org) as tx:
        await vault.audit(tx, actor, "privacy.reveal", thing, id, detail)
