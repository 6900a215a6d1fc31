"""Every named statement is understood by the database as it is migrated now: a column that is gone is found here, not in the product."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import errors

import glassine.store

STORE = Path(glassine.store.__file__).parent
_BEGINS = re.compile(r"\s*(?:--[^\n]*\s+)*(?:with|select|insert|update|delete)\b")  # the rest are parts that others are made of
_OF_NO_TYPE = (errors.IndeterminateDatatype, errors.AmbiguousFunction)  # the driver says of which type a value is; here nobody does


def statements() -> Iterator[tuple[str, str]]:
    """(file.name, text) of each. A part that is chosen when the statement is run is left out."""
    for path in sorted(STORE.glob("*.sql")):
        parts = re.split(r"^-- name: (\w+)\s*$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            if _BEGINS.match(text):
                yield f"{path.stem}.{name}", text.replace("{where}", "true").replace("{order}", "").strip()


def fault(connection: psycopg.Connection[tuple[object, ...]], statement: str) -> str:
    """What the database says of a statement that it only reads, or nothing."""
    numbers: dict[str, int] = {}
    numbered = re.sub(r"%\((\w+)\)s", lambda match: f"${numbers.setdefault(match[1], len(numbers) + 1)}", statement).replace("%%", "%")
    try:
        connection.execute(b"prepare looked_at as " + numbered.encode())
    except _OF_NO_TYPE:
        return ""
    except psycopg.Error as error:
        return str(error)
    connection.execute("deallocate looked_at")
    return ""


def test_the_database_understands_every_statement(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert {name: said for name, text in statements() if (said := fault(connection, text))} == {}
        assert len(list(statements())) > 200


def test_a_column_that_is_gone_is_found(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert "no_such_column" in fault(connection, "select no_such_column from passages where org_id = %(org)s")
