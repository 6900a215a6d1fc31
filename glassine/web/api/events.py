"""The stream of events over HTTP (server-sent events): the envelopes that webhooks get, masked, each with a position at which a reader goes on. It decides nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Security
from fastapi.responses import StreamingResponse
from fastapi.security.http import HTTPAuthorizationCredentials

from glassine.store.live import Notice
from glassine.story.delivery import telling
from glassine.story.world import World
from glassine.web.api.door import Here, Scope, bearer, caller
from glassine.words.errors import Refused
from glassine.words.ids import OrgId
from glassine.words.people import Actor

router = APIRouter(tags=["Webhooks"])
_BEAT = 15.0  # seconds between signs of life
_POLL = 2.0  # seconds: notices are hints
_MOST_OF_ONE, _MOST = 10, 200  # open streams of one organisation, and of all, in this process
_PASSING = ("state:", "step:", "typing")
_open: Counter[OrgId] = Counter()
Still = Callable[[], Awaitable[bool]]
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]


@router.get("/events", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}})
async def stream_events(
    request: Request, world: Here, actor: Annotated[Actor, Depends(Scope("events:read"))], credentials: Credentials,
    events: Annotated[str, Query(max_length=2_000, description="Names of the catalogue, with commas between them")] = "",
    channels: Annotated[str, Query(max_length=200, description="Channels, with commas between them")] = "",
    after: Annotated[int | None, Query(ge=0, le=2**62, description="A position to go on behind; the header Last-Event-ID wins over it")] = None,
    last_event_id: Annotated[str | None, Header(max_length=40)] = None,
) -> StreamingResponse:
    """What happens, as it happens: server-sent events. `id` is a position; a reader that comes back with the last one as `Last-Event-ID` misses nothing and gets nothing twice."""

    async def still() -> bool:
        try:
            await caller(request, world, credentials)
        except Refused:
            return False
        return True

    return await opened(request, world, actor.org, still, events=events, channels=channels, after=_place(last_event_id) if last_event_id else after)


def _place(text: str) -> int:
    """Raises Refused for what is no position of ours."""
    if not text.isdigit() or not text.isascii() or len(text) > 18:
        raise Refused("Last-Event-ID is not a position of this stream.")
    return int(text)


async def opened(request: Request, world: World, org: OrgId, still: Still, *, events: str = "", channels: str = "", after: int | None = None) -> StreamingResponse:
    """The answer, once everything that can be refused has been looked at. `still`: whether whoever reads still may. Raises Refused."""
    names, kinds = telling.wanted(events.split(","), channels.split(","))
    if _open[org] >= _MOST_OF_ONE or _open.total() >= _MOST:
        raise Refused(f"There are {_MOST_OF_ONE} open streams of this organisation already, which is the most. Close one, or read with fewer programs.", status=429)
    position, forgot = await telling.begin(world, org, after)
    body = _body(request, world, org, still, names, kinds, position, forgot)
    return StreamingResponse(body, media_type="text/event-stream", headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"})


async def _body(
    request: Request, world: World, org: OrgId, still: Still, names: tuple[str, ...], kinds: tuple[str, ...], position: int, forgot: int,
) -> AsyncIterator[str]:
    clock = asyncio.get_running_loop().time
    with _counted(org):
        async with world.live.listen(org) as notices:
            yield f"retry: 2000\nid: {position}\n: from here on\n\n"
            if position < forgot:
                yield _event(forgot, "stream.gap", {"forgotten_until": forgot})
            beat = clock() + _BEAT
            while not await request.is_disconnected():
                found = await telling.after(world, org, position, names, kinds)
                for one in found:
                    position = one.position
                    if one.envelope is not None:
                        yield _event(one.position, one.name, one.envelope)
                        beat = clock() + _BEAT
                if clock() >= beat:
                    if not await still():
                        return
                    yield f"id: {position}\n: still here\n\n"
                    beat = clock() + _BEAT
                if not found:
                    await _news(notices)


@contextmanager
def _counted(org: OrgId) -> Iterator[None]:
    _open[org] += 1
    try:
        yield
    finally:
        _open[org] -= 1


async def _news(notices: asyncio.Queue[Notice]) -> None:
    """Until something was written, or a moment has passed."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_POLL):
            while (await notices.get()).kind.startswith(_PASSING):
                pass


def _event(position: int, name: str, data: object) -> str:
    return f"id: {position}\nevent: {name}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"
