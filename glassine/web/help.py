"""Articles as readers see them, so that an answer's source can be opened: published and public ones only. A full help centre comes later."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from glassine.rules.markdown import slug
from glassine.story import house, learning
from glassine.story.world import World
from glassine.web import faults, render
from glassine.web.staff import PageRoute, world_of
from glassine.words.errors import NotFound
from glassine.words.ids import ArticleId, OrgId
from glassine.words.knowledge import Article

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/help")
@router.get("/help/{path:path}")
async def help_page(request: Request, path: str = "") -> Response:
    """/help/{organisation}/{article}. A draft or internal one is as absent as one that never was, and so is what is no address at all."""
    try:
        org, id = map(UUID, path.split("/"))
        switches = world_of(request).switches
        if await switches.closed(OrgId(org), "help"):
            switches.turn_away(OrgId(org), "help")
            return HTMLResponse(render.render("help_closed.html", {"theme": faults.theme_of(request)}), status_code=403)
        values = await _article(world_of(request), OrgId(org), ArticleId(id))
    except (NotFound, ValueError):
        return HTMLResponse(render.render("help_missing.html", {"theme": faults.theme_of(request)}), status_code=404)
    return HTMLResponse(render.render("help.html", {**values, "theme": faults.theme_of(request)}))


async def _article(world: World, org: OrgId, id: ArticleId) -> dict[str, object]:
    found = await learning.public_article(world, org, id)
    organization = await house.organization(world, org)
    linked = partial(_linked, org, found.path, await learning.addresses(world, org, found.source))
    return {
        "title": found.title, "slug": slug(found.title), "body": render.article(_without_title(found), linked), "organization": organization.name,
        "language": found.language,
    }


def _without_title(article: Article) -> str:
    """The body without a first heading that says the title again."""
    first, _, rest = article.body.lstrip().partition("\n")
    return rest if first.startswith("# ") and first[2:].strip() == article.title else article.body


def _linked(org: OrgId, path: str, here: Mapping[str, ArticleId], target: str) -> str | None:
    """A link from the file at `path` to another of its source, as the address of that article's page."""
    file = posixpath.normpath(posixpath.join(posixpath.dirname(path), urlsplit(target).path))
    return f"/help/{org}/{here[file]}" if file in here else None
