"""Settings: a list on the left, one page per thing. Each page says in its first line what the thing does and who changed it last."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from glassine.web.pages.settings import (
    account,
    audit,
    autopilot,
    calibration,
    data_map,
    deliveries,
    erasures,
    guard,
    handoff,
    help_centre,
    helpdesks,
    hours,
    keys,
    ledger,
    model,
    on_call,
    patterns,
    people,
    privacy,
    rehearsals,
    retention,
    rollout,
    routing,
    segments,
    topics,
    try_it,
    webhooks,
    widget,
)
from glassine.web.staff import PageRoute

router = APIRouter(prefix="/settings", include_in_schema=False, route_class=PageRoute)


@router.get("")
async def front() -> Response:
    return RedirectResponse("/settings/autopilot", status_code=303)


for _page in (data_map, ledger, deliveries, guard, calibration, rehearsals, autopilot, try_it, topics, rollout, hours, handoff, routing, on_call, model, people, segments, keys, webhooks, widget, privacy, patterns, retention, erasures, audit, account, help_centre):
    router.include_router(_page.router)
router.include_router(helpdesks.router)
