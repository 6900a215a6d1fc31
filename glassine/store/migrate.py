"""Brings a database to this version: schema/NNNN_*.sql in order, each once, then the closing file every time.

Runs as the owner of the tables, on a connection of its own; the application's role can do none of this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg

from glassine.words.errors import Misconfigured

SCHEMA = Path(__file__).parent / "schema"
_LOCK = 7_241_996  # any number, the same in every process: one migration at a time


def migrate(url: str) -> list[str]:
    """Applies what is missing and returns the names of the files applied.

    Raises Misconfigured when the database cannot be reached or refuses, when a file that was applied has been changed since,
    or when the database is newer than this program.
    """
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
            connection.execute("create table if not exists migrations (name text primary key, digest text not null, applied_at timestamptz not null default now())")
            fresh = _fresh(connection)
            for path in fresh:
                connection.execute(path.read_bytes())
                connection.execute("insert into migrations (name, digest) values (%s, %s)", (path.name, _digest(path)))
            connection.execute((SCHEMA / "9999_close.sql").read_bytes())
        if fresh:
            _tidy(url)
    except psycopg.Error as error:
        raise in_words(error) from error
    return [path.name for path in fresh]


def _tidy(url: str) -> None:
    """What a migration has rewritten is read from the table, not from its index alone, until the database has looked at it once (ADR 26)."""
    with psycopg.connect(url, connect_timeout=10, autocommit=True) as connection:
        connection.execute("vacuum (analyze) passage_vectors")


def missing(url: str) -> list[str]:
    """The names of the files that are yet to be applied; changes nothing. Raises Misconfigured as `migrate` does."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            if connection.execute("select to_regclass('migrations')").fetchone() == (None,):
                return [path.name for path in _files()]
            return [path.name for path in _fresh(connection)]
    except psycopg.Error as error:
        raise in_words(error) from error


def _files() -> list[Path]:
    return sorted(path for path in SCHEMA.glob("*.sql") if not path.name.startswith("9999"))


def _fresh(connection: psycopg.Connection[tuple[Any, ...]]) -> list[Path]:
    applied = dict(connection.execute("select name, digest from migrations").fetchall())
    _check(applied, _files())
    return [path for path in _files() if path.name not in applied]


def in_words(error: psycopg.Error) -> Misconfigured:
    """What the driver complains of, as a sentence for the operator."""
    said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if isinstance(error, psycopg.OperationalError):
        return Misconfigured(f"The database cannot be reached: {said}. Check that it runs, and GLASSINE_DATABASE_URL.")
    return Misconfigured(f"The database refused to be brought up to date: {said}. `glassine doctor` tells what is missing.")


def knows(names: Iterable[str]) -> None:
    """Raises Misconfigured when a database with these migrations is newer than this program."""
    for name in sorted(set(names) - {path.name for path in _files()}):
        raise Misconfigured(f"The database has the migration {name}, which this version does not know. Install the newer version, or restore an older backup.")


def _check(applied: dict[str, str], files: list[Path]) -> None:
    knows(applied)
    known = {path.name: _digest(path) for path in files}
    for name, digest in applied.items():
        if known[name] != digest:
            raise Misconfigured(f"The migration {name} differs from the one this database was made with. Install an unchanged version.")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
