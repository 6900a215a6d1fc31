"""Looking behind a mask: what one would mask, and what one hides. Every reveal is one line of the audit log, without the value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from glassine.rules.permits import require
from glassine.rules.policies import EVERYWHERE, policy_of
from glassine.rules.redaction import before_names, redact
from glassine.store import contacts as stored
from glassine.store import house, sessions, vault
from glassine.story.contacts import identity_of, own_key
from glassine.story.conversations import attached
from glassine.story.files import File, opened
from glassine.story.masking import storable, to_text
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.house import OrgSettings
from glassine.words.ids import FileId, OrgId, SessionId
from glassine.words.people import Actor, Verb
from glassine.words.privacy import Known, Redacted

_LONGEST_PREVIEW = 100_000
_IDENTITY_FIELDS = ("email", "phone_number", "name", "custom_data", "non_verified_email", "non_verified_name", "non_verified_custom_data")


async def preview(world: World, org: OrgId, text: str, channel: str = EVERYWHERE) -> Redacted:
    """What would be masked in a text of nobody in particular, on a channel or by what holds for all. Nothing is stored."""
    if len(text) > _LONGEST_PREVIEW:
        raise Refused(f"The text has {len(text):,} characters; {_LONGEST_PREVIEW:,} is the most.", status=413)
    async with world.store.tx(org) as tx:
        row = await house.load(tx, org)
    policy, clean = policy_of(row["name"], OrgSettings.read(row["settings"]), channel), storable(text)
    return redact(clean, policy, Known(), await world.names.find(before_names(clean, policy)))


async def _may_reveal(world: World, actor: Actor) -> None:
    """Raises Refused (403) for a role that may not, and for everybody while reveals are switched off."""
    require(actor, Verb.REVEAL)
    await world.switches.admit(actor.org, "reveal")


async def reveal(world: World, actor: Actor, id: SessionId, placeholder: str, why: str = "") -> str:
    """The value behind a placeholder, for a person whose role may see it."""
    await _may_reveal(world, actor)
    org_key = await world.key(actor.org)
    async with world.store.tx(actor.org) as tx:
        session = await sessions.load(tx, actor.org, id)
        token = await vault.one_of(tx, actor.org, id, placeholder)
        own = own_key(org_key, actor.org, await stored.load(tx, actor.org, session.contact))
        await vault.audit(tx, actor, "privacy.reveal", "session", id, {"type": token.type, "placeholder": placeholder, "why": why[:200]})
    return to_text(own.open(bytes(token.sealed), actor.org, "vault", id, placeholder))


async def reveal_contact(world: World, actor: Actor, id: SessionId, field: str, why: str = "") -> str | Mapping[str, Any]:
    """One field of the session's contact, for a person whose role may see it; custom data comes whole."""
    await _may_reveal(world, actor)
    if field not in _IDENTITY_FIELDS:
        raise NotFound("A contact has no such field.")
    org_key = await world.key(actor.org)
    async with world.store.tx(actor.org) as tx:
        session = await sessions.load(tx, actor.org, id)
        sealed = await stored.load(tx, actor.org, session.contact)
        await vault.audit(tx, actor, "privacy.reveal", "contact", session.contact, {"field": field, "why": why[:200]})
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
    org_key = await world.key(actor.org)
    async with world.store.tx(actor.org) as tx:
        session = await sessions.load(tx, actor.org, id)
        row = await sessions.find(tx, actor.org, id)
        own = own_key(org_key, actor.org, await stored.load(tx, actor.org, session.contact))
        originals = await vault.originals_of(tx, actor.org, id)
        await vault.audit(tx, actor, "privacy.reveal", "session", id, {"field": "custom_data", "why": why[:200]})
    assert row is not None, "it was loaded a line above"
    given = [Attached(None, session.created_at, attached(own, actor.org, row))]
    for original in originals:
        raw = own.open(bytes(original["sealed"]), actor.org, "originals", "sealed", original["event_id"])
        given.append(Attached(original["seq"], original["created_at"], json.loads(to_text(raw)).get("custom_data") or {}))
    full = [one for one in given if one.data]
    return [one for before, one in zip([None, *full], full, strict=False) if before is None or before.data != one.data]


async def reveal_file(world: World, actor: Actor, id: SessionId, file: FileId) -> File:
    """A file of the session's contact, for a person whose role may see it. Raises NotFound for another contact's."""
    await _may_reveal(world, actor)
    org_key = await world.key(actor.org)
    async with world.store.tx(actor.org) as tx:
        session = await sessions.load(tx, actor.org, id)
        row = await vault.file(tx, actor.org, file)
        if row["contact_id"] != session.contact:
            raise NotFound("There is no such file in this session.")
        own = own_key(org_key, actor.org, await stored.load(tx, actor.org, session.contact))
        await vault.audit(tx, actor, "privacy.reveal", "file", file, {"session": str(id)})
    return opened(own, actor.org, row)


async def audit_log(world: World, actor: Actor, limit: int = 200, *, only: vault.AuditKind | None = None) -> list[dict[str, object]]:
    """The newest lines; `only` those of one kind, so that many changes of one kind do not hide the others."""
    require(actor, Verb.READ_AUDIT)
    async with world.store.tx(actor.org) as tx:
        return await vault.audit_page(tx, actor.org, limit, only=only)


