"""Kills -9 web, worker, supervisor and PostgreSQL at random under load, then asks what became of every acknowledged message."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Self

import httpx2

from bench import load, product
from bench.crowd import PATIENCE, TROUBLE, Crowd, examine
from bench.table import RESULTS, Figure
from glassine.commands.postgres import Postgres

_OPEN = 300  # seconds until the doors must be open, on a machine that is busy with other things too


class Site:
    """What is killed and started again: a name for each victim, and how to kill it."""

    def __init__(self, victims: dict[str, Callable[[], bool]], revive: Callable[[], None]) -> None:
        self.victims, self.revive = victims, revive
        self.kills: Counter[str] = Counter()

    def suffer(self, seconds: float, chance: random.Random) -> None:
        """Kills one after the other, with pauses between a fifth of a second and three."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(chance.uniform(0.2, 3.0))
            name = chance.choice(sorted(self.victims))
            self.kills[name] += self.victims[name]()
            self.revive()


def kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def children(pid: int) -> dict[int, str]:
    """The processes that this one started, with their titles."""
    found: dict[int, str] = {}
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in thread.read_text().split():
            try:
                found[int(child)] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
    return found


class Looks:
    """Asks again and again, by whichever door answers, how many sessions have nobody who can act. `most`: the largest count that was seen."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd, self.taken, self.most = crowd, 0, 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.1):
            for at, key in self.crowd.doors:
                with suppress(httpx2.HTTPError, ValueError, KeyError):
                    found = httpx2.get(f"{at}/ownerless", headers={"Authorization": f"Bearer {key}"}, timeout=5).json()["count"]
                    self.taken, self.most = self.taken + 1, max(self.most, found)


class Parts:
    """Two webs, a worker and PostgreSQL, each a process of its own on one home."""

    def __init__(self, home: Path, crowd: Crowd) -> None:
        self._database = Postgres(home)
        self._home, self._crowd = home, crowd
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._ports = {name: _free_port() for name in ("web 1", "web 2")}

    def start(self) -> None:
        self._database.start()
        self._crowd.doors = [(f"http://127.0.0.1:{port}/api", _key(self._home)) for port in self._ports.values()]
        self.revive()

    def stop(self) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            process.wait(30)
        self._database.stop()

    def revive(self) -> None:
        if not self._database.runs():
            self._database.start()
        for name in ("web 1", "web 2", "worker"):
            if name not in self._processes or self._processes[name].poll() is not None:
                self._processes[name] = self._started(name)

    def _started(self, name: str) -> subprocess.Popen[bytes]:
        settings = product.UNHINDERED | product.with_model(self._crowd.model_url) | {"GLASSINE_DATABASE_URL": self._database.url}
        command = ["web", "--port", str(self._ports[name])] if name in self._ports else ["work"]
        with (RESULTS / "crash.log").open("ab") as log:
            return subprocess.Popen([*product.GLASSINE, *command, "--home", str(self._home)], env=product.environment(settings), stdout=log, stderr=log)

    def site(self) -> Site:
        victims: dict[str, Callable[[], bool]] = {name: partial(self._kill_process, name) for name in ("web 1", "web 2", "worker")}
        return Site(victims | {"postgres": self._kill_database, "a connection's process": self._kill_backend}, self.revive)

    def _kill_process(self, name: str) -> bool:
        killed = kill(self._processes[name].pid)
        self._processes[name].wait()
        return killed

    def _kill_database(self) -> bool:
        killed = kill(_main_process(self._home))
        time.sleep(0.2)
        return killed

    def _kill_backend(self) -> bool:
        """PostgreSQL answers the death of one of its processes by a restart of all."""
        found = [pid for pid, title in children(_main_process(self._home)).items() if "glassine glassine" in title]
        return bool(found) and kill(random.choice(found))


class Supervised:
    """`glassine up`, whose supervisor restarts what dies; the supervisor itself is started again here."""

    def __init__(self, home: Path, crowd: Crowd) -> None:
        self._home, self._crowd, self._port = home, crowd, _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._crowd.doors = [(f"http://127.0.0.1:{self._port}/api", _key(self._home))]
        self.revive()

    def revive(self) -> None:
        if self._process is None or self._process.poll() is not None:
            settings = product.UNHINDERED | product.with_model(self._crowd.model_url)
            with (RESULTS / "crash.log").open("ab") as log:
                self._process = subprocess.Popen(
                    [*product.GLASSINE, "up", "--json", "--port", str(self._port), "--home", str(self._home)], env=product.environment(settings), stdout=log, stderr=log,
                )

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(60)

    def site(self) -> Site:
        return Site({"supervisor": self._kill_supervisor, "product": lambda: self._kill_child(" serve "), "postgres": lambda: self._kill_child("/postgres ")}, self.revive)

    def _kill_supervisor(self) -> bool:
        assert self._process is not None
        killed = kill(self._process.pid)
        self._process.wait()
        return killed

    def _kill_child(self, title: str) -> bool:
        assert self._process is not None
        return any(kill(pid) for pid, found in children(self._process.pid).items() if title in found)


def apart(dialogues: Sequence[Sequence[str]], seconds: float, *, seed: int, like: Path | None = None) -> list[Figure]:
    """Web, worker and PostgreSQL as processes of their own. `like`: a home to begin with a copy of; without one there is a first start before."""
    return _crash("apart", Parts, dialogues, seconds, seed, like)


def supervised(dialogues: Sequence[Sequence[str]], seconds: float, *, seed: int) -> list[Figure]:
    """Everything under `glassine up`."""
    return _crash("up", Supervised, dialogues, seconds, seed)


def _crash(name: str, kind: type[Parts] | type[Supervised], dialogues: Sequence[Sequence[str]], seconds: float, seed: int, like: Path | None = None) -> list[Figure]:
    RESULTS.mkdir(exist_ok=True)
    crowd = Crowd(dialogues, seed)
    crowd.begin()
    with closing_time(crowd), product.scratch_home(like) as home:
        with product.up(home) if like is None else nullcontext():
            pass  # makes the demo organisation, whose help centre the customers ask
        running = kind(home, crowd)
        with _running(running):
            site = running.site()
            _wait_until_answering(crowd)
            crowd.let_in()
            time.sleep(2)
            with Looks(crowd) as looks:
                site.suffer(seconds, random.Random(seed))
                crowd.stop()
                lost, doubled, took = _settled(crowd, site)
    record = crowd.record
    print(f"{name}: seed {seed}, kills {dict(site.kills)}, answers {dict(record.answers)}, sent again {record.again}, never acknowledged {record.unsure}, "
          f"model calls {crowd.calls}, settled {took:.1f} s after the last kill", flush=True)
    print(f"{name}: lost = {len(lost)}, doubled = {len(doubled)}, ownerless = {looks.most} at the most in {looks.taken} looks", *lost[:5], *doubled[:5], flush=True)
    return [
        Figure(what=f"crash, {name}: kills (seed {seed})", value=site.kills.total()),
        Figure(what=f"crash, {name}: acknowledged messages", value=len(record.acknowledged)),
        Figure(what=f"crash, {name}: lost", value=len(lost), bar=0),
        Figure(what=f"crash, {name}: doubled", value=len(doubled), bar=0),
        Figure(what=f"crash, {name}: looks at the counter of sessions without an owner", value=looks.taken),
        Figure(what=f"crash, {name}: ownerless at the most", value=looks.most, bar=0),
    ]


@contextmanager
def closing_time(crowd: Crowd) -> Iterator[None]:
    """Everybody leaves in the end, whatever happened."""
    try:
        yield
    finally:
        crowd.leave()


@contextmanager
def _running(site: Parts | Supervised) -> Iterator[None]:
    try:
        site.start()
        yield
    finally:
        site.stop()


def _settled(crowd: Crowd, site: Site) -> tuple[list[str], list[str], float]:
    """What is lost and what is doubled once everything has had time to recover, and how long that took."""
    began = time.monotonic()
    lost, doubled = ["nothing could be asked"], list[str]()
    while lost and time.monotonic() - began < PATIENCE:
        time.sleep(0.5)
        site.revive()
        if crowd.quiet.is_set():
            try:
                lost, doubled = asyncio.run(examine(*crowd.doors[0], crowd.record.acknowledged))
            except TROUBLE:
                continue
    return lost, doubled, time.monotonic() - began


def _wait_until_answering(crowd: Crowd) -> None:
    """Every door is open."""
    deadline = time.monotonic() + _OPEN
    for base, key in crowd.doors:
        while True:
            try:
                asyncio.run(_knock(base, key))
                break
            except TROUBLE:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


async def _knock(base: str, key: str) -> None:
    line = load.Line(base, key)
    try:
        await load.open_session(line)
    finally:
        line.close()


def _main_process(home: Path) -> int:
    return int((home / "postgres" / "data" / "postmaster.pid").read_text().split("\n", 1)[0])


def _key(home: Path) -> str:
    return str(json.loads((home / "demo.json").read_text())["api_key"])


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
