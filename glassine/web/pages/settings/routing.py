"""Settings › Routing: where the handoffs of each channel go, to the own inbox, to a helpdesk or to both, and who answers them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.story import house
from glassine.story.behaviour import autopilot, handoffs
from glassine.web.pages.frame import Said, done, form
from glassine.web.pages.settings.sheet import sheet
from glassine.web.pages.wording import CHANNELS
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import Refused
from glassine.words.helpdesks import HelpdeskId
from glassine.words.routing import Goes, Route, Routing
from glassine.words.sessions import ChannelKind

router = APIRouter(prefix="/routing", route_class=PageRoute)

WAYS = (  # the word of the form, its name, and what it means
    ("inbox", "Your inbox", "Your team answers here."),
    ("helpdesk", "A helpdesk", "A ticket is opened there, and your people answer there."),
    ("both-helpdesk", "Both, answered in the helpdesk", "The inbox shows everything, and anybody here can take it back."),
    ("both-inbox", "Both, answered in your inbox", "The ticket shows everything that is said."),
)


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    return await _sheet(request, staff)


async def _sheet(request: Request, staff: Staff, *, status: int = 200, wrong: str = "", given: Mapping[str, str] | None = None) -> Response:
    world, org = staff.world, staff.actor.org
    book, found = await autopilot.in_force(world, org), await handoffs.connected(world, org)
    routing = Routing.read(book.part("routing"))
    newest = await autopilot.history(world, staff.actor, part="routing", limit=1)
    channels = []
    for row in await house.channels(world, org):
        name, icon = CHANNELS[row["kind"]]
        route = routing.on(ChannelKind(row["kind"]))
        way, helpdesk = (given or {}).get(f"way:{row['kind']}") or _way(route), (given or {}).get(f"helpdesk:{row['kind']}") or str(route.helpdesk or "")
        gone = route.to is not Goes.INBOX and route.helpdesk not in {one.id for one in found}
        channels.append({"kind": row["kind"], "name": name, "icon": icon, "way": way, "helpdesk": helpdesk, "gone": gone and given is None})
    return await sheet(
        request, staff, "routing", status=status, wrong=wrong, channels=channels, ways=WAYS, helpdesks=found, number=book.number, changed=newest[0] if newest else None,
    )


def _way(route: Route) -> str:
    return f"both-{route.owns}" if route.to is Goes.BOTH else str(route.to)


@router.post("")
async def save(request: Request, staff: Signed) -> Response:
    given = await form(request)
    number = given.get("number", "")
    try:
        routing = Routing(channels={channel: _route(given, channel) for channel in ChannelKind if f"way:{channel}" in given})
        book = await handoffs.set_routing(staff.world, staff.actor, routing, expects=int(number) if number.isdecimal() else None)
    except Refused as refusal:
        if refusal.status == 403:
            raise
        return await _sheet(request, staff, status=refusal.status, wrong=str(refusal), given=given)
    return done(request, staff, "/settings/routing", Said(text="Saved. It holds for handoffs from now on.", undo=f"/settings/autopilot/versions/{book.number}/undo"), "reload")


def _route(given: Mapping[str, str], channel: ChannelKind) -> Route:
    """Raises Refused for a way or a helpdesk that is none."""
    way = given[f"way:{channel}"]
    if way not in {key for key, _, _ in WAYS}:
        raise Refused("Choose for each channel where its handoffs go.")
    if way == "inbox":
        return Route()
    try:
        helpdesk = HelpdeskId(UUID(given.get(f"helpdesk:{channel}", "")))
    except ValueError:
        raise Refused(f"Choose a helpdesk for {CHANNELS[channel][0]}.") from None
    return Route(to=Goes.HELPDESK if way == "helpdesk" else Goes.BOTH, helpdesk=helpdesk, owns=Goes.INBOX if way == "both-inbox" else Goes.HELPDESK)
