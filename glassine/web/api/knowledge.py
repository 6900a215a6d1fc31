"""Knowledge over the public API: search, and articles in full. Ours beside the wire format; what happens is told in story/learning.py."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import Field

from glassine.story import finding, learning
from glassine.web.api import described
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.shapes import moment
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.errors import Refused
from glassine.words.ids import ArticleId, ContactId, SegmentId
from glassine.words.knowledge import TEAM, Article, ArticleStatus, Audience, Viewer
from glassine.words.people import Actor

router = APIRouter(prefix="/knowledge", tags=["Knowledge"])
Reader = Annotated[Actor, Depends(Scope("help-center:read"))]
Writer = Annotated[Actor, Depends(Scope("help-center:write"))]


@router.get("/search", responses=shows(described.Hits))
async def search(
    world: Here, actor: Reader, q: Annotated[str, Query(max_length=2_000)], audience: Audience = Audience.PUBLIC, contact: UUID | None = None,
    language: Annotated[str | None, Query(pattern="^[a-z]{2}$")] = None, limit: Annotated[int, Query(ge=1, le=50)] = 8,
) -> Any:
    """The best passages for a question, with every part of their score: what everybody sees, with `audience` internal what the team sees, with `contact` what that
    contact's answers may use in a session that is verified."""
    hits = await finding.find(world, actor.org, q, viewer=_viewer(audience, contact), language=language, limit=limit)
    return JSONResponse({"items": [
        {
            "passage_id": str(hit.passage), "article_id": str(hit.article), "title": hit.title, "heading": hit.heading, "text": hit.text, "url": hit.url,
            "audience": hit.audience, "score": round(hit.score, 4), "similarity": round(hit.similarity, 4), "best_sentence": hit.best_sentence,
            "scores": {name: round(value, 4) for name, value in hit.scores.items()},
        }
        for hit in hits
    ]})


def _viewer(audience: Audience, contact: UUID | None) -> Viewer:
    if audience is Audience.SEGMENT and contact is None:
        raise Refused("Name the contact whose segments are meant, as contact=….")
    return TEAM if audience is Audience.INTERNAL else Viewer(contact=ContactId(contact) if contact else None)


class ArticleInput(Body):
    """`segments` are the ids of those who see it where `audience` is segment. `published` false keeps it a draft, which nobody but the team sees."""

    title: str = Field(min_length=1, max_length=300)
    body: str = Field(max_length=1_000_000, description="Markdown")
    audience: Audience = Audience.PUBLIC
    segments: list[UUID] = Field([], max_length=50)
    published: bool = True
    language: str | None = Field(None, pattern="^[a-z]{2}$")
    url: str | None = Field(None, max_length=2_000)


class ArticleChange(Body):
    title: str | None = Field(None, min_length=1, max_length=300)
    body: str | None = Field(None, max_length=1_000_000)
    audience: Audience | None = None
    segments: list[UUID] | None = Field(None, max_length=50)
    published: bool | None = None
    language: str | None = Field(None, pattern="^[a-z]{2}$")
    url: str | None = Field(None, max_length=2_000)


@router.get("/articles", responses=shows(described.Articles))
async def list_articles(
    world: Here, actor: Reader, status: ArticleStatus | None = None, source: Annotated[str | None, Query(max_length=200)] = None, audience: Audience | None = None,
    contains: Annotated[str, Query(max_length=200)] = "", limit: Annotated[int, Query(ge=1, le=100)] = 50, offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Any:
    """Articles with the newest changes first; `total` counts all that match."""
    page = await learning.listing(world, actor.org, status=status, source=source, audience=audience, contains=contains, limit=limit, offset=offset)
    return JSONResponse({"items": [shape(article) for article in page.articles], "total": page.total})


@router.post("/articles", status_code=201, responses=shows(described.Article, 201))
async def create_article(world: Here, actor: Writer, body: ArticleInput) -> Any:
    """Write an article, and publish it unless `published` is false."""
    article = await learning.save(world, actor.org, title=body.title, body=body.body, audience=body.audience, segments=_ids(body.segments), language=body.language, url=body.url, by=actor)
    return JSONResponse(shape(await learning.publish(world, actor.org, article.id, by=actor) if body.published else article), status_code=201)


@router.get("/articles/{id}", responses=shows(described.Article))
async def get_article(world: Here, actor: Reader, id: UUID) -> Any:
    """One article."""
    return JSONResponse(shape(await learning.article(world, actor.org, ArticleId(id))))


@router.patch("/articles/{id}", responses=shows(described.Article))
async def update_article(world: Here, actor: Writer, id: UUID, body: ArticleChange) -> Any:
    """Change the fields that are named; answers follow at once. `published` false takes it out of every answer."""
    before = await learning.article(world, actor.org, ArticleId(id))
    if body.published is False and before.status is ArticleStatus.PUBLISHED:
        before = await learning.unpublish(world, actor.org, before.id, by=actor)
    article = await learning.save(
        world, actor.org, id=before.id, title=body.title or before.title, body=before.body if body.body is None else body.body,
        audience=body.audience or before.audience, segments=before.segments if body.segments is None else _ids(body.segments), language=body.language or before.language, url=before.url if body.url is None else body.url or None,
        by=actor,
    )
    if body.published and article.status is not ArticleStatus.PUBLISHED:
        article = await learning.publish(world, actor.org, article.id, by=actor)
    return JSONResponse(shape(article))


@router.delete("/articles/{id}", status_code=204)
async def delete_article(world: Here, actor: Writer, id: UUID) -> Response:
    """Delete an article. It is out of every answer at once."""
    await learning.delete(world, actor.org, ArticleId(id), by=actor)
    return Response(status_code=204)


def _ids(segments: list[UUID]) -> tuple[SegmentId, ...]:
    return tuple(SegmentId(one) for one in segments)


def shape(article: Article) -> dict[str, Any]:
    return {
        "id": str(article.id), "source": article.source, "path": article.path, "title": article.title, "body": article.body, "status": article.status,
        "audience": article.audience, "segments": [str(one) for one in article.segments], "language": article.language, "url": article.url, "created_at": moment(article.created_at), "updated_at": moment(article.updated_at),
    }
