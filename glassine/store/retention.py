"""What has grown old: counted, and forgotten in batches. It knows no settings; the caller says before when something is old."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, count, one, rows
from glassine.store.statements import Statements
from glassine.words.house import Kind
from glassine.words.ids import OrgId, SessionId

_SQL = Statements(__file__)


class Old(NamedTuple):
    """How much of a kind is old: `things` (messages, files, turns, lines), in how many conversations, and since when the oldest."""

    things: int
    conversations: int
    oldest: datetime | None


async def old(tx: Tx, org: OrgId, kind: Kind, before: datetime) -> Old:
    row = await one(tx, getattr(_SQL, f"old_{kind}"), {"org": org, "before": before})
    assert row is not None, "it counts"
    return Old(row["things"], row["conversations"], row["oldest"])


async def some_old_sessions(tx: Tx, org: OrgId, before: datetime, most: int) -> list[SessionId]:
    """Closed ones, the oldest first; those that somebody else is at work on are passed over."""
    return [SessionId(row["id"]) for row in await rows(tx, _SQL.some_old_sessions, {"org": org, "before": before, "most": most})]


async def forget_sessions(tx: Tx, org: OrgId, sessions: Sequence[SessionId]) -> int:
    """Whole conversations; returns how many messages were in them."""
    values = {"org": org, "sessions": list(sessions)}
    messages = await count(tx, _SQL.forget_messages, values)
    await count(tx, _SQL.forget_sessions, values)
    return messages


async def forget_visitors(tx: Tx, org: OrgId, before: datetime) -> int:
    """Contacts nobody has verified, of whom no conversation is left."""
    return await count(tx, _SQL.forget_visitors, {"org": org, "before": before})


async def forget(tx: Tx, org: OrgId, kind: Kind, before: datetime, most: int) -> int:
    """Attachments, traces or audit lines, at most so many; returns how many."""
    return await count(tx, getattr(_SQL, f"forget_{kind}"), {"org": org, "before": before, "most": most})


async def begin(tx: Tx, org: OrgId, id: UUID, at: datetime) -> None:
    await tx.execute(_SQL.begin, {"org": org, "id": id, "at": at})


async def finish(tx: Tx, org: OrgId, id: UUID, removed: Mapping[str, int], at: datetime) -> None:
    await tx.execute(_SQL.finish, {"org": org, "id": id, "removed": Jsonb(removed), "at": at})


async def runs(tx: Tx, org: OrgId, limit: int = 30) -> list[DictRow]:
    """Newest first; one without an end was interrupted, or is under way."""
    return await rows(tx, _SQL.runs, {"org": org, "limit": limit})
