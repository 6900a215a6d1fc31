"""The home folder: who holds it, what is in it, how it is forgotten, and the way to its database. Knows nothing of what the database holds."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from glassine.commands import processes
from glassine.commands.place import make_folder
from glassine.commands.postgres import Postgres
from glassine.config import Settings
from glassine.words.errors import Misconfigured

_ABOUT = """This folder holds the state of Glassine.

master.key  opens what is sealed in the database. Keep a copy in another place than the backups: without it they cannot be read.
master.key.before-…  the former one, after `glassine keys rotate --master`: backups of before open with it only.
postgres    the embedded database, or a link to where it is; `glassine backup FILE` copies what it holds.
demo.json   what `glassine up` prints about the demo organisation.
lock        says which process is at work here.
"""


class Busy(Misconfigured):
    """Another process holds this home."""


class Hold(NamedTuple):
    """A home that is held. `still` asks whether it is, or whether the folder has been removed, so that another process may hold one of
    the same name; `crashed` says that whoever held it last did not come to an end by itself."""

    still: Callable[[], bool]
    crashed: bool


@contextmanager
def held(home: Path, what: str) -> Iterator[Hold]:
    """Holds the home for one process, whatever happens to it: the lock ends with the process. Raises Busy."""
    make_folder(home)
    handle = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        holder = os.pread(handle, 200, 0).decode(errors="replace").strip()
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy(f"Glassine is already running on {home}: {holder or 'another process'}. Stop it first, or choose another folder with --home DIR.") from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"glassine {what}, process {os.getpid()}\n".encode(), 0)
        try:
            yield Hold(still=lambda: _same_file(handle, home / "lock"), crashed=bool(holder))
        finally:
            os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _same_file(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def mark(home: Path) -> None:
    """Says in the folder itself what it is, so that `forget` can tell it from any other."""
    about = home / "about.txt"
    if not about.exists():
        about.write_text(_ABOUT, encoding="utf-8")


def forget(settings: Settings, say: Callable[[str], None]) -> None:
    """Removes database, master key and demo of this home, and nothing that was not made here. Hold the home. Raises Misconfigured."""
    home = settings.home
    if settings.database_url:
        raise Misconfigured("--fresh forgets the embedded database only. GLASSINE_DATABASE_URL is set: empty that database yourself, or unset it.")
    if not (home / "about.txt").exists():
        if {path.name for path in home.iterdir()} - {"lock"}:
            raise Misconfigured(f"{home} was not made by Glassine, so --fresh does not touch it. Choose another folder with --home DIR.")
        return
    folder = home / "postgres"
    if folder.exists():
        Postgres(home, pg_bin=settings.pg_bin).clear()
        shutil.rmtree(folder.resolve())
    if folder.is_symlink():
        folder.unlink()
    for path in (home / "master.key", home / "demo.json", *home.glob("master.key.before-*")):
        path.unlink(missing_ok=True)
    say(f"Forgot everything in {home}")


@contextmanager
def embedded(settings: Settings, what: str, say: Callable[[str], None], *, alone: bool = False) -> Iterator[Postgres]:
    """This home's embedded server: the running one if `up` runs, otherwise one started for as long as it is needed.

    Raises Busy when `up` runs although the command must be `alone`.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(held(settings.home, what))
        except Busy:
            server = Postgres(settings.home, pg_bin=settings.pg_bin)
            if alone or not processes.until(server.attach, 20):
                raise
        else:
            mark(settings.home)
            server = Postgres(settings.home, pg_bin=settings.pg_bin, say=say)
            stack.callback(server.stop)
            server.start()
        yield server


@contextmanager
def database(settings: Settings, what: str, say: Callable[[str], None]) -> Iterator[str]:
    """The address of the database for a command: the configured one, or the embedded server's."""
    if settings.database_url:
        yield settings.database_url
        return
    with embedded(settings, what, say) as server:
        yield server.url
