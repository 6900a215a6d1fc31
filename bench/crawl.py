"""Measures the crawler on a site on this machine: `python -m bench.crawl [--pages N]` prints pages a second, processor time a page, and memory.

The pages are articles of real help centres in the frame of a docs generator, over and over under another name, behind one index. Nothing is embedded:
what an article costs after it was read stands in docs/performance.md. The server is another process. No pause is kept, so that the crawler alone is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt

from bench.extraction import FRAMES, articles, filled
from glassine.connect.website import Website
from glassine.edge.addresses import places
from glassine.edge.gate import Gate
from glassine.edge.links import GateLink
from glassine.words.ids import OrgId, new_id
from glassine.words.sources import Asked, Checkpoint, Complete, Item, Unchanged

_SYLLABLES = ("ash", "birch", "cedar", "elm", "fir", "hazel", "larch", "maple", "oak", "pine")


@dataclass(slots=True)
class Course:
    """What a run told."""

    seconds: float = 0.0
    spent: float = 0.0
    markers: dict[str, str] = field(default_factory=dict)
    unchanged: int = 0
    longest_cursor: int = 0
    complete: Complete | None = None


def name(number: int) -> str:
    """A name in words: pages that differ in numbers only are taken for a calendar's, and rightly."""
    return "-".join(_SYLLABLES[int(digit)] for digit in str(number))


def write(folder: Path, count: int) -> None:
    render = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).render
    bodies = [render(source) for source in articles(100)]
    for number in range(count):
        links = "".join(f'<li><a href="/{name((number * 7 + step) % count)}.html">On to another page</a></li>' for step in range(1, 9))
        body = f"<h1>All about {name(number)}</h1>{bodies[number % len(bodies)]}<ul>{links}</ul>"
        (folder / f"{name(number)}.html").write_text(f"<!doctype html><html lang=en><head><title>{name(number)} | Acme</title></head>{filled(FRAMES['docs generator'], body)}</html>", encoding="utf-8")
    index = "".join(f'<a href="/{name(number)}.html">{name(number)}</a> ' for number in range(0, count, 10))
    (folder / "index.html").write_text(f"<html><body><h1>Index</h1><p>{'All that there is. ' * 30}</p>{index}</body></html>", encoding="utf-8")


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(folder), "--protocol", "HTTP/1.1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(200):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
                    break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


async def crawl(url: str, limit: int, asked: Asked) -> Course:
    async def at_once(_: float) -> None:
        """No pause is kept."""

    website, settings = Website(wait=at_once), {"start": url, "limit": str(limit)}
    gate, course = Gate(allowed_private=places([url])), Course()
    link = GateLink(gate=gate, org=OrgId(new_id()), settings=settings, hosts=website.hosts(settings), gap=0.0, wait=at_once)
    began, spent = time.monotonic(), time.process_time()
    async for told in website.read(link, asked):
        if isinstance(told, Item):
            course.markers[told.path] = told.marker
        elif isinstance(told, Unchanged):
            course.unchanged += 1
        elif isinstance(told, Checkpoint):
            course.longest_cursor = max(course.longest_cursor, len(str(told.cursor)))
        elif isinstance(told, Complete):
            course.complete = told
    course.seconds, course.spent = time.monotonic() - began, time.process_time() - spent
    await gate.aclose()
    return course


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pages", type=int, default=2_000)
    count = parser.parse_args().pages
    with tempfile.TemporaryDirectory() as place:
        write(Path(place), count)
        size = sum(path.stat().st_size for path in Path(place).iterdir())
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
        with served(Path(place)) as url:
            first = asyncio.run(crawl(url, count + 10, Asked()))
            after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
            assert first.complete is not None, "a run ends with its last word"
            second = asyncio.run(crawl(url, count + 10, Asked(since=first.complete.marker, markers=first.markers)))
    print(f"{count:,} pages, {size / 1_000_000:.0f} MB of HTML\n\n| run | pages read | unchanged | s | pages a second | processor ms a page | memory more than before, MB | longest cursor, kB |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for run, course, memory in (("first", first, f"{after - before:.0f}"), ("second, nothing changed", second, "–")):
        pages = len(course.markers) + course.unchanged
        print(f"| {run} | {len(course.markers):,} | {course.unchanged:,} | {course.seconds:.0f} | {pages / course.seconds:.0f} | {course.spent * 1000 / pages:.1f} | {memory} | {course.longest_cursor / 1000:.0f} |")


if __name__ == "__main__":
    main()
