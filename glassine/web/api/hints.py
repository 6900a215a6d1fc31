"""What search is told, over the public API: pins and synonyms. What they do is told in story/search/hints.py."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import Field

from glassine.story.search import hints
from glassine.web.api import described_hints
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.ids import ArticleId
from glassine.words.people import Actor

router = APIRouter(prefix="/knowledge/search", tags=["Knowledge"])
Reader = Annotated[Actor, Depends(Scope("help-center:read"))]
Writer = Annotated[Actor, Depends(Scope("help-center:write"))]


class PinInput(Body):
    article_id: UUID
    question: str = Field(min_length=1, max_length=300)
    language: str = Field("en", pattern="^[a-z]{2}$")


class SynonymsInput(Body):
    """Words or phrases that mean the same, in both directions."""

    phrases: list[Annotated[str, Field(min_length=1, max_length=80)]] = Field(min_length=2, max_length=12)
    language: str = Field("en", pattern="^[a-z]{2}$")


@router.get("/pins", responses=shows(described_hints.Pins))
async def list_pins(world: Here, actor: Reader) -> Any:
    """Articles that come first for a question, and for those that mean the same."""
    return JSONResponse({"items": [
        {"id": str(row["id"]), "article_id": str(row["article_id"]), "title": row["title"], "question": row["question"], "language": row["language"]}
        for row in (await hints.listed(world, actor)).pins
    ]})


@router.post("/pins", status_code=201, responses=shows(described_hints.Made, 201))
async def add_pin(world: Here, actor: Writer, body: PinInput) -> Any:
    """Pin an article to a question."""
    return JSONResponse({"id": str(await hints.pin(world, actor, ArticleId(body.article_id), body.question, body.language))}, status_code=201)


@router.delete("/pins/{id}", status_code=204)
async def remove_pin(world: Here, actor: Writer, id: UUID) -> Response:
    """Take a pin off."""
    await hints.unpin(world, actor, id)
    return Response(status_code=204)


@router.get("/synonyms", responses=shows(described_hints.Synonyms))
async def list_synonyms(world: Here, actor: Reader) -> Any:
    """Groups of words that mean the same."""
    return JSONResponse({"items": [{"id": str(row["id"]), "phrases": row["phrases"], "language": row["language"]} for row in (await hints.listed(world, actor)).synonyms]})


@router.post("/synonyms", status_code=201, responses=shows(described_hints.Made, 201))
async def add_synonyms(world: Here, actor: Writer, body: SynonymsInput) -> Any:
    """Add a group of words that mean the same."""
    return JSONResponse({"id": str(await hints.add_synonyms(world, actor, body.phrases, body.language))}, status_code=201)


@router.delete("/synonyms/{id}", status_code=204)
async def remove_synonyms(world: Here, actor: Writer, id: UUID) -> Response:
    """Remove a group of synonyms."""
    await hints.remove_synonyms(world, actor, id)
    return Response(status_code=204)
