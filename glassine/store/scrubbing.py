"""Rewrites the tables that hold what contacts said, so that what was removed is not left in free space of the database's files. It decides nothing.

PostgreSQL removes a row by marking it; its bytes stay in the page, and in the write-ahead log, until something overwrites them.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg
from psycopg import sql

_PATIENCE = 60  # seconds
TABLES = ("contacts", "contact_lookups", "sessions", "events", "originals", "vault", "turns", "votes", "files", "audit", "article_votes")


def scrub(url: str, tell: Callable[[str], None]) -> bool:
    """Each table is shut while it is rewritten. Afterwards the write-ahead log begins anew, where the role may do that: False when it may not."""
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        _let_others_end(connection)
        for table in TABLES:
            before = _size(connection, table)
            connection.execute(sql.SQL("vacuum (full, analyze) {}").format(sql.Identifier(table)))
            tell(f"{table}: {before / 1e6:.1f} MB rewritten, {_size(connection, table) / 1e6:.1f} MB now")
        return _new_log(connection)


def _let_others_end(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Waits for everybody who may still see what was removed, an analysis by the server itself for one: a rewrite would keep it for them."""
    row = connection.execute("select txid_current()").fetchone()
    assert row is not None, "a function returns a row"
    for _ in range(_PATIENCE * 5):
        older = connection.execute(
            "select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and age(backend_xmin) > age(%s::text::xid) limit 1", (str(int(str(row[0])) % 2**32),)
        ).fetchone()
        if older is None:
            return
        time.sleep(0.2)


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
