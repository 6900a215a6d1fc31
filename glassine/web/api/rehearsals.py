"""Rehearsals over the public API: a change is tried on past conversations, its result read, and then it is published or dropped."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import Field

from glassine.rules import guarding
from glassine.rules.permits import require_scope
from glassine.rules.rehearsals import told
from glassine.story.behaviour import guarding as guards
from glassine.story.behaviour import handoffs, rehearsing
from glassine.web.api import described_rehearsals
from glassine.web.api.autopilot import TopicsInput
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.guard import Changes
from glassine.web.api.handoffs import RulesInput, rules_of
from glassine.web.api.shapes import moment
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.people import Actor
from glassine.words.rehearsals import MOST, USUAL, Proposal, Rehearsal, RehearsalId, Shown, Side, Verdict

router = APIRouter()
Reader = Annotated[Actor, Depends(Scope("autopilot:read"))]
Setter = Annotated[Actor, Depends(Scope("autopilot:write"))]


class ChangeInput(Body):
    """What would be changed: rules (`topics`, `handoff`, `guard`), or a `scenario` whose draft would be published, or the `models` that would answer, by id and in order."""

    topics: TopicsInput | None = None
    handoff: RulesInput | None = None
    guard: Changes | None = None
    scenario: UUID | None = None
    models: list[str] = Field(default_factory=list, max_length=20)
    sessions: int = Field(USUAL, ge=1, le=MOST)


@router.get("/autopilot/rehearsals", tags=["Autopilot"], responses=shows(described_rehearsals.Rehearsals))
async def listed(world: Here, actor: Reader) -> Any:
    """The newest twenty."""
    return JSONResponse({"items": [_shown(one) for one in await rehearsing.newest(world, actor)]})


@router.post("/autopilot/rehearsals", tags=["Autopilot"], status_code=202, responses=shows(described_rehearsals.Rehearsal, status=202))
async def begin(world: Here, actor: Setter, body: ChangeInput) -> Any:
    """Try a change on the newest conversations. It runs beside; read its state until it is `ready`. No language model is asked."""
    parts: dict[str, Any] = {"topics": body.topics.topics().written()} if body.topics else {}
    if body.handoff:
        parts["handoff"] = rules_of(body.handoff, await handoffs.rules(world, actor.org)).written()
    if body.guard:
        parts["guard"] = guarding.written(body.guard.beside(await guards.in_force(world, actor)))
    found = await rehearsing.begin(world, actor, Proposal(parts=parts, scenario=body.scenario, models=tuple(body.models)), body.sessions)
    return JSONResponse(_shown(found), status_code=202)


def _shown(one: Rehearsal) -> dict[str, Any]:
    return {
        "id": str(one.id), "state": str(one.state), "change": {name: value for name, value in one.proposal.written().items() if value and name != "read_at"}, "against_version": one.rulebook,
        "sessions": one.tally.sessions, "done": one.tally.done, "says": told(one.tally), "why": one.why, "verdicts": {str(verdict): one.tally.of(verdict) for verdict in Verdict},
        "moves": [{"before": str(before), "after": str(after), "count": count} for before, after, count in one.tally.moves], "estimated_tokens": one.tally.tokens_in + one.tally.tokens_out,
        "created_at": moment(one.created_at), "ended_at": moment(one.ended_at),
    }


@router.get("/autopilot/rehearsals/{id}", tags=["Autopilot"], responses=shows(described_rehearsals.Rehearsal))
async def one(world: Here, actor: Reader, id: UUID) -> Any:
    """How it stands, and what the change would do."""
    return JSONResponse(_shown(await rehearsing.one(world, actor, RehearsalId(id))))


@router.get("/autopilot/rehearsals/{id}/conversations", tags=["Autopilot"], responses=shows(described_rehearsals.Cases))
async def conversations(
    world: Here, actor: Reader, id: UUID, verdict: Verdict = Verdict.DIFFERS, offset: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Any:
    """What becomes of each conversation with this verdict: how its turn ends now and how with the change. These are masked words of customers, so the key must read sessions too."""
    require_scope(actor, "chat-sessions:read")
    await rehearsing.one(world, actor, RehearsalId(id))
    return JSONResponse({"items": [_case(each) for each in await rehearsing.cases(world, actor, RehearsalId(id), [verdict], limit=limit, offset=offset)]})


def _case(shown: Shown) -> dict[str, Any]:
    case = shown.case
    return {
        "session_id": str(shown.session), "turn_id": str(case.turn) if case.turn else None, "asked": shown.asked, "verdict": str(case.verdict), "as_it_is": _side(case.before),
        "with_the_change": _side(case.after), "why": case.why,
    }


def _side(side: Side | None) -> dict[str, str] | None:
    return side.written() if side else None


@router.post("/autopilot/rehearsals/{id}/ask", tags=["Autopilot"], status_code=204)
async def ask(world: Here, actor: Setter, id: UUID) -> Response:
    """Ask the language model for what only it can tell, through the gate and within the day's budget."""
    await rehearsing.ask_models(world, actor, RehearsalId(id))
    return Response(status_code=204)


@router.post("/autopilot/rehearsals/{id}/continue", tags=["Autopilot"], status_code=204)
async def go_on(world: Here, actor: Setter, id: UUID) -> Response:
    """Go on with one that was stopped or cancelled."""
    await rehearsing.go_on(world, actor, RehearsalId(id))
    return Response(status_code=204)


@router.post("/autopilot/rehearsals/{id}/cancel", tags=["Autopilot"], status_code=204)
async def cancel(world: Here, actor: Setter, id: UUID) -> Response:
    """Stop one that runs. What it found so far stays."""
    await rehearsing.cancel(world, actor, RehearsalId(id))
    return Response(status_code=204)


@router.post("/autopilot/rehearsals/{id}/publish", tags=["Autopilot"], responses=shows(described_rehearsals.Published))
async def publish(world: Here, actor: Setter, id: UUID) -> Any:
    """Put the change in force. 409 where what it changes has been changed since."""
    return JSONResponse({"version": await rehearsing.publish(world, actor, RehearsalId(id))})


@router.post("/autopilot/rehearsals/{id}/drop", tags=["Autopilot"], status_code=204)
async def drop(world: Here, actor: Setter, id: UUID) -> Response:
    """Leave everything as it is."""
    await rehearsing.drop(world, actor, RehearsalId(id))
    return Response(status_code=204)
