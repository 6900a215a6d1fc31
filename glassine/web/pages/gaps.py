"""Knowledge › Gaps: what customers asked and nobody had written about, and what to do about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.rules.permits import require
from glassine.story.knowledge import gaps, learning
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment, page
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import NotFound, Refused
from glassine.words.gaps import Gap, GapStatus, Why
from glassine.words.ids import GapId
from glassine.words.knowledge import Article
from glassine.words.people import Verb

router = APIRouter(prefix="/knowledge/gaps", include_in_schema=False, route_class=PageRoute)
_PAGE = 50
_SORTS = ("count", "newest", "rising")
WHY = {
    Why.NOTHING_FOUND: "nothing found", Why.NOT_SURE: "not sure enough", Why.DID_YOU_MEAN: "asked “did you mean”", Why.NOT_GROUNDED: "the answer was refused",
    Why.DOWNVOTED: "found unhelpful", Why.ANSWERED: "answered",
}
_NOW = {GapStatus.OPEN: "is open again.", GapStatus.RESOLVED: "is resolved. It opens by itself if two of the next three questions find no answer.", GapStatus.ARCHIVED: "is archived. It does not come back by itself."}


@router.get("")
async def show_list(request: Request, staff: Signed, status: str = "open", sort: str = "count", skip: int = 0) -> Response:
    require(staff.actor, Verb.READ_SESSIONS)
    chosen, sort, skip = gaps.known(status), sort if sort in _SORTS else "count", max(0, skip)
    found, total = await gaps.every(staff.world, staff.actor, status=chosen, sort=sort, limit=_PAGE, offset=skip)
    values: dict[str, Any] = {"gaps": found, "total": total, "chosen": chosen, "sort": sort, "skip": skip, "step": _PAGE}
    if by_htmx(request):
        return fragment(request, staff, "gaps/list.html", **values)
    return await page(request, staff, "gaps/all.html", here="knowledge", **values)


@router.get("/{id}")
async def show_one(request: Request, staff: Signed, id: UUID) -> Response:
    require(staff.actor, Verb.READ_SESSIONS)
    gap = await gaps.one(staff.world, staff.actor, GapId(id))
    return await page(
        request, staff, "gaps/one.html", here="knowledge", gap=gap, questions=await gaps.questions(staff.world, staff.actor, gap.id), why=WHY, article=await _article(staff, gap),
        parts=await gaps.parts(staff.world, staff.actor, gap.id), others=await _others(staff, gap),
    )


async def _article(staff: Staff, gap: Gap) -> Article | None:
    try:
        return await learning.article(staff.world, staff.actor.org, gap.article) if gap.article else None
    except NotFound:  # it lies in the trash
        return None


async def _others(staff: Staff, gap: Gap) -> list[Gap]:
    """What it can be merged into: gaps of its language."""
    found, _ = await gaps.every(staff.world, staff.actor, limit=100)
    return [one for one in found if one.id != gap.id and one.language == gap.language]


@router.post("/{id}/status")
async def set_status(request: Request, staff: Signed, id: UUID) -> Response:
    status = gaps.known((await form(request)).get("status", ""))
    before = await gaps.set_status(staff.world, staff.actor, GapId(id), status)
    return _done(request, staff, id, f"This gap {_NOW[status]}", "status", status=str(before))


@router.post("/{id}/rename")
async def rename(request: Request, staff: Signed, id: UUID) -> Response:
    before = await gaps.rename(staff.world, staff.actor, GapId(id), (await form(request)).get("name", ""))
    return _done(request, staff, id, "Renamed.", "rename", name=before)


@router.post("/{id}/merge")
async def merge(request: Request, staff: Signed, id: UUID) -> Response:
    try:
        into = UUID((await form(request)).get("into", ""))
    except ValueError:
        raise Refused("Choose the gap to merge it into.") from None
    await gaps.merge(staff.world, staff.actor, GapId(id), GapId(into))
    said = Said(text="Merged. Its questions count here now, and so do new ones near it.", undo=f"/knowledge/gaps/{id}/part")
    return done(request, staff, f"/knowledge/gaps/{into}", said, "reload")


@router.post("/{id}/part")
async def part(request: Request, staff: Signed, id: UUID) -> Response:
    await gaps.part(staff.world, staff.actor, GapId(id))
    return done(request, staff, f"/knowledge/gaps/{id}", Said(text="It is a gap of its own again."), "reload")


@router.post("/{id}/article")
async def draft(request: Request, staff: Signed, id: UUID) -> Response:
    article = await gaps.draft(staff.world, staff.actor, GapId(id))
    return done(request, staff, f"/knowledge/{article.id}", Said(text="A draft with what was asked and answered. Write the answer, take the rest out, and publish it."))


def _done(request: Request, staff: Staff, id: UUID, words: str, act: str, **before: Any) -> Response:
    return done(request, staff, f"/knowledge/gaps/{id}", Said(text=words, undo=f"/knowledge/gaps/{id}/{act}", fields=before), "reload")
