"""Measures what becomes of questions without a model, and how well it is told whether there is an answer at all: `python -m bench.answer [--draw]`.

Every corpus is learnt and searched through the product's own functions. `good` questions have their answer in the corpus. The others have not: `near`
ones were written to look as if (squad2's adversarial ones, clapnq's unanswerable ones), those of `gone` lost the passage with their answer,
`foreign` ones belong to other articles, and `far` ones to another world. What is printed is half B of the questions, by hash; the weights in
rules/answerable.py were fitted on half A of squad2 and clapnq, one set for all. `--draw` writes the risk-coverage curves to docs/images.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from bench.curves import draw
from bench.data import folder
from bench.retrieval import Task, clapnq, learn, lines, squad2, xquad
from bench.scratch import database
from bench.table import Figure, show
from glassine.config import Settings
from glassine.rules import extract
from glassine.story.search import finding
from glassine.story.world import World, live
from glassine.words.knowledge import EVERYBODY
from glassine.words.turns import Reason

MOST_OF_A_KIND = 700
IMAGES = Path(__file__).resolve().parent.parent / "docs/images"
BARS: Mapping[tuple[str, str], float] = {("squad2", "near"): 0.65, ("clapnq", "near"): 0.88, ("squad2", "gone"): 0.86, ("squad2", "foreign"): 0.98}
Asked = list[tuple[str, str]]  # a question, and the name of the right article or ''


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A task's articles with questions of some kinds."""

    task: Task
    questions: Mapping[str, Asked]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One question's fate: confidence in the best passage, whether that passage is right, the outcome, and whether the right article is in it."""

    confidence: float
    right: bool
    outcome: Reason
    offered_right: bool


def corpora(data: Path) -> Iterator[Corpus]:
    squad, unanswerable = squad2(data), [(one["question"], "") for one in lines(data / "squad2/questions_shared.jsonl") if one["unanswerable"]]
    far = far_questions(data)
    clap, nearby = clapnq(data), [(one["input"], "") for one in lines(data / "clapnq/dev_unanswerable.jsonl")]
    yield Corpus(task=squad, questions={"good": squad.questions, "near": unanswerable, "far": far, "foreign": [*((question, "") for question, _ in clap.questions), *nearby]})
    for half in (0, 1):  # each half of the paragraphs is taken out once, and the questions on it are asked
        kept = {name: one for name, one in squad.articles.items() if zlib.crc32(name.encode()) % 2 != half}
        yield Corpus(task=replace(squad, articles=kept), questions={"gone": [(question, "") for question, name in squad.questions if name not in kept]})
    yield Corpus(task=clap, questions={"good": clap.questions, "near": nearby, "far": far, "foreign": [(question, "") for question, _ in squad.questions[::4]]})
    yield german_corpus(data, "de")
    yield german_corpus(data, "en")


def far_questions(data: Path) -> Asked:
    """Bank customers and people who talk to a phone's assistant: nothing that any of the corpora covers."""
    with (data / "banking77/train.csv").open(encoding="utf-8") as table:
        bank = [row["text"] for row in csv.DictReader(table)]
    parts = json.loads((data / "clinc150/data_train_val.json").read_text(encoding="utf-8"))
    outside = [text for part in parts.values() for text, intent in part if intent == "oos"]
    return [(text, "") for text in [*bank[::25], *outside]]


def german_corpus(data: Path, spoken: str) -> Corpus:
    """German questions on German or English articles, of which every fourth is left out; the questions on those are `far`."""
    whole = xquad(data, spoken)
    gone = {name for name in whole.articles if int(name.split("-")[0]) % 4 == 0}
    task = replace(whole, articles={name: one for name, one in whole.articles.items() if name not in gone}, questions=[])
    return Corpus(task=task, questions={"good": [one for one in whole.questions if one[1] not in gone], "far": [(text, "") for text, name in whole.questions if name in gone]})


async def fates(world: World, corpus: Corpus, half: str) -> dict[str, list[Seen]]:
    org, named = await learn(world, corpus.task)
    spoken = corpus.task.spoken_in_questions
    found: dict[str, list[Seen]] = {}
    for kind, questions in corpus.questions.items():
        chosen = [one for one in questions if "AB"[zlib.crc32(one[0].encode()) % 2] == half]
        for question, right in islice(chosen, MOST_OF_A_KIND):
            hits = await finding.find(world, org, question, viewer=EVERYBODY, language=spoken)
            judged = extract.answer(question, hits, language=spoken)
            articles = [named[hit.article] for hit in hits if str(hit.passage) in judged.used]
            found.setdefault(kind, []).append(Seen(
                confidence=extract.confidence(question, hits[0], spoken, hits=len(hits)) if hits else 0.0, right=bool(hits) and named[hits[0].article] == right,
                outcome=judged.reasons[0], offered_right=right in articles,
            ))
        print(f"{corpus.task.name}: {len(found[kind])} {kind}", flush=True)
    return found


def figures(by_task: Mapping[str, Mapping[str, Sequence[Seen]]]) -> list[Figure]:
    rows: list[Figure] = []
    for name, found in by_task.items():
        for kind, seen in found.items():
            if kind != "good":
                rows.append(Figure(what=f"{name}: AUROC, good against {kind} ({len(seen)})", value=auroc(found["good"], seen), bar=BARS.get((name, kind)), least=True))
        for kind, seen in found.items():
            quoted = [one for one in seen if one.outcome is Reason.ANSWERED_FROM_KNOWLEDGE]
            rows.append(Figure(what=f"{name}: {kind}, quoted", value=len(quoted) / len(seen), bar=0.05 if kind == "far" else None))
            rows.append(Figure(what=f"{name}: {kind}, offered as a choice", value=sum(one.outcome is Reason.DID_YOU_MEAN for one in seen) / len(seen)))
            if kind == "good":
                rows.append(Figure(what=f"{name}: quoted from the right article", value=sum(one.offered_right for one in quoted) / max(len(quoted), 1)))
    return rows


def auroc(good: Sequence[Seen], others: Sequence[Seen]) -> float:
    pairs = [(one.confidence > other.confidence) + 0.5 * (one.confidence == other.confidence) for one in good for other in others]
    return sum(pairs) / len(pairs)


def curve(found: Mapping[str, Sequence[Seen]]) -> list[tuple[float, float]]:
    """Share of good and near questions that are answered, and the share of those answers that are wrong, as the threshold falls."""
    ordered = sorted([*found["good"], *found["near"]], key=lambda one: -one.confidence)
    points: list[tuple[float, float]] = []
    wrong = 0
    for place, one in enumerate(ordered, 1):
        wrong += not one.right
        points.append((place / len(ordered), wrong / place))
    return points[len(points) // 20 :]  # of the first few, one is a fifth


async def run(url: str, chosen: Sequence[Corpus], half: str) -> dict[str, dict[str, list[Seen]]]:
    found: dict[str, dict[str, list[Seen]]] = {}
    with tempfile.TemporaryDirectory() as home:
        async with live(Settings(home=Path(home), database_url=url)) as world:
            for corpus in chosen:
                for kind, seen in (await fates(world, corpus, half)).items():
                    found.setdefault(corpus.task.name, {}).setdefault(kind, []).extend(seen)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--database", help="address of an empty database with pgvector; without it a server is started")
    options.add_argument("--data", type=Path, help="the folder of the public data sets")
    options.add_argument("--half", choices=("A", "B"), default="B")
    options.add_argument("--draw", action="store_true", help="write the risk-coverage curves to docs/images/risk-coverage.svg")
    options.add_argument("--only", nargs="*", help="names of corpora, such as squad2 or 'xquad de/en'")
    chosen = options.parse_args()
    wanted = [one for one in corpora(folder(chosen.data)) if not chosen.only or one.task.name in chosen.only]
    with database(chosen.database) as url:
        found = asyncio.run(run(url, wanted, chosen.half))
    show(figures(found))
    if chosen.draw:
        draw(IMAGES / "risk-coverage.svg", {name: curve(found[name]) for name in ("squad2", "clapnq") if name in found})


if __name__ == "__main__":
    main()
