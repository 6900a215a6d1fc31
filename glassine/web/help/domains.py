"""Hosts that belong to a help centre: whatever is asked for there is a page of that help centre, and nothing else of Glassine answers."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from glassine.story.knowledge import site
from glassine.story.world import World
from glassine.words.ids import OrgId

_KNOWN_FOR = 5.0  # seconds
_MOST_KNOWN = 10_000
_SHARED = ("/static/", "/widget/", "/api/widget/", "/images/")  # what pages on any host load


class Domains:
    """ASGI middleware. Asks the door which organisation a host belongs to, and remembers the answer for some seconds."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app, self._world = app, world
        self._known: dict[str, tuple[float, OrgId | None]] = {}
        self._ours = {urlsplit(world.settings.url).hostname, "localhost", "127.0.0.1", "[::1]", ""}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(_SHARED) and (host := _host(scope)) not in self._ours and (org := await self._owner(host)):
            path = f"/help/{org}" + ("" if scope["path"] == "/" else scope["path"])
            scope = {**scope, "path": path, "raw_path": path.encode(), "help_domain": host}
        await self._app(scope, receive, send)

    async def _owner(self, host: str) -> OrgId | None:
        until, org = self._known.get(host, (0.0, None))
        if until < time.monotonic():
            org = await site.by_host(self._world, host)
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            self._known[host] = (time.monotonic() + _KNOWN_FOR, org)
        return org


def _host(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1").lower()
    return (given.rpartition(":")[0] if given.rpartition(":")[2].isdigit() and not given.endswith("]") else given).rstrip(".")
