"""Measures what this machine needs for the least that a turn can do, the two models bare, so that a bar can be read as a multiple of it: `python -m bench.floor`.

The bars in milliseconds were set on a machine whose floor was REFERENCE. Nothing of the product runs here but the models' files.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from tokenizers import Tokenizer

from bench import data
from bench.table import Figure, median, quantile
from glassine.edge import models, threads

REFERENCE = 6.9  # milliseconds: 3.2 of the names model and 3.7 of the embedding, where the bars of 25 and 60 ms and 60 turns a second were set
_TEXTS = 60
_LONGEST = 480  # characters
_MARKS: Mapping[str, tuple[int, int]] = MappingProxyType({"names": (2, 3), "minilm": (101, 102)})  # the tokens before and after a text


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """Milliseconds, each the median over the same customers' texts: the models, and interpreted Python adding up to a million."""

    names: float
    embedding: float
    python: float

    @property
    def models(self) -> float:
        return self.names + self.embedding

    def figures(self) -> list[Figure]:
        return [
            Figure(what="floor: names model, bare, p50", value=self.names, unit="ms"), Figure(what="floor: embedding, bare, p50", value=self.embedding, unit="ms"),
            Figure(what=f"floor: both (where the bars were set: {REFERENCE})", value=self.models, unit="ms"),
            Figure(what="interpreted Python, adding up to a million", value=self.python, unit="ms"),
        ]


def over(floors: Sequence[Floor]) -> Floor:
    """The median of several, taken between the rounds that they are held against."""
    return Floor(
        names=median([one.names for one in floors]), embedding=median([one.embedding for one in floors]), python=median([one.python for one in floors]),
    )


async def apart(folder: Path) -> Floor:
    """Measured in a process of its own, on the same cores and with the same priority as the rest of the run."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.floor", str(folder), stdout=asyncio.subprocess.PIPE)
    answer, _ = await process.communicate()
    if process.returncode:
        raise SystemExit("The floor could not be measured; the reasons stand above.")
    return Floor(**json.loads(answer))


def measured(folder: Path) -> Floor:
    texts = [text[:_LONGEST] for dialogue in data.dialogues(folder) for text in dialogue][:_TEXTS]
    return Floor(names=_p50(_model("names"), texts), embedding=_p50(_model("minilm"), texts), python=_p50(_added, [""] * 5))


def _model(name: str) -> Callable[[str], object]:
    """A model as the product opens it, from text to numbers."""
    tokenizer = Tokenizer.from_file(str(models.path(f"{name}_tokenizer.json")))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    session = threads.session(models.path(f"{name}_int8.onnx"))
    first, last = _MARKS[name]

    def run(text: str) -> object:
        ids = np.array([[first, *tokenizer.encode(text, add_special_tokens=False).ids, last]], np.int64)
        return session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)})

    return run


def _added(_: str) -> int:
    total = 0
    for number in range(1_000_000):
        total += number
    return total


def _p50(work: Callable[[str], object], texts: Sequence[str]) -> float:
    """The first ones warm the caches and do not count."""
    taken = []
    for text in [*texts[:5], *texts]:
        began = time.perf_counter()
        work(text)
        taken.append((time.perf_counter() - began) * 1_000)
    return quantile(taken[5:], 0.5)


def main() -> None:
    found = measured(data.folder(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
    print(json.dumps({"names": found.names, "embedding": found.embedding, "python": found.python}))


if __name__ == "__main__":
    main()
