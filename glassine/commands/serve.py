"""One product process: the web face, the worker, or both, in one world. Started by `up`, or by hand in any number against one database."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glassine.commands import listening, logs, processes
from glassine.config import Settings
from glassine.store import migrate
from glassine.story import demo, worker
from glassine.story.world import World, live
from glassine.web.app import create_app
from glassine.words.errors import Misconfigured
from glassine.words.ids import OrgId

_GRACE = 8  # seconds that requests under way are given at the end
_LAST = 15  # seconds after which the process ends in any case: without a database some things would wait much longer
_LAST_ORPHAN = 3  # likewise, when `up` was killed and the database with it


def run(settings: Settings, *, web: bool, work: bool, listener: int | None = None, announce: int | None = None, keeps: tuple[OrgId, ...] = ()) -> int:
    """Runs until SIGTERM or SIGINT. `listener` is a listening socket and `announce` a pipe, both handed down by `up`; with a pipe
    the process first brings the database up to date and makes the demo organisation. `keeps`: work for these organisations only, while nobody
    else does. Raises Misconfigured."""
    assert settings.database_url, "the command line sets the database's address"
    if announce is None:
        missing = migrate.missing(settings.database_url)
        if missing:
            raise Misconfigured(f"The database is not of this version: {', '.join(missing)} is missing. Run: glassine migrate")
    else:
        migrate.migrate(settings.database_url)
    sockets = _sockets(settings, listener) if web else []
    logs.to_standard_error(settings.log_level)
    processes.one_heap()
    processes.collect_seldom()
    asyncio.run(_run(settings, sockets, work=work, announce=announce, keeps=keeps))
    return 0


def _sockets(settings: Settings, listener: int | None) -> list[socket.socket]:
    return [listening.open_socket(settings.host, settings.port) if listener is None else socket.socket(fileno=listener)]


async def _run(settings: Settings, sockets: list[socket.socket], *, work: bool, announce: int | None, keeps: tuple[OrgId, ...]) -> None:
    stop = asyncio.Event()
    for way in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(way, stop.set)
    last = asyncio.create_task(_end_in_any_case(stop, os.getppid()))
    async with live(settings, keeps=keeps) as world:
        values = await _prepare(world) if announce is not None else None
        async with asyncio.TaskGroup() as group:
            if work:
                group.create_task(worker.run(world, stop))
            if sockets:
                group.create_task(_answer(world, sockets, stop, lambda: _announce(announce, values)))
            if announce is not None:
                group.create_task(_watch_parent(os.getppid(), stop))
    last.cancel()


async def _end_in_any_case(stop: asyncio.Event, parent: int) -> None:
    """What is under way then is in the queue, and the next process takes it up."""
    await stop.wait()
    await asyncio.sleep(_LAST if os.getppid() == parent else _LAST_ORPHAN)
    os._exit(1)


async def _prepare(world: World) -> dict[str, str]:
    """The demo organisation, and both models loaded: the first customer should not wait for them."""
    await asyncio.gather(world.names.find("Ada Lovelace"), world.embed.query("ready"))
    made = await demo.ensure(world)
    url = world.settings.url
    return {
        "url": url, "admin_url": f"{url}/enter/{made.login_token}", "api_base": f"{url}/api",
        "api_key": made.api_key, "widget_token": made.widget_token, "organization_id": made.organization_id,
    }


def _announce(pipe: int | None, values: dict[str, str] | None) -> None:
    if pipe is not None:
        with contextlib.suppress(BrokenPipeError), os.fdopen(pipe, "w") as file:
            json.dump(values, file)


async def _watch_parent(parent: int, stop: asyncio.Event) -> None:
    """Ends this process when `up` is gone, also where the kernel does not see to it."""
    while not stop.is_set():
        if os.getppid() != parent:
            stop.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 1)


async def _answer(world: World, sockets: list[socket.socket], stop: asyncio.Event, started: Callable[[], None]) -> None:
    streams = _Streams(create_app(world))
    config = uvicorn.Config(
        streams, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=_GRACE,
        proxy_headers=bool(world.settings.trusted_proxies), forwarded_allow_ips=list(world.settings.trusted_proxies),
    )
    server = _Server(config, started)
    serving = asyncio.create_task(server.serve(sockets))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    streams.end()
    stopped.cancel()
    stop.set()
    await serving


class _Server(uvicorn.Server):
    """Leaves signals alone, because they stop web and work alike, and says when it answers."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._started = started

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._started()


class _Streams:
    """Around the app: knows the live streams, which never end by themselves, and ends them in good form when the process stops."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._open, self._ending = app, set[asyncio.Task[None]](), False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        assert task is not None, "the server runs each request as a task"

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start" and (b"content-type", b"text/event-stream") in _plain(message):
                self._open.add(task)
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except asyncio.CancelledError:
            if not self._ending or task not in self._open:
                raise
            task.uncancel()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._open.discard(task)

    def end(self) -> None:
        self._ending = True
        for task in self._open:
            task.cancel()


def _plain(message: Message) -> list[tuple[bytes, bytes]]:
    return [(name.lower(), value.partition(b";")[0].strip()) for name, value in message.get("headers", ())]
