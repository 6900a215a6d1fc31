"""One-time codes in the store: digests, how often one was tried, and how many were sent. It decides nothing."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from glassine.store import Tx, one
from glassine.store.statements import Statements
from glassine.words.actions import CallId
from glassine.words.ids import ContactId, OrgId, SessionId

_SQL = Statements(__file__)


class Tried(NamedTuple):
    digest: bytes
    tries: int


async def put(tx: Tx, org: OrgId, call: CallId, session: SessionId, contact: ContactId, digest: bytes, minutes: int) -> None:
    """A new one for a call takes the place of the one before; how often it was tried stays."""
    await tx.execute(_SQL.tidy, {"org": org})
    await tx.execute(_SQL.put, {"org": org, "call": call, "session": session, "contact": contact, "digest": digest, "minutes": minutes})


async def sent(tx: Tx, org: OrgId, contact: UUID) -> int:
    """In the last hour, to this contact."""
    row = await one(tx, _SQL.sent, {"org": org, "contact": contact})
    return int(row["sent"]) if row else 0


async def tried(tx: Tx, org: OrgId, call: CallId, most: int) -> Tried | None:
    """Counts one try. None: there is none, it is too old, or it was tried too often."""
    row = await one(tx, _SQL.attempt, {"org": org, "call": call, "most": most})
    return Tried(bytes(row["digest"]), row["tries"]) if row else None


async def lately(tx: Tx, org: OrgId, session: SessionId) -> bool:
    """Whether one was sent for this session in the last hour."""
    row = await one(tx, _SQL.lately, {"org": org, "session": session})
    return bool(row and row["lately"])
