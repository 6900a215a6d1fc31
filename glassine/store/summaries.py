"""Summaries by a language model in the store: the evidence of each, as inspect shows it, and what it filled in for a helpdesk. Masked text only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, one, requests, rows, turns
from glassine.store.statements import Statements
from glassine.words.helpdesks import HelpdeskId
from glassine.words.ids import OrgId, SessionId, new_id
from glassine.words.sessions import Session
from glassine.words.summaries import Summing

_SQL = Statements(__file__)


async def keep(tx: Tx, org: OrgId, session: Session, summing: Summing, *, outcome: str, fields: Mapping[str, Mapping[str, str]]) -> bool:
    """`session`: as it was read. False: something of it was removed meanwhile, and nothing is kept."""
    kept = replace(summing, asked=requests.short(summing.prompt, summing.asked))
    values = {
        "org": org, "id": new_id(), "session": session.id, "redactions": session.redactions, "handed_off_at": session.handed_off_at, "seen": summing.seen, "outcome": outcome,
        "model": summing.model, "fields": Jsonb({desk: dict(found) for desk, found in fields.items()}), "trace": Jsonb(kept, dumps=turns.dump),
    }
    return await one(tx, _SQL.keep, values) is not None


async def all_of(tx: Tx, org: OrgId, session: SessionId) -> list[DictRow]:
    """Oldest first, with their requests as they were sent."""
    found = await rows(tx, _SQL.all, {"org": org, "session": session})
    for row in found:
        row["trace"]["asked"] = requests.whole(row["trace"])
    return found


async def newest(tx: Tx, org: OrgId, session: Session) -> DictRow | None:
    """Of the handoff that the session stands in: which model, and whether its summary is the one that people read."""
    return await one(tx, _SQL.newest, {"org": org, "session": session.id, "handed_off_at": session.handed_off_at})


async def fields(tx: Tx, org: OrgId, session: SessionId, helpdesk: HelpdeskId) -> dict[str, str]:
    """What was filled in last for this helpdesk. Masked."""
    row = await one(tx, _SQL.fields, {"org": org, "session": session, "helpdesk": str(helpdesk)})
    found: dict[str, Any] = row["fields"] if row else {}
    return {str(name): str(value) for name, value in found.items()}


async def blank(tx: Tx, org: OrgId, session: SessionId, since: datetime | None) -> None:
    """Empties those made `since` then, or (None) all: they had read what is gone."""
    await tx.execute(_SQL.blank, {"org": org, "session": session, "since": since})
