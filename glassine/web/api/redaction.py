"""Removing what was said, for good, over the public API: the wire's two routes, and their answers."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AliasChoices, ConfigDict, Field

from glassine.rules.permits import require_scope
from glassine.story.privacy import redacting, revealing
from glassine.story.privacy.redacting import Redaction
from glassine.web.api import described_removals
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.ids import EventId, SessionId
from glassine.words.people import Actor

router = APIRouter(prefix="/redaction", tags=["Privacy"])
Redactor = Annotated[Actor, Depends(Scope("redaction:write"))]


class RedactMessage(Body):
    """`messageId` is an entry of a session's history; with `sessionId` it must be of that session."""

    model_config = ConfigDict(populate_by_name=True)
    messageId: UUID = Field(validation_alias=AliasChoices("messageId", "message_id", "id"))  # noqa: N815 - the wire's name
    sessionId: UUID | None = Field(None, validation_alias=AliasChoices("sessionId", "session_id"))  # noqa: N815 - the wire's name
    reason: str = Field("", max_length=1_000)


class RedactSession(Body):
    model_config = ConfigDict(populate_by_name=True)
    sessionId: UUID = Field(validation_alias=AliasChoices("sessionId", "session_id", "id"))  # noqa: N815 - the wire's name
    reason: str = Field("", max_length=1_000)


class Reveal(Body):
    """`placeholder` as it stands in the session's texts, such as `[EMAIL_1]`; `reason` says why you look, and is written into the audit log."""

    model_config = ConfigDict(populate_by_name=True)
    sessionId: UUID = Field(validation_alias=AliasChoices("sessionId", "session_id"))  # noqa: N815 - the wire's name
    placeholder: str = Field(max_length=60)
    reason: str = Field(min_length=3, max_length=1_000)


@router.post("/reveal", responses=shows(described_removals.Revealed))
async def reveal(world: Here, actor: Annotated[Actor, Depends(Scope("contacts:read"))], body: Reveal) -> Any:
    """The value behind a placeholder of a session. Each call is one line of the audit log, with the reason and without the value."""
    require_scope(actor, "chat-sessions:read")
    return JSONResponse({"value": await revealing.reveal(world, actor, SessionId(body.sessionId), body.placeholder, body.reason)})


@router.post("/message", responses=shows(described_removals.Redacted))
async def redact_message(world: Here, actor: Redactor, body: RedactMessage) -> Any:
    """Remove one message for good: text, original, attachments, values behind its placeholders, and what turns recorded of it. It cannot be undone."""
    within = SessionId(body.sessionId) if body.sessionId else None
    done = await redacting.redact_message(world, actor, EventId(body.messageId), body.reason, within=within)
    return JSONResponse(_answer("message", body.messageId, done))


@router.post("/session", responses=shows(described_removals.Redacted))
async def redact_session(world: Here, actor: Redactor, body: RedactSession) -> Any:
    """Remove everything that was said in a session for good. That it took place stays. It cannot be undone."""
    return JSONResponse(_answer("session", body.sessionId, await redacting.redact_session(world, actor, SessionId(body.sessionId), body.reason)))


def _answer(kind: str, id: UUID, done: Redaction) -> dict[str, Any]:
    words = f"The {kind} is redacted. Its content is gone for good." if done.entries else f"The {kind} had been redacted before; nothing was left to remove."
    return {
        "success": True, "message": words, "itemId": str(id), "redactionType": kind, "affectedCount": done.entries, "messagesRedacted": done.messages,
    }
