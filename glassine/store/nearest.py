"""An index of its own for each organisation with very many passages (docs/decisions/0043): by bits, as search compares them first, and of nobody else's.

One index over all organisations finds too little under their conditions. It is built while everything goes on, and nothing depends on it but time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from psycopg import sql

from glassine.store import Store, Tx, rows
from glassine.store.statements import Statements
from glassine.words.ids import OrgId

_SQL = Statements(__file__)

LARGE = 30_000  # passages from which an index is built; it stays when they become fewer
_PREFIX = "nearest_"


async def ready(tx: Tx, org: OrgId) -> frozenset[str]:
    """The models for which an organisation's index can be used."""
    row = await (await tx.execute(_SQL.ready, {"prefix": _of(org)})).fetchone()
    return frozenset(row["models"] or ()) if row else frozenset()


async def build(store: Store, org: OrgId, model: str) -> bool:
    """Builds what is missing, without holding up anybody who writes. False: somebody else is at it."""
    name = _name(org, model)
    async with store.alone() as connection:
        if not await _locked(connection, name):
            return False
        row = await (await connection.execute(_SQL.state, {"name": name})).fetchone()
        if row and not row["valid"]:  # a build that broke off leaves this behind
            await connection.execute(sql.SQL("drop index concurrently if exists {}").format(sql.Identifier(name)))
        await connection.execute(_SQL.memory)
        await connection.execute(sql.SQL(
            "create index concurrently if not exists {} on passage_vectors using hnsw (bits bit_hamming_ops) with (m = 12) where org_id = {} and model = {}",
        ).format(sql.Identifier(name), sql.Literal(str(org)), sql.Literal(model)))
        await connection.execute(sql.SQL("comment on index {} is {}").format(sql.Identifier(name), sql.Literal(model)))
        await connection.execute(_SQL.unlock, {"name": name})
    return True


async def drop_others(store: Store, tx: Tx, organizations: Iterable[OrgId]) -> None:
    """Those of organisations that are gone."""
    known = tuple(_of(org) for org in organizations)
    gone = [row["name"] for row in await rows(tx, _SQL.all, {"prefix": _PREFIX}) if not str(row["name"]).startswith(known)]
    if gone:
        async with store.alone() as connection:
            for name in gone:
                await connection.execute(sql.SQL("drop index concurrently if exists {}").format(sql.Identifier(name)))


async def _locked(connection: Tx, name: str) -> bool:
    row = await (await connection.execute(_SQL.lock, {"name": name})).fetchone()
    return bool(row and row["got"])


def _of(org: OrgId) -> str:
    return f"{_PREFIX}{org.hex}_"


def _name(org: OrgId, model: str) -> str:
    return _of(org) + hashlib.sha256(model.encode()).hexdigest()[:8]
