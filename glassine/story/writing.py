"""A person writes a reply in a session that the AI answers: the AI waits. It owns the session all the while, and answers when the person leaves it.

The wait is a short lease that the person's browser renews. When it ends, by a word or by itself, the turn that was put off is taken: nobody is left without an answer.
"""

from __future__ import annotations

from glassine.rules.permits import require
from glassine.store import jobs, sessions
from glassine.store.live import notify
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.ids import PersonId, SessionId
from glassine.words.people import Actor, ActorKind, Verb

LEASE = 12.0  # seconds without a sign of the person after which the AI answers


async def begin(world: World, actor: Actor, id: SessionId) -> bool:
    """This person writes, or still does. False: there is nothing to wait for, because the session is not the AI's. Raises Refused (403)."""
    require(actor, Verb.ANSWER)
    if actor.kind is not ActorKind.AGENT or actor.id is None:
        raise Refused("The AI waits for people only.", status=403)
    async with world.store.tx(actor.org) as tx:
        began = await sessions.typing(tx, actor.org, id, PersonId(actor.id), LEASE)
        if began:  # what is merely renewed is no news
            await notify(tx, actor.org, id, "typing")
    return began is not None


async def end(world: World, actor: Actor, id: SessionId) -> None:
    """This person has left the text: what waits is answered now."""
    require(actor, Verb.ANSWER)
    if actor.id is None:
        return
    async with world.store.tx(actor.org) as tx:
        if await sessions.typed(tx, actor.org, id, PersonId(actor.id)):
            await jobs.hurry(tx, str(id))
            await notify(tx, actor.org, id, "typing")
