"""Settings › What left: the ledger, row by row, whether its chain holds, and whether a customer's value ever left. It shows types and counts only."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from glassine.rules.permits import require
from glassine.store.ledger import Filter
from glassine.story.boundary import crossings
from glassine.web.api.shapes import cursor, place
from glassine.web.pages.frame import form
from glassine.web.pages.settings.sheet import sheet
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.boundaries import BOUNDARIES
from glassine.words.crossings import Crossed
from glassine.words.errors import Refused
from glassine.words.ids import SessionId
from glassine.words.people import Verb

router = APIRouter(prefix="/ledger", route_class=PageRoute)
_ROWS = 50


@router.get("")
async def show(request: Request, staff: Signed, purpose: str = "", destination: str = "", session: str = "", refused: str = "", before: str = "") -> Response:
    return await _page(request, staff, _filter(purpose, destination, session, refused), before)


@router.post("/ever-left")
async def ever_left(request: Request, staff: Signed) -> Response:
    """The answer stands on the page; the value that was asked about is not in its address."""
    given = await form(request)
    session = _session(given.get("session", ""))
    try:
        found = await crossings.ever_left(staff.world, staff.actor, given.get("value", ""), session=session)
    except Refused as refusal:
        return await _page(request, staff, Filter(session=session), "", status=refusal.status, wrong=refusal.message)
    return await _page(request, staff, Filter(session=session), "", answer=found)


@router.get("/export")
async def export(staff: Signed) -> Response:
    """The same file that `glassine ledger export` writes."""
    require(staff.actor, Verb.READ_LEDGER)
    headers = {"Content-Disposition": f'attachment; filename="ledger-{staff.actor.org}.jsonl"'}
    return StreamingResponse(crossings.take_copy(staff.world, staff.actor), media_type="application/x-ndjson", headers=headers)


async def _page(request: Request, staff: Staff, which: Filter, before: str, *, status: int = 200, **values: Any) -> Response:
    found = await crossings.page(staff.world, staff.actor, which, before=place(before), limit=_ROWS)
    purposes, destinations = await crossings.choices(staff.world, staff.actor)
    last: Crossed | None = found.crossings[-1] if len(found.crossings) == _ROWS else None
    kept = {"purpose": which.purpose, "destination": which.destination, "session": which.session, "refused": "yes" if which.refused else None}
    query = {name: value for name, value in kept.items() if value}
    return await sheet(
        request, staff, "ledger", status=status, rows=found.crossings, broken=found.broken, state=found.state, which=which, purposes=purposes, destinations=destinations,
        titles={name: one.title for name, one in BOUNDARIES.items()}, older=urlencode({**query, "before": cursor(last.at, last.id)}) if last else "", later=bool(before),
        first=urlencode(query), **{"wrong": "", "answer": None, **values},
    )  # fmt: skip


def _filter(purpose: str, destination: str, session: str, refused: str) -> Filter:
    return Filter(purpose=purpose or None, destination=destination or None, session=_session(session), refused=refused == "yes")


def _session(text: str) -> SessionId | None:
    try:
        return SessionId(UUID(text)) if text.strip() else None
    except ValueError:
        raise Refused("This is not the id of a conversation. Copy it from the address of its page.") from None
