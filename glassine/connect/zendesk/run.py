"""One run over a help centre: all of it, what changed since, or what was asked for. It tells what it meets and stores nothing.

Zendesk does not say that an article's time moves when one of its translations is unpublished. So what is read is compared whole: a listing holds
a hundred articles with their texts, and the incremental listing is used between full ones where a help centre is large.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from glassine.connect.zendesk import articles
from glassine.connect.zendesk.api import Json, Zendesk, rows, same_query
from glassine.connect.zendesk.articles import Rules, Shelves
from glassine.words.sources import Asked, Checkpoint, Failed, Gone, Item, Progress, Skipped, SourceFailed, Told, Trouble, Unchanged

_SMALL = 300  # articles: up to here each run lists everything, for that is three requests
_FULL_EACH = timedelta(hours=1)
_FILES_EACH = timedelta(days=1)  # how often an article is asked for its files; one that changed or has some is asked whenever it is met
_MOST_ASKED = 2_000  # articles that a run asks so; in larger help centres it takes some days
_OVERLAP = 120  # seconds that are read twice, for what was being saved as the last run looked
_LOOKED_UP = 100  # articles that no page held are asked for one by one before they count as gone; more are for a person to judge
_OF_THE_RUN = (Trouble.CREDENTIALS, Trouble.UNREACHABLE, Trouble.LIMITED)  # troubles that are not of one file

_Of = Item | Unchanged | Gone | Skipped | Failed


@dataclass(slots=True)
class Run:
    """What was asked, and what has been met on the way."""

    zendesk: Zendesk
    rules: Rules
    asked: Asked
    shelves: Shelves
    newest: int = 0  # the latest change met, by Zendesk's clock
    met: set[str] = field(default_factory=set)  # ids of articles
    silent: set[str] = field(default_factory=set)  # of those, the ones that gave no document
    again: set[str] = field(default_factory=set)  # articles of which a file could not be had: the next run asks for it, whether they change or not
    known: dict[str, list[str]] = field(default_factory=dict)  # article -> its paths
    high: int = 0  # the last article whose turn it was to be asked for files

    def __post_init__(self) -> None:
        for path in self.asked.markers:
            self.known.setdefault(_id(path), []).append(path)
        self.newest = int(self._since.get("newest", 0))

    @property
    def _since(self) -> Mapping[str, Any]:
        return self.asked.since or {}

    def may_be_short(self) -> bool:
        """Whether the changes will do: everything was read a moment ago with the same settings, and the help centre is large."""
        recent = self._ago("full") < _FULL_EACH and self._since.get("rules") == repr(self.rules) and self._since.get("open") == self.shelves.open
        return self.asked.cursor is None and self.newest > 0 and len(self.known) > _SMALL and recent

    async def changes(self) -> AsyncIterator[Told]:
        """What changed since the last run, by Zendesk's incremental listing: it leads on by `next_page` until a page is empty."""
        query = {"start_time": str(self.newest - _OVERLAP), "include": "translations"}
        while True:
            given = await self.zendesk.get("help_center/incremental/articles", query) or {}
            found = rows(given, "articles", self.zendesk.host)
            for article in found:
                async for told in self._article(article, files=True):
                    yield told
            yield Progress(done=len(self.met))
            following = same_query(str(given.get("next_page") or "")) | {"include": "translations"}
            if not found or not given.get("next_page") or following == query:
                return
            query = following

    async def nothing_went(self) -> bool:
        """Whether Zendesk counts as many articles as are known now. If not, some were deleted, or hidden from this login, and all are to be listed."""
        return await self._count() == len(self.known.keys() | self.met | set(self._since.get("silent", ())))

    async def everything(self) -> AsyncIterator[Told]:
        """All articles in the order of their creation, which does not move while pages are turned."""
        cursor = self.asked.cursor or {}
        self.met, self.silent, self.again = set(), set(cursor.get("silent", ())), set(cursor.get("again", ()))
        self.newest = max(self.newest, int(cursor.get("newest", 0)))
        low, self.high = cursor.get("turn") or self._turn()
        done, total = int(cursor.get("done", 0)), await self._count()
        listing = self.zendesk.pages("help_center/articles", "articles", after=str(cursor.get("after", "")), sort_by="created_at", sort_order="asc", include="translations")
        async for page, after in listing:
            for article in page:
                async for told in self._article(article, files=low < _number(article.get("id")) <= self.high):
                    yield told
            done += len(page)
            yield Progress(done=done, total=max(done, total))
            if after:
                yield Checkpoint(cursor={"after": after, "done": done, "turn": [low, self.high], "newest": self.newest, "silent": sorted(self.silent), "again": sorted(self.again)})
        missing = [] if cursor else sorted(self.known.keys() - self.met)
        for id in missing if len(missing) <= _LOOKED_UP else ():  # an article may slip between pages: only one that is not there is gone
            async for told in self._shown(id):
                yield told

    async def chosen(self) -> AsyncIterator[Told]:
        """Only what was asked for by its path, whatever its marker says."""
        wanted = set(self.asked.only)
        self.asked, self.known = replace(self.asked, markers={}), {}
        for id in sorted({_id(path) for path in wanted}):
            found = {told.path: told async for told in self._shown(id)}
            for path in sorted(path for path in wanted if _id(path) == id):
                yield found.get(path) or Gone(path=path, reason="is no longer in the help centre")

    def marker(self, *, full: bool) -> dict[str, Any]:
        """What the next run asks since. A short run keeps the times of the last full one."""
        if not full:
            both = {name: sorted(mine | set(self._since.get(name, ()))) for name, mine in (("silent", self.silent), ("again", self.again))}
            return {**self._since, "newest": self.newest, **both}
        now = self.zendesk.link.now.isoformat()
        return {"newest": self.newest, "full": now, "turn": self.high, "rules": repr(self.rules), "open": self.shelves.open, "silent": sorted(self.silent), "again": sorted(self.again)}

    def _turn(self) -> tuple[int, int]:
        """Whose turn it is to be asked for files without having changed: those behind the one id and up to the other. Each comes once a day, as far as a run may ask so many.

        The first run asks those that are new to it, so that one that the other side stops before its end gets further the next time.
        """
        if not self._since:
            return 0, 0
        ids = sorted(_number(id) for id in self.known)
        many = min(_MOST_ASKED, math.ceil(len(ids) * min(1.0, self._ago("full") / _FILES_EACH)))
        low = int(self._since.get("turn", 0))
        low = low if ids and low < ids[-1] and many < len(ids) else 0
        turn = [id for id in ids if id > low][:many]
        return (low, turn[-1]) if turn else (0, 0)

    def _ago(self, what: str) -> timedelta:
        """How long ago it was last done; very long where it never was."""
        written = str(self._since.get(what, ""))
        return self.zendesk.link.now - datetime.fromisoformat(written) if written else timedelta(days=9_999)

    async def _count(self) -> int:
        """How many articles Zendesk counts; 0 where it does not say."""
        given = (await self.zendesk.get("help_center/articles", {"per_page": 1}) or {}).get("count")
        return given if isinstance(given, int) else 0

    async def _shown(self, id: str) -> AsyncIterator[_Of]:
        """One article, asked for by its id."""
        given = await self.zendesk.get(f"help_center/articles/{id}", {"include": "translations"}) if id.isdigit() else None
        if given is None or not isinstance(given.get("article"), dict):
            for path in self.known.get(id, ()):
                yield Gone(path=path, reason="was deleted or archived in Zendesk")
            return
        async for told in self._article(given["article"], files=True):
            yield told

    async def _article(self, article: Json, *, files: bool) -> AsyncIterator[_Of]:
        """An article in all its languages, its files, and what of it is no more."""
        id = str(article.get("id"))
        article = article | {"translations": await self._translations(article)}
        changed = articles.at(article.get("updated_at"))
        self.newest = max(self.newest, int(changed.timestamp()) if changed else 0)
        self.met.add(id)
        told = [self._compared(one) for one in articles.texts(article, self.shelves, self.rules)]
        for one, _ in told:
            yield one
        shown = [item for _, item in told if item is not None]
        (self.silent.discard if shown else self.silent.add)(id)
        here = {one.path for one, _ in told}
        known = self.known.get(id, [])
        if self.rules.attachments and shown and (files or id in self._since.get("again", ()) or any("/attachments/" in path for path in known) or any(isinstance(one, Item) for one, _ in told)):
            async for file in self._files(article, shown):
                here.add(file.path)
                if isinstance(file, Failed):
                    self.again.add(id)
                yield file
        for path in known:
            if path not in here:
                yield Gone(path=path, reason="this translation or file is no longer in Zendesk")

    async def _translations(self, article: Json) -> list[Json]:
        """Sideloaded with the article, or else asked for."""
        given: object = article.get("translations")
        if given is None and str(article.get("id")).isdigit():
            answer = await self.zendesk.get(f"help_center/articles/{article.get('id')}/translations", {"per_page": 100})
            given = (answer or {}).get("translations")
        if not str(article.get("id")).isdigit() or not isinstance(given, list) or not all(isinstance(one, dict) and one.get("locale") for one in given):
            raise SourceFailed(Trouble.MALFORMED, f"{self.zendesk.host} answered without an article's id or translations, as its API documents them.")
        return given

    def _compared(self, one: Item | Skipped) -> tuple[_Of, Item | None]:
        """What to tell of a document, and the document where it is one."""
        if isinstance(one, Skipped):
            return one, None
        return (Unchanged(path=one.path) if self.asked.markers.get(one.path) == one.marker else one), one

    async def _files(self, article: Json, shown: list[Item]) -> AsyncIterator[_Of]:
        given = await self.zendesk.get(f"help_center/articles/{article['id']}/attachments", {"per_page": 100}) or {"article_attachments": []}
        for attachment in rows(given, "article_attachments", self.zendesk.host):
            found = articles.file(attachment, article, shown)
            if found is not None:
                yield await self._file(found, str(attachment.get("content_url") or ""))

    async def _file(self, found: Item | Skipped, url: str) -> _Of:
        told, item = self._compared(found)
        if item is None or isinstance(told, Unchanged):
            return told
        try:
            answer = await self.zendesk.file(url)
        except SourceFailed as failed:
            if failed.trouble in _OF_THE_RUN:
                raise
            return Failed(path=found.path, reason=failed.message)
        return Gone(path=found.path, reason="is no longer there") if answer is None else replace(item, content=answer.body)


def _id(path: str) -> str:
    """The article of a path such as `articles/7/de` or `articles/7/attachments/9`."""
    return path.split("/")[1] if "/" in path else ""


def _number(id: object) -> int:
    return int(str(id)) if str(id).isdigit() else 0
