"""A Confluence that answers over HTTP in both editions, written from Atlassian's documentation of its APIs. It knows what it holds, so tests can ask it for the truth."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from tests.vendors import Request, Response

EMAIL, TOKEN = "ada@acme.example", "atl-secret-token-42"
CLOUD = {"edition": "cloud", "address": "https://acme.atlassian.net", "email": EMAIL, "token": TOKEN}
SERVER = {"edition": "server", "address": "https://wiki.acme.example", "token": TOKEN}
_EPOCH = 1_760_000_000


@dataclass(slots=True)
class Page:
    id: int
    space: str
    title: str
    body: str
    parent: int | None = None
    version: int = 1
    labels: list[str] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)  # users who alone may read it
    groups: list[str] = field(default_factory=list)
    status: str = "current"
    folder: bool = False
    hidden: bool = False  # restricted to others: this login does not see it
    changed: int = _EPOCH


@dataclass(slots=True)
class File:
    id: int
    page: int
    name: str
    content: bytes
    version: int = 1
    changed: int = _EPOCH


@dataclass(slots=True)
class Confluence:
    """State and answers. `faults` are asked before each answer."""

    cloud: bool = True
    spaces: dict[str, str] = field(default_factory=lambda: {"DOCS": "Product docs", "TEAM": "Team"})
    pages: dict[int, Page] = field(default_factory=dict)
    files: dict[int, File] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    unindexed: set[int] = field(default_factory=set)  # what its search does not know yet
    slips: set[int] = field(default_factory=set)  # pages that its listing forgets
    page_size: int = 250  # at most
    says_restrictions: bool = True
    faults: Callable[[Request], Response | None] = lambda _: None
    clock: int = _EPOCH
    _last: int = 1_000

    # -- changes -----------------------------------------------------------------------------------------------------------

    def write(self, title: str = "Refunds", body: str = "<p>Within 14 days.</p>", *, space: str = "DOCS", parent: Page | None = None, **more: Any) -> Page:
        self._last += 1
        made = Page(self._last, space, title, body, parent.id if parent else None, **more)
        self.pages[made.id] = made
        return self._moved(made, version=1)

    def edit(self, page: Page, **changes: Any) -> None:
        for name, value in changes.items():
            setattr(page, name, value)
        self._moved(page, version=page.version + 1)

    def attach(self, page: Page, name: str, content: bytes) -> File:
        self._last += 1
        self.files[self._last] = made = File(self._last, page.id, name, content, changed=self.clock)
        return made

    def delete(self, page: Page) -> None:
        """To the trash; what stood under it moves up, as Confluence does."""
        for child in self.pages.values():
            if child.parent == page.id:
                child.parent = page.parent
        page.status = "trashed"

    def _moved(self, page: Page, version: int) -> Page:
        self.clock += 1
        page.version, page.changed = version, self.clock
        return page

    # -- the truth ---------------------------------------------------------------------------------------------------------

    def seen(self) -> list[Page]:
        return sorted((one for one in self.pages.values() if one.status == "current" and not one.hidden and not one.folder and one.space in self.spaces), key=lambda one: one.id)

    def documents(self, public: str = "DOCS") -> dict[str, bool]:
        """Every document that is there with its path, and whether it may be used for customers where that space is open to them."""
        found = {f"pages/{one.id}": one.space == public and not any(each.readers or each.groups or each.hidden for each in self.chain(one)) for one in self.seen()}
        files = {f"pages/{one.page}/attachments/att{one.id}": found[f"pages/{one.page}"] for one in self.files.values() if f"pages/{one.page}" in found}
        return {path: shown for path, shown in found.items() if self.pages[int(path.split("/")[1])].body} | files

    def chain(self, page: Page) -> list[Page]:
        found, at = [page], page.parent
        while at is not None:
            found.append(self.pages[at])
            at = self.pages[at].parent
        return found

    # -- answers -----------------------------------------------------------------------------------------------------------

    def __call__(self, request: Request) -> Response:
        fault = self.faults(request)
        if fault is not None:
            return fault
        if not self._known(request.headers.get("authorization", "")):
            return _json({"message": "no"}, 401)
        parts = urlsplit(request.target)
        path, query = unquote(parts.path), parse_qs(parts.query)
        if self.cloud:
            if not path.startswith("/wiki/"):
                return _json({}, 404)
            path = path.removeprefix("/wiki")
        answer = self._answer(path.strip("/").split("/"), query)
        return answer if answer is not None else _json({"statusCode": 404}, 404)

    def _known(self, given: str) -> bool:
        kind, _, value = given.partition(" ")
        if self.cloud:
            return kind == "Basic" and base64.b64decode(value).decode().partition(":")[::2] == (EMAIL, next(iter(self.tokens), None))
        return kind == "Bearer" and value in self.tokens

    def _answer(self, path: list[str], query: dict[str, list[str]]) -> Response | None:
        match path:
            case ["rest", "api", "user", "current"]:
                return _json({"type": "known", "displayName": "Ada"})
            case ["rest", "api", "search"]:
                found = len(self._search(query["cql"][0]))
                return _json({"results": [], "totalSize": found, "start": 0, "limit": 1, "size": 0, "cqlQuery": query["cql"][0], "searchDuration": 1, "_links": {}})
            case ["rest", "api", "content", "search"]:
                return self._paged([self._v1(one, query) for one in self._search(query["cql"][0])], query, "/rest/api/content/search")
            case ["rest", "api", "content", id, "restriction", "byOperation", "read"]:
                page = self.pages.get(int(id))
                return _json(_read(page)) if page and not page.hidden and page.status == "current" else None
            case ["rest", "api", "content", _, "child", "attachment", id, "download"] if self.cloud:
                return Response(status=302, headers={"Location": f"/wiki/stored/{id}"})
            case ["stored", id] | ["download", "attachments", id]:
                one = self.files.get(int(id.removeprefix("att")))
                return Response(body=one.content) if one else None
            case ["api", "v2", *rest] if self.cloud:
                return self._v2(rest, query)
            case ["rest", "api", *rest] if not self.cloud:
                return self._server(rest, query)
        return None

    def _v2(self, path: list[str], query: dict[str, list[str]]) -> Response | None:
        match path:
            case ["spaces"]:
                keys = query.get("keys", list(self.spaces))
                return self._paged([{"id": str(_number(key)), "key": key, "name": self.spaces[key], "type": "global"} for key in keys if key in self.spaces], query, "/wiki/api/v2/spaces")
            case ["spaces", id, "pages"]:
                listed = [self._bulk(one, query) for one in self.seen() if str(_number(one.space)) == id and one.id not in self.slips]
                return self._paged(listed, query, f"/wiki/api/v2/spaces/{id}/pages")
            case ["pages"]:
                return self._paged([self._bulk(one, query) for one in self.seen() if str(one.id) in query["id"]], query, "/wiki/api/v2/pages")
            case ["pages", id]:
                return next((_json(self._bulk(one, query)) for one in self.seen() if str(one.id) == id), None)
            case ["folders", id]:
                return next((_json(self._bulk(one, query)) for one in self.pages.values() if one.folder and str(one.id) == id and not one.hidden), None)
        return None

    def _bulk(self, one: Page, query: dict[str, list[str]]) -> dict[str, Any]:
        found: dict[str, Any] = {
            "id": str(one.id), "status": one.status, "title": one.title, "spaceId": str(_number(one.space)), "parentId": str(one.parent) if one.parent else None,
            "parentType": ("folder" if self.pages[one.parent].folder else "page") if one.parent else None, "version": {"number": one.version, "createdAt": _time(one.changed)},
            "_links": {"webui": f"/spaces/{one.space}/pages/{one.id}"},
        }
        return found | ({"body": {"storage": {"representation": "storage", "value": one.body}}} if query.get("body-format") == ["storage"] else {"body": {}})

    def _server(self, path: list[str], query: dict[str, list[str]]) -> Response | None:
        match path:
            case ["space"]:
                keys = query.get("spaceKey", list(self.spaces))
                return self._paged([_space(key, self.spaces[key]) for key in keys if key in self.spaces], query, "/rest/api/space")
            case ["content"]:
                return self._paged([self._v1(one, query) for one in self.seen() if one.space == query["spaceKey"][0] and one.id not in self.slips], query, "/rest/api/content")
            case ["content", id]:
                return next((_json(self._v1(one, query)) for one in self.seen() if str(one.id) == id), None)
        return None

    def _v1(self, one: Page | File, query: dict[str, list[str]]) -> dict[str, Any]:
        if isinstance(one, File):
            return {
                "id": f"att{one.id}", "type": "attachment", "status": "current", "title": one.name, "container": {"id": str(one.page)}, "version": {"number": one.version, "when": _time(one.changed), "minorEdit": False},
                "extensions": {"fileSize": len(one.content)}, "_links": {"download": f"/download/attachments/{one.id}"},
            }
        return {
            "id": str(one.id), "type": "page", "status": one.status, "title": one.title, "version": {"number": one.version, "when": _time(one.changed), "minorEdit": False}, "space": _space(one.space, self.spaces[one.space]),
            "ancestors": [{"id": str(each.id), "type": "page", "status": each.status, "title": each.title} for each in reversed(self.chain(one)[1:])], "body": {"storage": {"value": one.body, "representation": "storage"}} if "body.storage" in query.get("expand", [""])[0] else {},
            "_links": {"webui": f"/display/{one.space}/{one.id}"},
        } | ({"restrictions": {"read": _read(one)}} if self.says_restrictions else {})

    def _search(self, cql: str) -> list[Page] | list[File]:
        keys = re.findall(r'"([^"]+)"', (re.search(r"space (?:=|in) (\(.*?\)|\"[^\"]+\")", cql) or [""])[0])
        pages = [one for one in self.seen() if one.space in keys and one.id not in self.unindexed]
        if "type = attachment" in cql:
            return [one for one in self.files.values() if one.page in {page.id for page in self.seen() if page.space in keys} and one.id not in self.unindexed]
        labels = re.search(r"label in \((.*)\)", cql)
        return [one for one in pages if labels is None or set(one.labels) & set(re.findall(r'"([^"]+)"', labels[1]))]

    def _paged(self, found: list[dict[str, Any]], query: dict[str, list[str]], path: str) -> Response:
        """In the Cloud by a cursor, on a server by counting; both lead on by `_links.next`."""
        size, name = min(int(query.get("limit", ["25"])[0]), self.page_size), "cursor" if self.cloud else "start"
        start = int(query.get(name, ["0"])[0])
        links: dict[str, Any] = {"base": "https://acme.atlassian.net/wiki" if self.cloud else "https://wiki.acme.example"}
        if start + size < len(found):
            links["next"] = f"{path}?{urlencode({**query, name: [start + size]}, doseq=True)}"
        return _json({"results": found[start:start + size], "size": len(found[start:start + size]), "_links": links})


def _read(page: Page) -> dict[str, Any]:
    named = {"user": [{"type": "known", "publicName": name} for name in page.readers], "group": [{"type": "group", "name": name} for name in page.groups]}
    restrictions = {who: {"results": found, "start": 0, "limit": 200, "size": len(found)} for who, found in named.items()}
    return {"operation": "read", "restrictions": restrictions, "_expandable": {}, "_links": {}}


def _space(key: str, name: str) -> dict[str, Any]:
    return {"id": _number(key), "key": key, "name": name, "type": "global", "status": "current", "_expandable": {}, "_links": {}}


def _number(key: str) -> int:
    return sum(map(ord, key))


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _json(value: object, status: int = 200) -> Response:
    return Response(status=status, body=json.dumps(value).encode(), headers={"Content-Type": "application/json"})
