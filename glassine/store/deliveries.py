"""Deliveries in the store: claimed by lane, begun, and settled once. A lane is a destination; what fails there is known to every process."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg.rows import DictRow

from glassine.store import Tx, count, one, rows
from glassine.store.statements import Statements
from glassine.words.deliveries import Delivery, DeliveryId, DeliveryState, Effect, Target
from glassine.words.ids import ContactId, OrgId, SessionId
from glassine.words.work import Job, JobKind

_SQL = Statements(__file__)


class Claimed(NamedTuple):
    """A delivery's job. `held`: its destination is left alone, so it is not tried; it is only told that it waits."""

    job: Job
    held: bool


class Begun(NamedTuple):
    """A delivery whose try has begun, and how many tries of this run have failed before."""

    delivery: Delivery
    rung: int


class Lane(NamedTuple):
    """A destination that fails: how often in a row, since when, and until when it is left alone."""

    failures: int
    since: datetime
    until: datetime | None


async def claim(tx: Tx, process: UUID, limit: int, each: int, now: datetime, keeps: Sequence[OrgId] | None = None) -> list[Claimed]:
    """At most `limit`, of one destination at most `each` at once in all processes; a destination that fails gets one at a time, or none."""
    found = await rows(tx, _SQL.claim, {"owner": process, "limit": limit, "each": each, "now": now, "keeps": list(keeps) if keeps else None})
    return [Claimed(_job(row), row["held"]) for row in found]


def _job(row: DictRow) -> Job:
    return Job(id=row["id"], org=OrgId(row["org_id"]), kind=JobKind(row["kind"]), ref=row["ref"], key=row["key"], attempts=row["attempts"], run_at=row["run_at"])


async def beside(tx: Tx, org: OrgId, ids: Sequence[DeliveryId]) -> None:
    """Before these are begun or settled. Destinations come before conversations, and both before deliveries: the other way round two could wait for each other."""
    await tx.execute(_SQL.beside, {"org": org, "ids": list(ids)})
    await tx.execute(_SQL.conversations, {"org": org, "ids": list(ids)})


async def alone(tx: Tx, destinations: Sequence[UUID]) -> None:
    """Before these are changed, or much of what waits for them: nobody begins or settles a delivery there until the transaction ends."""
    await tx.execute(_SQL.alone, {"destinations": list(destinations)})


async def alone_for(tx: Tx, org: OrgId, contact: ContactId) -> None:
    """The same for every place where something of this contact's goes."""
    await tx.execute(_SQL.alone_for, {"org": org, "contact": contact})


async def begin(tx: Tx, org: OrgId, ids: Sequence[DeliveryId], now: datetime) -> dict[DeliveryId, Begun]:
    """Written before the tries, so that one whose process dies is known to have begun. What is not among them is gone, or settled already."""
    return {DeliveryId(row["id"]): Begun(read(row), row["rung"]) for row in await rows(tx, _SQL.begin, {"org": org, "ids": list(ids), "now": now})}


async def load(tx: Tx, org: OrgId, id: DeliveryId) -> Delivery | None:
    row = await one(tx, _SQL.load, {"org": org, "id": id})
    return read(row) if row else None


def read(row: DictRow) -> Delivery:
    """A row in words."""
    return Delivery(
        id=DeliveryId(row["id"]), target=Target(row["target"]), target_id=row["target_id"], effect=Effect(row["effect"]),
        session=SessionId(row["session_id"]) if row["session_id"] else None, ref=row["ref"], line=row["line"], state=DeliveryState(row["state"]),
        attempts=row["attempts"], doubtful=row["doubtful"], why=row["why"], external=row["external"], created_at=row["created_at"], next_at=row["next_at"],
        settled_at=row["settled_at"],
    )  # fmt: skip


async def succeed(tx: Tx, org: OrgId, came: Sequence[tuple[Delivery, str]], now: datetime) -> set[DeliveryId]:
    """They have arrived, as what the other side calls them. What waits for the same destination goes on, where that was left alone. Returned: those that were not settled already."""
    values = {"ids": [each.id for each, _ in came], "externals": [external for _, external in came], "lanes": sorted({each.target_id for each, _ in came})}
    row = await one(tx, _SQL.succeed, {"org": org, "now": now, **values})
    for lane in row["reopened"] if row else ():
        await hurry(tx, org, lane, now)
    return set(row["done"]) if row else set()


async def hurry(tx: Tx, org: OrgId, lane: UUID, now: datetime) -> None:
    """Everything that waits for this destination is due now."""
    await tx.execute(_SQL.hurry, {"org": org, "lane": lane, "now": now})


async def fail(tx: Tx, org: OrgId, delivery: Delivery, *, state: DeliveryState, why: str, unknown: bool, next: datetime, now: datetime) -> bool:
    """This try did not succeed. False: a newer one has begun, or it is settled, and nothing is written."""
    values = {"org": org, "id": delivery.id, "attempts": delivery.attempts, "state": state, "why": why, "unknown": unknown, "next": next, "now": now}
    return await count(tx, _SQL.fail, values) > 0


async def hold(tx: Tx, org: OrgId, id: DeliveryId, why: str) -> bool:
    """Back into its place, untried."""
    return await count(tx, _SQL.hold, {"org": org, "id": id, "why": why}) > 0


async def end_line(tx: Tx, org: OrgId, delivery: Delivery, why: str, now: datetime) -> int:
    """Gives up what waits behind this one on its line, and returns how many."""
    return await count(tx, _SQL.end_line, {"org": org, "id": delivery.id, "line": delivery.line, "why": why, "now": now})


async def lane(tx: Tx, org: OrgId, id: UUID) -> Lane | None:
    """None: it does not fail."""
    row = await one(tx, _SQL.lane, {"org": org, "lane": id})
    return Lane(row["failures"], row["since"], row["until"]) if row else None


async def lane_failed(tx: Tx, org: OrgId, target: Target, id: UUID, now: datetime) -> int:
    """How often in a row it has failed now."""
    row = await one(tx, _SQL.lane_failed, {"org": org, "target": target, "lane": id, "now": now})
    return int(row["failures"]) if row else 0


async def open_breaker(tx: Tx, org: OrgId, id: UUID, until: datetime) -> None:
    await tx.execute(_SQL.open_breaker, {"org": org, "lane": id, "until": until})


async def newest_trouble(tx: Tx, org: OrgId, lane: UUID) -> str:
    """What the last try there said, or nothing."""
    row = await one(tx, _SQL.newest_trouble, {"org": org, "lane": lane})
    return row["why"] if row else ""


async def expired(tx: Tx, org: OrgId, target: Target, before: datetime, why: str, now: datetime, most: int = 100) -> list[Delivery]:
    """Gives up what has waited since before then, and returns it."""
    found = [DeliveryId(row["id"]) for row in await rows(tx, _SQL.overdue, {"org": org, "target": target, "before": before, "now": now, "most": most})]
    if not found:
        return []
    await beside(tx, org, found)
    return [read(row) for row in await rows(tx, _SQL.expired, {"org": org, "ids": found, "why": why, "now": now})]
