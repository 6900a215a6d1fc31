"""Settings › Patterns: what the organisation looks for besides the built-in kinds, tried on a sample and on past messages before it is saved."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID, uuid4

from fastapi import APIRouter, Request, Response

from glassine.rules.patterns import LONGEST, MOST
from glassine.rules.permits import require
from glassine.story.privacy import policies
from glassine.story.privacy.policies import Trial
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment
from glassine.web.pages.settings.sheet import last_change, sheet
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import Refused
from glassine.words.people import Verb
from glassine.words.privacy import CustomPattern, Treatment

router = APIRouter(prefix="/patterns", route_class=PageRoute)
_SAMPLE = "My member number is MEM-204118, and I ordered 3 lamps on 12/03/2025 (order 8841)."
_EMPTY: Mapping[str, str] = {"id": "", "name": "", "pattern": "", "context": "", "treatment": Treatment.PSEUDONYM, "sample": _SAMPLE}


@router.get("")
async def show(request: Request, staff: Signed, edit: UUID | None = None) -> Response:
    if edit is None:
        return await _sheet(request, staff, _EMPTY)
    return await _sheet(request, staff, {**_fields(await policies.one(staff.world, staff.actor.org, str(edit))), "sample": _SAMPLE})


async def _sheet(request: Request, staff: Staff, typed: Mapping[str, str], *, trial: Trial | None = None, wrong: str = "", status: int = 200) -> Response:
    """`typed` is what stands in the form; `wrong` why it was not saved."""
    found = await policies.current(staff.world, staff.actor.org)
    changes = [await last_change(staff, verb=f"patterns.{verb}") for verb in ("create", "change", "delete")]
    changed = max((one for one in changes if one), key=lambda one: one.at, default=None)
    return await sheet(
        request, staff, "patterns", status=status, found=found.patterns, f={**_EMPTY, **typed}, trial=trial, wrong=wrong, most=MOST, longest=LONGEST, changed=changed,
    )


def _fields(pattern: CustomPattern) -> dict[str, str]:
    """A pattern as the form's fields, for editing and for undoing."""
    return {
        "id": pattern.id, "name": pattern.name, "pattern": pattern.pattern, "context": ", ".join(pattern.context), "treatment": pattern.treatment,
        "on": "yes" if pattern.on else "",
    }


def _given(fields: Mapping[str, str], *, on: bool = True) -> CustomPattern:
    id = fields.get("id") or str(uuid4())
    try:
        UUID(id)
    except ValueError:
        raise Refused("There is no such pattern.") from None
    return CustomPattern(
        id=id, name=" ".join(fields.get("name", "").split()), pattern=fields.get("pattern", "").strip(), on=on,
        context=tuple(dict.fromkeys(" ".join(word.split()) for word in fields.get("context", "").split(",") if word.strip())),
        treatment=Treatment.MASK if fields.get("treatment") == Treatment.MASK else Treatment.PSEUDONYM,
    )


@router.post("")
async def save(request: Request, staff: Signed) -> Response:
    """Adds a pattern, changes it, or brings a deleted one back. What is refused stays in the form with the reason."""
    require(staff.actor, Verb.CHANGE_SETTINGS)
    given = await form(request)
    before = next((one for one in (await policies.current(staff.world, staff.actor.org)).patterns if one.id == given.get("id")), None)
    pattern = _given(given, on=given["on"] == "yes" if "on" in given else before is None or before.on)
    try:
        was = await policies.save(staff.world, staff.actor, pattern)
    except Refused as refusal:
        return await _sheet(request, staff, given, wrong=str(refusal), status=refusal.status)
    if was is None:
        return done(request, staff, "/settings/patterns", Said(text=f"{pattern.name} is looked for from now on.", undo=f"/settings/patterns/{pattern.id}/delete"), "reload")
    return done(request, staff, "/settings/patterns", Said(text=f"{pattern.name} is changed. It holds for messages from now on.", undo="/settings/patterns", fields=_fields(was)), "reload")


@router.post("/try")
async def try_out(request: Request, staff: Signed) -> Response:
    """What the pattern in the form would do. Nothing is saved."""
    given = await form(request)
    trial = await policies.try_out(staff.world, staff.actor, _given(given), given.get("sample", ""))
    if by_htmx(request):
        return fragment(request, staff, "settings/pattern_trial.html", trial=trial, f=given)
    return await _sheet(request, staff, given, trial=trial)


@router.post("/{id}/switch")
async def switch(request: Request, staff: Signed, id: UUID) -> Response:
    on = (await form(request)).get("on") == "yes"
    pattern = await policies.switch(staff.world, staff.actor, str(id), on=on)
    words = f"{pattern.name} is {'looked for' if on else 'off'} from now on."
    return done(request, staff, "/settings/patterns", Said(text=words, undo=f"/settings/patterns/{id}/switch", fields={"on": "" if on else "yes"}), "reload")


@router.post("/{id}/delete")
async def delete(request: Request, staff: Signed, id: UUID) -> Response:
    """Undone by the notice, which holds the pattern."""
    gone = await policies.delete(staff.world, staff.actor, str(id))
    return done(request, staff, "/settings/patterns", Said(text=f"{gone.name} is deleted. What it masked stays masked.", undo="/settings/patterns", fields=_fields(gone)), "reload")
