"""Tickets of sessions in the store, and what was heard of them: ids, states and sentences of ours. No word of a conversation stands here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, helpdesks, one, rows
from glassine.store.statements import Statements
from glassine.words.deliveries import Effect
from glassine.words.errors import NotFound
from glassine.words.helpdesks import Connected, Filed, HelpdeskId, Ticket
from glassine.words.ids import ContactId, OrgId, SessionId

_SQL = Statements(__file__)


async def begin(tx: Tx, org: OrgId, session: SessionId, helpdesk: HelpdeskId, *, owns: bool) -> Filed:
    """The session's ticket there: a new one, or the one that it has."""
    row = await one(tx, _SQL.begin, {"org": org, "session": session, "helpdesk": helpdesk, "owns": owns})
    assert row is not None, "an insert returns its row"
    return _filed(row)


async def opening(tx: Tx, org: OrgId, session: SessionId, helpdesk: HelpdeskId) -> bool:
    """Whether it is being opened; what was given up is taken up again."""
    row = await one(tx, _SQL.opening, {"org": org, "session": session, "helpdesk": helpdesk})
    return bool(row and row["opening"])


async def deliver(tx: Tx, org: OrgId, session: SessionId, helpdesk: HelpdeskId, effect: Effect) -> None:
    """One effect, told by the session's newest event, with its job."""
    newest = await one(tx, _SQL.newest_event, {"org": org, "session": session})
    await tx.execute(_SQL.deliver, {"org": org, "session": session, "helpdesk": helpdesk, "effect": effect, "ref": newest["id"] if newest else None})


async def load(tx: Tx, org: OrgId, session: SessionId, helpdesk: HelpdeskId, *, lock: bool = False) -> Filed:
    """Raises NotFound."""
    row = await one(tx, _SQL.lock if lock else _SQL.load, {"org": org, "session": session, "helpdesk": helpdesk})
    if row is None:
        raise NotFound("This session has no ticket there.")
    return _filed(row)


async def by_external(tx: Tx, org: OrgId, helpdesk: HelpdeskId, external: str) -> Filed | None:
    row = await one(tx, _SQL.by_external, {"org": org, "helpdesk": helpdesk, "external": external})
    return _filed(row) if row else None


class Named(NamedTuple):
    """A ticket with the name and kind of its helpdesk."""

    filed: Filed
    name: str
    kind: str


async def of_sessions(tx: Tx, org: OrgId, sessions: Sequence[SessionId]) -> dict[SessionId, list[Named]]:
    """The tickets of each session, oldest first; a session without any is left out."""
    found: dict[SessionId, list[Named]] = {}
    for row in await rows(tx, _SQL.of_session, {"org": org, "sessions": list(sessions)}):
        found.setdefault(SessionId(row["session_id"]), []).append(Named(_filed(row), row["helpdesk_name"], row["helpdesk_kind"]))
    return found


async def desks_of(tx: Tx, org: OrgId, session: SessionId) -> list[Connected]:
    """The helpdesks that it has a ticket in, or gets one."""
    return [helpdesks.from_row(row) for row in await rows(tx, _SQL.desks_of, {"org": org, "session": session})]


async def of_helpdesk(tx: Tx, org: OrgId, helpdesk: HelpdeskId) -> list[SessionId]:
    """The sessions with a ticket there that is not gone."""
    return [SessionId(row["session_id"]) for row in await rows(tx, _SQL.of_helpdesk, {"org": org, "helpdesk": helpdesk})]


async def try_lacking(tx: Tx, org: OrgId, contact: ContactId) -> None:
    """A contact was changed: tickets that could not be opened for want of an address or a number are tried again."""
    await tx.execute(_SQL.try_lacking, {"org": org, "contact": contact})


async def fix_carried(tx: Tx, org: OrgId, session: SessionId, helpdesk: HelpdeskId) -> int:
    """How far opening it reaches: the session's newest event when that is tried first."""
    row = await one(tx, _SQL.fix_carried, {"org": org, "session": session, "helpdesk": helpdesk})
    if row is None:
        raise NotFound("This session has no ticket there.")
    return int(row["carried"])


async def opened(tx: Tx, org: OrgId, session: SessionId, helpdesk: HelpdeskId, ticket: Ticket, *, look_at: datetime) -> None:
    """It is there, and what could not be said before follows."""
    key = {"org": org, "session": session, "helpdesk": helpdesk}
    await tx.execute(_SQL.opened, {**key, "external": ticket.id, "url": ticket.url, "state": Jsonb(dict(ticket.state)), "look_at": look_at})
    await tx.execute(_SQL.revive, key)


async def revive_all(tx: Tx, org: OrgId, helpdesk: HelpdeskId) -> None:
    """What was given up for it is tried again."""
    await tx.execute(_SQL.revive_all, {"org": org, "helpdesk": helpdesk})


class Counts(NamedTuple):
    """How a helpdesk stands: tickets that are open there, those in trouble, deliveries that wait and that stopped, and the newest trouble in words."""

    opened: int
    failing: int
    waiting: int
    stuck: int
    why: str | None


async def counts(tx: Tx, org: OrgId, helpdesk: HelpdeskId) -> Counts:
    row = await one(tx, _SQL.counts, {"org": org, "helpdesk": helpdesk})
    assert row is not None, "it counts"
    return Counts(**row)


async def failed(tx: Tx, org: OrgId, session: SessionId, helpdesk: HelpdeskId, why: str, *, lacks: bool = False, arrived: bool) -> None:
    """`arrived`: it may have, or it had before. Else the next try to open it carries all that was said by then."""
    await tx.execute(_SQL.failed, {"org": org, "session": session, "helpdesk": helpdesk, "why": why, "lacks": lacks, "arrived": arrived})


async def told(tx: Tx, org: OrgId, session: SessionId, helpdesk: HelpdeskId) -> bool:
    """That it failed is told, once for each trouble. False: it has been."""
    return await one(tx, _SQL.told, {"org": org, "session": session, "helpdesk": helpdesk}) is not None


async def revive(tx: Tx, org: OrgId, session: SessionId, helpdesk: HelpdeskId) -> None:
    """What was given up on the ticket follows now."""
    await tx.execute(_SQL.revive, {"org": org, "session": session, "helpdesk": helpdesk})


async def recovered(tx: Tx, org: OrgId, session: SessionId, helpdesk: HelpdeskId) -> None:
    await tx.execute(_SQL.recovered, {"org": org, "session": session, "helpdesk": helpdesk})


async def set_solved(tx: Tx, org: OrgId, session: SessionId, helpdesk: HelpdeskId, *, solved: bool, at: datetime) -> None:
    await tx.execute(_SQL.set_solved, {"org": org, "session": session, "helpdesk": helpdesk, "solved": solved, "at": at})


async def set_returns(tx: Tx, org: OrgId, session: SessionId, helpdesk: HelpdeskId) -> None:
    """Its helpdesk owned the session before the trouble."""
    await tx.execute(_SQL.set_returns, {"org": org, "session": session, "helpdesk": helpdesk})


async def stays(tx: Tx, org: OrgId, session: SessionId) -> None:
    """With whoever somebody has just given it to, also when a trouble is over that took it from a helpdesk."""
    await tx.execute(_SQL.stays, {"org": org, "session": session})


async def lives_on_as(tx: Tx, org: OrgId, session: SessionId, helpdesk: HelpdeskId, ticket: Ticket, *, at: datetime) -> None:
    """It was merged into another."""
    values = {"org": org, "session": session, "helpdesk": helpdesk, "external": ticket.id, "url": ticket.url, "state": Jsonb(dict(ticket.state)), "at": at}
    await tx.execute(_SQL.lives_on_as, values)


async def gone(tx: Tx, org: OrgId, session: SessionId, helpdesk: HelpdeskId, why: str) -> None:
    await tx.execute(_SQL.gone, {"org": org, "session": session, "helpdesk": helpdesk, "why": why})


async def due(tx: Tx, org: OrgId, *, limit: int) -> list[Filed]:
    return [_filed(row) for row in await rows(tx, _SQL.due, {"org": org, "limit": limit})]


async def put_off(tx: Tx, org: OrgId, filed: Filed) -> None:
    """So that nobody else looks at the same time."""
    await tx.execute(_SQL.put_off, {"org": org, "session": filed.session, "helpdesk": filed.helpdesk})


async def looked(tx: Tx, filed: Filed, org: OrgId, *, since: str, looks: int, seconds: float | None) -> None:
    """`seconds` until the next look; None: no more."""
    await tx.execute(_SQL.looked, {"org": org, "session": filed.session, "helpdesk": filed.helpdesk, "since": since, "looks": looks, "seconds": seconds})


async def look_again(tx: Tx, org: OrgId, session: SessionId, helpdesk: HelpdeskId, *, seconds: float) -> None:
    """Soon, because something has happened."""
    await tx.execute(_SQL.look_again, {"org": org, "session": session, "helpdesk": helpdesk, "seconds": seconds})


async def hear(tx: Tx, org: OrgId, helpdesk: HelpdeskId, key: str) -> bool:
    """False: it was heard before."""
    return await one(tx, _SQL.hear, {"org": org, "helpdesk": helpdesk, "key": key}) is not None


async def forget_heard(tx: Tx, org: OrgId) -> None:
    """What no helpdesk sends again any more."""
    await tx.execute(_SQL.forget_heard, {"org": org})


def _filed(row: DictRow) -> Filed:
    return Filed(
        session=SessionId(row["session_id"]), helpdesk=HelpdeskId(UUID(str(row["helpdesk_id"]))), external_id=row["external_id"], url=row["url"], state=row["state"], owns=row["owns"],
        solved=row["solved"], carried=row["carried"], lacks=row["lacks"], returns=row["returns"], since=row["since"], looks=row["looks"], failed_at=row["failed_at"], why=row["why"],
        told_at=row["told_at"], gone_at=row["gone_at"], status_at=row["status_at"], heard_from=row["heard_from"], created_at=row["created_at"],
    )
