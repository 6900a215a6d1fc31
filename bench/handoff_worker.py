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
from glassine.edge import mail
from glassine.store import jobs
from glassine.story import worker
from glassine.story.delivery import delivering, webhooks
from glassine.story.helpdesks import helpdesk_reach
from glassine.story.world import live

SECONDS = 0.8  # that one exchange may take; the product allows 30 with a helpdesk, 20 with a mail server and 15 with an endpoint
_SILENCE = 3.0  # after which a killed process's jobs go to others; the product waits 5
_CLOCK, _SECONDS = "GLASSINE_BENCH_CLOCK", "GLASSINE_BENCH_SECONDS"


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
    """One process after another, each forked off one that has read the program and opened nothing: where each began anew, a run mostly waited for that.

    Its log goes to bench/results/handoff.log. `seconds`: that one exchange may take."""

    def __init__(self, settings: Settings, clock: Path, seconds: float = SECONDS) -> None:
        self._environment = product.environment(config.environment(settings)) | {_CLOCK: str(clock), _SECONDS: str(seconds), "PYTHONPATH": os.pathsep.join(sys.path)}
        self._nursery: subprocess.Popen[str] | None = None
        self.kills = 0

    def start(self) -> None:
        if self._nursery is None:
            RESULTS.mkdir(exist_ok=True)
            with (RESULTS / "handoff.log").open("ab") as log:
                command = [sys.executable, "-P", "-m", "bench.handoff_worker"]
                self._nursery = subprocess.Popen(command, env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        self._told("start", "started")

    def kill(self) -> None:
        """-9, wherever it is, and another one begins."""
        self._told("kill", "killed")
        self.kills += 1
        self.start()

    def stop(self) -> None:
        if self._nursery is not None:
            self._nursery.communicate()  # closes both pipes, and waits

    def _told(self, what: str, answer: str) -> None:
        assert self._nursery is not None and self._nursery.stdin is not None and self._nursery.stdout is not None, "started, and with pipes"
        self._nursery.stdin.write(f"{what}\n")
        self._nursery.stdin.flush()
        said = self._nursery.stdout.readline().strip()
        assert said == answer, f"the worker {said or 'is gone'}; bench/results/handoff.log says why"


def _nurse() -> None:
    """Starts and kills one worker at a time, as it is told to, until nobody tells it any more."""
    worker = 0
    while line := sys.stdin.readline():
        if line == "start\n":
            worker = os.fork()
            if worker == 0:
                os.dup2(2, 1)  # what it prints is nobody's answer
                _work_until_killed()
            print("started", flush=True)
        else:
            print("killed" if _killed(worker) == signal.SIGKILL else "ended by itself", flush=True)
            worker = 0
    if worker:
        _killed(worker)


def _killed(worker: int) -> int:
    """By which signal it ended."""
    os.kill(worker, signal.SIGKILL)
    return os.WTERMSIG(os.waitpid(worker, 0)[1])


def _work_until_killed() -> None:
    try:
        asyncio.run(_work())
    except BaseException:
        logging.getLogger(__name__).exception("The worker ended")
    finally:
        os._exit(1)


async def _work() -> None:
    seconds = float(os.environ[_SECONDS])
    helpdesk_reach.SECONDS = seconds
    setattr(mail, "_SECONDS", seconds)  # noqa: B010 - a name of the module's own
    setattr(webhooks, "SECONDS", seconds)  # noqa: B010 - a name that the module imports, and does not offer
    setattr(delivering, "_POLL", 0.1)  # noqa: B010 - as the first: on a clock that jumps, every pause is over at once
    jobs.SILENCE = _SILENCE
    async with live(config.read({name: value for name, value in os.environ.items() if name not in (_CLOCK, _SECONDS)})) as world:
        world.clock = Shifted(Path(os.environ[_CLOCK]))
        await worker.run(world, asyncio.Event())


if __name__ == "__main__":
    logging.basicConfig(level="WARNING", format="%(asctime)s %(process)d %(name)s %(message)s")
    time.tzset()
    _nurse()
