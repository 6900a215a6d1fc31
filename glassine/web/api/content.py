"""The other side of `glassine content`: pages and topics as files hold them, read and written over the API. What happens is told in story/knowledge/content.py."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from glassine.story.knowledge import content
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.wire import Body, JSONResponse
from glassine.words import content as words
from glassine.words.ids import ArticleId
from glassine.words.knowledge import Audience
from glassine.words.people import Actor

router = APIRouter(prefix="/help-center/content", tags=["Knowledge"])
Reader = Annotated[Actor, Depends(Scope("help-center:read"))]
Writer = Annotated[Actor, Depends(Scope("help-center:write"))]


class PageShown(BaseModel):
    title: str
    body: str
    description: str
    meta_title: str
    meta_description: str
    slug: str
    locale: str
    audience: Audience
    segments: list[UUID]
    url: str
    topic: str
    position: int
    translation_of: str


class Item(BaseModel):
    """`token` names the state of the text; whoever writes over it says it. `apart`: readers see an earlier text."""

    id: UUID
    token: str
    published: bool
    apart: bool
    page: PageShown


class TopicShown(BaseModel):
    path: str
    name: str
    description: str
    icon: str
    position: int
    names: dict[str, str]


class Pages(BaseModel):
    items: list[Item]
    next: UUID | None


class Topics(BaseModel):
    """`languages` are the organisation's, the first one first."""

    languages: list[str]
    topics: list[TopicShown]


class PageInput(Body):
    title: str = Field(min_length=1, max_length=300)
    body: str = Field("", max_length=1_000_000)
    description: str = Field("", max_length=1_000)
    meta_title: str = Field("", max_length=300)
    meta_description: str = Field("", max_length=1_000)
    slug: str = Field("", max_length=200)
    locale: str = Field("", pattern="^([a-z]{2})?$")
    audience: Audience = Audience.PUBLIC
    segments: list[UUID] = Field(default_factory=list, max_length=50)
    url: str = Field("", max_length=2_000, pattern="^(https?://.+)?$")
    topic: str = Field("", max_length=500)
    position: int = Field(0, ge=-1_000_000, le=1_000_000)
    translation_of: str = Field("", max_length=300)

    def page(self) -> words.Page:
        return words.Page(**{**self.model_dump(exclude={"token"}), "audience": str(self.audience), "segments": tuple(map(str, self.segments))})


class Writing(PageInput):
    token: str | None = Field(None, max_length=60, description="Of the state that is written over; null for whatever is there")


class TopicInput(Body):
    path: str = Field(min_length=1, max_length=500)
    name: str = Field(min_length=1, max_length=200)
    description: str = Field("", max_length=1_000)
    icon: str = Field("", max_length=40)
    position: int = Field(0, ge=-1_000_000, le=1_000_000)
    names: dict[str, str] = Field(default_factory=dict, max_length=50)


@router.get("", responses=shows(Pages))
async def pages(world: Here, actor: Reader, after: UUID | None = None, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> Any:
    """Every article that the team writes here, as it is being written."""
    found = await content.listed(world, actor, after, limit)
    return JSONResponse({"items": [_shape(each) for each in found.remotes], "next": found.remotes[-1].id if found.more else None})


def _shape(remote: words.Remote) -> dict[str, Any]:
    return asdict(remote)


@router.get("/topics", responses=shows(Topics))
async def topics(world: Here, actor: Reader) -> Any:
    """The topics as folders, and the organisation's languages."""
    shelves = await content.shelves(world, actor)
    return JSONResponse({"languages": list(await content.languages(world, actor)), "topics": [{**asdict(each), "names": dict(each.names)} for each in shelves]})


@router.put("/topics", status_code=204)
async def put_topic(world: Here, actor: Writer, body: TopicInput) -> Response:
    """Make a topic, or change it."""
    await content.put_shelf(world, actor, words.Shelf(**{**body.model_dump(), "names": tuple(sorted(body.names.items()))}))
    return Response(status_code=204)


@router.post("", status_code=201, responses=shows(Item, 201))
async def create(world: Here, actor: Writer, body: PageInput) -> Any:
    """Write a new article as a draft."""
    return JSONResponse(_shape(await content.put(world, actor, body.page())), status_code=201)


@router.put("/{id}", responses=shows(Item))
async def write(world: Here, actor: Writer, id: UUID, body: Writing) -> Any:
    """Write an article's working copy over the state that `token` names. What readers see stays until it is published."""
    return JSONResponse(_shape(await content.put(world, actor, body.page(), id=ArticleId(id), token=body.token)))


@router.post("/{id}/publish", responses=shows(Item))
async def publish(world: Here, actor: Writer, id: UUID) -> Any:
    """Make the working copy what readers see."""
    return JSONResponse(_shape(await content.publish(world, actor, ArticleId(id))))
