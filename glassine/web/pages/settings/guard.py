"""Settings › Fact guard: the words that promise something, how much of a sentence must be backed, and from which confidence is quoted."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response

from glassine.rules import guarding
from glassine.rules.guarding import Guard
from glassine.story.behaviour import guarding as guards
from glassine.web.pages.frame import Said, done, form
from glassine.web.pages.settings.sheet import sheet
from glassine.web.staff import PageRoute, Signed
from glassine.words.errors import Refused

router = APIRouter(prefix="/guard", route_class=PageRoute)


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    return await sheet(request, staff, "guard", f=_fields(await guards.in_force(staff.world, staff.actor)), usual=_fields(Guard()))


def _fields(guard: Guard) -> dict[str, str]:
    return {"promises": "\n".join(guard.promises), "claims": f"{guard.claims:g}", "answer": f"{guard.thresholds.answer:g}", "suggest": f"{guard.thresholds.suggest:g}"}


@router.post("")
async def save(request: Request, staff: Signed) -> Response:
    given = await form(request)
    before = _fields(await guards.in_force(staff.world, staff.actor))
    await guards.change(staff.world, staff.actor, typed(given))
    return done(request, staff, "/settings/guard", Said(text="Saved. It holds for answers from now on.", undo="/settings/guard", fields=before), "reload")


def typed(given: Mapping[str, str]) -> Guard:
    """Raises Refused for what cannot be saved."""
    return guarding.checked(promised=given.get("promises", "").splitlines(), backed=_share(given, "claims"), answer=_share(given, "answer"), suggest=_share(given, "suggest"))


def _share(given: Mapping[str, str], name: str) -> float:
    try:
        return float(given.get(name, "").strip().replace(",", "."))
    except ValueError:
        raise Refused("Shares and confidences are numbers from 0 to 1, such as 0.5.") from None
