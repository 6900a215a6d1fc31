"""What an operator asks of a database before trusting it: version, extensions, clock, and whether it holds data. Changes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg

from glassine.store.migrate import in_words


class Health(NamedTuple):
    """`version` as PostgreSQL counts (160004 is 16.4); `vector` is None when pgvector cannot be had; `clock_skew` in seconds, positive when
    the database is ahead; `may_create_roles` and `owns` are what migrating needs."""

    version: int
    vector: str | None
    encoding: str
    clock_skew: float
    may_create_roles: bool
    owns: bool
    bytes: int


def look(url: str) -> Health:
    """Raises Misconfigured when the database cannot be reached."""
    with _connected(url) as connection:
        before = time.time()
        row = connection.execute(
            "select current_setting('server_version_num')::int, (select coalesce(installed_version, default_version) from pg_available_extensions"
            " where name = 'vector'), current_setting('server_encoding'), extract(epoch from clock_timestamp())::float8,"
            " (select rolsuper or rolcreaterole from pg_roles where rolname = current_user) or to_regrole('glassine_app') is not null,"
            " pg_has_role((select datdba from pg_database where datname = current_database()), 'member'), pg_database_size(current_database())",
        ).fetchone()
        now = (before + time.time()) / 2
    assert row is not None, "a select without a table gives one row"
    version, vector, encoding, clock, may_create_roles, owns, size = row
    return Health(version, vector, encoding, clock - now, may_create_roles, owns, size)


def holds_data(url: str) -> bool:
    """Whether any organisation is in it. Asks the door, the one table that is not shut to the owner."""
    with _connected(url) as connection:
        return _asks(connection, "door", "select exists (select from door)")


def at_work(url: str) -> bool:
    """Whether processes of Glassine gave a sign of life within the last ten seconds."""
    with _connected(url) as connection:
        return _asks(connection, "workers", "select exists (select from workers where heartbeat > now() - interval '10 seconds')")


def _asks(connection: psycopg.Connection[tuple[Any, ...]], table: str, question: str) -> bool:
    if connection.execute("select to_regclass(%s)", (table,)).fetchone() == (None,):
        return False
    return connection.execute(question).fetchone() == (True,)


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    try:
        with psycopg.connect(url, connect_timeout=10, autocommit=True) as connection:
            yield connection
    except psycopg.Error as error:
        raise in_words(error) from error
