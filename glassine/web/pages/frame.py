"""What every signed-in page shares: the navigation's counts, what was just done and how to undo it, and how a form answers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from glassine.rules.permits import may
from glassine.store import inbox
from glassine.story.boundary.boundaries import AI
from glassine.story.boundary.data_map import Off, off
from glassine.web.faults import theme_of
from glassine.web.render import render
from glassine.web.staff import Staff, local
from glassine.words.boundaries import BOUNDARIES
from glassine.words.people import Verb

_FLASH = "glassine_flash"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was just done, in words, and the form that undoes it: an address of ours and its fields."""

    text: str
    undo: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


class NavView(NamedTuple):
    """One list of the inbox in the navigation."""

    key: str
    name: str
    icon: str
    title: str
    total: int | None


_NAMES = {
    "mine": ("Mine", "person", "Open conversations that you own"),
    "unassigned": ("Unassigned", "handoff", "Handed off to the team, and nobody has taken them yet"),
    "autopilot": ("Autopilot", "ai", "Open conversations that the AI answers"),
    "colleagues": ("With colleagues", "people", "Open conversations that somebody else owns"),
    "trouble": ("Helpdesk trouble", "alert", "Open conversations whose ticket could not be opened or written to"),
    "closed": ("Closed", "closed", "Resolved and unresolved, newest first"),
}


async def views(staff: Staff) -> list[NavView]:
    """The lists with how many conversations each holds; that of trouble only while there is any."""
    async with staff.world.store.tx(staff.actor.org) as tx:
        counts = await inbox.counts(tx, staff.actor.org, staff.actor.id)
    return [NavView(key, name, icon, title, counts[key]) for key in inbox.VIEWS for name, icon, title in [_NAMES[key]] if counts[key] or key != "trouble"]


async def page(request: Request, staff: Staff, template: str, *, here: str = "", status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page in its frame."""
    flash = _read_flash(request, staff)
    shared = {
        "staff": staff, "theme": theme_of(request), "path": request.url.path, "here": here, "view": values.get("view", ""), "views": await views(staff),
        "flash": values.pop("said", None) or flash, "now": staff.world.clock(), "can": permissions(staff), "shut": await shut(staff),
    }
    response = HTMLResponse(render(template, {**shared, **values}), status_code=status)
    if flash:
        response.delete_cookie(_FLASH)
    return response


class Shut(NamedTuple):
    """What is switched off, for the banner over every page: all AI (with since when and by whom), and boundaries by their titles."""

    ai: Off | None
    boundaries: list[str]


async def shut(staff: Staff) -> Shut:
    settings = await staff.world.switches.of(staff.actor.org)
    return Shut(off(settings, AI), [BOUNDARIES[name].title for name in BOUNDARIES if name in settings.switched_off])


def fragment(request: Request, staff: Staff, template: str, **values: Any) -> HTMLResponse:
    """A part of a page, for a request by htmx."""
    return HTMLResponse(render(template, {"staff": staff, "now": staff.world.clock(), "can": permissions(staff), "path": request.url.path, **values}))


def permissions(staff: Staff) -> dict[str, bool]:
    """What the pages may offer: a button that would be refused is not shown."""
    return {verb.name.lower(): may(staff.actor, verb) for verb in Verb}


def by_htmx(request: Request) -> bool:
    return "hx-request" in request.headers


def done(request: Request, staff: Staff, to: str, said: Said | None = None, *also: str) -> Response:
    """The answer to a form. htmx: nothing to swap, but events (`say`, `changed` and `also`, of which `go` leads on); a plain browser: on to a page that says it.

    Where a page is loaded, that one says it: a toast of the one before would be gone at once, and its Undo with it.
    """
    leaves = not by_htmx(request) or "reload" in also or "go" in also
    response: Response = RedirectResponse(local(to), status_code=303)
    if by_htmx(request):
        events: dict[str, Any] = {"changed": {}, **{name: {} for name in also if name != "go"}, **({"say": asdict(said)} if said and not leaves else {})}
        response = Response(status_code=204, headers={"HX-Trigger": json.dumps(events), **({"HX-Redirect": local(to)} if "go" in also else {})})
    if said and leaves:
        response.set_cookie(_FLASH, _write_flash(staff, said), max_age=60, httponly=True, samesite="lax")
    return response


async def form(request: Request) -> dict[str, str]:
    """The text fields of a form, without the marks that databases refuse."""
    return {name: value.replace("\0", "").encode("utf-8", "replace").decode() for name, value in (await request.form()).items() if isinstance(value, str)}


def _write_flash(staff: Staff, said: Said) -> str:
    body = base64.urlsafe_b64encode(json.dumps(asdict(said)).encode()).decode()
    return f"{body}.{_signature(staff, body)}"


def _read_flash(request: Request, staff: Staff) -> Said | None:
    """Signed, because a neighbouring host may set cookies too, and its words must not become our buttons."""
    body, _, signature = request.cookies.get(_FLASH, "").partition(".")
    if not body or not hmac.compare_digest(signature.encode(), _signature(staff, body).encode()):
        return None
    return Said(**json.loads(base64.urlsafe_b64decode(body)))


def _signature(staff: Staff, body: str) -> str:
    return hmac.new(staff.token.encode(), b"flash" + body.encode(), hashlib.sha256).hexdigest()
