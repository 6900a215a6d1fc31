"""Fits the weights of rules/answerable.py again on random halves of squad2's and clapnq's articles, and measures the other halves: `python -m bench.refits [--splits N]`.

bench/answer.py measures the weights that ship on half B, which was in sight when their signs were chosen. Here articles are dealt into halves N times by a hash with another
salt; each half is measured with weights that were fitted on the other, and with those that ship. What is printed is the mean, the spread and the least over 2 N halves.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.answer import BARS, Corpus, corpora
from bench.data import folder
from bench.ranked import auroc
from bench.retrieval import learn
from bench.scratch import database
from glassine.config import Settings
from glassine.rules import answerable
from glassine.story.search import finding
from glassine.story.world import World, live
from glassine.words.knowledge import EVERYBODY

Floats = NDArray[np.float64]
_WEIGHS: Mapping[str, float] = {"near": 2.0, "gone": 1.0, "foreign": 1.0, "far": 0.5}  # of questions without an answer, by kind; all together as much as those with one
_SMALL, _STEPS = 1e-4, 25


class Looked(NamedTuple):
    """One question: its corpus and kind, the article that it belongs to, and the signs of what was found for it."""

    corpus: str
    kind: str
    article: str
    signs: tuple[float, ...]


async def looked(world: World, corpus: Corpus) -> list[Looked]:
    org, named = await learn(world, corpus.task)
    found = []
    for kind, questions in corpus.questions.items():
        for question, right in questions:
            hits = await finding.find(world, org, question, viewer=EVERYBODY, language="en")
            if hits and answerable.measurable(hits[0]):
                signs = answerable.signs(question, hits[0], len(hits))
                article = f"{corpus.task.name} {right or named[hits[0].article]}"
                found.append(Looked(corpus.task.name, kind, article, tuple(signs[name] for name in answerable.WEIGHTS)))
        print(f"{corpus.task.name}: {len(questions)} {kind}", flush=True)
    return found


def fitted(signs: Floats, answered: NDArray[np.bool_], weighs: Floats) -> Floats:
    """The logit of a logistic regression for every question, fitted on those that weigh something (by Newton's method)."""
    spread = signs.std(axis=0)
    rows = np.c_[(signs - signs.mean(axis=0)) / np.where(spread > 0, spread, 1.0), np.ones(len(signs))]
    made = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        likely = 1 / (1 + np.exp(-rows @ made))
        slope = rows.T @ (weighs * (likely - answered)) + _SMALL * made
        bend = (rows * (weighs * likely * (1 - likely))[:, None]).T @ rows + _SMALL * np.eye(len(made))
        made -= np.linalg.solve(bend, slope)
    logit: Floats = rows @ made
    return logit


def weighs(found: list[Looked], chosen: NDArray[np.bool_]) -> Floats:
    """The same for each corpus, however many questions of a kind it has."""
    cells = np.array([f"{one.corpus} {one.kind}" for one in found])
    made = np.zeros(len(found))
    for cell in np.unique(cells):
        inside = chosen & (cells == cell)
        made[inside] = _WEIGHS.get(cell.split()[1], sum(_WEIGHS.values())) / max(inside.sum(), 1)
    weighed: Floats = made / made.sum()
    return weighed


def compare(found: list[Looked], splits: int) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """By corpus and kind, for each half: the AUROC with the weights that ship, and with those fitted on the other half."""
    signs, answered = np.array([one.signs for one in found]), np.array([one.kind == "good" for one in found])
    shipped = signs @ np.array(list(answerable.WEIGHTS.values()))
    corpus, kind = (np.array(each) for each in zip(*((one.corpus, one.kind) for one in found), strict=True))
    made: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for salt in range(splits):
        first = np.array([zlib.crc32(f"{salt}/{one.article}".encode()) % 2 == 0 for one in found])
        for half in (first, ~first):
            again = fitted(signs, answered, weighs(found, ~half))
            for name, other in sorted({(one.corpus, one.kind) for one in found if one.kind != "good"}):
                good, wrong = (half & (corpus == name) & (kind == which) for which in ("good", other))
                made.setdefault((name, other), []).append((auroc(shipped[good], shipped[wrong]), auroc(again[good], again[wrong])))
    return made


async def gather(url: str, data: Path) -> list[Looked]:
    with tempfile.TemporaryDirectory() as home:
        async with live(Settings(home=Path(home), database_url=url)) as world:
            return [one for corpus in corpora(data) if corpus.task.name in ("squad2", "clapnq") for one in await looked(world, corpus)]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, help="the folder of the public data sets")
    options.add_argument("--splits", type=int, default=20)
    chosen = options.parse_args()
    with database(None) as url:
        found = asyncio.run(gather(url, folder(chosen.data)))
    print("\n| AUROC, good questions against | bar | as shipped: mean, spread, least | fitted on the other half |\n| --- | --- | --- | --- |")
    for (name, kind), pairs in compare(found, chosen.splits).items():
        told = [f"{np.mean(each):.3f} ± {np.std(each):.3f}, {min(each):.3f}" for each in zip(*pairs, strict=True)]
        print(f"| {name}, {kind} | {BARS.get((name, kind), '')} | {told[0]} | {told[1]} |")


if __name__ == "__main__":
    main()
