"""Rewrites the tables that hold what contacts said, so that what was removed is not left in free space of the database's files. It decides nothing.

PostgreSQL removes a row by marking it; its bytes stay in the page, and in the write-ahead log, until something overwrites them.
"""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from psycopg import sql

TABLES = ("contacts", "contact_lookups", "sessions", "events", "originals", "vault", "turns", "votes", "files", "audit")


def scrub(url: str, tell: Callable[[str], None]) -> bool:
    """Each table is shut while it is rewritten. Afterwards the write-ahead log begins anew, where the role may do that: False when it may not."""
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        for table in TABLES:
            before = _size(connection, table)
            connection.execute(sql.SQL("vacuum (full, analyze) {}").format(sql.Identifier(table)))
            tell(f"{table}: {before / 1e6:.1f} MB rewritten, {_size(connection, table) / 1e6:.1f} MB now")
        return _new_log(connection)


def _size(connection: psycopg.Connection[tuple[object, ...]], table: str) -> int:
    row = connection.execute("select pg_total_relation_size(%s::regclass)", (table,)).fetchone()
    return int(str(row[0])) if row else 0


def _new_log(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    """Old segments are removed instead of kept for use again: they still hold what was written into them."""
    try:
        connection.execute("alter system set wal_recycle = off")
        connection.execute("select pg_reload_conf()")
        for _ in range(2):  # the first checkpoint still needs the segment that the second one lets go
            connection.execute("select pg_switch_wal()")
            connection.execute("checkpoint")
        connection.execute("alter system reset wal_recycle")
        connection.execute("select pg_reload_conf()")
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True
