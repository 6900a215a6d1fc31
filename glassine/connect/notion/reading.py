"""A run over what a Notion integration may see: which pages are as they were, which are read, which are gone. It stores nothing."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from glassine.connect.notion import pages, properties
from glassine.connect.notion.api import Notion
from glassine.connect.notion.listing import Listed, Listing, unnamed
from glassine.connect.notion.pages import File, Page, Readers
from glassine.words.knowledge import Audience
from glassine.words.sources import Asked, Complete, Failed, Gone, Item, Link, Progress, Skipped, SourceFailed, Told, Trouble, Unchanged

FILES_AT = "prod-files-secure.s3.us-west-2.amazonaws.com"  # where Notion keeps what is uploaded to it

_FORM = 1  # of the text that is made of a page: another one reads all pages again
_MOST_OF_A_FILE = 50_000_000  # bytes
_FRESH = timedelta(minutes=1)  # Notion tells minutes only: a page changed this long before the newest change may change again unseen
_DOUBTED = timedelta(hours=1)  # for so long; the two clocks may differ by less
_OF_ONE_PAGE = frozenset({Trouble.LARGE, Trouble.MALFORMED, Trouble.MISSING})  # of which others know nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the admin chose."""

    roots: tuple[str, ...] = ()
    published: bool = False  # pages published to the web are for everybody
    filter: tuple[properties.Condition, ...] = ()
    properties: frozenset[str] = frozenset()
    files: bool = False


@dataclass(slots=True)
class Run:
    """One run. `done` counts pages, of those that are known so far."""

    link: Link
    notion: Notion
    wishes: Wishes
    asked: Asked
    listing: Listing = field(init=False)
    _waiting: deque[Listed] = field(default_factory=deque)
    _seen: set[str] = field(default_factory=set)
    _files: dict[str, list[str]] = field(default_factory=dict)  # paths of files that are known, by page

    def __post_init__(self) -> None:
        self.listing = Listing(self.notion, self.wishes.roots)
        for path in self.asked.markers:
            if "/files/" in path:
                self._files.setdefault(path.split("/")[1], []).append(path)

    async def tell(self) -> AsyncIterator[Told]:
        """Everything, and at the end that it was everything: what was not named is gone. Or only what was asked for."""
        await self.listing.fill()  # also for a few pages: their texts name others
        if self.wishes.roots and not self.asked.only and not [root for root in self.wishes.roots if await self.listing.root(root)]:
            raise SourceFailed(Trouble.MISSING, "None of the chosen pages is shared with the integration any more. In Notion, open each under •••, Connections, and add it again.")
        only = {path.split("/")[1] for path in self.asked.only if path.startswith("pages/")}
        for id in unnamed(self.asked.only or self.asked.markers, self.listing):
            if not await self.listing.page(id):
                yield Gone(path=f"pages/{id}", reason="It was deleted in Notion, or is no longer shared with the integration.")
        self._enqueue([page for page in self.listing.pages.values() if page.id in only or not self.asked.only])
        while self._waiting:
            page = self._waiting.popleft()
            if await self.listing.wanted(("page_id", page.id)):
                async for told in self._page(page):
                    yield told
            yield Progress(done=len(self._seen) - len(self._waiting), total=len(self._seen))
        for name in self.listing.cut:
            yield Failed(path=name, reason="Notion gives only the first part of this list. Choose pages or databases further down to get all of them.")
        yield Complete(marker={"at": self.link.now.isoformat()}, everything=not self.asked.only)

    def _enqueue(self, found: Iterable[Listed]) -> None:
        new = [page for page in found if page.id not in self._seen]
        self._seen.update(page.id for page in new)
        self._waiting.extend(new)

    async def _page(self, page: Listed) -> AsyncIterator[Told]:
        path = f"pages/{page.id}"
        if why := properties.unmet(page.properties, self.wishes.filter):
            yield Skipped(path=path, reason=why)
            return
        try:
            trail = await self.listing.trail(page, public=self._public(page))
            marker = self._marker(page, trail)
            if path not in self.asked.only and self.asked.markers.get(path) in (marker, self._borrowing(marker)):
                for known in (path, *self._files.get(page.id, [])):
                    yield Unchanged(path=known)
                return
            read = await pages.read(self.notion, self.listing, page, self._facts(page), public=self._public(page))
        except pages.TooMuch as reason:
            yield Failed(path=path, reason=f"This page was not read: {reason}.")
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
            yield Failed(path=path, reason="Notion described this page in a form that its documentation does not know.")
        except SourceFailed as failure:
            if failure.trouble not in _OF_ONE_PAGE:
                raise
            yield Failed(path=path, reason=failure.message)
        else:
            async for told in self._read(page, read, marker, trail):
                yield told

    async def _read(self, page: Listed, read: Page | None, marker: str, trail: tuple[str, ...]) -> AsyncIterator[Told]:
        if read is None:
            yield Gone(path=f"pages/{page.id}", reason="It was deleted in Notion while it was being read.")
            return
        for id in read.pages if not self.asked.only else ():
            if below := await self.listing.page(id):
                self._enqueue([below])
        for id in read.databases if not self.asked.only else ():
            self._enqueue(await self.listing.rows(id))
        failed = False
        for file in read.files if self.wishes.files else ():  # before their page: a run that breaks off between them reads the page again
            told = await self._file(page, file)
            failed |= isinstance(told, Failed)
            yield told
        yield self._item(page, read, f"{marker} ~" if failed else marker, trail)

    def _item(self, page: Listed, read: Page, marker: str, trail: tuple[str, ...]) -> Told:
        path, public = f"pages/{page.id}", self._public(page)
        if not read.text:
            return Skipped(path=path, reason="has no text")
        return Item(
            path=path, title=page.title or "Untitled", content=read.text.encode(), media_type="text/markdown", url=page.public_url if public else page.url,
            audience=Audience.PUBLIC if public else Audience.INTERNAL, marker=self._settled(page, self._borrowing(marker) if read.borrows else marker),
            updated_at=_moment(page.edited), trail=trail,
        )

    async def _file(self, page: Listed, file: File) -> Told:
        """A file's text is for those who may read the page that shows it."""
        path, public = f"pages/{page.id}/files/{file.block}", self._public(page)
        marker = _digest([file.key, file.name, public])
        if self.asked.markers.get(path) == marker and not self.asked.only:
            return Unchanged(path=path)
        if not self._keeps(file.url):
            return Skipped(path=path, reason=f"{file.name} is not kept where Notion keeps files, so it was not fetched.")
        try:
            answer = await self.link.request("GET", file.url, max_bytes=_MOST_OF_A_FILE)
        except SourceFailed as failure:
            return Failed(path=path, reason=f"{file.name} could not be fetched. {failure.message}")
        if answer.status != 200:
            return Failed(path=path, reason=f"{file.name} could not be fetched: its place answered {answer.status}.")
        return Item(
            path=path, title=file.name, content=answer.body, media_type=file.media_type, url=page.public_url if public else page.url,
            audience=Audience.PUBLIC if public else Audience.INTERNAL, marker=marker, updated_at=_moment(page.edited),
        )

    def _keeps(self, url: str) -> bool:
        """Whether an address in a page is one of Notion's own, or of the operator's stand-in for it."""
        return urlsplit(url).netloc in (FILES_AT, urlsplit(self.link.base("")).netloc or FILES_AT)

    def _public(self, page: Listed) -> bool:
        return self.wishes.published and page.public_url is not None

    def _facts(self, page: Listed) -> list[tuple[str, str]]:
        return pages.facts(page, self.wishes.properties, Readers(self.listing, self._public(page)))

    def _marker(self, page: Listed, trail: tuple[str, ...]) -> str:
        """Notion's time, and a digest of all that the text is made of besides the blocks: rollups, formulas and what is published change without it."""
        told = [_FORM, page.title, trail, page.url, page.public_url, self._public(page), self._facts(page), self.wishes.files]
        return f"{page.edited} {_digest(told)}"

    def _borrowing(self, marker: str) -> str:
        """A page that shows what stands on another one is read again each day."""
        return f"{marker} {self.link.now:%Y-%m-%d}"

    def _settled(self, page: Listed, marker: str) -> str:
        """A page that has just been changed gets a marker that no page ever has, so that the next run reads it again."""
        edited, newest = _moment(page.edited), max(filter(None, (_moment(one.edited) for one in self.listing.pages.values())), default=None)
        fresh = edited and newest and edited >= newest - _FRESH and abs(self.link.now - edited) < _DOUBTED
        return f"{marker} ~" if fresh else marker


def _digest(told: object) -> str:
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:20]


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
