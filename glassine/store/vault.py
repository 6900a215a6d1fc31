"""What must not be readable at rest: placeholders' values, originals and files, all sealed before they come here; and the record of who looked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, count, one, rows
from glassine.store.statements import Statements
from glassine.words.errors import NotFound
from glassine.words.ids import ContactId, EventId, FileId, OrgId, SessionId, new_id
from glassine.words.people import Actor

_SQL = Statements(__file__)
ALL = _SQL.all


AuditKind = Literal["reveals", "removals", "inspections", "knowledge", "changes"]  # looks behind a mask, and at the AI's turns; what was taken out or away; articles; all else, such as settings and people


class SealedToken(NamedTuple):
    placeholder: str
    type: str
    sealed: bytes


async def put(tx: Tx, org: OrgId, session: SessionId, tokens: Sequence[SealedToken], *, seq: int) -> None:
    """`seq`: the event that brought them. Raises psycopg's UniqueViolation when a placeholder is taken: the caller must have checked the session's token count."""
    for token in tokens:
        await tx.execute(_SQL.put, {"org": org, "session": session, "seq": seq, **token._asdict()})


async def all_of(tx: Tx, org: OrgId, session: SessionId) -> list[SealedToken]:
    return [SealedToken(**row) for row in await rows(tx, _SQL.all, {"org": org, "session": session})]


async def one_of(tx: Tx, org: OrgId, session: SessionId, placeholder: str) -> SealedToken:
    row = await one(tx, _SQL.one, {"org": org, "session": session, "placeholder": placeholder})
    if row is None:
        raise NotFound("Nothing is masked under this name in this session.")
    return SealedToken(**row)


async def original(tx: Tx, org: OrgId, event: EventId) -> bytes | None:
    """A message as it came, sealed; None when it is not kept any more."""
    row = await one(tx, _SQL.original, {"org": org, "event": event})
    return bytes(row["sealed"]) if row else None


async def held(tx: Tx, org: OrgId, session: SessionId, seq: int) -> list[SealedToken] | None:
    """What was masked before the event `seq` came; None: that is not known of all of it."""
    found = await rows(tx, _SQL.held, {"org": org, "session": session, "seq": seq})
    if any(row["seq"] is None for row in found):
        return None
    return [SealedToken(row["placeholder"], row["type"], bytes(row["sealed"])) for row in found]


async def originals_of(tx: Tx, org: OrgId, session: SessionId) -> list[DictRow]:
    """`event_id`, `seq`, `created_at` and `sealed` of each customer message, in order."""
    return await rows(tx, _SQL.originals_of, {"org": org, "session": session})


async def forget_originals(tx: Tx, org: OrgId, contact: ContactId) -> None:
    """Removes what this contact's messages said before they were masked."""
    await tx.execute(_SQL.forget_originals, {"org": org, "contact": contact})


async def forget_messages(tx: Tx, org: OrgId, session: SessionId, events: Sequence[EventId] | None) -> int:
    """Removes the originals and the files of these messages (None: all of the session) and returns how many files. Call it before their texts are blanked."""
    values = {"org": org, "session": session, "events": None if events is None else list(events)}
    await tx.execute(_SQL.forget_original, values)
    return await count(tx, _SQL.forget_files, values)


async def forget_unused(tx: Tx, org: OrgId, session: SessionId) -> int:
    """Removes the values of placeholders that no text of the session names any more, and returns how many."""
    return await count(tx, _SQL.forget_unused, {"org": org, "session": session})


async def put_file(
    tx: Tx, org: OrgId, id: FileId, *, contact: ContactId, session: SessionId | None, media_type: str, size: int, sealed_name: bytes, sealed: bytes,
    sealed_text: bytes | None, text_note: str,
) -> None:
    values = {
        "org": org, "id": id, "contact": contact, "session": session, "media_type": media_type, "size": size, "sealed_name": sealed_name, "sealed": sealed,
        "sealed_text": sealed_text, "text_note": text_note,
    }
    await tx.execute(_SQL.put_file, values)


async def file(tx: Tx, org: OrgId, id: FileId) -> DictRow:
    """Raises NotFound, also for a file that was removed."""
    row = await one(tx, _SQL.file, {"org": org, "id": id})
    if row is None:
        raise NotFound("There is no file with this id.")
    if row["removed_at"]:
        raise NotFound("This file was removed. What it held is gone for good.")
    return row


async def files_of(tx: Tx, org: OrgId, contact: ContactId) -> list[DictRow]:
    """All uploads of a contact, the removed ones too."""
    return await rows(tx, _SQL.files_of, {"org": org, "contact": contact})


async def audit_of(tx: Tx, org: OrgId, contact: ContactId) -> list[DictRow]:
    """The lines of the audit log about what is a contact's, oldest first."""
    return await rows(tx, _SQL.audit_of, {"org": org, "contact": contact})


async def audit(tx: Tx, actor: Actor, verb: str, thing: str, thing_id: UUID | None = None, detail: Mapping[str, Any] | None = None) -> None:
    """One line of the audit log: who did what to which thing. `detail` never holds a personal value."""
    values = {
        "org": actor.org, "id": new_id(), "actor_kind": actor.kind, "actor_id": actor.id, "verb": verb, "thing": thing, "thing_id": thing_id, "detail": Jsonb(detail or {}),
    }
    await tx.execute(_SQL.audit, values)


async def audit_hourly(tx: Tx, actor: Actor, verb: str, thing: str, thing_id: UUID, detail: Mapping[str, Any] | None = None) -> None:
    """As `audit`, but nothing is added when the same stands there already from within the last hour."""
    values = {
        "org": actor.org, "id": new_id(), "actor_kind": actor.kind, "actor_id": actor.id, "verb": verb, "thing": thing, "thing_id": thing_id, "detail": Jsonb(detail or {}),
    }
    await tx.execute(_SQL.audit_hourly, values)


async def audit_page(tx: Tx, org: OrgId, limit: int = 200, *, only: AuditKind | None = None) -> list[DictRow]:
    """Newest first."""
    return await rows(tx, _SQL.audit_page, {"org": org, "limit": limit, "only": only})
