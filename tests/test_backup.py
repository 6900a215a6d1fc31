"""Backup and restore: everything comes back, all or nothing, and never the master key."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from glassine.__main__ import main
from glassine.commands import backup, home
from glassine.commands.postgres import Postgres
from glassine.config import Settings
from glassine.words.errors import Misconfigured

ORG = "11111111-1111-4111-8111-111111111111"
FILL = f"""
insert into organizations (id, name, widget_token) values ('{ORG}', 'Paper & Glass', 't');
insert into contacts (org_id, id, key, sealed) values ('{ORG}', '{ORG}', '\\x01', '\\x02');
insert into sessions (org_id, id, ticket_number, contact_id, channel) values ('{ORG}', '{ORG}', 1001, '{ORG}', 'api');
insert into events (org_id, session_id, seq, id, type, actor_kind, text) values ('{ORG}', '{ORG}', 1, '{ORG}', 'message', 'user', 'Straße [EMAIL_1]');
insert into door (kind, digest, org_id) values ('widget', '\\x03', '{ORG}');
"""
READ = "select string_agg(text, '') from events"


@pytest.fixture(scope="module")
def saved(database_url: str, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a database with one organisation in it, made as a role that sees every organisation."""
    everything = database_url.replace("glassine@", "postgres@")
    with psycopg.connect(everything) as connection:
        connection.execute(FILL)
    file = tmp_path_factory.mktemp("backup") / "all.dump"
    said: list[str] = []
    backup.save(Settings(home=file.parent, database_url=everything, pg_bin=postgres.place.programs), file, said.append)
    assert "master.key" in said[-1]
    return file


@pytest.fixture
def short_home() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="glassine-bk-"))
    made.chmod(0o711)
    yield made / "home"
    shutil.rmtree(made)


def events(superuser_url: str) -> object:
    with psycopg.connect(superuser_url) as connection:
        row = connection.execute(READ).fetchone()
    return row and row[0]


def test_into_a_new_home_with_its_shutters_closed(saved: Path, short_home: Path) -> None:
    settings = Settings(home=short_home)
    backup.restore(settings, saved, print, replace=False)
    with home.embedded(settings, "test", print) as server:
        assert events(server.superuser_url) == "Straße [EMAIL_1]"
        with psycopg.connect(server.url) as connection:
            assert connection.execute("select count(*) from events").fetchone() == (0,)  # the owner is shut out as before
            connection.execute("set role glassine_app")
            connection.execute("select set_config('glassine.org_id', %s, true)", (ORG,))
            assert connection.execute("select count(*) from events").fetchone() == (1,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("delete from events")


def test_over_data_only_when_told_to(saved: Path, database_url: str, postgres: Postgres) -> None:
    settings = Settings(home=saved.parent, database_url=database_url, pg_bin=postgres.place.programs)
    with pytest.raises(Misconfigured, match="--replace"):
        backup.restore(settings, saved, print, replace=False)
    everything = database_url.replace("glassine@", "postgres@")
    with psycopg.connect(database_url) as connection:
        connection.execute("create table later (n int)")
    with psycopg.connect(everything) as connection:
        connection.execute("update events set text = 'changed since'")
    backup.restore(settings, saved, print, replace=True)
    assert events(everything) == "Straße [EMAIL_1]"
    with psycopg.connect(everything) as connection:
        assert connection.execute("select to_regclass('later')").fetchone() == (None,)


def test_a_damaged_file_changes_nothing(saved: Path, database_url: str, postgres: Postgres, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=database_url, pg_bin=postgres.place.programs)
    damaged = tmp_path / "damaged.dump"
    whole = saved.read_bytes()
    for broken in (whole[:-2000], whole[: len(whole) // 2] + bytes(500) + whole[len(whole) // 2 + 500 :], b"no backup at all"):
        damaged.write_bytes(broken)
        with pytest.raises(Misconfigured):
            backup.restore(settings, damaged, print, replace=True)
        assert events(database_url.replace("glassine@", "postgres@")) == "Straße [EMAIL_1]"


def test_not_while_processes_are_at_work(saved: Path, database_url: str, postgres: Postgres, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=database_url, pg_bin=postgres.place.programs)
    with psycopg.connect(database_url) as connection:
        connection.execute("insert into workers (id, host, pid) values (gen_random_uuid(), 'here', 1)")
    with pytest.raises(Misconfigured, match="at work"):
        backup.restore(settings, saved, print, replace=True)
    with psycopg.connect(database_url) as connection:
        connection.execute("delete from workers")


def test_a_role_that_is_shut_in_says_so(database_url: str, postgres: Postgres, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=database_url, pg_bin=postgres.place.programs)
    with pytest.raises(Misconfigured, match="BYPASSRLS"):
        backup.save(settings, tmp_path / "a.dump", print)
    assert list(tmp_path.iterdir()) == []


def test_no_backup_is_overwritten(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", "--home", str(saved.parent), str(saved)]) == 2
    assert "exists already" in capsys.readouterr().err


def test_nothing_to_back_up(empty_database_url: str, postgres: Postgres, tmp_path: Path) -> None:
    settings = replace(Settings(home=tmp_path, database_url=empty_database_url), pg_bin=postgres.place.programs)
    with pytest.raises(Misconfigured, match="nothing to back up"):
        backup.save(settings, tmp_path / "a.dump", print)
