"""Replay, what if and debug mode as forms of the inspect page. Each calls one story; what is refused is said in the place of the result."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.rules.permits import require
from glassine.story.inspection import debugging, replaying, what_if
from glassine.story.knowledge import learning
from glassine.web.pages import inspect
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment, page
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import ArticleId, SessionId, TurnId
from glassine.words.people import Verb
from glassine.words.sessions import Autopilot
from glassine.words.what_if import Change

router = APIRouter(prefix="/inbox/sessions/{id}", include_in_schema=False, route_class=PageRoute)


@router.post("/turns/{turn}/replay")
async def replay(request: Request, staff: Signed, id: UUID, turn: UUID) -> Response:
    try:
        found, refusal = await replaying.replay(staff.world, staff.actor, SessionId(id), TurnId(turn)), ""
    except Refused as error:
        if error.status != 409:
            raise
        found, refusal = None, error.message
    return await _answer(request, staff, id, turn, "replay.html", replay=found or refusal, refusal=refusal)


@router.post("/turns/{turn}/what-if")
async def ask(request: Request, staff: Signed, id: UUID, turn: UUID) -> Response:
    given = await form(request)
    try:
        found, refusal = await what_if.ask(staff.world, staff.actor, SessionId(id), TurnId(turn), _change(given)), ""
    except Refused as error:
        if error.status not in (400, 409, 413):
            raise
        found, refusal = None, error.message
    return await _answer(request, staff, id, turn, "what_if.html", asked=found or refusal, refusal=refusal, given=given)


async def _answer(request: Request, staff: Staff, id: UUID, turn: UUID, template: str, **values: Any) -> Response:
    """The result alone, or, in a browser without JavaScript, the page of the turn with the result in it."""
    if by_htmx(request):
        return fragment(request, staff, template, **values)
    return await page(request, staff, "inspect.html", **{**await inspect.seen(staff, SessionId(id), TurnId(turn)), **values})


def _change(given: dict[str, str]) -> Change:
    """Raises Refused for what cannot be read."""
    try:
        article = ArticleId(UUID(given["article"])) if given.get("article") else None
        autopilot = Autopilot(given["autopilot"]) if given.get("autopilot") else None
    except ValueError:
        raise Refused("This article or mode is not among those to choose from.") from None
    return Change(
        article=article, text=given.get("text", "") if article else "", autopilot=autopilot, answer_from=_confidence(given.get("answer_from", "")),
        instructions=given.get("instructions", "").strip()[:2_000], model=given.get("model", "").strip()[:200],
    )


def _confidence(text: str) -> float | None:
    try:
        value = float(text.replace(",", ".")) if text.strip() else None
    except ValueError:
        value = -1.0
    if value is not None and not 0 <= value <= 1:
        raise Refused("A confidence is a number from 0 to 1, such as 0.50.")
    return value


@router.get("/turns/{turn}/article")
async def article_text(request: Request, staff: Signed, id: UUID, turn: UUID, article: str = "") -> Response:  # noqa: ARG001 - the address names the turn
    """The field with an article's text as it is now, to be changed there and nowhere else."""
    require(staff.actor, Verb.READ_KNOWLEDGE)
    try:
        text = (await learning.article(staff.world, staff.actor.org, ArticleId(UUID(article)))).body if article else ""
    except (NotFound, ValueError):
        text = ""
    return fragment(request, staff, "what_if_text.html", given={"text": text})


@router.post("/debug")
async def debug(request: Request, staff: Signed, id: UUID) -> Response:
    """Debug mode on (`on` is 1) or off."""
    given = await form(request)
    on = given.get("on") == "1"
    await (debugging.start if on else debugging.stop)(staff.world, staff.actor, SessionId(id))
    words = f"Debug mode is on. It ends by itself after {debugging.MINUTES} minutes." if on else "Debug mode is off."
    back = given.get("back", "")
    to = back if back.startswith(f"/inbox/sessions/{id}/") else f"/inbox/sessions/{id}"
    return done(request, staff, to, Said(text=words, undo=f"/inbox/sessions/{id}/debug", fields={"on": "0" if on else "1"}))
