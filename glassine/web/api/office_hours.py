"""Office hours, rollout, drafts and live answers over the public API. What follows from them is decided in rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field

from glassine.rules import office_hours
from glassine.story.behaviour import autopilot
from glassine.web.api import described_autopilot
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.shapes import moment
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.autopilot import Assist, Hours, Live, Rollout, Slice, Team
from glassine.words.ids import SegmentId
from glassine.words.people import Actor
from glassine.words.sessions import ChannelKind

router = APIRouter()
HoursReader = Annotated[Actor, Depends(Scope("office-hours:read"))]
HoursSetter = Annotated[Actor, Depends(Scope("office-hours:write"))]
Reader = Annotated[Actor, Depends(Scope("autopilot:read"))]
Setter = Annotated[Actor, Depends(Scope("autopilot:write"))]


class Stretch(Body):
    """From when to when, as 09:00 and 17:30 on the team's clock."""

    opens: str = Field(max_length=5)
    closes: str = Field(max_length=5)


class HoursInput(Body):
    """`week` names the stretches of each day by its name; a day that is left out is closed, and with no day there are no office hours."""

    timezone: str = Field(max_length=64)
    week: dict[str, list[Stretch]] = Field(default_factory=dict, max_length=7)
    holidays: list[date] = Field(default_factory=list, max_length=400)
    ai_answers: Team = Team.ALWAYS

    def hours(self) -> Hours:
        """Raises Refused."""
        named = {name.lower(): stretches for name, stretches in self.week.items()}
        week = tuple(tuple((office_hours.minute(one.opens), office_hours.minute(one.closes)) for one in named.get(day.lower(), ())) for day in office_hours.DAYS)
        return Hours(zone=self.timezone, week=week, holidays=tuple(self.holidays), answers=self.ai_answers)


@router.get("/office-hours", tags=["Autopilot"], responses=shows(described_autopilot.OfficeHours))
async def read_hours(world: Here, actor: HoursReader) -> Any:
    """When the team is in, and whether it is now."""
    return JSONResponse(_hours(Hours.read((await autopilot.in_force(world, actor.org)).part("hours")), world.clock()))


@router.put("/office-hours", tags=["Autopilot"], responses=shows(described_autopilot.OfficeHours))
async def set_hours(world: Here, actor: HoursSetter, body: HoursInput) -> Any:
    """Say when the team is in."""
    book = await autopilot.set_hours(world, actor, body.hours())
    return JSONResponse(_hours(Hours.read(book.part("hours")), world.clock()))


def _hours(hours: Hours, now: Any) -> dict[str, Any]:
    opens = office_hours.opens_next(hours, now)
    week = {day.lower(): [{"opens": office_hours.clock(one), "closes": office_hours.clock(two)} for one, two in each] for day, each in zip(office_hours.DAYS, hours.week, strict=False)}
    return {
        "timezone": hours.zone, "week": week, "holidays": [day.isoformat() for day in hours.holidays], "ai_answers": str(hours.answers),
        "open": office_hours.is_open(hours, now), "opens_at": moment(opens) if opens else None,
    }


class SliceInput(Body):
    """Which sessions the AI answers. An empty list means all."""

    share: int = Field(100, ge=0, le=100)
    segments: list[UUID] = Field(default_factory=list, max_length=100)
    languages: list[str] = Field(default_factory=list, max_length=100)

    def slice(self) -> Slice:
        return Slice(share=self.share, segments=tuple(map(SegmentId, self.segments)), languages=tuple(self.languages))


class RolloutInput(Body):
    """`everywhere`, and what differs on a channel."""

    everywhere: SliceInput = Field(default_factory=lambda: SliceInput(share=100))
    channels: dict[ChannelKind, SliceInput] = Field(default_factory=dict)


@router.get("/autopilot/rollout", tags=["Autopilot"], responses=shows(described_autopilot.RolloutShown))
async def read_rollout(world: Here, actor: Reader) -> Any:
    """Which sessions the AI answers."""
    return JSONResponse(Rollout.read((await autopilot.in_force(world, actor.org)).part("rollout")).written())


@router.put("/autopilot/rollout", tags=["Autopilot"], responses=shows(described_autopilot.RolloutShown))
async def set_rollout(world: Here, actor: Setter, body: RolloutInput) -> Any:
    """Say which sessions the AI answers; the others go to the team as if autopilot were off."""
    channels: Mapping[ChannelKind, Slice] = {kind: one.slice() for kind, one in body.channels.items()}
    await autopilot.set_rollout(world, actor, Rollout(everywhere=body.everywhere.slice(), channels=channels))
    return await read_rollout(world, actor)


class AssistInput(Body):
    channels: list[ChannelKind] = Field(default_factory=list)


@router.get("/autopilot/assist", tags=["Autopilot"], responses=shows(described_autopilot.AssistShown))
async def read_assist(world: Here, actor: Reader) -> Any:
    """On which channels the AI drafts for people who own a session, whatever the channel's mode."""
    return JSONResponse(Assist.read((await autopilot.in_force(world, actor.org)).part("assist")).written())


@router.put("/autopilot/assist", tags=["Autopilot"], responses=shows(described_autopilot.AssistShown))
async def set_assist(world: Here, actor: Setter, body: AssistInput) -> Any:
    """Say where it drafts."""
    await autopilot.set_assist(world, actor, Assist(channels=tuple(dict.fromkeys(body.channels))))
    return await read_assist(world, actor)


class LiveInput(Body):
    on: bool


@router.get("/autopilot/live", tags=["Autopilot"], responses=shows(described_autopilot.LiveShown))
async def read_live(world: Here, actor: Reader) -> Any:
    """Whether customers read an answer sentence by sentence while it is written."""
    return JSONResponse(Live.read((await autopilot.in_force(world, actor.org)).part("live")).written())


@router.put("/autopilot/live", tags=["Autopilot"], responses=shows(described_autopilot.LiveShown))
async def set_live(world: Here, actor: Setter, body: LiveInput) -> Any:
    """Say whether they do, or read answers when they are whole."""
    await autopilot.set_live(world, actor, Live(on=body.on))
    return await read_live(world, actor)
