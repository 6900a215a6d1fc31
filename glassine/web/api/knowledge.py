"""Knowledge over the public API: search, and articles in full. Ours beside the wire format; what happens is told in story/learning.py."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from glassine.story import learning
from glassine.web.api.door import Here, Scope
from glassine.web.api.shapes import moment
from glassine.words.knowledge import Article, Audience
from glassine.words.people import Actor

router = APIRouter(prefix="/knowledge", tags=["Knowledge"])
Reader = Annotated[Actor, Depends(Scope("help-center:read"))]
Writer = Annotated[Actor, Depends(Scope("help-center:write"))]


@router.get("/search")
async def search(
    world: Here, actor: Reader, q: Annotated[str, Query(max_length=2_000)], audience: Audience = Audience.PUBLIC,
    language: Annotated[str | None, Query(pattern="^[a-z]{2}$")] = None, limit: Annotated[int, Query(ge=1, le=50)] = 8,
) -> Any:
    """The best passages for a question, with every part of their score. `audience` public is what a customer's answer may use."""
    hits = await learning.find(world, actor.org, q, audience=audience, language=language, limit=limit)
    return JSONResponse({"items": [
        {
            "passage_id": str(hit.passage), "article_id": str(hit.article), "title": hit.title, "heading": hit.heading, "text": hit.text, "url": hit.url,
            "audience": hit.audience, "score": round(hit.score, 4), "similarity": round(hit.similarity, 4), "best_sentence": hit.best_sentence,
            "scores": {name: round(value, 4) for name, value in hit.scores.items()},
        }
        for hit in hits
    ]})


class ArticleInput(BaseModel):
    """`published` false keeps it a draft, which nobody but the team sees."""

    title: str = Field(min_length=1, max_length=300)
    body: str = Field(max_length=1_000_000, description="Markdown")
    audience: Audience = Audience.PUBLIC
    published: bool = True
    language: str | None = Field(None, pattern="^[a-z]{2}$")
    url: str | None = Field(None, max_length=2_000)


class ArticleChange(BaseModel):
    title: str | None = Field(None, min_length=1, max_length=300)
    body: str | None = Field(None, max_length=1_000_000)
    audience: Audience | None = None
    published: bool | None = None
    language: str | None = Field(None, pattern="^[a-z]{2}$")
    url: str | None = Field(None, max_length=2_000)


def shape(article: Article) -> dict[str, Any]:
    return {
        "id": str(article.id), "source": article.source, "path": article.path, "title": article.title, "body": article.body, "status": article.status,
        "audience": article.audience, "language": article.language, "url": article.url, "created_at": moment(article.created_at), "updated_at": moment(article.updated_at),
    }
