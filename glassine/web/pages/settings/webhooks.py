"""Settings › Webhooks: addresses of the organisation's own systems that are told what happens, with what each was sent. Secrets are shown once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from glassine.rules.permits import require
from glassine.story import access
from glassine.story.delivery import endpoints
from glassine.story.delivery.endpoints import Given
from glassine.web.api import events, shapes
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment
from glassine.web.pages.settings.sheet import sheet
from glassine.web.pages.wording import CHANNELS
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.deliveries import DeliveryId, DeliveryState
from glassine.words.errors import Refused
from glassine.words.people import Verb
from glassine.words.sessions import ChannelKind
from glassine.words.webhooks import KEPT, SECONDS, Sent, Webhook, WebhookId
from glassine.words.wire_events import WIRE_EVENTS

router = APIRouter(prefix="/webhooks", route_class=PageRoute)
_AT = "/settings/webhooks"
_PAGE = 25
_USED = (ChannelKind.WEB, ChannelKind.API, ChannelKind.EMAIL)  # the rest by the API, once they have a connector
STATES: Mapping[DeliveryState, tuple[str, str]] = {  # look, and words
    DeliveryState.WAITING: ("warn", "Waits"), DeliveryState.DONE: ("good", "Arrived"), DeliveryState.UNKNOWN: ("warn", "Unknown"), DeliveryState.DEAD: ("bad", "Given up"),
    DeliveryState.DROPPED: ("", "Let go"),
}  # fmt: skip
_BLANK: Mapping[str, Any] = {"name": "", "url": "", "events": (), "channels": (), "ordered": False, "clear": False}


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    return await _list(request, staff)


async def _list(request: Request, staff: Staff, *, typed: Mapping[str, Any] = _BLANK, wrong: Refused | None = None, made: Webhook | None = None, secret: str = "") -> Response:
    """`typed` is what a form held that was refused, and `wrong` why; `secret` is the new endpoint's."""
    every = await endpoints.every(staff.world, staff.actor)
    return await sheet(
        request, staff, "webhooks", status=wrong.status if wrong else 200, every=every, counts=await endpoints.counts(staff.world, staff.actor), f=typed, wrong=wrong, made=made,
        secret=secret, **_shared(),
    )


def _shared() -> dict[str, Any]:
    return {"catalogue": WIRE_EVENTS, "channels": [(kind, CHANNELS[kind][0]) for kind in _USED], "states": STATES, "state": DeliveryState, "seconds": SECONDS, "days": KEPT.days}


@router.get("/stream")
async def follow(request: Request, staff: Signed) -> StreamingResponse:
    """What programs read at GET /api/events, for whoever is signed in."""
    require(staff.actor, Verb.READ_SESSIONS)

    async def still() -> bool:
        return await access.by_cookie(staff.world, staff.token) is not None

    return await events.opened(request, staff.world, staff.actor.org, still)


@router.post("")
async def create(request: Request, staff: Signed) -> Response:
    typed, some = await _typed(request)
    try:
        made, secret = await endpoints.create(staff.world, staff.actor, Given(**_chosen(typed, some)))
    except Refused as refusal:
        if refusal.status != 400:
            raise
        return await _list(request, staff, typed=typed, wrong=refusal)
    return await _list(request, staff, made=made, secret=secret)


async def _typed(request: Request) -> tuple[dict[str, Any], bool]:
    """What the form holds, and whether only the ticked events are meant."""
    given, text = await request.form(), await form(request)
    some, ticked = given.get("reach") == "some", [str(name) for name in given.getlist("event")]
    typed = {
        "url": text.get("url", ""), "name": text.get("name", ""), "events": tuple(ticked) if some else (), "channels": tuple(str(kind) for kind in given.getlist("channel")),
        "ordered": bool(given.get("ordered")), "clear": bool(given.get("clear")),
    }
    return typed, some


def _chosen(typed: dict[str, Any], some: bool) -> dict[str, Any]:
    """No tick at all would hear of everything, so it is refused. Raises Refused."""
    if some and not typed["events"]:
        raise Refused("Choose at least one event, or all of them.")
    return typed


@router.get("/{id}")
async def open_one(request: Request, staff: Signed, id: UUID, state: str = "", before: str = "") -> Response:
    return await _one(request, staff, id, state=state, before=before)


async def _one(
    request: Request, staff: Staff, id: UUID, *, state: str = "", before: str = "", typed: Mapping[str, Any] | None = None, wrong: Refused | None = None, secret: str = "",
) -> Response:
    webhook = WebhookId(id)
    one, secrets = await endpoints.one(staff.world, staff.actor, webhook), await endpoints.secrets_of(staff.world, staff.actor, webhook)
    return await sheet(
        request, staff, "webhook", status=wrong.status if wrong else 200, listed="webhooks", one=one, f=typed or _fields(one), secrets=secrets, wrong=wrong, secret=secret,
        **await _log(staff, webhook, state, before), **_shared(),
    )


def _fields(one: Webhook) -> dict[str, Any]:
    return {"name": one.name, "url": one.url, "events": one.events, "channels": one.channels, "ordered": one.ordered, "clear": one.clear}


async def _log(staff: Staff, id: WebhookId, state: str, before: str) -> dict[str, Any]:
    chosen = next((each for each in DeliveryState if each == state), None)
    found = await endpoints.sent(staff.world, staff.actor, id, state=chosen, before=shapes.place(before), limit=_PAGE + 1)
    more = shapes.cursor(found[_PAGE - 1].created_at, found[_PAGE - 1].id) if len(found) > _PAGE else ""
    return {"sent": [(each, _pretty(each)) for each in found[:_PAGE]], "more": more, "chosen": chosen, "before": before, "id": id}


def _pretty(one: Sent) -> str:
    return json.dumps(one.request, indent=2, ensure_ascii=False) if one.request else ""


@router.get("/{id}/log")
async def log(request: Request, staff: Signed, id: UUID, state: str = "", before: str = "") -> Response:
    """The list of deliveries, which renews itself."""
    return fragment(request, staff, "settings/webhook_log.html", **await _log(staff, WebhookId(id), state, before), **_shared())


@router.post("/{id}")
async def change(request: Request, staff: Signed, id: UUID) -> Response:
    typed, some = await _typed(request)
    try:
        before, after = await endpoints.change(staff.world, staff.actor, WebhookId(id), _chosen(typed, some))
    except Refused as refusal:
        if refusal.status != 400:
            raise
        return await _one(request, staff, id, typed=typed, wrong=refusal)
    return done(request, staff, f"{_AT}/{id}", Said(text=f"Saved “{after.name}”." if before != after else "Nothing was changed."), "reload")


@router.post("/{id}/switch")
async def switch(request: Request, staff: Signed, id: UUID) -> Response:
    on = (await form(request)).get("on") == "yes"
    await endpoints.switch(staff.world, staff.actor, WebhookId(id), on=on)
    text = "Enabled. Replay what it has missed below." if on else "Disabled. What happens meanwhile can be replayed."
    return done(request, staff, f"{_AT}/{id}", Said(text=text, undo=f"{_AT}/{id}/switch", fields={"on": "" if on else "yes"}), "reload")


@router.post("/{id}/rotate")
async def rotate(request: Request, staff: Signed, id: UUID) -> Response:
    hours = (await form(request)).get("hours", "24")
    if not hours.isascii() or not hours.isdigit() or len(hours) > 4:
        raise Refused("For how many hours shall the former secret sign? A whole number from 0 to 168.")
    secret = await endpoints.rotate(staff.world, staff.actor, WebhookId(id), timedelta(hours=int(hours)))
    return await _one(request, staff, id, secret=secret)


@router.post("/{id}/test")
async def test(request: Request, staff: Signed, id: UUID) -> Response:
    event = (await form(request)).get("event") or "webhook.test"
    await endpoints.test(staff.world, staff.actor, WebhookId(id), event)
    return _listed(request, staff, id, f"Sent {event}. How it went stands below in a moment.")


def _listed(request: Request, staff: Staff, id: UUID, text: str) -> Response:
    """The list below renews itself at once; without htmx the page is loaded anew."""
    return done(request, staff, f"{_AT}/{id}#sent", Said(text=text), *([] if by_htmx(request) else ["reload"]))


@router.post("/{id}/sent/{delivery}")
async def resend(request: Request, staff: Signed, id: UUID, delivery: UUID) -> Response:
    await endpoints.resend(staff.world, staff.actor, WebhookId(id), DeliveryId(delivery))
    return _listed(request, staff, id, "It goes once more, with the same webhook-id.")


@router.post("/{id}/replay")
async def replay(request: Request, staff: Signed, id: UUID) -> Response:
    given = await form(request)
    try:
        since = datetime.fromisoformat(given.get("since", "")).replace(tzinfo=UTC)
    except ValueError:
        raise Refused("Since when? Choose a date and a time.") from None
    count = await endpoints.replay(staff.world, staff.actor, WebhookId(id), since, all=bool(given.get("all")))
    return _listed(request, staff, id, f"{count:,} event{'' if count == 1 else 's'} will go out, oldest first." if count else "Nothing is missing since then.")


@router.post("/{id}/delete")
async def delete(request: Request, staff: Signed, id: UUID) -> Response:
    """Not undone by a button, for its secret is gone: it asks for the endpoint's name."""
    one = await endpoints.one(staff.world, staff.actor, WebhookId(id))
    if (await form(request)).get("name", "").strip().casefold() != one.name.casefold():
        raise Refused(f"Nothing was changed. To remove the endpoint, type its name exactly: {one.name}")
    await endpoints.delete(staff.world, staff.actor, one.id)
    return done(request, staff, _AT, Said(text=f"Removed “{one.name}”. Nothing is sent to it any more."), "go")
