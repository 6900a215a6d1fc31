"""Where the public data sets are: at the folder that is named, or beside the checkout. Reads them; changes nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

_BESIDE = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def folder(named: Path | None = None) -> Path:
    """The folder that holds the data sets: the one named, else BENCH_DATA, else ../shared/data as seen from the checkout. Exits with a sentence."""
    place = named or Path(os.environ.get("BENCH_DATA") or _BESIDE)
    if not (place / "tau_trajectories").is_dir():
        raise SystemExit(f"The public data sets are not in {place}. Name their folder, the one that holds tau_trajectories: --data DIR, or BENCH_DATA.")
    return place


def archives(data: Path) -> list[Path]:
    """Three real help centres, 1,083 files."""
    return sorted((data / "kb_markdown").glob("*.tar.gz"), key=lambda path: -path.stat().st_size)


def dialogues(data: Path) -> list[list[str]]:
    """What the customers of 200 airline dialogues said, dialogue by dialogue."""
    return [said for said in map(list, _said(data)) if said]


def _said(data: Path) -> Iterator[Iterator[str]]:
    for path in sorted((data / "tau_trajectories").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            turns = json.loads(line)["turns"]
            yield (turn["content"] for turn in turns if turn["role"] == "user" and turn["content"] and "###STOP###" not in turn["content"])
