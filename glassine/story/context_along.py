"""What goes along with a call beside its values and keys: who is asking, in headers, where an action wants them. Nothing of it comes from a browser."""

from __future__ import annotations

from glassine.rules.calling.requests import Extra
from glassine.story.masking import Mask
from glassine.story.world import World
from glassine.words.actions import Action
from glassine.words.ids import OrgId

PREFIXES = ("x-glassine", "x-opencx")  # the second is what such APIs read already


async def of(world: World, org: OrgId, action: Action, mask: Mask) -> Extra:
    """The headers of the session, by both their names."""
    del world
    return Extra(headers=_headers(org, mask) if action.context_headers else {})


def _headers(org: OrgId, mask: Mask) -> dict[str, str]:
    session = mask.session
    facts = {"org-id": str(org), "session-id": str(session.id), "ticket-number": str(session.ticket_number)}
    if session.verified:
        facts["external-user-id"] = str(mask.identity.custom_data.get("external_id") or session.contact)
    return {f"{prefix}-{name}": value for prefix in PREFIXES for name, value in facts.items()}
