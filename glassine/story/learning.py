"""What the product knows: articles written, published and withdrawn, and folders imported. How it is found is told in finding.py.

Whoever changes an article passes as `by`: they need the permission, and the audit log says what they did in the transaction that did it.
`by` is None for what no person or program asks for: imports, the demo, and the queue's own work.
Chunks and vectors are made before a transaction opens; then one transaction swaps them, so that no article is ever half there.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import UUID

from glassine.connect import folder as folders
from glassine.rules import markdown, passages
from glassine.store import DatabaseError, Tx, articles, drafts
from glassine.story import authoring
from glassine.story.authoring import EDITOR, one_line, storable
from glassine.story.finding import languages_of, spoken_in
from glassine.story.indexing import embedded_as, prepared
from glassine.story.world import World
from glassine.words.articles import Fields, Working
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import ArticleId, OrgId, SegmentId
from glassine.words.knowledge import Article, ArticleStatus, Audience, Document, ImportLine
from glassine.words.people import Actor

TRASH = timedelta(days=30)  # for which what was deleted can be brought back

_TRIES = 3
_IMPORTED_AT_ONCE = 2  # as many as there are model threads


async def save(
    world: World, org: OrgId, *, id: ArticleId | None = None, title: str, body: str, audience: Audience = Audience.PUBLIC, segments: Sequence[SegmentId] | None = None,
    language: str | None = None, url: str | None = None, by: Actor | None = None,
) -> Article:
    """Writes an article in one go: a new one is a draft; a published one is published again, and answers change with it at once.
    `segments` None leaves them as they are.

    Raises NotFound, and Refused (400) for an empty title, (403), (409) when somebody else is changing it at the same moment.
    """
    if id is None:
        return await authoring.create(world, org, Fields(title=title, body=body, audience=audience, segments=tuple(segments or ()), language=language or "", url=url), by=by)
    before = await authoring.working(world, org, id)
    told = before.fields.segments if segments is None else tuple(segments)
    fields = replace(before.fields, title=title, body=body, audience=audience, segments=told, language=language or "", url=url)
    saved = await authoring.edit(world, org, id, fields, token=before.token, by=by)
    return await publish(world, org, id, by=by) if saved.article.status is ArticleStatus.PUBLISHED else saved.article


async def publish(world: World, org: OrgId, id: ArticleId, *, note: str = "", by: Actor | None = None) -> Article:
    """Makes an article findable as it is being written, and keeps that as a version. Raises NotFound, and Refused (403), (409) when it keeps changing meanwhile."""
    authoring.check(by)
    languages = await languages_of(world, org)
    for attempt in range(_TRIES):
        working = await authoring.working(world, org, id)
        ready = await prepared(world, working.fields.title, working.fields.body, working.fields.language, languages)
        try:
            async with world.store.tx(org) as tx:
                await authoring.record(tx, by, "knowledge.publish", id, working.fields.title)
                return await _publish(tx, org, working, ready, note, by)
        except Refused as refused:
            if refused.status != 409 or attempt + 1 == _TRIES:
                raise
    raise AssertionError("the last try returns or raises")


async def _publish(tx: Tx, org: OrgId, working: Working, ready: list[articles.Passage], note: str, by: Actor | None) -> Article:
    read = working.article
    if working.apart:
        if await authoring.state(tx, org, read.id) != working:
            raise Refused("Somebody else has changed this article meanwhile. Load it again.", status=409, code="conflict")
        read = await articles.update(tx, org, read.id, read_at=read.updated_at, **working.fields.values())
        await drafts.remove(tx, org, read.id)
    live = await articles.publish(tx, org, replace(read, edited=False), ready)
    if live.source != EDITOR:
        return live
    known = await drafts.versions(tx, org, live.id, limit=1, published=True)
    if known and known[0].fields == Fields.of(live):
        return live
    number = await drafts.add_version(tx, org, live.id, Fields.of(live), published=True, note=note, by=by.id if by else None)
    return replace(live, version=number)


async def unpublish(world: World, org: OrgId, id: ArticleId, *, by: Actor | None = None) -> Article:
    """Takes an article out of every answer at once; it stays as a draft, as it was last written. Raises NotFound, and Refused (403)."""
    authoring.check(by)
    async with world.store.tx(org) as tx:
        written = await drafts.load(tx, org, id)
        article = await articles.unpublish(tx, org, id)
        if written:
            await drafts.remove(tx, org, id)
            article = await articles.update(tx, org, id, read_at=article.updated_at, **written.fields.values())
        await authoring.record(tx, by, "knowledge.unpublish", id, article.title)
    return article


async def delete(world: World, org: OrgId, id: ArticleId, *, by: Actor | None = None) -> None:
    """Takes an article out of every answer at once, and into the trash; one that a source brought goes for good. Raises NotFound, and Refused (403)."""
    authoring.check(by)
    async with world.store.tx(org) as tx:
        found = await articles.load(tx, org, id)
        await authoring.record(tx, by, "knowledge.delete", id, found.title)
        await (articles.bury if found.source == EDITOR else articles.delete)(tx, org, id)


async def bring_back(world: World, org: OrgId, id: ArticleId, *, by: Actor | None = None) -> Article:
    """Out of the trash, as a draft. Raises NotFound, and Refused (403)."""
    authoring.check(by)
    async with world.store.tx(org) as tx:
        article = await articles.dig_up(tx, org, id)
        await authoring.record(tx, by, "knowledge.bring_back", id, article.title)
    return article


async def empty_trash(world: World, org: OrgId) -> int:
    """What was deleted more than thirty days ago goes for good, and with it its versions; returns how many."""
    async with world.store.tx(org) as tx:
        return await articles.purge(tx, org, world.clock() - TRASH)


async def article(world: World, org: OrgId, id: ArticleId) -> Article:
    """Raises NotFound."""
    async with world.store.tx(org) as tx:
        return await articles.load(tx, org, id)


async def public_article(world: World, org: OrgId, id: ArticleId) -> Article:
    """One that readers outside may see. Raises NotFound also for drafts and internal ones."""
    found = await article(world, org, id)
    if found.status is not ArticleStatus.PUBLISHED or found.audience is not Audience.PUBLIC:
        raise NotFound("There is no such article.")
    return found


async def addresses(world: World, org: OrgId, source: str) -> dict[str, ArticleId]:
    """Where the articles of one source are that everybody may see, by path: for links from one to another."""
    async with world.store.tx(org) as tx:
        return {path: ArticleId(known.id) for path, known in (await articles.of_source(tx, org, source)).items() if known.public}


async def listing(
    world: World, org: OrgId, *, status: ArticleStatus | None = None, source: str | None = None, audience: Audience | None = None, contains: str = "",
    limit: int = 50, offset: int = 0, language: str | None = None, topic: UUID | None = None, no_topic: bool = False, edited: bool = False, deleted: bool = False,
) -> articles.Page:
    """Articles for the team, newest changes first, or in their order within a `topic`; `contains` is looked for in titles; `deleted`: the trash."""
    kinds: dict[str, Any] = {"language": language, "topic": topic, "no_topic": no_topic, "edited": edited, "deleted": deleted}
    async with world.store.tx(org) as tx:
        return await articles.page(tx, org, status=status, source=source, audience=audience, contains=contains, limit=limit, offset=offset, **kinds)


async def import_folder(
    world: World, org: OrgId, folder: Path, *, source: str, report: Callable[[ImportLine], None], audience: Audience = Audience.PUBLIC, base_url: str | None = None,
    leave_out: tuple[str, ...] = (),
) -> dict[str, int]:
    """Brings a folder (or a .tar.gz or .zip of one) in, and returns how many files had which outcome; each file is reported with its outcome.

    Every article is swapped in a transaction of its own, so a run that breaks off leaves each as it was or as it is now, and the next run
    goes on from there. What is no longer in the folder is removed at the end, but not when that would be more than half of what was there.
    Raises Refused while imports are switched off.
    """
    await world.switches.admit(org, "import")
    counts: Counter[str] = Counter()

    def tell(line: ImportLine) -> None:
        counts[line.outcome] += 1
        report(line)

    async with world.store.tx(org) as tx:
        known = await articles.of_source(tx, org, source)
    run = _Import(world, org, source=source, audience=audience, base_url=base_url, languages=await languages_of(world, org), known=known)
    documents = [each for each in await asyncio.to_thread(run.read, folder, tell) if not each.path.startswith(leave_out)]

    async def worker(waiting: Iterator[Document]) -> None:
        for document in waiting:
            tell(await run.bring(document))

    waiting = iter(documents)  # shared: each worker takes the next
    async with asyncio.TaskGroup() as group:
        for _ in range(_IMPORTED_AT_ONCE):
            group.create_task(worker(waiting))
    for line in await run.remove_vanished():
        tell(line)
    return dict(counts)


class _Import:
    """One run over one source: what was there before, and what has been seen."""

    def __init__(
        self, world: World, org: OrgId, *, source: str, audience: Audience, base_url: str | None, languages: Sequence[str], known: Mapping[str, articles.Known],
    ) -> None:
        self.world, self.org, self.source, self.audience, self.base_url, self.languages, self.known = world, org, source, audience, base_url, languages, known
        self.fragments: dict[str, str] = {}
        self.kept: set[str] = set()  # paths whose articles stay

    def read(self, folder: Path, tell: Callable[[ImportLine], None]) -> list[Document]:
        """All documents; fragments are set apart, because pages that come before them may include them."""
        documents: list[Document] = []
        for found in folders.read(folder):
            if isinstance(found, ImportLine):
                if found.outcome == "failed":
                    self.kept.add(found.path)
                tell(found)
            elif (name := PurePosixPath(found.path).name).startswith("_"):
                self.fragments[name.lstrip("_").partition(".")[0]] = found.text
                tell(ImportLine(path=found.path, outcome="skipped", reason="is a fragment that pages include"))
            else:
                documents.append(found)
        return documents

    async def bring(self, document: Document) -> ImportLine:
        """One document. Whatever goes wrong with it is its own: the article that was there stays."""
        try:
            return await self._bring(document)
        except (Refused, DatabaseError, ValueError, RecursionError) as error:
            self.kept.add(document.path)
            return ImportLine(path=document.path, outcome="failed", reason=_plainly(error))

    async def _bring(self, document: Document) -> ImportLine:
        page = await asyncio.to_thread(markdown.page, document.text, "".join(PurePosixPath(document.path).suffixes[-2:]).lower(), self.fragments)
        if page.fault:
            raise Refused(page.fault)
        if reason := _left_out(page):
            return ImportLine(path=document.path, outcome="skipped", reason=reason)
        self.kept.add(document.path)
        title = one_line(page.title or _from_file_name(document.path))
        fields: dict[str, Any] = {
            "title": title, "body": storable(page.body), "url": _address(page, self.base_url, document.path),
            "language": spoken_in(f"{title}\n{page.body}", self.languages, _stated_language(page)),
            "audience": Audience.INTERNAL if page.meta.get("audience") == "internal" else self.audience,
        }
        before, digest = self.known.get(document.path), _digest(fields, self._models(fields["language"]))
        if before and before.digest == digest:
            return ImportLine(path=document.path, outcome="unchanged")
        ready = await prepared(self.world, title, fields["body"], fields["language"], self.languages)
        if not ready:
            self.kept.discard(document.path)
            return ImportLine(path=document.path, outcome="skipped", reason="has no text")
        async with self.world.store.tx(self.org) as tx:
            await self._put(tx, document.path, before, fields | {"digest": digest}, ready)
        return ImportLine(path=document.path, outcome="changed" if before else "added")

    async def _put(self, tx: Tx, path: str, before: articles.Known | None, fields: dict[str, Any], ready: list[articles.Passage]) -> None:
        if before is None:
            new = await articles.insert(tx, self.org, source=self.source, path=path, **fields)
            await articles.publish(tx, self.org, new, ready)
            return
        read = await articles.load(tx, self.org, before.id)
        changed = await articles.update(tx, self.org, before.id, read_at=read.updated_at, **fields)
        if before.published:  # what people have taken out of answers does not come back by an import
            await articles.publish(tx, self.org, changed, ready)

    def _models(self, language: str) -> list[str]:
        return [self.world.embed.model(one) for one in embedded_as(language, self.languages)]

    async def remove_vanished(self) -> list[ImportLine]:
        gone = sorted(set(self.known) - self.kept)
        if gone and len(gone) * 2 > len(self.known):
            reason = f"{len(gone)} of {len(self.known)} articles are no longer in the folder. That is more than half, so none was removed: delete them in the inbox."
            return [ImportLine(path=self.source, outcome="skipped", reason=reason)]
        async with self.world.store.tx(self.org) as tx:
            for path in gone:
                await articles.delete(tx, self.org, self.known[path].id)
        return [ImportLine(path=path, outcome="removed") for path in gone]


def _stated_language(page: markdown.Page) -> str | None:
    stated = next((page.meta[name] for name in ("language", "lang", "locale") if page.meta.get(name)), None)
    return str(stated)[:2].lower() if stated else None


def _left_out(page: markdown.Page) -> str:
    if page.meta.get("draft") is True or page.meta.get("published") is False:
        return "is marked as a draft"
    return "" if re.search(r"\w", page.body) else "has no text"


def _from_file_name(path: str) -> str:
    """'how-to/reset_password.md' is 'Reset password'; an index is named after its folder."""
    parts = PurePosixPath(path)
    name = parts.name.partition(".")[0]
    if name.lower() in {"index", "readme"} and parts.parent.name:
        name = parts.parent.name
    words = re.sub(r"[-_]+", " ", name).strip() or path
    return words[:1].upper() + words[1:]


def _address(page: markdown.Page, base_url: str | None, path: str) -> str | None:
    """Where readers find it: as the front matter says, or under `base_url` by its path without suffixes, an index by its folder."""
    stated = page.meta.get("url")
    if isinstance(stated, str) and stated.startswith(("https://", "http://")):
        return stated
    if not base_url:
        return None
    place = PurePosixPath(path)
    place = place.with_name(place.name.partition(".")[0])
    place = place.parent if place.name.lower() in {"index", "readme"} else place
    return f"{base_url.rstrip('/')}/{'' if str(place) == '.' else place}"


def _digest(fields: Mapping[str, Any], models: Sequence[str]) -> str:
    """Of everything that decides what is found: a new way of cutting or embedding makes the next import index again."""
    told = "\0".join([str(passages.VERSION), *models, *(f"{name}={fields[name]}" for name in sorted(fields))])
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()


def _plainly(error: Exception) -> str:
    return error.message if isinstance(error, Refused) else f"could not be stored or read ({type(error).__name__})"
