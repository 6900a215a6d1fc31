"""Why somebody looked, redacted or erased: their words, masked before they are written down, because the audit log never holds a value."""

from __future__ import annotations

import re

from glassine.rules.redaction import PLACEHOLDER
from glassine.story.masking import look, shortened
from glassine.story.privacy.previewing import preview
from glassine.story.world import World
from glassine.words.ids import OrgId, SessionId

LONGEST = 200  # characters
_NUMBER = re.compile(r"_\d+\]$")


async def written(world: World, org: OrgId, why: str, session: SessionId | None = None) -> str:
    """A reason as it may be kept: what is personal in it is masked, without a number, for nothing is kept of the value."""
    words = " ".join(why.split())[: 4 * LONGEST]
    if not words:
        return ""
    if session is None:
        masked = await preview(world, org, words)
    else:
        mask, _ = await look(world, org, session)
        masked = await mask.text(world, words)
    return shortened(PLACEHOLDER.sub(lambda match: _NUMBER.sub("]", match.group()), masked.text), LONGEST)
