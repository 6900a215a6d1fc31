"""Connected sources in the store, with the files that were uploaded to them. Secrets come sealed; nothing here opens them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.errors import NotFound
from glassine.words.ids import OrgId, SegmentId, SourceId
from glassine.words.sources import Cadence, Upload
from glassine.words.syncing import Connected, Readers

_SQL = Statements(__file__)


async def insert(tx: Tx, org: OrgId, id: SourceId, *, kind: str, key: str, values: Mapping[str, Any]) -> Connected:
    """`values`: what `update` takes."""
    row = await one(tx, _SQL.insert, {"org": org, "id": id, "kind": kind, "key": key, **_sent(values)})
    assert row is not None, "an insert returns its row"
    return _connected(row)


async def update(tx: Tx, org: OrgId, id: SourceId, values: Mapping[str, Any], *, anew: bool) -> Connected:
    """`values`: name, settings, secrets (sealed), cadence, readers, segments, max_age_hours, share, canary and next_run_at, all of them."""
    row = await one(tx, _SQL.update, {"org": org, "id": id, "anew": anew, **_sent(values)})
    return _connected(row) if row else _missing()


def _sent(values: Mapping[str, Any]) -> dict[str, Any]:
    return {**values, "settings": Jsonb(dict(values["settings"])), "segments": list(values["segments"])}


async def reseal(tx: Tx, org: OrgId, id: SourceId, secrets: bytes) -> None:
    await tx.execute(_SQL.reseal, {"org": org, "id": id, "secrets": secrets})


async def load(tx: Tx, org: OrgId, id: SourceId, *, lock: bool = False) -> Connected:
    """`lock`: until this transaction ends, nobody else who asks for the same goes on. Raises NotFound."""
    row = await one(tx, _SQL.lock if lock else _SQL.load, {"org": org, "id": id})
    return _connected(row) if row else _missing()


async def hold(tx: Tx, org: OrgId, id: SourceId) -> None:
    """Nobody removes it before this transaction ends. Asked for before its articles, as whoever removes it does: the other way round two would wait for each other."""
    await tx.execute(_SQL.hold, {"org": org, "id": id})


async def by_key(tx: Tx, org: OrgId, key: str) -> Connected | None:
    row = await one(tx, _SQL.by_key, {"org": org, "key": key})
    return _connected(row) if row else None


async def taken(tx: Tx, org: OrgId, name: str) -> bool:
    """Whether a source or articles go by this name."""
    return await one(tx, _SQL.taken, {"org": org, "name": name}) is not None


async def all_of(tx: Tx, org: OrgId) -> list[Connected]:
    """By name."""
    return [_connected(row) for row in await rows(tx, _SQL.all, {"org": org})]


async def delete(tx: Tx, org: OrgId, id: SourceId) -> None:
    """With its runs, pages and uploads. Its articles stay."""
    await tx.execute(_SQL.delete, {"org": org, "id": id})


async def due(tx: Tx, org: OrgId, now: datetime) -> list[SourceId]:
    """Those that are to be read now, and are not being read."""
    return [SourceId(row["id"]) for row in await rows(tx, _SQL.due, {"org": org, "now": now})]


async def aged(tx: Tx, org: OrgId, now: datetime) -> list[Connected]:
    """Those that have just become too old to be answered from, locked."""
    return [_connected(row) for row in await rows(tx, _SQL.aged, {"org": org, "now": now})]


async def set_withdrawn(tx: Tx, org: OrgId, id: SourceId, at: datetime | None) -> None:
    await tx.execute(_SQL.set_withdrawn, {"org": org, "id": id, "at": at})


async def set_next(tx: Tx, org: OrgId, id: SourceId, at: datetime | None) -> None:
    await tx.execute(_SQL.set_next, {"org": org, "id": id, "at": at})


async def put_off(tx: Tx, org: OrgId, id: SourceId, at: datetime, *, planned: datetime) -> None:
    """Changes when it is read again, unless somebody wants that before it was `planned`."""
    await tx.execute(_SQL.put_off, {"org": org, "id": id, "at": at, "planned": planned})


async def begin_anew(tx: Tx, org: OrgId, id: SourceId, made: str) -> Connected:
    """For a run that is to read everything: all markers are forgotten, and those that it brings count."""
    row = await one(tx, _SQL.begin_anew, {"org": org, "id": id, "made": made})
    return _connected(row) if row else _missing()


async def succeeded(tx: Tx, org: OrgId, id: SourceId, *, at: datetime, marker: Mapping[str, Any] | None) -> None:
    """`marker` None leaves it as it is, as after a run over a few pages."""
    await tx.execute(_SQL.succeeded, {"org": org, "id": id, "at": at, "marker": None if marker is None else Jsonb(dict(marker))})


async def put_file(tx: Tx, org: OrgId, source: SourceId, *, name: str, media_type: str, content: bytes, by: str) -> None:
    """In the place of the one that had this name."""
    await tx.execute(_SQL.put_file, {"org": org, "source": source, "name": name, "media_type": media_type, "size": len(content), "content": content, "by": by})


async def files(tx: Tx, org: OrgId, source: SourceId) -> list[Upload]:
    """By name."""
    found = await rows(tx, _SQL.files, {"org": org, "source": source})
    return [Upload(name=row["name"], media_type=row["media_type"], size=row["size"], digest=row["digest"], uploaded_at=row["uploaded_at"]) for row in found]


async def file(tx: Tx, org: OrgId, source: SourceId, name: str) -> tuple[str, bytes]:
    """Media type and content. Raises NotFound."""
    row = await one(tx, _SQL.file, {"org": org, "source": source, "name": name})
    if row is None:
        raise NotFound("There is no such file.")
    return row["media_type"], bytes(row["content"])


async def delete_file(tx: Tx, org: OrgId, source: SourceId, name: str) -> None:
    """Raises NotFound."""
    if await one(tx, _SQL.delete_file, {"org": org, "source": source, "name": name}) is None:
        raise NotFound("There is no such file.")


async def file_room(tx: Tx, org: OrgId, source: SourceId, name: str) -> tuple[int, int]:
    """How many bytes and files a source holds besides the one of this name."""
    row = await one(tx, _SQL.file_room, {"org": org, "source": source, "name": name})
    return (int(row["bytes"]), int(row["n"])) if row else (0, 0)


def _missing() -> Connected:
    raise NotFound("There is no such source.")


def _connected(row: DictRow) -> Connected:
    return Connected(
        id=SourceId(row["id"]), kind=row["kind"], name=row["name"], key=row["key"], settings=row["settings"], secrets=bytes(row["secrets"]) if row["secrets"] else None,
        cadence=Cadence(row["cadence"]), readers=Readers(row["readers"]), segments=tuple(SegmentId(one) for one in row["segments"]), max_age_hours=row["max_age_hours"],
        share=row["share"], canary=row["canary"], marker=row["marker"], made=row["made"], next_run_at=row["next_run_at"], first_done_at=row["first_done_at"],
        last_done_at=row["last_done_at"], withdrawn_at=row["withdrawn_at"], created_at=row["created_at"],
    )
