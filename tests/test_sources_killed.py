"""A source is read by a worker that is killed -9 in the middle: another process takes the run up where it was. These are the product's own processes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from glassine import config
from glassine.config import Settings
from glassine.story.search import finding
from glassine.story.sources import connecting, tending
from glassine.story.sources.connecting import Options
from glassine.story.world import World
from glassine.words.ids import new_id
from glassine.words.knowledge import EVERYBODY
from glassine.words.sources import RunOutcome
from glassine.words.syncing import Run
from tests.shop import Shop, founded_shop

_FILES = 120  # two checkpoints of fifty, and more
_LONG = 180  # seconds to wait for something on a busy machine; nothing here measures


@contextmanager
def working(settings: Settings, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`glassine work`, which may read this folder. Killed in the end, if it was not before."""
    environment = config.environment(replace(settings, content_roots=(str(folder),))) | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, "-P", "-m", "glassine", "work", "--home", str(settings.home)], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def until(seen: Callable[[], Coroutine[None, None, Run]], enough: Callable[[Run], bool]) -> Run:
    end = time.monotonic() + _LONG
    while not enough(run := await seen()):
        assert time.monotonic() < end, run
        await asyncio.sleep(0.1)
    return run


async def written(world: World, shop: Shop) -> dict[UUID, int]:
    """Each article and the version of the knowledge base that its passages came with."""
    async with world.store.tx(shop.org) as tx:
        rows = await (await tx.execute("select article_id, max(since) as since from passages where org_id = %s group by article_id", (shop.org,))).fetchall()
    return {row["article_id"]: row["since"] for row in rows}


async def test_a_run_goes_on_after_its_worker_was_killed(world: World, settings: Settings, tmp_path: Path) -> None:
    shop = await founded_shop(world, "Killed", f"owner@{new_id()}.example")
    for number in range(_FILES):
        (tmp_path / f"{number:03}.md").write_text(f"# Lamp {number}\n\nLamp {number} has {number} bulbs, and its switch is on the left.\n")
    opened = replace(world.settings, content_roots=(str(tmp_path),))
    world.settings, before = opened, world.settings
    try:
        made, _ = await connecting.create(world, shop.owner, "folder", {"path": str(tmp_path)}, Options(name="Lamps"))
    finally:
        world.settings = before

    async def seen() -> Run:
        [run] = await tending.history(world, shop.owner, made.id, 2)
        return run

    with working(settings, tmp_path):
        broken = await until(seen, lambda run: run.done > 60)
    kept = await written(world, shop)
    assert (broken.outcome, broken.ended_at) == (RunOutcome.RUNNING, None)
    assert 0 < len(kept) < _FILES
    with working(settings, tmp_path):
        run = await until(seen, lambda run: run.ended_at is not None)
    assert (run.id, run.outcome) == (broken.id, RunOutcome.DONE)
    assert run.counts["added"] + run.counts.get("unchanged", 0) >= _FILES - 50, "what stood before the checkpoint was not looked at again"
    after = await written(world, shop)
    assert len(after) == _FILES
    assert {article: after[article] for article in kept} == kept, "what was there was not written again"
    assert "99 bulbs" in (await finding.find(world, shop.org, "How many bulbs has lamp 99?", viewer=EVERYBODY))[0].text
