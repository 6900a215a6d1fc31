"""What a turn may have called for its customer: what is offered, whether the turn is still wanted, and calls that wait going on. The policy stands in acting.py."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from glassine.store import Tx, calls, sessions
from glassine.story.actions import acting as actions
from glassine.story.scene import Acting, NoLonger
from glassine.words.actions import WAITING, Call, CallId, CallState
from glassine.words.errors import Refused
from glassine.words.turns import Reason, ToolCall

if TYPE_CHECKING:
    from glassine.story.scene import Scene
    from glassine.story.world import World
    from glassine.words.ids import OrgId, SessionId, TurnId

_MOST = 12  # of a session's calls, the newest
_PAUSE, _PATIENCE = 0.25, 60.0  # seconds between looks at a call that another turn has running, and until it is let be


async def calls_so_far(tx: Tx, org: OrgId, session: SessionId) -> tuple[Call, ...]:
    """A session's calls, oldest first, those whose time is up among them as ended."""
    await calls.expire(tx, org, session, approvals=False)  # of those the customer hears in a turn of its own
    every = await calls.of_session(tx, org, session)
    return tuple(call for at, call in enumerate(every) if at >= len(every) - _MOST or call.state in WAITING)


async def acting(world: World, scene: Scene, turn: TurnId | None) -> Acting:
    """The actions that this customer may hear of, and how a call of one is asked for."""
    offered = await actions.offered(world, scene)
    if not offered:
        return Acting()
    reads = frozenset(one.name for one in offered if one.reads)

    async def ask(wanted: ToolCall, objection: str = "") -> Call:
        if wanted.name not in reads:
            await _wanted(world, scene)
        return await actions.ask(world, scene, turn, wanted, offered, objection)

    return Acting(specs=actions.specs(offered), reads=reads, ask=ask)


async def _wanted(world: World, scene: Scene) -> None:
    """Raises NoLonger where the turn may do nothing more in the session's name."""
    if (await world.switches.of(scene.org)).ai_off:
        raise NoLonger(Reason.AI_OFF)
    async with world.store.tx(scene.org) as tx:
        if not await sessions.wanted(tx, scene.org, scene.session):
            raise NoLonger(Reason.OVERTAKEN)


async def go_on(world: World, scene: Scene, call: Call, yes: bool) -> Call:
    """The customer's word on a call that waits. Said twice at once it counts once: whoever was second hears what became of it."""
    try:
        if yes:
            await _wanted(world, scene)
        call = await actions.go_on(world, scene.org, scene.session.id, call.id, yes=yes)
    except Refused:  # somebody else was first
        call = await _now(world, scene.org, call.id)
    began = time.monotonic()
    while call.state is CallState.RUNNING and time.monotonic() - began < _PATIENCE:
        await asyncio.sleep(_PAUSE)
        call = await _now(world, scene.org, call.id)
    return call


async def _now(world: World, org: OrgId, id: CallId) -> Call:
    async with world.store.tx(org) as tx:
        return (await calls.load(tx, org, id)).call
