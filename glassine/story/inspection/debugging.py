"""Debug mode: for an hour, a session's turns also record what they do not need: every candidate of the search, and a provider's own words when it fails.

It decides nothing: an outcome is the same with it and without it.
"""

from __future__ import annotations

from typing import Any

from glassine.rules import extract
from glassine.rules.permits import require
from glassine.rules.redaction import escape
from glassine.store import sessions, vault
from glassine.store.live import notify
from glassine.story import masking
from glassine.story.search import finding
from glassine.story.search.finding import Sought
from glassine.story.world import World
from glassine.words.ids import OrgId, SessionId
from glassine.words.people import Actor, Verb

MINUTES = 60
EVERYTHING = 48  # candidates that a search can have: 24 by meaning and 24 by words
_MOST_OF_AN_ERROR = 4_000  # characters


async def start(world: World, actor: Actor, id: SessionId) -> None:
    """Marks the session, for as long as MINUTES says. Raises NotFound, and Refused (403)."""
    await _mark(world, actor, id, MINUTES)


async def stop(world: World, actor: Actor, id: SessionId) -> None:
    """Before it ends by itself. What was recorded stays with its turns."""
    await _mark(world, actor, id, 0)


async def _mark(world: World, actor: Actor, id: SessionId, minutes: int) -> None:
    require(actor, Verb.DEBUG)
    async with world.store.tx(actor.org) as tx:
        await sessions.debug(tx, actor.org, id, minutes)
        await vault.audit(tx, actor, "inspect.debug" if minutes else "inspect.debug_off", "session", id, {"minutes": minutes} if minutes else {})
        await notify(tx, actor.org, id, "owner")


def candidates(query: str, sought: Sought, least: float) -> list[dict[str, Any]]:
    """Every passage that was in question, best first, with the confidence that quoting it would have needed."""
    return [
        {
            "passage": str(hit.passage), "title": hit.title, "heading": hit.heading, "score": round(hit.score, 3), "similarity": round(hit.similarity, 3),
            "confidence": round(sure, 3), "considered": place < finding.LIMIT, "enough": sure >= least, "best_sentence": escape(hit.best_sentence),
        }
        for place, hit in enumerate(sought.hits) for sure in [extract.confidence(query, hit, sought.spoken, hits=len(sought.hits))]
    ]  # fmt: skip


async def covered(world: World, org: OrgId, id: SessionId, text: str) -> str:
    """A foreign text as it may be kept: masked with all that is known of the session. What is new in it gets no number, for nobody is to look it up."""
    mask, _ = await masking.look(world, org, id)
    masked = (await mask.text(world, text[:_MOST_OF_AN_ERROR])).text
    for token in mask.fresh:
        masked = masked.replace(token.placeholder, f"[{token.type.upper()}]")
    return masked
