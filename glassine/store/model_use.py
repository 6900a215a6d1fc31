"""What language models were used for, which of them are not asked for a while, and who was told of a budget, in the store. Counts and sentences of ours only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from psycopg.rows import DictRow

from glassine.store import Tx, count, one, rows
from glassine.store.statements import Statements
from glassine.words.ids import OrgId

_SQL = Statements(__file__)
_KEPT = 400  # days


class Counted(NamedTuple):
    """What one endpoint was used for since the last time."""

    endpoint: str
    purpose: str
    name: str
    calls: int
    failures: int
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    money: float


class Today(NamedTuple):
    """What the organisation has used today, and which day that is."""

    tokens: int
    money: float
    day: date


async def add(tx: Tx, org: OrgId, counts: Sequence[Counted]) -> bool:
    """Adds to today. What is older than a year is forgotten with it. False where the organisation is no more."""
    columns: Mapping[str, Any] = dict(zip((f"{name}s" if name in ("endpoint", "purpose", "name") else name for name in Counted._fields), map(list, zip(*counts, strict=True)), strict=True))
    await tx.execute(_SQL.forget, {"org": org, "days": _KEPT})
    return await count(tx, _SQL.count, {"org": org, **columns}) > 0


async def today(tx: Tx, org: OrgId) -> Today:
    row = await one(tx, _SQL.today, {"org": org}) or {}
    return Today(row["tokens"], row["money"], row["day"])


async def history(tx: Tx, org: OrgId, days: int) -> list[DictRow]:
    """By day, endpoint and purpose, newest first."""
    return await rows(tx, _SQL.history, {"org": org, "days": days})


async def breakers(tx: Tx, org: OrgId) -> list[DictRow]:
    """`endpoint`, `failures` in a row, `until`, `says`, `changed_at`."""
    return await rows(tx, _SQL.breakers, {"org": org})


async def tell_breaker(tx: Tx, org: OrgId, endpoint: str, *, failures: int, until: float, says: str, changed: float) -> None:
    """Whoever has the newest to say is believed; times are seconds since 1970."""
    await tx.execute(_SQL.tell_breaker, {"org": org, "endpoint": endpoint, "failures": failures, "until": until, "says": says, "changed": changed})


async def first_notice(tx: Tx, org: OrgId, share: int) -> bool:
    """Whether nobody has been told of this share of today's budget yet."""
    return await count(tx, _SQL.first_notice, {"org": org, "share": share}) > 0
