"""How well messages meet scenarios by their trigger questions: banking77, three triggers of each of half the intents; the other half must meet none."""

from __future__ import annotations

import argparse
import asyncio
import csv
import sys
from pathlib import Path

import numpy as np

from bench.data import folder
from glassine.edge.embed import Embedder, Vectors
from glassine.rules.scenarios import LIKE

_TRIGGERS, _ASKED = 3, 8  # of each intent


def intents(data: Path) -> dict[str, list[str]]:
    """Messages by what they want."""
    found: dict[str, list[str]] = {}
    with (data / "banking77" / "train.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["category"], []).append(" ".join(row["text"].split()))
    return found


async def _read(embed: Embedder, texts: list[str]) -> Vectors:
    return np.stack([await embed.query(text, "en") for text in texts])


async def measure(data: Path) -> None:
    found, embed = intents(data), Embedder()
    names = sorted(found)
    for title, known, strange in (("chosen on", names[::4], names[1::4]), ("read off", names[2::4], names[3::4])):
        triggers = await _read(embed, [text for name in known for text in found[name][:_TRIGGERS]])
        right = [(number, text) for number, name in enumerate(known) for text in found[name][_TRIGGERS : _TRIGGERS + _ASKED]]
        asked = await _read(embed, [text for _, text in right])
        other = await _read(embed, [text for name in strange for text in found[name][:_ASKED]])
        likeness = (asked @ triggers.T).reshape(len(asked), len(known), _TRIGGERS).max(axis=2)
        best, wanted = likeness.max(axis=1), np.array([number for number, _ in right])
        elsewhere = (other @ triggers.T).max(axis=1)
        for least in sorted({0.5, 0.55, 0.6, 0.65, 0.7, LIKE}):
            top3 = np.array([number in np.argsort(-row)[:3] and row[number] >= least for row, number in zip(likeness, wanted, strict=True)])
            first = (likeness.argmax(axis=1) == wanted) & (best >= least)
            sys.stdout.write(
                f"| {title} | {least:.2f} | {top3.mean():.2f} | {first.mean():.2f} | {((likeness.argmax(axis=1) != wanted) & (best >= least)).mean():.2f} "
                f"| {(elsewhere >= least).mean():.2f} |\n"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="the folder of the public data sets")
    asyncio.run(measure(folder(parser.parse_args().data)))
