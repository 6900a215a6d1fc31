"""Knowledge: the articles that answers are made of. List, search, write, publish, withdraw, delete, and try a question."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.rules.permits import require
from glassine.story import finding, learning
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment, page
from glassine.web.pages.inspect import passages
from glassine.web.render import markdown
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import Refused
from glassine.words.ids import ArticleId
from glassine.words.knowledge import EVERYBODY, TEAM, Article, ArticleStatus, Audience
from glassine.words.people import Verb

router = APIRouter(prefix="/knowledge", include_in_schema=False, route_class=PageRoute)
_PAGE = 50


@router.get("")
async def show_list(request: Request, staff: Signed, q: str = "", status: str = "", audience: str = "", skip: int = 0) -> Response:
    require(staff.actor, Verb.READ_KNOWLEDGE)
    listed = await _listed(staff, q, status, audience, max(0, skip))
    if by_htmx(request):
        return fragment(request, staff, "articles.html", **listed)
    return await _shown(request, staff, listed)


async def _listed(staff: Staff, q: str = "", status: str = "", audience: str = "", skip: int = 0) -> dict[str, Any]:
    found = await learning.listing(
        staff.world, staff.actor.org, status=ArticleStatus(status) if status in ("draft", "published") else None,
        audience=Audience(audience) if audience in ("public", "internal") else None, contains=q.strip(), limit=_PAGE, offset=skip,
    )
    return {"articles": found.articles, "total": found.total, "q": q, "state": status, "audience": audience, "skip": skip, "step": _PAGE}


async def _shown(request: Request, staff: Staff, listed: dict[str, Any], **values: Any) -> Response:
    return await page(request, staff, "knowledge.html", here="knowledge", **listed, **{"question": "", "sees": "public", "hits": None, **values})


@router.post("/try")
async def try_question(request: Request, staff: Signed) -> Response:
    """The passages that a question finds. By post, so that what people try stands in no address and no log."""
    require(staff.actor, Verb.READ_KNOWLEDGE)
    given = await form(request)
    question, sees = given.get("question", ""), TEAM if given.get("sees") == "internal" else EVERYBODY
    hits = passages([asdict(hit) for hit in await finding.find(staff.world, staff.actor.org, question, viewer=sees)], set())
    if by_htmx(request):
        return fragment(request, staff, "tried.html", hits=hits, question=question)
    return await _shown(request, staff, await _listed(staff), question=question, sees="internal" if sees.team else "public", hits=hits)


@router.post("/preview")
async def preview(request: Request, staff: Signed) -> Response:
    """An article's Markdown as readers see it."""
    require(staff.actor, Verb.READ_KNOWLEDGE)
    return fragment(request, staff, "preview.html", html=markdown((await form(request)).get("body", "")))


@router.get("/new")
async def new(request: Request, staff: Signed) -> Response:
    require(staff.actor, Verb.WRITE_KNOWLEDGE)
    return await _editor(request, staff, None, {"title": "", "body": "", "audience": "public", "language": "", "url": ""})


@router.post("")
async def create(request: Request, staff: Signed) -> Response:
    require(staff.actor, Verb.WRITE_KNOWLEDGE)
    return await _save(request, staff, None)


@router.get("/{id}")
async def show_article(request: Request, staff: Signed, id: UUID) -> Response:
    require(staff.actor, Verb.READ_KNOWLEDGE)
    article = await learning.article(staff.world, staff.actor.org, ArticleId(id))
    fields = {"title": article.title, "body": article.body, "audience": str(article.audience), "language": article.language, "url": article.url or ""}
    return await _editor(request, staff, article, fields)


@router.post("/{id}")
async def save(request: Request, staff: Signed, id: UUID) -> Response:
    require(staff.actor, Verb.WRITE_KNOWLEDGE)
    return await _save(request, staff, await learning.article(staff.world, staff.actor.org, ArticleId(id)))


async def _editor(request: Request, staff: Staff, article: Article | None, fields: dict[str, str], wrong: str = "", status: int = 200) -> Response:
    return await page(request, staff, "article.html", here="knowledge", status=status, article=article, f=fields, html=markdown(fields["body"]), wrong=wrong)


async def _save(request: Request, staff: Staff, before: Article | None) -> Response:
    """Saves what the editor holds, and publishes it when asked to; whatever goes wrong, the text comes back unharmed."""
    given = await form(request)
    fields = {name: given.get(name, "").strip() for name in ("title", "audience", "language", "url")} | {"body": given.get("body", "").replace("\r\n", "\n")}
    if before and _changed_since(before, given.get("read_at", "")):
        words = "Somebody else changed this article after you opened it. Your text is below; saving it again replaces theirs."
        return await _editor(request, staff, before, fields, words, 409)
    try:
        article = await _write(staff, before.id if before else None, fields)
        if given.get("do") == "publish" and article.status is not ArticleStatus.PUBLISHED:
            article = await learning.publish(staff.world, staff.actor.org, article.id, by=staff.actor)
    except Refused as refused:
        return await _editor(request, staff, before, fields, refused.message, refused.status)
    live = article.status is ArticleStatus.PUBLISHED
    return done(request, staff, f"/knowledge/{article.id}", Said(text="Saved. Answers use it from now on." if live else "Saved as a draft. Answers do not use it yet."))


async def _write(staff: Staff, id: ArticleId | None, fields: dict[str, str]) -> Article:
    url = fields["url"] or None
    if url and not url.startswith(("https://", "http://")):
        raise Refused("The public address begins with https://")
    return await learning.save(
        staff.world, staff.actor.org, id=id, title=fields["title"], body=fields["body"], audience=Audience.INTERNAL if fields["audience"] == "internal" else Audience.PUBLIC,
        language=fields["language"] or None, url=url, by=staff.actor,
    )


def _changed_since(article: Article, read_at: str) -> bool:
    try:
        return article.updated_at != datetime.fromisoformat(read_at)
    except ValueError:
        return True


@router.post("/{id}/publish")
async def publish(request: Request, staff: Signed, id: UUID) -> Response:
    await learning.publish(staff.world, staff.actor.org, ArticleId(id), by=staff.actor)
    return done(request, staff, f"/knowledge/{id}", Said(text="Published. Answers use it from now on.", undo=f"/knowledge/{id}/unpublish"), "reload")


@router.post("/{id}/unpublish")
async def unpublish(request: Request, staff: Signed, id: UUID) -> Response:
    await learning.unpublish(staff.world, staff.actor.org, ArticleId(id), by=staff.actor)
    return done(request, staff, f"/knowledge/{id}", Said(text="Taken out of every answer. It is a draft now.", undo=f"/knowledge/{id}/publish"), "reload")


@router.post("/{id}/delete")
async def delete(request: Request, staff: Signed, id: UUID) -> Response:
    """The page that answers holds the article once more, so that the act can be taken back while it is open."""
    gone = await learning.article(staff.world, staff.actor.org, ArticleId(id))
    await learning.delete(staff.world, staff.actor.org, gone.id, by=staff.actor)
    fields = {
        "title": gone.title, "body": gone.body, "audience": str(gone.audience), "language": gone.language, "url": gone.url or "",
        "do": "publish" if gone.status is ArticleStatus.PUBLISHED else "save",
    }
    said = Said(text=f"“{gone.title}” is deleted and out of every answer.", undo="/knowledge", fields=fields)
    return await _shown(request, staff, await _listed(staff), said=said)
