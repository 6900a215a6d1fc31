"""A database for one bench: a new one on a PostgreSQL that is started for it, one that is kept for the next run, or the migrated one at an address that is given."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from glassine.commands.postgres import Postgres
from glassine.store.migrate import migrate

_NONE: Mapping[str, str] = MappingProxyType({})


@contextmanager
def database(url: str | None, *, options: Mapping[str, str] = _NONE) -> Iterator[str]:
    """The address of a migrated database. `options`: of the server that is started for it."""
    if url:
        migrate(url)
        yield url
        return
    folder = Path(tempfile.mkdtemp(prefix="glassine-bench-"))
    folder.chmod(0o711)  # where root runs the bench, the server's account must come through
    server = Postgres(folder / "home", options=dict(options))
    try:
        server.start()
        migrate(server.url)
        yield server.url
    finally:
        server.stop()
        shutil.rmtree(server.place.folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def kept(folder: Path) -> Iterator[str]:
    """The same, in a folder that stays for the next run."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    with of_home(folder / "home") as url:
        migrate(url)
        yield url


@contextmanager
def of_home(home: Path) -> Iterator[str]:
    """The address of a home's own database, which runs while the product does not."""
    server = Postgres(home)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()
