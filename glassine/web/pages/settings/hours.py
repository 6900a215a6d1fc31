"""Settings › Office hours: when the team is in, what customers are told while it is not, and when the AI answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from fastapi import APIRouter, Request, Response

from glassine.rules import office_hours
from glassine.story.behaviour import autopilot
from glassine.web.pages.frame import Said, done, form
from glassine.web.pages.settings.sheet import sheet
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.autopilot import Hours, Team
from glassine.words.errors import Refused

router = APIRouter(prefix="/hours", route_class=PageRoute)
_ANSWERS = ((Team.ALWAYS, "Always"), (Team.AWAY, "Only outside office hours"), (Team.IN, "Only within office hours"))


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    return await _sheet(request, staff, Hours.read((await autopilot.in_force(staff.world, staff.actor.org)).part("hours")))


async def _sheet(request: Request, staff: Staff, hours: Hours, *, status: int = 200, wrong: str = "", typed: Mapping[str, str] | None = None) -> Response:
    newest, now = await autopilot.history(staff.world, staff.actor, part="hours", limit=1), staff.world.clock()
    fields = {
        "zone": hours.zone, "holidays": "\n".join(day.isoformat() for day in hours.holidays), "answers": str(hours.answers),
        **{name: ", ".join(f"{office_hours.clock(opens)}-{office_hours.clock(closes)}" for opens, closes in day) for name, day in zip(office_hours.DAYS, hours.week or ((),) * 7, strict=True)},
        **(typed or {}),
    }
    state = {"set": bool(hours.week), "open": office_hours.is_open(hours, now), "opens": office_hours.opens_next(hours, now)}
    return await sheet(request, staff, "hours", status=status, f=fields, days=office_hours.DAYS, answers=_ANSWERS, state=state, wrong=wrong, changed=newest[0] if newest else None)


@router.post("")
async def save(request: Request, staff: Signed) -> Response:
    given = await form(request)
    before = await autopilot.in_force(staff.world, staff.actor.org)
    try:
        book = await autopilot.set_hours(staff.world, staff.actor, _typed(given))
    except Refused as refusal:
        return await _sheet(request, staff, Hours.read(before.part("hours")), status=refusal.status, wrong=str(refusal), typed=given)
    undo = f"/settings/autopilot/versions/{book.number}/undo" if book.number != before.number else ""
    return done(request, staff, "/settings/hours", Said(text="Saved.", undo=undo), "reload")


def _typed(given: Mapping[str, str]) -> Hours:
    """What a form holds. Raises Refused, with what is wrong and where."""
    answers = next((way for way, _ in _ANSWERS if way == given.get("answers")), Team.ALWAYS)
    return Hours(zone=given.get("zone", "").strip() or "UTC", week=tuple(_day(name, given.get(name, "")) for name in office_hours.DAYS), holidays=_holidays(given.get("holidays", "")), answers=answers)


def _day(name: str, written: str) -> tuple[tuple[int, int], ...]:
    return tuple(_stretch(name, part) for part in written.replace("–", "-").replace(";", ",").split(",") if part.strip())


def _stretch(name: str, written: str) -> tuple[int, int]:
    opens, dash, closes = written.partition("-")
    if not dash:
        raise Refused(f"{name}: write from when to when, as 09:00-17:00.")
    return office_hours.minute(opens), office_hours.minute(closes)


def _holidays(written: str) -> tuple[date, ...]:
    days: list[date] = []
    for line in written.split():
        try:
            days.append(date.fromisoformat(line))
        except ValueError:
            raise Refused(f"{line[:20]} is no date. Write one per line, as 2027-01-01.") from None
    return tuple(days)
