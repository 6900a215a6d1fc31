"""Settings › Language model: which model phrases the answers, and whether it answers now. The key is written, never shown."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from glassine.story import house, models
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment
from glassine.web.pages.settings.sheet import last_change, sheet
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import ModelFailed, Refused

router = APIRouter(prefix="/model", route_class=PageRoute)


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    return await _sheet(request, staff)


async def _sheet(request: Request, staff: Staff, trial: str = "", fine: bool = False) -> Response:
    settings, operator = (await house.organization(staff.world, staff.actor.org)).settings, staff.world.settings
    return await sheet(
        request, staff, "model", url=settings.llm_url, name=settings.llm_model, has_key=bool(settings.llm_key), operator=operator.llm_model or "",
        changed=await last_change(staff, "llm_url", "llm_model", "llm_key"), trial=trial, fine=fine,
    )


@router.post("")
async def save(request: Request, staff: Signed) -> Response:
    """An empty key leaves the one that is set; an empty address and model go back to the operator's model, or to none."""
    given = await form(request)
    url, name = given.get("url", "").strip(), given.get("model", "").strip()
    if bool(url) != bool(name):
        raise Refused("A model needs both its address and its name. Leave both empty to quote the knowledge base instead.")
    if url and not url.startswith(("https://", "http://")):
        raise Refused("The address begins with https:// (or http:// for a model on your own network).")
    changes = {"llm_url": url, "llm_model": name}
    if given.get("key", "").strip() or given.get("forget") or not url:
        changes["llm_key"] = given.get("key", "").strip()
    await house.change(staff.world, staff.actor, **changes)
    return done(request, staff, "/settings/model", Said(text=f"Saved. Answers are phrased by {name} from now on." if name else "Saved. No model of your own is used."), "reload")


@router.post("/test")
async def test(request: Request, staff: Signed) -> Response:
    """Asks the saved model one short question."""
    try:
        reply = await models.try_out(staff.world, staff.actor)
        trial, fine = f"{reply.model} answered: {reply.text.strip()[:200]}", True
    except ModelFailed as failure:
        trial, fine = f"{failure} Until it works, conversations that need it are handed off to the team.", False
    if by_htmx(request):
        return fragment(request, staff, "settings/model_trial.html", trial=trial, fine=fine)
    return await _sheet(request, staff, trial, fine)
