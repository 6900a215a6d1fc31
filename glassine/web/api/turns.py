"""The AI's turns over the public API: what it saw and did, and the same computed once more. Reads only; nothing here changes a session."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends

from glassine.story import inspecting, replaying
from glassine.web.api import described, shapes
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.wire import JSONResponse
from glassine.words.ids import SessionId, TurnId
from glassine.words.people import Actor

router = APIRouter(prefix="/chat/sessions", tags=["Sessions"])
Reader = Annotated[Actor, Depends(Scope("chat-sessions:read"))]


@router.get("/{id}/inspect", responses=shows(described.Turns))
async def inspect_session(world: Here, actor: Reader, id: UUID) -> Any:
    """What the AI saw and did, turn by turn: prompt as sent, passages with scores, what was masked, decisions, timings, model and tokens."""
    turns = await inspecting.every_turn(world, actor, SessionId(id))
    return JSONResponse({"session_id": str(id), "turns": [
        {
            "id": str(turn["id"]), "message_id": str(turn["message_id"]), "reply_id": str(turn["event_id"]) if turn["event_id"] else None,
            "outcome": turn["outcome"], "reasons": turn["reasons"], "model": turn["model"], "created_at": shapes.moment(turn["created_at"]), **turn["trace"],
        }
        for turn in turns
    ]})


@router.post("/{id}/turns/{turn}/replay", responses=shows(described.Replay))
async def replay_turn(world: Here, actor: Reader, id: UUID, turn: UUID) -> Any:
    """Compute a turn once more from what was stored, and compare it step by step. No model is asked, and nothing is stored but a line of the audit log."""
    return JSONResponse((await replaying.replay(world, actor, SessionId(id), TurnId(turn))).plain())
