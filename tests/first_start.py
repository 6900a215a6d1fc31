"""One first start of `glassine up`, as a newcomer's, for all tests of a run. It reads docs/, which takes longest, so whoever needs what it leaves begins with a copy."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx2

from glassine.commands import backup, processes
from glassine.config import Settings

LONG = 180  # seconds to wait for something on a busy machine; nothing here measures


class Running:
    """One `glassine up`, and what it said when it was ready."""

    def __init__(self, folder: Path, port: str = "0") -> None:
        self.home, self.errors = folder, folder.parent / "errors.txt"
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "glassine", "up", "--json", "--port", port, "--home", str(folder)],
                stdout=subprocess.PIPE, stderr=errors, text=True, env={**os.environ, "GLASSINE_HOST": "127.0.0.1"},
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.errors.read_text(errors="replace")[-3000:]
        self.said: dict[str, str] = json.loads(line)

    def children(self) -> dict[str, int]:
        """Process numbers by kind: `product` and `database`."""
        found = {}
        for pid, _, arguments in processes.running():
            if parent(pid) == self.process.pid:
                found["database" if arguments[0].endswith("/postgres") else "product"] = pid
        return found

    def answers(self, page: str = "/sign-in") -> bool:
        try:
            return httpx2.get(self.said["url"] + page, timeout=LONG).status_code == 200
        except httpx2.HTTPError:
            return False

    def knows(self) -> bool:
        """Whether a request that needs the database succeeds."""
        try:
            answer = httpx2.get(self.said["api_base"] + "/chat/sessions", headers={"Authorization": f"Bearer {self.said['api_key']}"}, timeout=LONG)
        except httpx2.HTTPError:
            return False
        return answer.status_code == 200

    def stop(self, way: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(way)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.wait(LONG)


def parent(pid: int) -> int:
    """The process that started this one; 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except FileNotFoundError:
        listed = subprocess.run(["ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
        return int(listed or 0)


@dataclass(frozen=True, kw_only=True)
class FirstStart:
    """What the first start said and answered, and how it ended; its home with the database in it; and a backup of that database."""

    said: dict[str, str]
    answered: dict[str, bool]
    ended: int
    home: Path
    backup: Path

    def copied(self, home: Path) -> Path:
        """A home of the caller's own that begins with the same database. `cp` keeps the owners of files too."""
        subprocess.run(["cp", "-a", str(self.home), str(home)], check=True)
        return home


def first_start(folder: Path) -> FirstStart:
    """Started by whichever process asks first; the others wait for it. `folder` is one that the processes of this run share."""
    with (folder / "first.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        written = folder / "first.json"
        if not written.exists():
            shutil.rmtree(folder / "first", ignore_errors=True)
            (folder / "first").mkdir(mode=0o711)
            found = _started(folder / "first" / "home", folder / "first" / "backup")
            written.write_text(json.dumps(asdict(found), default=str))
        kept: dict[str, Any] = json.loads(written.read_text())
    return FirstStart(**{**kept, "home": Path(kept["home"]), "backup": Path(kept["backup"])})


def _started(home: Path, file: Path) -> FirstStart:
    up = Running(home)
    try:
        answered = {"a page": up.answers(), "the link for the owner": up.answers(up.said["admin_url"].removeprefix(up.said["url"])), "the API": up.knows()}
    finally:
        ended = up.stop()
    backup.save(Settings(home=home), file, lambda _: None)
    return FirstStart(said=up.said, answered=answered, ended=ended, home=home, backup=file)
