"""Actions in the store: what is in force, and every version. It decides nothing; story/actions/definitions.py checks what comes here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import numpy as np
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.store.vectors import Vectors
from glassine.words.actions import Action, ActionId, Filler, IdentityLevel, Limits, Parameter, Policy, Where
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import OrgId, SegmentId
from glassine.words.people import Actor
from glassine.words.privacy import PiiType

_SQL = Statements(__file__)
_BESIDE = ("id", "enabled", "origin", "version", "created_at", "updated_at", "does")  # what has a column of its own, or stands in no store


class Version(NamedTuple):
    number: int
    action: Action
    by_name: str
    created_at: datetime


class Listed(NamedTuple):
    """With its calls of the last seven days."""

    action: Action
    calls: int
    failures: int
    last_at: datetime | None


def host_of(url: str) -> str:
    """Host and port as a crossing declares them."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


async def insert(tx: Tx, actor: Actor, action: Action) -> None:
    """Raises Refused (409) for a name that is taken."""
    if await one(tx, _SQL.insert, _values(actor.org, action)) is None:
        raise taken(action.name)
    await _keep(tx, actor, action, 1)


async def load(tx: Tx, org: OrgId, id: ActionId) -> Action:
    """Raises NotFound."""
    row = await one(tx, _SQL.load, {"org": org, "id": id})
    if row is None:
        raise gone()
    return from_row(row)


async def every(tx: Tx, org: OrgId) -> list[Action]:
    return [from_row(row) for row in await rows(tx, _SQL.every, {"org": org})]


async def stamp(tx: Tx, org: OrgId) -> tuple[Any, ...]:
    """Equal as long as nothing of them has changed."""
    row = await one(tx, _SQL.stamp, {"org": org})
    return (row["at"], row["n"]) if row else ()


async def listed(tx: Tx, org: OrgId) -> list[Listed]:
    return [Listed(from_row(row), row["calls"], row["failures"], row["last_at"]) for row in await rows(tx, _SQL.listed, {"org": org})]


async def update(tx: Tx, actor: Actor, action: Action, *, read: int | None) -> Action:
    """Writes the next version, also of a deleted one, which is back then. `read`: the version that was looked at. Raises NotFound, and Refused (409)."""
    before = await one(tx, _SQL.hold, {"org": actor.org, "id": action.id})
    if before is None:
        raise gone()
    if read is not None and before["version"] != read:
        raise Refused("Somebody else has changed this action meanwhile. Load it again.", status=409, code="conflict")
    if await one(tx, _SQL.name_taken, {"org": actor.org, "id": action.id, "name": action.name}):
        raise taken(action.name)
    row = await one(tx, _SQL.update, _values(actor.org, action))
    assert row is not None, "it is held"
    await _keep(tx, actor, action, row["version"])
    return replace(action, version=row["version"])


async def delete(tx: Tx, org: OrgId, id: ActionId) -> str:
    """Its name. Raises NotFound."""
    row = await one(tx, _SQL.delete, {"org": org, "id": id})
    if row is None:
        raise gone()
    return str(row["name"])


async def versions(tx: Tx, org: OrgId, id: ActionId) -> list[Version]:
    """Newest first, of deleted ones too."""
    found = await rows(tx, _SQL.versions, {"org": org, "id": id})
    return [Version(row["number"], replace(read(row["content"], id), version=row["number"]), row["by_name"], row["created_at"]) for row in found]


async def at_version(tx: Tx, org: OrgId, id: ActionId, number: int) -> tuple[Action, bool]:
    """As it was, and whether it may still be called as that: nobody has changed, disabled or deleted it. Raises NotFound."""
    row = await one(tx, _SQL.version, {"org": org, "id": id, "number": number})
    if row is None:
        raise gone()
    return replace(read(row["content"], id), version=number), bool(row["enabled"] and row["deleted_at"] is None and row["version"] == number)


async def put_vectors(tx: Tx, org: OrgId, id: ActionId, vectors: Mapping[str, Vectors]) -> None:
    await tx.execute(_SQL.forget_vectors, {"org": org, "id": id})
    for model, made in vectors.items():
        await tx.execute(_SQL.add_vector, {"org": org, "id": id, "model": model, "vector": made[0].astype(np.float16).tobytes()})


async def vectors(tx: Tx, org: OrgId) -> dict[tuple[UUID, str], Vectors]:
    """By action and model, of those that can be called."""
    found = await rows(tx, _SQL.vectors, {"org": org})
    return {(row["action_id"], row["model"]): np.frombuffer(row["vector"], dtype=np.float16).astype(np.float32) for row in found}


async def _keep(tx: Tx, actor: Actor, action: Action, number: int) -> None:
    values = {"org": actor.org, "id": action.id, "number": number, "content": Jsonb(written(action)), "by": actor.id, "by_name": actor.name}
    await tx.execute(_SQL.add_version, values)


def _values(org: OrgId, action: Action) -> dict[str, Any]:
    return {
        "org": org, "id": action.id, "name": action.name, "content": Jsonb(written(action)), "host": host_of(action.url), "enabled": action.enabled, "origin": action.origin,
    }


def from_row(row: DictRow) -> Action:
    action = read(row["content"], ActionId(row["id"]))
    return replace(action, enabled=row["enabled"], origin=row["origin"], version=row["version"], created_at=row["created_at"], updated_at=row["updated_at"])


def written(action: Action) -> dict[str, Any]:
    """As JSON, without what has a column of its own but the switch: bringing an old version back brings that too."""
    made = {name: value for name, value in asdict(action).items() if name not in _BESIDE or name == "enabled"}
    made["policy"]["segments"] = [str(id) for id in action.policy.segments]
    return made


def read(content: Mapping[str, Any], id: ActionId) -> Action:
    """From that JSON; what this version does not know is left out."""
    known = {name: value for name, value in content.items() if name in Action.__slots__ and name not in ("id", "parameters", "policy", "does")}
    texts: dict[str, Any] = {name: tuple(known[name]) for name in ("shown", "tags") if name in known}
    return Action(id=id, parameters=tuple(map(_parameter, content.get("parameters", ()))), policy=_policy(content.get("policy", {})), **{**known, **texts})


def _parameter(given: Mapping[str, Any]) -> Parameter:
    kinds = {"where": Where(given["where"]), "filler": Filler(given["filler"]), "takes": PiiType(given["takes"]) if given.get("takes") else None}
    return Parameter(**{**{name: value for name, value in given.items() if name in Parameter.__slots__}, **kinds})


def _policy(given: Mapping[str, Any]) -> Policy:
    known = {name: value for name, value in given.items() if name in Policy.__slots__}
    kinds: dict[str, Any] = {
        "channels": tuple(given.get("channels", ())), "segments": tuple(SegmentId(UUID(id)) for id in given.get("segments", ())), "roles": tuple(given.get("roles", ())),
        "identity": IdentityLevel(given.get("identity", "anyone")), "limits": Limits(**{name: value for name, value in given.get("limits", {}).items() if name in Limits.__slots__}),
    }
    return Policy(**{**known, **kinds})


def gone() -> NotFound:
    return NotFound("There is no such action.")


def taken(name: str) -> Refused:
    return Refused(f"There is an action called {name} already.", status=409, code="conflict")
