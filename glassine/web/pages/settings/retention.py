"""Settings › Retention: how many days each kind is kept. What would go is shown before anything can be saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from glassine.story import house
from glassine.story.privacy import retaining
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment
from glassine.web.pages.settings.sheet import last_change, sheet
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import Refused
from glassine.words.house import Kind

router = APIRouter(prefix="/retention", route_class=PageRoute)
KINDS: Mapping[Kind, tuple[str, str, str]] = {  # name, what goes, what one of it is called
    Kind.MESSAGES: ("Conversations", "Closed conversations that nobody has touched since go whole, with their originals, values and files.", "message"),
    Kind.ATTACHMENTS: ("Attachments", "Files that customers sent. The message stays, and says that there was a file.", "file"),
    Kind.TRACES: ("Records of the AI's turns", "Prompts, passages and decisions of closed conversations. Such turns cannot be inspected or replayed any more.", "turn"),
    Kind.AUDIT: ("Audit log", "Lines that say who looked and who changed what, at least 30 days. What was erased, redacted, exported and removed stays on record.", "line"),
}


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    settings = (await house.organization(staff.world, staff.actor.org)).settings
    return await _sheet(request, staff, retaining.kept(settings))


async def _sheet(request: Request, staff: Staff, days: Mapping[Kind, int], **values: Any) -> Response:
    return await sheet(
        request, staff, "retention", kinds=KINDS, days=days, least=retaining.LEAST, runs=await retaining.runs(staff.world, staff.actor),
        changed=await last_change(staff, *(f"keep_{kind}" for kind in Kind)), **{"would": None, **values},
    )


@router.post("/preview")
async def preview(request: Request, staff: Signed) -> Response:
    """What would be removed today, and the button that saves it."""
    days = _days(await form(request))
    would = await retaining.preview(staff.world, staff.actor, days)
    if by_htmx(request):
        return fragment(request, staff, "settings/retention_would.html", would=would, days=days, kinds=KINDS)
    return await _sheet(request, staff, days, would=would)


@router.post("")
async def save(request: Request, staff: Signed) -> Response:
    days = _days(await form(request))
    before = retaining.kept((await house.organization(staff.world, staff.actor.org)).settings)
    await retaining.set_days(staff.world, staff.actor, days)
    words = "Saved. Nothing is removed in the next 15 minutes; until then you can undo it." if any(days.values()) else "Saved. Everything is kept until somebody removes it."
    said = Said(text=words, undo="/settings/retention", fields={str(kind): str(number or "") for kind, number in before.items()})
    return done(request, staff, "/settings/retention", said, "reload")


def _days(given: Mapping[str, str]) -> dict[Kind, int]:
    """Raises Refused for what is no number of days; an empty field keeps for ever."""
    texts = {kind: given.get(str(kind), "").strip() for kind in Kind}
    for kind, text in texts.items():
        if text and not (text.isascii() and text.isdigit() and len(text) < 6):
            raise Refused(f"How long {KINDS[kind][0].lower()} are kept is a number of days, or nothing for ever.")
    return retaining.wanted({kind: int(text or 0) for kind, text in texts.items()})
