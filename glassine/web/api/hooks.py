"""What connected helpdesks send: the bytes as they came, to whoever checks their signature. Nothing is read here, and no cookie or key lets anybody in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request

from glassine.story.helpdesks import hooks
from glassine.web.api import described_helpdesks as described
from glassine.web.api.described import shows
from glassine.web.api.door import Here, limit
from glassine.web.api.wire import JSONResponse
from glassine.words.helpdesks import HelpdeskId, RawHook

router = APIRouter(tags=["Helpdesks"])
_A_MINUTE = 1_200  # requests of one helpdesk


@router.post("/hooks/helpdesks/{id}", responses=shows(described.Heard), openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": {}}}}})
async def hear(world: Here, id: UUID, request: Request) -> Any:
    """For connected helpdesks: what happened on their tickets, signed as each vendor signs. What is not news is answered like what is."""
    limit(f"hook:{id}", _A_MINUTE)
    path = f"/api/hooks/helpdesks/{id}"
    query = request.url.query
    raw = RawHook(
        method=request.method, path=path, query=query, headers={name.lower(): value for name, value in request.headers.items()}, body=await request.body(), at=world.clock(),
        url=f"{world.settings.url}{path}" + (f"?{query}" if query else ""),
    )
    await hooks.take(world, HelpdeskId(id), raw)
    return JSONResponse({"ok": True})
