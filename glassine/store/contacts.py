"""Contacts in the store: sealed rows and their keyed look-ups. Nothing here can read who a contact is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg.rows import DictRow

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.errors import NotFound
from glassine.words.ids import ContactId, OrgId, SessionId

_SQL = Statements(__file__)
OF_SESSION = _SQL.of_session


class Sealed(NamedTuple):
    """A contact as it rests: `key` wrapped by the organisation's key, `sealed` under the contact's own."""

    id: ContactId
    verified: bool
    key: bytes
    sealed: bytes
    created_at: datetime
    updated_at: datetime


def from_row(row: DictRow) -> Sealed:
    return Sealed(ContactId(row["id"]), row["verified"], row["key"], row["sealed"], row["created_at"], row["updated_at"])


async def insert(tx: Tx, org: OrgId, id: ContactId, *, verified: bool, key: bytes, sealed: bytes) -> Sealed:
    row = await one(tx, _SQL.insert, {"org": org, "id": id, "verified": verified, "key": key, "sealed": sealed})
    assert row is not None
    return from_row(row)


async def load(tx: Tx, org: OrgId, id: ContactId, *, lock: bool = False) -> Sealed:
    row = await one(tx, _SQL.lock if lock else _SQL.load, {"org": org, "id": id})
    if row is None:
        raise NotFound("There is no contact with this id.")
    return from_row(row)


async def of_session(tx: Tx, org: OrgId, session: SessionId) -> Sealed:
    row = await one(tx, _SQL.of_session, {"org": org, "session": session})
    if row is None:
        raise NotFound("There is no session with this id.")
    return from_row(row)


async def save(tx: Tx, org: OrgId, id: ContactId, sealed: bytes, *, verified: bool = False) -> Sealed:
    row = await one(tx, _SQL.save, {"org": org, "id": id, "sealed": sealed, "verified": verified})
    if row is None:
        raise NotFound("There is no contact with this id.")
    return from_row(row)


async def overrides(tx: Tx, org: OrgId, id: ContactId) -> bytes | None:
    """What goes along with this contact's calls, sealed."""
    row = await one(tx, _SQL.overrides, {"org": org, "id": id})
    return bytes(row["overrides"]) if row and row["overrides"] else None


async def set_overrides(tx: Tx, org: OrgId, id: ContactId, sealed: bytes) -> None:
    await tx.execute(_SQL.set_overrides, {"org": org, "id": id, "sealed": sealed})


async def delete(tx: Tx, org: OrgId, id: ContactId) -> None:
    """With the contact go its key, sessions, events, vault and files: what was sealed can never be read again."""
    if await one(tx, _SQL.delete, {"org": org, "id": id}) is None:
        raise NotFound("There is no contact with this id.")


async def sessions_of(tx: Tx, org: OrgId, id: ContactId) -> list[SessionId]:
    return [SessionId(row["id"]) for row in await rows(tx, _SQL.sessions_of, {"org": org, "id": id})]


async def holdings(tx: Tx, org: OrgId, id: ContactId) -> dict[str, int]:
    """How many rows of each kind there are of a contact, and how many bytes of files."""
    row = await one(tx, _SQL.holdings, {"org": org, "id": id})
    assert row is not None, "it counts"
    return {name: int(value) for name, value in row.items()}


async def copies(tx: Tx, org: OrgId, id: ContactId) -> list[DictRow]:
    """By purpose and destination, what left out of a contact's sessions: `requests`, `bytes`, `first` and `last`."""
    return await rows(tx, _SQL.copies, {"org": org, "id": id})


async def by_lookup(tx: Tx, org: OrgId, kind: str, digests: Sequence[bytes]) -> Sealed | None:
    """`kind`: email | phone | external_id; `digests`: keyed hashes of the normalised value, by the newest key and by those before it."""
    row = await one(tx, _SQL.by_lookup, {"org": org, "kind": kind, "digests": list(digests)})
    return from_row(row) if row else None


async def set_lookup(tx: Tx, org: OrgId, id: ContactId, kind: str, digests: Sequence[bytes]) -> bool:
    """Replaces the contact's look-up of this kind by the first digest, or by none. False: the value already belongs to another contact."""
    await tx.execute(_SQL.forget_lookups, {"org": org, "id": id, "kind": kind})
    values = {"org": org, "id": id, "kind": kind, "digest": digests[0] if digests else None, "digests": list(digests)}
    return not digests or await one(tx, _SQL.add_lookup, values) is not None


class Range(NamedTuple):
    created_after: datetime | None = None
    created_before: datetime | None = None
    updated_after: datetime | None = None
    updated_before: datetime | None = None


async def page(tx: Tx, org: OrgId, which: Range, *, before: tuple[datetime, UUID] | None = None, limit: int = 50) -> list[Sealed]:
    when, id = before or (None, None)
    return [from_row(row) for row in await rows(tx, _SQL.page, {"org": org, **which._asdict(), "before": when, "before_id": id, "limit": limit})]
