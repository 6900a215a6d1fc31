"""The team in the store: people, invites and API keys. Secrets stand here only as digests, behind the door."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg.rows import DictRow

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.errors import NotFound
from glassine.words.ids import OrgId, PersonId
from glassine.words.people import Person, Role

_SQL = Statements(__file__)


def from_row(row: DictRow) -> Person:
    return Person(id=PersonId(row["id"]), email=row["email"], name=row["name"], role=Role(row["role"]), created_at=row["created_at"], disabled_at=row["disabled_at"])


async def insert(tx: Tx, org: OrgId, id: PersonId, *, email: str, name: str, role: Role, password_hash: str | None) -> None:
    await tx.execute(_SQL.insert, {"org": org, "id": id, "email": email, "name": name, "role": role, "password_hash": password_hash})


async def load(tx: Tx, org: OrgId, id: UUID) -> DictRow:
    """The whole row, with the password's hash."""
    row = await one(tx, _SQL.load, {"org": org, "id": id})
    if row is None:
        raise NotFound("There is no such person in this organisation.")
    return row


async def stay(tx: Tx, org: OrgId, id: UUID) -> DictRow:
    """As `load`, and the person keeps role and place until this transaction ends."""
    row = await one(tx, _SQL.stay, {"org": org, "id": id})
    if row is None:
        raise NotFound("There is no such person in this organisation.")
    return row


async def all_of(tx: Tx, org: OrgId) -> list[Person]:
    return [from_row(row) for row in await rows(tx, _SQL.all, {"org": org})]


async def set_role(tx: Tx, org: OrgId, id: PersonId, role: Role) -> None:
    if await one(tx, _SQL.set_role, {"org": org, "id": id, "role": role}) is None:
        raise NotFound("There is no such person in this organisation.")


async def disable(tx: Tx, org: OrgId, id: PersonId) -> bool:
    return await one(tx, _SQL.disable, {"org": org, "id": id}) is not None


async def owners(tx: Tx, org: OrgId) -> int:
    row = await one(tx, _SQL.owners, {"org": org})
    return int(row["n"]) if row else 0


async def add_invite(tx: Tx, org: OrgId, id: UUID, *, email: str | None, role: Role, by: UUID | None, expires: datetime) -> None:
    await tx.execute(_SQL.add_invite, {"org": org, "id": id, "email": email, "role": role, "by": by, "expires": expires})


async def invite(tx: Tx, org: OrgId, id: UUID) -> DictRow | None:
    """An invite that can still be used, or None."""
    return await one(tx, _SQL.invite, {"org": org, "id": id})


async def use_invite(tx: Tx, org: OrgId, id: UUID) -> bool:
    """True for exactly one caller."""
    return await one(tx, _SQL.use_invite, {"org": org, "id": id}) is not None


async def add_api_key(tx: Tx, org: OrgId, id: UUID, *, name: str, prefix: str, scopes: list[str] | None, by: UUID | None) -> None:
    await tx.execute(_SQL.add_api_key, {"org": org, "id": id, "name": name, "prefix": prefix, "scopes": scopes, "by": by})


async def api_key(tx: Tx, org: OrgId, id: UUID) -> DictRow | None:
    await tx.execute(_SQL.touch_api_key, {"org": org, "id": id})
    return await one(tx, _SQL.api_key, {"org": org, "id": id})


async def api_keys(tx: Tx, org: OrgId) -> list[DictRow]:
    return await rows(tx, _SQL.api_keys, {"org": org})


async def revoke_api_key(tx: Tx, org: OrgId, id: UUID) -> bool:
    return await one(tx, _SQL.revoke_api_key, {"org": org, "id": id}) is not None


async def set_password(tx: Tx, org: OrgId, id: PersonId, hash: str) -> None:
    if await one(tx, _SQL.set_password, {"org": org, "id": id, "hash": hash}) is None:
        raise NotFound("There is no such person in this organisation.")
