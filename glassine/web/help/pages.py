"""The pages of the help centre: front, topics, articles, search, and the form that asks whether an article helped. All work without a script."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from glassine.story.knowledge import site as sites
from glassine.web.help import reading
from glassine.web.help.frame import HelpRoute, Place, may_search, may_vote, place, show, still_the_same, unchanged_since
from glassine.web.render import render
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import ArticleId
from glassine.words.site import Reading, Shelf

router = APIRouter(route_class=HelpRoute)
_READ = ["GET", "HEAD"]
_LONGEST_QUESTION = 500


@router.api_route("/{key}", methods=_READ)
async def enter(request: Request, key: str) -> Response:
    """On to the language that the reader's browser asks for, or the organisation's first."""
    here = await place(request, key)
    spoken = await sites.languages(here.world, here.site)
    wanted = [one.partition(";")[0].strip()[:2].lower() for one in request.headers.get("accept-language", "").split(",")]
    language = next((one for one in wanted if one in spoken), spoken[0])
    return _on(here.to(language=language), 302, {"Vary": "Accept-Language", "Cache-Control": "public, no-cache"})


def _on(to: str, status: int = 301, headers: dict[str, str] | None = None) -> Response:
    return RedirectResponse(to or "/", status_code=status, headers=headers)


@router.api_route("/{key}/{language}", methods=_READ)
async def front(request: Request, key: str, language: str, q: str = "") -> Response:
    """The first page; with `q` what was found. An article's id in the place of a language is an address of earlier days."""
    if len(language) == 36:
        return await _by_id(request, key, language)
    here = await place(request, key, language)
    if key != here.site.key and here.base:
        return _on(here.to() + _query(q))
    if question := " ".join(q.replace("\0", " ").split())[:_LONGEST_QUESTION]:
        return await _search(request, here, question)
    if "hx-request" in request.headers:
        return HTMLResponse("")  # the field was emptied
    topics, loose, total = await sites.front(here.world, here.site, language)
    if not topics and not loose and language not in here.site.languages:
        raise NotFound("There is no such page.")
    structured = reading.site_data(here) if topics or loose else ""
    return await show(request, here, "front.html", topics=topics, loose=loose, total=total, title=here.site.name, home=True, structured=structured)


def _query(q: str) -> str:
    return f"?{urlencode({'q': q})}" if q else ""


async def _by_id(request: Request, key: str, id: str) -> Response:
    here = await place(request, key)
    try:
        moved = await sites.moved(here.world, here.site, "", str(UUID(id)))
    except ValueError:
        moved = None
    if moved is None or not moved[1]:
        raise NotFound("There is no such article.")
    return _on(here.to(moved[1], language=moved[0]))


async def _search(request: Request, here: Place, q: str) -> Response:
    """By htmx the list alone, so that it can follow what is typed."""
    if not may_search(request):
        raise Refused(here.say["slow"], status=429)
    found = await sites.search(here.world, here.site, here.language, q)
    if "hx-request" in request.headers:
        values = {"found": found, "q": q, "say": here.say, "here": here}
        return HTMLResponse(render("help/found.html", values), headers={"Cache-Control": "no-store", "X-Robots-Tag": "noindex"})
    return await show(request, here, "search.html", found=found, q=q, title=here.say["search"], index=False)


@router.api_route("/{key}/{language}/topics/{slug}", methods=_READ)
async def topic(request: Request, key: str, language: str, slug: str, page: int = 1) -> Response:
    """A topic; `-` stands for the articles of none."""
    here = await place(request, key, language)
    if slug == "-":
        return await _loose(request, here, max(1, min(page, 10_000)))
    shelf, way = await sites.topic(here.world, here.site, language, slug)
    alternates = {each: f"{here.origin}/{each}/topics/{slug}" for each in await sites.languages(here.world, here.site)}
    return await show(
        request, here, "topic.html", shelf=shelf, way=_steps(here, way), title=shelf.name, description=shelf.description, path=("topics", slug), alternates=alternates,
        structured=reading.way_data(here, way, shelf.name),
    )


async def _loose(request: Request, here: Place, number: int) -> Response:
    entries, total = await sites.loose(here.world, here.site, here.language, number)
    if not entries:
        raise NotFound("There is no such page.")
    at = here.to("topics", "-")
    earlier, later = f"{at}?page={number - 1}" if number > 1 else "", f"{at}?page={number + 1}" if number * sites.PER_PAGE < total else ""
    return await show(request, here, "loose.html", entries=entries, title=here.say["more"], path=("topics", "-"), number=number, earlier=earlier, later=later, index=number == 1)


def _steps(here: Place, way: list[Shelf]) -> list[tuple[str, str]]:
    return [(here.site.name, here.to()), *((each.name, here.to("topics", each.slug)) for each in way)]


@router.api_route("/{key}/{language}/{slug}", methods=_READ)
async def article(request: Request, key: str, language: str, slug: str) -> Response:
    here = await place(request, key, language)
    found = await _found(here, language, slug)
    if isinstance(found, Response):
        return found
    if unchanged_since(request, found.entry.changed_at):
        return still_the_same()
    return await _article(request, here, found, voted="")


async def _found(here: Place, language: str, slug: str) -> Reading | Response:
    """The article, or the way to where it is now. Raises NotFound."""
    try:
        return await sites.article(here.world, here.site, language, slug)
    except NotFound:
        moved = await sites.moved(here.world, here.site, language, slug)
        if moved is None or not moved[1] or moved == (language, slug):
            raise
        return _on(here.to(moved[1], language=moved[0]))


async def _article(request: Request, here: Place, found: Reading, *, voted: str, status: int = 200) -> Response:
    related = await sites.related(here.world, here.site, found)
    body = reading.html(here, found)
    description = found.meta_description or found.entry.description or reading.first_words(body)
    values: dict[str, Any] = {
        "found": found, "body": body, "contents": reading.contents(body), "way": _steps(here, list(found.path)), "related": related, "voted": voted,
        "title": found.meta_title or found.entry.title, "description": description, "path": (found.entry.slug,),
        "alternates": {each: f"{here.origin}/{each}/{slug}" for each, slug in found.languages.items()} if len(found.languages) > 1 else {},
        **({"canonical": found.url} if found.url else {}),
        "markdown_at": f"{here.to(found.entry.slug)}.md", "structured": reading.article_data(here, found, description),
        "switch_to": {each: here.to(slug, language=each) for each, slug in found.languages.items()},
    }
    return await show(request, here, "article.html", status=status, changed=found.entry.changed_at if not voted else None, **values)


@router.post("/{key}/{language}/{slug}/helpful")
async def vote(request: Request, key: str, language: str, slug: str) -> Response:
    """Whether the article helped: first yes or no, then perhaps a comment with the same answer."""
    here = await place(request, key, language)
    found = await _found(here, language, slug)
    if isinstance(found, Response):
        return found
    _refuse_strange(request)
    if not may_vote(request):
        raise Refused(here.say["slow"], status=429)
    given = await request.form(max_files=0, max_fields=10)
    helpful, comment = str(given.get("helpful", "")), str(given.get("comment", ""))
    if helpful not in ("yes", "no"):
        raise Refused("Say yes or no.")
    visitor = f"{request.client.host if request.client else ''}\n{request.headers.get('user-agent', '')[:300]}"
    await sites.vote(here.world, here.site, ArticleId(found.entry.id), helpful=helpful == "yes", comment=comment, visitor=visitor)
    voted = "done" if comment.strip() or helpful == "yes" else "no"
    if "hx-request" in request.headers:
        return HTMLResponse(render("help/vote.html", {"voted": voted, "say": here.say, "here": here, "found": found}))
    return await _article(request, here, found, voted=voted)


def _refuse_strange(request: Request) -> None:
    """A vote comes from one of these pages: browsers say where a form was. There is no cookie that another site could misuse, only a count."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site not in (None, "same-origin", "none") or (site is None and origin not in (None, "null") and urlsplit(origin or "").netloc != request.headers.get("host")):
        raise Refused("This came from another site, so it was not counted.", status=403)
