"""Finds out which pages a Notion integration may see, and where each belongs. It reads no page's text.

Notion's search is quick, but says itself that it need not name everything. So it is one of four ways: rows are asked of their databases, what
is known but was not named is asked for by its id, and pages.py brings what it meets below a page.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from glassine.connect.notion import properties, rich_text
from glassine.connect.notion.api import Json, ListCut, Notion, segment
from glassine.words.sources import SourceFailed, Trouble

_TRIES = 3  # of one list: what it stood at may have been deleted while it was read
_MOST_ABOVE = 100  # steps from a page to the top
_LONGEST_TRAIL = 8  # titles
_NEWEST_FIRST = {"direction": "descending", "timestamp": "last_edited_time"}
_DROPPED = frozenset({"files", "created_by", "last_edited_by", "title", "button"})  # they hold addresses that change by the hour, or nothing of use


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page or a database, as lists name it."""

    id: str
    title: str
    edited: str  # Notion's time of the last change, to the minute
    url: str
    public_url: str | None
    parent: tuple[str, str]  # what kind of thing is above it, and its id
    held: bytes = field(default=b"{}", repr=False)  # properties of a row, as JSON

    @property
    def properties(self) -> Json:
        return json.loads(self.held)  # type: ignore[no-any-return]  # it was made from a mapping


@dataclass(slots=True)
class Listing:
    """Everything that is known of the workspace in one run."""

    notion: Notion
    roots: tuple[str, ...] = ()
    pages: dict[str, Listed] = field(default_factory=dict)
    databases: dict[str, Listed] = field(default_factory=dict)  # by their own id, and by that of each of their data sources
    cut: list[str] = field(default_factory=list)  # lists that Notion did not give to their end
    _sources: dict[str, str] = field(default_factory=dict)  # data sources whose rows are asked for, with their titles
    _database_of: dict[str, str] = field(default_factory=dict)  # by data source
    _above: dict[str, tuple[str, str]] = field(default_factory=dict)  # parents of blocks
    _inside: dict[str, bool] = field(default_factory=dict)  # whether something is below a root

    async def fill(self) -> None:
        """What search names, what the roots are, and the rows of every database among them."""
        for kind in ("data_source", "page"):
            await self._whole("search", {"filter": {"property": "object", "value": kind}, "sort": _NEWEST_FIRST})
        for root in self.roots:
            await self.root(root)
        for id, title in list(self._sources.items()):
            if await self.wanted(("data_source_id", id)):
                await self._rows(id, title)

    async def root(self, id: str) -> Listed | None:
        """A chosen page or database, by whichever of its ids it was chosen; None where the integration sees none."""
        if id not in self.pages and id not in self._database_of and (found := await self._asked_for(id)):
            return found
        return await self.page(id) or self.databases.get(id) or await self._data_source(id)

    async def page(self, id: str) -> Listed | None:
        """A page by its id, whether a list named it or not."""
        if id not in self.pages and id not in self.databases:
            self._take(await self.notion.get(f"pages/{segment(id)}"))
        return self.pages.get(id)

    async def database(self, id: str) -> Listed | None:
        """A database by its id, whether a list named it or not."""
        return self.databases.get(id) or await self._asked_for(id)

    async def _asked_for(self, id: str) -> Listed | None:
        """A database with all its data sources."""
        found = await self.notion.get(f"databases/{segment(id)}")
        if not found or gone(found):
            return None
        self.databases[id] = listed(found)
        for source in found.get("data_sources") or []:
            source_id = str(source.get("id"))
            self.databases.setdefault(source_id, self.databases[id])
            self._sources.setdefault(source_id, self.databases[id].title)
            self._database_of[source_id] = id
        return self.databases[id]

    async def rows(self, database: str) -> list[Listed]:
        """Of a database that was come across below a page: the rows that were not known before."""
        before, sources = set(self.pages), set(self._sources)
        await self.database(database)
        for id in set(self._sources) - sources:
            await self._rows(id, self._sources[id])
        return [page for id, page in self.pages.items() if id not in before]

    async def wanted(self, place: tuple[str, str]) -> bool:
        """Whether something is one of the roots or below one. Without roots everything is wanted."""
        climbed: list[str] = []
        answer = not self.roots
        while not answer and len(climbed) < _MOST_ABOVE and place[1]:
            if place[1] in self._inside:
                answer = self._inside[place[1]]
                break
            climbed.append(place[1])
            answer = place[1] in self.roots or self._database_of.get(place[1]) in self.roots
            place = place if answer else await self._over(place)
        self._inside.update(dict.fromkeys(climbed, answer))
        return answer

    async def trail(self, page: Listed, *, public: bool) -> tuple[str, ...]:
        """The titles of what a page stands in, outermost first; for everybody, of what is published only."""
        titles: list[str] = []
        place = page.parent
        while place[1] and len(titles) < _LONGEST_TRAIL:
            if place[0] != "block_id":
                found = self.pages.get(place[1]) or self.databases.get(place[1])
                if found is None or (public and not found.public_url):
                    break
                if found.title:
                    titles.insert(0, found.title)
            place = await self._over(place)
        return tuple(titles)

    async def page_of(self, block: str) -> Listed | None:
        """The page that a block stands on."""
        place = ("block_id", block)
        for _ in range(_MOST_ABOVE):
            place = await self._over(place)
            if place[0] == "page_id":
                return await self.page(place[1])
            if place[0] != "block_id":
                return None
        return None

    async def _over(self, place: tuple[str, str]) -> tuple[str, str]:
        kind, id = place
        if kind == "block_id":
            if id not in self._above:
                self._above[id] = _parent(await self.notion.get(f"blocks/{segment(id)}") or {})
            return self._above[id]
        if kind == "page_id":
            found = await self.page(id)
        elif kind == "data_source_id":
            found = self.databases.get(id) or await self._data_source(id)
        else:
            found = await self.database(id) if kind == "database_id" else None
        return found.parent if found else ("", "")

    async def _data_source(self, id: str) -> Listed | None:
        self._take(await self.notion.get(f"data_sources/{segment(id)}"))
        return self.databases.get(id)

    async def _rows(self, source: str, title: str) -> None:
        await self._whole(f"data_sources/{segment(source)}/query", {}, f"the database {title or source}")

    async def _whole(self, path: str, body: Json, name: str = "your pages") -> None:
        for attempt in range(1, _TRIES + 1):
            try:
                async for entries in self.notion.entries(path, body):
                    for entry in entries:
                        self._take(entry)
                return
            except ListCut:
                self.cut.append(name)
                return
            except SourceFailed as failure:
                if failure.trouble is not Trouble.MALFORMED or attempt == _TRIES:
                    raise

    def _take(self, entry: Json | None) -> None:
        """What is in the trash or archived is no page any more; an entry without a parent is one that the integration may not read."""
        if not entry or gone(entry) or not entry.get("parent"):
            return
        try:
            found = listed(entry)
        except (KeyError, TypeError, AttributeError) as fault:
            raise SourceFailed(Trouble.MALFORMED, "Notion described a page in a form that its documentation does not know.") from fault
        if entry.get("object") == "page":
            self.pages[found.id] = found
        elif entry.get("object") == "data_source":
            self.databases[found.id] = found
            self._sources.setdefault(found.id, found.title)
            if database := (entry.get("parent") or {}).get("database_id"):
                self.databases[database], self._database_of[found.id] = found, database


def gone(entry: Json) -> bool:
    return any(entry.get(name) is True for name in ("in_trash", "archived", "is_archived"))


def listed(entry: Json) -> Listed:
    """What one entry of a list, or an answer about one thing, says."""
    held = entry.get("properties")
    is_page = entry.get("object") == "page" and isinstance(held, dict)
    row = is_page and (entry.get("parent") or {}).get("type") in ("data_source_id", "database_id")
    return Listed(
        id=str(entry["id"]), edited=str(entry.get("last_edited_time") or ""), url=str(entry.get("url") or ""), public_url=entry.get("public_url") or None,
        title=properties.title(held or {}) if is_page else " ".join(rich_text.plain(entry.get("title")).split()), parent=_parent(entry),
        held=json.dumps({name: value for name, value in (held or {}).items() if value.get("type") not in _DROPPED}).encode() if row else b"{}",
    )


def _parent(entry: Json) -> tuple[str, str]:
    """A data source's parent is its database, which stands where `database_parent` says."""
    parent: Any = entry.get("database_parent") or entry.get("parent") or {}
    kind = str(parent.get("type") or "")
    return kind, str(parent.get(kind) or "") if kind.endswith("_id") else ""


def unnamed(known: Iterable[str], listing: Listing) -> list[str]:
    """Ids of pages that were known before and that no list has named."""
    ids = dict.fromkeys(path.split("/")[1] for path in known if path.startswith("pages/"))
    return [id for id in ids if id not in listing.pages]
