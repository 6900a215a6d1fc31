"""Measures how well questions are gathered by what they mean: `python -m bench.gaps`. banking77's questions come one by one, in the order of their hashes.

Half A (by hash) is what the threshold was chosen on; half B is what counts. Printed are the adjusted Rand index against the 77 intents, how much of a gap
is of one intent (purity), how much of an intent stands in one gap (gathered), and what placing one question costs.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.data import folder
from glassine.edge.embed import Embedder
from glassine.rules import gaps
from glassine.rules.gaps import Vectors


def halves(data: Path) -> dict[str, list[tuple[str, str]]]:
    """Questions with their intents, each half in the order of the hashes."""
    with (data / "banking77/train.csv").open(encoding="utf-8", newline="") as file:
        found = sorted(((row["text"], row["category"]) for row in csv.DictReader(file)), key=lambda one: hashlib.sha256(one[0].encode()).digest())
    odd = [hashlib.sha256(text.encode()).digest()[0] % 2 == 1 for text, _ in found]
    return {"A": [one for one, b in zip(found, odd, strict=True) if not b], "B": [one for one, b in zip(found, odd, strict=True) if b]}


def gathered(vectors: Vectors, near: float) -> list[int]:
    """The gap of each question, placed as the product places them."""
    centres, weights, places = np.zeros_like(vectors), list[int](), list[int]()
    for vector in vectors:
        found = gaps.nearest(vector, centres[: len(weights)])
        if found is None or found[1] < near:
            centres[len(weights)] = vector
            places.append(len(weights))
            weights.append(1)
        else:
            at = found[0]
            centres[at] = gaps.moved(centres[at], weights[at], vector)
            weights[at] += 1
            places.append(at)
    return places


def figures(places: Sequence[int], intents: Sequence[str]) -> dict[str, float]:
    _, a = np.unique(np.array(places), return_inverse=True)
    _, b = np.unique(np.array(intents), return_inverse=True)
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)

    def pairs(counts: Any) -> float:
        return float((counts * (counts - 1) / 2).sum())

    both, ours, theirs, everything = pairs(table), pairs(table.sum(1)), pairs(table.sum(0)), len(places) * (len(places) - 1) / 2
    expected = ours * theirs / everything
    return {
        "gaps": float(len(table)), "rand": round((both - expected) / ((ours + theirs) / 2 - expected), 3), "purity": round(float(table.max(1).sum() / len(places)), 3),
        "gathered": round(float(table.max(0).sum() / len(places)), 3),
    }


async def run(data: Path, *, sweep: bool, most: int | None = None) -> list[dict[str, Any]]:
    embed, rows = Embedder(), []
    for half, found in halves(data).items():
        if half == "A" and not sweep:
            continue
        questions = found[:most]
        vectors = np.array([await embed.query(text, "en") for text, _ in questions], np.float32)
        for near in (0.55, 0.6, 0.65, 0.7, 0.75) if sweep else (gaps.NEAR,):
            began = time.process_time()
            places = gathered(vectors, near)
            spent = (time.process_time() - began) / len(places) * 1e6
            rows.append({"half": half, "near": near, "questions": len(places), **figures(places, [intent for _, intent in questions]), "us_each": round(spent, 1)})
            print("  ".join(f"{name} {value}" for name, value in rows[-1].items()), flush=True)
    return rows


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, help="the folder of the public data sets")
    options.add_argument("--sweep", action="store_true", help="both halves, with several thresholds")
    options.add_argument("--most", type=int, help="questions of a half")
    chosen = options.parse_args()
    print(json.dumps(asyncio.run(run(folder(chosen.data), sweep=chosen.sweep, most=chosen.most))))


if __name__ == "__main__":
    main()
