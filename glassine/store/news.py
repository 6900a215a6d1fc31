"""What was told, in the store: read with what stands behind it, in an order in which nothing is missed, and forgotten in time. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, count, events, one, rows
from glassine.store.statements import Statements
from glassine.words.deliveries import DeliveryId
from glassine.words.ids import OrgId, SessionId
from glassine.words.sessions import Event
from glassine.words.webhooks import Told, ToldId, WebhookId

_SQL = Statements(__file__)


class Behind(NamedTuple):
    """What was told and the entry of the log that it tells of, how many messages there were, and the payload of the last handoff before it."""

    told: Told
    entry: Event | None
    messages: int
    handed: Mapping[str, Any]


class Place(NamedTuple):
    """One thing in the stream. What nobody wants is passed over."""

    id: ToldId
    position: int
    wanted: bool


async def listen(tx: Tx, org: OrgId) -> None:
    """Somebody wants to hear: from now on what happens is told."""
    await tx.execute(_SQL.listen, {"org": org})


async def tell(tx: Tx, org: OrgId, name: str, *, ref: UUID, facts: Mapping[str, Any], but: WebhookId | None = None) -> None:
    """Something that stands in no session. `but`: an endpoint that is not told."""
    await tx.execute(_SQL.tell, {"org": org, "name": name, "ref": ref, "facts": Jsonb(facts), "but": but})


async def trial(tx: Tx, org: OrgId, name: str, webhook: WebhookId, facts: Mapping[str, Any]) -> DeliveryId:
    """Something for one endpoint and nobody else; returns its delivery."""
    row = await one(tx, _SQL.trial, {"org": org, "name": name, "webhook": webhook, "facts": Jsonb(facts)})
    assert row is not None, "the function returns one row"
    return DeliveryId(row["id"])


async def number(tx: Tx, most: int) -> int | None:
    """Gives positions to what has none; returns the newest position, or None when nobody listens."""
    row = await one(tx, _SQL.number, {"most": most})
    return int(row["last"]) if row and row["last"] is not None else None


async def bounds(tx: Tx, org: OrgId) -> tuple[int, int]:
    """The newest position, and the newest one that is not kept any more."""
    row = await one(tx, _SQL.bounds, {"org": org})
    return (int(row["last"]), int(row["forgot"])) if row else (0, 0)


async def after(tx: Tx, org: OrgId, position: int, *, names: Sequence[str], channels: Sequence[str], limit: int) -> list[Place]:
    found = await rows(tx, _SQL.after, {"org": org, "after": position, "names": list(names), "channels": list(channels), "limit": limit})
    return [Place(ToldId(row["id"]), row["position"], bool(row["wanted"])) for row in found]


async def behind(tx: Tx, org: OrgId, ids: Sequence[ToldId]) -> dict[ToldId, Behind]:
    """Those that are still there."""
    return {each.told.id: each for each in map(from_row, await rows(tx, _SQL.behind, {"org": org, "ids": list(ids)}))}


def from_row(row: DictRow) -> Behind:
    told = Told(
        id=ToldId(row["told_id"]), name=row["name"], session=SessionId(row["told_session"]) if row["told_session"] else None, ref=row["ref"], channel=row["channel"],
        facts=row["facts"], position=row["position"], at=row["told_at"],
    )
    return Behind(told, events.from_row(row) if row["id"] else None, row["messages"] or 0, row["handed"] or {})


async def forget(tx: Tx, org: OrgId, before: datetime, most: int) -> int:
    return await count(tx, _SQL.forget, {"org": org, "before": before, "most": most})


async def hush(tx: Tx, org: OrgId, before: datetime) -> None:
    """Where nobody has an endpoint, nobody has read the stream since `before` and nothing is left of what was told."""
    await tx.execute(_SQL.hush, {"org": org, "before": before})
