"""What stands around articles, over the public API: topics, content rules, pictures and links. What happens is told in the stories."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, UploadFile
from fastapi.responses import Response
from pydantic import Field

from glassine.store.images import Image
from glassine.story.knowledge import content_rules, linking, pictures, topics
from glassine.web.api import described_articles as described
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.shapes import moment
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.articles import ContentRule, RuleKind, Severity, Topic
from glassine.words.errors import NotFound
from glassine.words.ids import OrgId, new_id
from glassine.words.people import Actor

router = APIRouter(prefix="/knowledge", tags=["Knowledge"])
Reader = Annotated[Actor, Depends(Scope("help-center:read"))]
Writer = Annotated[Actor, Depends(Scope("help-center:write"))]


class TopicInput(Body):
    """`names` says it in other languages, by code. `parent_id` is a topic of the first level."""

    name: str = Field(min_length=1, max_length=120)
    slug: str = Field("", max_length=200)
    description: str = Field("", max_length=500)
    icon: str = Field("", max_length=20)
    parent_id: UUID | None = None
    names: dict[str, str] = Field({}, max_length=40)


class Order(Body):
    """Ids as they follow each other; what is not named comes behind, as it was."""

    ids: list[UUID] = Field(max_length=1_000)


class RuleInput(Body):
    name: str = Field(min_length=1, max_length=120)
    kind: RuleKind
    value: str = Field("", max_length=1_000)
    severity: Severity = Severity.SHOULD
    active: bool = True


class Ignored(Body):
    url: str = Field(min_length=1, max_length=4_000)
    ignored: bool = True


@router.get("/topics", responses=shows(described.Topics))
async def list_topics(world: Here, actor: Reader) -> Any:
    """All topics in their order."""
    return JSONResponse({"items": [_topic(one) for one in await topics.all_of(world, actor.org)]})


@router.post("/topics", status_code=201, responses=shows(described.Topic, 201))
async def create_topic(world: Here, actor: Writer, body: TopicInput) -> Any:
    """Make a topic, at the end."""
    return JSONResponse(_topic(await topics.create(world, actor, _given(new_id(), body))), status_code=201)


@router.put("/topics/order", responses=shows(described.Topics))
async def order_topics(world: Here, actor: Writer, body: Order) -> Any:
    """Put topics in another order."""
    await topics.order(world, actor, body.ids)
    return JSONResponse({"items": [_topic(one) for one in await topics.all_of(world, actor.org)]})


@router.put("/topics/{id}", responses=shows(described.Topic))
async def change_topic(world: Here, actor: Writer, id: UUID, body: TopicInput) -> Any:
    """Change a topic."""
    await topics.change(world, actor, _given(id, body))
    return JSONResponse(_topic(await topics.one(world, actor.org, id)))


@router.delete("/topics/{id}", status_code=204)
async def delete_topic(world: Here, actor: Writer, id: UUID) -> Response:
    """Delete a topic. Its articles stay, in no topic."""
    await topics.delete(world, actor, id)
    return Response(status_code=204)


@router.get("/rules", responses=shows(described.Rules))
async def list_rules(world: Here, actor: Reader) -> Any:
    """All content rules."""
    return JSONResponse({"items": [_rule(one) for one in await content_rules.all_of(world, actor.org)]})


@router.post("/rules", status_code=201, responses=shows(described.Rule, 201))
async def create_rule(world: Here, actor: Writer, body: RuleInput) -> Any:
    """Write a content rule. One whose `severity` is must keeps articles that break it from being published."""
    return JSONResponse(_rule(await content_rules.save(world, actor, ContentRule(id=new_id(), **body.model_dump()))), status_code=201)


@router.put("/rules/{id}", responses=shows(described.Rule))
async def change_rule(world: Here, actor: Writer, id: UUID, body: RuleInput) -> Any:
    """Change a content rule."""
    if id not in {one.id for one in await content_rules.all_of(world, actor.org)}:
        raise NotFound("There is no such rule.")
    return JSONResponse(_rule(await content_rules.save(world, actor, ContentRule(id=id, **body.model_dump()))))


@router.delete("/rules/{id}", status_code=204)
async def delete_rule(world: Here, actor: Writer, id: UUID) -> Response:
    """Delete a content rule."""
    await content_rules.delete(world, actor, id)
    return Response(status_code=204)


@router.get("/images", responses=shows(described.Images))
async def list_images(world: Here, actor: Reader, limit: Annotated[int, Query(ge=1, le=100)] = 50, offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0) -> Any:
    """Pictures of articles, the newest first, with how many bytes all of them have."""
    found, total, size = await pictures.listing(world, actor, limit=limit, offset=offset)
    return JSONResponse({"items": [_image(actor.org, one) for one in found], "total": total, "bytes": size})


@router.post("/images/upload", status_code=201, responses=shows(described.Image, 201))
async def upload_image(world: Here, actor: Writer, file: UploadFile) -> Any:
    """Upload a picture (PNG, JPEG, GIF or WebP, up to 5 MB). Its `url` is what an article's Markdown shows it by."""
    return JSONResponse(_image(actor.org, await pictures.add(world, actor, file.filename or "picture", await file.read())), status_code=201)


@router.delete("/images/{id}", status_code=204)
async def delete_image(world: Here, actor: Writer, id: UUID) -> Response:
    """Delete a picture that no article shows."""
    await pictures.delete(world, actor, id)
    return Response(status_code=204)


@router.get("/links", responses=shows(described.Links))
async def list_links(world: Here, actor: Reader) -> Any:
    """Links of published articles that lead nowhere."""
    found, _ = await linking.report(world, actor)
    return JSONResponse({"items": [
        {
            "article_id": str(one["article_id"]), "title": one["title"], "url": one["url"], "internal": one["internal"], "reason": one["reason"], "state": one["state"],
            "ignored": one["ignored"], "checked_at": moment(one["checked_at"]) if one["checked_at"] else None,
        }
        for one in found
    ]})


@router.put("/links/ignored", status_code=204)
async def ignore_link(world: Here, actor: Writer, body: Ignored) -> Response:
    """Count an address outside as no fault, or check it again."""
    await linking.ignore(world, actor, body.url, body.ignored)
    return Response(status_code=204)


def _given(id: UUID, body: TopicInput) -> Topic:
    return Topic(id=id, name=body.name, slug=body.slug, description=body.description, icon=body.icon, parent=body.parent_id, names=body.names)


def _topic(one: Topic) -> dict[str, Any]:
    return {
        "id": str(one.id), "name": one.name, "slug": one.slug, "description": one.description, "icon": one.icon, "position": one.position,
        "parent_id": str(one.parent) if one.parent else None, "names": dict(one.names), "articles": one.articles, "drafts": one.drafts,
    }


def _rule(one: ContentRule) -> dict[str, Any]:
    return {"id": str(one.id), "name": one.name, "kind": one.kind, "value": one.value, "severity": one.severity, "active": one.active}


def _image(org: OrgId, one: Image) -> dict[str, Any]:
    return {
        "id": str(one.id), "name": one.name, "media_type": one.media_type, "width": one.width, "height": one.height, "size": one.size,
        "url": pictures.address(org, one), "articles": one.articles, "created_at": moment(one.created_at),
    }
