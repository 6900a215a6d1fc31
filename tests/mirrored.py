"""A knowledge base in a dict, kept as a run keeps the real one: what tests of vendors hold against the vendor's own state. It reads no source by itself."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from glassine.words.knowledge import Audience
from glassine.words.sources import Asked, Checkpoint, Complete, Failed, Gone, Item, Skipped, Source, SourceFailed, Told, Unchanged
from tests.vendors import Vendor, Waits, link

START = datetime(2026, 11, 25, 12, tzinfo=UTC)


@dataclass(slots=True)
class Mirror:
    """What is known of a source, and where its last run ended."""

    source: Source
    settings: Mapping[str, str]
    items: dict[str, Item] = field(default_factory=dict)
    since: Mapping[str, Any] | None = None
    cursor: Mapping[str, Any] | None = None
    now: datetime = START
    seconds: float = 10.0  # that one exchange may take
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)  # paths that the last run brought in anew
    _seen: set[str] = field(default_factory=set)

    async def run(self, server: Vendor, *, break_after: int | None = None, only: tuple[str, ...] = ()) -> bool:
        """One run; True when it was complete. `break_after`: it dies after so many things were told, and the next one goes on from the last checkpoint."""
        self.fetched = []
        if self.cursor is None:
            self._seen = set()
        asked = Asked(since=self.since, cursor=self.cursor, markers={path: item.marker for path, item in self.items.items()}, only=only)
        async with link(server.url, self.settings, hosts=self.source.hosts(self.settings), now=self.now, seconds=self.seconds, wait=Waits()) as way:
            told = 0
            async with aclosing(cast("AsyncGenerator[Told]", self.source.read(way, asked))) as telling:
                async for one in telling:
                    if break_after is not None and told >= break_after:
                        return False
                    told += 1
                    if self._take(one, only=bool(only)):
                        return True
        raise AssertionError("a run that ends without Complete")

    def _take(self, one: Told, *, only: bool) -> bool:
        match one:
            case Item():
                assert one.marker
                self.items[one.path] = one
                self.fetched.append(one.path)
            case Unchanged():
                assert one.path in self.items, "only what is known can be unchanged"
            case Gone() | Skipped():
                self.items.pop(one.path, None)
                if isinstance(one, Skipped):
                    self.skipped[one.path] = one.reason
            case Failed():
                self.failed[one.path] = one.reason
            case Checkpoint():
                self.cursor = one.cursor
            case Complete():
                if one.everything:
                    for path in self.items.keys() - self._seen:
                        del self.items[path]
                if not only:
                    self.since, self.cursor = one.marker, None
                return True
            case _:
                return False
        if not isinstance(one, Checkpoint | Complete):
            self._seen.add(one.path)
        return False

    async def run_failing(self, server: Vendor) -> SourceFailed:
        """A run that must end with a reason; what is known stays, and so does the cursor."""
        try:
            await self.run(server)
        except SourceFailed as failed:
            return failed
        raise AssertionError("the run was complete")

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    @property
    def public(self) -> set[str]:
        return {path for path, item in self.items.items() if item.audience is Audience.PUBLIC}
