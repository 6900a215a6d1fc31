"""Knowledge › Languages: which translations are there, missing or behind their original, and what to do about each."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.rules.differences import pieces
from glassine.rules.permits import require
from glassine.story.knowledge import reading_over, translating
from glassine.story.search import finding
from glassine.web.pages.articles.history import told
from glassine.web.pages.frame import Said, done, form, fragment, page
from glassine.web.staff import PageRoute, Signed
from glassine.words.ids import ArticleId
from glassine.words.people import Verb

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/translations")
async def show(request: Request, staff: Signed, missing: str = "") -> Response:
    found, languages = await translating.overview(staff.world, staff.actor)
    shown = [one for one in found if not missing or (one["language"] != missing and missing not in one["translations"])]
    return await page(request, staff, "translations.html", here="knowledge", articles=shown, languages=languages, missing=missing, name=translating.language_name)


@router.get("/{id}/translations")
async def show_one(request: Request, staff: Signed, id: UUID) -> Response:
    require(staff.actor, Verb.READ_KNOWLEDGE)
    original, made = await translating.family(staff.world, staff.actor.org, ArticleId(id))
    differ = {}
    for one in made:
        if pair := await translating.changed_since(staff.world, staff.actor.org, one.id):
            differ[one.id] = pieces(told(pair[0].values()), told(pair[1].values()))
    spoken = await finding.languages_of(staff.world, staff.actor.org)
    absent = [language for language in spoken if language not in (original.language, *(one.language for one in made))]
    return await page(
        request, staff, "translation.html", here="knowledge", original=original, made=made, differ=differ, absent=absent, name=translating.language_name, spoken=spoken,
    )


@router.post("/{id}/translations")
async def add(request: Request, staff: Signed, id: UUID) -> Response:
    given = await form(request)
    language = given.get("language", "")
    if given.get("do") == "machine":
        made = await translating.translate(staff.world, staff.actor, ArticleId(id), language)
        words = "Translated by the language model. Read it before you publish it."
    else:
        made = await translating.begin(staff.world, staff.actor, ArticleId(id), language)
        words = "This is a draft with the original's text. Translate it and publish it."
    return done(request, staff, f"/knowledge/{made.id}", Said(text=words))


@router.post("/{id}/up-to-date")
async def up_to_date(request: Request, staff: Signed, id: UUID) -> Response:
    await translating.up_to_date(staff.world, staff.actor, ArticleId(id))
    return done(request, staff, f"/knowledge/{id}/translations", Said(text="It counts as up to date with the original."), "reload")


@router.post("/{id}/read-over")
async def read_over(request: Request, staff: Signed, id: UUID) -> Response:
    """What the language model says of rules in plain words."""
    found = await reading_over.ask(staff.world, staff.actor, ArticleId(id))
    return fragment(request, staff, "read_over.html", faults=found)
