"""Keys that go along with calls, sealed before they come here."""

from __future__ import annotations

from typing import Any, NamedTuple

from psycopg.rows import DictRow

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.actions import Variable, VariableId, VariableKind
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import OrgId

_SQL = Statements(__file__)


class Sealed(NamedTuple):
    variable: Variable
    sealed: bytes


async def all_of(tx: Tx, org: OrgId) -> list[Sealed]:
    """By name."""
    return [_sealed(row) for row in await rows(tx, _SQL.all, {"org": org})]


async def load(tx: Tx, org: OrgId, id: VariableId) -> Sealed:
    """Raises NotFound."""
    row = await one(tx, _SQL.load, {"org": org, "id": id})
    if row is None:
        raise NotFound("There is no such variable.")
    return _sealed(row)


async def insert(tx: Tx, org: OrgId, variable: Variable, sealed: bytes) -> None:
    """Raises Refused (409) for a name that is taken."""
    if await one(tx, _SQL.insert, {**_values(org, variable), "sealed": sealed}) is None:
        raise _taken(variable)


async def update(tx: Tx, org: OrgId, variable: Variable, sealed: bytes | None) -> None:
    """Without `sealed` the value stays. Raises Refused (409) for a name that is taken."""
    if await one(tx, _SQL.update, {**_values(org, variable), "sealed": sealed}) is None:
        raise _taken(variable)


async def delete(tx: Tx, org: OrgId, id: VariableId) -> str:
    """Its name. Raises NotFound."""
    row = await one(tx, _SQL.delete, {"org": org, "id": id})
    if row is None:
        raise NotFound("There is no such variable.")
    return str(row["name"])


async def reseal(tx: Tx, org: OrgId, id: VariableId, sealed: bytes) -> None:
    await tx.execute(_SQL.reseal, {"org": org, "id": id, "sealed": sealed})


def _values(org: OrgId, variable: Variable) -> dict[str, Any]:
    return {
        "org": org, "id": variable.id, "name": variable.name, "kind": variable.kind, "field": variable.field, "token_url": variable.token_url, "scope": variable.scope,
        "hosts": list(variable.hosts),
    }


def _sealed(row: DictRow) -> Sealed:
    variable = Variable(
        id=VariableId(row["id"]), name=row["name"], kind=VariableKind(row["kind"]), field=row["field"], hosts=tuple(row["hosts"]), token_url=row["token_url"], scope=row["scope"],
        updated_at=row["updated_at"],
    )
    return Sealed(variable, bytes(row["sealed"]))


def _taken(variable: Variable) -> Refused:
    return Refused(f"There is a variable called {variable.name} already.", status=409, code="conflict")
