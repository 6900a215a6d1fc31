"""`glassine prove`: gives a proof what only the operator has (database, files, a process of its own), prints its report, and checks a signed one offline."""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from glassine import config
from glassine.commands import backup, home, listening, place, processes
from glassine.config import Settings
from glassine.edge.signatures import Forged, verify
from glassine.proof.prove import report
from glassine.proof.prove.places import Machine
from glassine.proof.prove.run import Plan, prove
from glassine.proof.prove.sinks import Model, Post
from glassine.store import migrate
from glassine.words.errors import Misconfigured
from glassine.words.ids import OrgId

Say = Callable[[str], None]
_READY = 120.0  # seconds for the process to load its models
_READ = 1 << 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line asks for. `files`: the folder of a database that Glassine did not start; `logs`: where other processes' output goes."""

    canaries: int = 500
    seed: int | None = None
    as_json: bool = False
    output: Path | None = None
    logs: tuple[Path, ...] = ()
    files: Path | None = None
    url: str | None = None


def run(settings: Settings, options: Options, say: Say) -> int:
    """Prints the report. Returns 0 when nothing that is promised was found, 1 otherwise. Raises Misconfigured, Refused."""
    if options.canaries < 1:
        raise Misconfigured("--canaries must be 1 or more.")
    if options.output and options.output.exists():
        raise Misconfigured(f"{options.output} exists already. Choose another name, so that no report is overwritten.")
    with _database(settings, options, say) as database, _scratch() as folder:
        plan = _plan(settings, options, database, folder, say)
        signed = prove(plan)
    text = json.dumps(signed, ensure_ascii=False, indent=1)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write((text if options.as_json else report.table(signed["document"])) + "\n")
    return 0 if signed["document"]["passed"] else 1


def check(file: Path) -> int:
    """Whether a report is as it was signed; needs no installation."""
    try:
        document, fingerprint = verify(json.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}.") from None
    except (Forged, ValueError) as error:
        sys.stdout.write(f"NOT GENUINE: {error if isinstance(error, Forged) else 'this is not a signed document'}\n")
        return 1
    sys.stdout.write(f"{report.table(document)}\n\nGenuine: signed on {document.get('began', '?')} by the key {fingerprint}.\n"
                     "Compare this fingerprint with the one that the installation shows at /api/signing-key.\n")
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Database:
    url: str
    all_rows_url: str
    folder: Path | None
    programs: Path


@contextmanager
def _database(settings: Settings, options: Options, say: Say) -> Iterator[_Database]:
    """The configured database, or the embedded one: the running server's, or one started for as long as it takes."""
    if settings.database_url:
        _bring_up(settings.database_url)
        yield _Database(url=settings.database_url, all_rows_url=settings.database_url, folder=options.files, programs=settings.pg_bin or place.packaged())
        return
    with home.embedded(settings, "prove", say) as server:
        _bring_up(server.url)
        yield _Database(url=server.url, all_rows_url=server.superuser_url, folder=server.place.folder, programs=server.place.programs)


def _bring_up(url: str) -> None:
    """An empty database is filled; one of another version is left alone."""
    missing = migrate.missing(url)
    if "0001_house.sql" in missing:
        migrate.migrate(url)
    elif missing:
        raise Misconfigured(f"The database is not of this version: {', '.join(missing)} is missing. Run: glassine migrate")


@contextmanager
def _scratch() -> Iterator[Path]:
    """Where what is caught is kept for as long as it takes."""
    folder = Path(tempfile.mkdtemp(prefix="glassine-prove-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _plan(settings: Settings, options: Options, database: _Database, folder: Path, say: Say) -> Plan:
    reached = replace(settings, database_url=database.url)
    (folder / "temporary").mkdir()
    wal = next((each for name in ("data/pg_wal", "pg_wal") if database.folder and (each := database.folder / name).is_dir()), None)
    machine = Machine(
        home=settings.home, url=database.url, all_rows_url=database.all_rows_url, database=database.folder, log=folder / "log", logs=options.logs,
        scratch=folder / "temporary", backup=lambda: _backup(replace(settings, database_url=database.all_rows_url), database.programs, folder),
        page_images=(lambda first, last: _page_images(database.programs, wal, folder, first, last)) if wal else None,
        oldest_wal=(lambda: oldest(wal)) if wal else None,
    )
    return Plan(
        settings=reached, machine=machine, folder=folder, canaries=options.canaries, seed=secrets.randbelow(1 << 32) if options.seed is None else options.seed,
        running=options.url or settings.url, own=lambda orgs, model, post: _own_process(reached, orgs, model, post, folder), say=say,
    )


@asynccontextmanager
async def _own_process(settings: Settings, orgs: Sequence[OrgId], model: Model, post: Post, folder: Path) -> AsyncIterator[str]:
    """A web face and worker as `serve` runs them, with every setting as it is but these: it may reach the recording model and mail server on this
    machine, its log says everything, and it works for the throw-away organisations only, while nobody else does."""
    with listening.open_socket("127.0.0.1", 0) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        theirs = replace(
            settings, host="127.0.0.1", port=listener.getsockname()[1], public_url=None, llm_url=None, llm_model=None, llm_key=None, smtp_url=post.url,
            mail_from="prove@prove.invalid", allow_private=(*settings.allow_private, f"127.0.0.1:{model.port}"), log_level="debug", api_rate=1_000_000, visitor_rate=1_000_000,
            anchor_file=folder / "anchors", anchor_mail=None, anchor_url=None,
        )
        command = [sys.executable, "-P", "-m", "glassine", "serve", "--listener", str(listener.fileno())]
        command += [part for org in orgs for part in ("--keep", str(org))]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603, ASYNC220 - ourselves; it takes a moment, and nothing else runs yet
                command, env=config.environment(theirs) | {"TMPDIR": str(folder / "temporary"), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, pass_fds=(listener.fileno(),), start_new_session=True, preexec_fn=processes.dies_with_parent(signal.SIGTERM),
            )
    try:
        await _until_it_answers(process, theirs.port, folder / "log")
        yield address
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, 30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    async with asyncio.timeout(_READY):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                answer = await reader.read(100)
                writer.close()
                if b" 200 " in answer:
                    return
            except OSError:
                pass  # not yet
            if process.poll() is not None:
                raise Misconfigured(f"The process of the proof ended before it answered:\n{_last_words(log)}")
            await asyncio.sleep(0.2)


def _last_words(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-5:])


def _backup(settings: Settings, programs: Path, folder: Path) -> Iterator[bytes]:
    """What a restore of a backup made now would write, as text."""
    file = folder / "backup"
    backup.save(replace(settings, pg_bin=programs), file, lambda _: None)
    yield from _output([programs / "pg_restore", "--file=-", file])
    file.unlink()


def _page_images(programs: Path, wal: Path, folder: Path, first: str, last: str) -> Iterator[bytes]:
    """The copies of whole pages in the write-ahead log, unpacked by PostgreSQL's own program. Raises Misconfigured."""
    images = folder / "images"
    images.mkdir()
    command: list[str | Path] = [programs / "pg_waldump", f"--path={wal}", f"--start={first}", f"--end={last}", f"--save-fullpage={images}", "--quiet"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)  # noqa: S603 - PostgreSQL's own program
    if done.returncode:
        raise Misconfigured(f"pg_waldump failed: {done.stderr.strip()[-300:]}")
    for path in sorted(images.iterdir()):
        yield path.read_bytes()
    shutil.rmtree(images)


def oldest(wal: Path) -> str:
    """Where the oldest segment that the server still keeps begins, as PostgreSQL writes positions: two hexadecimal halves."""
    oldest = min((path for path in wal.iterdir() if re.fullmatch("[0-9A-F]{24}", path.name)), key=lambda path: path.name)
    return f"{int(oldest.name[8:16], 16):X}/{int(oldest.name[16:], 16) * oldest.stat().st_size:X}"


def _output(command: list[str | Path]) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as complaints:
        source = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=complaints)  # noqa: S603 - PostgreSQL's own program
        assert source.stdout is not None, "it was asked for"
        yield from iter(lambda: source.stdout.read(_READ), b"")  # type: ignore[union-attr]  # as above
        source.stdout.close()
        if source.wait():
            complaints.seek(0)
            raise Misconfigured(f"{Path(command[0]).name} failed: {complaints.read().decode(errors='replace').strip()[-300:]}")


