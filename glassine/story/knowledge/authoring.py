"""Writing an article: its working copy, which nobody else sees until it is published, and copies of it. What is live is told in learning.py.

Of a published article the working copy stands apart, so that what is live stays as it is; a draft is its own working copy.
"""

from __future__ import annotations

from dataclasses import replace

from glassine.rules.lines import one_line, storable
from glassine.rules.permits import require
from glassine.store import Tx, articles, drafts, vault
from glassine.story.knowledge import pictures
from glassine.story.search.finding import languages_of, spoken_in
from glassine.story.world import World
from glassine.words.articles import Fields, Working
from glassine.words.errors import Refused
from glassine.words.ids import ArticleId, OrgId, new_id
from glassine.words.knowledge import Article, ArticleStatus, Audience
from glassine.words.people import Actor, Verb
from glassine.words.slugs import slug_of

EDITOR = "editor"  # the source of articles that people write here


def check(by: Actor | None) -> None:
    """Raises Refused (403). None is nobody in particular: imports, the demo, the queue's own work."""
    if by is not None:
        require(by, Verb.WRITE_KNOWLEDGE)


async def record(tx: Tx, by: Actor | None, verb: str, id: ArticleId, title: str) -> None:
    """The title stands in the line, because an article that is deleted has no other trace."""
    if by is not None:
        await vault.audit(tx, by, verb, "article", id, {"title": title})


async def create(world: World, org: OrgId, fields: Fields, *, by: Actor | None = None) -> Article:
    """A new draft. Raises Refused (400) for an empty title, (403)."""
    check(by)
    fields = await _ready(world, org, fields)
    async with world.store.tx(org) as tx:
        new = ArticleId(new_id())
        await record(tx, by, "knowledge.create", new, fields.title)
        made = await articles.insert(tx, org, id=new, source=EDITOR, path=str(new), **fields.values())
        await pictures.note_uses(tx, org, new, made.body, live=False)
        return made


async def _ready(world: World, org: OrgId, fields: Fields) -> Fields:
    """As it is stored: in one line where it is one, with its language and its address."""
    title = one_line(fields.title)
    if not title:
        raise Refused("An article needs a title.")
    body = storable(fields.body)
    language = spoken_in(f"{title}\n{body}", await languages_of(world, org), fields.language or None)
    return replace(
        fields, title=title, body=body, language=language, slug=slug_of(fields.slug or title), description=one_line(fields.description, 1_000),
        segments=tuple(sorted(set(fields.segments))) if fields.audience is Audience.SEGMENT else (), meta_title=one_line(fields.meta_title), meta_description=one_line(fields.meta_description, 1_000), url=fields.url or None,
    )


async def working(world: World, org: OrgId, id: ArticleId) -> Working:
    """An article as it is being written. Raises NotFound."""
    async with world.store.tx(org) as tx:
        return await state(tx, org, id)


async def state(tx: Tx, org: OrgId, id: ArticleId) -> Working:
    article = await articles.load(tx, org, id)
    edit = await drafts.load(tx, org, id)
    if edit is None:
        return Working(article=article, fields=Fields.of(article), apart=False, by=None, saved_at=article.updated_at)
    return Working(article=article, fields=edit.fields, apart=True, by=edit.by, saved_at=edit.at)


async def edit(world: World, org: OrgId, id: ArticleId, fields: Fields, *, token: str | None, aside: bool = False, machine: bool = False, by: Actor | None = None) -> Working:
    """Saves the working copy; what is live stays. `token` is that of the state the writer began from, None for whatever it is now.

    `aside`: what is replaced is somebody else's, and is kept as a version. `machine`: a machine wrote it. Raises NotFound, and Refused (400) for an empty title, (403),
    (409) for an article of a source, or when another state than `token` is there.
    """
    check(by)
    fields = await _ready(world, org, fields)
    async with world.store.tx(org) as tx:
        now = await state(tx, org, id)
        if token is not None and token != now.token:
            raise Refused("Somebody else has changed this article meanwhile. Load it again.", status=409, code="conflict")
        if by is not None and now.article.source != EDITOR:
            raise Refused("This article comes from a source, and is changed there. Duplicate it to write a version of your own.", status=409, code="read_only")
        if fields == now.fields:
            return now
        if aside:
            await drafts.add_version(tx, org, id, now.fields, published=False, note="Set aside when another text was kept", by=now.by)
        if by is not None:
            await vault.audit_hourly(tx, by, "knowledge.change", "article", id, {"title": fields.title})
            if not machine:
                await articles.by_hand(tx, org, id)
        await _write(tx, org, now.article, fields, by)
        return await state(tx, org, id)


async def _write(tx: Tx, org: OrgId, article: Article, fields: Fields, by: Actor | None) -> None:
    if article.status is ArticleStatus.DRAFT:
        await articles.update(tx, org, article.id, read_at=article.updated_at, **fields.values())
    elif fields == Fields.of(article):
        await drafts.remove(tx, org, article.id)
    else:
        await drafts.put(tx, org, article.id, fields, by.id if by else None)
    await pictures.note_uses(tx, org, article.id, fields.body, live=False)


async def discard(world: World, org: OrgId, id: ArticleId, *, by: Actor | None = None) -> Working:
    """Back to what is live; what was written is kept as a version. `machine`: a machine wrote it. Raises NotFound, and Refused (403)."""
    check(by)
    async with world.store.tx(org) as tx:
        now = await state(tx, org, id)
        if now.apart:
            await drafts.add_version(tx, org, id, now.fields, published=False, note="Set aside when the published text was taken back", by=now.by)
            await drafts.remove(tx, org, id)
            await record(tx, by, "knowledge.discard", id, now.article.title)
        return await state(tx, org, id)


async def set_aside(world: World, org: OrgId, id: ArticleId, fields: Fields, *, by: Actor | None = None) -> None:
    """Keeps a text as a version although another one is kept as the working copy, so that nothing is lost. Raises NotFound, and Refused (400), (403)."""
    check(by)
    fields = await _ready(world, org, fields)
    async with world.store.tx(org) as tx:
        now = await state(tx, org, id)
        if fields != now.fields:
            await drafts.add_version(tx, org, id, fields, published=False, note="Set aside for the text of somebody else", by=by.id if by else None)


async def duplicate(world: World, org: OrgId, id: ArticleId, *, by: Actor | None = None) -> Article:
    """A draft with the same text, of one's own: also of an article that a source brought. Raises NotFound, and Refused (403)."""
    check(by)
    found = await working(world, org, id)
    return await create(world, org, replace(found.fields, title=f"{found.fields.title} (copy)"[:300], slug="", url=None), by=by)
