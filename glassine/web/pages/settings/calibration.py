"""Settings › Calibration: what past conversations say of the thresholds, as a curve and a table, and the threshold that would keep to a share of wrong answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response

from glassine.rules import guarding
from glassine.rules.calibration import Advice, Point, Proposal
from glassine.story.behaviour import calibrating, rehearsing
from glassine.story.behaviour import guarding as guards
from glassine.story.behaviour.calibrating import Calibration, Of
from glassine.web.pages.frame import done, form
from glassine.web.pages.settings.sheet import sheet
from glassine.web.staff import PageRoute, Signed
from glassine.words.errors import Refused
from glassine.words.rehearsals import Proposal as Change

router = APIRouter(prefix="/calibration", route_class=PageRoute)
_WIDE, _HIGH = 600, 240  # of the drawing
_ADVICE: Mapping[Advice, str] = {
    Advice.MORE: "Answer more", Advice.LESS: "Answer less", Advice.AS_NOW: "As it is now", Advice.UNKNOWN: "Not enough cases", Advice.NONE: "Your cases do not show it",
}  # fmt: skip


class Drawing(NamedTuple):
    """The curve in the units of an SVG: the line, the band that the true share lies in, and where the threshold in force stands."""

    line: str
    band: str
    x: float
    y: float
    most: float  # the share of wrong answers at the top


@router.get("")
async def show(request: Request, staff: Signed, of: str = "") -> Response:
    wanted = next((one for one in Of if one == of), Of.QUOTES)
    found = await calibrating.calibrated(staff.world, staff.actor, wanted)
    return await sheet(
        request, staff, "calibration", c=found, drawn=_drawn(found), proposals=[(one, _ADVICE[one.advice], _says(one)) for one in found.proposals],
        fewest=min(one.needed for one in found.proposals),
    )


def _drawn(found: Calibration) -> Drawing | None:
    points = [one for one in found.curve if one.answered]
    if len({one.answered for one in points}) < 2:
        return None
    most = min(1.0, max(0.1, *(one.risk for one in points)) * 1.5)
    held = found.held
    return Drawing(
        line=_path(points, [one.risk for one in points], most), band=f"{_path(points, [one.high for one in points], most)} {_path(points[::-1], [one.low for one in points][::-1], most)}",
        x=round(held.coverage * _WIDE, 1), y=_y(held.risk, most), most=most,
    )


def _path(points: Sequence[Point], shares: Sequence[float], most: float) -> str:
    return " ".join(f"{one.coverage * _WIDE:.1f},{_y(share, most)}" for one, share in zip(points, shares, strict=True))


def _y(share: float, most: float) -> float:
    return round(_HIGH - min(share / most, 1.0) * _HIGH, 1)


def _says(one: Proposal) -> str:
    """What a threshold would have meant, with the numbers behind it."""
    if one.point is None:
        return f"It takes {one.needed} answers in a row without a wrong one to show it."
    share = f"{one.point.wrong} of {one.point.answered} wrong, so from {one.point.low:.1%} to {one.point.high:.1%}".replace("%", " %")
    return f"At {one.point.least:.2f}: {one.point.answered} of {one.point.of} questions answered, {share}."


@router.post("")
async def propose(request: Request, staff: Signed) -> Response:
    """Tries a threshold on past conversations, before it counts."""
    given = await form(request)
    of = next((one for one in Of if one == given.get("of")), Of.QUOTES)
    try:
        least = float(given.get("least", ""))
    except ValueError:
        raise Refused("A threshold is a number from 0 to 1, such as 0.5.") from None
    guard = calibrating.tried(await guards.in_force(staff.world, staff.actor), of, least)
    parts: dict[str, Any] = {"guard": guarding.written(guard)}
    begun = await rehearsing.begin(staff.world, staff.actor, Change(parts=parts))
    return done(request, staff, f"/settings/rehearsals/{begun.id}", None, "go")
