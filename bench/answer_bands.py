"""Measures what becomes of questions without a model: quoted, offered as a choice, or handed off: `python -m bench.answer_bands [--sweep]`.

Every corpus is learnt and searched through the product's own functions. `good` questions have their answer in the corpus, `near` ones only look as
if they had, `far` ones belong to other corpora. What is printed is half B of the questions, by hash; thresholds were chosen on half A (`--half A`).
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bench.data import folder
from bench.retrieval import Task, learn, lines, squad2, xquad
from bench.scratch import database
from glassine.config import Settings
from glassine.rules import extract
from glassine.story import finding
from glassine.story.world import World, live
from glassine.words.knowledge import EVERYBODY
from glassine.words.turns import Reason

MOST_OF_A_KIND = 700
KINDS = ("good", "near", "far")


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A task's articles with questions of each kind: (question, name of the right article or '')."""

    task: Task
    questions: dict[str, list[tuple[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One question's fate: confidence in the best passage, whether that passage is right, the outcome, and whether the right article is in it."""

    confidence: float
    right: bool
    outcome: Reason
    offered_right: bool


def far_questions(data: Path) -> list[tuple[str, str]]:
    """Bank customers and people who talk to a phone's assistant: nothing that any of the corpora covers."""
    with (data / "banking77/train.csv").open(encoding="utf-8") as table:
        bank = [row["text"] for row in csv.DictReader(table)]
    parts = json.loads((data / "clinc150/data_train_val.json").read_text(encoding="utf-8"))
    outside = [text for part in parts.values() for text, intent in part if intent == "oos"]
    return [(text, "") for text in [*bank[::25], *outside]]


def squad_corpus(data: Path) -> Corpus:
    unanswerable = [(one["question"], "") for one in lines(data / "squad2/questions_shared.jsonl") if one["unanswerable"]]
    return Corpus(task=squad2(data), questions={"good": squad2(data).questions, "near": unanswerable, "far": far_questions(data)})


def faq_corpus(data: Path) -> Corpus:
    """Answers without their questions, so that nothing can be found by its own words; every fourth is left out, and its question is `near`."""
    with (data / "small_faq_covid/small_faq_covid.csv").open(encoding="utf-8") as table:
        rows = list(enumerate(csv.DictReader(table)))
    kept, left_out = [one for one in rows if one[0] % 4], [one for one in rows if not one[0] % 4]
    task = Task(name="covid faq", articles={str(number): (row["name"] or "FAQ", row["answer"]) for number, row in kept}, questions=[])
    good = [(row["question"], str(number)) for number, row in kept]
    return Corpus(task=task, questions={"good": good, "near": [(row["question"], "") for _, row in left_out], "far": far_questions(data)})


def german_corpus(data: Path, spoken: str) -> Corpus:
    """German questions on German or English articles, of which every fourth is left out; the questions on those are `far`."""
    whole = xquad(data, spoken)
    gone = {name for name in whole.articles if int(name.split("-")[0]) % 4 == 0}
    task = Task(name=whole.name, articles={name: one for name, one in whole.articles.items() if name not in gone}, questions=[], spoken_in_articles=spoken, spoken_in_questions="de")
    good = [one for one in whole.questions if one[1] not in gone]
    return Corpus(task=task, questions={"good": good, "near": [], "far": [(text, "") for text, name in whole.questions if name in gone]})


async def fates(world: World, corpus: Corpus, half: str) -> dict[str, list[Seen]]:
    org, named = await learn(world, corpus.task)
    spoken = corpus.task.spoken_in_questions
    found: dict[str, list[Seen]] = {}
    for kind in KINDS:
        chosen = [one for one in corpus.questions[kind] if "AB"[zlib.crc32(one[0].encode()) % 2] == half]
        for question, right in islice(chosen, MOST_OF_A_KIND):
            hits = await finding.find(world, org, question, viewer=EVERYBODY, language=spoken)
            judged = extract.answer(question, hits, language=spoken)
            articles = [named[hit.article] for hit in hits if str(hit.passage) in judged.used]
            found.setdefault(kind, []).append(Seen(
                confidence=extract.confidence(question, hits[0], spoken) if hits else 0.0, right=bool(hits) and named[hits[0].article] == right,
                outcome=judged.reasons[0], offered_right=right in articles,
            ))
    return found


def report(name: str, found: dict[str, list[Seen]]) -> None:
    for kind, seen in found.items():
        quoted = [one for one in seen if one.outcome is Reason.ANSWERED_FROM_KNOWLEDGE]
        offered = [one for one in seen if one.outcome is Reason.DID_YOU_MEAN]
        good = f"of which right {_share(one.offered_right for one in quoted)}, {_share(one.offered_right for one in offered)}" if kind == "good" else ""
        print(f"{name:11} {kind:4} {len(seen):4}   quoted {len(quoted) / len(seen):.3f}   offered {len(offered) / len(seen):.3f}   {good}")
    for kind in KINDS[1:]:
        if kind in found:
            print(f"{name:11} AUROC good against {kind:4} {_auroc(found['good'], found[kind]):.3f}")


def sweep(found: dict[str, list[Seen]]) -> None:
    for threshold in (value / 100 for value in range(30, 96, 5)):
        over = {kind: [one for one in seen if one.confidence >= threshold] for kind, seen in found.items()}
        shares = "   ".join(f"{kind} {len(over[kind]) / len(found[kind]):.3f}" for kind in found)
        print(f"     {threshold:.2f}   {shares}   right {_share(one.right for one in over['good'])}")


def _share(facts: object) -> str:
    listed = list(facts) if hasattr(facts, "__iter__") else []
    return f"{sum(map(bool, listed)) / max(len(listed), 1):.3f}"


def _auroc(good: Sequence[Seen], others: Sequence[Seen]) -> float:
    pairs = [(one.confidence > other.confidence) + 0.5 * (one.confidence == other.confidence) for one in good for other in others]
    return sum(pairs) / len(pairs)


async def run(url: str, corpora: list[Corpus], half: str, *, swept: bool) -> None:
    with tempfile.TemporaryDirectory() as home:
        async with live(Settings(home=Path(home), database_url=url)) as world:
            for corpus in corpora:
                found = await fates(world, corpus, half)
                report(corpus.task.name, found)
                if swept:
                    sweep(found)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--database", help="address of an empty database with pgvector; without it a server is started")
    options.add_argument("--data", type=Path, help="the folder of the public data sets")
    options.add_argument("--half", choices=("A", "B"), default="B")
    options.add_argument("--sweep", action="store_true", help="print the shares above each threshold too")
    options.add_argument("--only", nargs="*", help="names of corpora, such as squad2 or 'xquad de/en'")
    chosen = options.parse_args()
    data = folder(chosen.data)
    corpora = [squad_corpus(data), faq_corpus(data), german_corpus(data, "de"), german_corpus(data, "en")]
    with database(chosen.database) as url:
        asyncio.run(run(url, [one for one in corpora if not chosen.only or one.task.name in chosen.only], chosen.half, swept=chosen.sweep))


if __name__ == "__main__":
    main()
