"""What an organisation has switched off, as every act that crosses a boundary asks it: known for less than a second. It switches nothing itself."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine
from typing import Any, TypeVar

from glassine.store import Store, boundaries, house
from glassine.store.live import Notice
from glassine.words.boundaries import shut
from glassine.words.errors import Refused, SwitchedOff
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId

Result = TypeVar("Result")
NOTICE = "switch"  # the kind of notice by which processes tell each other
_KNOWN_FOR = 0.8  # seconds: a process that misses the notice learns of a switch within a second all the same
_MOST = 10_000  # organisations that are remembered


class Switches:
    """One per process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[OrgId, tuple[float, OrgSettings]] = {}  # and when their reading began
        self._changed: dict[OrgId, float] = {}
        self._refused: dict[OrgId, Counter[str]] = {}
        self._reading: dict[OrgId, asyncio.Task[OrgSettings]] = {}

    async def of(self, org: OrgId) -> OrgSettings:
        """The organisation's settings, not older than a second."""
        began, settings = self._known.get(org, (0.0, None))
        now = time.monotonic()
        if settings is not None and now - began < _KNOWN_FOR:
            return settings
        reading = self._reading.get(org)
        if reading is None:  # many ask at the same moment, and one of them reads
            reading = self._reading[org] = asyncio.create_task(self._read(org))
            reading.add_done_callback(lambda done: self._reading.pop(org, None) if self._reading.get(org) is done else None)
        return await asyncio.shield(reading)

    async def _read(self, org: OrgId) -> OrgSettings:
        began = time.monotonic()
        async with self._store.tx(org) as tx:
            fresh = OrgSettings.read((await house.load(tx, org))["settings"])
        self.seen(org, fresh, began)
        return fresh

    def seen(self, org: OrgId, settings: OrgSettings, began: float) -> None:
        """Somebody has read them anyway. `began`: the monotonic time before that."""
        if began >= self._changed.get(org, 0.0):
            if len(self._known) > _MOST:
                self._known.clear()
            self._known[org] = (began, settings)

    def forget(self, org: OrgId) -> None:
        """They have changed: what was read before now is not believed any more."""
        self._changed[org] = time.monotonic()
        self._known.pop(org, None)
        self._reading.pop(org, None)

    def hear(self, notice: Notice) -> None:
        """Another process changed something, or may have while nobody listened."""
        if notice.kind in (NOTICE, "reopened"):
            self.forget(notice.org)

    async def closed(self, org: OrgId, name: str) -> str | None:
        """Why nothing may cross this boundary now, or None. This is what the gate asks before anything leaves."""
        return shut(name, await self.of(org)) or None

    async def admit(self, org: OrgId, name: str) -> None:
        """Raises Refused (403) when nothing may cross this boundary."""
        if why := await self.closed(org, name):
            self.turn_away(org, name)
            raise Refused(f"{why}, so nothing was done. An admin can switch it on again under Settings › Data map.", status=403, code="switched_off")

    def turn_away(self, org: OrgId, name: str) -> None:
        """Counts a refusal at a door; the gate's own stand in the ledger."""
        self._refused.setdefault(org, Counter())[name] += 1

    async def write_down(self) -> None:
        """Writes the refusals since the last time into the store, once a second rather than each, so that nobody can fill it by knocking."""
        while self._refused:
            org, counts = self._refused.popitem()
            async with self._store.tx(org) as tx:
                await boundaries.refuse(tx, org, counts)

    async def while_open(self, org: OrgId, name: str, work: Coroutine[Any, Any, Result]) -> Result:
        """Does something across a boundary, and stops in the middle when that is switched off meanwhile. Raises SwitchedOff."""
        task = asyncio.create_task(work)
        try:
            while True:
                if why := await self.closed(org, name):
                    raise SwitchedOff(why)
                if (await asyncio.wait({task}, timeout=_KNOWN_FOR / 4))[0]:
                    return task.result()
        finally:
            task.cancel()
