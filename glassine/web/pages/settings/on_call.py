"""Settings › On call: how long a customer may wait for a person, who is told by mail when one waits, and who when nobody has answered in time."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response

from glassine.story import access, on_call
from glassine.story.on_call import OnCall
from glassine.web.pages.frame import Said, done, form
from glassine.web.pages.settings.sheet import last_change, sheet
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import Refused

router = APIRouter(prefix="/on-call", route_class=PageRoute)
LISTS = (
    ("first", "When a customer waits", "At once when a conversation comes to the team, and nobody has taken it."),
    ("then", "When nobody has answered in time", "Once the deadline has passed, besides whoever owns the conversation."),
)


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    return await _sheet(request, staff, await on_call.current(staff.world, staff.actor.org))


async def _sheet(request: Request, staff: Staff, shown: OnCall, *, status: int = 200, wrong: str = "") -> Response:
    team = [person for person in await access.team(staff.world, staff.actor) if not person.disabled_at]
    lists = []
    for key, name, words in LISTS:
        people, addresses = on_call.taken_apart(shown.first if key == "first" else shown.then)
        told = on_call.recipients(shown.first if key == "first" else shown.then, team)
        lists.append({"key": key, "name": name, "words": words, "people": people, "addresses": "\n".join(addresses), "told": [one.name or one.address for one in told]})
    return await sheet(
        request, staff, "on-call", status=status, wrong=wrong, minutes=shown.minutes, in_hours=shown.in_hours, lists=lists, team=team, mail=bool(staff.world.settings.smtp_url),
        changed=await last_change(staff, "patience", "notify", "escalate", "notify_in_hours"),
    )


@router.post("")
async def save(request: Request, staff: Signed) -> Response:
    given, before = await form(request), await on_call.current(staff.world, staff.actor.org)
    minutes = given.get("minutes", "")
    wanted = OnCall(minutes=int(minutes) if minutes.isdecimal() and len(minutes) < 7 else 0, first=_list(given, "first"), then=_list(given, "then"), in_hours=given.get("in_hours") == "1")
    try:
        await on_call.change(staff.world, staff.actor, wanted)
    except Refused as refusal:
        if refusal.status == 403:
            raise
        return await _sheet(request, staff, wanted, status=refusal.status, wrong=str(refusal))
    return done(request, staff, "/settings/on-call", Said(text="Saved.", undo="/settings/on-call", fields=_fields(before)), "reload")


def _list(given: Mapping[str, str], key: str) -> tuple[str, ...]:
    """The ticked people, and the addresses."""
    return on_call.entries([name.partition(":")[2] for name in given if name.startswith(f"{key}:")], given.get(key, "").split())


def _fields(before: OnCall) -> dict[str, str]:
    """The form as it was."""
    fields = {"minutes": str(before.minutes), **({"in_hours": "1"} if before.in_hours else {})}
    for key, kept in (("first", before.first), ("then", before.then)):
        people, addresses = on_call.taken_apart(kept)
        fields |= {key: "\n".join(addresses), **{f"{key}:{id}": "1" for id in people}}
    return fields
