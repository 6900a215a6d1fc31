"""The history of an article: every version as it was, what differs between any two, and one of them back in the working copy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.rules.differences import pieces
from glassine.rules.permits import require
from glassine.story.knowledge import authoring, history
from glassine.web.pages.frame import Said, done, page
from glassine.web.staff import PageRoute, Signed
from glassine.words.articles import Fields
from glassine.words.ids import ArticleId
from glassine.words.people import Verb

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/{id}/history")
async def show(request: Request, staff: Signed, id: UUID, one: int | None = None, other: int | None = None, beside: bool = False) -> Response:
    """`one` and `other` are numbers of versions; without `other`, the text that is being written stands on the newer side."""
    require(staff.actor, Verb.READ_KNOWLEDGE)
    working = await authoring.working(staff.world, staff.actor.org, ArticleId(id))
    versions = await history.versions(staff.world, staff.actor.org, ArticleId(id))
    older = next((each for each in versions if each.number == one), None)
    newer = next((each for each in versions if each.number == other), None)
    differ = pieces(told(older.fields.values()), told((newer.fields if newer else working.fields).values())) if older else None
    return await page(
        request, staff, "history.html", here="knowledge", article=working.article, versions=versions, older=older, newer=newer, differ=differ, beside=beside,
    )


def told(fields: Mapping[str, Any]) -> str:
    """All that a version holds, as one text that can be compared."""
    empty = Fields(title="").values()
    lines = [f"{name.replace('_', ' ').capitalize()}: {fields[name]}" for name in ("description", "slug", "language", "audience", "url", "meta_title", "meta_description") if fields[name] != empty[name]]
    return "\n".join([str(fields["title"]), *lines, "", str(fields["body"])])


@router.post("/{id}/history/{number}/restore")
async def restore(request: Request, staff: Signed, id: UUID, number: int) -> Response:
    await history.restore(staff.world, staff.actor.org, ArticleId(id), number, by=staff.actor)
    return done(request, staff, f"/knowledge/{id}", Said(text=f"Version {number} is what you are writing on now. What is live stays until you publish."))
