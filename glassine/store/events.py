"""The event log in the store: append, read, and blank for good. The database refuses any other change of an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.errors import NotFound
from glassine.words.ids import EventId, OrgId, SessionId, new_id
from glassine.words.people import Actor, ActorKind
from glassine.words.sessions import Event, EventType

_SQL = Statements(__file__)
RECENT = _SQL.recent
FIND = _SQL.find


def from_row(row: DictRow) -> Event:
    """Somebody who works in another system is named by the event itself."""
    return Event(
        id=EventId(row["id"]), session=SessionId(row["session_id"]), seq=row["seq"], type=EventType(row["type"]), actor=ActorKind(row["actor_kind"]),
        actor_id=row["actor_id"], actor_name=row["actor_name"] or (row["payload"].get("name") if row["actor_kind"] == ActorKind.HELPDESK else None), text=row["text"], payload=row["payload"], created_at=row["created_at"],
    )


async def append(
    tx: Tx, org: OrgId, session: SessionId, type: EventType, actor: ActorKind, *, id: EventId | None = None, actor_id: UUID | None = None,
    text: str = "", payload: Mapping[str, Any] | None = None,
) -> Event:
    """Raises NotFound when the session is not this organisation's."""
    event = await say(tx, org, session, type, actor, id=id, actor_id=actor_id, text=text, payload=payload)
    if event is None:
        raise NotFound("There is no session with this id.")
    return event


async def say(
    tx: Tx, org: OrgId, session: SessionId, type: EventType, actor: ActorKind, *, id: EventId | None = None, actor_id: UUID | None = None,
    text: str = "", payload: Mapping[str, Any] | None = None, tokens: int | None = None, fresh: int = 0,
) -> Event | None:
    """Appends a text that was masked when the vault held `tokens` placeholders, `fresh` of which are new.

    None: there is no such session, or another text reached its vault first.
    """
    values = {
        "org": org, "session": session, "id": id or new_id(), "type": type, "actor": actor, "actor_id": actor_id, "text": text, "payload": Jsonb(payload or {}),
        "tokens": tokens, "fresh": fresh,
    }
    row = await one(tx, _SQL.append, values)
    return from_row(row) if row else None


async def log(tx: Tx, org: OrgId, session: SessionId, *, after: int = 0, limit: int = 10_000) -> list[Event]:
    """Events in order, the first `limit` after sequence number `after`."""
    return [from_row(row) for row in await rows(tx, _SQL.log, {"org": org, "session": session, "after": after, "limit": limit})]


async def newest(tx: Tx, org: OrgId, session: SessionId, *, limit: int = 10_000) -> list[Event]:
    """The end of the log, in order."""
    return [from_row(row) for row in await rows(tx, _SQL.newest, {"org": org, "session": session, "limit": limit})]


async def newest_texts(tx: Tx, org: OrgId, *, limit: int) -> list[str]:
    """What customers and people wrote last in all sessions, masked."""
    return [str(row["text"]) for row in await rows(tx, _SQL.newest_texts, {"org": org, "limit": limit})]


async def recent(tx: Tx, org: OrgId, session: SessionId, *, limit: int) -> list[Event]:
    """The newest messages, in order."""
    return [from_row(row) for row in await rows(tx, _SQL.recent, {"org": org, "session": session, "limit": limit})]


async def recent_until(tx: Tx, org: OrgId, session: SessionId, seq: int, *, limit: int) -> list[Event]:
    """The messages that a turn looked back on when `seq` was the newest event, in order."""
    return [from_row(row) for row in await rows(tx, _SQL.recent_until, {"org": org, "session": session, "seq": seq, "limit": limit})]


async def handoff_before(tx: Tx, org: OrgId, session: SessionId, seq: int) -> Event | None:
    """The handoff that the words at `seq` belong to."""
    row = await one(tx, _SQL.handoff_before, {"org": org, "session": session, "seq": seq})
    return from_row(row) if row else None


async def glimpses(tx: Tx, org: OrgId, sessions: Sequence[SessionId]) -> dict[SessionId, tuple[str, str]]:
    """The customer's first words and the last words of either side, masked, by session; a session without any is left out."""
    found = await rows(tx, _SQL.glimpses, {"org": org, "sessions": list(sessions)})
    return {SessionId(row["session_id"]): (row["first"] or "", row["last"] or "") for row in found}


async def find(tx: Tx, org: OrgId, id: EventId) -> Event | None:
    row = await one(tx, _SQL.find, {"org": org, "id": id})
    return from_row(row) if row else None


async def vote(tx: Tx, org: OrgId, session: SessionId, id: EventId, action: str) -> None:
    if await one(tx, _SQL.vote, {"org": org, "session": session, "id": id, "action": action}) is None:
        raise NotFound("There is no such reply in this session.")


class Blanked(NamedTuple):
    """How many entries of the log were emptied, and how many of those were messages or notes."""

    entries: int
    messages: int


async def redact(tx: Tx, actor: Actor, session: SessionId, events: Sequence[EventId] | None, *, thing: str, id: UUID, why: str) -> Blanked:
    """Empties these entries of a session (None: all) and writes the line of the audit log. `why` must be masked."""
    values = {
        "session": session, "events": None if events is None else list(events), "verb": "privacy.redact", "thing": thing, "id": id, "line": new_id(),
        "actor_kind": actor.kind, "actor_id": actor.id, "why": why,
    }
    row = await one(tx, _SQL.redact, values)
    assert row is not None, "the function returns one row"
    return Blanked(row["entries"], row["messages"])


async def later_handoffs(tx: Tx, event: Event, org: OrgId) -> list[EventId]:
    """Handoffs after this event: their summaries quote it."""
    return [EventId(row["id"]) for row in await rows(tx, _SQL.later_handoffs, {"org": org, "session": event.session, "seq": event.seq})]


async def forget_votes(tx: Tx, org: OrgId, session: SessionId, events: Sequence[EventId] | None) -> None:
    await tx.execute(_SQL.forget_votes, {"org": org, "session": session, "events": None if events is None else list(events)})
