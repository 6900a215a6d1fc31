"""The ledger in the store: crossings, and the chain that seals them. Rows are added and never changed; nothing here knows what was sent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.crossings import Crossed, CrossingRow, Scan, Sealed
from glassine.words.ids import OrgId, SessionId, new_id

_SQL = Statements(__file__)


class Boundary(NamedTuple):
    """What crossed to one destination for one purpose. `masked`: placeholders that crossed; `found`: raw values that crossed, to a
    destination that may see them; `stopped`: raw values in crossings that were refused. All by type."""

    purpose: str
    destination: str
    allowed: int
    refused: int
    bytes: int
    first: datetime
    last: datetime
    masked: Mapping[str, int]
    found: Mapping[str, int]
    stopped: Mapping[str, int]


class Head(NamedTuple):
    """The newest link of an organisation's chain."""

    seq: int
    link: bytes
    sealed_at: datetime


class Filter(NamedTuple):
    """Which crossings to show; None and False mean all."""

    purpose: str | None = None
    destination: str | None = None
    session: SessionId | None = None
    refused: bool = False


async def record(tx: Tx, some: Sequence[CrossingRow]) -> None:
    """Writes crossings of one organisation down, and that they wait to be sealed."""
    named = [(new_id(), row) for row in some]
    each = [{
        "id": str(id), "session": str(row.session) if row.session else None, "destination": row.destination, "purpose": row.purpose, "bytes": row.bytes, "allowed": row.allowed,
        "why": row.why, "raw": row.raw, "digest": row.scan.digest.hex(), "masked": dict(row.scan.masked), "found": dict(row.scan.found), "exempt": row.scan.exempt,
    } for id, row in named]  # fmt: skip
    await tx.execute(_SQL.record, {"org": some[0].org, "rows": Jsonb(each)})
    carried = [(id, digest) for id, row in named for digest in row.scan.carried]
    if carried:
        await tx.execute(_SQL.record_values, {"org": some[0].org, "ids": [id for id, _ in carried], "digests": [digest for _, digest in carried]})


async def page(tx: Tx, org: OrgId, which: Filter, *, before: tuple[datetime, UUID] | None = None, limit: int = 50) -> list[Crossed]:
    """Newest first."""
    when, id = before or (None, None)
    return [_crossed(row) for row in await rows(tx, _SQL.page, {"org": org, **which._asdict(), "before": when, "before_id": id, "limit": limit})]


async def of_session(tx: Tx, org: OrgId, session: SessionId, limit: int = 1_000) -> list[Crossed]:
    """A session's crossings, newest first."""
    return await page(tx, org, Filter(session=session), limit=limit)


async def with_values(tx: Tx, org: OrgId, digests: Sequence[bytes], limit: int = 1_000) -> list[Crossed]:
    """The crossings whose payload held one of these values, newest first."""
    return [_crossed(row) for row in await rows(tx, _SQL.crossed, {"org": org, "digests": list(digests), "limit": limit})]


async def summary(tx: Tx, org: OrgId, since: datetime) -> list[Boundary]:
    """What crossed since then, by purpose and destination."""
    return [Boundary(**row) for row in await rows(tx, _SQL.summary, {"org": org, "since": since})]


async def published(tx: Tx, org: OrgId, values: Sequence[str]) -> list[str]:
    """Those of these texts that stand in public articles, in the organisation's settings, or are addresses of the team."""
    ask = {"org": org, "values": list(values), "patterns": [_whole_words(value) for value in values]}
    return [row["value"] for row in await rows(tx, _SQL.published, ask)]


def _whole_words(value: str) -> str:
    """A regular expression for PostgreSQL: the text, not inside a longer word or number."""
    written = re.sub(r"([^\w\s])", r"\\\1", value)
    before, after = r"(?<!\w)" if _is_word(value[0]) else "", r"(?!\w)" if _is_word(value[-1]) else ""
    return before + written + after


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


async def head(tx: Tx, org: OrgId) -> Head | None:
    """The newest link, or None before anything was sealed."""
    row = await one(tx, _SQL.head, {"org": org})
    return Head(row["seq"], bytes(row["link"]), row["sealed_at"]) if row else None


class State(NamedTuple):
    """How far the chain has come. `crossings` are all; `anchored` is the newest row that was put elsewhere for safe keeping."""

    head: Head | None
    waiting: int
    crossings: int
    anchored: int | None
    anchored_at: datetime | None


async def state(tx: Tx, org: OrgId) -> State:
    row = await one(tx, _SQL.state, {"org": org})
    assert row is not None, "a select of counts has one row"
    return State(await head(tx, org), row["waiting"], row["crossings"], row["anchored"], row["anchored_at"])


async def kinds(tx: Tx, org: OrgId) -> tuple[list[str], list[str]]:
    """The purposes and destinations that occur."""
    row = await one(tx, _SQL.kinds, {"org": org})
    return sorted((row and row["purposes"]) or []), sorted((row and row["destinations"]) or [])


async def unsealed_organizations(tx: Tx) -> list[OrgId]:
    """Those with crossings that wait to be sealed. Asked from outside."""
    return [OrgId(row["org_id"]) for row in await rows(tx, _SQL.unsealed_organizations, {})]


async def may_seal(tx: Tx, org: OrgId) -> bool:
    """True for one transaction at a time."""
    row = await one(tx, _SQL.may_seal, {"org": org})
    return bool(row and row["mine"])


async def waiting(tx: Tx, org: OrgId, limit: int) -> list[Crossed]:
    """Crossings that are yet to be sealed, oldest first."""
    return [_crossed(row) for row in await rows(tx, _SQL.waiting, {"org": org, "limit": limit})]


async def seal(tx: Tx, org: OrgId, links: Sequence[tuple[int, UUID, bytes]], at: datetime) -> None:
    """Adds links (number, crossing, hash) to the chain."""
    values = {"org": org, "at": at, "seqs": [one[0] for one in links], "ids": [one[1] for one in links], "links": [one[2] for one in links]}
    await tx.execute(_SQL.seal, values)
    await tx.execute(_SQL.sealed, values)


async def links(tx: Tx, org: OrgId, *, after: int, upto: int) -> list[tuple[Sealed, Crossed | None]]:
    """The chain from a place on. A crossing that somebody deleted is None; its link is still there."""
    found = await rows(tx, _SQL.links, {"org": org, "after": after, "upto": upto})
    return [(Sealed(seq=row["seq"], link=bytes(row["link"]), at=row["sealed_at"]), _crossed(row) if row["id"] else None) for row in found]


async def links_at(tx: Tx, org: OrgId, seqs: Sequence[int]) -> dict[int, bytes]:
    """The links with these numbers."""
    return {row["seq"]: bytes(row["link"]) for row in await rows(tx, _SQL.links_at, {"org": org, "seqs": list(seqs)})}


async def sealed_among(tx: Tx, org: OrgId, ids: Sequence[UUID], upto: int) -> set[UUID]:
    """Those of these crossings that are links up to a number."""
    return {row["crossing_id"] for row in await rows(tx, _SQL.sealed_among, {"org": org, "ids": list(ids), "upto": upto})}


async def unsealed(tx: Tx, org: OrgId) -> tuple[list[Crossed], list[UUID]]:
    """Crossings that are no link yet, oldest first; and the ids of those that somebody deleted before they became one."""
    found = [_crossed(row) for row in await rows(tx, _SQL.unsealed, {"org": org})]
    return found, [row["crossing_id"] for row in await rows(tx, _SQL.gone, {"org": org})]


async def wants_anchor(tx: Tx, org: OrgId, seconds: float) -> bool:
    """Whether rows were sealed longer ago than that and no head that covers them has been put elsewhere."""
    row = await one(tx, _SQL.wants_anchor, {"org": org, "seconds": seconds})
    return bool(row and row["wanted"])


async def anchored(tx: Tx, org: OrgId, seq: int) -> set[str]:
    """Where this head has been put already."""
    return {row["place"] for row in await rows(tx, _SQL.anchored, {"org": org, "seq": seq})}


async def add_anchor(tx: Tx, org: OrgId, head: Head, place: str) -> None:
    await tx.execute(_SQL.add_anchor, {"org": org, "seq": head.seq, "place": place, "link": head.link})


def _crossed(row: DictRow) -> Crossed:
    scan = Scan(
        digest=bytes(row["digest"]), masked=row["masked"], found=row["found"], exempt=row["exempt"], carried=tuple(map(bytes, row["carried"])),
    )  # fmt: skip
    crossing = CrossingRow(
        org=OrgId(row["org_id"]), session=SessionId(row["session_id"]) if row["session_id"] else None, destination=row["destination"], purpose=row["purpose"],
        bytes=row["bytes"], allowed=row["allowed"], why=row["why"], raw=row["raw"], scan=scan,
    )  # fmt: skip
    sealed = Sealed(seq=row["seq"], link=bytes(row["link"]), at=row["sealed_at"]) if row["seq"] is not None else None
    return Crossed(id=row["id"], at=row["created_at"], row=crossing, sealed=sealed)
