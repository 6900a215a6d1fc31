"""Calls of actions in the store: each is written before its request leaves, and settled once. Masked text only, but for what is sealed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Taken, Tx, one, rows, vault
from glassine.store.statements import Statements
from glassine.store.vault import SealedToken
from glassine.words.actions import LATE, REPLACED, UNDECIDED, WAITING, ActionId, Call, CallId, CallState
from glassine.words.errors import NotFound
from glassine.words.ids import ContactId, OrgId, SessionId, TurnId

_SQL = Statements(__file__)
OF_SESSION = _SQL.of_session
WAITING_OF_SESSION = _SQL.waiting
_SETTLED = frozenset(CallState) - WAITING - {CallState.RUNNING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """A call as it is written or moved on. `form` is masked; `sealed` is the same in the clear; `agreed` the hash of what was shown."""

    id: CallId
    session: SessionId
    contact: ContactId
    turn: TurnId | None = None
    action: ActionId | None = None
    name: str
    version: int = 0
    host: str = ""
    arguments: Mapping[str, Any]
    form: Mapping[str, Any] = field(default_factory=dict)
    sealed: bytes | None = field(default=None, repr=False)
    agreed: bytes | None = None
    passed: tuple[str, ...] = ()
    state: CallState
    why: str = ""
    says: str = ""
    minutes: int | None = None  # that it waits


class Kept(NamedTuple):
    """A call with what only its own story reads."""

    call: Call
    contact: ContactId
    form: Mapping[str, Any]
    sealed: bytes | None
    agreed: bytes | None
    passed: tuple[str, ...]
    expires_at: datetime | None


class Counted(NamedTuple):
    of_all: int
    of_contact: int
    same: bool
    row: list[bool]
    seconds: float


async def insert(tx: Tx, org: OrgId, writing: Writing) -> None:
    """Raises Taken where another call of the session waits already."""
    await tx.execute(_SQL.insert, {"org": org, **_values(writing)})


async def move(tx: Tx, org: OrgId, writing: Writing, *, was: CallState, by: UUID | None = None, by_name: str = "") -> bool:
    """False: it does not wait for this any more."""
    return await one(tx, _SQL.move, {"org": org, "was": was, "by": by, "by_name": by_name, **_values(writing)}) is not None


def _values(writing: Writing) -> dict[str, Any]:
    return {
        "id": writing.id, "session": writing.session, "contact": writing.contact, "turn": writing.turn, "action": writing.action, "name": writing.name, "version": writing.version,
        "host": writing.host, "arguments": Jsonb(writing.arguments), "form": Jsonb(writing.form), "sealed": writing.sealed, "agreed": writing.agreed, "passed": list(writing.passed),
        "state": writing.state, "why": writing.why, "says": writing.says, "minutes": writing.minutes, "settled": writing.state in _SETTLED,
    }


async def settle(tx: Tx, org: OrgId, call: Call, *, fault: bool, attempts: int) -> bool:
    """False: somebody else has settled it."""
    values = {"org": org, "id": call.id, "state": call.state, "why": call.why, "status": call.status, "seen": call.seen, "milliseconds": call.milliseconds, "fault": fault, "attempts": attempts}
    return await one(tx, _SQL.settle, values) is not None


async def load(tx: Tx, org: OrgId, id: CallId, *, hold: bool = False) -> Kept:
    """Raises NotFound."""
    row = await one(tx, _SQL.hold if hold else _SQL.load, {"org": org, "id": id})
    if row is None:
        raise NotFound("There is no such call.")
    return kept(row)


async def of_session(tx: Tx, org: OrgId, session: SessionId) -> list[Call]:
    """In order."""
    return [from_row(row) for row in await rows(tx, _SQL.of_session, {"org": org, "session": session})]


async def of_action(tx: Tx, org: OrgId, action: ActionId, limit: int = 100) -> list[Call]:
    """Newest first."""
    return [from_row(row) for row in await rows(tx, _SQL.of_action, {"org": org, "action": action, "limit": limit})]


async def waiting(tx: Tx, org: OrgId, session: SessionId) -> Call | None:
    row = await one(tx, _SQL.waiting, {"org": org, "session": session})
    return from_row(row) if row else None


async def approvals(tx: Tx, org: OrgId) -> list[tuple[Call, int]]:
    """Those that wait for a person of the team, with their tickets, the oldest first."""
    return [(from_row(row), row["ticket_number"]) for row in await rows(tx, _SQL.approvals, {"org": org})]


async def told(tx: Tx, org: OrgId, session: SessionId, host: str) -> list[str]:
    """What this host has answered in this session, masked."""
    return [str(row["seen"]) for row in await rows(tx, _SQL.told, {"org": org, "session": session, "host": host})]


async def lock(tx: Tx, org: OrgId, action: ActionId) -> None:
    """Until the transaction ends nobody else counts the calls of this action."""
    await tx.execute(_SQL.lock, {"org": org, "action": action})


async def counted(tx: Tx, org: OrgId, writing: Writing, *, minutes: int, row: int) -> Counted:
    """What was called before this one. Under the lock nothing is missed: every statement sees what was committed before it."""
    values = {
        "org": org, "action": writing.action, "contact": writing.contact, "session": writing.session, "id": writing.id, "host": writing.host, "minutes": minutes, "row": row,
        "arguments": Jsonb(writing.arguments), "form": Jsonb(writing.form),
    }
    found = await one(tx, _SQL.counts, values)
    assert found is not None, "it counts"
    return Counted(**found)


async def keep_tokens(tx: Tx, org: OrgId, session: SessionId, stored: int, tokens: Collection[SealedToken]) -> None:
    """The placeholders that a call's texts brought. Raises Taken when others came between: the caller masks again."""
    if not tokens:
        return
    row = await one(tx, _SQL.count_tokens, {"org": org, "session": session, "tokens": stored, "fresh": len(tokens)})
    if row is None:
        raise Taken
    await vault.put(tx, org, session, list(tokens), seq=row["last_seq"])


async def expire(tx: Tx, org: OrgId, session: SessionId | None = None, *, approvals: bool = True) -> list[SessionId]:
    """Those whose time is up. Returns the sessions in which the team had to decide and did not."""
    values = {"org": org, "session": session, "approvals": approvals, "late": LATE, "undecided": UNDECIDED}
    return [SessionId(row["session_id"]) for row in await rows(tx, _SQL.expire, values)]


async def give_way(tx: Tx, org: OrgId, id: CallId) -> None:
    """A call that waits makes room for another that the customer wants instead."""
    await tx.execute(_SQL.give_way, {"org": org, "id": id, "why": REPLACED})


async def strand(tx: Tx, org: OrgId) -> None:
    """Those whose process stopped: it is not known what became of them, and nobody sends them again."""
    await tx.execute(_SQL.strand, {"org": org})


async def blank(tx: Tx, org: OrgId, session: SessionId, since: datetime | None) -> None:
    await tx.execute(_SQL.blank, {"org": org, "session": session, "since": since})


async def hosts(tx: Tx, org: OrgId, row: int) -> dict[str, tuple[list[bool], float]]:
    """How the last calls to each host ended, and how many seconds ago the newest of them did."""
    return {each["host"]: (each["row"], each["seconds"]) for each in await rows(tx, _SQL.hosts_row, {"org": org, "row": row})}


def kept(row: DictRow) -> Kept:
    return Kept(from_row(row), ContactId(row["contact_id"]), row["form"], bytes(row["sealed"]) if row["sealed"] else None, bytes(row["agreed"]) if row["agreed"] else None, tuple(row["passed"]), row["expires_at"])


def from_row(row: DictRow) -> Call:
    return Call(
        id=CallId(row["id"]), session=SessionId(row["session_id"]), turn=TurnId(row["turn_id"]) if row["turn_id"] else None, action=ActionId(row["action_id"]) if row["action_id"] else None,
        name=row["name"], version=row["version"], arguments=row["arguments"], state=CallState(row["state"]), why=row["why"], status=row["status"], seen=row["seen"], says=row["says"],
        by=row["by"], by_name=row["by_name"], milliseconds=row["milliseconds"], created_at=row["created_at"], settled_at=row["settled_at"],
    )
