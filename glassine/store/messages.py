"""Messages in the store: a customer's on its way in and a turn's outcome on its way out, each with all that belongs to it in one statement. Decides nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from glassine.store import Cursor, Tx, events, rows, turns
from glassine.store.live import notice
from glassine.store.statements import Statements
from glassine.store.vault import SealedToken
from glassine.words.ids import ContactId, EventId, OrgId, SessionId, TurnId, new_id
from glassine.words.sessions import Event, EventType, OwnerKind
from glassine.words.turns import Trace
from glassine.words.work import NewJob

_SQL = Statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """One event that a turn leaves in the log."""

    type: EventType
    text: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """What has to be as the turn saw it, and what becomes of the session. `owner`: who gets it; None leaves it where it is."""

    seq: int  # of the customer's message that has its outcome now
    owner_was: OwnerKind
    redactions: int
    by_ai: bool  # the outcome holds words of the AI's
    owner: OwnerKind | None = None
    owner_id: UUID | None = None  # a helpdesk's
    waits: bool = False  # for people who own it already: from now on they should act within `patience`
    patience: timedelta = timedelta(0)
    summary: str | None = None
    sentiment: str | None = None


async def hear(
    tx: Tx, org: OrgId, session: SessionId, id: EventId, *, contact: ContactId, text: str, payload: Mapping[str, Any], language: str | None,
    tokens: int, fresh: Sequence[SealedToken], original: bytes, job: NewJob, process: UUID,
) -> Cursor:
    """Keeps a customer's message and its turn's job; ask `heard` for both. `tokens`: how many placeholders there were when it was masked; `fresh` are new."""
    values = {
        "org": org, "session": session, "id": id, "contact": contact, "text": text, "payload": Jsonb(payload), "language": language, "tokens": tokens,
        "placeholders": [token.placeholder for token in fresh], "types": [token.type for token in fresh], "sealed": [token.sealed for token in fresh],
        "original": original, "kind": job.kind, "key": job.key, "process": process, **notice(org, session, "event"),
    }
    return await tx.execute(_SQL.hear, values)


async def heard(hearing: Cursor) -> tuple[Event, int] | None:
    """None: there is no such session, it is closed, or another text reached its vault first. Raises Taken when the id is used or a placeholder stands."""
    row = await hearing.fetchone()
    return (events.from_row(row), row["job"]) if row else None


async def settle(
    tx: Tx, org: OrgId, session: SessionId, turn: TurnId, settling: Settling, said: Sequence[Saying], trace: Trace, *, outcome: str, reasons: Sequence[str],
    conditions: UUID | None = None, job: int | None = None,
) -> list[Event] | None:
    """Writes a turn's outcome down with what it says and its evidence, which names the last of its events, and ends its job. Returns the events in order.

    None, and nothing is written: overtaken, settled before, owned by somebody else now, redacted meanwhile, a person is writing the reply, or the
    outcome is the AI's while all AI is switched off.
    """
    ids = [new_id() for _ in said]
    values = {
        "org": org, "session": session, "turn": turn, "seq": settling.seq, "owner_was": settling.owner_was, "owner_kind": settling.owner,
        "owner_id": settling.owner_id, "waits": settling.waits, "handed_off": settling.owner is not None, "patience": settling.patience, "summary": settling.summary, "sentiment": settling.sentiment,
        "redactions": settling.redactions, "by_ai": settling.by_ai, "ids": ids, "types": [str(each.type) for each in said], "texts": [each.text for each in said],
        "payloads": [json.dumps(each.payload) for each in said], "event": ids[-1] if ids else None, "outcome": outcome, "reasons": list(reasons),
        "conditions": conditions, "job": job, **turns.evidence(trace), **notice(org, session, "settled"),
    }
    found = await rows(tx, _SQL.settle, values)
    return [events.from_row(row) for row in found if row["id"] is not None] if found else None
