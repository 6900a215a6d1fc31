"""Turns in the store: the evidence of what the AI saw and did, as inspect shows it. Masked text only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, count, one, requests, rows
from glassine.store.statements import Statements
from glassine.words.errors import NotFound
from glassine.words.ids import OrgId, SessionId, TurnId
from glassine.words.turns import Trace

_SQL = Statements(__file__)


def dump(value: Any) -> str:
    """As evidence is written."""
    return json.dumps(value, default=_plain, ensure_ascii=False)


def plain(trace: Trace) -> dict[str, Any]:
    """A trace as a reader of the store gets it, while its turn still runs."""
    found: dict[str, Any] = json.loads(dump(trace))
    return {**found, "request": found["asked"][-1]["request"] if found["asked"] else None}


def _plain(value: Any) -> Any:
    """A dataclass field by field, anything else as text; `dataclasses.asdict` would copy every text of a turn first."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__} if hasattr(value, "__dataclass_fields__") else str(value)


def evidence(trace: Trace) -> dict[str, Any]:
    """A turn's evidence as the table keeps it. Requests are kept without the texts that stand in the prompt beside them, which are put back on reading."""
    kept = replace(trace, asked=requests.short(trace.prompt, trace.asked))
    return {"message": trace.message, "model": trace.model, "trace": Jsonb(kept, dumps=dump), "knowledge": trace.given.get("knowledge")}


def _whole(row: DictRow) -> DictRow:
    """The row with its requests as they were sent. `request` is the last of them; rows of earlier versions have it alone, without the prompt's messages."""
    trace = row["trace"]
    if trace.get("asked"):
        trace["asked"] = requests.whole(trace)
        trace["request"] = trace["asked"][-1]["request"]
    request, prompt = trace.setdefault("request", None), trace.get("prompt")
    if request and prompt and request.get("messages", ...) is None:
        request["messages"] = [{"role": message["role"], "content": message["content"]} for message in prompt["messages"]]
    return row


async def keep_conditions(tx: Tx, org: OrgId, id: UUID, content: Mapping[str, Any]) -> None:
    """The same id is the same content."""
    await tx.execute(_SQL.keep_conditions, {"org": org, "id": id, "content": Jsonb(content)})


async def conditions(tx: Tx, org: OrgId, id: UUID) -> dict[str, Any] | None:
    row = await one(tx, _SQL.conditions, {"org": org, "id": id})
    return row["content"] if row else None


async def all_of(tx: Tx, org: OrgId, session: SessionId) -> list[DictRow]:
    return [_whole(row) for row in await rows(tx, _SQL.all, {"org": org, "session": session})]


async def newest(tx: Tx, org: OrgId, limit: int) -> list[DictRow]:
    """The newest turns of all sessions with what the customer had said, newest first."""
    return await rows(tx, _SQL.newest, {"org": org, "limit": limit})


async def whereabouts(tx: Tx, org: OrgId, id: UUID) -> tuple[SessionId, TurnId | None] | None:
    """The session of a turn's id, or of its own (with no turn)."""
    row = await one(tx, _SQL.whereabouts, {"org": org, "id": id})
    return (SessionId(row["session_id"]), TurnId(row["id"]) if row["id"] else None) if row else None


async def load(tx: Tx, org: OrgId, session: SessionId, id: TurnId) -> DictRow:
    row = await one(tx, _SQL.load, {"org": org, "session": session, "id": id})
    if row is None:
        raise NotFound("There is no such turn in this session.")
    return _whole(row)


async def blank(tx: Tx, org: OrgId, session: SessionId, since: datetime | None) -> int:
    """Empties the evidence of a session's turns, those taken `since` then or (None) all, and returns how many. They cannot be replayed."""
    return await count(tx, _SQL.blank, {"org": org, "session": session, "since": since})
