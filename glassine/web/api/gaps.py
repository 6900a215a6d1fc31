"""Gaps over the public API: what customers asked and nobody had written about. What happens is told in story/knowledge/gaps.py."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from glassine.rules.permits import require_scope
from glassine.story.knowledge import gaps
from glassine.web.api import described_gaps
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.shapes import moment
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.gaps import Gap, GapStatus, Question
from glassine.words.ids import GapId
from glassine.words.people import Actor

router = APIRouter(prefix="/knowledge/gaps", tags=["Knowledge"])
Reader = Annotated[Actor, Depends(Scope("help-center:read"))]
Writer = Annotated[Actor, Depends(Scope("help-center:write"))]
Sort = Literal["count", "newest", "rising"]


class GapChange(Body):
    """`name` empty: the words of the question in the middle."""

    name: str | None = Field(None, max_length=200)
    status: GapStatus | None = None


class Merge(Body):
    into: UUID


@router.get("", responses=shows(described_gaps.Gaps))
async def list_gaps(
    world: Here, actor: Reader, status: GapStatus | None = None, sort: Sort = "count", limit: Annotated[int, Query(ge=1, le=100)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Any:
    """Questions without an answer, gathered by what they mean, with counts. Names are masked words of customers, so the key must read sessions too."""
    require_scope(actor, "chat-sessions:read")
    found, total = await gaps.every(world, actor, status=status, sort=sort, limit=limit, offset=offset)
    return JSONResponse({"items": [shape(one) for one in found], "total": total})


@router.get("/{id}", responses=shows(described_gaps.Detail))
async def get_gap(world: Here, actor: Reader, id: UUID) -> Any:
    """One gap with its questions and their sessions, newest first."""
    require_scope(actor, "chat-sessions:read")
    found = await gaps.one(world, actor, GapId(id))
    return JSONResponse({**shape(found), "questions": [_question(one) for one in await gaps.questions(world, actor, found.id)]})


@router.patch("/{id}", responses=shows(described_gaps.Gap))
async def change_gap(world: Here, actor: Writer, id: UUID, body: GapChange) -> Any:
    """Rename a gap, or open, resolve or archive it."""
    require_scope(actor, "chat-sessions:read")
    if body.name is not None:
        await gaps.rename(world, actor, GapId(id), body.name)
    if body.status is not None:
        await gaps.set_status(world, actor, GapId(id), body.status)
    return JSONResponse(shape(await gaps.one(world, actor, GapId(id))))


@router.post("/{id}/merge", responses=shows(described_gaps.Gap))
async def merge_gap(world: Here, actor: Writer, id: UUID, body: Merge) -> Any:
    """Count this gap's questions for another, and those that come near it from now on."""
    require_scope(actor, "chat-sessions:read")
    await gaps.merge(world, actor, GapId(id), GapId(body.into))
    return JSONResponse(shape(await gaps.one(world, actor, GapId(body.into))))


@router.delete("/{id}/merge", responses=shows(described_gaps.Gap))
async def part_gap(world: Here, actor: Writer, id: UUID) -> Any:
    """Take a merge back."""
    require_scope(actor, "chat-sessions:read")
    await gaps.part(world, actor, GapId(id))
    return JSONResponse(shape(await gaps.one(world, actor, GapId(id))))


@router.post("/{id}/article", status_code=201, responses=shows(described_gaps.Drafted, 201))
async def draft_article(world: Here, actor: Writer, id: UUID) -> Any:
    """Make a draft article from what was asked and what people answered, and link it with the gap."""
    require_scope(actor, "chat-sessions:read")
    article = await gaps.draft(world, actor, GapId(id))
    return JSONResponse({"article_id": str(article.id), "title": article.title}, status_code=201)


def shape(one: Gap) -> dict[str, Any]:
    return {
        "id": str(one.id), "name": one.name, "language": one.language, "status": one.status, "by_itself": one.by_itself, "article_id": str(one.article) if one.article else None,
        "asked": one.asked, "answered": one.answered, "sessions": one.sessions, "this_week": one.this_week, "last_week": one.last_week, "recent": list(one.recent),
        "last_asked": moment(one.last_asked), "changed_at": moment(one.changed_at),
    }


def _question(one: Question) -> dict[str, Any]:
    return {"turn_id": str(one.turn), "session_id": str(one.session), "ticket_number": one.ticket, "text": one.text, "why": one.why, "asked_at": moment(one.asked_at)}
