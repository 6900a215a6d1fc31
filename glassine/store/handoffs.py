"""Handoffs in the store: counted by reasons, moods and days, and listed one by one. Masked text only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.rows import DictRow

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.handoffs import Handoff
from glassine.words.ids import OrgId

_SQL = Statements(__file__)


class Counted(NamedTuple):
    """The handoffs of a stretch of time."""

    since: datetime
    until: datetime
    handoffs: int
    handed_off: int  # sessions among them
    sessions: int  # that began in it
    reasons: Mapping[str, int]
    combinations: list[Mapping[str, Any]]
    sentiments: Mapping[str, int]
    trends: list[Mapping[str, Any]]  # by day, in UTC


async def counted(tx: Tx, org: OrgId, since: datetime, until: datetime) -> Counted:
    row = await one(tx, _SQL.counted, {"org": org, "since": since, "until": until})
    assert row is not None, "an aggregate has one row"
    return Counted(since=since, until=until, **row)


async def page(tx: Tx, org: OrgId, since: datetime, until: datetime, *, before: tuple[datetime, UUID] | None, limit: int) -> list[tuple[UUID, Handoff]]:
    when, id = before or (None, None)
    found = await rows(tx, _SQL.page, {"org": org, "since": since, "until": until, "before": when, "before_id": id, "limit": limit})
    return [(row["id"], _handoff(row)) for row in found]


def _handoff(row: DictRow) -> Handoff:
    payload = row["payload"]
    return Handoff(
        session=str(row["session_id"]), summary=payload.get("summary") or "", explanation="; ".join(payload.get("evidence") or ()),
        reasons=tuple(payload.get("reasons") or ()), sentiment=payload.get("sentiment"), language=payload.get("language"), at=row["created_at"],
    )
