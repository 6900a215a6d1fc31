"""How often the reranker failed, in the store. It keeps counts and sentences of ours, and nothing of a question or an answer."""

from __future__ import annotations

from psycopg.rows import DictRow

from glassine.store import Tx, rows
from glassine.store.statements import Statements
from glassine.words.ids import OrgId

_SQL = Statements(__file__)

DAYS = 7  # that are shown
_KEPT = 30


async def count(tx: Tx, org: OrgId, kind: str, says: str) -> None:
    """One failure more. What is older than a month is forgotten with it."""
    await tx.execute(_SQL.forget, {"org": org, "days": _KEPT})
    await tx.execute(_SQL.count, {"org": org, "kind": kind, "says": says})


async def lately(tx: Tx, org: OrgId) -> list[DictRow]:
    """The failures of the last days by kind: `times`, `last_at`, and what the last one says."""
    return await rows(tx, _SQL.lately, {"org": org, "days": DAYS})
