"""Settings › Autopilot: what the AI may do on each channel."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from glassine.story import house
from glassine.story.behaviour import autopilot
from glassine.web.pages.frame import Said, done, form
from glassine.web.pages.settings.sheet import sheet
from glassine.web.pages.wording import CHANNELS
from glassine.web.staff import PageRoute, Signed
from glassine.words.autopilot import PARTS, Edition
from glassine.words.errors import Refused
from glassine.words.sessions import Autopilot, ChannelKind

router = APIRouter(prefix="/autopilot", route_class=PageRoute)
_SHOWN = 20  # changes
_MODES = (
    (Autopilot.OFF, "Off", "Every message goes to the team. The AI says and drafts nothing."),
    (Autopilot.ASSIST, "Assist", "Every message goes to the team, with a draft by the AI that only the team sees."),
    (Autopilot.ON, "On", "The AI answers what the knowledge base covers, and hands the rest to the team."),
)


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    world, org = staff.world, staff.actor.org
    return await sheet(
        request, staff, "autopilot", channels=[_channel(row) for row in await house.channels(world, org)], modes=_MODES,
        editions=await autopilot.history(world, staff.actor, limit=_SHOWN), parts=PARTS, says=said_of,
    )


def said_of(edition: Edition) -> str:
    """What a change changed, in a few words."""
    names = [name for name in {**edition.before, **edition.after} if edition.before.get(name) != edition.after.get(name)]
    return ", ".join(name.replace("_", " ") for name in names)


@router.post("/versions/{number}/undo")
async def undo(request: Request, staff: Signed, number: int) -> Response:
    """Brings the part back that this version changed."""
    book = await autopilot.undo(staff.world, staff.actor, number)
    return done(request, staff, "/settings/autopilot", Said(text=f"Version {number} is taken back.", undo=f"/settings/autopilot/versions/{book.number}/undo"), "reload")


def _channel(row: dict[str, Any]) -> dict[str, Any]:
    name, icon = CHANNELS.get(row["kind"], (row["kind"], "chat"))
    says = next(words for mode, _, words in _MODES if mode == row["autopilot"])
    return {"kind": row["kind"], "name": name, "icon": icon, "mode": row["autopilot"], "says": says, "by": row["changed_by_name"], "at": row["updated_at"]}


@router.post("/{channel}")
async def set_mode(request: Request, staff: Signed, channel: ChannelKind) -> Response:
    given = await form(request)
    mode = next((mode for mode in Autopilot if mode == given.get("mode")), None)
    if mode is None:
        raise Refused("Autopilot is off, assist or on.")
    before = next((row["autopilot"] for row in await house.channels(staff.world, staff.actor.org) if row["kind"] == channel), Autopilot.ON)
    await autopilot.set_mode(staff.world, staff.actor, channel, mode)
    words = f"{CHANNELS[channel][0]}: autopilot is {mode}. It holds for messages from now on."
    return done(request, staff, "/settings/autopilot", Said(text=words, undo=f"/settings/autopilot/{channel}", fields={"mode": str(before)}), "reload")
