"""Measures how long the real help centres take to be brought in by `glassine import`, each killed -9 once on the way: `python -m bench.indexing [--data DIR]`.

The time is that of whole commands, from a home that holds nothing: the database is made in it, the models are loaded by each process, and what the killed
one had not finished is done again.
"""

from __future__ import annotations

import argparse
import re
import resource
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from bench.data import archives, folder
from bench.product import GLASSINE, environment, scratch_home
from bench.table import Figure, show

_KILLED_AT = 50  # files that the command has told of
_TOLD = re.compile(r"… (\d+) files")
_COUNTED = re.compile(r"(\d+) (added|changed|unchanged|skipped|failed|removed)\b")
_NONE: Mapping[str, str] = MappingProxyType({})


def indexed(data: Path) -> list[Figure]:
    """All three help centres, one after the other, in one organisation. The last command of each finds everything as it was, and is not timed."""
    files: Counter[str] = Counter()
    kept, lines, seconds, spent = 0, 0, 0.0, 0.0
    with scratch_home() as home:
        for archive in archives(data):
            began, before = time.perf_counter(), _spent()
            told, _ = imported(home, archive, killed_at=_KILLED_AT)
            more, counts = imported(home, archive)
            seconds, spent, lines = seconds + time.perf_counter() - began, spent + _spent() - before, lines + told + more
            _, after = imported(home, archive)
            assert not after["added"] + after["changed"] + after["removed"], f"something of {archive.name} was missing: {after}"
            kept, files = kept + after.total() - counts.total() + counts["unchanged"], files + after
            print(f"{archive.name}: after the kill {dict(counts)}, then {dict(after)}", flush=True)
    return [
        Figure(what=f"index the real help centres, {files.total():,} files", value=seconds, unit="s", bar=120),
        Figure(what="processor time of the commands", value=spent, unit="s"),
        Figure(what="commands killed -9 on the way", value=len(archives(data))),
        Figure(what="files that were not indexed again after that", value=kept),
        Figure(what="files that failed", value=files["failed"]),
        Figure(what="lines of progress", value=lines),
    ]


def _spent() -> float:
    """Seconds of processor time that the commands so far have used."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def imported(home: Path, archive: Path, killed_at: int | None = None) -> tuple[int, Counter[str]]:
    """One command, to its end or until it has told of so many files; how often it told how far it was, and what became of the files."""
    process = subprocess.Popen([*GLASSINE, "import", str(archive), "--home", str(home)], env=environment(_NONE), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told, last = 0, ""
    for line in process.stdout:
        last = line
        if (how_far := _TOLD.match(line)) is None:
            continue
        told += 1
        print(f"  {archive.name}: {line.strip()}", flush=True)
        if killed_at and int(how_far[1]) >= killed_at:
            process.kill()
            break
    process.wait()
    if killed_at is None and process.returncode not in (0, 1):  # 1: a file failed, and is counted
        raise SystemExit(f"glassine import {archive.name} ended with {process.returncode}: {last}")
    return told, Counter({outcome: int(count) for count, outcome in _COUNTED.findall(last)})


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, help="the folder of the public data sets")
    show(indexed(folder(options.parse_args().data)))


if __name__ == "__main__":
    main()
