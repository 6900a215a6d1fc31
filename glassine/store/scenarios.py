"""Training scenarios in the store: what is being written, what is live with its vectors, and the versions. It decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import numpy as np
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.store.vectors import Vectors
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import OrgId
from glassine.words.scenarios import Fields, Scenario, ScenarioId, ScenarioKind, Version

_SQL = Statements(__file__)


class Live(NamedTuple):
    """One that turns may meet; `vectors` are its triggers' by model, (triggers, 384)."""

    id: ScenarioId
    kind: ScenarioKind
    version: int
    fields: Fields
    vectors: Mapping[str, Vectors]


async def insert(tx: Tx, org: OrgId, id: ScenarioId, *, kind: ScenarioKind, directory: str, enabled: bool, draft: Fields, learned_from: UUID | None) -> None:
    await tx.execute(_SQL.insert, {
        "org": org, "id": id, "kind": kind, "directory": directory, "enabled": enabled, "draft": Jsonb(draft.written()), "learned_from": learned_from,
    })


async def load(tx: Tx, org: OrgId, id: ScenarioId) -> Scenario:
    """Raises NotFound."""
    row = await one(tx, _SQL.load, {"org": org, "id": id})
    if row is None:
        raise _gone()
    return _scenario(row)


async def page(tx: Tx, org: OrgId, *, directory: str | None, kind: ScenarioKind | None, contains: str, limit: int, offset: int) -> tuple[list[Scenario], int]:
    """By directory and title, and how many there are."""
    found = await rows(tx, _SQL.page, {"org": org, "directory": directory, "kind": kind, "contains": contains.replace("\0", ""), "limit": limit, "offset": offset})
    return [_scenario(row) for row in found], found[0]["total"] if found else 0


async def directories(tx: Tx, org: OrgId) -> dict[str, int]:
    """How many scenarios are in each."""
    return {row["directory"]: row["n"] for row in await rows(tx, _SQL.directories, {"org": org})}


async def write(tx: Tx, org: OrgId, id: ScenarioId, draft: Fields, read_at: datetime) -> None:
    """Raises Refused (409) when it has changed since `read_at`."""
    if await one(tx, _SQL.write, {"org": org, "id": id, "draft": Jsonb(draft.written()), "read_at": read_at}) is None:
        raise _changed()


async def place(tx: Tx, org: OrgId, id: ScenarioId, *, directory: str | None = None, enabled: bool | None = None) -> None:
    if await one(tx, _SQL.place, {"org": org, "id": id, "directory": directory, "enabled": enabled}) is None:
        raise _gone()


async def set_kind(tx: Tx, org: OrgId, id: ScenarioId, kind: ScenarioKind) -> bool:
    """Whether it was another one. Then nothing of it is live any more."""
    return await one(tx, _SQL.set_kind, {"org": org, "id": id, "kind": kind}) is not None


async def publish(tx: Tx, org: OrgId, read: Scenario, vectors: Mapping[str, Vectors], at: datetime, by: UUID | None) -> None:
    """Makes the draft that was read live, and keeps it as a version. Raises Refused (409) when it has changed since."""
    row = await one(tx, _SQL.publish, {"org": org, "id": read.id, "live": Jsonb(read.draft.written()), "at": at, "by": by, "read_at": read.updated_at})
    if row is None:
        raise _changed()
    await tx.execute(_SQL.add_version, {"org": org, "id": read.id, "number": row["version"], "fields": Jsonb(read.draft.written()), "kind": read.kind, "by": by})
    await tx.execute(_SQL.forget_vectors, {"org": org, "id": read.id})
    for model, made in vectors.items():
        for position, vector in enumerate(made):
            await tx.execute(_SQL.add_vector, {"org": org, "id": read.id, "model": model, "position": position, "vector": vector.astype(np.float16).tobytes()})


async def take_back(tx: Tx, org: OrgId, id: ScenarioId) -> None:
    if await one(tx, _SQL.take_back, {"org": org, "id": id}) is None:
        raise _gone()


async def versions(tx: Tx, org: OrgId, id: ScenarioId) -> list[Version]:
    """Newest first."""
    return [
        Version(number=row["number"], fields=Fields.read(row["fields"]), kind=ScenarioKind(row["kind"]), by_name=row["by_name"], created_at=row["created_at"])
        for row in await rows(tx, _SQL.versions, {"org": org, "id": id})
    ]


async def delete(tx: Tx, org: OrgId, id: ScenarioId) -> None:
    if await one(tx, _SQL.delete, {"org": org, "id": id}) is None:
        raise _gone()


async def live(tx: Tx, org: OrgId) -> tuple[Live, ...]:
    """All that turns may meet."""
    found, held = await rows(tx, _SQL.live, {"org": org}), await rows(tx, _SQL.live_vectors, {"org": org})
    vectors: dict[UUID, dict[str, list[DictRow]]] = {}
    for row in held:
        vectors.setdefault(row["scenario_id"], {}).setdefault(row["model"], []).append(row)
    return tuple(
        Live(
            ScenarioId(row["id"]), ScenarioKind(row["kind"]), row["version"], Fields.read(row["live"]),
            {model: _stacked(each) for model, each in vectors.get(row["id"], {}).items()},
        )
        for row in found
    )


def _stacked(held: Sequence[DictRow]) -> Vectors:
    ordered = sorted(held, key=lambda row: row["position"])
    return np.stack([np.frombuffer(row["vector"], dtype=np.float16) for row in ordered]).astype(np.float32)


def _scenario(row: DictRow) -> Scenario:
    return Scenario(
        id=ScenarioId(row["id"]), kind=ScenarioKind(row["kind"]), directory=row["directory"], enabled=row["enabled"], draft=Fields.read(row["draft"]),
        live=Fields.read(row["live"]) if row["live"] else None, version=row["version"], published_at=row["published_at"], learned_from=row["learned_from"],
        accepted_by=row["accepted_by"], created_at=row["created_at"], updated_at=row["updated_at"],
    )


def _gone() -> NotFound:
    return NotFound("There is no such scenario.")


def _changed() -> Refused:
    return Refused("Somebody else has changed this scenario meanwhile. Load it again.", status=409, code="conflict")
