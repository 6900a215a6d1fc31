"""A Notion on this machine, written from its public documentation: pages, databases, blocks, search, trash, cursors, and the faults that a run meets."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from tests.vendors import Request, Response

TOKEN = "ntn_0123456789abcdefghij"
Json = dict[str, Any]


@dataclass(kw_only=True)
class Thing:
    """A page, or a database with its one data source (whose id is the database's with another first digit)."""

    id: str
    title: str
    kind: str = "page"
    parent: tuple[str, str] = ("workspace", "")
    blocks: list[Json] = field(default_factory=list)
    properties: Json = field(default_factory=dict)
    edited: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    public: bool = False
    trashed: bool = False
    shared: bool = True
    indexed: bool = True

    @property
    def source(self) -> str:
        return "d" + self.id[1:]


@dataclass
class Workspace:
    """What is there, and how it answers. `faults` are asked first; each may answer in Notion's stead."""

    now: datetime = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
    things: dict[str, Thing] = field(default_factory=dict)
    faults: list[Callable[[Request], Response | None]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    token: str = TOKEN
    most: int = 100  # entries of a list at once
    count: int = 0

    def page(self, title: str, *blocks: Json, under: Thing | None = None, **more: Any) -> Thing:
        parent = ("workspace", "") if under is None else ("page_id", under.id) if under.kind == "page" else ("data_source_id", under.source)
        made = Thing(id=self._id(), title=title, parent=parent, blocks=list(blocks), edited=self.now, **more)
        self.things[made.id] = made
        if under is not None and under.kind == "page":
            under.blocks.append(block("child_page", {"title": title}, id=made.id, has_children=True))
            self.touch(under)
        return made

    def database(self, title: str, *, under: Thing | None = None, **more: Any) -> Thing:
        made = Thing(id=self._id(), title=title, kind="database", parent=("page_id", under.id) if under else ("workspace", ""), edited=self.now, **more)
        self.things[made.id] = made
        if under is not None:
            under.blocks.append(block("child_database", {"title": title}, id=made.id))
            self.touch(under)
        return made

    def touch(self, thing: Thing) -> None:
        thing.edited = self.now

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    def seen(self, thing: Thing) -> bool:
        """Whether the integration may see it: sharing and trash are passed down."""
        while thing:
            if thing.trashed or not thing.shared:
                return False
            above = next((one for one in self.things.values() if thing.parent[1] in (one.id, one.source)), None)
            if above is None:
                return thing.parent[0] == "workspace"
            thing = above
        return False

    def answer(self, request: Request) -> Response:
        for fault in self.faults:
            if (said := fault(request)) is not None:
                return said
        url = urlsplit(request.target)
        if url.path in self.files:
            return Response(body=self.files[url.path]) if "authorization" not in request.headers else Response(status=400)
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return error(401, "unauthorized", "API token is invalid.")
        if not request.headers.get("notion-version"):
            return error(400, "missing_version", "Notion-Version header failed validation.")
        query = {name: values[0] for name, values in parse_qs(url.query).items()} | (json.loads(request.body) if request.body else {})
        for pattern, route in _ROUTES:
            if found := re.fullmatch(pattern, f"{request.method} {url.path}"):
                return route(self, query, *found.groups())
        return error(400, "invalid_request_url", "Invalid request URL.")

    def me(self, _: Json) -> Response:
        return said({"object": "user", "id": str(UUID(int=1)), "type": "bot", "name": "Glassine", "bot": {"owner": {"type": "workspace", "workspace": True}, "workspace_name": "Acme"}})

    def search(self, query: Json) -> Response:
        kind = (query.get("filter") or {}).get("value")
        found = [thing for thing in self.things.values() if self.seen(thing) and thing.indexed and kind in (None, "data_source" if thing.kind == "database" else "page")]
        return self._list([self._shown(thing) for thing in sorted(found, key=lambda thing: (thing.edited, thing.id), reverse=True)], query)

    def query(self, query: Json, id: str) -> Response:
        found = [self._shown(thing) for thing in self.things.values() if thing.parent == ("data_source_id", id) and self.seen(thing)]
        return self._list(found, query) if self._source(id) else missing()

    def retrieve(self, _: Json, id: str) -> Response:
        thing = self.things.get(id)
        return said(self._shown(thing)) if thing and thing.kind == "page" and (self.seen(thing) or self._in_trash(thing)) else missing()

    def retrieve_database(self, _: Json, id: str) -> Response:
        thing = self.things.get(id)
        if not thing or thing.kind != "database" or not self.seen(thing):
            return missing()
        return said(self._common(thing) | {"object": "database", "title": text(thing.title), "data_sources": [{"id": thing.source, "name": thing.title}]})

    def retrieve_source(self, _: Json, id: str) -> Response:
        thing = self._source(id)
        return said(self._shown(thing)) if thing else missing()

    def children(self, query: Json, id: str) -> Response:
        if (thing := self.things.get(id)) and thing.kind == "page":
            return self._list([shown(one) for one in thing.blocks], query) if self.seen(thing) else missing()
        found = next((one for one, on in self._all_blocks() if one["id"] == id and self.seen(on)), None)
        return self._list([shown(one) for one in found.get("children", [])], query) if found else missing()

    def retrieve_block(self, _: Json, id: str) -> Response:
        for one, on in self._all_blocks():
            if one["id"] == id and self.seen(on):
                return said(shown(one) | {"parent": {"type": "page_id", "page_id": on.id}})
        return missing()

    def _id(self) -> str:
        self.count += 1
        return str(UUID(int=0xA0000000000000000000000000000000 + self.count))

    def _in_trash(self, thing: Thing) -> bool:
        return thing.trashed and thing.shared

    def _source(self, id: str) -> Thing | None:
        return next((thing for thing in self.things.values() if thing.kind == "database" and thing.source == id and self.seen(thing)), None)

    def _all_blocks(self) -> Iterator[tuple[Json, Thing]]:
        def below(blocks: list[Json]) -> Iterator[Json]:
            for one in blocks:
                yield one
                yield from below(one.get("children", []))

        for thing in self.things.values():
            yield from ((one, thing) for one in below(thing.blocks) if one["type"] not in ("child_page", "child_database"))

    def _common(self, thing: Thing) -> Json:
        bare = thing.id.replace("-", "")
        parent = {"type": thing.parent[0], thing.parent[0]: thing.parent[1] or True}
        return {
            "id": thing.id, "last_edited_time": thing.edited.strftime("%Y-%m-%dT%H:%M:00.000Z"), "in_trash": thing.trashed, "is_archived": False, "parent": parent,
            "url": f"https://www.notion.so/{bare}", "public_url": f"https://acme.notion.site/{bare}" if thing.public else None,
        }

    def _shown(self, thing: Thing) -> Json:
        if thing.kind == "page":
            return self._common(thing) | {"object": "page", "properties": {"Name": {"id": "title", "type": "title", "title": text(thing.title)}} | thing.properties}
        common = self._common(thing)
        return common | {
            "object": "data_source", "id": thing.source, "title": text(thing.title), "parent": {"type": "database_id", "database_id": thing.id}, "database_parent": common["parent"],
            "properties": {},
        }

    def _list(self, entries: list[Json], query: Json) -> Response:
        """Cursors are ids, and one whose entry is gone is refused, as Notion does."""
        size, cursor = min(int(query.get("page_size") or 100), self.most), query.get("start_cursor")
        places = [entry["id"] for entry in entries]
        if cursor is not None and cursor not in places:
            return error(400, "validation_error", f"The start_cursor provided is invalid: {cursor}")
        start = places.index(cursor) if cursor else 0
        rest = entries[start + size :]
        return said({"object": "list", "results": entries[start : start + size], "has_more": bool(rest), "next_cursor": rest[0]["id"] if rest else None})


_ROUTES: list[tuple[str, Callable[..., Response]]] = [
    (r"GET /v1/users/me", Workspace.me), (r"POST /v1/search", Workspace.search), (r"GET /v1/pages/([\w-]+)", Workspace.retrieve),
    (r"GET /v1/databases/([\w-]+)", Workspace.retrieve_database), (r"GET /v1/data_sources/([\w-]+)", Workspace.retrieve_source),
    (r"POST /v1/data_sources/([\w-]+)/query", Workspace.query), (r"GET /v1/blocks/([\w-]+)/children", Workspace.children), (r"GET /v1/blocks/([\w-]+)", Workspace.retrieve_block),
]


def said(told: Json) -> Response:
    return Response(body=json.dumps(told).encode(), headers={"Content-Type": "application/json"})


def error(status: int, code: str, message: str) -> Response:
    return Response(status=status, body=json.dumps({"object": "error", "status": status, "code": code, "message": message}).encode())


def missing() -> Response:
    return error(404, "object_not_found", "Could not find it. Make sure the relevant pages and databases are shared with your integration.")


def shown(one: Json) -> Json:
    """A block as an answer shows it: what is nested in it is asked for apart."""
    return {name: value for name, value in one.items() if name != "children"}


_blocks = iter(range(1, 10**9))


def block(kind: str, body: Json | None = None, *children: Json, id: str = "", has_children: bool = False) -> Json:
    made: Json = {"object": "block", "id": id or str(UUID(int=0xB0000000000000000000000000000000 + next(_blocks))), "type": kind, kind: body or {}, "in_trash": False}
    return made | {"has_children": bool(children) or has_children} | ({"children": list(children)} if children else {})


def text(words: str, href: str | None = None, **marks: bool) -> list[Json]:
    annotations = {name: marks.get(name, False) for name in ("bold", "italic", "strikethrough", "underline", "code")} | {"color": "default"}
    return [{"type": "text", "text": {"content": words, "link": {"url": href} if href else None}, "annotations": annotations, "plain_text": words, "href": href}] if words else []


def paragraph(words: str) -> Json:
    return block("paragraph", {"rich_text": text(words)})


def say(kind: str, words: str, *children: Json, **body: Any) -> Json:
    return block(kind, {"rich_text": text(words)} | body, *children)
