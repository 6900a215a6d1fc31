"""Endpoints in the store: who is told, with which secrets, and what became of what they were sent. Secrets are sealed before they come here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, count, lazily, one, rows
from glassine.store.statements import Statements
from glassine.words.deliveries import DeliveryId, DeliveryState
from glassine.words.errors import NotFound
from glassine.words.ids import OrgId, SessionId
from glassine.words.webhooks import Sent, ToldId, Try, Webhook, WebhookId

_SQL = Statements(__file__)


class Secret(NamedTuple):
    """`until`: a former one, which signs until then."""

    id: UUID
    sealed: bytes
    until: datetime | None
    created_at: datetime


async def all_of(tx: Tx, org: OrgId) -> list[Webhook]:
    """By name."""
    return [from_row(row) for row in await rows(tx, _SQL.all, {"org": org})]


async def load(tx: Tx, org: OrgId, id: WebhookId, *, lock: bool = False) -> Webhook:
    """Raises NotFound."""
    row = await one(tx, _SQL.hold if lock else _SQL.load, {"org": org, "id": id})
    if row is None:
        raise NotFound("There is no endpoint with this id.")
    return from_row(row)


def from_row(row: DictRow) -> Webhook:
    return Webhook(
        id=WebhookId(row["id"]), name=row["name"], url=row["url"], events=tuple(row["events"]), channels=tuple(row["channels"]), ordered=row["ordered"], clear=row["clear"],
        failing_since=row["failing_since"], succeeded_at=row["succeeded_at"], disabled_at=row["disabled_at"], why=row["why"], created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


async def insert(tx: Tx, org: OrgId, webhook: Webhook) -> Webhook:
    row = await one(tx, _SQL.insert, _values(org, webhook))
    assert row is not None, "an insert returns its row"
    return from_row(row)


async def update(tx: Tx, org: OrgId, webhook: Webhook) -> Webhook:
    """Raises NotFound."""
    row = await one(tx, _SQL.update, _values(org, webhook))
    if row is None:
        raise NotFound("There is no endpoint with this id.")
    return from_row(row)


def _values(org: OrgId, webhook: Webhook) -> dict[str, Any]:
    return {
        "org": org, "id": webhook.id, "name": webhook.name, "url": webhook.url, "events": list(webhook.events), "channels": list(webhook.channels), "ordered": webhook.ordered,
        "clear": webhook.clear,
    }


async def delete(tx: Tx, org: OrgId, id: WebhookId) -> None:
    """With what waits for it. Raises NotFound."""
    if not await count(tx, _SQL.delete, {"org": org, "id": id}):
        raise NotFound("There is no endpoint with this id.")


async def some(tx: Tx, org: OrgId, ids: Sequence[WebhookId]) -> dict[WebhookId, Webhook]:
    """Those that are still there."""
    return {WebhookId(row["id"]): from_row(row) for row in await rows(tx, _SQL.some, {"org": org, "ids": list(ids)})}


async def secrets(tx: Tx, org: OrgId, ids: Sequence[WebhookId], now: datetime) -> dict[WebhookId, list[Secret]]:
    """Those of each that sign now, the newest first."""
    found: dict[WebhookId, list[Secret]] = {}
    for row in await rows(tx, _SQL.secrets, {"org": org, "ids": list(ids), "now": now}):
        found.setdefault(WebhookId(row["webhook_id"]), []).append(Secret(row["id"], bytes(row["sealed"]), row["until"], row["created_at"]))
    return found


async def every_secret(tx: Tx, org: OrgId) -> list[tuple[UUID, bytes]]:
    return [(row["id"], bytes(row["sealed"])) for row in await rows(tx, _SQL.every_secret, {"org": org})]


async def add_secret(tx: Tx, org: OrgId, webhook: WebhookId, id: UUID, sealed: bytes) -> None:
    await tx.execute(_SQL.add_secret, {"org": org, "webhook": webhook, "id": id, "sealed": sealed})


async def end_secrets(tx: Tx, org: OrgId, webhook: WebhookId, *, now: datetime, until: datetime) -> None:
    """Those that sign now do so until then at most."""
    await tx.execute(_SQL.end_secrets, {"org": org, "webhook": webhook, "now": now, "until": until})


async def reseal(tx: Tx, org: OrgId, id: UUID, sealed: bytes) -> None:
    await tx.execute(_SQL.reseal, {"org": org, "id": id, "sealed": sealed})


async def succeeded(tx: Tx, org: OrgId, ids: Collection[WebhookId], now: datetime) -> None:
    await tx.execute(_SQL.succeeded, {"org": org, "ids": list(ids), "now": now})


async def failed(tx: Tx, org: OrgId, id: WebhookId, now: datetime) -> datetime | None:
    """Since when it has failed; None when it is gone or disabled."""
    row = await one(tx, _SQL.failed, {"org": org, "id": id, "now": now})
    return row["since"] if row else None


async def disable(tx: Tx, org: OrgId, id: WebhookId, now: datetime, why: str) -> bool:
    """False: it was disabled already."""
    return await one(tx, _SQL.disable, {"org": org, "id": id, "now": now, "why": why}) is not None


async def enable(tx: Tx, org: OrgId, id: WebhookId) -> bool:
    """False: it was enabled already."""
    return await one(tx, _SQL.enable, {"org": org, "id": id}) is not None


async def keep_lazily(tx: Tx, org: OrgId, delivery: DeliveryId, tried: Try) -> None:
    """In a transaction that holds nothing else of weight: it does not wait for the disk."""
    await lazily(tx)
    await keep_tries(tx, org, [(delivery, tried)])


async def keep_tries(tx: Tx, org: OrgId, tried: Sequence[tuple[DeliveryId, Try]]) -> None:
    each = [
        {"delivery": str(id), "status": one.status, "answer": one.answer, "why": one.why, "milliseconds": one.milliseconds, "at": one.at.isoformat()} for id, one in tried
    ]
    await tx.execute(_SQL.keep_tries, {"org": org, "tries": Jsonb(each)})


async def sent(
    tx: Tx, org: OrgId, webhook: WebhookId, *, state: DeliveryState | None = None, delivery: DeliveryId | None = None, before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Sent]:
    """What was sent to an endpoint, or waits, newest first, with its tries."""
    values = {
        "org": org, "webhook": webhook, "state": state, "delivery": delivery, "before": before[0] if before else None, "before_id": before[1] if before else None, "limit": limit,
    }
    found = await rows(tx, _SQL.sent, values)
    tried: dict[UUID, list[Try]] = {}
    for row in await rows(tx, _SQL.tries, {"org": org, "deliveries": [row["id"] for row in found]}):
        tried.setdefault(row["delivery_id"], []).append(
            Try(status=row["status"], answer=row["answer"], why=row["why"], milliseconds=row["milliseconds"], at=row["at"])
        )
    return [_sent(row, tried.get(row["id"], ())) for row in found]


def _sent(row: DictRow, tries: Sequence[Try]) -> Sent:
    return Sent(
        id=DeliveryId(row["id"]), told=ToldId(row["told"]), name=row["name"], session=SessionId(row["session_id"]) if row["session_id"] else None, state=DeliveryState(row["state"]),
        attempts=row["attempts"], why=row["why"], created_at=row["created_at"], next_at=row["next_at"], settled_at=row["settled_at"], tries=tuple(tries),
    )


async def counts(tx: Tx, org: OrgId) -> dict[WebhookId, dict[DeliveryState, int]]:
    """How many deliveries of the last day stand how, by endpoint."""
    found: dict[WebhookId, dict[DeliveryState, int]] = {}
    for row in await rows(tx, _SQL.counts, {"org": org}):
        found.setdefault(WebhookId(row["webhook"]), {})[DeliveryState(row["state"])] = row["n"]
    return found


async def resend(tx: Tx, org: OrgId, webhook: WebhookId, delivery: DeliveryId) -> DeliveryId:
    """Raises NotFound: there is no such delivery, or what it told is not kept any more."""
    row = await one(tx, _SQL.resend, {"org": org, "webhook": webhook, "delivery": delivery})
    if row is None:
        raise NotFound("There is no such delivery of this endpoint any more.")
    return DeliveryId(row["id"])


async def replay(tx: Tx, org: OrgId, webhook: WebhookId, since: datetime, *, all: bool, most: int) -> int:
    """`all`: what has arrived already goes once more too."""
    return await count(tx, _SQL.replay, {"org": org, "webhook": webhook, "since": since, "all": all, "most": most})


async def blank_answers(tx: Tx, org: OrgId, session: SessionId) -> None:
    await tx.execute(_SQL.blank_answers, {"org": org, "session": session})


async def forget(tx: Tx, org: OrgId, before: datetime, most: int) -> int:
    return await count(tx, _SQL.forget, {"org": org, "before": before, "most": most})
