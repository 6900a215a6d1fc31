"""Imports of OpenAPI files in the store: what is being looked at, and what each import changed. It decides nothing."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, one, rows
from glassine.store.actions import read, written
from glassine.store.statements import Statements
from glassine.words.actions import Action, ActionId
from glassine.words.errors import NotFound
from glassine.words.ids import OrgId
from glassine.words.openapi import Description, Found
from glassine.words.people import Actor

_SQL = Statements(__file__)
_NOBODY = ActionId(UUID(int=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """One action that an import changed: as it was before (None: it was not there), and its version afterwards (None: it was taken away)."""

    id: ActionId
    name: str
    before: Action | None
    version: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One file, read. `file` is empty once it was imported."""

    id: UUID
    origin: str
    came_from: str
    base: str
    description: Description
    by_name: str
    created_at: datetime
    taken_at: datetime | None
    undone_at: datetime | None
    touched: tuple[Touched, ...] = ()
    file: bytes = field(default=b"", repr=False)


async def insert(tx: Tx, actor: Actor, id: UUID, *, origin: str, came_from: str, base: str, file: bytes, description: Description) -> None:
    await tx.execute(_SQL.tidy, {"org": actor.org})
    values = {
        "org": actor.org, "id": id, "origin": origin, "came_from": came_from, "base": base, "file": zlib.compress(file), "found": Jsonb(_written(description)), "by": actor.id,
        "by_name": actor.name,
    }
    await tx.execute(_SQL.insert, values)


async def load(tx: Tx, org: OrgId, id: UUID, *, hold: bool = False) -> Import:
    """Raises NotFound. `hold`: nobody else imports or undoes it before this transaction ends."""
    row = await one(tx, _SQL.hold if hold else _SQL.load, {"org": org, "id": id})
    if row is None:
        raise gone()
    return _from_row(row)


async def said_before(tx: Tx, org: OrgId, origin: str) -> tuple[Action, ...]:
    """The actions as the file said them when it was last imported."""
    row = await one(tx, _SQL.said_before, {"org": org, "origin": origin})
    return _described(row["found"]).actions if row else ()


async def recent(tx: Tx, org: OrgId) -> list[DictRow]:
    return await rows(tx, _SQL.recent, {"org": org})


async def rebase(tx: Tx, org: OrgId, id: UUID, *, base: str, origin: str, description: Description) -> None:
    """Raises NotFound, also for what was imported already."""
    if await one(tx, _SQL.rebase, {"org": org, "id": id, "base": base, "origin": origin, "found": Jsonb(_written(description))}) is None:
        raise gone()


async def take(tx: Tx, org: OrgId, id: UUID, touched: Sequence[Touched]) -> None:
    """Raises NotFound, also for what was imported already."""
    changed = [{"id": str(each.id), "name": each.name, "before": _kept(each.before) if each.before else None, "version": each.version} for each in touched]
    if await one(tx, _SQL.take, {"org": org, "id": id, "changed": Jsonb(changed)}) is None:
        raise gone()


async def undo(tx: Tx, org: OrgId, id: UUID) -> None:
    """Raises NotFound for what was not imported, or undone already."""
    if await one(tx, _SQL.undo, {"org": org, "id": id}) is None:
        raise gone()


async def drop(tx: Tx, org: OrgId, id: UUID) -> None:
    """One that nobody imported. Raises NotFound."""
    if await one(tx, _SQL.drop, {"org": org, "id": id}) is None:
        raise gone()


def gone() -> NotFound:
    return NotFound("There is no such import any more.")


def _from_row(row: DictRow) -> Import:
    touched = tuple(
        Touched(id=ActionId(UUID(each["id"])), name=each["name"], version=each["version"], before=_action(each["before"], ActionId(UUID(each["id"]))) if each["before"] else None)
        for each in row["changed"]
    )
    known = {name: row[name] for name in ("id", "origin", "came_from", "base", "by_name", "created_at", "taken_at", "undone_at")}
    return Import(**known, description=_described(row["found"]), touched=touched, file=zlib.decompress(row["file"]) if row["file"] else b"")


def _written(description: Description) -> dict[str, Any]:
    found = [{"method": each.method, "path": each.path, "notes": list(each.notes), "action": _kept(each.action) if each.action else None} for each in description.found]
    names = ("title", "version", "base", "bases", "notes", "keys")
    return {**{name: getattr(description, name) for name in names}, "found": found}


def _described(content: Mapping[str, Any]) -> Description:
    found = tuple(
        Found(method=each["method"], path=each["path"], notes=tuple(each["notes"]), action=_action(each["action"], _NOBODY) if each["action"] else None) for each in content["found"]
    )
    return Description(
        title=content["title"], version=content["version"], base=content["base"], bases=tuple(content["bases"]), found=found, notes=tuple(content["notes"]), keys=tuple(content["keys"]),
    )


def _kept(action: Action) -> dict[str, Any]:
    return {**written(action), "origin": action.origin}


def _action(content: Mapping[str, Any], id: ActionId) -> Action:
    return replace(read({name: value for name, value in content.items() if name != "origin"}, id), origin=content.get("origin", ""))
