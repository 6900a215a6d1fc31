"""Copies the whole database to one file and back, with PostgreSQL's own programs. The master key is never part of it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from glassine.commands import home, place
from glassine.config import Settings
from glassine.store import health, migrate
from glassine.words.errors import Misconfigured

Say = Callable[[str], None]
_MAGIC = b"PGDMP"
# Extensions stay: the owner may not be allowed to make them again. Everything else of the schema goes.
_EMPTY = """set client_min_messages = warning; do $$ declare it record; begin
    for it in select c.oid::regclass as name from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
        loop execute format('drop table %s cascade', it.name); end loop;
    for it in select p.oid::regprocedure as name from pg_proc p where p.pronamespace = 'public'::regnamespace
        and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
        loop execute format('drop routine if exists %s cascade', it.name); end loop;
end $$"""


def save(settings: Settings, file: Path, say: Say) -> int:
    """Writes a backup; the product may run meanwhile. The file appears under its name only when it is whole. Raises Misconfigured."""
    if file.exists():
        raise Misconfigured(f"{file} exists already. Choose another name, so that no backup is overwritten.")
    if not file.absolute().parent.is_dir():
        raise Misconfigured(f"There is no folder {file.absolute().parent}.")
    unfinished = file.with_name(file.name + ".unfinished")
    with _tools(settings, "backup", say) as (programs, url, all_rows_url):
        missing = migrate.missing(url)
        if missing:
            raise Misconfigured(f"There is nothing to back up yet: the database has not been brought up to date ({', '.join(missing)}).")
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        try:
            _run([programs / "pg_dump", "--format=custom", f"--file={unfinished}", all_rows_url], hint=_DUMP_HINT)
            unfinished.rename(file)
        finally:
            unfinished.unlink(missing_ok=True)
    say(f"Wrote {file} ({file.stat().st_size / 1e6:.1f} MB). {_about_keys(settings)}")
    return 0


def restore(settings: Settings, file: Path, say: Say, *, replace: bool) -> int:
    """Brings a backup back, all of it or nothing. The product must not run. Raises Misconfigured."""
    if not _is_backup(file):
        raise Misconfigured(f"{file} is not a backup made by `glassine backup`.")
    with _tools(settings, "restore", say, alone=True) as (programs, url, _):
        migrate.knows(_migrations(programs, file))
        if health.at_work(url):
            raise Misconfigured("Processes of Glassine are at work on this database. Stop them first.")
        if not health.holds_data(url):
            migrate.migrate(url)  # so that the application's role exists
        elif not replace:
            raise Misconfigured("The database holds data already. Restore into an empty one, or give --replace to put the backup in its place.")
        _fill(programs, file, url)
        migrate.migrate(url)
    say(f"Restored {file}. {_about_keys(settings)}")
    return 0


def _is_backup(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


_DUMP_HINT = (
    "A role that is shut in by row-level security cannot make a backup: give a GLASSINE_DATABASE_URL of a superuser or a role with BYPASSRLS. "
    "If the server is newer than these programs, or asks for TLS, set GLASSINE_PG_BIN to PostgreSQL programs of its version."
)


def _about_keys(settings: Settings) -> str:
    where = "in the environment (GLASSINE_MASTER_KEY)" if settings.master_key else f"in {settings.home / 'master.key'}"
    return f"The master key is not in a backup: it is {where}. Keep a copy of it somewhere else, for without it what is sealed cannot be read."


@contextmanager
def _tools(settings: Settings, what: str, say: Say, *, alone: bool = False) -> Iterator[tuple[Path, str, str]]:
    """The folder of PostgreSQL's programs, the owner's address, and the address that sees every organisation's rows."""
    if settings.database_url:
        yield settings.pg_bin or place.packaged(), settings.database_url, settings.database_url
        return
    with home.embedded(settings, what, say, alone=alone) as server:
        yield server.place.programs, server.url, server.superuser_url


def _migrations(programs: Path, file: Path) -> list[str]:
    script = _run([programs / "pg_restore", "--data-only", "--table=migrations", "--file=-", file], hint="The file may be damaged.")
    return [line.partition("\t")[0] for line in script.splitlines() if "\t" in line]


def _fill(programs: Path, file: Path, url: str) -> None:
    """Empties the schema and fills it from the file in one transaction, which is only committed when the file was read to its end."""
    with tempfile.NamedTemporaryFile("w", suffix=".list") as contents:
        listed = _run([programs / "pg_restore", "--list", file], hint="The file may be damaged.")
        contents.writelines(line for line in listed.splitlines(keepends=True) if not re.search(r" (EXTENSION|SCHEMA) - ", line))
        contents.flush()
        _pour([programs / "pg_restore", "--no-owner", "--no-comments", f"--use-list={contents.name}", "--file=-", file],
              [programs / "psql", "-X", "-q", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--dbname={url}", f"--command={_EMPTY}", "--file=-"])


def _pour(reading: list[str | Path], writing: list[str | Path]) -> None:
    """Runs two programs, the first one's output being the second one's input."""
    with tempfile.TemporaryFile() as complaints:
        source = subprocess.Popen(reading, stdout=subprocess.PIPE, stderr=complaints)  # noqa: S603 - PostgreSQL's own program
        target = subprocess.Popen(writing, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints)  # noqa: S603 - as above
        assert source.stdout is not None and target.stdin is not None, "they were asked for"
        with contextlib.suppress(BrokenPipeError):
            shutil.copyfileobj(source.stdout, target.stdin, 1 << 16)
        source.stdout.close()
        if source.wait():
            target.kill()  # before it sees the end of its input and commits
        with contextlib.suppress(BrokenPipeError):
            target.stdin.close()
        if target.wait() or source.returncode:
            complaints.seek(0)
            raise Misconfigured(f"The backup could not be restored, and nothing was changed:\n{complaints.read().decode(errors='replace').strip()[-2000:]}")


def _run(command: list[str | Path], *, hint: str) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)  # noqa: S603 - PostgreSQL's own programs
    if done.returncode:
        raise Misconfigured(f"{Path(command[0]).name} failed: {done.stderr.strip()[-2000:]}\n{hint}")
    return done.stdout
