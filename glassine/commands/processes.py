"""Processes as the operating system shows them: who runs, who is alive, and how a child ends with its parent. Decides nothing."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_M_ARENA_MAX = -8  # malloc.h


def dies_with_parent(way: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: asks Linux to send this signal when the thread that started the child ends. Elsewhere it does nothing."""
    if sys.platform != "linux":
        return lambda: None
    libc, parent = ctypes.CDLL(None), os.getpid()  # loaded here: between fork and exec nothing may be imported

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(way))
        if os.getppid() != parent:  # it ended before we could ask
            os._exit(1)

    return ask


def one_heap() -> None:
    """Asks glibc for one heap instead of one a thread: the models' threads would each keep what one long text made them take (36 to 90 MB at rest)."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)


def collect_seldom() -> None:
    """Python looks for dead circles of objects after every 700 new ones, which was 7 to 20 of 100 of what the event loop does in a turn. Few of ours are circles."""
    gc.set_threshold(50_000, 20, 50)



def running() -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """(pid, uid, arguments) of every process whose title can be read. A program that gives itself a title has it as its only argument."""
    if not Path("/proc/self/cmdline").exists():
        listed = subprocess.run(["/bin/ps", "-axww", "-o", "pid=,uid=,command="], capture_output=True, text=True, check=False).stdout
        for pid, uid, command in (line.split(None, 2) for line in listed.splitlines() if len(line.split(None, 2)) == 3):
            yield int(pid), int(uid), (command,) if command.startswith("postgres: ") else tuple(command.split(" "))
        return
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            title = (folder / "cmdline").read_bytes().rstrip(b"\0")
            yield int(folder.name), folder.stat().st_uid, tuple(part.decode(errors="replace") for part in title.split(b"\0"))
        except OSError:
            continue  # it ended while we looked


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def send(pid: int, way: signal.Signals) -> None:
    """Sends a signal to a process that may have ended."""
    try:
        os.kill(pid, way)
    except ProcessLookupError:
        return


def until(happened: Callable[[], bool], seconds: float) -> bool:
    """Waits until something has happened. False if it has not within so many seconds."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
