"""Rehearsals in the store: the change, the sessions that it is tried on, and what would become of each. Masked text only; it decides nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.errors import NotFound
from glassine.words.ids import OrgId, SessionId, TurnId
from glassine.words.rehearsals import Case, End, Proposal, Rehearsal, RehearsalId, Shown, Side, State, Tally, Verdict

_SQL = Statements(__file__)
_KEPT = 20  # rehearsals; older ones go when a new one begins


async def insert(tx: Tx, org: OrgId, id: RehearsalId, proposal: Proposal, *, rulebook: int, wanted: int, by: UUID | None) -> None:
    """With the newest sessions that there are, up to as many as are wanted."""
    await tx.execute(_SQL.insert, {"org": org, "id": id, "proposal": Jsonb(proposal.written()), "rulebook": rulebook, "wanted": wanted, "by": by})
    await tx.execute(_SQL.choose, {"org": org, "id": id, "wanted": wanted})
    await tx.execute(_SQL.forget_old, {"org": org, "kept": _KEPT})


async def load(tx: Tx, org: OrgId, id: RehearsalId) -> Rehearsal:
    """Raises NotFound."""
    return await _found(tx, org, await one(tx, _SQL.load, {"org": org, "id": id}))


async def hold(tx: Tx, org: OrgId, id: RehearsalId) -> Rehearsal:
    """The same, held until the transaction ends."""
    return await _found(tx, org, await one(tx, _SQL.hold, {"org": org, "id": id}))


async def newest(tx: Tx, org: OrgId, limit: int) -> list[Rehearsal]:
    return [await _found(tx, org, row) for row in await rows(tx, _SQL.newest, {"org": org, "limit": limit})]


async def _found(tx: Tx, org: OrgId, row: DictRow | None) -> Rehearsal:
    if row is None:
        raise NotFound("There is no such rehearsal. Only the newest twenty are kept.")
    return Rehearsal(
        id=RehearsalId(row["id"]), proposal=Proposal.read(row["proposal"]), rulebook=row["rulebook"], wanted=row["wanted"], state=State(row["state"]), asks=row["asks"], why=row["why"],
        by_name=row["by_name"], created_at=row["created_at"], ended_at=row["ended_at"], tally=_tally(await rows(tx, _SQL.counts, {"org": org, "id": row["id"]})),
    )


def _tally(counted: Sequence[Mapping[str, Any]]) -> Tally:
    verdicts: Counter[Verdict] = Counter()
    moves: Counter[tuple[End, End]] = Counter()
    for row in counted:
        verdicts[Verdict(row["verdict"])] += row["n"]
        if row["verdict"] == Verdict.DIFFERS:
            moves[End(row["before"]), End(row["after"])] += row["n"]
    unasked = [row for row in counted if row["verdict"] == Verdict.UNKNOWN or End.MODEL in (row["before"], row["after"])]
    return Tally(
        sessions=verdicts.total(), verdicts=dict(verdicts), moves=tuple((*move, n) for move, n in sorted(moves.items(), key=lambda each: (each[0][0] == each[0][1], -each[1], each[0]))),
        tokens_in=sum(row["tokens_in"] for row in unasked), tokens_out=sum(row["tokens_out"] for row in unasked),
    )


async def set_state(tx: Tx, org: OrgId, id: RehearsalId, state: State, at: datetime, *, why: str = "", asks: bool | None = None) -> None:
    await tx.execute(_SQL.set_state, {"org": org, "id": id, "state": state, "why": why, "asks": asks, "at": at})


async def next_session(tx: Tx, org: OrgId, id: RehearsalId) -> SessionId | None:
    """The newest that has not been looked at."""
    row = await one(tx, _SQL.next, {"org": org, "id": id})
    return SessionId(row["session_id"]) if row else None


async def turns_of(tx: Tx, org: OrgId, session: SessionId) -> list[TurnId]:
    """A session's turns that may be played once more, in order."""
    return [TurnId(row["id"]) for row in await rows(tx, _SQL.turns, {"org": org, "session": session})]


async def write(tx: Tx, org: OrgId, id: RehearsalId, session: SessionId, case: Case) -> None:
    sides = {name: Jsonb(side.written()) if side else None for name, side in (("before", case.before), ("after", case.after))}
    await tx.execute(_SQL.write, {
        "org": org, "id": id, "session": session, "verdict": case.verdict, "turn": case.turn, "why": case.why, "tokens_in": case.tokens_in, "tokens_out": case.tokens_out, **sides,
    })


async def reconsider(tx: Tx, org: OrgId, id: RehearsalId) -> None:
    await tx.execute(_SQL.reconsider, {"org": org, "id": id})


async def cases(tx: Tx, org: OrgId, id: RehearsalId, verdicts: Sequence[Verdict], *, limit: int, offset: int = 0) -> list[Shown]:
    """Those whose end is another one first, alike ones together."""
    found = await rows(tx, _SQL.cases, {"org": org, "id": id, "verdicts": list(verdicts), "limit": limit, "offset": offset})
    return [Shown(session=SessionId(row["session_id"]), ticket=row["ticket_number"], asked=row["asked"], case=_case(row)) for row in found]


def _case(row: Mapping[str, Any]) -> Case:
    return Case(
        verdict=Verdict(row["verdict"]), turn=TurnId(row["turn_id"]) if row["turn_id"] else None, before=Side.read(row["before"]) if row["before"] else None,
        after=Side.read(row["after"]) if row["after"] else None, why=row["why"], tokens_in=row["tokens_in"], tokens_out=row["tokens_out"],
    )
