"""A customer who writes a one-time code as a message instead of entering it: it is tried for the call that waits, and taken out before anything is stored."""

from __future__ import annotations

import logging
from dataclasses import replace

from glassine.rules import one_time
from glassine.store import calls, one_time_codes
from glassine.story.actions import acting
from glassine.story.masking import Mask
from glassine.story.world import World
from glassine.words.actions import CallState
from glassine.words.channels import Inbound
from glassine.words.errors import Refused
from glassine.words.ids import OrgId

_log = logging.getLogger(__name__)


async def taken_out(world: World, org: OrgId, mask: Mask, inbound: Inbound) -> Inbound:
    """The message as it may be stored. Asks the database only where six digits stand alone in it."""
    code = one_time.in_text(inbound.text)
    if not code:
        return inbound
    async with world.store.tx(org) as tx:
        call = await calls.waiting(tx, org, mask.session.id)
        lately = await one_time_codes.lately(tx, org, mask.session.id)
    waits = call is not None and call.state is CallState.CODE
    if call is not None and waits:
        try:
            await acting.go_on(world, org, mask.session.id, call.id, code=code)
        except Refused as refusal:
            _log.info("A code in a message did not fit: %s", refusal.code)
    return replace(inbound, text=one_time.without(inbound.text)) if waits or lately else inbound
