"""Settings › Audit log: who looked behind a mask and who changed what. It cannot be changed, by anybody."""

from __future__ import annotations

from collections import defaultdict
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


_VERBS = {  # icon, and a sentence over the row's details
    "privacy.reveal": ("eye", "looked behind {what} of a {thing}"), "settings.change": ("settings", "changed {what}"),
    "autopilot.change": ("ai", "set autopilot of {channel} to {autopilot}"), "people.invite": ("people", "invited somebody as {role}"),
    "people.join": ("people", "joined as {role}"), "people.role": ("people", "changed a role from {from} to {to}"),
    "people.disable": ("people", "signed somebody out for good"), "people.password": ("lock", "set a new password"),
    "keys.create": ("key", "made an API key"), "keys.revoke": ("key", "revoked an API key"),
}


@router.get("")
async def show(request: Request, staff: Signed, only: str = "") -> Response:
    rows = await privacy.audit_log(staff.world, staff.actor)
    entries = [_entry(row) for row in rows if only in ("", "all") or str(row["verb"]).startswith("privacy.") == (only == "reveals")]
    return await sheet(request, staff, "audit", entries=entries, only=only or "all")


def _entry(row: Mapping[str, Any]) -> Entry:
    icon, sentence = _VERBS.get(row["verb"], ("info", str(row["verb"]).replace(".", " ").replace("_", " ")))
    detail: Mapping[str, Any] = row["detail"]
    changed = detail.get("changed") or []
    what = detail.get("placeholder") or str(detail.get("field") or ", ".join(changed) or "a value").replace("_", " ")
    words = sentence.format_map(defaultdict(lambda: "…", {**detail, "what": what, "thing": row["thing"]}))
    return Entry(row, icon, words, f"/inbox/sessions/{row['thing_id']}" if row["thing"] == "session" and row["thing_id"] else "")
