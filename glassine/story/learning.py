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
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from glassine.connect import folder as folders
from glassine.edge.embed import Vectors
from glassine.rules import markdown, passages
from glassine.rules.permits import require
from glassine.store import DatabaseError, Tx, articles, vault
from glassine.story.finding import languages_of, spoken_in
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import ArticleId, OrgId, SegmentId, new_id
from glassine.words.knowledge import Article, ArticleStatus, Audience, Chunk, Document, ImportLine
from glassine.words.people import Actor, Verb

EDITOR = "editor"  # the source of articles that people write here

_TRIES = 3
_MOST_PASSAGES = 500  # of one article: about 85,000 words, half a minute of embedding
_IMPORTED_AT_ONCE = 2  # as many as there are model threads


async def save(
    world: World, org: OrgId, *, id: ArticleId | None = None, title: str, body: str, audience: Audience = Audience.PUBLIC, segments: Sequence[SegmentId] | None = None,
    language: str | None = None, url: str | None = None, by: Actor | None = None,
) -> Article:
    """Writes an article: a new one is a draft; a published one stays published, and answers change with it at once.
    `segments` None leaves them as they are.

    Raises NotFound, and Refused (400) for an empty title, (403), (409) when somebody else is changing it at the same moment.
    """
    _check(by)
    title, body = _one_line(title), _storable(body)
    if not title:
        raise Refused("An article needs a title.")
    languages = await languages_of(world, org)
    spoken = spoken_in(f"{title}\n{body}", languages, language)
    if id is None:
        async with world.store.tx(org) as tx:
            new = ArticleId(new_id())
            await _record(tx, by, "knowledge.create", new, title)
            return await articles.insert(tx, org, id=new, source=EDITOR, path=str(new), title=title, body=body, audience=audience, segments=segments or (), language=spoken, url=url)
    async with world.store.tx(org) as tx:
        before = await articles.load(tx, org, id)
    published = before.status is ArticleStatus.PUBLISHED
    ready = await prepared(world, title, body, spoken, languages) if published else []
    async with world.store.tx(org) as tx:
        saved = await articles.update(
            tx, org, id, read_at=before.updated_at, title=title, body=body, audience=audience, segments=before.segments if segments is None else segments,
            language=spoken, url=url,
        )
        await _record(tx, by, "knowledge.change", id, title)
        return await articles.publish(tx, org, saved, ready) if published else saved


async def publish(world: World, org: OrgId, id: ArticleId, *, by: Actor | None = None) -> Article:
    """Makes an article findable, or findable as it is now. Raises NotFound, and Refused (403), (409) when it keeps changing meanwhile."""
    _check(by)
    languages = await languages_of(world, org)
    for attempt in range(_TRIES):
        async with world.store.tx(org) as tx:
            read = await articles.load(tx, org, id)
        ready = await prepared(world, read.title, read.body, read.language, languages)
        try:
            async with world.store.tx(org) as tx:
                await _record(tx, by, "knowledge.publish", id, read.title)
                return await articles.publish(tx, org, read, ready)
        except Refused:
            if attempt + 1 == _TRIES:
                raise
    raise AssertionError("the last try returns or raises")


async def unpublish(world: World, org: OrgId, id: ArticleId, *, by: Actor | None = None) -> Article:
    """Takes an article out of every answer at once; it stays as a draft. Raises NotFound, and Refused (403)."""
    _check(by)
    async with world.store.tx(org) as tx:
        article = await articles.unpublish(tx, org, id)
        await _record(tx, by, "knowledge.unpublish", id, article.title)
    return article


async def delete(world: World, org: OrgId, id: ArticleId, *, by: Actor | None = None) -> None:
    """Takes an article out of every answer at once, and away. Raises NotFound, and Refused (403)."""
    _check(by)
    async with world.store.tx(org) as tx:
        await _record(tx, by, "knowledge.delete", id, (await articles.load(tx, org, id)).title)
        await articles.delete(tx, org, id)


def _check(by: Actor | None) -> None:
    if by is not None:
        require(by, Verb.WRITE_KNOWLEDGE)


async def _record(tx: Tx, by: Actor | None, verb: str, id: ArticleId, title: str) -> None:
    """The title stands in the line, because an article that is deleted has no other trace."""
    if by is not None:
        await vault.audit(tx, by, verb, "article", id, {"title": title})


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
    """Where the published articles of one source are, by path: for links from one to another."""
    async with world.store.tx(org) as tx:
        return {path: ArticleId(known.id) for path, known in (await articles.of_source(tx, org, source)).items() if known.published}


async def listing(
    world: World, org: OrgId, *, status: ArticleStatus | None = None, source: str | None = None, audience: Audience | None = None, contains: str = "",
    limit: int = 50, offset: int = 0,
) -> articles.Page:
    """Articles for the team, newest changes first; `contains` is looked for in titles."""
    async with world.store.tx(org) as tx:
        return await articles.page(tx, org, status=status, source=source, audience=audience, contains=contains, limit=limit, offset=offset)


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
        title = _one_line(page.title or _from_file_name(document.path))
        fields: dict[str, Any] = {
            "title": title, "body": _storable(page.body), "url": _address(page, self.base_url, document.path),
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
        return [self.world.embed.model(one) for one in _embedded_as(language, self.languages)]

    async def remove_vanished(self) -> list[ImportLine]:
        gone = sorted(set(self.known) - self.kept)
        if gone and len(gone) * 2 > len(self.known):
            reason = f"{len(gone)} of {len(self.known)} articles are no longer in the folder. That is more than half, so none was removed: delete them in the inbox."
            return [ImportLine(path=self.source, outcome="skipped", reason=reason)]
        async with self.world.store.tx(self.org) as tx:
            for path in gone:
                await articles.delete(tx, self.org, self.known[path].id)
        return [ImportLine(path=path, outcome="removed") for path in gone]


async def prepared(world: World, title: str, body: str, language: str, spoken: Sequence[str]) -> list[articles.Passage]:
    """An article's passages with everything that search needs. Slow: no transaction may be open."""
    cut, terms = await asyncio.to_thread(_cut, title, body, language)
    if len(cut) > _MOST_PASSAGES:
        raise Refused(f"This is {len(cut):,} passages long, and an article may have {_MOST_PASSAGES}. Make several articles of it.", status=413, code="too_large")
    texts = [f"{chunk.heading}\n{chunk.text}" for chunk in cut]
    lines = [line for chunk in cut for line in (_as_sentence(chunk.heading), *chunk.sentences)]
    whole: dict[str, Vectors] = {}
    parts: dict[str, list[Vectors]] = {}
    ends = np.cumsum([1 + len(chunk.sentences) for chunk in cut])[:-1]
    for one in _embedded_as(language, spoken):
        model = world.embed.model(one)
        whole[model] = await world.embed.passages(texts, one)
        vectors = await world.embed.passages(lines, one)
        vectors[[not line for line in lines]] = 0  # a heading that says too little is like no sentence
        parts[model] = np.split(vectors, ends)
    return [
        articles.Passage(
            chunk=chunk, terms=terms[place],
            vectors={model: vectors[place] for model, vectors in whole.items()}, sentences={model: split[place] for model, split in parts.items()},
        )
        for place, chunk in enumerate(cut)
    ]


def _cut(title: str, body: str, language: str) -> tuple[list[Chunk], list[list[str]]]:
    cut = passages.chunks(title, markdown.page(body).body, language)  # people paste HTML too
    return cut, [passages.terms(f"{chunk.heading}\n{chunk.text}", language) for chunk in cut]


def _as_sentence(heading: str) -> str:
    """The end of a heading's path if it says something by itself: 'Fly Volumes › Scale a volume', not 'Overview'."""
    said = " ".join(heading.split(" › ")[-2:])
    return said if len(said.split()) > 2 else ""


def _embedded_as(language: str, spoken: Sequence[str]) -> list[str]:
    """Languages that stand for the models an article is embedded by: its own, and for English articles the one that other languages' questions use."""
    return [language] if language != "en" else ["en", *[other for other in spoken if other != "en"][:1]]


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


def _one_line(text: str) -> str:
    return " ".join(_storable(text).split())[:300]


def _storable(text: str) -> str:
    """PostgreSQL stores neither NUL nor half of a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
