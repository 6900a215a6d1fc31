"""What a change of keys reads and writes: wrapped keys and keyed hashes, and everything sealed, to be opened once as a check. It opens nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from psycopg.rows import DictRow

from glassine.store import Tx, count, rows
from glassine.store.contacts import Sealed, from_row
from glassine.store.statements import Statements
from glassine.words.ids import ContactId, OrgId, SessionId

_SQL = Statements(__file__)


async def all_keys(tx: Tx, org: OrgId) -> list[tuple[int, bytes]]:
    """Every version, the retired ones too, newest first; nobody else changes them until the transaction ends."""
    return [(int(row["version"]), bytes(row["wrapped"])) for row in await rows(tx, _SQL.all_keys, {"org": org})]


async def rewrap(tx: Tx, org: OrgId, version: int, wrapped: bytes) -> None:
    await tx.execute(_SQL.rewrap, {"org": org, "version": version, "wrapped": wrapped})


async def current(tx: Tx, org: OrgId) -> list[int]:
    """The versions that are not retired, newest first; more than one while a rotation is under way."""
    return [int(row["version"]) for row in await rows(tx, _SQL.current, {"org": org})]


async def retire(tx: Tx, org: OrgId, version: int, grace: timedelta) -> None:
    """Every version before this one is good for `grace` yet."""
    await tx.execute(_SQL.retire, {"org": org, "version": version, "grace": grace})


async def forget_retired(tx: Tx, org: OrgId) -> int:
    """Removes the keys whose time is up, and returns how many."""
    return await count(tx, _SQL.forget_retired, {"org": org})


async def contacts_after(tx: Tx, org: OrgId, after: ContactId, limit: int, *, lock: bool = True) -> list[Sealed]:
    """In the order of their ids."""
    sql = _SQL.contacts_held if lock else _SQL.contacts_after
    return [from_row(row) for row in await rows(tx, sql, {"org": org, "after": after, "limit": limit})]


async def rewrap_contact(tx: Tx, org: OrgId, id: ContactId, key: bytes) -> None:
    await tx.execute(_SQL.rewrap_contact, {"org": org, "id": id, "key": key})


async def rehash(tx: Tx, org: OrgId, id: ContactId, kind: str, former: Sequence[bytes], newest: bytes) -> None:
    """A contact that is found by a hash of a former key is found by one of the newest from now on."""
    await tx.execute(_SQL.rehash, {"org": org, "id": id, "kind": kind, "former": list(former), "newest": newest})


async def values_of(tx: Tx, org: OrgId, contact: ContactId) -> list[DictRow]:
    return await rows(tx, _SQL.values_of, {"org": org, "id": contact})


async def values_before(tx: Tx, org: OrgId, contact: ContactId) -> list[DictRow]:
    """Those that were sealed in the first version: `session_id`, `placeholder`, `sealed`."""
    return await rows(tx, _SQL.values_before, {"org": org, "id": contact})


async def count_before(tx: Tx, org: OrgId) -> int:
    """How many values in the organisation were sealed in the first version."""
    return await count(tx, _SQL.count_before, {"org": org})


async def reseal_value(tx: Tx, org: OrgId, session: SessionId, placeholder: str, sealed: bytes) -> None:
    await tx.execute(_SQL.reseal_value, {"org": org, "session": session, "placeholder": placeholder, "sealed": sealed})


async def originals_of(tx: Tx, org: OrgId, contact: ContactId) -> list[DictRow]:
    return await rows(tx, _SQL.originals_of, {"org": org, "id": contact})


async def attached_of(tx: Tx, org: OrgId, contact: ContactId) -> list[DictRow]:
    return await rows(tx, _SQL.attached_of, {"org": org, "id": contact})
