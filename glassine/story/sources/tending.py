"""What people do with a connected source: look at it, read it now, stop a run, decide what goes, leave pages out, and upload files to it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from glassine import connect
from glassine.connect.folder.entries import TYPES
from glassine.rules.permits import require
from glassine.store import Tx, articles, runs, sources, vault
from glassine.story.sources import reaching, syncing
from glassine.story.world import World
from glassine.words.boundaries import shut
from glassine.words.errors import Refused
from glassine.words.ids import ArticleId, OrgId, RunId, SourceId
from glassine.words.people import Actor, Verb
from glassine.words.sources import FieldKind, Upload
from glassine.words.syncing import Connected, Delay, Page, Run

LARGEST_UPLOAD = 25 * 1024 * 1024  # bytes of one file
_MOST_UPLOADS, _MOST_BYTES = 2_000, 1_000_000_000  # of one source
_DELAYS = timedelta(days=30)
_BATCH = 500
_HERE = "a person excluded it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A source as it stands: its kind in words, where it goes, its newest run, how many pages are in which state, and how fast changes came."""

    source: Connected
    title: str
    hosts: tuple[str, ...]
    secrets: tuple[str, ...]  # names of those that are set
    run: Run | None
    states: dict[str, int]
    delay: Delay
    canary: Delay
    shut: str = ""  # why it may not be read now, though it is connected

    @property
    def reading(self) -> bool:
        """A run waits or is under way."""
        return self.run is not None and self.run.ended_at is None


async def listing(world: World, actor: Actor) -> list[Seen]:
    """All sources by name."""
    require(actor, Verb.READ_KNOWLEDGE)
    org, since = actor.org, world.clock() - _DELAYS
    settings = await world.switches.of(org)
    async with world.store.tx(org) as tx:
        found, newest, states = await sources.all_of(tx, org), await runs.newest(tx, org), await runs.states(tx, org)
        delays, canaries = await runs.delays(tx, org, since), await runs.delays(tx, org, since, canary=True)
    none = Delay(None, None, 0)
    return [
        Seen(
            source=one, title=title_of(one), hosts=reaching.reach(one).hosts, shut=shut(reaching.boundary_of(world, one), settings), secrets=_secrets(one), run=newest.get(one.id), states=states.get(one.id, dict.fromkeys(("synced", "pending", "error", "excluded", "held"), 0)),
            delay=delays.get(one.id, none), canary=canaries.get(one.id, none) if one.canary else none,
        )
        for one in found
    ]


async def seen(world: World, actor: Actor, id: SourceId) -> Seen:
    """Raises NotFound."""
    for one in await listing(world, actor):
        if one.source.id == id:
            return one
    async with world.store.tx(actor.org) as tx:
        await sources.load(tx, actor.org, id)
    raise AssertionError("what can be loaded is listed")


def title_of(one: Connected) -> str:
    """Its kind in words."""
    known = connect.sources().get(one.kind)
    return known.title if known else f"{one.kind} (this version has no such connector)"


def _secrets(one: Connected) -> tuple[str, ...]:
    if one.secrets is None or one.kind not in connect.sources():
        return ()
    return tuple(sorted(field.name for field in connect.source(one.kind).fields if field.kind is FieldKind.SECRET))


async def sync_now(world: World, actor: Actor, id: SourceId, only: Sequence[str] = ()) -> RunId | None:
    """Begins a run; None: one is under way, and another follows it. `only`: these pages, read anew whatever is known of them. Raises NotFound."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        source = await sources.load(tx, actor.org, id)
        wanted = await runs.again(tx, actor.org, id, only) if only else []
        if only and not wanted:
            raise Refused("None of these pages can be read again: they are unknown, or excluded.", status=409)
        await vault.audit(tx, actor, "knowledge.source_sync", "source", id, {"name": source.name, **({"pages": len(wanted)} if only else {})})
        return await syncing.ask_for(tx, actor.org, source, by=actor.name, world=world, only=tuple(wanted))


async def stop(world: World, actor: Actor, id: SourceId) -> bool:
    """Ends the run that waits or is under way, within a second or so; False: there was none. What it had read stays."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        source = await sources.load(tx, actor.org, id)
        stopped = await runs.stop(tx, actor.org, id)
        if stopped:
            await vault.audit(tx, actor, "knowledge.source_stop", "source", id, {"name": source.name})
    return stopped is not None


async def decide(world: World, actor: Actor, id: SourceId, *, delete: bool) -> int:
    """What a run found gone and did not dare to delete: deletes it, or keeps it until the source names it again. Returns how many pages."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    org = actor.org
    async with world.store.tx(org) as tx:
        source = await sources.load(tx, org, id, lock=True)
        held = await runs.held(tx, org, id)
        if delete:
            await articles.lock(tx, org, [row["article_id"] for row in held if row["article_id"]])
            for at in range(0, len(held), _BATCH):
                part = held[at : at + _BATCH]
                await articles.delete_all(tx, org, [row["article_id"] for row in part if row["article_id"]])
                await runs.delete_pages(tx, org, id, [row["path"] for row in part])
        else:
            await runs.keep_held(tx, org, id)
        await runs.settle(tx, org, id, f"{actor.name} decided: {len(held):,} pages {'were deleted' if delete else 'stay'}.")
        await vault.audit(tx, actor, "knowledge.source_decide", "source", id, {"name": source.name, "pages": len(held), "what": "deleted" if delete else "kept"})
    return len(held)


async def held(world: World, actor: Actor, id: SourceId, limit: int = 200) -> list[dict[str, object]]:
    """What waits for a decision: `path`, `article_id`, `title`, `url`."""
    require(actor, Verb.READ_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        return await runs.held(tx, actor.org, id, limit)


async def exclude(world: World, actor: Actor, id: SourceId, paths: Sequence[str]) -> int:
    """Leaves pages out for good: out of every answer at once, and passed over by every run. Returns how many. `paths`: as the source names them."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    org = actor.org
    async with world.store.tx(org) as tx:
        source = await sources.load(tx, org, id)
        found = await runs.exclude(tx, org, id, paths, on=True, reason=_HERE)
        await articles.delete_all(tx, org, [article for article in found.values() if article])
        await vault.audit(tx, actor, "knowledge.source_exclude", "source", id, {"name": source.name, "pages": len(found)})
    return len(found)


async def include(world: World, actor: Actor, id: SourceId, paths: Sequence[str]) -> int:
    """Takes pages in again; they are read at once. Returns how many."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    org = actor.org
    async with world.store.tx(org) as tx:
        source = await sources.load(tx, org, id)
        found = await runs.exclude(tx, org, id, paths, on=False)
        await vault.audit(tx, actor, "knowledge.source_include", "source", id, {"name": source.name, "pages": len(found)})
        if found:
            await syncing.ask_for(tx, org, source, by=actor.name, world=world, only=tuple(dict.fromkeys(paths)))
    return len(found)


async def of_article(world: World, org: OrgId, article: ArticleId) -> tuple[Connected, Page] | None:
    """The source and page that an article comes from; None for those that people write here."""
    async with world.store.tx(org) as tx:
        found = await runs.of_article(tx, org, article)
        return (await sources.load(tx, org, found[0]), found[1]) if found else None


async def history(world: World, actor: Actor, id: SourceId, limit: int = 20) -> list[Run]:
    """Runs, newest first. Raises NotFound."""
    require(actor, Verb.READ_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        await sources.load(tx, actor.org, id)
        return await runs.of_source(tx, actor.org, id, limit)


async def pages(world: World, actor: Actor, id: SourceId, *, state: str = "", contains: str = "", limit: int = 50, offset: int = 0) -> runs.Pages:
    """Raises NotFound."""
    require(actor, Verb.READ_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        await sources.load(tx, actor.org, id)
        return await runs.pages(tx, actor.org, id, state=state, contains=contains, limit=limit, offset=offset)


async def upload(world: World, actor: Actor, id: SourceId, name: str, content: bytes) -> str:
    """Puts a file on the shelf of a source of files, in the place of one of the same name, and has it read. Returns the name it has there."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    await world.switches.admit(actor.org, "import")
    name = safe_name(name)
    media_type = TYPES.get("." + name.rpartition(".")[2].lower())
    if media_type is None:
        raise Refused(f"{name}: this kind of file is not read. These are: {', '.join(TYPES)}.", status=415)
    if len(content) > LARGEST_UPLOAD:
        raise Refused(f"{name} is larger than {LARGEST_UPLOAD // (1024 * 1024)} MB. Split it, or leave out its pictures.", status=413)
    async with world.store.tx(actor.org) as tx:
        source = await _shelf(tx, actor.org, id)
        held, count = await sources.file_room(tx, actor.org, id, name)
        if count >= _MOST_UPLOADS or held + len(content) > _MOST_BYTES:
            raise Refused(f"A source holds at most {_MOST_UPLOADS:,} files and 1 GB. Make another one.", status=409)
        await sources.put_file(tx, actor.org, id, name=name, media_type=media_type, content=content, by=actor.name)
        await vault.audit(tx, actor, "knowledge.file_upload", "source", id, {"name": source.name, "file": name})
        await syncing.ask_for(tx, actor.org, source, by=actor.name, world=world)
    return name


def safe_name(name: str) -> str:
    """A file's own name without folders and marks that nobody sees."""
    last = name.replace("\\", "/").rpartition("/")[2]
    clean = "".join(letter for letter in unicodedata.normalize("NFC", last) if not unicodedata.category(letter).startswith("C")).strip(" .")
    if not clean:
        raise Refused("The file has no name.")
    return clean if len(clean) <= 200 else clean[-200:]


async def uploads(world: World, actor: Actor, id: SourceId) -> list[Upload]:
    """By name. Raises NotFound."""
    require(actor, Verb.READ_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        await _shelf(tx, actor.org, id)
        return await sources.files(tx, actor.org, id)


async def uploaded(world: World, actor: Actor, id: SourceId, name: str) -> tuple[str, bytes]:
    """A file as it was uploaded: media type and content. Raises NotFound."""
    require(actor, Verb.READ_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        return await sources.file(tx, actor.org, id, name)


async def delete_upload(world: World, actor: Actor, id: SourceId, name: str) -> None:
    """The file, and what was read of it: out of every answer in the same transaction. Raises NotFound."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        source = await _shelf(tx, actor.org, id)
        await sources.delete_file(tx, actor.org, id, name)
        found = await runs.parts(tx, actor.org, id, name)
        await articles.delete_all(tx, actor.org, [article for article in found.values() if article])
        await runs.delete_pages(tx, actor.org, id, list(found))
        await vault.audit(tx, actor, "knowledge.file_delete", "source", id, {"name": source.name, "file": name})


async def _shelf(tx: Tx, org: OrgId, id: SourceId) -> Connected:
    source = await sources.load(tx, org, id)
    if source.kind != "files":
        raise Refused("Files are uploaded to a source of the kind files.", status=409)
    return source
