"""Calls that wait too long, or that something else is wanted instead of: they end, and the customer hears of what the team did not decide. It runs no call."""

from __future__ import annotations

from glassine.rules.calling import policy
from glassine.rules.calling.policy import Counts
from glassine.rules.reactions import turn_of
from glassine.store import Tx, calls, jobs, sessions
from glassine.store.calls import Writing
from glassine.store.live import notify
from glassine.words.actions import WAITING, Action
from glassine.words.ids import OrgId, SessionId

ONE_AT_A_TIME = "Another call waits for the customer or the team. One at a time."


async def expire(tx: Tx, org: OrgId, session: SessionId | None = None) -> None:
    """Ends those whose time is up. Where the team had to decide, a turn begins that tells the customer, unless the session is with people, who see it."""
    for one in await calls.expire(tx, org, session):
        if await sessions.reopen_turn(tx, org, one):
            await jobs.add(tx, org, turn_of(one))
        await notify(tx, org, one, "call")


async def counted_out(tx: Tx, org: OrgId, action: Action, writing: Writing, *, fresh: bool) -> str:
    """Why a call is refused for those before it; empty: it is not. A `fresh` one that waits takes the place of one that has waited since an earlier turn: the customer wants this now."""
    before = None
    if fresh and writing.state in WAITING:
        await calls.expire(tx, org, writing.session)
        before = await calls.waiting(tx, org, writing.session)
        if before and before.turn == writing.turn:
            return ONE_AT_A_TIME
    counted = await calls.counted(tx, org, writing, minutes=policy.MINUTES_REPEATED, row=policy.FAILURES_IN_A_ROW)
    counts = Counts(of_contact=counted.of_contact, of_all=counted.of_all, same=counted.same, row=counted.row, seconds=counted.seconds)
    why = policy.refusal(action, counts)
    if before and not why:
        await calls.give_way(tx, org, before.id)
    return why
