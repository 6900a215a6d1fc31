"""Settings › Try it: talk to the AI as a chosen customer, and see beside it what it saw. The conversation lives in the form, and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.rules.permits import may, require
from glassine.story import house
from glassine.story.behaviour import talking
from glassine.story.behaviour.talking import Answer, Said
from glassine.story.behaviour.trying import LONGEST, Customer
from glassine.story.knowledge import segments
from glassine.web.pages.frame import form
from glassine.web.pages.settings.sheet import sheet
from glassine.web.pages.wording import CHANNELS, OUTCOMES, reason
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import Refused
from glassine.words.ids import SegmentId
from glassine.words.people import Verb
from glassine.words.sessions import ChannelKind

router = APIRouter(prefix="/try-it", route_class=PageRoute)


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    return await _sheet(request, staff, {}, [])


async def _sheet(request: Request, staff: Staff, given: Mapping[str, Any], said: list[Said], *, answer: Answer | None = None, wrong: str = "", status: int = 200) -> Response:
    require(staff.actor, Verb.DEBUG)
    org = (await house.organization(staff.world, staff.actor.org)).settings
    kinds = [(str(row["kind"]), CHANNELS[row["kind"]][0]) for row in await house.channels(staff.world, staff.actor.org)]
    choices = await segments.every(staff.world, staff.actor) if may(staff.actor, Verb.READ_KNOWLEDGE) else []
    shown = {"outcome": OUTCOMES[type(answer.outcome).__name__], "reasons": [reason(str(one)) for one in answer.outcome.reasons], "trace": answer.trace} if answer else None
    return await sheet(
        request, staff, "try-it", status=status, channels=kinds, languages=org.languages, segments=choices, f={"channel": "web", "language": "", "segments": [], "message": "", **given}, spoken=said, wrong=wrong, shown=shown,
        so_far=json.dumps([[one.customer, one.text] for one in said]),
    )


@router.post("")
async def talk(request: Request, staff: Signed) -> Response:
    """One more message. By post, so that what people try stands in no address and no log."""
    raw = await request.form()
    given: dict[str, Any] = {**await form(request), "segments": [str(one) for one in raw.getlist("segments")]}
    said = _so_far(str(given.get("so_far", "")))
    try:
        answer = await talking.talk(staff.world, staff.actor, _customer(given), said, str(given.get("message", ""))[:LONGEST])
    except Refused as refusal:
        return await _sheet(request, staff, given, said, wrong=str(refusal), status=refusal.status)
    said = [*said, Said(customer=True, text=answer.asked), *([Said(customer=False, text=answer.words)] if answer.words else [])]
    return await _sheet(request, staff, {**given, "message": ""}, said, answer=answer)


def _so_far(written: str) -> list[Said]:
    """What the form brought back; anything else is no conversation."""
    try:
        return [Said(customer=bool(customer), text=str(text)[:LONGEST]) for customer, text in json.loads(written or "[]")][-talking.MOST :]
    except (ValueError, TypeError):
        return []


def _customer(given: Mapping[str, Any]) -> Customer:
    channel = next((kind for kind in ChannelKind if kind == given.get("channel")), ChannelKind.WEB)
    try:
        chosen = tuple(SegmentId(UUID(one)) for one in given["segments"])
    except ValueError:
        raise Refused("Choose the segments from the list.") from None
    return Customer(channel=channel, language=str(given.get("language") or "") or None, segments=chosen)
