"""Settings › Deliveries: how each system that is delivered to stands, what waits for a person's decision, and every delivery with its reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.store.outgoing import Filter
from glassine.story.delivery import outgoing
from glassine.web.api.shapes import cursor, place
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment
from glassine.web.pages.settings.sheet import sheet
from glassine.web.staff import PageRoute, Signed
from glassine.words.deliveries import DeliveryId, DeliveryState, Effect, Target
from glassine.words.errors import Refused

router = APIRouter(prefix="/deliveries", route_class=PageRoute)
_ROWS = 50
_HERE = "/settings/deliveries"
STATES = {  # how a delivery stands: the look of its tag, its word, and its name in the filter
    DeliveryState.WAITING: ("ai", "Waiting", "Waiting"), DeliveryState.DONE: ("good", "Arrived", "Arrived"), DeliveryState.UNKNOWN: ("warn", "May have arrived", "May have arrived"),
    DeliveryState.DEAD: ("bad", "Given up", "Given up"), DeliveryState.DROPPED: ("", "Dropped", "Dropped"),
}
EFFECTS = {Effect.EVENT: "Event", Effect.OPEN: "New ticket", Effect.SAY: "Entry of a conversation", Effect.STATUS: "Solved or reopened"}
TARGETS = {Target.WEBHOOK: "Webhook", Target.HELPDESK: "Helpdesk"}


@router.get("")
async def show(request: Request, staff: Signed, to: str = "", state: str = "", before: str = "", part: str = "") -> Response:
    which = Filter(destination=_id(to), state=next((one for one in DeliveryState if one == state), None))
    found = await outgoing.page(staff.world, staff.actor, which, before=place(before), limit=_ROWS)
    standings = await outgoing.standings(staff.world, staff.actor)
    unknown = await outgoing.page(staff.world, staff.actor, Filter(state=DeliveryState.UNKNOWN), limit=_ROWS)
    last = found[-1].delivery if len(found) == _ROWS else None
    query = {name: value for name, value in {"to": to, "state": str(which.state or "")}.items() if value}
    values: dict[str, Any] = {
        "rows": found, "standings": standings, "unknown": unknown, "which": which, "names": {one.destination.id: one.destination.name for one in standings}, "states": STATES,
        "effects": EFFECTS, "targets": TARGETS, "later": bool(before), "first": urlencode(query), "shown_at": f"{_HERE}?{urlencode({**query, 'before': before} if before else query)}",
        "joined": "&" if query or before else "",
        "older": urlencode({**query, "before": cursor(last.created_at, last.id)}) if last else "",
    }  # fmt: skip
    if by_htmx(request):
        return fragment(request, staff, f"settings/deliveries_{'standing' if part == 'standing' else 'list'}.html", **values)
    return await sheet(request, staff, "deliveries", **values)


@router.post("/retry")
async def retry_since(request: Request, staff: Signed) -> Response:
    given = await form(request)
    many = await outgoing.retry_since(staff.world, staff.actor, _moment(given.get("since", "")), _id(given.get("to", "")))
    said = "Nothing was given up since then." if not many else f"{many:,} {'delivery is' if many == 1 else 'deliveries are'} tried again, in their order."
    return done(request, staff, _HERE, Said(text=said))


@router.post("/try-now")
async def try_now(request: Request, staff: Signed) -> Response:
    destination = _id((await form(request)).get("to", ""))
    if destination is None:
        raise Refused("Which destination? Press the button beside it.")
    await outgoing.try_now(staff.world, staff.actor, destination)
    return done(request, staff, _HERE, Said(text="It is tried now."))


@router.post("/{id}/retry")
async def retry(request: Request, staff: Signed, id: UUID) -> Response:
    await outgoing.retry(staff.world, staff.actor, DeliveryId(id))
    return done(request, staff, await _back(request), Said(text="It is tried again now."))


@router.post("/{id}/arrived")
async def arrived(request: Request, staff: Signed, id: UUID) -> Response:
    await outgoing.arrived(staff.world, staff.actor, DeliveryId(id))
    return done(request, staff, await _back(request), Said(text="Noted: it has arrived, and is not sent again."))


@router.post("/{id}/drop")
async def drop(request: Request, staff: Signed, id: UUID) -> Response:
    await outgoing.drop(staff.world, staff.actor, DeliveryId(id))
    return done(request, staff, await _back(request), Said(text="It was dropped.", undo=f"{_HERE}/{id}/retry"))


async def _back(request: Request) -> str:
    """The list as it was filtered."""
    given = (await form(request)).get("back", "")
    return given if given.startswith(_HERE) else _HERE


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text.strip() else None
    except ValueError:
        raise Refused("This is not a destination. Choose one from the list.") from None


def _moment(text: str) -> datetime:
    """As browsers write a local time; read as UTC where no zone stands with it."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("Since when? Give a day and a time.") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
