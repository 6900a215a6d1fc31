"""Looks into every table from above row-level security, for what must not be there."""

from __future__ import annotations

import psycopg
from psycopg import sql

from glassine.config import Settings


def holding(settings: Settings, *needles: str) -> set[str]:
    """The columns, as `table.column`, in which one of the texts stands: text and JSON as they are, bytes as they are."""
    assert settings.database_url
    found: set[str] = set()
    with psycopg.connect(settings.database_url) as connection:
        for (table,) in connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall():
            connection.execute(sql.SQL("alter table {} no force row level security").format(sql.Identifier(table)))  # rolled back with the rest
            cursor = connection.execute(sql.SQL("select * from {}").format(sql.Identifier(table)))
            names = [column.name for column in cursor.description or ()]
            for row in cursor:
                found |= {f"{table}.{name}" for name, value in zip(names, row, strict=True) if any(_in(needle, value) for needle in needles)}
        connection.rollback()
    return found


def _in(needle: str, value: object) -> bool:
    return needle.encode() in value if isinstance(value, bytes) else needle in str(value)
