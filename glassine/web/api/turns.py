"""The AI's turns over the public API: what it saw and did, and the same computed once more. Reads only; nothing here changes a session."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field

from glassine.story.inspection import inspecting, replaying, what_if
from glassine.web.api import described, described_turns, shapes
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.ids import ArticleId, SessionId, TurnId
from glassine.words.people import Actor
from glassine.words.sessions import Autopilot
from glassine.words.what_if import Change

router = APIRouter(prefix="/chat/sessions", tags=["Sessions"])
Reader = Annotated[Actor, Depends(Scope("chat-sessions:read"))]
Writer = Annotated[Actor, Depends(Scope("chat-sessions:write"))]


@router.get("/{id}/inspect", responses=shows(described.Turns))
async def inspect_session(world: Here, actor: Reader, id: UUID) -> Any:
    """What the AI saw and did, turn by turn: prompt as sent, passages with scores, what was masked, decisions, timings, model and tokens; and what a model was asked for whoever took it over."""
    turns = await inspecting.every_turn(world, actor, SessionId(id))
    summed = await inspecting.every_summary(world, actor, SessionId(id))
    return JSONResponse({"session_id": str(id), "turns": [
        {
            "id": str(turn["id"]), "message_id": str(turn["message_id"]), "reply_id": str(turn["event_id"]) if turn["event_id"] else None,
            "outcome": turn["outcome"], "reasons": turn["reasons"], "model": turn["model"], "created_at": shapes.moment(turn["created_at"]), **turn["trace"],
        }
        for turn in turns
    ], "summaries": [
        {
            "id": str(one["id"]), "turn_id": str(one["turn_id"]) if one["turn_id"] else None, "outcome": one["outcome"], "model": one["model"], "created_at": shapes.moment(one["created_at"]),
            "fields": one["fields"], **one["trace"],
        }
        for one in summed
    ]})


@router.post("/{id}/turns/{turn}/replay", responses=shows(described_turns.Replay))
async def replay_turn(world: Here, actor: Reader, id: UUID, turn: UUID) -> Any:
    """Compute a turn once more from what was stored, and compare it step by step. No model is asked, and nothing is stored but a line of the audit log."""
    return JSONResponse((await replaying.replay(world, actor, SessionId(id), TurnId(turn))).plain())


class Changed(Body):
    """What is to be different; what is not given stays as it was."""

    article_id: UUID | None = Field(None, description="An article to leave out, or whose text `text` takes the place of.")
    text: str = Field("", max_length=20_000)
    autopilot: Autopilot | None = None
    answer_from: float | None = Field(None, ge=0, le=1, description="The confidence from which a passage is quoted, without a model.")
    instructions: str = Field("", max_length=2_000, description="For the model, after the rules.")
    model: str = Field("", max_length=200, description="Another model at the same address, or `none` to quote.")


@router.post("/{id}/turns/{turn}/what-if", responses=shows(described_turns.WhatIf))
async def what_if_turn(world: Here, actor: Writer, id: UUID, turn: UUID, body: Changed) -> Any:
    """The same turn with something changed, beside what it was. It may ask the model. Nothing is sent to the customer and nothing is stored in the session."""
    change = Change(
        article=ArticleId(body.article_id) if body.article_id else None, text=body.text, autopilot=body.autopilot, answer_from=body.answer_from,
        instructions=body.instructions.strip(), model=body.model.strip(),
    )
    return JSONResponse((await what_if.ask(world, actor, SessionId(id), TurnId(turn), change)).plain())
