"""How spaces, pages and their texts are asked for in the two editions of Confluence, whose APIs differ; what comes back is the same. It decides nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Protocol

from glassine.connect.confluence.api import LARGEST_FILE, Confluence, Json, Page, Query, Space, moment
from glassine.words.sources import SourceFailed, Trouble

_ABOVE = {"page": "pages", "folder": "folders", "whiteboard": "whiteboards", "database": "databases", "embed": "embeds"}  # what a page may stand under in the Cloud


class Edition(Protocol):
    def spaces(self, keys: Sequence[str]) -> AsyncIterator[Space]:
        """Those with these keys, or all that are not somebody's own."""

    def pages(self, space: Space) -> AsyncIterator[Page]:
        """All published pages of a space."""

    async def texts(self, ids: Sequence[str]) -> dict[str, str | None]:
        """Pages' texts in the storage format; those that are gone are missing, and None is larger than is read."""

    async def page(self, id: str) -> tuple[Page, str] | None:
        """One published page, with the key or id of its space; None where there is none for this login."""

    async def above(self, id: str, kind: str) -> Page | None:
        """What has pages below it and stood in no listing: a folder, or a page that is not read."""


class Cloud:
    """The second version of the API, which pages by cursors."""

    def __init__(self, wiki: Confluence) -> None:
        self.wiki = wiki

    async def spaces(self, keys: Sequence[str]) -> AsyncIterator[Space]:
        for some in _in_parts(keys, 100) or [[]]:
            asked: dict[str, object] = {"limit": 250, "status": "current"} | ({"keys": list(some)} if some else {})
            async for listed in self.wiki.listed("api/v2/spaces", asked):
                for one in listed:
                    if some or one.get("type") != "personal":
                        yield Space(id=str(one.get("id")), key=str(one.get("key")), name=str(one.get("name") or one.get("key")), home=str(one.get("homepageId") or ""))

    async def pages(self, space: Space) -> AsyncIterator[Page]:
        async for listed in self.wiki.listed(f"api/v2/spaces/{space.id}/pages", {"limit": 250, "status": "current", "sort": "id"}):
            for one in listed:
                page = self._page(one)
                if one.get("status") == "current":
                    yield page

    async def texts(self, ids: Sequence[str]) -> dict[str, str | None]:
        """Together, and alone those that did not come with the others: Confluence may give fewer than asked for, and only one that is not there is gone."""
        found: dict[str, str | None] = {}
        try:
            async for listed in self.wiki.listed("api/v2/pages", {"id": list(ids), "body-format": "storage", "limit": len(ids)}):
                found |= {str(one.get("id")): _storage(one, self.wiki) for one in listed if one.get("status") == "current"}
        except SourceFailed as failed:
            if failed.trouble is not Trouble.LARGE:
                raise
        alone = [id for id in ids if id not in found]
        return found | await _alone(self.wiki, {id: f"api/v2/pages/{id}" for id in alone}, {"body-format": "storage"})

    async def page(self, id: str) -> tuple[Page, str] | None:
        given = await self.wiki.get(f"api/v2/pages/{id}")
        return (self._page(given), str(given.get("spaceId"))) if given and given.get("status") == "current" else None

    async def above(self, id: str, kind: str) -> Page | None:
        given = await self.wiki.get(f"api/v2/{_ABOVE[kind]}/{id}") if kind in _ABOVE else None
        return self._page(given) if given and given.get("status") == "current" else None

    def _page(self, one: Json) -> Page:
        version, links = one.get("version") or {}, one.get("_links") or {}
        return Page(
            id=_id(one, self.wiki), title=str(one.get("title") or ""), version=int(version.get("number") or 0), url=_address(self.wiki, links), updated_at=moment(version.get("createdAt")),
            parent=str(one.get("parentId") or ""), parent_type=str(one.get("parentType") or "page"),
        )


class Server:
    """The first version of the API, which Data Center and Server speak, and which pages by counting."""

    def __init__(self, wiki: Confluence) -> None:
        self.wiki = wiki

    async def spaces(self, keys: Sequence[str]) -> AsyncIterator[Space]:
        for some in _in_parts(keys, 50) or [[]]:
            asked: dict[str, object] = {"limit": 100, "status": "current", "expand": "homepage"} | ({"spaceKey": list(some)} if some else {"type": "global"})
            async for listed in self.wiki.listed("rest/api/space", asked):
                for one in listed:
                    yield Space(id=str(one.get("key")), key=str(one.get("key")), name=str(one.get("name") or one.get("key")), home=str((one.get("homepage") or {}).get("id") or ""))

    async def pages(self, space: Space) -> AsyncIterator[Page]:
        asked: dict[str, object] = {"spaceKey": space.key, "type": "page", "status": "current", "expand": "version,ancestors", "limit": 100}
        async for listed in self.wiki.listed("rest/api/content", asked):
            for one in listed:
                yield self._page(one)

    async def texts(self, ids: Sequence[str]) -> dict[str, str | None]:
        return await _alone(self.wiki, {id: f"rest/api/content/{id}" for id in ids}, {"expand": "body.storage"})

    async def page(self, id: str) -> tuple[Page, str] | None:
        given = await self.wiki.get(f"rest/api/content/{id}", {"expand": "version,ancestors,space"})
        if not given or given.get("status") != "current" or given.get("type") != "page":
            return None
        return self._page(given), str((given.get("space") or {}).get("key"))

    async def above(self, id: str, kind: str) -> Page | None:  # noqa: ARG002 - here all that pages stand under are pages
        return None

    def _page(self, one: Json) -> Page:
        version, links, above = one.get("version") or {}, one.get("_links") or {}, one.get("ancestors")
        return Page(
            id=_id(one, self.wiki), title=str(one.get("title") or ""), version=int(version.get("number") or 0), url=_address(self.wiki, links), updated_at=moment(version.get("when")),
            above=tuple((str(each.get("id")), str(each.get("title") or "")) for each in above) if isinstance(above, list) else None,
        )


def edition(wiki: Confluence) -> Edition:
    return Cloud(wiki) if wiki.at.cloud else Server(wiki)


async def _alone(wiki: Confluence, paths: Mapping[str, str], query: Query) -> dict[str, str | None]:
    """Texts one by one; what is too large is of the page and not of the run."""
    found: dict[str, str | None] = {}
    for id, path in paths.items():
        try:
            given = await wiki.get(path, query, max_bytes=LARGEST_FILE)
        except SourceFailed as failed:
            if failed.trouble is not Trouble.LARGE:
                raise
            found[id] = None
            continue
        if given and given.get("status") == "current":
            found[id] = _storage(given, wiki)
    return found


def _id(one: Json, wiki: Confluence) -> str:
    id = str(one.get("id"))
    if not id.isdigit():
        raise SourceFailed(Trouble.MALFORMED, f"{wiki.at.host} answered a page without its id, which its API documents.")
    return id


def _storage(one: Json, wiki: Confluence) -> str:
    text = ((one.get("body") or {}).get("storage") or {}).get("value")
    if not isinstance(text, str):
        raise SourceFailed(Trouble.MALFORMED, f"{wiki.at.host} answered a page without its text in the storage format.")
    return text


def _address(wiki: Confluence, links: Json) -> str | None:
    """Where people read it: Confluence says below which address, which is not the API's where a token has scopes."""
    path, base = links.get("webui"), str(links.get("base") or f"{wiki.at.address}{'/wiki' if wiki.at.cloud else ''}").rstrip("/")
    return base + path if isinstance(path, str) and path.startswith("/") and base.startswith(("https://", "http://")) else None


def _in_parts(words: Sequence[str], size: int) -> list[Sequence[str]]:
    return [words[start:start + size] for start in range(0, len(words), size)]


def ordered(pages: Iterable[Page]) -> list[Page]:
    """By their ids, which are given in the order of creation and never change: a run that broke off finds its place again."""
    return sorted({one.id: one for one in pages}.values(), key=lambda one: int(one.id))
