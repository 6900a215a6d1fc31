"""What people ask of privacy without touching anybody's data: what would be masked in a text, and who looked behind masks or changed a boundary."""

from __future__ import annotations

from dataclasses import replace

from glassine.rules.permits import require
from glassine.rules.policies import EVERYWHERE, TYPES, policy_of
from glassine.rules.redaction import before_names, redact
from glassine.store import house, vault
from glassine.story.masking import storable
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId
from glassine.words.people import Actor, Verb
from glassine.words.privacy import Known, Redacted, Treatment

_LONGEST_PREVIEW = 100_000


async def preview(world: World, org: OrgId, text: str, channel: str = EVERYWHERE) -> Redacted:
    """What would be masked in a text of nobody in particular, on a channel or by what holds for all. Nothing is stored."""
    if len(text) > _LONGEST_PREVIEW:
        raise Refused(f"The text has {len(text):,} characters; {_LONGEST_PREVIEW:,} is the most.", status=413)
    async with world.store.tx(org) as tx:
        row = await house.load(tx, org)
    policy, clean = policy_of(row["name"], OrgSettings.read(row["settings"]), channel), storable(text)
    return redact(clean, policy, Known(), await world.names.find(before_names(clean, policy)))


async def masked_for_good(world: World, org: OrgId, text: str) -> str:
    """What may be kept of a text of nobody in particular: each personal value is gone, whatever its kind is set to elsewhere."""
    async with world.store.tx(org) as tx:
        row = await house.load(tx, org)
    usual, clean = policy_of(row["name"], OrgSettings.read(row["settings"])), storable(text)
    policy = replace(usual, treatments=dict.fromkeys(TYPES, Treatment.MASK), patterns=tuple(replace(one, treatment=Treatment.MASK) for one in usual.patterns))
    return redact(clean, policy, Known(), await world.names.find(before_names(clean, policy))).text


async def audit_log(world: World, actor: Actor, limit: int = 200, *, only: vault.AuditKind | None = None) -> list[dict[str, object]]:
    """The newest lines; `only` those of one kind, so that many changes of one kind do not hide the others."""
    require(actor, Verb.READ_AUDIT)
    async with world.store.tx(actor.org) as tx:
        return await vault.audit_page(tx, actor.org, limit, only=only)
