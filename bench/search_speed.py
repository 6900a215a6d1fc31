"""Measures search alone, without the question's encoding, in one organisation of many generated passages: `python -m bench.search_speed [--sizes 10000,100000,1000000] [--keep DIR]`.

Sentences are squad2's, four a passage (520 characters; three real help centres have 300 to 490). Vectors are seeded: topics, subjects within them and
passages around those, with a spectrum that falls as MiniLM's does, and each question lies near one passage (a cosine of about .6, as in squad2).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from bench.data import folder
from bench.scratch import database, kept
from bench.spent import alone
from glassine.rules.passages import chunks, terms
from glassine.store import Store, articles, search
from glassine.store.nearest import Near, Nearest
from glassine.store.vectors import Halves, literal, packed, signs
from glassine.words.ids import ArticleId, OrgId, new_id

Owner = psycopg.Connection[tuple[Any, ...]]
Vectors = NDArray[np.float32]
MODEL = "bench"
REFERENCE = 2.5  # milliseconds of the plain scan of 10,000 passages where the bar of 15 ms was set
BARS = {10_000: 15.0, 100_000: 40.0, 1_000_000: 150.0}  # p95, milliseconds
SIZES = tuple(BARS)
_DIMENSIONS, _SENTENCES, _WORDS, _BATCH = 384, 4, 90, 5_000
_TABLES = ("passages", "passage_vectors", "sentence_vectors", "postings")
_QUERIES = 220
_WARMING = 20


class Pool(NamedTuple):
    """Sentences with their terms, and questions."""

    sentences: list[str]
    terms: list[list[str]]
    questions: list[str]


def pool(data: Path) -> Pool:
    paragraphs = [json.loads(line)["text"] for line in (data / "squad2" / "docs_shared.jsonl").read_text().splitlines()]
    questions = [json.loads(line)["question"] for line in (data / "squad2" / "questions_shared.jsonl").read_text().splitlines()]
    sentences = [sentence for text in paragraphs for chunk in chunks("", text, "en") for sentence in chunk.sentences]
    return Pool(sentences, [terms(sentence, "en") for sentence in sentences], questions)


class Space:
    """Where passages lie: seeded, so that a run can be repeated."""

    def __init__(self, size: int) -> None:
        self.random = np.random.default_rng(7)
        spectrum = (np.arange(_DIMENSIONS) + 5.0) ** -0.35
        turn, _ = np.linalg.qr(self.random.normal(size=(_DIMENSIONS, _DIMENSIONS)))
        self.basis = (spectrum[:, None] * turn / np.linalg.norm(spectrum)).astype(np.float32)
        self.topics, self.subjects = self.drawn(max(size // 400, 20)), self.drawn(max(size // 20, 200))

    def drawn(self, count: int) -> Vectors:
        found: Vectors = self.random.standard_normal((count, _DIMENSIONS), np.float32) @ self.basis
        return found

    def passages(self, count: int) -> Vectors:
        subject = self.random.integers(len(self.subjects), size=count)
        found: Vectors = unit(0.55 * self.topics[subject % len(self.topics)] + 0.5 * self.subjects[subject] + 0.67 * self.drawn(count))
        return found

    def question(self, near: Vectors) -> Vectors:
        found: Vectors = unit(near + 1.3 * self.drawn(1))[0]
        return found


def unit(vectors: Vectors) -> Vectors:
    made: Vectors = (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)
    return made


def fill(owner: Owner, org: OrgId, size: int, given: Pool, space: Space) -> Vectors:
    """Loads by COPY, with keys and indexes made afterwards, and returns all vectors (as half floats, which is how they are stored)."""
    rebuild = _laid_bare(owner)
    kept = np.zeros((size, _DIMENSIONS), np.float16)
    for start in range(0, size, _BATCH):
        count = min(_BATCH, size - start)
        vectors = space.passages(count)
        kept[start : start + count] = vectors
        picked = space.random.integers(len(given.sentences), size=(count, _SENTENCES))
        _copied(owner, "articles", ("org_id", "id", "source", "path", "title", "body", "status", "language"), (
            (org, UUID(int=number + 1), "bench", str(number), "Bench", "", "published", "en") for number in range(start, start + count, 5)
        ))
        _copied(owner, "passages", ("org_id", "number", "id", "article_id", "scope", "position", "heading", "text", "sentences"), (
            (org, number + 1, UUID(int=number + 1), UUID(int=number - number % 5 + 1), int(number % 50 == 49), number % 5, "Bench",
             " ".join(said), said)
            for place, number in enumerate(range(start, start + count)) for said in [[given.sentences[one] for one in picked[place]]]
        ))
        _copied(owner, "passage_vectors", ("org_id", "model", "scope", "passage", "vector"), (
            (org, MODEL, int(number % 50 == 49), number + 1, bytes(Halves.of(vectors[number - start]))) for number in range(start, start + count)
        ), ("uuid", "text", "int4", "int8", "bytea"))
        _copied(owner, "sentence_vectors", ("org_id", "passage", "model", "vectors", "words"), (
            (org, number + 1, MODEL, *_parts(vectors[number - start], space)) for number in range(start, start + count)
        ), ("uuid", "int8", "text", "bytea", "bytea"))
        _copied(owner, "postings", ("org_id", "scope", "term", "passage", "weight"), (
            (org, int(number % 50 == 49), term, number + 1, weight)
            for place, number in enumerate(range(start, start + count))
            for term, weight in articles.weights([term for one in picked[place] for term in given.terms[one]]).items()
        ), ("uuid", "int4", "text", "int8", "float4"))
        if start % 100_000 == 0 and start:
            print(f"  {start:,} of {size:,} passages", flush=True)
    for statement in rebuild:
        owner.execute(statement)
    owner.execute("vacuum analyze articles, passages, passage_vectors, sentence_vectors, postings")
    made: Vectors = kept.astype(np.float32)
    return made


def _parts(vector: Vectors, space: Space) -> tuple[bytes, bytes]:
    """What sentences and words are compared by: around the passage's own vector."""
    near = unit(vector + 0.05 * space.random.standard_normal((1 + _SENTENCES, _DIMENSIONS), np.float32))
    words = np.frombuffer(space.random.bytes(_WORDS * _DIMENSIONS // 8), np.uint8)
    ends = [2, *range(2 + (_WORDS - 2) // _SENTENCES, _WORDS + 1, (_WORDS - 2) // _SENTENCES)][: 1 + _SENTENCES]
    return packed(near), signs(np.zeros((0, _DIMENSIONS), np.float32), ends) + words.tobytes()


def _laid_bare(owner: Owner) -> list[str]:
    """Takes keys and indexes off the tables, and returns the statements that put them back. Only ever in a database of the bench's own."""
    rebuild: list[tuple[str, str]] = []
    for table in _TABLES[::-1]:
        for name, kind, stated in owner.execute(
            "select conname, contype::text, pg_get_constraintdef(oid) from pg_constraint where conrelid = %s::regclass and contype in ('p', 'u', 'f') order by contype", (table,),
        ).fetchall():
            owner.execute(f'alter table {table} drop constraint "{name}" cascade')
            rebuild.append(("2" if kind == "f" else "0", f'alter table {table} add constraint "{name}" {stated}{" not valid" if kind == "f" else ""}'))
        for name, stated in owner.execute("select indexname, indexdef from pg_indexes where tablename = %s", (table,)).fetchall():
            owner.execute(f'drop index "{name}"')
            rebuild.append(("1", stated))
    for table in ("articles", *_TABLES):
        owner.execute(f"alter table {table} no force row level security")
    for table in _TABLES[1:]:
        owner.execute(f"alter table {table} set unlogged")  # less to write; it is read the same
    return ["set maintenance_work_mem = '1GB'", *(statement for _, statement in sorted(rebuild, key=lambda one: one[0])), *(
        f"alter table {table} force row level security" for table in ("articles", *_TABLES)
    )]


def _copied(owner: Owner, table: str, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]], types: tuple[str, ...] = ()) -> None:
    """In PostgreSQL's binary form where the types are told: it is made and read in half the time."""
    statement = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns)))
    with owner.cursor() as cursor, cursor.copy(statement + sql.SQL(" (format binary)") if types else statement) as copy:
        if types:
            copy.set_types(types)
        for row in rows:
            copy.write_row(row)


async def measured(store: Store, owner: Owner, near: Near, size: int, given: Pool, space: Space, vectors: Vectors) -> dict[str, float]:
    """Searches as the product makes them, each followed by the plain scan that it is held against where there are few enough, so that both meet the same neighbours.

    Processor time is told too: other work on the same cores changes it less than the clock.
    """
    space.random = np.random.default_rng(11)  # the same questions, whether the passages were made now or by an earlier run
    scanned_too = size <= 100_000 and _plain(owner)
    queries = list(_queries(size, given, space, vectors))
    searched, scanned, spent = [], [], [_spent(store.url)]
    for number, query in enumerate(queries):
        if number == _WARMING:
            spent = [_spent(store.url)]
        began, own = time.perf_counter(), time.process_time()
        async with store.tx(near.org) as tx:
            await search.search(tx, query=query, scopes=[0], near=near)
        searched.append(((time.perf_counter() - began) * 1_000, (time.process_time() - own) * 1_000))
        if scanned_too:
            scanned.append(scan(owner, query))
    spent.append(_spent(store.url))
    seen = np.arange(size) % 50 != 49
    held = [await _recall(store, near, query, vectors, seen) for query in queries]
    clock, scanned, counted = [taken for taken, _ in searched[_WARMING:]], scanned[_WARMING:], len(queries) - _WARMING
    found = {
        "queries": counted, "p50_ms": statistics.median(clock), "p95_ms": statistics.quantiles(clock, n=20)[18], "min_ms": min(clock),
        "product_cpu_ms": statistics.mean(own for _, own in searched[_WARMING:]), "postgres_cpu_ms": (spent[1] - spent[0]) / counted, "recall@10": statistics.mean(held),
    }
    return found | ({"scan_p50_ms": statistics.median(scanned), "scan_min_ms": min(scanned)} if scanned else {})


def _queries(size: int, given: Pool, space: Space, vectors: Vectors) -> Iterator[search.Query]:
    for number in space.random.integers(size, size=_QUERIES):
        yield search.Query(
            terms=terms(given.questions[int(space.random.integers(len(given.questions)))], "en"), vector=space.question(vectors[number]), model=MODEL, size=size,
            words=unit(space.random.standard_normal((10, _DIMENSIONS), np.float32)),
        )


def _spent(url: str) -> float:
    """Milliseconds of processor time that the connections of the store have used so far; the bench's own have a name."""
    with psycopg.connect(url, autocommit=True, application_name="bench") as asking:
        pids = asking.execute("select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and application_name = ''").fetchall()
    return sum(alone(pid) for (pid,) in pids)


async def _recall(store: Store, near: Near, query: search.Query, vectors: Vectors, seen: NDArray[np.bool_]) -> float:
    """How many of the ten nearest that may be seen are among the ten nearest that the search reads."""
    assert query.vector is not None, "the bench makes one"
    cosines = np.where(seen, vectors @ query.vector, -2.0)
    right = set((np.argpartition(-cosines, 10)[:10] + 1).tolist())
    only = search.Query(terms=[], vector=query.vector, model=MODEL, size=query.size)
    async with store.tx(near.org) as tx:
        hits = await search.search(tx, query=only, scopes=[0], limit=24, near=near)
    ten = sorted(hits, key=lambda hit: -hit.scores["passage"])[:10]
    return len(right & {hit.passage.int for hit in ten}) / 10


def _plain(owner: Owner) -> bool:
    """The organisation's vectors in a table of their own, without row-level security or anything else: what a scan can be held against."""
    owner.execute("create temporary table plain (passage bigint, vector halfvec(384))")
    owner.execute("alter table plain alter column vector set storage plain")
    owner.execute("insert into plain select passage, vector from passage_vectors where model = %s", (MODEL,))
    owner.execute("analyze plain")
    return True


def scan(owner: Owner, query: search.Query) -> float:
    """Milliseconds of the simplest statement that finds the nearest passages: every vector compared."""
    assert query.vector is not None, "the bench makes one"
    began = time.perf_counter()
    owner.execute("select passage from plain order by vector <#> %s::halfvec limit 24", (literal(query.vector),), prepare=True).fetchall()
    return (time.perf_counter() - began) * 1_000


async def gone(store: Store, near: Near, size: int, vectors: Vectors) -> float:
    """Seconds from asking for an article's deletion to a search that no longer finds it."""
    async with store.tx(near.org) as tx:  # in a database that is kept, one goes with every run
        row = await (await tx.execute("select min(id::text)::uuid as first from articles where id >= %s", (UUID(int=size // 10 * 5 + 1),))).fetchone()
    article = ArticleId((row or {})["first"])
    number = article.int - 1
    query = search.Query(terms=[], vector=vectors[number], model=MODEL, size=size)
    async with store.tx(near.org) as tx:
        assert article in {hit.article for hit in await search.search(tx, query=query, scopes=[0], near=near)}, "it is found before"
    began = time.perf_counter()
    async with store.tx(near.org) as tx:
        await articles.delete(tx, near.org, article)
    while True:
        async with store.tx(near.org) as tx:
            if article not in {hit.article for hit in await search.search(tx, query=query, scopes=[0], near=near)}:
                return time.perf_counter() - began


def filled(owner: Owner, size: int, given: Pool, space: Space, keep: Path | None) -> tuple[OrgId, Vectors]:
    """The organisation, and the vectors of its passages: made now, or by an earlier run that got to its end."""
    told = keep / "filled.npz" if keep else None
    if told and told.exists():
        earlier = np.load(told)
        org, vectors = OrgId(UUID(str(earlier["org"]))), earlier["vectors"].astype(np.float32)
        owner.execute("select set_config('glassine.org_id', %s, false)", (str(org),))
        return org, vectors
    org = OrgId(new_id())
    owner.execute("select set_config('glassine.org_id', %s, false)", (str(org),))
    owner.execute("insert into organizations (id, name, widget_token) values (%s, 'bench', '')", (org,))
    vectors = fill(owner, org, size, given, space)
    if told:
        np.savez(told, org=str(org), vectors=vectors.astype(np.float16))
    return org, vectors


async def run(url: str, size: int, data: Path, keep: Path | None = None) -> dict[str, float]:
    """In an organisation of `size` passages; the database is the bench's own, and `keep` the folder that holds it if it is kept."""
    given, space = pool(data), Space(size)
    with psycopg.connect(url, autocommit=True, application_name="bench") as owner:
        began = time.perf_counter()
        org, vectors = filled(owner, size, given, space, keep)
        found: dict[str, float] = {"passages": size, "fill_s": time.perf_counter() - began}
        async with Store(url) as store:
            near, began = Nearest().of(org), time.perf_counter()
            async with store.tx(org) as tx:
                known = await near.known(tx, MODEL)
            found["read_s"] = time.perf_counter() - began
            found["held_in_memory_mb"] = known.bytes / 1e6
            print(f"  measuring in {size:,} passages", flush=True)
            found |= await measured(store, owner, near, size, given, space, vectors)
            found["gone_s"] = await gone(store, near, size, vectors)
        for table in _TABLES:
            row = owner.execute("select pg_total_relation_size(%s)", (table,)).fetchone()
            found[f"{table}_mb"] = (row or [0])[0] / 1e6
    return found


def of_size(size: int, data: Path, keep: Path | None = None) -> dict[str, float]:
    """In a database of its own, which the next run finds again where a folder is named."""
    folder = keep / f"{size}-passages" if keep else None
    with kept(folder) if folder else database(None) as url:
        return {name: round(value, 3) for name, value in asyncio.run(run(url, size, data, folder)).items()}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", default="10000", help="numbers of passages, with commas between")
    options.add_argument("--data", type=Path, help="the folder of the public data sets")
    options.add_argument("--keep", type=Path, help="a folder outside the checkout where filled databases stay for the next run")
    chosen = options.parse_args()
    for size in map(int, chosen.sizes.split(",")):
        found = of_size(size, folder(chosen.data), chosen.keep)
        for name, value in found.items():
            print(f"{name:22} {value:>12,}")
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
