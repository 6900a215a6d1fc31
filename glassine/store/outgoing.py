"""Deliveries in the store as people see them and decide on them: pages, the health of destinations, again, dropped, arrived, forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from glassine.store import Tx, count, deliveries, rows
from glassine.store.statements import Statements
from glassine.words.deliveries import Delivery, DeliveryId, DeliveryState, Target
from glassine.words.ids import OrgId, SessionId

_SQL = Statements(__file__)


class Filter(NamedTuple):
    """Which deliveries to show; None means all."""

    target: Target | None = None
    destination: UUID | None = None
    session: SessionId | None = None
    state: DeliveryState | None = None


class Listed(NamedTuple):
    """A delivery with its conversation's number. `held`: its destination is left alone for now."""

    delivery: Delivery
    number: int | None
    held: bool


class Health(NamedTuple):
    """How it stands with one destination. `failures` in a row `since` then; `until` then nothing goes there. `why` is its newest trouble."""

    id: UUID
    target: Target | None
    waiting: int
    oldest: datetime | None
    next: datetime | None
    dead: int
    unknown: int
    failures: int
    since: datetime | None
    until: datetime | None
    arrived: datetime | None
    why: str


async def page(tx: Tx, org: OrgId, which: Filter, *, now: datetime, before: tuple[datetime, UUID] | None = None, limit: int = 50) -> list[Listed]:
    """Newest first."""
    when, id = before or (None, None)
    values = {"org": org, **which._asdict(), "now": now, "before": when, "before_id": id, "limit": limit}
    return [Listed(deliveries.read(row), row["ticket_number"], bool(row["held"])) for row in await rows(tx, _SQL.page, values)]


async def health(tx: Tx, org: OrgId, ids: Sequence[UUID]) -> list[Health]:
    """Of these destinations, and of all others that something is left of."""
    return [
        Health(
            row["id"], Target(row["target"]) if row["target"] else None, row["waiting"], row["oldest"], row["next"], row["dead"], row["unknown"], row["failures"] or 0,
            row["since"], row["until"], row["arrived"], row["why"] or "",
        )
        for row in await rows(tx, _SQL.health, {"org": org, "ids": list(ids)})
    ]  # fmt: skip


async def with_dead(tx: Tx, org: OrgId, since: datetime) -> list[UUID]:
    """Destinations for which something was given up of what was made since then."""
    return [row["target_id"] for row in await rows(tx, _SQL.with_dead, {"org": org, "since": since})]


async def dead_since(tx: Tx, org: OrgId, since: datetime, destination: UUID | None) -> list[DeliveryId]:
    """What was given up of all that was made since then."""
    return [DeliveryId(row["id"]) for row in await rows(tx, _SQL.dead_since, {"org": org, "since": since, "destination": destination})]


async def revive(tx: Tx, org: OrgId, ids: Sequence[DeliveryId], now: datetime) -> int:
    """Has what was given up, dropped, or stopped as unknown tried again from the first step of its ladder; returns how many, with those that follow on their lines."""
    return await count(tx, _SQL.revive, {"org": org, "ids": list(ids), "now": now})


async def hurry(tx: Tx, org: OrgId, destination: UUID, now: datetime) -> None:
    """Everything that waits for this destination is due now, whatever its breaker says."""
    await tx.execute(_SQL.hurry, {"org": org, "destination": destination, "now": now})


async def settle(tx: Tx, org: OrgId, id: DeliveryId, state: DeliveryState, *, of: Sequence[DeliveryState], now: datetime) -> bool:
    """Ends it by a person's word. False: it was in none of these states any more."""
    return await count(tx, _SQL.settle, {"org": org, "id": id, "state": state, "from": [each.value for each in of], "now": now}) > 0


async def drop_all(tx: Tx, org: OrgId, destination: UUID, why: str, now: datetime) -> int:
    """Lets go of everything that was to go to a destination that is gone."""
    return await count(tx, _SQL.drop_all, {"org": org, "destination": destination, "why": why, "now": now})


async def forget(tx: Tx, org: OrgId, *, settled: datetime, stuck: datetime, most: int = 500) -> int:
    """Deletes what was settled before then, and what was given up and nobody decided on before that."""
    return await count(tx, _SQL.forget, {"org": org, "settled": settled, "stuck": stuck, "most": most})
