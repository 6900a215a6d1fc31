"""Settings › Language model: which model phrases the answers, and whether it answers now. The key is written, never shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter, Request, Response

from glassine.rules.permits import require
from glassine.story import house, models
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment
from glassine.web.pages.settings.sheet import last_change, sheet
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import ModelFailed
from glassine.words.house import OrgSettings
from glassine.words.people import Verb

router = APIRouter(prefix="/model", route_class=PageRoute)
_MEANWHILE = "Until it works, conversations that need it are handed off to the team."


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How asking the model ended: `look` is `good`, `warn` (it was saved all the same) or `bad`; `undo` holds the fields that were set before."""

    look: str
    words: str
    undo: Mapping[str, str] = field(default_factory=dict)


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    return await _sheet(request, staff)


async def _sheet(request: Request, staff: Staff, trial: Trial | None = None, *, typed: Mapping[str, str] | None = None, wrong: Mapping[str, str] | None = None) -> Response:
    """`typed` is what a form held that was refused, and `wrong` the reasons by field."""
    settings, operator = (await house.organization(staff.world, staff.actor.org)).settings, staff.world.settings
    return await sheet(
        request, staff, "model", status=400 if wrong else 200, name=settings.llm_model, has_key=bool(settings.llm_key), operator=operator.llm_model or "",
        changed=await last_change(staff, "llm_url", "llm_model", "llm_key"), trial=trial, wrong=wrong or {},
        f=typed or {"url": settings.llm_url, "model": settings.llm_model},
    )


@router.post("")
async def save(request: Request, staff: Signed) -> Response:
    """An empty address switches the organisation's own model off. An empty key leaves the one that is set. A model is asked at once whether it answers."""
    require(staff.actor, Verb.CHANGE_SETTINGS)
    given = await form(request)
    url, name, key = (given.get(field, "").strip() for field in ("url", "model", "key"))
    if wrong := _wrong(url, name):
        return await _sheet(request, staff, typed={"url": url, "model": name}, wrong=wrong)
    before = (await house.organization(staff.world, staff.actor.org)).settings
    changes = {"llm_url": url, "llm_model": name if url else ""}
    if key or given.get("forget") or not url:
        changes["llm_key"] = key if url else ""
    await house.change(staff.world, staff.actor, **changes)
    if not url:
        return done(request, staff, "/settings/model", Said(text=_off(staff)), "reload")
    return await _tried(request, staff, name, _undo(before, changed_key="llm_key" in changes))


def _wrong(url: str, name: str) -> dict[str, str]:
    """What is not right, by field. The model's name alone means nothing: whoever empties the address wants no model."""
    if url and not url.startswith(("https://", "http://")):
        return {"url": "The address begins with https:// (or http:// for a model on your own network)."}
    return {"model": "Which model shall answer there? Write its name, or empty the address to use none."} if url and not name else {}


def _undo(before: OrgSettings, *, changed_key: bool) -> dict[str, str]:
    """The form that brings the former model back; none when that needs a former key, which nobody can read any more."""
    if changed_key and before.llm_key:
        return {}
    return {"url": before.llm_url, "model": before.llm_model, **({"forget": "yes"} if changed_key else {})}


def _off(staff: Staff) -> str:
    operator = staff.world.settings.llm_model
    return f"Saved. Answers are phrased by {operator}, set by your operator." if operator else "Saved. No model is used; answers are quoted from your articles."


async def _tried(request: Request, staff: Staff, name: str, undo: Mapping[str, str]) -> Response:
    """What was saved is kept either way: an admin may set a model before its server runs."""
    try:
        await models.try_out(staff.world, staff.actor)
    except ModelFailed as failure:
        return await _sheet(request, staff, Trial(look="warn", words=f"Saved, but it did not answer: {failure} {_MEANWHILE}", undo=undo))
    return done(request, staff, "/settings/model", Said(text=f"Saved, and it answers. {name} phrases the answers from now on.", undo="/settings/model" if undo else "", fields=undo), "reload")


@router.post("/test")
async def test(request: Request, staff: Signed) -> Response:
    """Asks the saved model one short question."""
    try:
        reply = await models.try_out(staff.world, staff.actor)
        trial = Trial(look="good", words=f"{reply.model} answered: {reply.text.strip()[:200]}")
    except ModelFailed as failure:
        trial = Trial(look="bad", words=f"{failure} {_MEANWHILE}")
    if by_htmx(request):
        return fragment(request, staff, "settings/model_trial.html", trial=trial)
    return await _sheet(request, staff, trial)
