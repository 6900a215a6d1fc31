"""Articles as readers see them, so that an answer's source can be opened: published and public ones only. A full help centre comes later."""

from __future__ import annotations

import posixpath
import re
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from glassine.story import house, learning
from glassine.web import faults
from glassine.web.render import markdown, render
from glassine.web.staff import PageRoute, world_of
from glassine.words.ids import ArticleId, OrgId
from glassine.words.knowledge import Article

router = APIRouter(include_in_schema=False, route_class=PageRoute)


_LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)(#[^)\s]*)?\)")  # a Markdown link to another file of the same source


@router.get("/help/{org}/{id}")
async def article(request: Request, org: UUID, id: UUID) -> Response:
    """One article. A draft or internal one is as absent as one that never was."""
    world = world_of(request)
    found = await learning.public_article(world, OrgId(org), ArticleId(id))
    organization = await house.organization(world, OrgId(org))
    here = await learning.addresses(world, OrgId(org), found.source)
    body = _LINK.sub(lambda link: _linked(link, found.path, here, org), _without_title(found))
    return HTMLResponse(render("help.html", {"title": found.title, "body": markdown(body), "organization": organization.name, "theme": faults.theme_of(request)}))


def _without_title(article: Article) -> str:
    """The body without a first heading that says the title again."""
    first, _, rest = article.body.lstrip().partition("\n")
    return rest if first.startswith("# ") and first[2:].strip() == article.title else article.body


def _linked(link: re.Match[str], path: str, here: dict[str, ArticleId], org: UUID) -> str:
    """A link between files as a link between pages; one that leads nowhere here becomes plain text."""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), link[1]))
    return f"](/help/{org}/{here[target]}{link[2] or ''})" if target in here else "](#)"
