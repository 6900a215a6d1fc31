"""Brings a database to this version: schema/NNNN_*.sql in order, each once, then the closing file every time.

Runs as the owner of the tables, on a connection of its own; the application's role can do none of this.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import psycopg

from glassine.words.errors import Misconfigured

SCHEMA = Path(__file__).parent / "schema"
_LOCK = 7_241_996  # any number, the same in every process: one migration at a time


def migrate(url: str) -> list[str]:
    """Applies what is missing and returns the names of the files applied.

    Raises Misconfigured when a file that was applied has been changed since, or the database is newer than this program.
    """
    files = sorted(path for path in SCHEMA.glob("*.sql") if not path.name.startswith("9999"))
    with psycopg.connect(url) as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute("create table if not exists migrations (name text primary key, digest text not null, applied_at timestamptz not null default now())")
        applied = {name: digest for name, digest in connection.execute("select name, digest from migrations")}
        _check(applied, files)
        fresh = [path for path in files if path.name not in applied]
        for path in fresh:
            connection.execute(path.read_bytes())
            connection.execute("insert into migrations (name, digest) values (%s, %s)", (path.name, _digest(path)))
        connection.execute((SCHEMA / "9999_close.sql").read_bytes())
    return [path.name for path in fresh]


def _check(applied: dict[str, str], files: list[Path]) -> None:
    known = {path.name: _digest(path) for path in files}
    for name, digest in applied.items():
        if name not in known:
            raise Misconfigured(f"The database has the migration {name}, which this version does not know. Install the newer version, or restore an older backup.")
        if known[name] != digest:
            raise Misconfigured(f"The migration {name} differs from the one this database was made with. Install an unchanged version.")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
