"""Looking behind a mask: what one would mask, and what one hides. Every reveal is one line of the audit log, without the value."""

from __future__ import annotations

from glassine.rules.permits import require
from glassine.rules.redaction import before_names, redact
from glassine.store import contacts as stored
from glassine.store import house, sessions, vault
from glassine.story.contacts import identity_of, own_key
from glassine.story.masking import policy_of, storable, to_text
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.house import OrgSettings
from glassine.words.ids import FileId, OrgId, SessionId
from glassine.words.people import Actor, Verb
from glassine.words.privacy import Known, Redacted

_LONGEST_PREVIEW = 100_000
_IDENTITY_FIELDS = ("email", "phone_number", "name", "custom_data", "non_verified_email", "non_verified_name", "non_verified_custom_data")


async def preview(world: World, org: OrgId, text: str) -> Redacted:
    """What would be masked in a text of nobody in particular. Nothing is stored."""
    if len(text) > _LONGEST_PREVIEW:
        raise Refused(f"The text has {len(text):,} characters; {_LONGEST_PREVIEW:,} is the most.", status=413)
    async with world.store.tx(org) as tx:
        row = await house.load(tx, org)
    policy, clean = policy_of(row["name"], OrgSettings.read(row["settings"])), storable(text)
    return redact(clean, policy, Known(), await world.names.find(before_names(clean, policy)))


async def reveal(world: World, actor: Actor, id: SessionId, placeholder: str, why: str = "") -> str:
    """The value behind a placeholder, for a person whose role may see it."""
    require(actor, Verb.REVEAL)
    org_key = await world.key(actor.org)
    async with world.store.tx(actor.org) as tx:
        session = await sessions.load(tx, actor.org, id)
        token = await vault.one_of(tx, actor.org, id, placeholder)
        own = own_key(org_key, actor.org, await stored.load(tx, actor.org, session.contact))
        await vault.audit(tx, actor, "privacy.reveal", "session", id, {"type": token.type, "placeholder": placeholder, "why": why[:200]})
    return to_text(own.open(bytes(token.sealed), actor.org, "vault", id, placeholder))


async def reveal_contact(world: World, actor: Actor, id: SessionId, field: str, why: str = "") -> str:
    """One field of the session's contact, for a person whose role may see it."""
    require(actor, Verb.REVEAL)
    if field not in _IDENTITY_FIELDS:
        raise NotFound("A contact has no such field.")
    org_key = await world.key(actor.org)
    async with world.store.tx(actor.org) as tx:
        session = await sessions.load(tx, actor.org, id)
        sealed = await stored.load(tx, actor.org, session.contact)
        await vault.audit(tx, actor, "privacy.reveal", "contact", session.contact, {"field": field, "why": why[:200]})
    return str(getattr(identity_of(org_key, actor.org, sealed), field) or "")


async def reveal_file(world: World, actor: Actor, id: FileId) -> None:
    """Records that a person opens a customer's file; the caller then reads it."""
    require(actor, Verb.REVEAL)
    async with world.store.tx(actor.org) as tx:
        await vault.file(tx, actor.org, id)
        await vault.audit(tx, actor, "privacy.reveal", "file", id)


async def audit_log(world: World, actor: Actor, limit: int = 200) -> list[dict[str, object]]:
    require(actor, Verb.READ_AUDIT)
    async with world.store.tx(actor.org) as tx:
        return await vault.audit_page(tx, actor.org, limit)


