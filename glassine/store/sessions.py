"""Sessions in the store: rows become words.Session; who owns one, and whether its newest message has an outcome, change here only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.errors import NotFound
from glassine.words.ids import ContactId, OrgId, PersonId, SessionId
from glassine.words.sessions import Autopilot, ChannelKind, Owner, OwnerKind, Session, Status

_SQL = Statements(__file__)


class Mode(NamedTuple):
    """What the AI may do on a session's channel, with the organisation's name, settings and widget token."""

    autopilot: Autopilot
    name: str
    settings: dict[str, Any]
    widget_token: str


def from_row(row: DictRow) -> Session:
    """A row of `sessions` with `owner_name` beside it."""
    return Session(
        id=SessionId(row["id"]), ticket_number=row["ticket_number"], contact=ContactId(row["contact_id"]), channel=ChannelKind(row["channel"]),
        status=Status(row["status"]), owner=Owner(kind=OwnerKind(row["owner_kind"]), id=row["owner_id"], name=row["owner_name"]),
        language=row["language"], ai_closure_type=row["ai_closure_type"], sentiment=row["sentiment"], summary=row["summary"],
        handed_off_at=row["handed_off_at"], deadline=row["deadline"], last_seq=row["last_seq"], last_user_seq=row["last_user_seq"],
        settled_seq=row["settled_seq"], verified=row["verified"], redactions=row["redactions"],
        handed_back_seq=row["handed_back_seq"], handed_back_at=row["handed_back_at"], reopened_seq=row["reopened_seq"], created_at=row["created_at"], updated_at=row["updated_at"],
    )


async def create(
    tx: Tx, org: OrgId, id: SessionId, *, contact: ContactId, channel: ChannelKind, owner: OwnerKind, language: str | None = None,
    external_id: UUID | None = None, verified: bool = False, sealed: bytes | None = None,
) -> Session:
    values = {"org": org, "id": id, "contact": contact, "channel": channel, "owner_kind": owner, "language": language, "external_id": external_id, "verified": verified, "sealed": sealed}
    row = await one(tx, _SQL.create, values)
    if row is None:
        raise NotFound("This organisation does not exist.")
    return from_row(row)


async def find(tx: Tx, org: OrgId, id: SessionId) -> DictRow | None:
    """The whole row, sealed columns included, or None."""
    return await one(tx, _SQL.load, {"org": org, "id": id})


async def load(tx: Tx, org: OrgId, id: SessionId) -> Session:
    """Raises NotFound, which is also the answer for another organisation's session."""
    row = await find(tx, org, id)
    if row is None:
        raise NotFound("There is no session with this id.")
    return from_row(row)


async def hold(tx: Tx, org: OrgId, id: SessionId) -> Session:
    """As `load`, and nobody else changes the session until this transaction ends."""
    row = await one(tx, _SQL.hold, {"org": org, "id": id})
    if row is None:
        raise NotFound("There is no session with this id.")
    return from_row(row)


async def held_by(tx: Tx, org: OrgId, person: PersonId) -> list[SessionId]:
    """The open sessions that are this person's."""
    return [SessionId(row["id"]) for row in await rows(tx, _SQL.held_by, {"org": org, "person": person})]


async def mode(tx: Tx, org: OrgId, channel: ChannelKind) -> Mode:
    row = await one(tx, _SQL.mode, {"org": org, "channel": channel})
    if row is None:
        raise NotFound("This organisation does not exist.")
    return as_mode(row)


def as_mode(row: DictRow) -> Mode:
    return Mode(Autopilot(row["autopilot"]), row["name"], row["settings"], row["widget_token"])


IN_PLACE = _SQL.in_place  # its rows give `from_row` and `as_mode` both


class Filter(NamedTuple):
    """Which sessions a list shows; None means any."""

    contact: ContactId | None = None
    external_id: UUID | None = None
    status: Status | None = None
    channel: ChannelKind | None = None
    handed_off: bool | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    updated_after: datetime | None = None
    updated_before: datetime | None = None


async def page(tx: Tx, org: OrgId, which: Filter, *, before: tuple[datetime, UUID] | None = None, limit: int = 50) -> list[DictRow]:
    """Newest first, older than `before` (creation time and id of the last one seen)."""
    when, id = before or (None, None)
    return await rows(tx, _SQL.page, {"org": org, **which._asdict(), "before": when, "before_id": id, "limit": limit})


async def own(
    tx: Tx, org: OrgId, id: SessionId, owner: Owner, *, was: Owner | None = None, patience: timedelta = timedelta(0), summary: str | None = None, sentiment: str | None = None,
) -> bool:
    """Gives the session to somebody, in one statement: there is no moment without an owner. False: it is closed, or not `was`'s any more. Called by story/owning.py."""
    values = {"org": org, "id": id, "kind": owner.kind, "owner": owner.id, "patience": patience, "summary": summary, "sentiment": sentiment}
    seen = {"was_kind": was.kind if was else None, "was_owner": was.id if was else None}
    return await one(tx, _SQL.own, {**values, **seen}) is not None


async def sum_up(tx: Tx, org: OrgId, session: Session, summary: str, sentiment: str) -> bool:
    """False: it was handed back, handed off anew or redacted since it was read."""
    values = {"org": org, "id": session.id, "handed_off_at": session.handed_off_at, "redactions": session.redactions, "summary": summary, "sentiment": sentiment}
    return await one(tx, _SQL.sum_up, values) is not None


async def close(tx: Tx, org: OrgId, id: SessionId, status: Status, *, ai_closure_type: str | None = None) -> bool:
    """False when it already had this status."""
    return await one(tx, _SQL.close, {"org": org, "id": id, "status": status, "ai_closure_type": ai_closure_type}) is not None


async def reopen(tx: Tx, org: OrgId, id: SessionId, patience: timedelta) -> bool:
    return await one(tx, _SQL.reopen, {"org": org, "id": id, "patience": patience}) is not None


async def wake(tx: Tx, org: OrgId, id: SessionId) -> bool:
    """Takes the outcome away from a customer message that nobody has answered in a session of the AI's. True: it needs a turn."""
    return await one(tx, _SQL.wake, {"org": org, "id": id}) is not None


async def reopen_turn(tx: Tx, org: OrgId, id: SessionId) -> bool:
    """The same for a message that was answered: a call of its own has ended since. False: the session is not the AI's any more."""
    return await one(tx, _SQL.reopen_turn, {"org": org, "id": id}) is not None


async def wanted(tx: Tx, org: OrgId, session: Session) -> bool:
    """Whether a turn that saw the session like this may still do something in its name."""
    values = {"org": org, "id": session.id, "seq": session.last_user_seq, "redactions": session.redactions}
    row = await one(tx, _SQL.wanted, values)
    return bool(row and row["wanted"])


class Typist(NamedTuple):
    """Who of the team is writing a reply, and until when the AI waits for it."""

    id: UUID
    name: str
    until: datetime


async def typing(tx: Tx, org: OrgId, id: SessionId, person: PersonId, seconds: float) -> bool | None:
    """The AI waits for so long; True: from now on, False: longer. None: it is not the AI's to answer."""
    row = await one(tx, _SQL.typing, {"org": org, "id": id, "person": person, "seconds": seconds})
    return bool(row["began"]) if row else None


async def typed(tx: Tx, org: OrgId, id: SessionId, person: PersonId) -> bool:
    """This person writes no more. False: the AI was not waiting for them."""
    return await one(tx, _SQL.typed, {"org": org, "id": id, "person": person}) is not None


async def typist(tx: Tx, org: OrgId, id: SessionId) -> Typist | None:
    row = await one(tx, _SQL.typist, {"org": org, "id": id})
    return Typist(**row) if row else None


async def typing_until(tx: Tx, org: OrgId, id: SessionId) -> datetime | None:
    """Until when the turn for the newest message has to wait for a person's words; None: it has not to."""
    row = await one(tx, _SQL.typing_until, {"org": org, "id": id})
    return row["typing_until"] if row else None


async def debug(tx: Tx, org: OrgId, id: SessionId, minutes: int) -> None:
    """0 minutes: no longer. Raises NotFound."""
    if await one(tx, _SQL.debug, {"org": org, "id": id, "minutes": minutes}) is None:
        raise NotFound("There is no session with this id.")


async def debug_until(tx: Tx, org: OrgId, id: SessionId) -> datetime | None:
    row = await one(tx, _SQL.debug_until, {"org": org, "id": id})
    return row["debug_until"] if row else None


async def answered(tx: Tx, org: OrgId, id: SessionId) -> None:
    await tx.execute(_SQL.answered, {"org": org, "id": id})


async def checkpoint(tx: Tx, org: OrgId, id: SessionId, payload: dict[str, Any]) -> None:
    if await one(tx, _SQL.checkpoint, {"org": org, "id": id, "checkpoint": Jsonb(payload)}) is None:
        raise NotFound("There is no session with this id.")


async def forgotten(tx: Tx, org: OrgId) -> list[SessionId]:
    """Sessions that wait for a turn nobody is going to take: the sweeper makes a job for each."""
    return [SessionId(row["id"]) for row in await rows(tx, _SQL.forgotten, {"org": org})]


async def blank(tx: Tx, org: OrgId, id: SessionId, *, whole: bool, silent: bool) -> None:
    """Removes what was drawn from its messages; `whole`: also what the page attached and saved. `silent`: nobody waits for an answer any more."""
    await tx.execute(_SQL.blank, {"org": org, "id": id, "whole": whole, "silent": silent})
