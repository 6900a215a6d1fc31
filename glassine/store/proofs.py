"""Reports of `glassine prove`, of the whole installation: kept as they were signed, added to and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from glassine.store import Tx, one
from glassine.store.statements import Statements
from glassine.words.ids import new_id

_SQL = Statements(__file__)


async def keep(tx: Tx, report: Mapping[str, Any], *, passed: bool) -> None:
    """`report`: as edge/signatures signed it."""
    await tx.execute(_SQL.keep, {"id": new_id(), "report": Jsonb(report), "passed": passed})


async def latest(tx: Tx) -> dict[str, Any] | None:
    """The newest report with its signature, for the reviewer's pack; None before the first."""
    row = await one(tx, _SQL.latest, {})
    return dict(row["report"]) if row else None
