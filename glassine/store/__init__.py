"""The store: the only room that talks to PostgreSQL. `tx(org)` opens one transaction shut to one organisation; there is no default.

Each noun is a pair: NAME.sql holds named statements, NAME.py the functions that run them. Nothing here decides anything.
"""

from __future__ import annotations

import select
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection, AsyncCursor
from psycopg import DataError as Unstorable
from psycopg import Error as DatabaseError
from psycopg import OperationalError as Unreachable
from psycopg.errors import UniqueViolation as Taken
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from glassine.words.ids import OrgId

Tx = AsyncConnection[DictRow]
Cursor = AsyncCursor[DictRow]

__all__ = ["Cursor", "DatabaseError", "Store", "Taken", "Tx", "Unreachable", "Unstorable", "count", "lazily", "one", "rows"]

_ENTER = "select set_config('role', 'glassine_app', true), set_config('glassine.org_id', %s, true)"
_ENTER_OUTSIDE = "select set_config('role', 'glassine_app', true), set_config('glassine.org_id', '', true)"


class Store:
    """A pool of connections. Open it with `async with`; it closes its connections on the way out."""

    def __init__(self, url: str, *, size: int = 10) -> None:
        self.url = url
        self._pool: AsyncConnectionPool[Tx] = AsyncConnectionPool(
            url, connection_class=AsyncConnection[DictRow], kwargs={"row_factory": dict_row, "autocommit": True}, min_size=2, max_size=size, open=False,
            configure=_in_utc, reconnect_timeout=60,
        )

    async def __aenter__(self) -> Store:
        await self._pool.open(wait=True, timeout=30)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.close()

    @asynccontextmanager
    async def tx(self, org: OrgId) -> AsyncIterator[Tx]:
        """One transaction in which only this organisation's rows exist. Committed at the end, rolled back on any error."""
        async with self._transaction(_ENTER, (str(org),)) as tx:
            yield tx

    @asynccontextmanager
    async def outside(self) -> AsyncIterator[Tx]:
        """One transaction of no organisation: sees the queue and may ask the door; every other table is empty."""
        async with self._transaction(_ENTER_OUTSIDE, ()) as tx:
            yield tx

    @asynccontextmanager
    async def _transaction(self, enter: str, values: tuple[str, ...]) -> AsyncIterator[Tx]:
        """Begin and commit travel with the statements beside them: left to the driver, each would wait for an answer of its own."""
        async with self._lent() as connection, connection.pipeline():
            await connection.execute("begin")
            await connection.execute(enter, values)
            yield connection
            await connection.execute("commit")  # skipped by the server when anything before it failed; the pool then rolls back

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator[Tx]:
        """A connection that is still one. The pool's own check would wait longer after each that is not, and after a restart none is."""
        connection = await self._pool.getconn()
        try:
            while _gone(connection):
                await connection.close()
                await self._pool.putconn(connection)
                connection = await self._pool.getconn()
            async with connection:
                yield connection
        finally:
            await self._pool.putconn(connection)


async def _in_utc(connection: Tx) -> None:
    """The server's own time zone does not matter to anybody."""
    await connection.execute("set timezone to 'UTC'")


def _gone(connection: Tx) -> bool:
    """A server that went away has left word, or the end of the stream: on an idle connection there is nothing else to read. Asks nobody."""
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


async def one(tx: Tx, sql: str, values: dict[str, Any]) -> DictRow | None:
    """The first row, or None."""
    return await (await tx.execute(sql, values)).fetchone()


async def count(tx: Tx, sql: str, values: dict[str, Any]) -> int:
    """The number `n` of a statement that counts. In a pipeline no cursor knows how many rows it changed before it is asked."""
    row = await one(tx, sql, values)
    return int(row["n"]) if row else 0


async def rows(tx: Tx, sql: str, values: dict[str, Any]) -> list[DictRow]:
    """All rows."""
    return await (await tx.execute(sql, values)).fetchall()


async def lazily(tx: Tx) -> None:
    """This transaction's commit does not wait for the disk: for what may be undone by a power cut, and only by that."""
    await tx.execute("select set_config('synchronous_commit', 'off', true)")
