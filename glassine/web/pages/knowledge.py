"""Knowledge: the articles that answers are made of, as a list that can be filtered and worked through, and a question to try. Writing is in articles/."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.rules.permits import require
from glassine.story.knowledge import learning, topics
from glassine.story.search import finding
from glassine.web.pages.articles import editor, history, images, links, rules, shelves, translations
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment, page
from glassine.web.pages.inspect import passages
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import Refused
from glassine.words.ids import ArticleId
from glassine.words.knowledge import EVERYBODY, TEAM, ArticleStatus, Audience
from glassine.words.people import Verb

router = APIRouter(prefix="/knowledge", include_in_schema=False, route_class=PageRoute)
_PAGE = 50
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


_FILTERS = ("q", "status", "audience", "language", "topic", "source", "skip")


@router.get("")
async def show_list(request: Request, staff: Signed) -> Response:
    require(staff.actor, Verb.READ_KNOWLEDGE)
    listed = await _listed(staff, request.query_params)
    if by_htmx(request):
        return fragment(request, staff, "articles.html", **listed)
    return await _shown(request, staff, listed)


async def _listed(staff: Staff, asked: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
    """The articles that fit what is chosen above the list. What is no choice chooses nothing."""
    chosen = {name: asked.get(name, "").strip() for name in _FILTERS}
    status, topic, skip = chosen["status"], chosen["topic"], int(chosen["skip"]) if chosen["skip"].isdecimal() and len(chosen["skip"]) < 8 else 0
    found = await learning.listing(
        staff.world, staff.actor.org, status=ArticleStatus(status) if status in tuple(ArticleStatus) else None, edited=status == "edited", deleted=status == "trash",
        audience=Audience(chosen["audience"]) if chosen["audience"] in tuple(Audience) else None, contains=chosen["q"], language=chosen["language"] or None,
        topic=UUID(topic) if _UUID.fullmatch(topic) else None, no_topic=topic == "none", source=chosen["source"] or None, limit=_PAGE, offset=skip,
    )
    choices = await learning.choices(staff.world, staff.actor.org)
    shelves = await topics.all_of(staff.world, staff.actor.org)
    query = urlencode({name: value for name, value in chosen.items() if value and name != "skip"})
    return {
        "articles": found.articles, "total": found.total, "chosen": chosen, "skip": skip, "step": _PAGE, "query": query, "topics": shelves,
        "shelves": [(one.id, one.name) for one in shelves], "languages": [(one, one) for one in choices["languages"]],
        "sources": [(one, "Written here" if one == "editor" else one) for one in choices["sources"]], "names": {one.id: one.name for one in shelves},
    }


@router.post("/bulk")
async def bulk(request: Request, staff: Signed) -> Response:
    """The same done to all that are ticked. Each that cannot be is named with its reason; the rest is done, and can be undone."""
    require(staff.actor, Verb.WRITE_KNOWLEDGE)
    given = await request.form()
    ids = [ArticleId(UUID(one)) for one in given.getlist("article") if isinstance(one, str) and _UUID.fullmatch(one)][:_PAGE]
    deed, topic = str(given.get("do", "")), str(given.get("topic", ""))
    back = f"/knowledge?{given.get('back', '')}"
    if not ids:
        return done(request, staff, back, Said(text="Nothing is ticked, so nothing was done."))
    if deed in ("move", "unmove"):
        return done(request, staff, back, await _moved(staff, ids, topic if deed == "move" else "", str(given.get("places", ""))), "reload")
    did, wrong = await _each(staff, ids, deed)
    words = f"{len(did)} {'article is' if len(did) == 1 else 'articles are'} {_DEEDS.get(deed, 'unchanged')}."
    undo = {"publish": "unpublish", "unpublish": "publish", "delete": "bring-back", "bring-back": "delete"}.get(deed, "")
    fields = {"do": undo, "back": str(given.get("back", "")), "list": " ".join(map(str, did))}
    return done(request, staff, back, Said(text=" ".join([words, *wrong[:3]]), undo="/knowledge/again" if did and undo else "", fields=fields), "reload")


_DEEDS = {"publish": "published", "unpublish": "taken out of answers", "delete": "in the trash", "bring-back": "drafts again"}


async def _each(staff: Staff, ids: Sequence[ArticleId], deed: str) -> tuple[list[ArticleId], list[str]]:
    deeds: dict[str, Callable[..., Awaitable[object]]] = {
        "publish": learning.publish, "unpublish": learning.unpublish, "delete": learning.delete, "bring-back": learning.bring_back,
    }
    did: list[ArticleId] = []
    wrong: list[str] = []
    if deed not in deeds:
        raise Refused("This cannot be done to several articles.")
    for id in ids:
        try:
            await deeds[deed](staff.world, staff.actor.org, id, by=staff.actor)
            did.append(id)
        except Refused as refused:
            wrong.append(f"One was left as it is. {refused.message}")
    return did, wrong


async def _moved(staff: Staff, ids: Sequence[ArticleId], topic: str, places: str) -> Said:
    """`places` are the topics of before, one an article, where a move is undone."""
    if places:
        for id, place in zip(ids, places.split(), strict=False):
            await topics.move(staff.world, staff.actor, [id], UUID(place) if _UUID.fullmatch(place) else None)
        return Said(text="They stand where they stood.")
    before = await topics.move(staff.world, staff.actor, ids, UUID(topic) if _UUID.fullmatch(topic) else None)
    told = {"do": "unmove", "list": " ".join(map(str, before)), "places": " ".join(str(place or "none") for place in before.values())}
    return Said(text=f"{len(before)} {'article' if len(before) == 1 else 'articles'} moved.", undo="/knowledge/again", fields=told)


@router.post("/again")
async def undo(request: Request, staff: Signed) -> Response:
    """What a notice undoes: the opposite, done to the articles that were ticked."""
    require(staff.actor, Verb.WRITE_KNOWLEDGE)
    given = await form(request)
    ids = [ArticleId(UUID(one)) for one in given.get("list", "").split() if _UUID.fullmatch(one)][:_PAGE]
    back = f"/knowledge?{given.get('back', '')}"
    if given.get("do") == "unmove":
        return done(request, staff, back, await _moved(staff, ids, "", given.get("places", "")), "reload")
    did, wrong = await _each(staff, ids, given.get("do", ""))
    return done(request, staff, back, Said(text=" ".join([f"Undone for {len(did)}.", *wrong[:3]])), "reload")


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


for _part in (shelves, images, rules, links, translations, history, editor):  # what is named by a word comes before what is named by an id
    router.include_router(_part.router)
router.add_api_route("", editor.create, methods=["POST"])
