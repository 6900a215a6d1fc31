"""What the data map counts: messages, reveals, files and refusals at the doors, and how the database itself is shut. Reads, but for the refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from psycopg import sql
from psycopg.rows import DictRow

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.ids import OrgId

_SQL = Statements(__file__)


class Said(NamedTuple):
    """Messages by channel and by who wrote them; `types` were masked in them."""

    channel: str
    actor_kind: str
    n: int
    last: datetime
    types: Mapping[str, int]


class Table(NamedTuple):
    """`shut`: row-level security is on; `forced`: for the table's owner too; `policy`: a policy says which rows are whose."""

    name: str
    shut: bool
    forced: bool
    policy: bool


async def refuse(tx: Tx, org: OrgId, counts: Mapping[str, int]) -> None:
    """Adds to today's refusals at the doors."""
    await tx.execute(_SQL.refuse, {"org": org, "boundaries": list(counts), "counts": list(counts.values())})


async def refused(tx: Tx, org: OrgId, since: datetime) -> dict[str, tuple[int, datetime]]:
    """How often each door refused, and when last."""
    return {row["boundary"]: (row["refused"], row["last"]) for row in await rows(tx, _SQL.refused, {"org": org, "since": since})}


async def said(tx: Tx, org: OrgId, since: datetime) -> list[Said]:
    return [Said(**row) for row in await rows(tx, _SQL.said, {"org": org, "since": since})]


async def revealed(tx: Tx, org: OrgId, since: datetime) -> list[DictRow]:
    """`type`, `n` and `last` of what was looked at."""
    return await rows(tx, _SQL.revealed, {"org": org, "since": since})


async def files(tx: Tx, org: OrgId, since: datetime) -> DictRow:
    return await one(tx, _SQL.files, {"org": org, "since": since}) or {}


async def articles(tx: Tx, org: OrgId, since: datetime) -> DictRow:
    return await one(tx, _SQL.articles, {"org": org, "since": since}) or {}


async def connection(tx: Tx) -> DictRow:
    """Where the database is and how it is reached."""
    return await one(tx, _SQL.connection, {}) or {}


async def audited(tx: Tx, org: OrgId, since: datetime) -> list[DictRow]:
    """`verb`, `n` and `last`."""
    return await rows(tx, _SQL.audited, {"org": org, "since": since})


async def tables(tx: Tx) -> list[Table]:
    return [Table(**row) for row in await rows(tx, _SQL.tables, {})]


async def role(tx: Tx) -> DictRow:
    """The role that this transaction works under."""
    return await one(tx, _SQL.role, {}) or {}


async def visible(tx: Tx, names: Sequence[str]) -> dict[str, int]:
    """How many rows of each table this transaction can see at most; stops counting at one."""
    asks = sql.SQL(" union all ").join(
        sql.SQL("select {} as name, count(*)::int as n from (select from {} limit 1) seen").format(sql.Literal(name), sql.Identifier(name)) for name in names
    )
    return {row["name"]: row["n"] for row in await (await tx.execute(asks)).fetchall()} if names else {}
