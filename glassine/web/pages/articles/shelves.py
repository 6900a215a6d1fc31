"""Knowledge › Topics: the shelves of the help centre, their order, and the order of the articles on each."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.rules.permits import require
from glassine.story.knowledge import learning, topics
from glassine.story.search import finding
from glassine.web.pages.frame import Said, done, form, page
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.articles import Topic
from glassine.words.errors import Refused
from glassine.words.ids import ArticleId
from glassine.words.people import Verb

router = APIRouter(prefix="/topics", include_in_schema=False, route_class=PageRoute)
_UUID = re.compile(r"[0-9a-f-]{36}")
_MOST = 500
_NONE = Topic(id=UUID(int=0), name="", slug="")


@router.get("")
async def show(request: Request, staff: Signed, edit: UUID | None = None) -> Response:
    require(staff.actor, Verb.READ_KNOWLEDGE)
    known = await topics.all_of(staff.world, staff.actor.org)
    return await _sheet(request, staff, next((one for one in known if one.id == edit), _NONE))


async def _sheet(request: Request, staff: Staff, typed: Topic, wrong: str = "", status: int = 200) -> Response:
    known = await topics.all_of(staff.world, staff.actor.org)
    firsts = [one for one in known if one.parent is None]
    shown = [each for first in firsts for each in (first, *(one for one in known if one.parent == first.id))]
    return await page(
        request, staff, "topics.html", here="knowledge", status=status, topics=shown, firsts=firsts, t=typed, new=typed.id == _NONE.id, wrong=wrong, icons=topics.ICONS,
        languages=await finding.languages_of(staff.world, staff.actor.org),
    )


def _given(given: Mapping[str, str]) -> Topic:
    parent = given.get("parent", "")
    return Topic(
        id=UUID(given["id"]) if _UUID.fullmatch(given.get("id", "")) else _NONE.id, name=given.get("name", ""), slug=given.get("slug", "").strip(),
        description=given.get("description", ""), icon=given.get("icon", ""), parent=UUID(parent) if _UUID.fullmatch(parent) else None,
        names={name.removeprefix("name_"): value for name, value in given.items() if re.fullmatch(r"name_[a-z]{2}", name)},
    )


@router.post("")
async def save(request: Request, staff: Signed) -> Response:
    """Adds a topic or changes one. What is refused stays in the form."""
    given = await form(request)
    topic = _given(given)
    try:
        made = await (topics.create if topic.id == _NONE.id else topics.change)(staff.world, staff.actor, topic)
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        return await _sheet(request, staff, topic, refused.message, refused.status)
    return done(request, staff, "/knowledge/topics", Said(text=f"“{made.name}” is saved."), "reload")


@router.post("/{id}/delete")
async def delete(request: Request, staff: Signed, id: UUID) -> Response:
    gone, held = await topics.delete(staff.world, staff.actor, id)
    fields = {
        "name": gone.name, "slug": gone.slug, "description": gone.description, "icon": gone.icon, "parent": str(gone.parent or ""), "position": str(gone.position),
        "held": " ".join(map(str, held[:50])), **{f"name_{language}": said for language, said in gone.names.items()},
    }
    return done(request, staff, "/knowledge/topics", Said(text=f"“{gone.name}” is deleted. Its articles stay, in no topic.", undo=f"/knowledge/topics/{id}/bring-back", fields=fields), "reload")


@router.post("/{id}/bring-back")
async def bring_back(request: Request, staff: Signed, id: UUID) -> Response:
    given = await form(request)
    topic = _given({**given, "id": str(id)})
    place = int(given["position"]) if given.get("position", "").isdecimal() else 0
    held = [ArticleId(UUID(one)) for one in given.get("held", "").split() if _UUID.fullmatch(one)]
    await topics.bring_back(staff.world, staff.actor, Topic(**{**{name: getattr(topic, name) for name in topic.__slots__}, "position": place}), held)
    return done(request, staff, "/knowledge/topics", Said(text=f"“{topic.name}” is there again."), "reload")


@router.post("/order")
async def order(request: Request, staff: Signed) -> Response:
    """One up or down among those of its level, or all as they were dragged."""
    given = await form(request)
    known = [one.id for one in await topics.all_of(staff.world, staff.actor.org)]
    levels = {one.id: one.parent for one in await topics.all_of(staff.world, staff.actor.org)}
    wanted = _dragged(given) or _stepped(given, known, levels)
    await topics.order(staff.world, staff.actor, wanted)
    return done(request, staff, "/knowledge/topics", None, "reload")


def _dragged(given: Mapping[str, str]) -> list[UUID]:
    try:
        named = json.loads(given.get("ids", "[]"))
    except ValueError:
        return []
    return [UUID(one) for one in named if isinstance(one, str) and _UUID.fullmatch(one)] if isinstance(named, list) else []


def _stepped(given: Mapping[str, str], known: list[UUID], levels: Mapping[UUID, UUID | None]) -> list[UUID]:
    """The order with one thing a step further among its own level."""
    moved = UUID(given["id"]) if _UUID.fullmatch(given.get("id", "")) else None
    if moved not in known:
        return known
    beside = [one for one in known if levels.get(one) == levels.get(moved)]
    at = beside.index(moved) + (-1 if given.get("way") == "up" else 1)
    if not 0 <= at < len(beside):
        return known
    one, other = known.index(moved), known.index(beside[at])
    known[one], known[other] = known[other], known[one]
    return known


@router.get("/{id}")
async def show_topic(request: Request, staff: Signed, id: UUID) -> Response:
    """The articles of a topic in their order."""
    require(staff.actor, Verb.READ_KNOWLEDGE)
    topic = await topics.one(staff.world, staff.actor.org, id)
    listed = await learning.listing(staff.world, staff.actor.org, topic=id, limit=_MOST)
    return await page(request, staff, "topic.html", here="knowledge", topic=topic, articles=listed.articles)


@router.post("/{id}/order")
async def order_articles(request: Request, staff: Signed, id: UUID) -> Response:
    given = await form(request)
    known: list[UUID] = list(await topics.held(staff.world, staff.actor.org, id))
    wanted = _dragged(given) or _stepped(given, known, {})
    await topics.order_articles(staff.world, staff.actor, id, [ArticleId(one) for one in wanted])
    return done(request, staff, f"/knowledge/topics/{id}", None, "reload")
