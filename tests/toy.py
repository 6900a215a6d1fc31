"""A vendor made up for tests: a module written to disk and found like any other, whose server says what it is told. `Toy` is that server's content."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

import glassine.connect
from glassine.story import worker
from glassine.story.sources import connecting, tending
from glassine.story.sources.connecting import Options
from glassine.story.world import World
from glassine.words.ids import SourceId, new_id
from glassine.words.syncing import Connected, Run
from tests.shop import Shop, founded_shop
from tests.vendors import Request, Response, Vendor, vendor

KEY = "toy-secret-0123456789"
GIVEN = {"shelf": "top", "key": KEY}
MODULE = '''"""A toy vendor."""

from __future__ import annotations

import json
from datetime import datetime

from glassine.words.channels import Connector
from glassine.words.knowledge import Audience
from glassine.words.sources import Checkpoint, Complete, Failed, Field, FieldKind, Gone, Item, Progress, Skipped, SourceFailed, Trouble, Unchanged


class Toys:
    fields = (
        Field(name="shelf", title="Shelf", help="Which shelf of toys is read."),
        Field(name="key", title="Key", kind=FieldKind.SECRET),
        Field(name="worn", title="Worn toys too", kind=FieldKind.SWITCH, required=False, default="yes"),
    )

    async def check(self, link):
        found = await self._ask(link, "/check")
        return f"There are {len(found)} toys."

    def hosts(self, settings):
        return ("other-toys.example",) if settings.get("shelf") == "elsewhere" else ("toys.example",)

    async def read(self, link, asked):
        after = (asked.cursor or {}).get("after", -1)
        told = await self._ask(link, "/only" if asked.only else "/changes" if asked.since else "/all")
        for at, one in enumerate(told):
            if at <= after or (asked.only and one["path"] not in asked.only):
                continue
            yield Progress(done=at, total=len(told))
            yield await self._one(link, one, asked)
            yield Checkpoint(cursor={"after": at})
        yield Complete(marker={"seen": len(told)}, everything=not asked.since and not asked.only)

    async def _one(self, link, one, asked):
        if one["what"] != "item":
            kind = {"gone": Gone, "skipped": Skipped, "failed": Failed}[one["what"]]
            return kind(path=one["path"], reason="as the toy says")
        if asked.markers.get(one["path"]) == one["marker"]:
            return Unchanged(path=one["path"])
        body = await link.request("GET", link.base("https://toys.example") + "/toy/" + one["path"], headers={"Authorization": link.settings["key"]}, max_bytes=20_000_000)
        return Item(
            path=one["path"], title=one["title"], content=body.body, media_type=one["media_type"], url="https://toys.example/" + one["path"],
            audience=Audience(one["audience"]), marker=one["marker"], updated_at=datetime.fromisoformat(one["at"]) if one["at"] else None, trail=tuple(one["trail"]),
        )

    async def _ask(self, link, path):
        answer = await link.request("GET", link.base("https://toys.example") + path, headers={"Authorization": link.settings["key"]})
        try:
            return json.loads(answer.body)
        except ValueError:
            raise SourceFailed(Trouble.MALFORMED, "The toys answered nonsense.") from None


connector = Connector(name="toys", title="Toys", hosts=("toys.example",), source=Toys())
'''


@dataclass(slots=True)
class Toy:
    """What the vendor has. `all` and `changes` are what it lists; `bodies` by path; `broken_after`: its key is refused after so many bodies."""

    listed: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    bodies: dict[str, bytes] = field(default_factory=dict)
    key: str = KEY
    broken_after: int | None = None
    fetched: list[str] = field(default_factory=list)
    server: Vendor | None = None

    def put(self, path: str, text: str | bytes, *, marker: str = "1", media_type: str = "text/markdown", audience: str = "public", at: str = "", title: str = "", trail: tuple[str, ...] = ()) -> None:
        told = {"what": "item", "path": path, "title": title or path.title(), "marker": marker, "media_type": media_type, "audience": audience, "at": at, "trail": trail}
        self.listed = sorted([*(one for one in self.listed if one["path"] != path), told], key=lambda one: one["path"])
        self.bodies[path] = text if isinstance(text, bytes) else text.encode()

    def take(self, *paths: str) -> None:
        self.listed = [one for one in self.listed if one["path"] not in paths]

    def answer(self, request: Request) -> Response:
        refused = self.broken_after is not None and len(self.fetched) >= self.broken_after
        if request.headers.get("authorization") != self.key or refused:
            return Response(status=401)
        if request.target.startswith("/toy/"):
            self.fetched.append(path := request.target.removeprefix("/toy/"))
            return Response(body=self.bodies[path])
        return Response(body=json.dumps(self.changes if request.target == "/changes" else self.listed).encode())


@contextmanager
def module(folder: Path) -> Iterator[None]:
    """The vendor's module, as if somebody had added this one file."""
    folder.mkdir(exist_ok=True)
    (folder / "toys.py").write_text(MODULE)
    glassine.connect.__path__.append(str(folder))
    try:
        yield
    finally:
        glassine.connect.__path__.remove(str(folder))
        sys.modules.pop("glassine.connect.toys", None)


@asynccontextmanager
async def toys(world: World) -> AsyncIterator[Toy]:
    """A vendor on this machine, at an address that the operator set."""
    made = Toy()
    async with vendor(made.answer) as server:
        made.server = server
        before, book = world.settings, world.gate._book._allowed
        world.settings = replace(before, vendor_urls=(f"toys={server.url}",))
        world.gate._book._allowed = book | {("127.0.0.1", int(server.url.rpartition(":")[2]))}
        try:
            yield made
        finally:
            world.settings, world.gate._book._allowed = before, book


async def settled(world: World) -> None:
    """Runs every job that waits, as a worker would."""
    while found := await worker._claim(world, 8):
        world.running.update(job.id for job in found)
        for job in found:
            await worker._run_one(world, job)


async def connected(world: World, zoo: Shop, **options: object) -> Connected:
    made, _ = await connecting.create(world, zoo.owner, "toys", GIVEN, Options(name="Toys", **options))  # type: ignore[arg-type]  # any of its fields
    await settled(world)
    return made


async def last(world: World, zoo: Shop, id: SourceId) -> Run:
    return (await tending.history(world, zoo.owner, id))[0]


async def again(world: World, zoo: Shop, id: SourceId) -> Run:
    await tending.sync_now(world, zoo.owner, id)
    await settled(world)
    return await last(world, zoo, id)


@pytest.fixture(scope="module", autouse=True)
def toy_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with module(tmp_path_factory.mktemp("toys")):
        yield


@pytest_asyncio.fixture(loop_scope="session")
async def zoo(world: World) -> Shop:
    return await founded_shop(world, "Zoo", f"owner@{new_id()}.example")


@pytest_asyncio.fixture(loop_scope="session")
async def toy(world: World) -> AsyncIterator[Toy]:
    async with toys(world) as made:
        for name in ("ants", "bees", "cats", "dogs"):
            made.put(name, f"# {name.title()}\n\nAll {name} live in house number {len(name)}{ord(name[0])}.")
        yield made
