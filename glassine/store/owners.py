"""What the watchdog reads: sessions whose owner cannot act or has not acted in time, and who was told of one. It moves no session."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg.rows import DictRow

from glassine.store import Tx, count, one, rows
from glassine.store.statements import Statements
from glassine.words.ids import OrgId, SessionId
from glassine.words.sessions import Owner, OwnerKind

_SQL = Statements(__file__)


class Ownerless(NamedTuple):
    """A session that nobody can act in. `why` is no_turn, person_gone, helpdesk_gone or no_ticket."""

    session: SessionId
    owner: Owner
    why: str


class Overdue(NamedTuple):
    session: SessionId
    owner: Owner
    deadline: datetime
    filed: bool  # a helpdesk that owns it has a ticket for it; true for all other owners


class Told(NamedTuple):
    """Who got a mail. `stage`: waits or overdue; without a name it went to an address that is nobody's of the team."""

    stage: str
    name: str
    at: datetime


async def ownerless(tx: Tx, org: OrgId) -> list[Ownerless]:
    """At most 500 of them."""
    return [Ownerless(SessionId(row["session_id"]), _owner(row), row["why"]) for row in await rows(tx, _SQL.ownerless, {"org": org})]


async def counted(tx: Tx, org: OrgId) -> int:
    return await count(tx, _SQL.count, {"org": org})


async def overdue(tx: Tx, org: OrgId) -> list[Overdue]:
    """The longest waiting first."""
    return [Overdue(SessionId(row["id"]), _owner(row), row["deadline"], row["filed"]) for row in await rows(tx, _SQL.overdue, {"org": org})]


def _owner(row: DictRow) -> Owner:
    return Owner(kind=OwnerKind(row["owner_kind"]), id=row["owner_id"])


async def escalate(tx: Tx, org: OrgId, session: SessionId, deadline: datetime) -> bool:
    """False: somebody has answered, or it has been done."""
    return await one(tx, _SQL.escalate, {"org": org, "id": session, "deadline": deadline}) is not None


async def tell(tx: Tx, org: OrgId, session: SessionId, stage: str, since: datetime, address: bytes, name: str) -> None:
    await tx.execute(_SQL.tell, {"org": org, "session": session, "stage": stage, "since": since, "address": address, "name": name})


async def was_told(tx: Tx, org: OrgId, session: SessionId, stage: str, since: datetime, address: bytes) -> bool:
    return await one(tx, _SQL.was_told, {"org": org, "session": session, "stage": stage, "since": since, "address": address}) is not None


async def told(tx: Tx, org: OrgId, session: UUID) -> list[Told]:
    """In order."""
    return [Told(**row) for row in await rows(tx, _SQL.told, {"org": org, "session": session})]
