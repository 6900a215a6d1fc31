"""Measures search alone, without the query's encoding, in one organisation of 10,000 generated passages: `python -m bench.search_speed`.

The bench makes an organisation of its own and removes it at the end. Words follow Zipf's law over the vocabulary
of squad2's paragraphs, four sentences a passage (520 characters; three real help centres have 300 to 490); vectors are random but clustered, because
timing does not depend on what they mean.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from bench.data import folder
from bench.scratch import database
from glassine.rules.passages import chunks, terms
from glassine.store import Store, articles, search
from glassine.store.vectors import literal
from glassine.words.ids import OrgId, new_id
from glassine.words.knowledge import Audience

Owner = psycopg.Connection[tuple[Any, ...]]
MODEL = "bench"
REFERENCE = 2.5  # milliseconds of the plain scan of 10,000 passages where the bar of 15 ms was set


async def fill(store: Store, org: OrgId, passages: int, sentences: list[str], random: np.random.Generator) -> None:
    """Articles of five passages each, published through the store's own functions."""
    centres = random.normal(size=(200, 384)).astype(np.float32)
    made = 0
    while made < passages:
        async with store.tx(org) as tx:
            for _ in range(20):
                body = "\n\n".join(f"## Part {part}\n\n{' '.join(random.choice(sentences, 4))}" for part in range(5))
                article = await articles.insert(
                    tx, org, source="bench", path=str(new_id()), title="Bench", body="", audience=Audience.PUBLIC if random.random() < .8 else Audience.INTERNAL,
                    language="en", url=None,
                )
                ready = []
                for chunk in chunks("Bench", body, "en"):
                    vectors = centres[random.integers(200)] + random.normal(size=(2 + len(chunk.sentences), 384)).astype(np.float32)
                    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
                    ready.append(articles.Passage(
                        chunk=chunk, terms=terms(f"{chunk.heading}\n{chunk.text}", "en"), vectors={MODEL: vectors[0]}, sentences={MODEL: vectors[1:]},
                    ))
                await articles.publish(tx, org, article, ready)
                made += len(ready)


async def measure(store: Store, org: OrgId, questions: list[str], random: np.random.Generator, plain: Owner) -> dict[str, float]:
    """Searches, each followed by the plain scan that it is held against, so that both meet the same neighbours."""
    searched, scanned = [], []
    for question in questions:
        vector = random.normal(size=384).astype(np.float32)
        query = search.Query(terms=terms(question, "en"), vector=vector / np.float32(np.linalg.norm(vector)), model=MODEL)
        began = time.perf_counter()
        async with store.tx(org) as tx:
            await search.search(tx, query=query, scopes=(0, 1))
        searched.append((time.perf_counter() - began) * 1000)
        scanned.append(scan(plain, query))
    searched, scanned = searched[20:], scanned[20:]  # the first ones warm the caches
    return {
        "queries": len(searched), "p50_ms": statistics.median(searched), "p95_ms": statistics.quantiles(searched, n=20)[18], "min_ms": min(searched),
        "scan_p50_ms": statistics.median(scanned), "scan_min_ms": min(scanned),
    }


def copied(owner: Owner) -> None:
    """The organisation's vectors in a table of their own, without row-level security or anything else: what a scan can be held against."""
    owner.execute("create temporary table plain (passage bigint, vector halfvec(384))")
    owner.execute("alter table plain alter column vector set storage plain")
    owner.execute("insert into plain select passage, vector from passage_vectors where model = %s", (MODEL,))
    owner.execute("analyze plain")


def scan(owner: Owner, query: search.Query) -> float:
    """Milliseconds of the simplest statement that finds the nearest passages: every vector compared."""
    assert query.vector is not None, "the bench makes one"
    began = time.perf_counter()
    owner.execute("select passage from plain order by vector <#> %s::halfvec limit 24", (literal(query.vector),), prepare=True).fetchall()
    return (time.perf_counter() - began) * 1000


async def run(url: str, passages: int, keep: bool, data: Path) -> dict[str, float]:
    random = np.random.default_rng(7)
    paragraphs = [json.loads(line)["text"] for line in (data / "squad2" / "docs_shared.jsonl").read_text().splitlines()]
    questions = [json.loads(line)["question"] for line in (data / "squad2" / "questions_shared.jsonl").read_text().splitlines()]
    sentences = [sentence for text in paragraphs for chunk in chunks("", text, "en") for sentence in chunk.sentences]
    org = OrgId(new_id())
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("select set_config('glassine.org_id', %s, false)", (str(org),))
        owner.execute("insert into organizations (id, name, widget_token) values (%s, 'bench', '')", (org,))
        try:
            async with Store(url) as store:
                began = time.perf_counter()
                await fill(store, org, passages, sentences, random)
                filled = time.perf_counter() - began
                owner.execute("vacuum analyze passages, passage_vectors, sentence_vectors, postings")
                copied(owner)
                found = await measure(store, org, [str(one) for one in random.choice(questions, 320)], random, owner)
            sizes = {table: owner.execute("select pg_total_relation_size(%s)", (table,)).fetchone() for table in ("passages", "passage_vectors", "sentence_vectors", "postings")}
        finally:
            if not keep:
                owner.execute("delete from organizations where id = %s", (org,))
    return {"passages": passages, "fill_s": filled, **found, **{f"{table}_mb": (size or [0])[0] / 1e6 for table, size in sizes.items()}}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--database", help="address of an empty database with pgvector; without it a server is started")
    options.add_argument("--passages", type=int, default=10_000)
    options.add_argument("--keep", action="store_true", help="leave the organisation in the database")
    options.add_argument("--data", type=Path, help="the folder of the public data sets")
    chosen = options.parse_args()
    with database(chosen.database) as url:
        figures = {name: round(value, 2) for name, value in asyncio.run(run(url, chosen.passages, chosen.keep, folder(chosen.data))).items()}
    for name, value in figures.items():
        print(f"{name:22} {value:>10}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
