"""Settings › Erasures: the contacts that are gone, each by its signed certificate, which names nobody."""

from __future__ import annotations

import json
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.story.privacy import erasing
from glassine.web.api import shapes
from glassine.web.pages.settings.sheet import sheet
from glassine.web.staff import PageRoute, Signed

router = APIRouter(prefix="/erasures", route_class=PageRoute)
_PAGE = 50
WORDS = {  # what was destroyed, in the order in which people ask
    "contacts": "Contact", "sessions": "Conversations", "messages": "Messages and notes", "entries": "Entries of the log", "originals": "Sealed originals",
    "placeholder_values": "Values behind placeholders", "files": "Files", "file_bytes": "Bytes of files", "turns": "Records of the AI's turns", "votes": "Votes",
    "lookups": "Look-ups by e-mail or phone", "waiting_jobs": "Waiting jobs",
}


@router.get("")
async def show(request: Request, staff: Signed, before: str = "") -> Response:
    found = await erasing.all_erasures(staff.world, staff.actor, before=shapes.place(before), limit=_PAGE + 1)
    more = shapes.cursor(found[_PAGE - 1].at, found[_PAGE - 1].id) if len(found) > _PAGE else ""
    return await sheet(request, staff, "erasures", erasures=found[:_PAGE], more=more, signer=staff.world.signer.shown())


@router.get("/{id}")
async def show_certificate(request: Request, staff: Signed, id: UUID) -> Response:
    """The certificate for people; it prints on one page."""
    erasure = await erasing.erasure(staff.world, staff.actor, id)
    ours = staff.world.signer.public_key == erasure.signed["signature"]["public_key"]
    return await sheet(request, staff, "certificate", listed="erasures", erasure=erasure, c=erasure.document, words=WORDS, ours=ours, signature=erasure.signed["signature"])


@router.get("/{id}/certificate.json")
async def download(staff: Signed, id: UUID) -> Response:
    """The signed certificate as a file."""
    erasure = await erasing.erasure(staff.world, staff.actor, id)
    body = json.dumps(erasure.signed, ensure_ascii=False, indent=2) + "\n"
    return Response(body, media_type="application/json", headers={"Content-Disposition": f'attachment; filename="erasure-{erasure.id}.json"'})
