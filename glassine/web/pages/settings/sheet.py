"""The frame of a settings page: the list of things to set, and who changed a thing last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from fastapi import Request
from fastapi.responses import HTMLResponse

from glassine.rules.permits import may
from glassine.store import vault
from glassine.web.pages.frame import page
from glassine.web.staff import Staff
from glassine.words.people import Verb


class Sheet(NamedTuple):
    """One entry of the list; shown to whoever may do `verb`."""

    key: str
    name: str
    icon: str
    verb: Verb


class Changed(NamedTuple):
    """Who changed something last, and when."""

    by: str
    at: datetime


SHEETS: Mapping[str, tuple[Sheet, ...]] = MappingProxyType({
    "The AI": (
        Sheet("autopilot", "Autopilot", "ai", Verb.READ_SESSIONS), Sheet("topics", "Topics", "rows", Verb.READ_SESSIONS), Sheet("rollout", "Rollout", "people", Verb.READ_SESSIONS),
        Sheet("hours", "Office hours", "clock", Verb.READ_SESSIONS), Sheet("guard", "Fact guard", "shield", Verb.READ_SESSIONS), Sheet("model", "Language model", "model", Verb.READ_SESSIONS),
        Sheet("try-it", "Try it", "chat", Verb.DEBUG), Sheet("rehearsals", "Rehearsals", "undo", Verb.READ_SESSIONS), Sheet("calibration", "Calibration", "check", Verb.READ_SESSIONS),
    ),
    "People take over": (
        Sheet("handoff", "Handoff", "handoff", Verb.READ_SESSIONS), Sheet("routing", "Routing", "out", Verb.READ_SESSIONS), Sheet("on-call", "On call", "bell", Verb.READ_SESSIONS),
        Sheet("helpdesks", "Helpdesks", "plug", Verb.READ_SESSIONS),
    ),
    "Data and privacy": (
        Sheet("data-map", "Data map", "glass", Verb.READ_MAP), Sheet("ledger", "What left", "out", Verb.READ_LEDGER), Sheet("privacy", "Privacy", "shield", Verb.READ_SESSIONS),
        Sheet("patterns", "Patterns", "search", Verb.READ_SESSIONS), Sheet("retention", "Retention", "clock", Verb.READ_SESSIONS), Sheet("erasures", "Erasures", "bin", Verb.ERASE),
        Sheet("audit", "Audit log", "rows", Verb.READ_AUDIT),
    ),
    "Channels and API": (
        Sheet("widget", "Chat widget", "chat", Verb.READ_SESSIONS), Sheet("help-centre", "Help centre", "globe", Verb.READ_KNOWLEDGE), Sheet("segments", "Segments", "people", Verb.READ_KNOWLEDGE),
        Sheet("keys", "API keys", "key", Verb.MANAGE_KEYS), Sheet("webhooks", "Webhooks", "plug", Verb.MANAGE_WEBHOOKS), Sheet("deliveries", "Deliveries", "out", Verb.READ_SESSIONS),
    ),
    "Your team": (Sheet("people", "People", "people", Verb.READ_SESSIONS), Sheet("account", "Your account", "person", Verb.READ_SESSIONS)),
})  # fmt: skip


async def sheet(request: Request, staff: Staff, key: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A settings page."""
    shown = {about: seen for about, sheets in SHEETS.items() if (seen := [one for one in sheets if may(staff.actor, one.verb)])}
    return await page(request, staff, f"settings/{key}.html", here="settings", status=status, sheets=shown, sheet=key, **values)


async def last_change(staff: Staff, *fields: str, verb: str = "settings.change") -> Changed | None:
    """The newest change of one of these settings, or of whatever a verb of its own stands for; None when all is as it was made."""
    async with staff.world.store.tx(staff.actor.org) as tx:
        rows = await vault.audit_page(tx, staff.actor.org, 200)
    found = (row for row in rows if row["verb"] == verb and (not fields or set(fields) & set(row["detail"].get("changed", []))))
    return next((_changed(row) for row in found), None)


def _changed(row: Mapping[str, Any]) -> Changed:
    return Changed(row["actor_name"] or "The API", row["created_at"])
