"""A hole is made in each place that a proof looks at, and the proof finds it: real tables, files, log, backup, mail, pages and notices of a real product."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import smtplib
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path

import httpx2
import psycopg
import pytest
import pytest_asyncio

from glassine.commands import prove as command
from glassine.commands.postgres import Postgres
from glassine.config import Settings
from glassine.edge.addresses import places as as_places
from glassine.edge.gate import Gate
from glassine.proof.prove import places, stage
from glassine.proof.prove.canaries import draw
from glassine.proof.prove.door import Door
from glassine.proof.prove.places import Caught, Machine
from glassine.proof.prove.run import CAUGHT
from glassine.proof.prove.search import Search
from glassine.proof.prove.sinks import open_sinks
from glassine.proof.prove.stage import Stage
from glassine.store import whole
from glassine.story.world import World
from glassine.words.privacy import PiiType
from tests.running import Product
from tests.running import product as product

CARD = next(each for each in draw(200, seed=11) if each.kind.type is PiiType.CARD)


@pytest.fixture
def search() -> Search:
    return Search(canaries=[CARD], markers=["zorbilutanep"])


def places_of(search: Search) -> set[tuple[str, str]]:
    return {(found.place, found.where) for found in search.findings}


@pytest.fixture(scope="module")
def superuser_url(postgres: Postgres, settings: Settings) -> str:
    assert settings.database_url
    name = settings.database_url.rpartition("/")[2].partition("?")[0]
    return postgres.superuser_url.replace("/glassine?", f"/{name}?")


@pytest.fixture
def machine(postgres: Postgres, settings: Settings, superuser_url: str, tmp_path: Path) -> Machine:
    """What the command would hand to a proof of this test's server."""
    (tmp_path / "temporary").mkdir()
    (tmp_path / "home").mkdir()
    (tmp_path / "log").write_bytes(b"nothing yet\n")
    wal = postgres.place.folder / "data" / "pg_wal"
    reached = replace(settings, database_url=superuser_url)
    return Machine(
        home=tmp_path / "home", url=settings.database_url or "", all_rows_url=superuser_url, database=postgres.place.folder, log=tmp_path / "log", logs=(),
        scratch=tmp_path / "temporary", backup=lambda: command._backup(reached, postgres.place.programs, tmp_path),
        page_images=lambda first, last: command._page_images(postgres.place.programs, wal, tmp_path, first, last), oldest_wal=lambda: command.oldest(wal),
    )


@pytest.fixture
def since() -> float:
    """What is written from here on may hold a canary."""
    return time.time() - 1


@dataclass(frozen=True)
class Planted:
    """A connection as superuser on a table of this test's own, which is gone afterwards."""

    connection: psycopg.Connection[tuple[object, ...]]

    def run(self, statement: str, *values: object) -> None:
        self.connection.execute(statement, values)


@pytest.fixture
def planted(superuser_url: str) -> Iterator[Planted]:
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("create table hole (id int, words text, facts jsonb, raw bytea, list text[], letters varchar(200))")
        yield Planted(connection)
        connection.execute("drop table hole")
        connection.execute("checkpoint")


def filler(words: str = "lorem ipsum ") -> str:
    return words * 1_000  # enough for the server to compress


# -- tables ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("column", "value"), [
    ("words", f"a card {CARD.value} here"), ("facts", json.dumps({"deep": [{"in": CARD.value}]})), ("raw", CARD.value.encode()), ("list", ["one", f"two {CARD.value}"]),
    ("letters", CARD.value), ("words", base64.b64encode(CARD.value.encode()).decode()), ("raw", CARD.value.encode("utf-16-le")), ("words", CARD.value.encode().hex()),
    ("facts", json.dumps({f"a name {CARD.value}": 1})), ("words", CARD.value.replace(" ", "").replace("-", "")),
], ids=["text", "jsonb", "bytea", "array", "varchar", "base64", "utf-16", "hex", "a name in jsonb", "without gaps"])
def test_a_value_in_a_column_is_found_by_its_name(search: Search, machine: Machine, planted: Planted, column: str, value: object) -> None:
    planted.run(f"insert into hole (id, {column}) values (1, %s)", value)
    places.tables(search, machine.all_rows_url, [])
    assert (places.TABLES, f"hole.{column}") in places_of(search)
    assert {found.canary for found in search.findings} == {CARD.id}


@pytest.mark.parametrize("column", ["words", "raw", "facts"])
def test_a_value_that_the_server_has_compressed_is_found(search: Search, machine: Machine, planted: Planted, column: str) -> None:
    text = filler() + CARD.value + filler()
    planted.run(f"insert into hole (id, {column}) values (1, %s)", json.dumps({"a": text}) if column == "facts" else text.encode() if column == "raw" else text)
    planted.run("checkpoint")
    whole_table = b"".join(path.read_bytes() for path in files_of_table(planted, machine))
    assert CARD.value.encode() not in whole_table, "it must be compressed, or the test shows nothing"
    places.tables(search, machine.all_rows_url, [])
    assert (places.TABLES, f"hole.{column}") in places_of(search)


def files_of_table(planted: Planted, machine: Machine) -> list[Path]:
    rows = planted.connection.execute(
        "select pg_relation_filepath(oid) from pg_class where oid = 'hole'::regclass or oid = (select reltoastrelid from pg_class where oid = 'hole'::regclass)",
    ).fetchall()
    assert machine.database
    return [machine.database / "data" / str(path) for (path,) in rows]


def test_a_value_in_the_servers_own_statistics_is_found(search: Search, machine: Machine, planted: Planted) -> None:
    for number in range(20):
        planted.run("insert into hole (id, words) values (%s, %s)", number, CARD.value)
    planted.run("analyze hole")
    places.tables(search, machine.all_rows_url, [])
    assert any(where.startswith("pg_catalog.pg_statistic.") for _, where in places_of(search))


def test_a_role_that_does_not_see_all_rows_says_so(search: Search, machine: Machine) -> None:
    places.tables(search, machine.url, [])
    assert any("rows of other organisations" in line for line in search.not_checked)


# -- files ----------------------------------------------------------------------------------------------------------------------


def looked_at_files(search: Search, machine: Machine, since: float, first: str) -> set[tuple[str, str]]:
    with whole.opened(machine.all_rows_url) as database:
        assert database.write_out()
        places.files(search, machine, since, (first, database.log_position()), written_out=True)
    return places_of(search)


def position(machine: Machine) -> str:
    with whole.opened(machine.all_rows_url) as database:
        return database.log_position()


def test_a_value_in_a_data_file_and_in_the_log_ahead_is_found(search: Search, machine: Machine, planted: Planted, since: float) -> None:
    first = position(machine)
    planted.run("insert into hole (id, words) values (1, %s)", CARD.value)
    found = looked_at_files(search, machine, since, first)
    (path, *_) = files_of_table(planted, machine)
    assert machine.database
    assert (places.FILES, path.relative_to(machine.database).as_posix()) in found
    assert places.WAL in {place for place, _ in found}


def test_a_value_that_was_deleted_again_is_found_in_the_log_ahead(search: Search, machine: Machine, planted: Planted, since: float) -> None:
    first = position(machine)
    planted.run("insert into hole (id, words) values (1, 'before')")
    planted.run("insert into hole (id, words) values (2, %s)", CARD.value)
    planted.run("delete from hole")
    planted.run("vacuum full hole")
    found = {place for place, _ in looked_at_files(search, machine, since, first)}
    assert places.WAL in found
    places.tables(search, machine.all_rows_url, [])
    assert not any(place == places.TABLES for place, _ in places_of(search))


def test_a_value_in_a_packed_page_of_the_log_ahead_is_found(search: Search, machine: Machine, planted: Planted, since: float) -> None:
    for number in range(100):
        planted.run("insert into hole (id, words) values (%s, %s)", number, f"{CARD.value} and some more")
    planted.run("checkpoint")
    first = position(machine)
    planted.run("update hole set id = 1000 where id = 5")  # the first change after a checkpoint takes the whole page with it
    found = {place for place, _ in looked_at_files(search, machine, since, first)}
    assert places.PAGES_OF_WAL in found


def test_a_value_in_an_index_is_found(search: Search, machine: Machine, planted: Planted, since: float) -> None:
    first = position(machine)
    planted.run("insert into hole (id, words) values (1, %s)", CARD.value)
    planted.run("create index hole_words on hole (words)")
    found = looked_at_files(search, machine, since, first)
    row = planted.connection.execute("select pg_relation_filepath('hole_words'::regclass)").fetchone()
    assert row
    assert (places.FILES, f"data/{row[0]}") in found


@pytest.mark.parametrize(("within", "place"), [
    ("data/base/pgsql_tmp/pgsql_tmp1.0", places.TEMPORARY), ("data/pg_stat_tmp/canary", places.SERVER_LOG), ("log.1", places.SERVER_LOG),
])
def test_a_value_in_a_file_beside_the_data_is_found(search: Search, machine: Machine, since: float, within: str, place: str) -> None:
    assert machine.database
    path = machine.database / within
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"value {CARD.value}")
    try:
        assert (place, within) in looked_at_files(search, machine, since, position(machine))
    finally:
        path.unlink()


def test_a_file_that_is_older_than_the_proof_is_counted_and_left_out(search: Search, machine: Machine) -> None:
    found = looked_at_files(search, machine, time.time() + 3_600, position(machine))
    assert found == set()
    assert any("were not written since the proof began" in line for line in search.not_checked)


def test_a_database_elsewhere_is_named_as_not_checked(search: Search, machine: Machine, since: float) -> None:
    looked_at_files(search, replace(machine, database=None, page_images=None), since, position(machine))
    assert any(line.startswith("files of the database") for line in search.not_checked)


def test_a_value_in_the_home_folder_is_found(search: Search, machine: Machine, since: float) -> None:
    (machine.home / "anchors").mkdir()
    (machine.home / "anchors" / "heads.txt").write_text(CARD.value)
    assert (places.HOME, "anchors/heads.txt") in looked_at_files(search, machine, since, position(machine))


@pytest.mark.parametrize("encode", [str.encode, lambda text: base64.b64encode(b"ab" + text.encode()), lambda text: text.encode("utf-16-be"), lambda text: "".join(f"\\u{ord(c):04x}" for c in text).encode()])
def test_a_value_in_a_log_is_found(search: Search, machine: Machine, tmp_path: Path, encode: object) -> None:
    assert callable(encode)
    (tmp_path / "other.log").write_bytes(b"2026-01-01 ERROR " + encode(CARD.value) + b"\n")
    places.logs(search, replace(machine, logs=(tmp_path / "other.log",)))
    assert places_of(search) == {(places.LOG, "other.log")}


def test_a_value_in_the_products_log_and_temporary_files_is_found(search: Search, machine: Machine) -> None:
    machine.log.write_text(f"INFO said {CARD.value}")
    (machine.scratch / "upload").write_text(CARD.value)
    places.logs(search, machine)
    assert {place for place, _ in places_of(search)} == {places.LOG, places.SCRATCH}


def test_a_value_in_a_backup_is_found(search: Search, machine: Machine, planted: Planted) -> None:
    planted.run("insert into hole (id, words, raw) values (1, %s, %s)", filler() + CARD.value, b"\x00" + CARD.value.encode())
    places.backup(search, machine)
    assert {(found.place, found.encoding) for found in search.findings} == {(places.BACKUP, "plain"), (places.BACKUP, "hex")}


# -- what leaves, and what others see -------------------------------------------------------------------------------------------


async def test_a_value_in_anything_that_leaves_is_found(search: Search, tmp_path: Path) -> None:
    async with open_sinks(tmp_path) as (model, post), httpx2.AsyncClient() as client:
        prompt = {"model": "recording", "messages": [{"role": "user", "content": f"He said {CARD.value}"}]}
        answer = await client.post(f"{model.url}/chat/completions", json=prompt)
        assert answer.json()["choices"][0]["message"]["content"]
        base = f"http://127.0.0.1:{model.port}"
        for path in ("/events", "/desk/tickets", "/addresses", "/hook"):
            await client.post(f"{base}{path}", json={"text": CARD.value})
        ranked = await client.post(f"{base}/rerank", json={"query": CARD.value, "documents": ["a", "b"]})
        assert [one["index"] for one in ranked.json()["results"]] == [0, 1]
        await asyncio.to_thread(mail, post.port, f"A customer wrote: {CARD.value} …")
    for name, place in CAUGHT:
        search.file(place, "caught", tmp_path / name)
    assert {place for place, _ in places_of(search)} == {place for _, place in CAUGHT}


def mail(port: int, text: str) -> None:
    message = EmailMessage()
    message["To"], message["From"], message["Subject"] = "a@prove.invalid", "b@prove.invalid", "waits"
    message.set_content(text, cte="base64")
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.send_message(message)


async def test_a_value_in_a_notice_is_found(search: Search, machine: Machine) -> None:
    async with whole.notices(machine.url) as heard:
        with psycopg.connect(machine.url, autocommit=True) as connection:
            connection.execute("select pg_notify('glassine', %s)", (f"not json: {CARD.value}",))
        while not heard:  # noqa: ASYNC110 - what fills the list cannot set an event
            await asyncio.sleep(0.01)
    search.look(places.NOTICES, "every notice", [notice.encode() for notice in heard])
    assert places_of(search) == {(places.NOTICES, "every notice")}


@pytest_asyncio.fixture(loop_scope="session")
async def scene(world: World, settings: Settings, product: Product) -> AsyncIterator[tuple[Stage, Door]]:
    """A throw-away organisation in a running product."""
    orgs: list[object] = []
    made = await stage.found(world, model_url="", notify="nobody@prove.invalid", founded=orgs.append)
    gate = Gate(allowed_private=as_places([product.url]))
    yield made, Door(name="the product", url=product.url, gate=gate, org=made.org)
    await gate.aclose()
    assert stage.strike(settings.database_url or "", [made.org]) == {}


async def test_a_value_on_a_page_and_in_the_api_is_found(search: Search, machine: Machine, scene: tuple[Stage, Door]) -> None:
    where, door = scene
    session = str((await door.api(where.api_key, "POST", "/chat/sessions", {}))["id"])
    await door.api(where.api_key, "POST", f"/chat/sessions/{session}/send", {"message": {"text": "My zorbilutanep lamp is broken."}})
    clean = Caught()
    await places.as_others_see_it(clean, door, where, [session])
    places.caught(search, clean)
    assert search.findings == []
    assert search.looked[places.VIEWER].markers > 0
    assert search.looked[places.NARROW].markers > 0
    with psycopg.connect(machine.all_rows_url, autocommit=True) as connection:
        connection.execute("update events set text = text || %s where session_id = %s and actor_kind = 'user'", (f" {CARD.value}", session))
    holed = Caught()
    await places.as_others_see_it(holed, door, where, [session])
    places.caught(search, holed)
    assert {(places.VIEWER, "a session"), (places.NARROW, "a history")} <= places_of(search)


async def test_a_value_in_the_live_stream_is_found(search: Search, machine: Machine, scene: tuple[Stage, Door]) -> None:
    where, door = scene
    heard = Caught()
    ear = asyncio.create_task(places.listen(heard, door, where))
    while not heard.seen:  # noqa: ASYNC110 - what fills the list cannot set an event
        await asyncio.sleep(0.01)
    payload = json.dumps([str(where.org), None, f"said {CARD.value}"])
    with psycopg.connect(machine.url, autocommit=True) as connection:
        connection.execute("select pg_notify('glassine', %s)", (payload,))
    while not any(CARD.value.encode() in piece for _, _, piece in heard.seen):  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.01)
    ear.cancel()
    await asyncio.gather(ear, return_exceptions=True)
    places.caught(search, heard)
    assert places_of(search) == {(places.STREAM, "one notice after the other")}


# -- and afterwards -------------------------------------------------------------------------------------------------------------


async def test_an_interrupted_proof_is_cleared_away_by_the_next(world: World, machine: Machine) -> None:
    made = await stage.found(world, model_url="", notify="nobody@prove.invalid", founded=lambda _: None)
    with whole.opened(machine.all_rows_url) as database:
        assert database.left(made.org)
    assert stage.clear_away(machine.all_rows_url) == 1
    with whole.opened(machine.all_rows_url) as database:
        assert database.left(made.org) == {}
    assert stage.clear_away(machine.all_rows_url) == 0


async def test_removing_one_organisation_leaves_others_alone(world: World, machine: Machine) -> None:
    made = await stage.found(world, model_url="", notify="nobody@prove.invalid", founded=lambda _: None)
    kept = await stage.found(world, model_url="", notify="nobody@prove.invalid", founded=lambda _: None)
    with whole.opened(machine.all_rows_url) as database:
        before = database.left(kept.org)
        stage.strike(machine.all_rows_url, [made.org])
        assert database.left(kept.org) == before
    stage.strike(machine.all_rows_url, [kept.org])


def test_only_one_proof_runs_at_a_time(machine: Machine) -> None:
    with whole.opened(machine.all_rows_url) as first, whole.opened(machine.all_rows_url) as second, first.alone() as got_it, second.alone() as too:
        assert (got_it, too) == (True, False)
    with whole.opened(machine.all_rows_url) as third, third.alone() as again:
        assert again


def test_no_two_things_share_an_advisory_lock() -> None:
    """They are numbers that anybody may take: one taken twice makes two things wait for each other that have nothing to do with each other."""
    store = Path(whole.__file__).parent
    taken = [(path.stem, number.replace("_", "")) for path in [*store.glob("*.py"), *store.glob("*.sql")] for number in re.findall(r"\b7_?24[12]_?\d{3}\b", path.read_text())]
    assert len({number for _, number in taken}) == len(set(taken))
    assert len(taken) >= 3
