"""Starts, watches and stops the embedded PostgreSQL. Standard library only, so that the supervisor stays small; it never sees a row.

The server listens on a Unix socket in a folder that only its account may enter, and on 127.0.0.1; both ask for a password
(SCRAM). fsync stays on: what has been acknowledged survives kill -9 and power loss.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from glassine.commands import place, processes
from glassine.words.errors import Misconfigured

_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}  # nothing of ours: the master key may be in it

# Sized for one small machine with the product beside it. What errors say may hold customers' words, so only the server's own notices are logged.
_OPTIONS: Mapping[str, str] = {
    "shared_buffers": "64MB", "max_connections": "60", "work_mem": "8MB", "maintenance_work_mem": "64MB", "effective_cache_size": "512MB",
    "jit": "off", "random_page_cost": "1.1", "max_parallel_workers_per_gather": "0", "max_worker_processes": "4", "autovacuum_max_workers": "2", "max_logical_replication_workers": "0",
    "wal_level": "minimal", "max_wal_senders": "0", "wal_compression": "on", "max_wal_size": "512MB", "huge_pages": "off",
    "timezone": "UTC", "log_timezone": "UTC", "log_min_messages": "log", "log_min_error_statement": "panic", "log_checkpoints": "off",
    "unix_socket_permissions": "0700", "password_encryption": "scram-sha-256",
}

_ENDINGS = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))  # fast, immediate, by force; and the seconds each is given

_BOOTSTRAP = """
select format('create role glassine login createrole password %L', :'password')
    where not exists (select from pg_roles where rolname = 'glassine') \\gexec
select 'create database glassine owner glassine' where not exists (select from pg_database where datname = 'glassine') \\gexec
\\connect glassine
select format('create extension if not exists %I', name) from pg_available_extensions where name in ('vector', 'pg_trgm', 'unaccent') \\gexec
select format('alter extension %I update', e.extname) from pg_extension e join pg_available_extensions a on a.name = e.extname
    where a.default_version <> e.extversion \\gexec
"""


class Postgres:
    """One server for one home. Only one process may have it in hand: hold the home's lock first.

    On Linux the kernel stops the server when the thread that called `start` ends, so start it from the main thread.
    """

    def __init__(self, home: Path, *, pg_bin: Path | None = None, say: Callable[[str], None] = lambda _: None, options: Mapping[str, str] | None = None) -> None:
        self.place = place.settle(home, pg_bin, say)
        self.data, self._sockets = self.place.folder / "data", self.place.folder / "socket"
        self._passwords, self._log = self.place.folder / "passwords", self.place.folder / "log"
        self._options = {**_OPTIONS, **(options or {}), "cluster_name": "glassine-" + hashlib.sha256(str(self.data).encode()).hexdigest()[:12]}
        self._say, self._port = say, 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the product connects, as the owner of its database; the password stands in a file of mode 600, not here."""
        return self._address("glassine", "glassine")

    @property
    def superuser_url(self) -> str:
        """For backups only, which must see every organisation's rows."""
        return self._address("postgres", "glassine")

    def start(self) -> None:
        """Makes the database if there is none, stops what an earlier run left behind, and returns once connections are accepted."""
        self._make()
        self._clear()
        self._launch()
        try:
            self._bootstrap()
        except BaseException:
            self.stop()
            raise

    def clear(self) -> None:
        """Stops a server that nobody looks after any more."""
        if self.data.exists():
            self._clear()

    def runs(self) -> bool:
        """Whether the server that `start` started is still there."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Ends connections, writes everything out and waits for the end."""
        if self._process is None:
            return
        for way, seconds in _ENDINGS:
            if self._process.poll() is None:
                self._process.send_signal(way)
                try:
                    self._process.wait(seconds)
                except subprocess.TimeoutExpired:
                    continue
        self._process = None

    def attach(self) -> bool:
        """Takes the address of a server that another process runs for this home. False if there is none."""
        lines = self._pid_file()
        if lines[7:8] != ["ready"] or not self._processes():
            return False
        self._port = int(lines[3])
        return True

    def _address(self, role: str, database: str) -> str:
        host = "" if self._over_tcp() else quote(str(self._sockets), safe="")
        authority = f"{role}@127.0.0.1:{self._port}" if self._over_tcp() else f"{role}@"
        return f"postgresql://{authority}/{database}?passfile={quote(str(self._passwords), safe='')}" + (f"&host={host}&port={self._port}" if host else "")

    def _over_tcp(self) -> bool:
        return len(os.fsencode(self._sockets / ".s.PGSQL.65535")) > 100  # a longer path does not fit into a socket's address

    def _make(self) -> None:
        """A new database with passwords of its own; under another name until it is whole, so that a crash in between leaves nothing half made."""
        self._own(self._sockets)
        major = self._major()
        if self.data.exists():
            self._check(major)
            return
        self._say("Making the database")
        unfinished, first = self.place.folder / "data.unfinished", self._sockets / "password"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._own(unfinished)
        superuser, product = secrets.token_hex(32), secrets.token_hex(32)
        self._write(self._passwords, f"*:*:*:postgres:{superuser}\n*:*:*:glassine:{product}\n")
        self._write(first, superuser + "\n", owned=True)
        locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C") if major >= 17 else ("--locale=C.UTF-8",)
        self._run("initdb", "-D", str(unfinished), "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={first}", "--data-checksums", "--encoding=UTF8", *locale)
        first.unlink()
        unfinished.rename(self.data)
        handle = os.open(self.place.folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)

    def _major(self) -> int:
        found = re.search(r"\d+", self._run("postgres", "--version"))
        assert found, "every version of postgres prints its number"
        return int(found[0])

    def _check(self, major: int) -> None:
        made_by = int((self.data / "PG_VERSION").read_text())
        if made_by != major:
            raise Misconfigured(f"The database was made by PostgreSQL {made_by}, and this is {major}. Make a backup with the version of Glassine that made it, "
                                "move the home folder away, and restore the backup with this one.")
        if not self._passwords.exists():
            raise Misconfigured(f"{self._passwords}, which holds the database's passwords, is gone. Bring it back from where you keep copies of the home folder.")

    def _clear(self) -> None:
        """After this no process of an earlier server runs, and no file of it keeps the next one from starting."""
        for way, seconds in _ENDINGS:
            left = self._processes()
            if left:
                self._say("Waiting for the database server of an earlier run to end")
                # Without their main process the others end by themselves within moments, and are only pushed if they do not.
                chosen = [pid for pid, is_main in left.items() if is_main or way != signal.SIGINT]
                for pid in chosen:
                    processes.send(pid, way)
                processes.until(lambda: not self._processes(), seconds if any(left.values()) else 3)
        if self._processes():
            raise Misconfigured(f"A database server of an earlier run does not end: {self._processes()}. Stop these processes, then start again.")
        # PostgreSQL sees by itself that an earlier main process is gone, unless another program has been given its number since.
        lines = self._pid_file()
        if lines and processes.alive(int(lines[0])):
            (self.data / "postmaster.pid").unlink()
        for leftover in self._sockets.glob(".s.PGSQL.*"):
            leftover.unlink()

    def _launch(self) -> None:
        self._port = self._port or _free_port()
        sockets = "" if self._over_tcp() else str(self._sockets)
        options = {**self._options, **({"io_method": "sync"} if self._major() >= 18 else {})}  # without its three processes: reads come from memory here
        command = [str(self.place.programs / "postgres"), "-D", str(self.data), "-p", str(self._port), "-h", "127.0.0.1", "-k", sockets]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        if self._log.exists() and self._log.stat().st_size > 5_000_000:
            self._log.replace(self._log.with_name("log.1"))
        with os.fdopen(os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - PostgreSQL's own program; a session of its own: Ctrl-C reaches the supervisor only, which stops things in order
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=_ENVIRONMENT, start_new_session=True,
                preexec_fn=processes.dies_with_parent(signal.SIGINT), **self._demoted(),
            )
        process = self._process
        processes.until(lambda: process.poll() is not None or self._accepts(process.pid), 600)
        if not self._accepts(process.pid):
            self.stop()
            words = "\n".join(self._log.read_text(errors="replace").splitlines()[-5:])
            raise Misconfigured(f"PostgreSQL did not start. Its last words ({self._log}):\n{words}")

    def _bootstrap(self) -> None:
        password = next(line.rpartition(":")[2] for line in self._passwords.read_text().splitlines() if ":glassine:" in line)
        self._run("psql", "-X", "-q", "-d", self._address("postgres", "postgres"), input=f"\\set ON_ERROR_STOP on\n\\set password {password}\n{_BOOTSTRAP}", demoted=False)

    def _run(self, program: str, *arguments: str, input: str = "", demoted: bool = True) -> str:
        path = self.place.programs / program
        done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 - PostgreSQL's own programs
            [str(path), *arguments], input=input, capture_output=True, text=True, cwd="/", env={**_ENVIRONMENT, "PGPASSFILE": str(self._passwords)},
            **(self._demoted() if demoted else {}),
        )
        if done.returncode:
            raise Misconfigured(f"{path} failed:\n{(done.stderr or done.stdout).strip()}")
        return done.stdout

    def _demoted(self) -> dict[str, Any]:
        account = self.place.account
        return {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}

    def _own(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.place.account:
            os.chown(folder, self.place.account.uid, self.place.account.gid)

    def _write(self, path: Path, text: str, *, owned: bool = False) -> None:
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        if owned and self.place.account:
            os.chown(path, self.place.account.uid, self.place.account.gid)

    def _accepts(self, pid: int) -> bool:
        lines = self._pid_file()
        return lines[:1] == [str(pid)] and lines[7:8] == ["ready"]

    def _pid_file(self) -> list[str]:
        """What a server says of itself: process id first, port fourth, state eighth. Empty if there is none, or it is being written."""
        try:
            return [line.strip() for line in (self.data / "postmaster.pid").read_text().splitlines()]
        except FileNotFoundError:
            return []

    def _processes(self) -> dict[int, bool]:
        """Processes of this home's server, and whether each is the main one: told by owner and title, which can be read where more cannot."""
        name, owner = self._options["cluster_name"], self.data.stat().st_uid
        ours = [(pid, arguments) for pid, uid, arguments in processes.running() if uid == owner]
        found = {pid: True for pid, arguments in ours if arguments[0].endswith("/postgres") and f"cluster_name={name}" in arguments}
        return found | {pid: False for pid, arguments in ours if arguments[0].startswith(f"postgres: {name}: ")}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
