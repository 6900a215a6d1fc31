"""One run over spaces of Confluence: every page is listed with its version, and the texts of those that changed are fetched. It stores nothing.

A restriction does not change a page's version. So for spaces that the admin opened to customers, restrictions are asked for in each run, and a page is
public only where it and everything above it is seen to have none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from glassine.connect.confluence.api import LARGEST_FILE, Confluence, Json, Page, Space, moment, quoted
from glassine.connect.confluence.editions import Edition, ordered
from glassine.connect.confluence.storage import Malformed, markdown
from glassine.words.knowledge import Audience
from glassine.words.sources import Asked, Checkpoint, Failed, Gone, Item, Progress, Skipped, SourceFailed, Told, Trouble, Unchanged

_LOOKED_UP = 100  # known pages that no listing held are asked for one by one before they count as gone; more are for a person to judge
_DEEPEST = 60  # levels of pages
_BATCH = 25  # pages between two checkpoints, and texts that are asked for at once
_ALONE = 500  # pages whose restrictions are asked for one by one in a run; what is not known after that counts as restricted
_OF_THE_RUN = (Trouble.CREDENTIALS, Trouble.UNREACHABLE, Trouble.LIMITED)  # troubles that are not of one page or file
_READABLE = {  # the ending of a file -> what it is, for those whose text can be read
    "pdf": "application/pdf", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "txt": "text/plain", "md": "text/markdown", "csv": "text/csv", "html": "text/html", "htm": "text/html",
}

_Of = Item | Unchanged | Gone | Skipped | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the admin wants of a Confluence."""

    spaces: tuple[str, ...] = ()  # keys; none means all that are not somebody's own
    public: tuple[str, ...] = ()  # keys
    labels: tuple[str, ...] = ()  # none means all pages
    unwanted_labels: tuple[str, ...] = ()
    attachments: bool = True

    def opens(self, space: Space) -> bool:
        return space.key.upper() in {key.upper() for key in self.public}


@dataclass(slots=True)
class Run:
    """What was asked, and what has been met on the way."""

    wiki: Confluence
    edition: Edition
    rules: Rules
    asked: Asked
    pages: dict[str, Page] = field(default_factory=dict)  # of all spaces, by id, and what else pages stand under
    bare: dict[str, bool] = field(default_factory=dict)  # id -> whether it has no restriction of its own on who may read
    empty: dict[str, int] = field(default_factory=dict)  # pages without text of their own, by the version that had none
    done: int = 0
    alone: int = 0  # restrictions that were asked for one by one

    async def everything(self) -> AsyncIterator[Told]:
        cursor = self.asked.cursor or {}
        self.empty = dict(cursor.get("empty") or (self.asked.since or {}).get("empty") or {})
        spaces = await self.spaces()
        for key in self.rules.spaces:
            if key.upper() not in {space.key.upper() for space in spaces}:
                yield Skipped(path=f"spaces/{key}", reason="is not there, or not for this login")
        listed = {space.key: ordered([page async for page in self.edition.pages(space)]) for space in spaces}
        await self._look_up_missing(spaces, listed)
        self.pages = {page.id: page for pages in listed.values() for page in pages}
        self.empty = {id: version for id, version in self.empty.items() if id in self.pages}
        for space in spaces:
            if space.key >= str(cursor.get("space", "")):
                async for told in self._space(space, listed[space.key], after=int(cursor["page"]) if cursor.get("space") == space.key else 0):
                    yield told
            else:
                self.done += len(listed[space.key])

    async def chosen(self) -> AsyncIterator[Told]:
        """Only what was asked for by its path, whatever its marker says."""
        wanted, told_of = set(self.asked.only), set[str]()
        self.asked = replace(self.asked, markers={path: "" for path in self.asked.markers if path not in wanted})
        async for told in self.everything():
            if isinstance(told, _Of) and told.path in wanted:
                told_of.add(told.path)
                yield told
        for path in sorted(wanted - told_of):
            yield Gone(path=path, reason="is no longer in Confluence")

    # -- what there is -----------------------------------------------------------------------------------------------------

    async def spaces(self) -> list[Space]:
        keys = [*dict.fromkeys([*self.rules.spaces, *self.rules.public])] if self.rules.spaces else []
        found = sorted([space async for space in self.edition.spaces(keys)], key=lambda space: space.key)
        if not found:
            raise SourceFailed(Trouble.FORBIDDEN, f"{self.wiki.at.host} shows this login none of the spaces. Check their keys in the settings, and that the account may see them.")
        return found

    async def _look_up_missing(self, spaces: list[Space], listed: dict[str, list[Page]]) -> None:
        """A page may slip between the pages of a listing while others are deleted: only one that is not there is gone."""
        met = {page.id for pages in listed.values() for page in pages}
        missing = {id for id in map(_page_of, self.asked.markers) if id.isdigit()} - met
        if len(missing) > _LOOKED_UP:
            return
        keys = {space.id: space.key for space in spaces}
        for id in sorted(missing, key=int):
            found = await self.edition.page(id)
            if found is not None and found[1] in keys:
                listed[keys[found[1]]] = ordered([*listed[keys[found[1]]], found[0]])

    async def _labelled(self, space: Space, labels: tuple[str, ...]) -> set[str]:
        cql = f"space = {quoted([space.key])} and type = page and label in ({quoted(labels)})"
        return {str(one.get("id")) async for one in self.wiki.found(cql, "version")} if labels else set()

    # -- pages -------------------------------------------------------------------------------------------------------------

    async def _space(self, space: Space, pages: list[Page], after: int) -> AsyncIterator[Told]:
        if self.rules.opens(space):
            await self._restrictions(space)
        wanted, unwanted = await self._labelled(space, self.rules.labels), await self._labelled(space, self.rules.unwanted_labels)
        heads = {page.id: await self._head(space, page) for page in pages if (page.id in wanted or not self.rules.labels) and page.id not in unwanted}
        left = [page for page in pages if int(page.id) > after]
        self.done += len(pages) - len(left)
        for start in range(0, len(left), _BATCH):
            batch = left[start:start + _BATCH]
            async for told in self._batch(batch, heads):
                yield told
            self.done += len(batch)
            yield Progress(done=self.done, total=max(self.done, len(self.pages)))
            yield Checkpoint(cursor={"space": space.key, "page": int(batch[-1].id), "empty": self.empty})
        if self.rules.attachments:
            async for told in self._files(space, heads):
                yield told

    async def _batch(self, batch: list[Page], heads: Mapping[str, Item]) -> AsyncIterator[_Of]:
        due: list[str] = []
        for page in batch:
            head = heads.get(page.id)
            if head is None:
                yield Skipped(path=f"pages/{page.id}", reason="is left out by its labels")
            elif self.asked.markers.get(head.path) == head.marker:
                yield Unchanged(path=head.path)
            elif self.empty.get(page.id) == page.version:
                yield Skipped(path=head.path, reason="has no text of its own")
            else:
                due.append(page.id)
        texts = await self.edition.texts(due) if due else {}
        for id in due:
            if id in texts:
                yield self._with_text(heads[id], texts[id], self.pages[id].version)
            else:
                yield Gone(path=heads[id].path, reason="was deleted, archived or closed in Confluence")

    def _with_text(self, head: Item, storage: str | None, version: int) -> _Of:
        if storage is None:
            return Failed(path=head.path, reason=f"is larger than {LARGEST_FILE // 1_000_000} MB")
        try:
            said, kind = markdown(storage), "text/markdown"
        except Malformed:
            said, kind = storage, "text/html"
        self.empty.pop(_page_of(head.path), None)
        if said.strip():
            return replace(head, content=said.encode(), media_type=kind)
        self.empty[_page_of(head.path)] = version
        return Skipped(path=head.path, reason="has no text of its own")

    async def _head(self, space: Space, page: Page) -> Item:
        """A page's document without its text; its marker changes when anything of it does."""
        above, whole = await self._above(page)
        shown = self.rules.opens(space) and whole and all([await self._is_bare(id) for id in (page.id, *(id for id, _ in above))])
        trail = (space.name, *(title for id, title in above if id != space.home and title))
        return _marked(Item(
            path=f"pages/{page.id}", title=page.title.strip() or f"Page {page.id}", content=b"", media_type="text/markdown", url=page.url, audience=Audience.PUBLIC if shown else Audience.INTERNAL,
            updated_at=page.updated_at, trail=trail,
        ), page.version)

    async def _above(self, page: Page) -> tuple[tuple[tuple[str, str], ...], bool]:
        """What a page stands under, outermost first, and whether that is all of it."""
        if page.above is not None:
            return page.above, True
        found: list[tuple[str, str]] = []
        at = page
        while at.parent and len(found) < _DEEPEST:
            if at.parent not in self.pages:
                other = await self.edition.above(at.parent, at.parent_type)
                if other is None:  # this login does not see it, so nobody knows who does
                    return tuple(reversed(found)), False
                self.pages[at.parent] = other
            at = self.pages[at.parent]
            found.append((at.id, at.title))
        return tuple(reversed(found)), not at.parent

    # -- who may see it ----------------------------------------------------------------------------------------------------

    async def _restrictions(self, space: Space) -> None:
        """Who may read the pages of a space, a hundred at once."""
        async for one in self.wiki.found(f"space = {quoted([space.key])} and type = page", "restrictions.read.restrictions.user,restrictions.read.restrictions.group"):
            read = (one.get("restrictions") or {}).get("read")
            if read is not None:
                self.bare[str(one.get("id"))] = _unrestricted(read)

    async def _is_bare(self, id: str) -> bool:
        """Asked for alone where the search does not know it yet, or it is no page."""
        if id not in self.bare:
            self.alone += 1
            if self.alone > _ALONE:
                return False
            try:
                self.bare[id] = _unrestricted(await self.wiki.get(f"rest/api/content/{id}/restriction/byOperation/read"))
            except SourceFailed as failed:
                if failed.trouble in _OF_THE_RUN:
                    raise
                self.bare[id] = False
        return self.bare[id]

    # -- files -------------------------------------------------------------------------------------------------------------

    async def _files(self, space: Space, heads: Mapping[str, Item]) -> AsyncIterator[_Of]:
        """Files of the pages that are documents here; a file is seen as its page is."""
        async for one in self.wiki.found(f"space = {quoted([space.key])} and type = attachment order by created", "version,container"):
            page = heads.get(str((one.get("container") or {}).get("id")))
            name = str(one.get("title") or "")
            kind = _READABLE.get(name.rpartition(".")[2].lower())
            if page is None or kind is None:
                continue
            version = one.get("version") or {}
            head = replace(page, path=f"{page.path}/attachments/{one.get('id')}", title=f"{page.title}: {name}", media_type=kind, updated_at=moment(version.get("when")))
            head = _marked(head, version.get("number"))
            if self.asked.markers.get(head.path) == head.marker:
                yield Unchanged(path=head.path)
            elif int((one.get("extensions") or {}).get("fileSize") or 0) > LARGEST_FILE:
                yield Skipped(path=head.path, reason=f"is larger than {LARGEST_FILE // 1_000_000} MB")
            else:
                yield await self._file(head, one)

    async def _file(self, head: Item, one: Json) -> _Of:
        page, link = _page_of(head.path), str((one.get("_links") or {}).get("download") or "")
        try:
            answer = await self.wiki.file(f"rest/api/content/{page}/child/attachment/{one.get('id')}/download" if self.wiki.at.cloud else link.lstrip("/"))
        except SourceFailed as failed:
            if failed.trouble in _OF_THE_RUN:
                raise
            return Failed(path=head.path, reason=failed.message)
        return Gone(path=head.path, reason="is no longer there") if answer is None else replace(head, content=answer.body)

    def marker(self) -> dict[str, Any]:
        """What the next run asks since."""
        return {"empty": self.empty}


def _unrestricted(read: Json | None) -> bool:
    """Whether nobody is named who alone may read it. What is not said in so many words counts as restricted."""
    named = (read or {}).get("restrictions")
    return isinstance(named, dict) and all(isinstance(named.get(who), dict) and named[who].get("results") == [] for who in ("user", "group"))


def _marked(item: Item, version: object) -> Item:
    said = json.dumps([item.title, item.url, item.audience, item.trail, str(item.updated_at), version], sort_keys=True)
    return replace(item, marker=hashlib.sha256(said.encode()).hexdigest()[:24])


def _page_of(path: str) -> str:
    """The page of a path such as `pages/7` or `pages/7/attachments/att9`."""
    return path.split("/")[1] if path.startswith("pages/") else ""
