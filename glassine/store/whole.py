"""The whole database as its operator sees it: every column of every row, and an organisation removed without a trace. For proofs only.

It reads past the product's own ways on purpose. Nothing that serves people may call it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql

from glassine.store.live import CHANNEL
from glassine.store.migrate import in_words
from glassine.words.ids import OrgId

_BATCH = 1 << 22  # bytes handed on at once
_ONE_AT_A_TIME = 7_242_023  # the advisory lock of a proof

_COLUMNS = """select n.nspname, c.relname, array_agg(a.attname::text order by a.attnum) from pg_class c
    join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relkind in ('r', 'm') and n.nspname not in ('pg_toast', 'information_schema') and has_table_privilege(c.oid, 'select')
    group by 1, 2 order by 1, 2"""


class Table(NamedTuple):
    schema: str
    name: str
    columns: tuple[str, ...]

    @property
    def owner(self) -> str | None:
        """The column that says whose a row is."""
        return "org_id" if "org_id" in self.columns else "id" if self.name == "organizations" else None


class Whole:
    """One connection. `everything`: whether it sees rows past row-level security."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._connection = connection
        row = connection.execute("select rolsuper or rolbypassrls from pg_roles where rolname = current_user").fetchone()
        self.everything = row == (True,)

    def tables(self) -> list[Table]:
        """Every table of every schema that may be read, the server's own with them: its statistics keep samples of values."""
        found = self._connection.execute(_COLUMNS).fetchall()
        return [Table(schema, name, tuple(columns)) for schema, name, columns in found]

    def rows(self, table: Table, orgs: Sequence[OrgId], *, theirs: bool, columns: Sequence[str] = ()) -> Iterator[bytes]:
        """The rows of these organisations (`theirs`), or all others, as bytes: compressed values unpacked, bytes as they are, text in UTF-8."""
        if theirs and table.owner is None:
            return
        wanted = sql.SQL(", ").join(map(sql.Identifier, columns or table.columns))
        whose: sql.Composable = sql.SQL("")
        if table.owner:
            which = sql.SQL("= any") if theirs else sql.SQL("<> all")
            whose = sql.SQL(" where {} {}({})").format(sql.Identifier(table.owner), which, sql.Literal(list(orgs)))
        way = sql.SQL("text") if table.schema == "pg_catalog" else sql.SQL("binary")  # some of the server's own types have no binary form
        query = sql.SQL("copy (select {} from {}{}) to stdout (format {})").format(wanted, sql.Identifier(table.schema, table.name), whose, way)
        yield from self._copied(query)

    def _copied(self, query: sql.Composed) -> Iterator[bytes]:
        gathered: list[bytes] = []
        size = 0
        with self._connection.cursor().copy(query) as copy:
            for row in copy:
                gathered.append(bytes(row))
                size += len(row)
                if size > _BATCH:
                    yield b"".join(gathered)
                    gathered, size = [], 0
        yield b"".join(gathered)

    def seen_as(self, org: OrgId | None) -> None:
        """Where row-level security holds for this connection too, it shows this organisation's rows from here on, or nobody's."""
        self._connection.execute("select set_config('glassine.org_id', %s, false)", (str(org or ""),))

    def write_out(self) -> bool:
        """Makes the server write everything to its files. False where this role may not."""
        try:
            self._connection.execute("checkpoint")
        except psycopg.errors.InsufficientPrivilege:
            return False
        return True

    def jobs(self, orgs: Sequence[OrgId]) -> int:
        """How many jobs of these organisations wait or run."""
        row = self._connection.execute("select count(*)::int from jobs where org_id = any(%s) and failed_at is null", (list(orgs),)).fetchone()
        return int(row[0]) if row else 0

    def log_position(self) -> str:
        """Where the write-ahead log ends now."""
        row = self._connection.execute("select pg_current_wal_lsn()::text").fetchone()
        return str(row[0]) if row else ""

    def remove(self, org: OrgId) -> None:
        """Deletes every row of an organisation, in whatever table, in one transaction."""
        with self._connection.transaction():
            self.seen_as(org)
            self._connection.execute("delete from organizations where id = %s", (org,))
            for table in self._of_organizations():
                self._connection.execute(sql.SQL("delete from {} where org_id = %s").format(sql.Identifier(table.schema, table.name)), (org,))

    def left(self, org: OrgId) -> dict[str, int]:
        """How many rows of an organisation each table still holds; empty when none does."""
        self.seen_as(org)
        counts = {}
        for table in self.tables():
            if table.owner:
                query = sql.SQL("select count(*)::int from {} where {} = %s").format(sql.Identifier(table.schema, table.name), sql.Identifier(table.owner))
                row = self._connection.execute(query, (org,)).fetchone()
                counts[table.name] = int(row[0]) if row else 0
        return {name: count for name, count in counts.items() if count}

    def _of_organizations(self) -> list[Table]:
        return [table for table in self.tables() if "org_id" in table.columns]

    def throwaways(self, mark: str) -> list[OrgId]:
        """Organisations that an earlier proof has left behind: those whose settings carry this mark."""
        everybody = [OrgId(UUID(str(id))) for (id,) in self._connection.execute("select every_organization()").fetchall()]
        found = []
        for org in everybody:
            self.seen_as(org)
            row = self._connection.execute("select settings ? %s from organizations where id = %s", (mark, org)).fetchone()
            if row == (True,):
                found.append(org)
        return found

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """True for one proof of this database at a time."""
        row = self._connection.execute("select pg_try_advisory_lock(%s)", (_ONE_AT_A_TIME,)).fetchone()
        try:
            yield row == (True,)
        finally:
            if row == (True,):
                self._connection.execute("select pg_advisory_unlock(%s)", (_ONE_AT_A_TIME,))


@contextmanager
def opened(url: str) -> Iterator[Whole]:
    """Raises Misconfigured when the database cannot be reached."""
    try:
        connection = psycopg.connect(url, connect_timeout=10, autocommit=True)
    except psycopg.Error as error:
        raise in_words(error) from error
    with contextlib.closing(connection):
        yield Whole(connection)


@asynccontextmanager
async def notices(url: str) -> AsyncIterator[list[str]]:
    """What is sent over NOTIFY while the block runs, as it was sent."""
    heard: list[str] = []
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(sql.SQL("listen {}").format(sql.Identifier(CHANNEL)))

        async def listen() -> None:
            async for notice in connection.notifies():
                heard.extend((notice.payload,))

        task = asyncio.create_task(listen())
        try:
            yield heard
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
