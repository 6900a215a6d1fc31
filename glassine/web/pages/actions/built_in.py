"""Actions › Built in: what the AI may have Glassine do itself, each with a switch and the rules that make sense for it. The story decides what may be set."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from glassine.rules.calling import built_in as rules
from glassine.story.actions import built_in
from glassine.web.pages.frame import Said, done, form, page
from glassine.web.staff import PageRoute, Signed
from glassine.words.actions import BuiltIn
from glassine.words.errors import Refused

router = APIRouter(prefix="/actions/built-in", route_class=PageRoute)


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    found = [
        {"name": which, "title": rules.title(which), "about": rules.description(which), "rule": rule, "may": rules.may_set(which)}
        for which, rule in (await built_in.rules(staff.world, staff.actor)).items()
    ]
    return await page(request, staff, "actions/built_in.html", here="actions", found=found, mail=bool(staff.world.settings.smtp_url))


@router.post("/{name}")
async def change(request: Request, staff: Signed, name: str) -> Response:
    """The switch alone, or (`do=rules`) what has to happen first and how often."""
    given = await form(request)
    which = next((one for one in BuiltIn if one == name), None)
    may = rules.may_set(which) if which else frozenset[str]()
    fields: dict[str, Any] = {"on": given.get("on") == "yes"}
    if given.get("do") == "rules":
        fields = {each: given.get(each) == "yes" for each in ("confirm", "approve") if each in may}
        if "per_contact_a_day" in may:
            if not (limit := given.get("per_contact_a_day", "").strip() or "0").isdecimal() or len(limit) > 5:
                raise Refused("A limit is a whole number. 0 means no limit.")
            fields["per_contact_a_day"] = int(limit)
    _, number = await built_in.change(staff.world, staff.actor, name, **fields)
    words = f"{rules.title(which)} is {'on' if fields['on'] else 'off'}." if which and "on" in fields else "Saved. It holds for messages from now on."
    return done(request, staff, "/actions/built-in", Said(text=words, undo=f"/settings/autopilot/versions/{number}/undo"), "reload")
