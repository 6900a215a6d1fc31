"""The live stream of the inbox: one line per notice, ids only. The pages fetch what changed; a missed notice costs nothing, for they fetch on reconnecting."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from glassine.rules.permits import require
from glassine.story import access
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.people import Verb

router = APIRouter(include_in_schema=False, route_class=PageRoute)
_HEARTBEAT = 15.0  # seconds; proxies drop what is silent for longer than about 30


@router.get("/inbox/stream")
async def stream(request: Request, staff: Signed) -> StreamingResponse:
    require(staff.actor, Verb.READ_SESSIONS)
    return StreamingResponse(_notices(request, staff), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _notices(request: Request, staff: Staff) -> AsyncIterator[str]:
    """Ends when the browser goes away or the person is signed out."""
    async with staff.world.live.listen(staff.actor.org) as notices:
        yield "retry: 2000\n\n"
        while not await request.is_disconnected():
            try:
                async with asyncio.timeout(_HEARTBEAT):
                    notice = await notices.get()
            except TimeoutError:
                if await access.by_cookie(staff.world, staff.token) is None:
                    return
                yield ": still here\n\n"
                continue
            yield f"data: {json.dumps({'session': str(notice.session) if notice.session else None, 'kind': notice.kind})}\n\n"
