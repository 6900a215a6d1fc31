"""Which actions the model hears of: those that this customer may have called on this channel, and of many the nearest to what they want. It calls none."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from glassine.rules.calling import policy
from glassine.store import actions, segments
from glassine.store.vectors import Vectors
from glassine.story.actions import codes
from glassine.story.search import finding, sight
from glassine.story.world import World
from glassine.words.actions import Action, IdentityLevel
from glassine.words.boundaries import shut
from glassine.words.ids import OrgId, SegmentId
from glassine.words.sessions import Session

MOST = 12  # that are offered at once, and pinned ones beside
_KNOWN_FOR = 0.8  # seconds: what is changed or disabled counts within a second, in every process
_MOST_KNOWN = 1_000  # organisations


class Live(NamedTuple):
    """What can be called, with the vectors of what each is for, by action and model."""

    actions: tuple[Action, ...]
    vectors: Mapping[tuple[UUID, str], Vectors]
    stamp: tuple[Any, ...] = ()


async def offered(world: World, org: OrgId, session: Session, text: str, language: str) -> tuple[Action, ...]:
    """Pinned ones first."""
    live = await _live(world, org)
    if not live.actions or shut("action", await world.switches.of(org)):
        return ()
    own = await _segments(world, org, session, live.actions)
    code = any(one.policy.identity is IdentityLevel.CODE for one in live.actions) and await codes.can_send(world, org, session.id)
    fitting = [one for one in live.actions if policy.offers(one, channel=str(session.channel), segments=own, verified=session.verified, code=code)]
    pinned = [one for one in fitting if one.pinned]
    others = [one for one in fitting if not one.pinned]
    return (*pinned, *(others if len(others) <= MOST else await _nearest(world, others, live.vectors, text, language)))


async def _live(world: World, org: OrgId) -> Live:
    until, known = world.actions.get(org, (0.0, None))
    if known is None or until < time.monotonic():
        async with world.store.tx(org) as tx:
            stamp = await actions.stamp(tx, org)
            if known is None or known.stamp != stamp:  # else nothing was changed, and a thousand actions need not be read again
                every, vectors = await actions.every(tx, org), await actions.vectors(tx, org)
                known = Live(tuple(one for one in every if one.enabled), vectors, stamp)
        if len(world.actions) > _MOST_KNOWN:
            world.actions.clear()
        world.actions[org] = (time.monotonic() + _KNOWN_FOR, known)
    return known  # type: ignore[no-any-return]  # the world does not know what stories keep there


async def _segments(world: World, org: OrgId, session: Session, known: Sequence[Action]) -> frozenset[SegmentId]:
    """The segments of a verified contact, asked for only where an action is for some."""
    viewer = sight.customer(session)
    if viewer.contact is None or not any(one.policy.segments for one in known):
        return frozenset()
    async with world.store.tx(org) as tx:
        return frozenset(each.segment for each in await segments.of_contact(tx, org, viewer.contact))


async def _nearest(world: World, known: Sequence[Action], vectors: Mapping[tuple[UUID, str], Vectors], text: str, language: str) -> list[Action]:
    """Those whose purpose is like the message. One that the language's model has not read yet comes after those it has."""
    asked, model = finding.plainly(text), world.embed.model(language)
    if not asked:
        return list(known[:MOST])
    query = await world.embed.query(asked, language)
    near = {one.id: float(vectors[one.id, model] @ query) if (one.id, model) in vectors else -1.0 for one in known}
    return sorted(known, key=lambda one: near[one.id], reverse=True)[:MOST]
