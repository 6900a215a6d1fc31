"""Live notices between processes: LISTEN and NOTIFY. A notice is a hint and carries ids only; who misses one polls."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import UUID

import psycopg

from glassine.store import Tx
from glassine.words.ids import OrgId, SessionId

_log = logging.getLogger(__name__)
CHANNEL = "glassine"


class Notice(NamedTuple):
    """Something happened in a session, or (None) in the organisation. `kind`: event | owner | settled | switch | typing | state:searching |
    state:writing | saying | step:NAME of a running turn; or reopened: something may have been missed."""

    org: OrgId
    session: SessionId | None
    kind: str


async def notify(tx: Tx, org: OrgId, session: SessionId | None, kind: str) -> None:
    """Tells every process when this transaction commits."""
    await tx.execute("select pg_notify(%(channel)s, %(notice)s)", notice(org, session, kind))


def notice(org: OrgId, session: SessionId | None, kind: str) -> dict[str, str]:
    """What `pg_notify` is given, for statements that tell by themselves."""
    return {"channel": CHANNEL, "notice": json.dumps([str(org), str(session) if session else None, kind])}


class Live:
    """One LISTEN connection for the process, reopened when it breaks, and the queues of those who listen."""

    def __init__(self, url: str, *, first: Callable[[Notice], None] | None = None) -> None:
        """`first` hears every notice of every organisation, before anybody else."""
        self._url, self._first = url, first
        self._ears: set[tuple[OrgId, SessionId | None, asyncio.Queue[Notice]]] = set()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Live:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    @asynccontextmanager
    async def listen(self, org: OrgId, session: SessionId | None = None) -> AsyncIterator[asyncio.Queue[Notice]]:
        """A queue of notices of one organisation, or of one session; the oldest are dropped when nobody reads."""
        ear = (org, session, asyncio.Queue[Notice](maxsize=256))
        self._ears.add(ear)
        try:
            yield ear[2]
        finally:
            self._ears.discard(ear)

    def listened(self, org: OrgId, session: SessionId) -> bool:
        """Whether somebody of this process listens to this one session."""
        return any(ear[:2] == (org, session) for ear in self._ears)

    def say(self, notice: Notice) -> None:
        """Tells the listeners of this process only: for passing states that need no other witness. What concerns no session concerns all."""
        if self._first:
            self._first(notice)
        for org, session, queue in tuple(self._ears):
            if org == notice.org and (session is None or notice.session in (None, session)):
                _put(queue, notice)

    def _reopened(self) -> None:
        """Tells every listener that nobody was listening for a while."""
        for org, session, queue in tuple(self._ears):
            _put(queue, Notice(org, session, "reopened"))

    async def _run(self) -> None:
        while True:
            try:
                await self._hear()
            except (psycopg.Error, OSError) as error:
                _log.warning("The live connection to the database broke and is made anew: %s", type(error).__name__)
            await asyncio.sleep(0.5)

    async def _hear(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
            await connection.execute(f"listen {CHANNEL}")
            self._reopened()
            async for raw in connection.notifies():
                notice = _read(raw.payload)
                if notice is None:
                    _log.warning("A live notice could not be read; whoever sent it speaks another version")
                else:
                    self.say(notice)


def _read(payload: str) -> Notice | None:
    try:
        org, session, kind = json.loads(payload)
        return Notice(OrgId(UUID(org)), SessionId(UUID(session)) if session else None, str(kind))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def _put(queue: asyncio.Queue[Notice], notice: Notice) -> None:
    """The oldest goes when nobody reads."""
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(notice)
