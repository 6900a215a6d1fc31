"""Gaps in the store: vectors of questions that were left open, and what people made of them. Words are read from the messages, never kept here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import numpy as np
from psycopg.rows import DictRow

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.store.vectors import Vectors
from glassine.words.errors import NotFound
from glassine.words.gaps import Gap, GapStatus, Question, Why
from glassine.words.ids import ArticleId, EventId, GapId, OrgId, SessionId, TurnId

_SQL = Statements(__file__)


class Turned(NamedTuple):
    """A turn that says something of its question; `text` is masked, and empty where it is gone."""

    turn: TurnId
    session: SessionId
    message: EventId
    at: datetime
    reasons: tuple[str, ...]
    text: str
    language: str | None


class Centre(NamedTuple):
    id: GapId
    model: str
    language: str
    vector: Vectors
    weight: int


async def due(tx: Tx, org: OrgId, telling: Sequence[str], until: datetime) -> bool:
    row = await one(tx, _SQL.due, {"org": org, "telling": list(telling), "until": until})
    return bool(row and row["due"])


async def turned(tx: Tx, org: OrgId, telling: Sequence[str], until: datetime, limit: int) -> list[Turned]:
    """The next turns after the mark, in order."""
    return [_turned(row) for row in await rows(tx, _SQL.turned, {"org": org, "telling": list(telling), "until": until, "limit": limit})]


async def voted(tx: Tx, org: OrgId, limit: int) -> list[Turned]:
    """Answers that customers found unhelpful and that are not known as such; a vote that was taken back is forgotten."""
    await tx.execute(_SQL.forgiven, {"org": org})
    return [_turned(row) for row in await rows(tx, _SQL.voted, {"org": org, "limit": limit})]


def _turned(row: DictRow) -> Turned:
    text = "" if row["redacted_at"] or not row["text"] else row["text"]
    return Turned(row["id"], row["session_id"], row["message_id"], row["created_at"], tuple(row["reasons"]), text, row["language"])


async def mark(tx: Tx, org: OrgId, last: Turned) -> None:
    await tx.execute(_SQL.mark, {"org": org, "at": last.at, "turn": last.turn})


async def centres(tx: Tx, org: OrgId) -> list[Centre]:
    """Oldest first."""
    return [Centre(row["id"], row["model"], row["language"], _vector(row["centre"]), row["weight"]) for row in await rows(tx, _SQL.centres, {"org": org})]


async def open(tx: Tx, org: OrgId, id: GapId, first: Turned, *, language: str, model: str, vector: Vectors) -> None:
    await tx.execute(_SQL.open, {"org": org, "id": id, "language": language, "model": model, "message": first.message, "centre": _bytes(vector), "at": first.at})


async def join(tx: Tx, org: OrgId, gap: GapId, question: Turned, why: Why, vector: Vectors) -> None:
    await tx.execute(_SQL.join, {
        "org": org, "turn": question.turn, "gap": gap, "session": question.session, "message": question.message, "why": why, "vector": _bytes(vector), "at": question.at,
    })


async def moved(tx: Tx, org: OrgId, id: GapId, centre: Vectors, weight: int) -> None:
    await tx.execute(_SQL.moved, {"org": org, "id": id, "centre": _bytes(centre), "weight": weight})


async def changed(tx: Tx, org: OrgId) -> list[GapId]:
    """Gaps that lost or gained questions since their centre was made."""
    return [GapId(row["id"]) for row in await rows(tx, _SQL.changed, {"org": org})]


async def members(tx: Tx, org: OrgId, id: GapId) -> tuple[list[EventId], Vectors]:
    found = await rows(tx, _SQL.members, {"org": org, "id": id})
    return [EventId(row["message_id"]) for row in found], np.array([_vector(row["vector"]) for row in found], np.float32)


async def centred(tx: Tx, org: OrgId, id: GapId, centre: Vectors, weight: int, middle: EventId) -> None:
    await tx.execute(_SQL.centred, {"org": org, "id": id, "centre": _bytes(centre), "weight": weight, "middle": middle})


async def tidy(tx: Tx, org: OrgId) -> None:
    """Questions whose words are gone leave, and gaps without a question."""
    await tx.execute(_SQL.tidy, {"org": org})


async def standing(tx: Tx, org: OrgId) -> list[tuple[GapId, GapStatus, list[bool], datetime | None]]:
    """Of each gap that is not archived: whether the questions since its last change were answered, and when the last of all was asked."""
    return [(row["id"], GapStatus(row["status"]), row["since"] or [], row["last"]) for row in await rows(tx, _SQL.standing, {"org": org})]


async def set_status(tx: Tx, org: OrgId, id: GapId, status: GapStatus, at: datetime, *, by_itself: bool = False) -> None:
    await _there(tx, _SQL.set_status, {"org": org, "id": id, "status": status, "at": at, "by_itself": by_itself})


async def rename(tx: Tx, org: OrgId, id: GapId, name: str) -> None:
    await _there(tx, _SQL.rename, {"org": org, "id": id, "name": name})


async def merge(tx: Tx, org: OrgId, id: GapId, into: GapId) -> None:
    await tx.execute(_SQL.merge, {"org": org, "id": id, "into": into})


async def part(tx: Tx, org: OrgId, id: GapId) -> None:
    await _there(tx, _SQL.part, {"org": org, "id": id})


async def link(tx: Tx, org: OrgId, id: GapId, article: ArticleId | None) -> None:
    await _there(tx, _SQL.link, {"org": org, "id": id, "article": article})


async def _there(tx: Tx, sql: str, values: dict[str, object]) -> None:
    if await one(tx, sql, values) is None:
        raise NotFound("There is no such gap.")


async def every(tx: Tx, org: OrgId, *, status: GapStatus | None = None, sort: str = "count", limit: int = 50, offset: int = 0) -> tuple[list[Gap], int]:
    """`sort`: count, newest or rising. And how many there are."""
    found = await rows(tx, _SQL.all, {"org": org, "id": None, "status": status, "sort": sort, "limit": limit, "offset": offset})
    return [_gap(row) for row in found], found[0]["total"] if found else 0


async def load(tx: Tx, org: OrgId, id: GapId) -> Gap:
    """Raises NotFound."""
    row = await one(tx, _SQL.all, {"org": org, "id": id, "status": None, "sort": "count", "limit": 1, "offset": 0})
    if row is None:
        raise NotFound("There is no such gap. Its questions may have been erased, or it was merged into another.")
    return _gap(row)


async def questions(tx: Tx, org: OrgId, id: GapId, limit: int = 200) -> list[Question]:
    """Newest first."""
    return [
        Question(turn=row["turn_id"], session=row["session_id"], ticket=row["ticket_number"], message=row["message_id"], text=row["text"], why=Why(row["why"]), asked_at=row["asked_at"])
        for row in await rows(tx, _SQL.questions, {"org": org, "id": id, "limit": limit})
    ]


async def parts(tx: Tx, org: OrgId, id: GapId) -> list[tuple[UUID, str]]:
    """What was merged into a gap, and how it is called."""
    return [(row["id"], row["words"]) for row in await rows(tx, _SQL.parts, {"org": org, "id": id})]


async def replies(tx: Tx, org: OrgId, id: GapId, limit: int = 5) -> list[str]:
    """What people answered to questions of this gap, masked: one reply of each conversation."""
    return [row["text"] for row in await rows(tx, _SQL.replies, {"org": org, "id": id, "limit": limit})]


def _gap(row: DictRow) -> Gap:
    return Gap(
        id=row["id"], name=row["words"], named=bool(row["name"]), language=row["language"], status=GapStatus(row["status"]), by_itself=row["by_itself"],
        merged_into=row["merged_into"], article=row["article_id"], asked=row["asked"], answered=row["answered"], sessions=row["sessions"], this_week=row["this_week"],
        last_week=row["last_week"], recent=tuple(reversed(row["recent"])), last_asked=row["last_asked"], changed_at=row["changed_at"],
    )


def _bytes(vector: Vectors) -> bytes:
    return vector.astype("<f2").tobytes()


def _vector(stored: bytes) -> Vectors:
    return np.frombuffer(stored, "<f2").astype(np.float32)
