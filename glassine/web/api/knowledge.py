"""Knowledge over the public API: search. Articles are in articles.py, and what stands around them in centre.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from glassine.story.search import reranking
from glassine.web.api import described
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.wire import JSONResponse
from glassine.words.errors import Refused
from glassine.words.ids import ContactId, SegmentId
from glassine.words.knowledge import TEAM, Audience, Viewer
from glassine.words.people import Actor

router = APIRouter(prefix="/knowledge", tags=["Knowledge"])
Reader = Annotated[Actor, Depends(Scope("help-center:read"))]


@router.get("/search", responses=shows(described.Hits))
async def search(
    world: Here, actor: Reader, q: Annotated[str, Query(max_length=2_000)], audience: Audience = Audience.PUBLIC, contact: UUID | None = None,
    segment: Annotated[list[UUID] | None, Query(max_length=100)] = None,
    language: Annotated[str | None, Query(pattern="^[a-z]{2}$")] = None, limit: Annotated[int, Query(ge=1, le=50)] = 8,
) -> Any:
    """The best passages for a question, with every part of their score: what everybody sees, with `audience` internal what the team sees, with `contact` what that
    contact's answers may use in a session that is verified, and with `segment`, as often as needed, what somebody in these segments would see."""
    hits = (await reranking.seek(world, actor.org, q, viewer=_viewer(audience, contact, segment or []), language=language, limit=limit)).hits
    return JSONResponse({"items": [
        {
            "passage_id": str(hit.passage), "article_id": str(hit.article), "title": hit.title, "heading": hit.heading, "text": hit.text, "url": hit.url,
            "audience": hit.audience, "score": round(hit.score, 4), "similarity": round(hit.similarity, 4), "best_sentence": hit.best_sentence,
            "scores": {name: round(value, 4) for name, value in hit.scores.items()}, "also": list(hit.also),
        }
        for hit in hits
    ]})


def _viewer(audience: Audience, contact: UUID | None, segments: Sequence[UUID]) -> Viewer:
    if audience is Audience.SEGMENT and contact is None and not segments:
        raise Refused("Name the contact whose segments are meant, as contact=…, or segments, as segment=….")
    if contact is not None and segments:
        raise Refused("Name a contact or segments, not both.")
    if segments and audience is not Audience.INTERNAL:
        return Viewer(segments=tuple(map(SegmentId, segments)))
    return TEAM if audience is Audience.INTERNAL else Viewer(contact=ContactId(contact) if contact else None)
