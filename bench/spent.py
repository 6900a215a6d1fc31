"""Processor time of a running product and its database, which neighbours on the same cores distort less than the clock. Linux only; changes nothing."""

from __future__ import annotations

import os
from pathlib import Path

from bench.memory import named, tree

_TICK = 1_000 / os.sysconf("SC_CLK_TCK")  # milliseconds


def spent(pid: int) -> dict[str, float]:
    """Milliseconds since each process began, by its short name, those that ended included where their parent has waited for them."""
    found: dict[str, float] = {}
    for each in tree(pid):
        user, system, users, systems = _ticks(each)
        name = named(each)
        found[name] = found.get(name, 0.0) + (user + system + (users + systems if name != "supervisor" else 0)) * _TICK
    return found


def alone(pid: int) -> float:
    """Milliseconds that one process has used, without those that it started."""
    return sum(_ticks(pid)[:2]) * _TICK


def _ticks(pid: int) -> list[int]:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [int(field) for field in fields[11:15]]


def between(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {name: value - before.get(name, 0.0) for name, value in after.items()}
