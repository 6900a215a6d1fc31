"""Measures what the whole process tree holds at rest with all models loaded: proportional set size, so that shared pages count once. Linux only."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

from bench import load, product
from bench.table import Figure

_ENGLISH, _GERMAN = "How do I read what the AI saw? My name is Mia Li.", "Wie übernehme ich ein Gespräch von der KI? Ich heiße Jörg Müller."
_REST = 8  # seconds


def tree(pid: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield pid
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text().split():
            yield from tree(int(child))


def held(pid: int) -> float:
    """Megabytes (10⁶ bytes) of one process."""
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert found, "Linux 4.14 and newer tell it"
    return int(found[1]) * 1024 / 1e6


def named(pid: int) -> str:
    """Which part of the product a process is."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
    return "postgres" if "postgres" in words.partition(" ")[0] else "supervisor" if " up " in words else "product"


async def at_rest() -> list[Figure]:
    """A fresh home in two languages, one question in each, then quiet."""
    with product.scratch_home() as home, product.up(home, {"GLASSINE_LANGUAGES": "en,de"}) as running:
        line = load.Line(running.api_base, running.api_key)
        for text in (_ENGLISH, _GERMAN):
            status, _ = await line.ask("POST", f"/chat/sessions/{await load.open_session(line)}/send", load.message(text, ""))
            assert status == 200
        line.close()
        await asyncio.sleep(_REST)
        found: dict[str, float] = {}
        for pid in tree(running.pid):
            found[named(pid)] = found.get(named(pid), 0.0) + held(pid)
    parts = [Figure(what=f"memory of the {name}, PSS", value=megabytes, unit="MB") for name, megabytes in sorted(found.items())]
    return [*parts, Figure(what="memory at rest with all models loaded, PSS", value=sum(found.values()), unit="MB", bar=450)]
