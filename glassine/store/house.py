"""Organisations, their keys and channels in the store, and the door that finds an organisation by a secret's digest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.errors import NotFound
from glassine.words.ids import OrgId, PersonId
from glassine.words.sessions import Autopilot, ChannelKind

_SQL = Statements(__file__)


class Door(NamedTuple):
    """What lies behind a secret: the organisation, and what the secret is for (a key, a person, an invite …)."""

    org: OrgId
    ref: UUID | None
    expires_at: datetime | None


async def create(tx: Tx, org: OrgId, name: str, widget_token: str, settings: Mapping[str, Any]) -> None:
    await tx.execute(_SQL.create, {"org": org, "name": name, "widget_token": widget_token, "settings": Jsonb(settings)})


async def load(tx: Tx, org: OrgId) -> DictRow:
    row = await one(tx, _SQL.load, {"org": org})
    if row is None:
        raise NotFound("This organisation does not exist.")
    return row


async def change(tx: Tx, org: OrgId, *, name: str | None = None, settings: Mapping[str, Any] | None = None) -> None:
    """Merges `settings` into what is set."""
    await tx.execute(_SQL.change, {"org": org, "name": name, "settings": Jsonb(settings or {})})


async def add_key(tx: Tx, org: OrgId, version: int, wrapped: bytes) -> None:
    await tx.execute(_SQL.add_key, {"org": org, "version": version, "wrapped": wrapped})


async def share_master(tx: Tx) -> None:
    """Ask before you use the master key for something that stays: the key cannot be put away until this transaction ends."""
    await one(tx, _SQL.share_master, {})


async def hold_master(tx: Tx) -> None:
    """Waits for everybody who shares the master key, and lets nobody else until this transaction ends."""
    await one(tx, _SQL.hold_master, {})


async def lock(tx: Tx, org: OrgId) -> None:
    """Until this transaction ends, no other one that asks for the same goes on."""
    await tx.execute(_SQL.lock, {"org": org})


async def keys(tx: Tx, org: OrgId) -> list[tuple[int, bytes]]:
    """The organisation's key and the former ones that are still good, newest first: version, and the key wrapped by the master key."""
    found = [(int(row["version"]), bytes(row["wrapped"])) for row in await rows(tx, _SQL.keys, {"org": org})]
    if not found:
        raise NotFound("This organisation does not exist.")
    return found


async def channels(tx: Tx, org: OrgId) -> list[DictRow]:
    return await rows(tx, _SQL.channels, {"org": org})


async def set_channel(tx: Tx, org: OrgId, kind: ChannelKind, autopilot: Autopilot, by: PersonId | None) -> None:
    await tx.execute(_SQL.set_channel, {"org": org, "kind": kind, "autopilot": autopilot, "by": by})


async def open_doors(tx: Tx, kind: str, digest: bytes) -> list[Door]:
    """Every organisation that a secret or address opens; empty when none does or it has expired."""
    return [Door(OrgId(r["org_id"]), r["ref"], r["expires_at"]) for r in await rows(tx, _SQL.open_door, {"kind": kind, "digest": digest})]


async def hang_door(tx: Tx, kind: str, digest: bytes, ref: UUID | None, expires: datetime | None = None) -> None:
    """Makes a secret open the organisation of this transaction."""
    await tx.execute(_SQL.hang_door, {"kind": kind, "digest": digest, "ref": ref, "expires": expires})


async def sweep_doors(tx: Tx) -> None:
    """Forgets what has expired, of every organisation."""
    await tx.execute(_SQL.sweep_doors)


async def shut_door(tx: Tx, kind: str, ref: UUID) -> int:
    """Makes every secret of this kind for `ref` worthless, and returns how many there were: 1 means this caller was the one."""
    row = await one(tx, _SQL.shut_door, {"kind": kind, "ref": ref})
    return int(row["n"]) if row else 0
