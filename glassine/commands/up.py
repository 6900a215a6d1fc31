"""`glassine up`: starts PostgreSQL and one product process, restarts what dies, and stops everything. It imports the standard library only,
so that it costs little memory; migrating and the demo organisation are the product process's first steps."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from glassine import config
from glassine.commands import home, listening, processes
from glassine.commands.postgres import Postgres
from glassine.config import Settings
from glassine.words.errors import Misconfigured

_ENOUGH_TO_STOP = 20.0  # seconds; the product process gives itself less
_GIVE_UP = 3  # failures in a row before the first success
MISCONFIGURED = 2  # the exit code of a process that has already said what to do


@dataclass(slots=True, kw_only=True)
class Patience:
    """When a part that died may be started again: at once the first time, then after pauses that double up to 30 seconds."""

    failures: int = 0
    not_before: float = 0.0

    def died(self, *, lived: float) -> None:
        self.failures = 1 if lived > 30 else self.failures + 1
        pause = 0.0 if self.failures == 1 else min(30.0, 0.25 * 2 ** (self.failures - 1))
        self.not_before = time.monotonic() + pause

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.not_before


def run(settings: Settings, *, fresh: bool, as_json: bool) -> int:
    """Keeps Glassine running on this home until SIGTERM, SIGINT or SIGHUP. Raises Misconfigured."""
    os.umask(0o077)
    say = _to_standard_error if as_json else _to_standard_output
    with home.held(settings.home, "up") as hold:
        if fresh:
            home.forget(settings, say)
        home.mark(settings.home)
        # A product process whose `up` was killed lets go of the port within moments.
        with listening.open_socket(settings.host, settings.port, patience=10.0 if hold.crashed else 0.0) as listener:
            settings = replace(settings, port=listener.getsockname()[1])
            return Supervisor(settings, listener.fileno(), say, hold.still, as_json=as_json).run()


class Supervisor:
    """Holds the parts. Everything happens in `run`, in one thread, woken by signals and by the announcement of readiness."""

    def __init__(self, settings: Settings, listener: int, say: Callable[[str], None], still_held: Callable[[], bool], *, as_json: bool) -> None:
        self._settings, self._listener, self._say, self._still_held, self._as_json = settings, listener, say, still_held, as_json
        self._database: Postgres | None = None
        self._product: subprocess.Popen[bytes] | None = None
        self._patience = {"database": Patience(), "product": Patience()}
        self._started_at: dict[str, float] = {}
        self._announcement = -1  # the reading end of the pipe on which the product says that it is ready
        self._ready = self._stopping = False

    def run(self) -> int:
        woken = self._listen_to_signals()
        try:
            self._start_database()
            while not self._stopping:
                if not self._still_held():
                    raise Misconfigured(f"{self._settings.home} was removed while Glassine was running on it, so Glassine stops.")
                code = self._look_after_product()
                if code is not None:
                    return code
                self._look_after_database()
                select.select([fd for fd in (woken, self._announcement) if fd >= 0], [], [], 1.0)
                _drain(woken)
                self._read_announcement()
            self._say("Stopping")
            return 0
        finally:
            self._stop()

    def _listen_to_signals(self) -> int:
        """The reading end of a pipe that every signal writes to: a child's death wakes the loop as a request to stop does."""
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for way in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(way, self._ask_to_stop)
        return reading

    def _ask_to_stop(self, *_: object) -> None:
        self._stopping = True

    def _start_database(self) -> None:
        if self._settings.database_url:
            return
        database = self._database = Postgres(self._settings.home, pg_bin=self._settings.pg_bin, say=self._say)
        self._started_at["database"] = time.monotonic()
        database.start()
        self._settings = replace(self._settings, database_url=database.url)

    def _look_after_database(self) -> None:
        database, patience = self._database, self._patience["database"]
        if database is None or database.runs():
            return
        if "database" in self._started_at:
            patience.died(lived=time.monotonic() - self._started_at.pop("database"))
            self._say("The database died and is started again")
        if patience.over:
            self._started_at["database"] = time.monotonic()
            try:
                database.start()
            except Misconfigured as error:
                self._say(str(error))

    def _look_after_product(self) -> int | None:
        """Starts the product, or starts it again. An exit code when there is no use in trying: it has said why."""
        patience = self._patience["product"]
        if self._product is not None and self._product.poll() is not None:
            code, self._product = self._product.returncode, None
            patience.died(lived=time.monotonic() - self._started_at["product"])
            told_why = code == MISCONFIGURED and (self._database is None or self._database.runs())
            if not self._ready and (told_why or patience.failures >= _GIVE_UP):
                return code if code > 0 else 1
            self._say("The product died and is started again")
        if self._product is None and patience.over:
            self._started_at["product"] = time.monotonic()
            self._product = self._start_product()
        return None

    def _start_product(self) -> subprocess.Popen[bytes]:
        if self._announcement >= 0:
            os.close(self._announcement)
        self._announcement, writing = os.pipe()
        command = [sys.executable, "-P", "-m", "glassine", "serve", "--listener", str(self._listener), "--announce", str(writing)]
        try:
            return subprocess.Popen(  # noqa: S603 - ourselves; a session of its own, so that Ctrl-C reaches only the supervisor
                command, env=config.environment(self._settings), stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno(),
                pass_fds=(self._listener, writing), start_new_session=True, preexec_fn=processes.dies_with_parent(signal.SIGTERM),
            )
        finally:
            os.close(writing)

    def _read_announcement(self) -> None:
        if self._announcement < 0 or not select.select([self._announcement], [], [], 0)[0]:
            return
        with os.fdopen(self._announcement) as pipe:
            text = pipe.read()
        self._announcement = -1
        if text and not self._ready:
            self._ready = True
            values = json.loads(text)
            sys.stdout.write(json.dumps(values) + "\n" if self._as_json else _welcome(values, self._settings))
            sys.stdout.flush()

    def _stop(self) -> None:
        """The product first, so that requests under way still reach the database."""
        if self._product is not None and self._product.poll() is None:
            self._product.terminate()
            try:
                self._product.wait(_ENOUGH_TO_STOP)
            except subprocess.TimeoutExpired:
                self._product.kill()
                self._product.wait()
        if self._database is not None:
            self._database.stop()


def _welcome(values: dict[str, str], settings: Settings) -> str:
    return (
        "\nGlassine is ready.\n\n"
        f"  Inbox    {values['admin_url']}\n           signs you in as the owner; this link works once\n"
        f"  Demo     {values['url']}/demo\n           a page with the chat widget: ask it anything about Glassine\n"
        f"  API      {values['api_base']}/openapi.json\n           key {values['api_key']}\n\n"
        f"All state is in {settings.home}. Ctrl-C stops everything.\n"
    )


def _to_standard_output(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _to_standard_error(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _drain(pipe: int) -> None:
    try:
        while os.read(pipe, 512):
            pass
    except BlockingIOError:
        return
