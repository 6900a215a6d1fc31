"""Settings › Privacy: what is masked, tried out on a text that is not stored, and the countries whose numbers are looked for."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request, Response

from glassine.story import house, privacy
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment
from glassine.web.pages.settings.sheet import last_change, sheet
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import Refused
from glassine.words.privacy import PiiType, Redacted

router = APIRouter(prefix="/privacy", route_class=PageRoute)
_TRY = "Hello, I am Mara Keller. Write to mara.keller@example.org or call +49 30 901820. I paid with 4111 1111 1111 1111."


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    return await _sheet(request, staff)


async def _sheet(request: Request, staff: Staff, text: str = _TRY, masked: Redacted | None = None) -> Response:
    settings = (await house.organization(staff.world, staff.actor.org)).settings
    return await sheet(
        request, staff, "privacy", text=text, masked=masked, regions=" ".join(settings.regions), types=list(PiiType),
        changed=await last_change(staff, "regions"), vocabulary=", ".join(settings.vocabulary), taught=await last_change(staff, "vocabulary"),
    )


@router.post("/try")
async def try_out(request: Request, staff: Signed) -> Response:
    """What would be masked in a text. Nothing of it is stored."""
    text = (await form(request)).get("text", "")
    masked = await privacy.preview(staff.world, staff.actor.org, text)
    if by_htmx(request):
        return fragment(request, staff, "settings/privacy_found.html", masked=masked)
    return await _sheet(request, staff, text, masked)


@router.post("/regions")
async def set_regions(request: Request, staff: Signed) -> Response:
    given = await form(request)
    regions = tuple(dict.fromkeys(re.split(r"[\s,;]+", given.get("regions", "").strip().upper())))
    if not regions[0] or not all(re.fullmatch(r"[A-Z]{2}", region) for region in regions):
        raise Refused("Countries are written with their two letters, most likely first, for example: US GB DE")
    before = (await house.organization(staff.world, staff.actor.org)).settings.regions
    await house.change(staff.world, staff.actor, regions=regions)
    return done(request, staff, "/settings/privacy", Said(text="Saved. It holds for messages from now on.", undo="/settings/privacy/regions", fields={"regions": " ".join(before)}), "reload")


@router.post("/vocabulary")
async def set_vocabulary(request: Request, staff: Signed) -> Response:
    """Names of products and brands, which are no person's name."""
    given = (await form(request)).get("vocabulary", "")
    words = tuple(dict.fromkeys(" ".join(word.split())[:60] for word in given.split(",") if word.strip()))[:200]
    before = (await house.organization(staff.world, staff.actor.org)).settings.vocabulary
    await house.change(staff.world, staff.actor, vocabulary=words)
    undo = Said(text="Saved. It holds for messages from now on.", undo="/settings/privacy/vocabulary", fields={"vocabulary": ", ".join(before)})
    return done(request, staff, "/settings/privacy", undo, "reload")
