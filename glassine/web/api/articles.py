"""Articles over the public API: written, published, withdrawn, brought back, with their versions and translations. What happens is told in the stories."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import Field

from glassine.story.knowledge import authoring, content_rules, history, learning, topics, translating
from glassine.web.api import described_articles as described
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.shapes import moment
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.articles import Fault, Fields, Version, Working
from glassine.words.ids import ArticleId, SegmentId
from glassine.words.knowledge import Article, ArticleStatus, Audience
from glassine.words.people import Actor

router = APIRouter(prefix="/knowledge/articles", tags=["Knowledge"])
Reader = Annotated[Actor, Depends(Scope("help-center:read"))]
Writer = Annotated[Actor, Depends(Scope("help-center:write"))]
_LANGUAGE = "^[a-z]{2}$"


class ArticleInput(Body):
    """`segments` are the ids of those who see it where `audience` is segment. `published` false keeps it a draft, which nobody but the team sees."""

    title: str = Field(min_length=1, max_length=300)
    body: str = Field(max_length=1_000_000, description="Markdown")
    description: str = Field("", max_length=1_000)
    slug: str = Field("", max_length=200)
    meta_title: str = Field("", max_length=300)
    meta_description: str = Field("", max_length=1_000)
    topic_id: UUID | None = None
    audience: Audience = Audience.PUBLIC
    segments: list[UUID] = Field([], max_length=50)
    published: bool = True
    language: str | None = Field(None, pattern=_LANGUAGE)
    url: str | None = Field(None, max_length=2_000)


class ArticleChange(Body):
    """What is not named stays. `token` is that of the text that the change was made from: when another is there, nothing is changed (409)."""

    title: str | None = Field(None, min_length=1, max_length=300)
    body: str | None = Field(None, max_length=1_000_000)
    description: str | None = Field(None, max_length=1_000)
    slug: str | None = Field(None, max_length=200)
    meta_title: str | None = Field(None, max_length=300)
    meta_description: str | None = Field(None, max_length=1_000)
    topic_id: UUID | None = None
    audience: Audience | None = None
    segments: list[UUID] | None = Field(None, max_length=50)
    published: bool | None = None
    language: str | None = Field(None, pattern=_LANGUAGE)
    url: str | None = Field(None, max_length=2_000)
    token: str | None = Field(None, max_length=60)


class TranslationInput(Body):
    """`machine`: the language model translates; otherwise a draft is made that holds the original's text."""

    language: str = Field(pattern=_LANGUAGE)
    machine: bool = False


@router.get("", responses=shows(described.Articles))
async def list_articles(
    world: Here, actor: Reader, status: ArticleStatus | None = None, source: Annotated[str | None, Query(max_length=200)] = None, audience: Audience | None = None,
    contains: Annotated[str, Query(max_length=200)] = "", topic: UUID | None = None, language: Annotated[str | None, Query(pattern=_LANGUAGE)] = None, edited: bool = False,
    deleted: bool = False, limit: Annotated[int, Query(ge=1, le=100)] = 50, offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Any:
    """Articles with the newest changes first, or in their order within a `topic`; `total` counts all that match. `edited`: with changes that are not published;
    `deleted`: what is in the trash."""
    page = await learning.listing(
        world, actor.org, status=status, source=source, audience=audience, contains=contains, limit=limit, offset=offset, topic=topic, language=language, edited=edited,
        deleted=deleted,
    )
    return JSONResponse({"items": [shape(article) for article in page.articles], "total": page.total})


@router.post("", status_code=201, responses=shows(described.Article, 201))
async def create_article(world: Here, actor: Writer, body: ArticleInput) -> Any:
    """Write an article, and publish it unless `published` is false."""
    told = body.model_dump(exclude={"topic_id", "published", "segments", "language"})
    fields = Fields(**told, language=body.language or "", segments=_ids(body.segments))
    article = await authoring.create(world, actor.org, fields, by=actor)
    if body.topic_id:
        await topics.move(world, actor, [article.id], body.topic_id)
    if body.published:
        await learning.publish(world, actor.org, article.id, by=actor)
    return JSONResponse(await _whole(world, actor, article.id), status_code=201)


@router.get("/{id}", responses=shows(described.Article))
async def get_article(world: Here, actor: Reader, id: UUID) -> Any:
    """One article as it is live, with `draft` where something else is being written."""
    return JSONResponse(await _whole(world, actor, ArticleId(id)))


@router.patch("/{id}", responses=shows(described.Article))
async def update_article(world: Here, actor: Writer, id: UUID, body: ArticleChange) -> Any:
    """Change the fields that are named. What is live stays until `published` is true, which publishes the change; false takes the article out of every answer."""
    article = ArticleId(id)
    now = await authoring.working(world, actor.org, article)
    told: dict[str, Any] = {name: value for name, value in body.model_dump(exclude={"topic_id", "published", "segments", "token"}).items() if value is not None}
    if body.segments is not None:
        told["segments"] = _ids(body.segments)
    if told:
        await authoring.edit(world, actor.org, article, replace(now.fields, **told), token=body.token or now.token, by=actor)
    if "topic_id" in body.model_fields_set:
        await topics.move(world, actor, [article], body.topic_id)
    if body.published:
        await learning.publish(world, actor.org, article, by=actor)
    elif body.published is False and now.article.status is ArticleStatus.PUBLISHED:
        await learning.unpublish(world, actor.org, article, by=actor)
    return JSONResponse(await _whole(world, actor, article))


@router.delete("/{id}", status_code=204)
async def delete_article(world: Here, actor: Writer, id: UUID) -> Response:
    """Delete an article. It is out of every answer at once; one that was written here stays in the trash for 30 days."""
    await learning.delete(world, actor.org, ArticleId(id), by=actor)
    return Response(status_code=204)


@router.post("/{id}/bring-back", responses=shows(described.Article))
async def bring_back(world: Here, actor: Writer, id: UUID) -> Any:
    """Take an article out of the trash, as a draft."""
    article = await learning.bring_back(world, actor.org, ArticleId(id), by=actor)
    return JSONResponse(await _whole(world, actor, article.id))


@router.post("/{id}/discard", responses=shows(described.Article))
async def discard(world: Here, actor: Writer, id: UUID) -> Any:
    """Go back to what is live; what was written is kept as a version."""
    await authoring.discard(world, actor.org, ArticleId(id), by=actor)
    return JSONResponse(await _whole(world, actor, ArticleId(id)))


@router.get("/{id}/checks", responses=shows(described.Checks))
async def checks(world: Here, actor: Reader, id: UUID) -> Any:
    """What content rules find in the text that is being written."""
    working = await authoring.working(world, actor.org, ArticleId(id))
    return JSONResponse({"items": [_fault(one) for one in await content_rules.faults(world, actor.org, working.fields, id=ArticleId(id))]})


@router.get("/{id}/versions", responses=shows(described.Versions))
async def versions(world: Here, actor: Reader, id: UUID) -> Any:
    """All versions, the newest first: what was published, and what was set aside."""
    return JSONResponse({"items": [_version(one) for one in await history.versions(world, actor.org, ArticleId(id))]})


@router.post("/{id}/versions/{number}/restore", responses=shows(described.Article))
async def restore(world: Here, actor: Writer, id: UUID, number: int) -> Any:
    """Make a version what is being written. What is live stays until it is published."""
    await history.restore(world, actor.org, ArticleId(id), number, by=actor)
    return JSONResponse(await _whole(world, actor, ArticleId(id)))


@router.get("/{id}/translations", responses=shows(described.Articles))
async def translations(world: Here, actor: Reader, id: UUID) -> Any:
    """The original and its translations."""
    original, made = await translating.family(world, actor.org, ArticleId(id))
    return JSONResponse({"items": [shape(one) for one in (original, *made)], "total": 1 + len(made)})


@router.post("/{id}/translations", status_code=201, responses=shows(described.Article, 201))
async def translate(world: Here, actor: Writer, id: UUID, body: TranslationInput) -> Any:
    """Make a translation as a draft. One that a person has edited is never overwritten by a machine (409)."""
    make = translating.translate if body.machine else translating.begin
    made = await make(world, actor, ArticleId(id), body.language)
    return JSONResponse(await _whole(world, actor, made.id), status_code=201)


def _ids(segments: list[UUID]) -> tuple[SegmentId, ...]:
    return tuple(SegmentId(one) for one in segments)


async def _whole(world: Here, actor: Actor, id: ArticleId) -> dict[str, Any]:
    working = await authoring.working(world, actor.org, id)
    return {**shape(working.article), "token": working.token, "draft": _draft(working)}


def _draft(working: Working) -> dict[str, Any] | None:
    return working.fields.written() if working.apart else None


def shape(article: Article) -> dict[str, Any]:
    return {
        "id": str(article.id), "source": article.source, "path": article.path, "title": article.title, "body": article.body, "status": article.status,
        "audience": article.audience, "segments": [str(one) for one in article.segments], "language": article.language, "url": article.url,
        "description": article.description, "slug": article.slug, "meta_title": article.meta_title, "meta_description": article.meta_description,
        "topic_id": str(article.topic) if article.topic else None, "position": article.position, "edited": article.edited, "version": article.version,
        "translation_of": str(article.translation_of) if article.translation_of else None, "translated_by_machine": article.machine,
        "published_at": moment(article.published_at) if article.published_at else None, "deleted_at": moment(article.deleted_at) if article.deleted_at else None,
        "created_at": moment(article.created_at), "updated_at": moment(article.updated_at),
    }


def _version(one: Version) -> dict[str, Any]:
    return {"number": one.number, "published": one.published, "note": one.note, "by": one.by_name or None, "created_at": moment(one.created_at), "fields": one.fields.written()}


def _fault(one: Fault) -> dict[str, Any]:
    return {
        "rule": one.rule, "severity": one.severity, "message": one.words, "field": one.field, "line": one.line or None, "quote": one.quote or None, "checked": not one.unchecked,
    }
