"""What several want written at the same moment is written in one transaction. It decides nothing, and holds nothing back: what comes while one is written goes with the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from glassine.store import Unreachable
from glassine.words.ids import OrgId

Item = TypeVar("Item")
_MOST = 100  # in one transaction
_UNREACHABLE = (Unreachable, OSError, TimeoutError)


class Together(Generic[Item]):
    """`write` writes some for one organisation, all or none. Whoever puts something waits until it is written, and hears what went wrong with it."""

    def __init__(self, write: Callable[[OrgId, Sequence[Item]], Awaitable[None]]) -> None:
        self._write = write
        self._waiting: dict[OrgId, list[tuple[Item, asyncio.Future[None]]]] = {}
        self._writing: dict[OrgId, asyncio.Task[None]] = {}

    async def put(self, org: OrgId, item: Item) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(org, []).append((item, done))
        if org not in self._writing:
            self._writing[org] = asyncio.create_task(self._write_all(org))
        await done

    async def _write_all(self, org: OrgId) -> None:
        """Until nothing waits. One at a time for each organisation, so that those who are late gather."""
        try:
            while waiting := self._waiting.pop(org, []):
                some, rest = waiting[:_MOST], waiting[_MOST:]
                if rest:
                    self._waiting[org] = rest
                await self._written(org, some)
        finally:
            del self._writing[org]
            for _, done in self._waiting.pop(org, []):
                done.cancel()  # only when this is stopped in the middle

    async def _written(self, org: OrgId, some: Sequence[tuple[Item, asyncio.Future[None]]]) -> None:
        """One that cannot be written spoils it for no other: then each is written by itself, unless there is no database to write to."""
        try:
            await self._write(org, [item for item, _ in some])
        except Exception as error:
            if len(some) == 1 or isinstance(error, _UNREACHABLE):
                for _, done in some:
                    _say(done, error)
                return
            for one in some:
                await self._written(org, [one])
        except BaseException:
            for _, done in some:
                done.cancel()
            raise
        else:
            for _, done in some:
                _say(done, None)


def _say(done: asyncio.Future[None], error: Exception | None) -> None:
    if done.done():
        return  # whoever waited for it has gone
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
