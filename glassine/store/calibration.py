"""Past answers in the store, with what became of them. Masked text only; it judges none."""

from __future__ import annotations

from datetime import datetime

from psycopg.rows import DictRow

from glassine.store import Tx, rows
from glassine.store.statements import Statements
from glassine.words.ids import OrgId

_SQL = Statements(__file__)


async def ended(tx: Tx, org: OrgId, since: datetime, limit: int) -> list[DictRow]:
    """The newest first."""
    return await rows(tx, _SQL.ended, {"org": org, "since": since, "limit": limit})
