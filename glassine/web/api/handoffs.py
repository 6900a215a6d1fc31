"""Handoffs over the public API: how readily the AI hands off, and what came of it in numbers. What happens is told in story/behaviour/handoffs.py."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from glassine.rules.permits import require_scope
from glassine.story.behaviour import handoffs
from glassine.web.api import described_handoffs, shapes
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.shapes import moment
from glassine.web.api.wire import Body, JSONResponse, Moment
from glassine.words.handoffs import HandoffRules, Level, Triggers
from glassine.words.helpdesks import HelpdeskId
from glassine.words.people import Actor
from glassine.words.routing import Goes, Route, Routing
from glassine.words.sessions import ChannelKind

router = APIRouter()
Analyst = Annotated[Actor, Depends(Scope("handoff-analytics:read"))]
Reader = Annotated[Actor, Depends(Scope("autopilot:read"))]
Setter = Annotated[Actor, Depends(Scope("autopilot:write"))]


class TriggersGiven(Body):
    """What is left out stays as it is."""

    request: int | None = Field(None, ge=0)
    basics: bool | None = None
    nothing_found: int | None = Field(None, ge=0)
    low_confidence: int | None = Field(None, ge=0)
    refused: int | None = Field(None, ge=0)
    action_failed: int | None = Field(None, ge=0)
    topic: bool | None = None
    tone: bool | None = None
    contacts: int | None = Field(None, ge=0)
    days: int | None = Field(None, ge=1)
    reopened: bool | None = None
    same_question: int | None = Field(None, ge=0)
    same_answer: int | None = Field(None, ge=0)
    messages: int | None = Field(None, ge=0)
    minutes: int | None = Field(None, ge=0)


class RulesInput(Body):
    level: Level
    triggers: TriggersGiven | None = None


@router.get("/autopilot/handoff", tags=["Autopilot"], responses=shows(described_handoffs.Rules))
async def get_handoff(world: Here, actor: Reader) -> Any:
    """How readily the AI hands off, and what that makes of each trigger."""
    return JSONResponse(handoffs.shown(await handoffs.rules(world, actor.org)))


@router.put("/autopilot/handoff", tags=["Autopilot"], responses=shows(described_handoffs.Rules))
async def set_handoff(world: Here, actor: Setter, body: RulesInput) -> Any:
    """Choose a level, or `custom` with a value for each trigger. 0 and false switch a trigger off."""
    wanted = rules_of(body, await handoffs.rules(world, actor.org))
    book = await handoffs.set_rules(world, actor, wanted.level, wanted.custom)
    return JSONResponse(handoffs.shown(HandoffRules.read(book.part("handoff"))))


class RouteGiven(Body):
    """Where the handoffs of one channel go. `owns` counts for `both`: who answers there."""

    channel: ChannelKind
    to: Goes
    helpdesk_id: UUID | None = None
    owns: Literal["inbox", "helpdesk"] = "helpdesk"


class RoutesGiven(Body):
    items: list[RouteGiven] = Field(max_length=20)


@router.get("/autopilot/routing", tags=["Autopilot"], responses=shows(described_handoffs.Routes))
async def get_routing(world: Here, actor: Reader) -> Any:
    """Where handoffs go, channel by channel. A channel that is not named hands off to the own inbox."""
    return JSONResponse(_routes(await handoffs.routing(world, actor.org)))


@router.put("/autopilot/routing", tags=["Autopilot"], responses=shows(described_handoffs.Routes))
async def set_routing(world: Here, actor: Setter, body: RoutesGiven) -> Any:
    """Set it, whole. What was handed off before stays where it is."""
    given = {one.channel: Route(to=one.to, helpdesk=HelpdeskId(one.helpdesk_id) if one.helpdesk_id else None, owns=Goes(one.owns)) for one in body.items}
    book = await handoffs.set_routing(world, actor, Routing(channels=given))
    return JSONResponse(_routes(Routing.read(book.part("routing"))))


def _routes(routing: Routing) -> dict[str, Any]:
    return {"items": [
        {"channel": str(channel), "to": str(one.to), "helpdesk_id": str(one.helpdesk) if one.helpdesk else None, "owns": str(one.owns)}
        for channel, one in routing.channels.items()
    ]}  # fmt: skip


def rules_of(body: RulesInput, before: HandoffRules) -> HandoffRules:
    """What is given, and for the rest what there was."""
    given: dict[str, Any] = body.triggers.model_dump(exclude_none=True) if body.triggers else {}
    custom = replace(before.custom if before.level is Level.CUSTOM else before.triggers, **given) if given else before.custom
    return HandoffRules(level=body.level, custom=custom)


@router.get("/handoff-analytics", tags=["Handoff analytics"], responses=shows(described_handoffs.Analytics))
async def analytics(world: Here, actor: Analyst, start_date: Moment | None = None, end_date: Moment | None = None) -> Any:
    """Handoffs of the last 30 days, or between two dates: how many, why, how customers felt, and day by day."""
    found = await handoffs.counted(world, actor, start_date, end_date)
    share = found.handed_off / found.sessions if found.sessions else 0.0
    most = max(found.reasons, key=lambda reason: found.reasons[reason], default="")
    summary = f"{found.handoffs} handoffs in {found.sessions} sessions" + (f", most often because of {most}." if most else ".")
    return JSONResponse({
        "summary": summary, "start_date": moment(found.since), "end_date": moment(found.until), "total_handoffs": found.handoffs, "total_sessions": found.sessions,
        "handed_off_sessions": found.handed_off, "handoff_rate": round(share, 4),
        "reasons": [{"reason": reason, "count": count} for reason, count in sorted(found.reasons.items(), key=lambda one: (-one[1], one[0]))],
        "reason_combinations": found.combinations, "trends": found.trends,
        "sentiments": [{"sentiment": mood, "count": count} for mood, count in sorted(found.sentiments.items(), key=lambda one: (-one[1], one[0]))],
    })  # fmt: skip


@router.get("/handoff-analytics/events", tags=["Handoff analytics"], responses=shows(described_handoffs.Events))
async def events(
    world: Here, actor: Analyst, start_date: Moment | None = None, end_date: Moment | None = None, cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Any:
    """Single handoffs, newest first. Summaries are masked words of customers, so the key must read sessions too."""
    require_scope(actor, "chat-sessions:read")
    found = await handoffs.listed(world, actor, start_date, end_date, before=shapes.place(cursor), limit=limit)
    items = [{
        "session_id": each.session, "summary": each.summary, "explanation": each.explanation, "reasons": list(each.reasons), "sentiment": each.sentiment,
        "language": each.language, "created_at": moment(each.at),
    } for _, each in found]  # fmt: skip
    return JSONResponse({"items": items, "next": shapes.cursor(found[-1][1].at, found[-1][0]) if len(found) == limit else None})


assert {each.name for each in fields(Triggers)} == set(TriggersGiven.model_fields), "the API can set each trigger"
