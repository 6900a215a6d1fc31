"""One document of a source into the knowledge base: made into Markdown, compared with what was there, and swapped in one transaction.

Whatever is wrong with a document is its own: the article that was there stays, and the run goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from glassine.rules import passages
from glassine.store import DatabaseError, Tx, Unreachable, articles, runs, sources
from glassine.story.knowledge.indexing import embedded_as, prepared
from glassine.story.search.finding import spoken_in
from glassine.story.sources import converting
from glassine.story.sources.converting import Draft, LeftOut
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.ids import ArticleId, OrgId, RunId
from glassine.words.knowledge import Audience, ImportLine
from glassine.words.sources import FRAGMENT, Item
from glassine.words.syncing import Connected, PageState, Readers

DELETED_HERE = "its article was deleted here; include the page to bring it back"


@dataclass(slots=True, kw_only=True)
class Bringer:
    """For one run over one source. `known`: its pages as they were when the run began, by path."""

    world: World
    org: OrgId
    source: Connected
    run: RunId
    languages: Sequence[str]
    known: dict[str, runs.Known]
    parts: dict[str, list[str]] = field(default_factory=dict)  # path in the source -> paths here
    fragments: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for page in self.known.values():
            self.parts.setdefault(page.part_of, []).append(page.path)

    def excluded(self, path: str) -> str:
        """Why a page is passed over by a person's wish; empty when it is not."""
        pages = [self.known[part] for part in self.parts.get(path, ())]
        if any(page.by_hand for page in pages):
            return "is excluded here"
        lost = [page for page in pages if page.article is None and page.state is PageState.SYNCED]
        return DELETED_HERE if lost and len(lost) == len(pages) else ""

    async def bring(self, item: Item) -> list[ImportLine]:
        """What became of a document, a line for each article that it is or was."""
        try:
            if item.media_type == FRAGMENT:
                return [self._fragment(item)]
            if reason := self.excluded(item.path):
                async with self.world.store.tx(self.org) as tx:
                    await runs.named(tx, self.org, self.source.id, self.run, [item.path])
                return [ImportLine(path=item.path, outcome="skipped", reason=reason)]
            made = await converting.drafts(self.world.reader, item, self.fragments)
            lines = [await self._one(item, draft) for draft in made]
            return lines + await self._without(item.path, {draft.path for draft in made})
        except LeftOut as reason:
            return await self._left_out(item, str(reason))
        except Unreachable:
            raise
        except (Refused, DatabaseError, ValueError, RecursionError) as error:
            return await self._failed(item.path, _plainly(error), item)

    def _fragment(self, item: Item) -> ImportLine:
        name = item.path.rpartition("/")[2]
        self.fragments[name.lstrip("_").partition(".")[0]] = converting.decoded(item)
        return ImportLine(path=item.path, outcome="skipped", reason="is a fragment that pages include")

    async def _one(self, item: Item, draft: Draft) -> ImportLine:
        fields = self._fields(item, draft)
        heading = passages.PATH.join([*item.trail, draft.title])
        before = self.known.get(draft.path)
        digest = _digest({**fields, "heading": heading}, [self.world.embed.model(one) for one in embedded_as(fields["language"], self.languages)])
        if before and before.article and before.digest == digest and not before.withdrawn:
            async with self.world.store.tx(self.org) as tx:
                await self._note(tx, item, draft, before.article)
            return ImportLine(path=draft.path, outcome="unchanged")
        ready = await prepared(self.world, heading, fields["body"], fields["language"], self.languages)
        if not ready:
            raise LeftOut("has no text")
        async with self.world.store.tx(self.org) as tx:
            await sources.hold(tx, self.org, self.source.id)
            id = await self._put(tx, draft.path, before, {**fields, "digest": digest}, ready)
            await self._note(tx, item, draft, id)
            await self._measure(tx, item)
        return ImportLine(path=draft.path, outcome="changed" if before and before.article else "added")

    def _fields(self, item: Item, draft: Draft) -> dict[str, Any]:
        meta = draft.meta
        stated = next((said[:2].lower() for name in ("language", "lang", "locale") if isinstance(said := meta.get(name), str) and said), item.language)
        url = next((one for one in (meta.get("url"), item.url) if isinstance(one, str) and one.startswith(("https://", "http://"))), None)
        audience = Audience.INTERNAL if meta.get("audience") == "internal" else item.audience
        if self.source.readers is Readers.INTERNAL:
            audience = Audience.INTERNAL
        elif self.source.readers is Readers.SEGMENT and audience is Audience.PUBLIC:
            audience = Audience.SEGMENT
        return {
            "title": draft.title, "body": draft.body, "language": spoken_in(f"{draft.title}\n{draft.body}", self.languages, stated), "audience": audience,
            "segments": self.source.segments if audience is Audience.SEGMENT else (),
            "url": url,
        }

    async def _put(self, tx: Tx, path: str, before: runs.Known | None, fields: dict[str, Any], ready: list[articles.Passage]) -> ArticleId:
        if before is None or before.article is None:
            new = await articles.insert(tx, self.org, source=self.source.key, path=path, **fields)
            await articles.publish(tx, self.org, new, ready)
            return new.id
        read = await articles.load(tx, self.org, before.article)
        changed = await articles.update(tx, self.org, before.article, read_at=read.updated_at, **fields)
        if before.published or before.withdrawn:  # what people have taken out of answers does not come back by itself
            await articles.publish(tx, self.org, changed, ready)
        return changed.id

    async def _note(self, tx: Tx, item: Item, draft: Draft, article: ArticleId) -> None:
        await runs.put_page(
            tx, self.org, self.source.id, self.run, path=draft.path, part_of=item.path, state=PageState.SYNCED, article=article, title=draft.title, url=item.url,
            marker=item.marker, updated_at=item.updated_at, synced_at=self.world.clock(),
        )

    async def _measure(self, tx: Tx, item: Item) -> None:
        """How long a change took: only what changed since the source was first read whole tells anything."""
        if item.updated_at and self.source.first_done_at and item.updated_at > self.source.first_done_at:
            seconds = (self.world.clock() - item.updated_at).total_seconds()
            await runs.put_delay(tx, self.org, self.source.id, item.path, item.updated_at, max(0.0, seconds))

    async def _without(self, path: str, kept: set[str]) -> list[ImportLine]:
        """The document was longer once: its further parts go."""
        gone = [part for part in self.parts.get(path, ()) if part not in kept]
        if gone:
            await self.remove(gone)
        return [ImportLine(path=part, outcome="removed") for part in gone]

    async def remove(self, paths: Sequence[str]) -> None:
        """Articles and pages by their paths here, in one transaction."""
        ids = [page.article for page in (self.known.get(path) for path in paths) if page and page.article]
        async with self.world.store.tx(self.org) as tx:
            if ids:
                await articles.delete_all(tx, self.org, ids)
            await runs.delete_pages(tx, self.org, self.source.id, paths)

    async def _left_out(self, item: Item, reason: str) -> list[ImportLine]:
        """No knowledge any more: what was known of it goes, and the page says why."""
        await self.leave_out(item.path, reason, title=item.title, url=item.url, marker=item.marker)
        return [ImportLine(path=item.path, outcome="skipped", reason=reason)]

    async def leave_out(self, path: str, reason: str, *, title: str = "", url: str | None = None, marker: str = "") -> None:
        if parts := self.parts.get(path):
            await self.remove(parts)
        async with self.world.store.tx(self.org) as tx:
            await runs.put_page(
                tx, self.org, self.source.id, self.run, path=path, part_of=path, state=PageState.EXCLUDED, title=title, url=url, marker=marker, reason=reason,
            )

    async def failed(self, path: str, reason: str) -> list[ImportLine]:
        return await self._failed(path, reason, None)

    async def _failed(self, path: str, reason: str, item: Item | None) -> list[ImportLine]:
        """With the marker of what was fetched and cannot be read: it is not fetched again while it stays the same."""
        marker = item.marker if item else ""
        async with self.world.store.tx(self.org) as tx:
            if not await runs.trouble(tx, self.org, self.source.id, self.run, path, reason, marker):
                await runs.put_page(
                    tx, self.org, self.source.id, self.run, path=path, part_of=path, state=PageState.ERROR, title=item.title if item else "", url=item.url if item else None,
                    reason=reason, marker=marker,
                )
        return [ImportLine(path=path, outcome="failed", reason=reason)]


def _digest(fields: Mapping[str, Any], models: Sequence[str]) -> str:
    """Of everything that decides what is found: a new way of cutting or embedding makes the next run index again."""
    told = "\0".join([str(passages.VERSION), *models, *(f"{name}={fields[name]}" for name in sorted(fields))])
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()


def _plainly(error: Exception) -> str:
    return error.message if isinstance(error, Refused) else f"could not be stored or read ({type(error).__name__})"
