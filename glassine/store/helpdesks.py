"""Connected helpdesks in the store. Secrets come sealed; nothing here opens them."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.custom_fields import FieldForm
from glassine.words.errors import NotFound
from glassine.words.helpdesks import Checked, Connected, HelpdeskId
from glassine.words.ids import OrgId

_SQL = Statements(__file__)
_NOTHING = Checked(reached="")


async def insert(
    tx: Tx, org: OrgId, id: HelpdeskId, *, kind: str, name: str, settings: Mapping[str, str], secrets: bytes | None, hook_secret: bytes, policy: Mapping[str, str],
    checked: Checked = _NOTHING,
) -> Connected:
    values = {"org": org, "id": id, "kind": kind, "name": name, "settings": Jsonb(dict(settings)), "secrets": secrets, "hook_secret": hook_secret, "policy": Jsonb(dict(policy)), **_told(checked)}
    row = await one(tx, _SQL.insert, values)
    assert row is not None, "an insert returns its row"
    return from_row(row)


async def update(tx: Tx, org: OrgId, id: HelpdeskId, *, name: str, settings: Mapping[str, str], secrets: bytes | None, policy: Mapping[str, str], checked: Checked) -> Connected:
    """Raises NotFound, also for one that was disconnected."""
    values = {"org": org, "id": id, "name": name, "settings": Jsonb(dict(settings)), "secrets": secrets, "policy": Jsonb(dict(policy)), **_told(checked)}
    row = await one(tx, _SQL.update, values)
    return from_row(row) if row else _missing()


async def set_made(tx: Tx, org: OrgId, id: HelpdeskId, made: Mapping[str, str]) -> None:
    await tx.execute(_SQL.set_made, {"org": org, "id": id, "made": Jsonb(dict(made))})


async def reseal(tx: Tx, org: OrgId, id: HelpdeskId, *, secrets: bytes | None, hook_secret: bytes | None) -> None:
    await tx.execute(_SQL.reseal, {"org": org, "id": id, "secrets": secrets, "hook_secret": hook_secret})


async def load(tx: Tx, org: OrgId, id: HelpdeskId, *, lock: bool = False) -> Connected:
    """Also one that was disconnected. Raises NotFound."""
    row = await one(tx, _SQL.lock if lock else _SQL.load, {"org": org, "id": id})
    return from_row(row) if row else _missing()


async def all_of(tx: Tx, org: OrgId) -> list[Connected]:
    """Those that are connected, by name."""
    return [from_row(row) for row in await rows(tx, _SQL.all, {"org": org})]


async def taken(tx: Tx, org: OrgId, name: str, *, but: HelpdeskId) -> bool:
    return await one(tx, _SQL.taken, {"org": org, "name": name, "id": but}) is not None


async def remove(tx: Tx, org: OrgId, id: HelpdeskId) -> None:
    await tx.execute(_SQL.remove, {"org": org, "id": id})


def _told(checked: Checked) -> dict[str, Jsonb]:
    """What it offers to choose from, what may stand in its custom fields, and which rights it lacks."""
    offered, forms = {name: dict(choices) for name, choices in checked.choices.items()}, {name: form.stored() for name, form in checked.forms.items()}
    return {"offered": Jsonb(offered), "forms": Jsonb(forms), "missing": Jsonb(list(checked.missing))}


def _missing() -> Connected:
    raise NotFound("There is no such helpdesk.")


def from_row(row: DictRow) -> Connected:
    """A row of `helpdesks`."""
    return Connected(
        id=HelpdeskId(row["id"]), kind=row["kind"], name=row["name"], settings=row["settings"], secrets=bytes(row["secrets"]) if row["secrets"] else None,
        hook_secret=bytes(row["hook_secret"]) if row["hook_secret"] else None, made=row["made"], policy=row["policy"], offered=row["offered"],
        forms={name: FieldForm.read(form) for name, form in row["forms"].items()}, missing=tuple(row["missing"]), created_at=row["created_at"], removed_at=row["removed_at"],
    )
