"""What the inbox lists: sessions by who must act next, with counts and newest words. Reads only, and only masked text."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple, get_args
from uuid import UUID

from psycopg.rows import DictRow

from glassine.store import Tx, one, rows, sessions
from glassine.store.statements import Statements
from glassine.words.ids import ContactId, EventId, OrgId, SessionId, TurnId
from glassine.words.people import ActorKind
from glassine.words.sessions import ChannelKind, EventType, Session, Status

_SQL = Statements(__file__)

View = Literal["mine", "unassigned", "autopilot", "colleagues", "trouble", "closed"]
VIEWS: tuple[View, ...] = get_args(View)


class Line(NamedTuple):
    """One session as a list shows it; texts are masked, and None while nobody has said anything."""

    session: Session
    first_text: str | None
    last_text: str | None
    last_actor: ActorKind | None
    last_type: EventType | None
    last_at: datetime | None
    trouble: str | None  # the helpdesk in which its ticket is in trouble


class Waiting(NamedTuple):
    session: SessionId
    ticket_number: int
    since: datetime | None


class Other(NamedTuple):
    """Another session of the same contact."""

    session: SessionId
    ticket_number: int
    channel: ChannelKind
    status: Status
    updated_at: datetime
    first_text: str | None


class TurnMark(NamedTuple):
    """A turn without its evidence: enough to link to it."""

    id: TurnId
    event: EventId | None
    message: EventId
    outcome: str
    model: str


async def page(tx: Tx, org: OrgId, view: View, person: UUID | None, *, before: tuple[datetime | None, UUID] | None = None, limit: int = 40) -> list[Line]:
    """In the list's order, after `before` (`moment` and id of the last one seen)."""
    when, id = before or (None, None)
    values = {"org": org, "person": person, "before": when, "before_id": id, "limit": limit}
    order = _SQL.by_deadline if view == "unassigned" else _SQL.by_change
    return [_line(row) for row in await rows(tx, _SQL.page.replace("{where}", getattr(_SQL, view)).replace("{order}", order), values)]


def moment(view: View, session: Session) -> datetime | None:
    """What a list is ordered by: those who wait by their deadline, if they have one, and all others by their last change."""
    return session.deadline if view == "unassigned" else session.updated_at


def _line(row: DictRow) -> Line:
    return Line(
        session=sessions.from_row(row), first_text=row["first_text"], last_text=row["last_text"],
        last_actor=ActorKind(row["last_actor"]) if row["last_actor"] else None, last_type=EventType(row["last_type"]) if row["last_type"] else None,
        last_at=row["last_at"], trouble=row["trouble"],
    )


async def counts(tx: Tx, org: OrgId, person: UUID | None) -> dict[View, int | None]:
    """How many sessions each list holds; None where it is not counted."""
    row = await one(tx, _SQL.counts, {"org": org, "person": person}) or {}
    return {view: row.get(view) for view in VIEWS}


async def waiting(tx: Tx, org: OrgId) -> Waiting | None:
    """The newest handoff that nobody has taken."""
    row = await one(tx, _SQL.waiting, {"org": org})
    return Waiting(SessionId(row["id"]), row["ticket_number"], row["handed_off_at"]) if row else None


async def others(tx: Tx, org: OrgId, contact: ContactId, session: SessionId) -> list[Other]:
    """The contact's newest six sessions besides this one."""
    return [
        Other(SessionId(r["id"]), r["ticket_number"], ChannelKind(r["channel"]), Status(r["status"]), r["updated_at"], r["first_text"])
        for r in await rows(tx, _SQL.others, {"org": org, "contact": contact, "session": session})
    ]


async def turns(tx: Tx, org: OrgId, session: SessionId) -> list[TurnMark]:
    """In the order they were taken."""
    return [
        TurnMark(TurnId(r["id"]), EventId(r["event_id"]) if r["event_id"] else None, EventId(r["message_id"]), r["outcome"], r["model"])
        for r in await rows(tx, _SQL.turns, {"org": org, "session": session})
    ]


async def votes(tx: Tx, org: OrgId, session: SessionId) -> dict[EventId, str]:
    """`upvote` or `downvote` by reply."""
    return {EventId(r["event_id"]): r["action"] for r in await rows(tx, _SQL.votes, {"org": org, "session": session})}
