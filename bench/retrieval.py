"""Measures how well search finds, through the product's own functions and PostgreSQL: `python -m bench.retrieval [--database URL] [--only squad2 …]`.

Each corpus becomes the articles of an organisation of its own, and each question is asked once with everything on and once by words alone (BM25).
A question counts by the article that holds its answer: hit@1, recall@10 (R@10) and nDCG@10, where one article is right. Weights were fitted on
half A of squad2 (by a hash of the question), so half B stands beside the whole.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import math
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bench import indexing, search_speed
from bench.data import folder
from bench.scratch import database
from bench.table import Figure
from glassine.config import Settings
from glassine.rules.passages import terms
from glassine.store import search, visibility
from glassine.story import house
from glassine.story.knowledge import learning
from glassine.story.search import finding
from glassine.story.world import World, live
from glassine.words.house import OrgSettings
from glassine.words.ids import ArticleId, OrgId
from glassine.words.knowledge import EVERYBODY, Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`articles` by name: (title, text); `questions`: (question, name of the right article)."""

    name: str
    articles: dict[str, tuple[str, str]]
    questions: list[tuple[str, str]]
    spoken_in_articles: str = "en"
    spoken_in_questions: str = "en"


def lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def squad2(data: Path) -> Task:
    """Answerable questions, all paragraphs as the corpus."""
    return Task(
        name="squad2",
        articles={one["id"]: (one["title"], one["text"]) for one in lines(data / "squad2/docs_shared.jsonl")},
        questions=[(one["question"], one["gold_doc"]) for one in lines(data / "squad2/questions_shared.jsonl") if not one["unanswerable"]],
    )


def clapnq(data: Path) -> Task:
    """Answerable questions; the passages of the unanswerable ones are in the corpus too."""
    answerable, others = list(lines(data / "clapnq/dev_answerable.jsonl")), list(lines(data / "clapnq/dev_unanswerable.jsonl"))
    passages = {one["id"]: one["passages"][0] for one in (*answerable, *others)}
    return Task(
        name="clapnq",
        articles={passage["text"]: (passage["title"], passage["text"]) for passage in passages.values()},  # several questions share a passage
        questions=[(one["input"], passages[one["id"]]["text"]) for one in answerable],
    )


def xquad(data: Path, spoken: str) -> Task:
    """German questions on German paragraphs, or on the same paragraphs in English."""
    return Task(
        name=f"xquad de/{spoken}",
        articles={one["id"]: ("", one["text"]) for one in lines(data / f"xquad/{spoken}.docs.jsonl")},
        questions=[(one["question"], one["gold_doc"]) for one in lines(data / "xquad/de.questions.jsonl")],
        spoken_in_articles=spoken, spoken_in_questions="de",
    )


async def learn(world: World, task: Task) -> tuple[OrgId, dict[ArticleId, str]]:
    """An organisation that knows the task's articles, and which is which."""
    languages = tuple(dict.fromkeys((task.spoken_in_articles, task.spoken_in_questions)))
    founded = await house.found(world, task.name, f"bench-{time.time_ns()}@example.com", "Bench", OrgSettings(languages=languages))
    org, named, waiting = founded.organization, {}, iter(task.articles.items())

    async def worker() -> None:
        for name, (title, text) in waiting:
            saved = await learning.save(world, org, title=title or name, body=text, language=task.spoken_in_articles)
            await learning.publish(world, org, saved.id)
            named[saved.id] = name

    await asyncio.gather(worker(), worker())
    return org, named


async def by_words(world: World, org: OrgId, question: str, language: str) -> list[Hit]:
    async with world.store.tx(org) as tx:
        query = search.Query(terms=terms(question, language), vector=None, model="")
        return await search.search(tx, query=query, scopes=visibility.EVERYBODY, limit=20)


async def measure(world: World, task: Task) -> list[dict[str, Any]]:
    began = time.perf_counter()
    org, named = await learn(world, task)
    learned = time.perf_counter() - began
    ranks: dict[str, list[int]] = {"all": [], "BM25": []}
    for question, right in task.questions:
        everything = await finding.find(world, org, question, viewer=EVERYBODY, language=task.spoken_in_questions, limit=20)
        for method, hits in (("all", everything), ("BM25", await by_words(world, org, question, task.spoken_in_questions))):
            ranked = list(dict.fromkeys(named[hit.article] for hit in hits))
            ranks[method].append(ranked.index(right) + 1 if right in ranked else 0)
    halves = [in_half_b(question) for question, _ in task.questions]
    return [
        {
            "task": task.name, "method": method, "questions": len(found), "learned_s": round(learned, 1), **scores(found),
            "half_b": scores([rank for rank, b in zip(found, halves, strict=True) if b]),
        }
        for method, found in ranks.items()
    ]


def in_half_b(question: str) -> bool:
    return hashlib.sha256(question.encode()).digest()[0] % 2 == 1


def scores(ranks: list[int]) -> dict[str, float]:
    """From the rank of the right article for each question; 0 is not found."""
    return {
        "hit@1": round(sum(rank == 1 for rank in ranks) / len(ranks), 4),
        "R@10": round(sum(0 < rank <= 10 for rank in ranks) / len(ranks), 4),
        "nDCG@10": round(sum(1 / math.log2(rank + 1) for rank in ranks if 0 < rank <= 10) / len(ranks), 4),
    }


async def run(url: str, tasks: list[Task]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as home:
        async with live(Settings(home=Path(home), database_url=url)) as world:
            for task in tasks:
                for row in await measure(world, task):
                    told = "   ".join(f"{name} {row[name]:.3f} (half B {row['half_b'][name]:.3f})" for name in ("hit@1", "R@10", "nDCG@10"))
                    print(f"{row['task']:12} {row['method']:5} {row['questions']:6} questions   {told}", flush=True)
                    found.append(row)
    return found


BARS: Mapping[str, Mapping[str, float]] = MappingProxyType({
    "squad2": {"hit@1": 0.85, "R@10": 0.98}, "clapnq": {"nDCG@10": 0.985}, "xquad de/de": {"hit@1": 0.95}, "xquad de/en": {"hit@1": 0.89},
})


def figures(data: Path, *, sizes: Sequence[int] = (), short: bool = False) -> list[Figure]:
    """Every row of the table in docs/search.md. `sizes` also searches in so many generated passages; a million take a quarter of an hour to make."""
    found: list[Figure] = []
    tasks = [squad2(data), clapnq(data), xquad(data, "de"), xquad(data, "en")]
    with database(None) as url:
        rows = asyncio.run(run(url, tasks[:1] if short else tasks))
    for row in rows:
        for name, value in row.items():
            if name in ("hit@1", "R@10", "nDCG@10"):
                bar = BARS[row["task"]].get(name) if row["method"] == "all" else None
                found.append(Figure(what=f"{row['task']}, {row['method']}, {name} (half B {row['half_b'][name]:.3f})", value=value, bar=bar, least=True))
    if not short:
        found += indexing.indexed(data)
    for size in sizes:
        found += speed_of(size, data)
    return found


def speed_of(size: int, data: Path) -> list[Figure]:
    """Search without the question's encoding in an organisation of `size` generated passages."""
    found = search_speed.of_size(size, data)
    print(json.dumps(found), flush=True)
    scan, of = found.get("scan_p50_ms"), f"in {size:,} passages"
    rows = [Figure(what=f"floor: plain scan of {size:,} vectors, p50", value=scan, best=found["scan_min_ms"], unit="ms")] if scan else []
    bar = search_speed.BARS.get(size)
    stated = bar / search_speed.REFERENCE / (size / 10_000) if bar and scan else None
    return [
        *rows, Figure(what=f"search {of}, p50", value=found["p50_ms"], best=found["min_ms"], unit="ms", ratio=found["p50_ms"] / scan if scan else None),
        Figure(what=f"search {of}, p95", value=found["p95_ms"], unit="ms", bar=bar, ratio=found["p95_ms"] / scan if scan else None, ratio_bar=stated),
        Figure(what=f"recall@10 of the vector part {of}", value=found["recall@10"], bar=0.95, least=True),
        Figure(what=f"deleted and no longer found {of}", value=found["gone_s"], unit="s", bar=5),
        Figure(what=f"on disk {of}", value=sum(value for name, value in found.items() if name.endswith("s_mb")), unit="MB"),
        Figure(what=f"read into memory at the first search {of}", value=found["read_s"], unit="s"), Figure(what=f"held in memory {of}", value=found["held_in_memory_mb"], unit="MB"),
    ]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--database", help="address of an empty database with pgvector; without it a server is started")
    options.add_argument("--data", type=Path, help="the folder of the public data sets")
    options.add_argument("--only", nargs="*", help="names of tasks, such as squad2 or 'xquad de/en'")
    chosen = options.parse_args()
    data = folder(chosen.data)
    tasks = [squad2(data), clapnq(data), xquad(data, "de"), xquad(data, "en")]
    with database(chosen.database) as url:
        print(json.dumps(asyncio.run(run(url, [task for task in tasks if not chosen.only or task.name in chosen.only]))))


if __name__ == "__main__":
    main()
