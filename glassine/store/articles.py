"""Articles in the store, and the passages of the published ones. Whoever calls decides the texts and vectors; here they only change together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg.rows import DictRow

from glassine.store import Tx, count, one, rows, versions, visibility
from glassine.store.statements import Statements
from glassine.store.vectors import Vectors, literal, packed
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import ArticleId, OrgId, SegmentId, new_id
from glassine.words.knowledge import Article, ArticleStatus, Audience, Chunk
from glassine.words.slugs import slug_of

_SQL = Statements(__file__)
_MORE = ("topic", "position", "slug", "description", "meta_title", "meta_description", "translation_of", "translated_from", "machine", "version", "deleted_at", "published_at")
_USUAL_LENGTH = 80  # of a passage, in terms; from 60 to 130 rank alike on squad2


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A chunk with everything that search needs of it. The mappings are by model; the sentences' vectors begin with the heading's."""

    chunk: Chunk
    terms: Sequence[str]  # with repetitions
    vectors: Mapping[str, Vectors] = field(repr=False)  # (384,)
    sentences: Mapping[str, Vectors] = field(repr=False)  # (1 + sentences, 384)
    words: Mapping[str, bytes] = field(repr=False, default_factory=dict)  # the signs of its words' vectors; none of a model that tells only of whole texts


class Known(NamedTuple):
    """What an import already brought: enough to see whether a file has changed."""

    id: ArticleId
    digest: str
    published: bool
    public: bool = False  # for everybody to see


class Page(NamedTuple):
    articles: list[Article]
    total: int


async def insert(
    tx: Tx, org: OrgId, *, source: str, path: str, title: str, body: str, audience: Audience, language: str, url: str | None, digest: str = "", id: ArticleId | None = None,
    segments: Sequence[SegmentId] = (), slug: str = "", description: str = "", meta_title: str = "", meta_description: str = "", topic: UUID | None = None,
    translation_of: ArticleId | None = None, translated_from: int = 0, machine: bool = False,
) -> Article:
    """A new draft. `slug` is the address that it wants (from its title when empty); it gets the next free one."""
    row = await one(tx, _SQL.insert, {
        "org": org, "id": id or new_id(), "source": source, "path": path, "title": title, "body": body, "audience": audience,
        "scope": await visibility.scope_of(tx, org, audience, segments), "language": language, "url": url, "digest": digest,
        "slug": slug_of(slug or title), "description": description, "meta_title": meta_title, "meta_description": meta_description, "topic": topic,
        "translation_of": translation_of, "translated_from": translated_from, "machine": machine,
    })
    assert row is not None, "an insert returns its row"
    return _article(row)


async def update(
    tx: Tx, org: OrgId, id: ArticleId, *, read_at: datetime, title: str, body: str, audience: Audience, language: str, url: str | None, digest: str = "",
    segments: Sequence[SegmentId] = (), slug: str | None = None, description: str | None = None, meta_title: str | None = None, meta_description: str | None = None,
) -> Article:
    """What is None stays. Raises Refused (409) when the article has changed since it was read at `read_at` (its `updated_at` then)."""
    row = await one(tx, _SQL.update, {
        "org": org, "id": id, "read_at": read_at, "title": title, "body": body, "audience": audience,
        "scope": await visibility.scope_of(tx, org, audience, segments), "language": language, "url": url, "digest": digest, "plain": slug_of(title),
        "slug": slug_of(slug or title) if slug is not None else None, "description": description, "meta_title": meta_title, "meta_description": meta_description,
    })
    return _article(row) if row else await _changed_or_gone(tx, org, id)


async def load(tx: Tx, org: OrgId, id: ArticleId, *, deleted: bool = False) -> Article:
    """`deleted`: also from the trash. Raises NotFound."""
    row = await one(tx, _SQL.load, {"org": org, "id": id, "deleted": deleted})
    if row is None:
        raise NotFound("There is no such article.")
    return _article(row)


async def by_slug(tx: Tx, org: OrgId, language: str, slug: str) -> Article:
    """The article at this address, or the one that was there before: its `slug` tells which. Drafts too. Raises NotFound."""
    row = await one(tx, _SQL.by_slug, {"org": org, "language": language, "slug": slug.replace("\0", "")})
    if row is None:
        raise NotFound("There is no such article.")
    return _article(row)


async def translations(tx: Tx, org: OrgId, id: ArticleId) -> list[Article]:
    """Of one article, by language."""
    return [_article(row) for row in await rows(tx, _SQL.translations, {"org": org, "id": id})]


async def page(
    tx: Tx, org: OrgId, *, status: ArticleStatus | None = None, source: str | None = None, audience: Audience | None = None, contains: str = "", limit: int = 50, offset: int = 0,
    language: str | None = None, topic: UUID | None = None, no_topic: bool = False, edited: bool = False, deleted: bool = False,
) -> Page:
    """Newest changes first, or in their order within a `topic`. `contains` is looked for in titles; `edited`: written on since they were published; `deleted`: the trash."""
    found = await rows(tx, _SQL.page, {
        "org": org, "status": status, "source": source, "audience": audience, "contains": contains.replace("\0", ""), "limit": limit, "offset": offset,
        "language": language, "topic": topic, "no_topic": no_topic, "edited": edited, "deleted": deleted,
    })
    return Page([_article(row) for row in found], found[0]["total"] if found else 0)


async def choices(tx: Tx, org: OrgId) -> dict[str, list[str]]:
    """`languages` and `sources` that there are."""
    row = await one(tx, _SQL.choices, {"org": org})
    return {"languages": list((row or {}).get("languages") or ()), "sources": list((row or {}).get("sources") or ())}


async def of_source(tx: Tx, org: OrgId, source: str) -> dict[str, Known]:
    """By path."""
    found = await rows(tx, _SQL.of_source, {"org": org, "source": source})
    return {row["path"]: Known(row["id"], row["digest"], row["status"] == ArticleStatus.PUBLISHED, row["status"] == ArticleStatus.PUBLISHED and row["scope"] == visibility.PUBLIC) for row in found}


async def publish(tx: Tx, org: OrgId, article: Article, passages: Iterable[Passage]) -> Article:
    """Puts an article's passages in the place of its old ones. Raises Refused (409) when the article has changed since it was read."""
    row = await one(tx, _SQL.set_status, {"org": org, "id": article.id, "status": ArticleStatus.PUBLISHED, "read_at": article.updated_at})
    if row is None:
        return await _changed_or_gone(tx, org, article.id)
    version = await versions.raised(tx, org)
    await versions.take_out(tx, org, article.id, version)
    for passage in passages:
        await _put(tx, org, article, passage, version)
    return _article(row)


async def _put(tx: Tx, org: OrgId, article: Article, passage: Passage, version: int) -> None:
    chunk, counted, models = passage.chunk, Counter(passage.terms), list(passage.vectors)
    await tx.execute(_SQL.put, {
        "org": org, "id": new_id(), "article": article.id, "scope": article.scope,
        "since": version, "title": article.title, "url": article.url, "language": article.language, "position": chunk.position, "heading": chunk.heading, "text": chunk.text, "sentences": list(chunk.sentences),
        "models": models, "vectors": [literal(passage.vectors[model]) for model in models],
        "sentence_vectors": [packed(passage.sentences[model]) for model in models], "words": [passage.words.get(model) or None for model in models],
        "terms": list(counted), "weights": [weight(count, len(passage.terms)) for count in counted.values()],
    })


def weights(terms: Sequence[str]) -> dict[str, float]:
    """What each term of a passage weighs in a search."""
    return {term: weight(count, len(terms)) for term, count in Counter(terms).items()}


def weight(occurrences: int, length: int) -> float:
    """BM25 with k1 = 1.2 and b = .75. The average length is a constant, so that publishing one article changes no other's rows."""
    return occurrences * 2.2 / (occurrences + 1.2 * (0.25 + 0.75 * length / _USUAL_LENGTH))


async def unpublish(tx: Tx, org: OrgId, id: ArticleId) -> Article:
    """Back to a draft, and out of every search that begins after this transaction. Raises NotFound."""
    row = await one(tx, _SQL.set_status, {"org": org, "id": id, "status": ArticleStatus.DRAFT, "read_at": None})
    if row is None:
        raise NotFound("There is no such article.")
    await versions.take_out(tx, org, id, await versions.raised(tx, org))
    return _article(row)


async def delete(tx: Tx, org: OrgId, id: ArticleId) -> None:
    """Passages, vectors and postings go with it. Raises NotFound."""
    await lock(tx, org, [id])
    await versions.take_out(tx, org, id, await versions.raised(tx, org))
    if await one(tx, _SQL.delete, {"org": org, "id": id}) is None:
        raise NotFound("There is no such article.")


async def bury(tx: Tx, org: OrgId, id: ArticleId) -> Article:
    """Into the trash, and out of every search at once. Raises NotFound."""
    await lock(tx, org, [id])
    await versions.take_out(tx, org, id, await versions.raised(tx, org))
    return await _changed(tx, _SQL.bury, {"org": org, "id": id})


async def dig_up(tx: Tx, org: OrgId, id: ArticleId) -> Article:
    """Out of the trash, as a draft. Raises NotFound."""
    return await _changed(tx, _SQL.dig_up, {"org": org, "id": id})


async def _changed(tx: Tx, sql: str, values: dict[str, object]) -> Article:
    row = await one(tx, sql, values)
    if row is None:
        raise NotFound("There is no such article.")
    return _article(row)


async def purge(tx: Tx, org: OrgId, before: datetime) -> int:
    """What has been in the trash since before then goes for good; returns how many."""
    return await count(tx, _SQL.purge, {"org": org, "before": before})


async def in_trash(tx: Tx, org: OrgId) -> int:
    """How many wait there."""
    return await count(tx, _SQL.in_trash, {"org": org})


async def by_hand(tx: Tx, org: OrgId, id: ArticleId) -> None:
    """A person has edited it, so no machine replaces it any more."""
    await tx.execute(_SQL.by_hand, {"org": org, "id": id})


async def set_translated(tx: Tx, org: OrgId, id: ArticleId, version: int) -> None:
    """The version of its original that a translation holds."""
    await tx.execute(_SQL.set_translated, {"org": org, "id": id, "version": version})


async def families(tx: Tx, org: OrgId) -> list[DictRow]:
    """Originals, with `translations` by language: `id`, `status`, `machine`, and whether they are `behind`."""
    return await rows(tx, _SQL.families, {"org": org})


async def move(tx: Tx, org: OrgId, id: ArticleId, topic: UUID | None) -> None:
    """To the end of a topic, or out of its own. Its text does not change by that."""
    await tx.execute(_SQL.move, {"org": org, "id": id, "topic": topic})


async def order(tx: Tx, org: OrgId, topic: UUID, ids: Sequence[ArticleId]) -> None:
    """The articles of a topic, as they follow each other."""
    await tx.execute(_SQL.order, {"org": org, "topic": topic, "ids": list(ids)})


async def unpublish_all(tx: Tx, org: OrgId, ids: Sequence[ArticleId]) -> None:
    """As `unpublish`, for many at once; what is not there is passed over."""
    await lock(tx, org, ids)
    await tx.execute(_SQL.unpublish_all, {"org": org, "ids": list(ids)})
    await versions.take_all_out(tx, org, ids, await versions.raised(tx, org))


async def delete_all(tx: Tx, org: OrgId, ids: Sequence[ArticleId]) -> None:
    """As `delete`, for many at once; what is not there is passed over."""
    await lock(tx, org, ids)
    await versions.take_all_out(tx, org, ids, await versions.raised(tx, org))
    await tx.execute(_SQL.delete_all, {"org": org, "ids": list(ids)})


async def lock(tx: Tx, org: OrgId, ids: Sequence[ArticleId]) -> None:
    """Articles before the version, as whoever publishes one takes them: the other way round two would wait for each other."""
    await tx.execute(_SQL.lock, {"org": org, "ids": list(ids)})


async def take_over(tx: Tx, org: OrgId, source: str) -> None:
    """A source's articles become the organisation's own, as if they had been written here."""
    await tx.execute(_SQL.take_over, {"org": org, "source": source})


async def counts(tx: Tx, org: OrgId) -> dict[str, int]:
    """`articles`, `published`, `passages`."""
    row = await one(tx, _SQL.counts, {"org": org})
    return dict(row or {})


async def _changed_or_gone(tx: Tx, org: OrgId, id: ArticleId) -> Article:
    await load(tx, org, id)
    raise Refused("Somebody else has changed this article meanwhile. Load it again.", status=409, code="conflict")


def _article(row: DictRow) -> Article:
    return Article(
        id=row["id"], source=row["source"], path=row["path"], title=row["title"], body=row["body"], status=ArticleStatus(row["status"]),
        audience=Audience(row["audience"]), language=row["language"], url=row["url"], created_at=row["created_at"], updated_at=row["updated_at"],
        segments=tuple(row["segments"] or ()), scope=row["scope"], edited=row["edited"], **{name: row[name] for name in _MORE},
    )
