"""The public help centre over the API: how it looks and where it is, and what readers said of its articles. Ours beside the wire format."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from glassine.story.knowledge import site, site_settings
from glassine.story.world import World
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.shapes import moment
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.ids import ArticleId
from glassine.words.people import Actor
from glassine.words.site import Link, Site

router = APIRouter(tags=["Knowledge"])
Reader = Annotated[Actor, Depends(Scope("help-center:read"))]
Admin = Annotated[Actor, Depends(Scope("autopilot:write"))]


class HelpLink(BaseModel):
    words: str
    url: str


class HelpSite(BaseModel):
    """`url` is where readers find it."""

    url: str
    title: str
    slug: str
    domain: str
    accent: str
    hidden: bool
    header_links: list[HelpLink]
    footer_links: list[HelpLink]


class Comment(BaseModel):
    helpful: bool
    comment: str
    created_at: datetime


class ArticleVotes(BaseModel):
    helpful: int
    unhelpful: int
    comments: list[Comment]


@router.get("/help-center/site", responses=shows(HelpSite))
async def show(world: Here, actor: Reader) -> Any:
    """How the public help centre looks and where it is."""
    return JSONResponse(_shape(world, await site.of(world, actor.org)))


def _shape(world: World, found: Site) -> dict[str, Any]:
    links = {name: [{"words": each.words, "url": each.url} for each in getattr(found, name)] for name in ("header_links", "footer_links")}
    return {
        "url": site_settings.origin(world, found), "title": found.title, "slug": found.slug, "domain": found.domain, "accent": found.accent, "hidden": found.hidden, **links,
    }


class LinkInput(Body):
    words: str = Field(max_length=60)
    url: str = Field(max_length=2_000)


class Change(Body):
    """What is left out stays; an empty text means what is usual."""

    title: str | None = Field(None, max_length=80)
    slug: str | None = Field(None, max_length=60)
    domain: str | None = Field(None, max_length=253)
    accent: str | None = Field(None, max_length=7)
    hidden: bool | None = None
    header_links: list[LinkInput] | None = Field(None, max_length=8)
    footer_links: list[LinkInput] | None = Field(None, max_length=8)


@router.patch("/help-center/site", responses=shows(HelpSite))
async def change(world: Here, actor: Admin, body: Change) -> Any:
    """Change the fields that are named."""
    links = {name: [Link(each.words, each.url) for each in given] for name in ("header_links", "footer_links") if (given := getattr(body, name)) is not None}
    plain = {name: getattr(body, name) for name in ("title", "slug", "domain", "accent", "hidden")}
    return JSONResponse(_shape(world, await site_settings.change(world, actor, **plain, **links)))


@router.get("/knowledge/articles/{id}/votes", responses=shows(ArticleVotes))
async def votes(world: Here, actor: Reader, id: UUID) -> Any:
    """Whether readers found an article helpful, and what they wrote, masked."""
    found = await site_settings.votes(world, actor, ArticleId(id))
    comments = [{"helpful": helpful, "comment": words, "created_at": moment(at)} for helpful, words, at in found.comments]
    return JSONResponse({"helpful": found.helpful, "unhelpful": found.unhelpful, "comments": comments})
