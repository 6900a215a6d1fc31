"""Settings › Rollout: which sessions the AI answers, by share, segment and language, on each channel; and where it drafts for people."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.rules.permits import may, require
from glassine.story import house
from glassine.story.behaviour import autopilot
from glassine.story.knowledge import segments
from glassine.web.pages.frame import Said, done, form
from glassine.web.pages.settings.sheet import sheet
from glassine.web.pages.wording import CHANNELS
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.autopilot import Assist, Rollout, Slice
from glassine.words.errors import Refused
from glassine.words.ids import SegmentId
from glassine.words.people import Verb
from glassine.words.sessions import ChannelKind

router = APIRouter(prefix="/rollout", route_class=PageRoute)
EVERYWHERE = "all"


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    return await _sheet(request, staff)


async def _sheet(request: Request, staff: Staff, *, status: int = 200, wrong: str = "") -> Response:
    book = await autopilot.in_force(staff.world, staff.actor.org)
    rollout, assist = Rollout.read(book.part("rollout")), Assist.read(book.part("assist"))
    newest = [one for part in ("rollout", "assist") for one in await autopilot.history(staff.world, staff.actor, part=part, limit=1)]
    kinds = [str(row["kind"]) for row in await house.channels(staff.world, staff.actor.org)]
    places = [(EVERYWHERE, "On every channel", rollout.everywhere, True), *((kind, CHANNELS[kind][0], rollout.on(ChannelKind(kind)), ChannelKind(kind) in rollout.channels) for kind in kinds)]
    return await sheet(
        request, staff, "rollout", status=status, wrong=wrong, places=places, segments=await segments.every(staff.world, staff.actor) if may(staff.actor, Verb.READ_KNOWLEDGE) else [], drafts=[(kind, CHANNELS[kind][0], kind in assist.channels) for kind in kinds],
        changed=max(newest, key=lambda one: one.at) if newest else None,
    )


@router.post("")
async def save(request: Request, staff: Signed) -> Response:
    """A channel that does as every channel does has no entry of its own."""
    require(staff.actor, Verb.CHANGE_SETTINGS)
    fields = await request.form()
    given, chosen = await form(request), {place: [str(one) for one in fields.getlist(f"segments:{place}")] for place in (EVERYWHERE, *ChannelKind)}
    try:
        own = {kind: _slice(given, chosen, kind) for kind in ChannelKind if given.get(f"own:{kind}") == "yes"}
        book = await autopilot.set_rollout(staff.world, staff.actor, Rollout(everywhere=_slice(given, chosen, EVERYWHERE), channels=own))
    except Refused as refusal:
        return await _sheet(request, staff, status=refusal.status, wrong=str(refusal))
    return done(request, staff, "/settings/rollout", Said(text="Saved. It holds for messages from now on.", undo=f"/settings/autopilot/versions/{book.number}/undo"), "reload")


def _slice(given: Mapping[str, str], chosen: Mapping[str, list[str]], place: str) -> Slice:
    share = given.get(f"share:{place}", "100")
    if not share.isdecimal():
        raise Refused("The share of sessions is a number from 0 to 100.")
    languages = tuple(dict.fromkeys(given.get(f"languages:{place}", "").lower().replace(",", " ").split()))
    try:
        named = tuple(SegmentId(UUID(one)) for one in chosen[place])
    except ValueError:
        raise Refused("Choose the segments from the list.") from None
    return Slice(share=int(share), segments=named, languages=languages)


@router.post("/assist")
async def set_assist(request: Request, staff: Signed) -> Response:
    given = await form(request)
    book = await autopilot.set_assist(staff.world, staff.actor, Assist(channels=tuple(kind for kind in ChannelKind if given.get(f"drafts:{kind}") == "yes")))
    return done(request, staff, "/settings/rollout", Said(text="Saved.", undo=f"/settings/autopilot/versions/{book.number}/undo"), "reload")
