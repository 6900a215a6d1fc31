"""The help centre as strangers read it: which site is meant, and what its pages show. Everything comes from the store's view of what is public."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from glassine.edge.secrets import fingerprint
from glassine.store import Tx, house, shelf, sites
from glassine.story.privacy.previewing import masked_for_good
from glassine.story.search import finding
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.house import OrgSettings
from glassine.words.ids import ArticleId, OrgId
from glassine.words.knowledge import EVERYBODY, Hit
from glassine.words.site import Entry, Link, Reading, Shelf, Site

Row = Mapping[str, Any]
DOOR_SLUG, DOOR_HOST = "help_slug", "help_host"
PER_PAGE = 100
_FIRST = 5  # articles of each topic on the front page
_MOST_OF_TOPIC = 500
_RELATED, _RELATED_FOR = 4, 600.0  # how many, and for how many seconds they are remembered
_MOST_REMEMBERED = 5_000
_COMMENT = 2_000  # characters


async def by_key(world: World, key: str) -> Site:
    """The site at /help/`key`: an organisation's id, or the address it chose. Raises NotFound."""
    try:
        org = OrgId(UUID(key))
    except ValueError:
        found = await _behind(world, DOOR_SLUG, key.lower())
        if found is None:
            raise NotFound("There is no help centre at this address.") from None
        org = found
    return await of(world, org)


async def by_host(world: World, host: str) -> OrgId | None:
    """The organisation whose help centre has this host to itself."""
    return await _behind(world, DOOR_HOST, host)


async def _behind(world: World, kind: str, address: str) -> OrgId | None:
    async with world.store.outside() as tx:
        doors = await house.open_doors(tx, kind, fingerprint(address))
    return doors[0].org if doors else None


async def of(world: World, org: OrgId) -> Site:
    """Raises NotFound."""
    async with world.store.tx(org) as tx:
        return read(await sites.load(tx, org))


def read(row: Mapping[str, Any]) -> Site:
    """From an organisation's row with its site's, which is empty where nothing was ever set."""
    settings = OrgSettings.read(row["settings"])
    return Site(
        org=OrgId(row["id"]), organization=row["name"], languages=settings.languages or ("en",), title=row["title"] or "", slug=row["slug"] or "", domain=row["domain"] or "",
        accent=row["accent"] or "", logo=row["logo_digest"] or "", hidden=bool(row["hidden"]),
        header_links=tuple(Link(*each) for each in row["header_links"] or ()), footer_links=tuple(Link(*each) for each in row["footer_links"] or ()),
    )


async def languages(world: World, site: Site) -> list[str]:
    """Those with something to read; the organisation's first where there is nothing yet."""
    async with world.store.tx(site.org) as tx:
        return await shelf.languages(tx, site.org, site.languages) or list(site.languages[:1])


async def logo(world: World, org: OrgId) -> tuple[bytes, str, str]:
    """The picture, its type and its digest. Raises NotFound."""
    async with world.store.tx(org) as tx:
        row = await sites.logo(tx, org)
    if row is None:
        raise NotFound("This help centre has no logo.")
    return bytes(row["logo"]), row["logo_type"], row["logo_digest"]


async def front(world: World, site: Site, language: str) -> tuple[list[Shelf], list[Entry], int]:
    """The topics with their first articles, and the first articles of no topic with how many there are."""
    async with world.store.tx(site.org) as tx:
        topics, firsts = await shelf.topics(tx, site.org, language), await shelf.firsts(tx, site.org, language, _FIRST)
        loose = await shelf.loose(tx, site.org, language, PER_PAGE, 0)
    entries: dict[UUID, list[Entry]] = {}
    for row in firsts:
        entries.setdefault(row["topic"], []).append(Entry(id=ArticleId(row["topic"]), title=row["title"], slug=row["slug"], language=language))
    return _tree(topics, entries), [_entry(row, language) for row in loose], loose[0]["total"] if loose else 0


async def topic(world: World, site: Site, language: str, slug: str) -> tuple[Shelf, list[Shelf]]:
    """A topic with its articles and the topics below it, and the way to it from the top. Raises NotFound, also when there is nothing to read in it."""
    async with world.store.tx(site.org) as tx:
        topics = await shelf.topics(tx, site.org, language)
        found = next((row for row in topics if row["slug"] == slug), None)
        entries = {found["id"]: [_entry(row, language) for row in await shelf.of_topic(tx, site.org, language, found["id"], _MOST_OF_TOPIC)]} if found else {}
    placed = _placed(_tree(topics, entries))
    if found is None or found["id"] not in placed:
        raise NotFound("There is no such topic.")
    return placed[found["id"]], _way(placed, placed[found["id"]].parent)


async def loose(world: World, site: Site, language: str, page: int) -> tuple[list[Entry], int]:
    """Articles of no topic, a page of them, and how many there are."""
    async with world.store.tx(site.org) as tx:
        rows = await shelf.loose(tx, site.org, language, PER_PAGE, PER_PAGE * (page - 1))
    return [_entry(row, language) for row in rows], rows[0]["total"] if rows else 0


def _tree(topics: Sequence[Row], entries: Mapping[UUID, Sequence[Entry]], parent: UUID | None = None, depth: int = 0) -> list[Shelf]:
    """Topics below `parent` that hold something, in their order. Whatever a parent says, no topic stands below itself."""
    made = []
    known = {row["id"] for row in topics}
    for row in topics if depth < 8 else ():
        if row["parent"] != parent and not (parent is None and row["parent"] not in known):
            continue
        below = _tree(topics, entries, row["id"], depth + 1)
        count = row["n"] + sum(each.count for each in below)
        if count:
            made.append(Shelf(
                id=row["id"], name=row["name"], slug=row["slug"], description=row["description"], icon=row["icon"], parent=row["parent"], count=count,
                entries=entries.get(row["id"], ()), below=below,
            ))
    return made


def _placed(tree: Sequence[Shelf]) -> dict[UUID, Shelf]:
    return {each.id: each for top in tree for each in (top, *_placed(top.below).values())}


def _way(placed: Mapping[UUID, Shelf], id: UUID | None) -> list[Shelf]:
    way: list[Shelf] = []
    while id is not None and id in placed and placed[id] not in way:
        way.insert(0, placed[id])
        id = placed[id].parent
    return way


async def moved(world: World, site: Site, language: str, slug: str) -> tuple[str, str] | None:
    """Language and slug of an article that was at this address before, or whose id it is."""
    async with world.store.tx(site.org) as tx:
        try:
            row = await shelf.by_id(tx, site.org, ArticleId(UUID(slug)))
            return row["language"], row["slug"]
        except (ValueError, NotFound):
            return await shelf.by_former_slug(tx, site.org, language, slug)


async def article(world: World, site: Site, language: str, slug: str) -> Reading:
    """Raises NotFound also for drafts, and for what only some may read."""
    async with world.store.tx(site.org) as tx:
        row = await shelf.by_slug(tx, site.org, language, slug)
        if row is None:
            raise NotFound("There is no such article.")
        return await _reading(tx, site, row)


async def _reading(tx: Tx, site: Site, row: Row) -> Reading:
    language = row["language"]
    others = await shelf.translations(tx, site.org, row["translation_of"] or row["id"])
    neighbours = await shelf.of_source(tx, site.org, row["source"]) if ".md" in row["body"] or ".html" in row["body"] else {}
    way: list[Shelf] = []
    beside: list[Entry] = []
    if row["topic"]:
        way = _way(_placed(_tree(await shelf.topics(tx, site.org, language), {})), row["topic"])
        beside = [_entry(each, language) for each in await shelf.of_topic(tx, site.org, language, row["topic"], _MOST_OF_TOPIC)]
    at = next((place for place, each in enumerate(beside) if each.id == row["id"]), None)
    return Reading(
        entry=_entry(row, language), body=row["body"], source=row["source"], file=row["path"], url=row["url"], meta_title=row["meta_title"], meta_description=row["meta_description"], path=way,
        before=beside[at - 1] if at else None, after=beside[at + 1] if at is not None and at + 1 < len(beside) else None,
        languages=others, neighbours=neighbours,
    )


async def related(world: World, site: Site, reading: Reading) -> list[Entry]:
    """Articles that a search for this one's title finds beside it. Which ones is remembered for some minutes; whether they may be read is asked each time."""
    key, now = (site.org, reading.entry.id, reading.entry.changed_at), time.monotonic()
    until, ids = world.related.get(key, (0.0, ()))
    if until < now:
        hits = await _searched(world, site.org, f"{reading.entry.title} {reading.entry.description}", reading.entry.language, 12)
        ids = tuple(dict.fromkeys(hit.article for hit in hits if hit.article != reading.entry.id))
        if len(world.related) > _MOST_REMEMBERED:
            world.related.clear()
        world.related[key] = (now + _RELATED_FOR, ids)
    async with world.store.tx(site.org) as tx:
        public = await shelf.some(tx, site.org, ids)
    return [_entry(public[id], public[id]["language"]) for id in ids if id in public and public[id]["language"] == reading.entry.language][:_RELATED]


async def search(world: World, site: Site, language: str, text: str, limit: int = 20) -> list[tuple[Entry, str]]:
    """Public articles that answer a question, best first, each with its best sentence."""
    best: dict[ArticleId, Hit] = {}
    for hit in await _searched(world, site.org, text, language, limit * 2):
        best.setdefault(hit.article, hit)
    async with world.store.tx(site.org) as tx:
        public = await shelf.some(tx, site.org, list(best))
    return [(_entry(public[id], public[id]["language"]), hit.best_sentence) for id, hit in best.items() if id in public and public[id]["slug"]][:limit]


async def _searched(world: World, org: OrgId, text: str, language: str, limit: int) -> list[Hit]:
    return await finding.find(world, org, text, viewer=EVERYBODY, language=language, limit=limit)


async def count(world: World, site: Site) -> int:
    async with world.store.tx(site.org) as tx:
        return await shelf.count(tx, site.org)


async def listed(world: World, site: Site, language: str | None = None, limit: int = 10_000, offset: int = 0) -> list[Entry]:
    """Every public article, in a fixed order."""
    async with world.store.tx(site.org) as tx:
        return [_entry(row, row["language"]) for row in await shelf.listed(tx, site.org, language, limit, offset)]


async def newest(world: World, site: Site, language: str, limit: int = 30) -> list[Entry]:
    async with world.store.tx(site.org) as tx:
        return [_entry(row, language) for row in await shelf.newest(tx, site.org, language, limit)]


async def vote(world: World, site: Site, id: ArticleId, *, helpful: bool, comment: str, visitor: str) -> None:
    """One reader's word on an article. `visitor` is whatever tells readers apart: only its hash under today's date is kept, for a day. Raises NotFound, Refused."""
    if len(comment) > _COMMENT:
        raise Refused(f"A comment may have {_COMMENT:,} characters.", status=413)
    digest = world.master.digest("help vote", str(site.org), f"{world.clock():%Y-%m-%d}", visitor)
    masked = await masked_for_good(world, site.org, comment.strip()) if comment.strip() else ""
    async with world.store.tx(site.org) as tx:
        await shelf.by_id(tx, site.org, id)
        await sites.vote(tx, site.org, id, helpful=helpful, comment=masked, visitor=digest)


def _entry(row: Row, language: str) -> Entry:
    return Entry(
        id=ArticleId(row["id"]), title=row["title"], slug=row["slug"], language=language, description=row.get("description") or "", changed_at=row.get("changed_at"),
    )
