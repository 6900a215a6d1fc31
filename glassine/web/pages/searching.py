"""Knowledge › Search: what a question finds and why, what should have been found, and what people tell search: pins and synonyms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.rules.courtesies import asking
from glassine.rules.permits import require
from glassine.story.knowledge import segments
from glassine.story.search import expecting, finding, hints, reranking
from glassine.story.search.finding import languages_of
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment, page
from glassine.web.pages.inspect import passages
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import Refused, RerankFailed
from glassine.words.ids import ArticleId, SegmentId
from glassine.words.knowledge import TEAM, Viewer
from glassine.words.people import Verb

router = APIRouter(prefix="/knowledge/search", include_in_schema=False, route_class=PageRoute)
_BACK = "/knowledge/search"
_NOTHING: dict[str, Any] = {"question": "", "asked": "", "sees": "public", "wanted": "", "hits": None, "told": None, "expected": (), "spoken": "", "judged": None, "trial": None, "chosen": ()}


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    require(staff.actor, Verb.READ_KNOWLEDGE)
    return await _shown(request, staff, {})


@router.post("")
async def ask(request: Request, staff: Signed) -> Response:
    """By post, so that what people try stands in no address and no log."""
    require(staff.actor, Verb.READ_KNOWLEDGE)
    return await _shown(request, staff, await form(request))


async def _shown(request: Request, staff: Staff, given: dict[str, str]) -> Response:
    question, sees, wanted = given.get("question", "").strip(), given.get("sees", "public"), given.get("wanted", "").strip()
    chosen = await _chosen(request) if given else ()
    values = {**_NOTHING, "question": question, "sees": sees, "wanted": wanted, "chosen": chosen}
    if question:
        viewer = TEAM if sees == "internal" else Viewer(segments=chosen)
        sought = await reranking.seek(staff.world, staff.actor.org, asking(question), viewer=viewer, limit=expecting.ALL)
        values |= {"asked": asking(question), "hits": passages([asdict(hit) for hit in sought.hits[: finding.LIMIT]], set()), "told": sought.told, "judged": sought.judged, "spoken": sought.spoken or "en"}
        if wanted:
            values["expected"] = await expecting.expected(staff.world, staff.actor, sought, viewer, wanted)
    if by_htmx(request):
        return fragment(request, staff, "searched.html", **values)
    return await _page(request, staff, **values)


async def _chosen(request: Request) -> tuple[SegmentId, ...]:
    """The segments that whoever asks would be in."""
    return tuple(SegmentId(_uuid(one, "Choose the segments from the list.")) for one in (await request.form()).getlist("segment") if isinstance(one, str))


async def _page(request: Request, staff: Staff, **values: Any) -> Response:
    listed, reranker = await hints.listed(staff.world, staff.actor), await reranking.current(staff.world, staff.actor)
    languages, groups = await languages_of(staff.world, staff.actor.org), await segments.every(staff.world, staff.actor)
    return await page(request, staff, "searching.html", here="knowledge", pins=listed.pins, synonyms=listed.synonyms, reranker=reranker, languages=languages, segments=groups, **values)


@router.post("/pins")
async def pin(request: Request, staff: Signed) -> Response:
    given = await form(request)
    id = await hints.pin(staff.world, staff.actor, ArticleId(_uuid(given.get("article", ""))), given.get("question", ""), await _language(staff, given))
    return done(request, staff, _BACK, Said(text="Pinned. It comes first for this question and those that mean the same.", undo=f"{_BACK}/pins/{id}/remove"), "reload")


@router.post("/pins/{id}/remove")
async def unpin(request: Request, staff: Signed, id: UUID) -> Response:
    article, question, language = await hints.unpin(staff.world, staff.actor, id)
    said = Said(text="The pin is off.", undo=f"{_BACK}/pins", fields={"article": str(article), "question": question, "language": language})
    return done(request, staff, _BACK, said, "reload")


@router.post("/synonyms")
async def add_synonyms(request: Request, staff: Signed) -> Response:
    given = await form(request)
    id = await hints.add_synonyms(staff.world, staff.actor, _phrases(given.get("phrases", "")), await _language(staff, given))
    return done(request, staff, _BACK, Said(text="The next search knows them.", undo=f"{_BACK}/synonyms/{id}/remove"), "reload")


@router.post("/synonyms/{id}/remove")
async def remove_synonyms(request: Request, staff: Signed, id: UUID) -> Response:
    phrases, language = await hints.remove_synonyms(staff.world, staff.actor, id)
    return done(request, staff, _BACK, Said(text="The synonyms are removed.", undo=f"{_BACK}/synonyms", fields={"phrases": ", ".join(phrases), "language": language}), "reload")


@router.post("/reranker")
async def set_reranker(request: Request, staff: Signed) -> Response:
    """An empty address takes it off. An empty key leaves the one that is set."""
    given = await form(request)
    key = given.get("key", "").strip() or ("" if given.get("forget") else None)
    await reranking.set_up(staff.world, staff.actor, given.get("url", ""), given.get("model", ""), key)
    said = "Saved. Ask it for the order of two sentences, to see whether it answers." if given.get("url", "").strip() else "Saved. No reranker is asked."
    return done(request, staff, f"{_BACK}#reranker", Said(text=said), "reload")


@router.post("/reranker/test")
async def try_reranker(request: Request, staff: Signed) -> Response:
    trial = await _trial(staff)
    return fragment(request, staff, "settings/model_trial.html", trial=trial) if by_htmx(request) else await _page(request, staff, **{**_NOTHING, "trial": trial})


async def _trial(staff: Staff) -> dict[str, str]:
    try:
        tried = await reranking.try_out(staff.world, staff.actor)
    except RerankFailed as failure:
        return {"look": "bad", "words": f"{failure} Until it works, passages stand in the order of Glassine's own search."}
    if not tried.sensible:
        return {"look": "warn", "words": f"{tried.reached} answered in {tried.milliseconds} ms, but put a sentence about office hours before the one that answers. Look whether the model is a reranker."}
    return {"look": "good", "words": f"{tried.reached} answered in {tried.milliseconds} ms, and put the sentence that answers first."}


def _phrases(text: str) -> Sequence[str]:
    return [phrase for line in text.splitlines() for phrase in line.split(",")]


async def _language(staff: Staff, given: dict[str, str]) -> str:
    spoken = await languages_of(staff.world, staff.actor.org)
    return given.get("language", "") if given.get("language") in spoken else spoken[0]


def _uuid(text: str, wrong: str = "Choose the article first.") -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused(wrong) from None
