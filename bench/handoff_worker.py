"""A worker that is there to be killed: the product's own, on a clock that can be moved, and with less patience, so that a day of failures fits into a minute."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench import product
from bench.table import RESULTS
from glassine import config
from glassine.config import Settings
from glassine.store import jobs
from glassine.story import worker
from glassine.story.delivery import webhooks
from glassine.story.helpdesks import helpdesk_reach
from glassine.story.world import live

SECONDS = 0.8  # that one exchange may take; the product allows 30 with a helpdesk and 15 with an endpoint
_SILENCE = 3.0  # after which a killed process's jobs go to others; the product waits 5
_CLOCK = "GLASSINE_BENCH_CLOCK"


class Shifted:
    """The time, moved on by as many seconds as stand in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.shift)

    @property
    def shift(self) -> float:
        try:
            return float(self._file.read_text() or 0)
        except OSError:
            return 0.0

    def move(self, seconds: float) -> None:
        """Written beside it and put in its place, so that nobody reads half a number."""
        fresh = self._file.with_suffix(".next")
        fresh.write_text(str(self.shift + seconds))
        fresh.replace(self._file)


class Worker:
    """One process after another. Its log goes to bench/results/handoff.log."""

    def __init__(self, settings: Settings, clock: Path) -> None:
        self._environment = product.environment(config.environment(settings)) | {_CLOCK: str(clock), "PYTHONPATH": os.pathsep.join(sys.path)}
        self._process: subprocess.Popen[bytes] | None = None
        self.kills = 0

    def start(self) -> None:
        RESULTS.mkdir(exist_ok=True)
        with (RESULTS / "handoff.log").open("ab") as log:
            self._process = subprocess.Popen([sys.executable, "-P", "-m", "bench.handoff_worker"], env=self._environment, stdout=log, stderr=log)

    def kill(self) -> None:
        """-9, wherever it is, and another one begins."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self.kills += 1
        self.start()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


async def _work() -> None:
    helpdesk_reach.SECONDS = SECONDS
    setattr(webhooks, "SECONDS", SECONDS)  # noqa: B010 - a name that the module imports, and does not offer
    jobs.SILENCE = _SILENCE
    async with live(config.read({name: value for name, value in os.environ.items() if name != _CLOCK})) as world:
        world.clock = Shifted(Path(os.environ[_CLOCK]))
        await worker.run(world, asyncio.Event())


if __name__ == "__main__":
    logging.basicConfig(level="WARNING", format=f"%(asctime)s {os.getpid()} %(name)s %(message)s")
    time.tzset()
    asyncio.run(_work())
