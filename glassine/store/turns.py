"""Turns in the store: the evidence of what the AI saw and did, as inspect shows it. Masked text only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.errors import NotFound
from glassine.words.ids import EventId, OrgId, SessionId, TurnId
from glassine.words.turns import Trace

_SQL = Statements(__file__)


def _dump(value: Any) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """A dataclass field by field, anything else as text; `dataclasses.asdict` would copy every text of a turn first."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__} if hasattr(value, "__dataclass_fields__") else str(value)


async def insert(tx: Tx, org: OrgId, id: TurnId, session: SessionId, trace: Trace, *, event: EventId | None, outcome: str, reasons: Sequence[str]) -> None:
    values = {
        "org": org, "id": id, "session": session, "message": trace.message, "event": event, "outcome": outcome, "reasons": list(reasons), "model": trace.model,
        "trace": Jsonb(trace, dumps=_dump),
    }
    await tx.execute(_SQL.insert, values)


async def all_of(tx: Tx, org: OrgId, session: SessionId) -> list[DictRow]:
    return await rows(tx, _SQL.all, {"org": org, "session": session})


async def load(tx: Tx, org: OrgId, session: SessionId, id: TurnId) -> DictRow:
    row = await one(tx, _SQL.load, {"org": org, "session": session, "id": id})
    if row is None:
        raise NotFound("There is no such turn in this session.")
    return row


async def blank(tx: Tx, org: OrgId, session: SessionId, since: datetime | None) -> int:
    """Empties the evidence of a session's turns, those taken `since` then or (None) all, and returns how many. They cannot be replayed."""
    return (await tx.execute(_SQL.blank, {"org": org, "session": session, "since": since})).rowcount
