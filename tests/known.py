"""What a run of a source leaves behind, kept as the contract in words/sources.py says: for tests of sources, beside the real framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from glassine.edge.links import GateLink
from glassine.words.sources import Asked, Complete, Failed, Gone, Item, Skipped, Source, Told, Unchanged


@dataclass
class Known:
    """`items` by path. `told` is what the last run said, without its progress."""

    items: dict[str, Item] = field(default_factory=dict)
    marker: Mapping[str, Any] | None = None
    told: list[Told] = field(default_factory=list)

    async def run(self, source: Source, link: GateLink, *, only: tuple[str, ...] = (), stop_after: int | None = None) -> None:
        """One run to its end, or until it has told so much: as if the process had died then."""
        self.told, named = [], set[str]()
        asked = Asked(since=self.marker, markers={path: item.marker for path, item in self.items.items()}, only=only)
        async for told in source.read(link, asked):
            self.told.append(told)
            if isinstance(told, Item):
                self.items[told.path] = told
            elif isinstance(told, Unchanged):
                assert told.path in self.items, "what is as it was must have been there"
            elif isinstance(told, Gone | Skipped):
                self.items.pop(told.path, None)
            if isinstance(told, Item | Unchanged | Failed):
                named.add(told.path)
            if isinstance(told, Complete):
                self.marker = told.marker
                if told.everything:
                    self.items = {path: item for path, item in self.items.items() if path in named}
            if stop_after is not None and len(self.told) >= stop_after:
                return
        assert isinstance(self.told[-1], Complete), "a run that ends says that it did"

    def of(self, kind: type) -> list[Any]:
        return [told for told in self.told if isinstance(told, kind)]

    def texts(self) -> dict[str, str]:
        """Texts by title."""
        return {item.title: item.content.decode() for item in self.items.values()}
