"""The editor of an article: write, preview, save by itself and by hand, publish, withdraw, and both texts when two people wrote at once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.rules.differences import pieces
from glassine.rules.pasted import to_markdown
from glassine.rules.permits import require
from glassine.story.knowledge import authoring, content_rules, indexing, learning, segments, site_settings, topics
from glassine.web import render
from glassine.web.pages.frame import Said, done, form, fragment, page
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.articles import Fault, Fields, Working
from glassine.words.errors import Refused
from glassine.words.ids import ArticleId, SegmentId
from glassine.words.knowledge import Article, ArticleStatus, Audience
from glassine.words.people import Verb

router = APIRouter(include_in_schema=False, route_class=PageRoute)
_LIVE, _DRAFT = "Published. Answers use it from now on.", "Saved as a draft. Answers do not use it yet."
_CHANGED = "Somebody else changed this article after you opened it. Your text is below; saving it again replaces theirs, which is kept in the history."
_MOST_SHOWN = 300_000  # characters of a text that a preview renders
_TOOLS = (
    ("bold", "B", "Bold (Ctrl+B)", "b", "wrap", "**…**"), ("italic", "I", "Italic (Ctrl+I)", "i", "wrap", "*…*"), ("heading", "H", "Heading", "", "lines", "## "),
    ("list", "List", "List", "", "lines", "- "), ("steps", "Steps", "Steps, numbered", "", "lines", "1. "), ("link", "Link", "Link (Ctrl+K)", "k", "wrap", "[…](https://)"),
    ("code", "Code", "Code (Ctrl+E)", "e", "wrap", "`…`"), ("fence", "Block", "Block of code", "", "wrap", "```\n…\n```"),
    ("table", "Table", "Table", "", "put", "\\n\\n| What | How |\\n| --- | --- |\\n| … | … |\\n\\n"), ("quote", "Callout", "Callout", "", "lines", "> [!NOTE]\\n> "),
)


@router.post("/preview")
async def preview(request: Request, staff: Signed) -> Response:
    """An article's Markdown as readers see it."""
    require(staff.actor, Verb.READ_KNOWLEDGE)
    return fragment(request, staff, "preview.html", **await _rendered((await form(request)).get("body", "")))


async def _told(staff: Staff, article: Article) -> dict[str, Any]:
    """What readers said of it, and where they read it."""
    return {"votes": await site_settings.votes(staff.world, staff.actor, article.id), "public_at": await site_settings.address(staff.world, staff.actor.org, article.id)}


async def _rendered(body: str) -> dict[str, Any]:
    html = await asyncio.to_thread(render.article, body[:_MOST_SHOWN], _nowhere)
    return {"html": html, "words_in": len(re.findall(r"\w+", body))}


def _nowhere(_: str) -> None:
    """Files that lie beside each other are a source's; what is written here links by address."""


@router.post("/passages")
async def cut(request: Request, staff: Signed) -> Response:
    """The passages that an article would be found by."""
    require(staff.actor, Verb.READ_KNOWLEDGE)
    given = await form(request)
    chunks, _ = await asyncio.to_thread(indexing.cut, given.get("title", ""), given.get("body", "")[:_MOST_SHOWN], given.get("language", "") or "en")
    return fragment(request, staff, "cut.html", chunks=chunks[: indexing.MOST_PASSAGES])


@router.post("/paste")
async def paste(request: Request, staff: Signed) -> Response:
    """Formatted text from a clipboard as Markdown."""
    require(staff.actor, Verb.WRITE_KNOWLEDGE)
    return Response(await asyncio.to_thread(to_markdown, (await form(request)).get("html", "")), media_type="text/plain; charset=utf-8")


@router.get("/new")
async def new(request: Request, staff: Signed, topic: UUID | None = None, title: str = "") -> Response:
    require(staff.actor, Verb.WRITE_KNOWLEDGE)
    return await _editor(request, staff, None, {**Fields(title=title[:300]).values(), "topic": topic})


async def create(request: Request, staff: Signed) -> Response:
    """What the form of a new article is sent to: /knowledge itself, where the list mounts it."""
    require(staff.actor, Verb.WRITE_KNOWLEDGE)
    return await _save(request, staff, None)


@router.post("/autosave")
async def autosave(request: Request, staff: Signed) -> Response:
    """Saves the working copy while somebody writes, and says how that went. A text that is not saved stays in the form."""
    require(staff.actor, Verb.WRITE_KNOWLEDGE)
    given = await form(request)
    if given.get("over") or not given.get("title", "").strip():
        return fragment(request, staff, "saved.html", id=given.get("id", ""), token=given.get("read_at", ""), words="Not saved yet", faults=[])
    try:
        saved = await _write(staff, _id(given), await _fields(request, given), given)
    except Refused as refused:
        words = "Not saved: somebody else changed it. Save it to see both." if refused.code == "conflict" else f"Not saved. {refused.message}"
        return fragment(request, staff, "saved.html", id=given.get("id", ""), token=given.get("read_at", ""), words=words, faults=[])
    faults = await content_rules.faults(staff.world, staff.actor.org, saved.fields, id=saved.article.id)
    answer = fragment(request, staff, "saved.html", id=saved.article.id, token=saved.token, words="Saved just now", faults=faults)
    answer.headers["X-Saved"], answer.headers["X-Address"] = "yes", f"/knowledge/{saved.article.id}"
    return answer


def _id(given: Mapping[str, str]) -> ArticleId | None:
    try:
        return ArticleId(UUID(given["id"])) if given.get("id") else None
    except ValueError:
        raise Refused("There is no such article.", status=404) from None


async def _fields(request: Request, given: Mapping[str, str]) -> Fields:
    url = given.get("url", "").strip() or None
    if url and not url.startswith(("https://", "http://")):
        raise Refused("The address elsewhere begins with https://")
    chosen = [UUID(one) for one in (await request.form()).getlist("segment") if isinstance(one, str) and re.fullmatch(r"[0-9a-f-]{36}", one)]
    audience = given.get("audience", "")
    named = {name: given.get(name, "").strip() for name in ("title", "description", "slug", "meta_title", "meta_description", "language")}
    return Fields(
        **named, body=given.get("body", "").replace("\r\n", "\n"), url=url, segments=tuple(map(SegmentId, chosen)),
        audience=Audience(audience) if audience in tuple(Audience) else Audience.PUBLIC,
    )


async def _write(staff: Staff, id: ArticleId | None, fields: Fields, given: Mapping[str, str]) -> Working:
    """The working copy, and the topic, which holds at once."""
    world, by = staff.world, staff.actor
    if id is None:
        id = (await authoring.create(world, by.org, fields, by=by)).id
        saved = await authoring.working(world, by.org, id)
    else:
        saved = await authoring.edit(world, by.org, id, fields, token=given.get("read_at", ""), aside=bool(given.get("over")), by=by)
    topic = UUID(given["topic"]) if re.fullmatch(r"[0-9a-f-]{36}", given.get("topic", "")) else None
    if "topic" in given and topic != saved.article.topic:
        await topics.move(world, by, [id], topic)
    return saved


@router.get("/{id}")
async def show_article(request: Request, staff: Signed, id: UUID) -> Response:
    require(staff.actor, Verb.READ_KNOWLEDGE)
    working = await authoring.working(staff.world, staff.actor.org, ArticleId(id))
    return await _editor(request, staff, working, {**working.fields.values(), "topic": working.article.topic})


@router.post("/{id}")
async def save(request: Request, staff: Signed, id: UUID) -> Response:
    require(staff.actor, Verb.WRITE_KNOWLEDGE)
    return await _save(request, staff, ArticleId(id))


async def _editor(request: Request, staff: Staff, working: Working | None, f: Mapping[str, Any], wrong: str = "", status: int = 200, **more: Any) -> Response:
    """`f` is what stands in the form. Checks are shown for what is saved."""
    article = working.article if working else None
    found: list[Fault] = list(more.pop("faults", ()))
    if working and not found and not wrong:
        found = await content_rules.faults(staff.world, staff.actor.org, working.fields, id=working.article.id)
    told = await _told(staff, article) if article else {}
    return await page(
        request, staff, "article.html", here="knowledge", status=status, article=article, f=f, wrong=wrong, **told, **await _rendered(f["body"]),
        saved_at=working.saved_at if working else None, foreign=bool(article and article.source != authoring.EDITOR), tools=_TOOLS, faults=found, reads=any(one.unchecked for one in found),
        topics=await topics.all_of(staff.world, staff.actor.org), segments=await segments.every(staff.world, staff.actor),
        id=article.id if article else "", token=working.token if working else "", words=_standing(article), **{"theirs": (), **more},
    )


def _standing(article: Article | None) -> str:
    if article is None or article.status is not ArticleStatus.PUBLISHED:
        return "Answers use it once it is published."
    return "Answers use the text as it was published, until you publish this one." if article.edited else "Answers use this text."


async def _save(request: Request, staff: Staff, id: ArticleId | None) -> Response:
    """Saves what the editor holds, and publishes it when asked to; whatever goes wrong, the text comes back unharmed."""
    given = await form(request)
    world, by = staff.world, staff.actor
    saved: Working | None = None
    try:
        id = id or _id(given)
        fields = await _fields(request, given)
        if id and given.get("do") == "theirs":
            await authoring.set_aside(world, by.org, id, fields, by=by)
            return done(request, staff, f"/knowledge/{id}", Said(text="This is the other text. Yours is kept in the history."))
        saved = await _write(staff, id, fields, given)
        if given.get("do") == "publish":
            await learning.publish(world, by.org, saved.article.id, by=by)
    except Refused as refused:
        return await _refused(request, staff, saved.article.id if saved else id, given, refused)
    live = saved.article.status is ArticleStatus.PUBLISHED
    words = _LIVE if given.get("do") == "publish" else "Saved. What is live stays as it is until you publish." if live else _DRAFT
    return done(request, staff, f"/knowledge/{saved.article.id}", Said(text=words))


async def _refused(request: Request, staff: Staff, id: ArticleId | None, given: Mapping[str, str], refused: Refused) -> Response:
    if id is not None and refused.status == 404:
        raise refused
    typed: dict[str, Any] = {**Fields(title="").values(), **given, "segments": (), "topic": None}
    working = await authoring.working(staff.world, staff.actor.org, id) if id else None
    if refused.code == "conflict" and working:
        differ = pieces(_whole(working.fields.values()), _whole(typed))
        return await _editor(request, staff, working, typed, _CHANGED, 409, theirs=differ)
    faults = refused.faults if isinstance(refused, content_rules.Kept) else ()
    return await _editor(request, staff, working, typed, refused.message, refused.status, faults=faults)


def _whole(fields: Mapping[str, Any]) -> str:
    told = [f"{name.replace('_', ' ').capitalize()}: {fields[name]}" for name in ("description", "slug", "meta_title", "meta_description") if fields.get(name)]
    return "\n".join([str(fields["title"]), *told, "", str(fields["body"]).replace("\r\n", "\n")])


@router.post("/{id}/publish")
async def publish(request: Request, staff: Signed, id: UUID) -> Response:
    await learning.publish(staff.world, staff.actor.org, ArticleId(id), by=staff.actor)
    return done(request, staff, f"/knowledge/{id}", Said(text=_LIVE, undo=f"/knowledge/{id}/unpublish"), "reload")


@router.post("/{id}/unpublish")
async def unpublish(request: Request, staff: Signed, id: UUID) -> Response:
    await learning.unpublish(staff.world, staff.actor.org, ArticleId(id), by=staff.actor)
    return done(request, staff, f"/knowledge/{id}", Said(text="Taken out of every answer. It is a draft now.", undo=f"/knowledge/{id}/publish"), "reload")


@router.post("/{id}/discard")
async def discard(request: Request, staff: Signed, id: UUID) -> Response:
    await authoring.discard(staff.world, staff.actor.org, ArticleId(id), by=staff.actor)
    return done(request, staff, f"/knowledge/{id}", Said(text="Back to what is published. What you had written is kept in the history."), "reload")


@router.post("/{id}/duplicate")
async def duplicate(request: Request, staff: Signed, id: UUID) -> Response:
    made = await authoring.duplicate(staff.world, staff.actor.org, ArticleId(id), by=staff.actor)
    return done(request, staff, f"/knowledge/{made.id}", Said(text="This is your copy, a draft.", undo=f"/knowledge/{made.id}/delete"))


@router.post("/{id}/delete")
async def delete(request: Request, staff: Signed, id: UUID) -> Response:
    gone = await learning.article(staff.world, staff.actor.org, ArticleId(id))
    await learning.delete(staff.world, staff.actor.org, gone.id, by=staff.actor)
    live = {"publish": "yes"} if gone.status is ArticleStatus.PUBLISHED else {}
    kept = gone.source == authoring.EDITOR
    words = f"“{gone.title}” is in the trash and out of every answer." if kept else f"“{gone.title}” is deleted and out of every answer."
    return done(request, staff, "/knowledge", Said(text=words, undo=f"/knowledge/{id}/bring-back" if kept else "", fields=live))


@router.post("/{id}/bring-back")
async def bring_back(request: Request, staff: Signed, id: UUID) -> Response:
    """Out of the trash; published again where that is what is undone."""
    await learning.bring_back(staff.world, staff.actor.org, ArticleId(id), by=staff.actor)
    if (await form(request)).get("publish"):
        await learning.publish(staff.world, staff.actor.org, ArticleId(id), by=staff.actor)
        return done(request, staff, f"/knowledge/{id}", Said(text=_LIVE))
    return done(request, staff, f"/knowledge/{id}", Said(text="It is a draft again."))
