"""What tests share: one first start for the run, one embedded PostgreSQL per process of it, a fresh migrated database per module, and which tests need a browser."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
import pytest_asyncio
from hypothesis import settings as hypothesis_settings
from psycopg import sql

from bench.stub_model import StubModel
from glassine.commands import backup
from glassine.commands.postgres import Postgres
from glassine.config import Settings
from glassine.store.migrate import migrate
from glassine.story.world import World, live
from glassine.web.app import create_app
from tests.first_start import FirstStart
from tests.first_start import first_start as begun
from tests.running import Demo
from tests.shop import Shop, founded_shop

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_TEMPLATE = "migrated"

hypothesis_settings.register_profile("no limits on time", deadline=None)
hypothesis_settings.load_profile("no limits on time")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The same server that `glassine up` starts, in a folder of its own. Without fsync: tests do not survive power loss."""
    folder = Path(tempfile.mkdtemp(prefix="glassine-tests-"))
    folder.chmod(0o711)  # where root runs the tests, the server's account must come through
    server = Postgres(folder / "home", options={"fsync": "off"})
    try:
        server.start()
        _create(server, _TEMPLATE)
        migrate(address(server, _TEMPLATE))
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.place.folder)
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def database_url(postgres: Postgres, request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database for this module, empty unless its tests want the demo in it; the address is its owner's, as in production."""
    name = str(request.module.__name__).replace(".", "_")
    with _created(postgres, name, template=request.getfixturevalue("demo").database if _wants_demo(request) else _TEMPLATE):
        yield address(postgres, name)


@pytest.fixture(scope="module")
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home folder that belongs to this module's database."""
    folder = tmp_path_factory.mktemp("home")
    if _wants_demo(request):
        shutil.copytree(request.getfixturevalue("demo").home, folder, dirs_exist_ok=True)
    return folder


def _wants_demo(request: pytest.FixtureRequest) -> bool:
    """Whoever starts the whole product, which would make it, and who says so."""
    return hasattr(request.module, "product") or hasattr(request.module, "BEGINS_WITH_DEMO")


@pytest.fixture(scope="module")
def empty_database_url(postgres: Postgres, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database that has not been migrated."""
    name = str(request.module.__name__).replace(".", "_") + "_empty"
    with _created(postgres, name):
        yield address(postgres, name)


@pytest.fixture(scope="module")
def settings(database_url: str, home: Path, request: pytest.FixtureRequest) -> Settings:
    """As a start has them but for what a module calls SETTINGS. One that names a language model talks to the stub `model`."""
    said = dict(getattr(request.module, "SETTINGS", {}))
    if "llm_model" in said:
        said["llm_url"] = request.getfixturevalue("model").url
    return Settings(home=home, database_url=database_url, **said)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def model() -> AsyncIterator[StubModel]:
    """A language model on this machine that says what a test tells it to."""
    async with StubModel() as running:
        yield running


@pytest.fixture(scope="session")
def first_start(request: pytest.FixtureRequest) -> FirstStart:
    """What a newcomer's `glassine up` leaves. There is one in a run, whichever of its processes comes first."""
    return begun(request.config.stash[_SHARED])


@pytest.fixture(scope="session")
def demo(postgres: Postgres, first_start: FirstStart, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The same without its server: a database of this one, and a home."""
    home = tmp_path_factory.mktemp("demo")
    shutil.copytree(first_start.home, home, ignore=shutil.ignore_patterns("postgres", "lock"), dirs_exist_ok=True)
    _create(postgres, "demo", template=_TEMPLATE)
    backup.restore(Settings(home=home, database_url=address(postgres, "demo"), pg_bin=postgres.place.programs), first_start.backup, lambda _: None, replace=False)
    with psycopg.connect(address(postgres, "demo"), autocommit=True) as connection:
        connection.execute("vacuum (analyze)")
    return Demo(database="demo", home=home)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser that browser tests start; they are left out where there is none."""
    found = _browser()
    assert found, "tests that ask for it carry the mark `browser`"
    return found


def address(server: Postgres, database: str) -> str:
    """Where the owner connects to this database of the server."""
    return server.url.replace("/glassine?", f"/{database}?")


def _create(server: Postgres, name: str, template: str = "template1") -> None:
    """Files are copied as they are: through the log of changes, which is the default, it takes three times as long."""
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {} owner glassine template {} strategy file_copy").format(sql.Identifier(name), sql.Identifier(template)))
    if template == "template1":
        with psycopg.connect(server.superuser_url.replace("/glassine?", f"/{name}?"), autocommit=True) as connection:
            connection.execute("create extension if not exists vector")


@contextmanager
def _created(server: Postgres, name: str, template: str = "template1") -> Iterator[None]:
    """Dropped in the end: tests that look through all files of the server should find few."""
    _create(server, name, template)
    yield
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _browser() -> str | None:
    return next((path for path in map(shutil.which, BROWSERS) if path), None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a browser, browser tests are left out, and said to be; in CI nothing is left out, so they run and fail."""
    if hasattr(config, "workerinput"):
        _longest_first(items)
    if _browser() or os.environ.get("CI") == "true":
        return
    left_out = [item for item in items if item.get_closest_marker("browser")]
    for item in left_out:
        item.add_marker(pytest.mark.skip(reason="no chromium on this machine"))
    config.stash[_LEFT_OUT] = [item.nodeid for item in left_out]


def _longest_first(items: list[pytest.Item]) -> None:
    """Files are handed out in this order: one that takes minutes must not be begun when the others are done. What is not named goes by its number of tests."""
    sizes = Counter(item.path.stem for item in items)
    items.sort(key=lambda item: (LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST), -sizes[item.path.stem], item.path.stem))


# The first start comes first, and beside it what does without it.
LONGEST = (
    "test_setup", "test_helpdesks_contract", "test_website_hostile", "test_handoff_matrix", "test_openapi", "test_inbox_browser", "test_crash", "test_widget_for_everybody",
    "test_widget_browser", "test_actions_browser", "test_editor_browser", "test_helpdesks_browser", "test_typing_browser", "test_inspect_browser", "test_prove_holes",
    "test_rehearsals_browser", "test_website_browser", "test_deliveries_browser", "test_help", "test_data_map_browser", "test_widget_cards", "test_erased_on_disk", "test_rotating_master",
)
_LEFT_OUT = pytest.StashKey[list[str]]()
_SHARED = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """A folder that all processes of this run share: made by the one that hands out the tests, and told to the others."""
    given = getattr(config, "workerinput", {}).get("shared")
    config.stash[_SHARED] = Path(given or tempfile.mkdtemp(prefix="glassine-run-"))
    config.stash[_SHARED].chmod(0o711)  # where root runs the tests, the server's account must come through


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["shared"] = str(node.config.stash[_SHARED])


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(config.stash[_SHARED], ignore_errors=True)  # a run that was broken off may still write there


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    left_out = config.stash.get(_LEFT_OUT, [])
    if left_out:
        terminalreporter.section("left out")
        terminalreporter.line(f"{len(left_out)} tests need a browser, and this machine has no chromium (Debian: apt-get install chromium):")
        for name in left_out:
            terminalreporter.line(f"  {name}")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(settings: Settings) -> AsyncIterator[World]:
    """The real world over this module's database: real models, no language model, nothing outside."""
    async with live(settings) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(world: World) -> Shop:
    """An organisation with its owner and an API key of full access."""
    return await founded_shop(world, "Paper & Glass", "owner@paper.example")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def client(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    """Talks to the whole application, in this process."""
    transport = httpx2.ASGITransport(app=create_app(world))
    async with httpx2.AsyncClient(transport=transport, base_url="http://glassine.test", timeout=60) as made:
        yield made
