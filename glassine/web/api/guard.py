"""What answers are checked for, over the public API: promising words, how much of a sentence must be backed, and the confidences of quotes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from glassine.rules import guarding
from glassine.story.behaviour import calibrating
from glassine.story.behaviour import guarding as guards
from glassine.story.behaviour.calibrating import Of
from glassine.web.api import described_guard
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.people import Actor

router = APIRouter()
Reader = Annotated[Actor, Depends(Scope("autopilot:read"))]
Setter = Annotated[Actor, Depends(Scope("autopilot:write"))]


class Guard(BaseModel):
    """`promises`: one promise a line, with its spellings; `claims`: the share of a sentence's words that its passages have; `answer` and `suggest`: confidences."""

    promises: list[str]
    claims: float
    answer: float
    suggest: float


class Changes(Body):
    """What is left out stays."""

    promises: list[str] | None = None
    claims: float | None = None
    answer: float | None = None
    suggest: float | None = None

    def beside(self, now: guarding.Guard) -> guarding.Guard:
        """What is given, and for the rest what there is. Raises Refused."""
        return guarding.checked(
            promised=now.promises if self.promises is None else self.promises, backed=now.claims if self.claims is None else self.claims,
            answer=now.thresholds.answer if self.answer is None else self.answer, suggest=now.thresholds.suggest if self.suggest is None else self.suggest,
        )


@router.get("/autopilot-guard", tags=["Autopilot"], responses=shows(Guard))
async def read(world: Here, actor: Reader) -> Any:
    """What an answer is checked for."""
    return JSONResponse(guarding.written(await guards.in_force(world, actor)))


@router.get("/autopilot-guard/calibration", tags=["Autopilot"], responses=shows(described_guard.Calibration))
async def calibration(world: Here, actor: Reader, of: Of = Of.QUOTES) -> Any:
    """What past conversations say of a threshold: how much would be answered, how much of that was wrong, and what to set where no more than a share may be wrong."""
    found = await calibrating.calibrated(world, actor, of)
    return JSONResponse({
        "of": str(of), "threshold": found.now, "turns": found.seen, "cases": found.cases, "now": calibrating.told([found.held])[0], "points": calibrating.told(found.curve),
        "proposals": [{"allowed": one.allowed, "advice": str(one.advice), "cases_needed": one.needed, "at": calibrating.told([one.point])[0] if one.point else None} for one in found.proposals],
    })


@router.patch("/autopilot-guard", tags=["Autopilot"], responses=shows(Guard))
async def change(world: Here, actor: Setter, body: Changes) -> Any:
    """Change it from the next turn on. It is a version that can be undone."""
    return JSONResponse(guarding.written(await guards.change(world, actor, body.beside(await guards.in_force(world, actor)))))
