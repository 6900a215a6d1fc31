"""Settings › Audit log: who looked behind a mask and who changed what. It cannot be changed, by anybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response

from glassine.story import privacy
from glassine.web.pages.settings.sheet import sheet
from glassine.web.staff import PageRoute, Signed

router = APIRouter(prefix="/audit", route_class=PageRoute)


class Entry(NamedTuple):
    """One line in words; `link` leads to the thing where it has a page."""

    row: Mapping[str, Any]
    icon: str
    words: str
    link: str


_VERBS = {
    "privacy.reveal": ("eye", "revealed"), "settings.change": ("settings", "changed"), "autopilot.change": ("ai", "set autopilot"),
    "people.invite": ("people", "invited"), "people.join": ("people", "joined"), "people.role": ("people", "changed a role"), "people.disable": ("people", "disabled"),
    "keys.create": ("key", "made an API key"), "keys.revoke": ("key", "revoked an API key"),
}


@router.get("")
async def show(request: Request, staff: Signed, only: str = "") -> Response:
    rows = await privacy.audit_log(staff.world, staff.actor)
    entries = [_entry(row) for row in rows if only in ("", "all") or str(row["verb"]).startswith("privacy.") == (only == "reveals")]
    return await sheet(request, staff, "audit", entries=entries, only=only or "all")


def _entry(row: Mapping[str, Any]) -> Entry:
    detail: Mapping[str, Any] = row["detail"]
    icon, words = _VERBS.get(row["verb"], ("info", str(row["verb"]).replace(".", " ").replace("_", " ")))
    what = detail.get("placeholder") or detail.get("field") or detail.get("changed") or detail.get("name") or detail.get("channel") or ""
    if isinstance(what, list):
        what = ", ".join(what)
    after = detail.get("autopilot") or detail.get("role") or ""
    session = row["thing"] == "session" and row["thing_id"]
    return Entry(row, icon, " ".join(filter(None, [words, str(what).replace("_", " ") if not detail.get("placeholder") else str(what), f"to {after}" if after else ""])), f"/inbox/sessions/{row['thing_id']}" if session else "")
