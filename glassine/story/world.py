"""The world a story happens in: everything it needs, wired in one place. Nothing else constructs an edge or a store."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from glassine.config import Settings
from glassine.edge.addresses import Place, places
from glassine.edge.attachments import FileReader
from glassine.edge.embed import Embedder
from glassine.edge.gate import CrossingRow, Gate
from glassine.edge.llm.remote import RemoteModel
from glassine.edge.mail import Mailer
from glassine.edge.names import Names
from glassine.edge.secrets import Master, Ring
from glassine.edge.signatures import Signer
from glassine.store import DatabaseError, Store, house, jobs, ledger
from glassine.store.live import Live
from glassine.store.nearest import Nearest
from glassine.story.boundary.switches import Switches
from glassine.story.models.metering import Meter
from glassine.story.together import Together
from glassine.words.autopilot import Rulebook
from glassine.words.ids import ArticleId, OrgId, SessionId, TurnId, new_id
from glassine.words.site import Site
from glassine.words.turns import Trace

_log = logging.getLogger(__name__)
KEY_AGE = 5.0  # seconds that a process goes on with the keys it knows: a rotation waits longer before it relies on a new one


@dataclass(slots=True, kw_only=True)
class Running:
    """A turn that this process is taking: what it has seen so far, and the step it is at."""

    id: TurnId
    session: SessionId
    trace: Trace
    began: datetime
    step: str = "decided"
    seq: int = 0  # of the customer's message that it answers
    shown: str = ""  # of the answer that is being written, as the customer's page has it; masked


@dataclass(slots=True, kw_only=True)
class World:
    """One per process. `process` is this process's name in the queue; `running` are the jobs it is at work on."""

    settings: Settings
    store: Store
    switches: Switches
    meter: Meter
    live: Live
    masters: Master
    gate: Gate
    names: Names
    embed: Embedder
    reader: FileReader
    mail: Mailer
    clock: Callable[[], datetime]
    process: UUID
    keeps: tuple[OrgId, ...] = ()  # the only organisations whose jobs this process runs, and nobody else does; usually none are kept
    running: set[int] = field(default_factory=set)
    models: dict[tuple[object, ...], RemoteModel] = field(default_factory=dict)  # by all that they are made of: what each has learnt of its server is kept
    ahead: dict[tuple[Any, ...], tuple[float, asyncio.Task[Any]]] = field(default_factory=dict)  # searches begun before they are asked for
    kept: set[tuple[OrgId, UUID]] = field(default_factory=set)  # conditions of turns that stand in the store
    sizes: dict[tuple[OrgId, tuple[int, ...]], tuple[float, int]] = field(default_factory=dict)  # when passages were counted, and how many there were
    nearest: Nearest = field(default_factory=Nearest)  # the bits of organisations' vectors
    corrections: dict[tuple[OrgId, tuple[int, ...], str, str], tuple[int, list[str]]] = field(default_factory=dict)  # what unknown words may have meant, and in which version of the knowledge base
    votes: dict[OrgId, tuple[float, dict[UUID, int]]] = field(default_factory=dict)  # when votes were counted, and what articles got
    rerank_failures: dict[tuple[OrgId, str], tuple[int, float]] = field(default_factory=dict)  # of rerankers, by address: how many in a row, and until when it is not asked
    scenarios: dict[OrgId, tuple[float, Any]] = field(default_factory=dict)  # what organisations tell beside their articles, and until when it is believed
    rulebooks: dict[OrgId, Rulebook] = field(default_factory=dict)  # how the AI is to behave, as the last turn read it
    lists: dict[tuple[OrgId, int], Any] = field(default_factory=dict)  # topics that messages are compared with, ready to be compared (story/about.py)
    read_lately: dict[tuple[str, str], tuple[float, asyncio.Task[Any]]] = field(default_factory=dict)  # what was embedded a moment ago, by model and text
    sites: dict[str, tuple[float, Site]] = field(default_factory=dict)  # help sites by the key in their address, and until when they are believed
    related: dict[tuple[Any, ...], tuple[float, tuple[ArticleId, ...]]] = field(default_factory=dict)  # which articles help pages name beside one, and until when
    actions: dict[OrgId, tuple[float, Any]] = field(default_factory=dict)  # what can be called, and until when it is believed
    tokens: dict[UUID, tuple[float, bytes, str]] = field(default_factory=dict, repr=False)  # of variables: until when it is good, for which sealed secret, and the token
    looked: dict[tuple[OrgId, SessionId], Any] = field(default_factory=dict, repr=False)  # what is known of sessions, for a second (story/masking.py)
    turning: dict[TurnId, Running] = field(default_factory=dict)  # for whoever watches
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    _keys: dict[OrgId, tuple[float, asyncio.Task[Ring]]] = field(default_factory=dict)  # and when each reading began

    @property
    def master(self) -> Ring:
        """The master key, with the former one while it is being changed."""
        return self.masters.ring

    @property
    def signer(self) -> Signer:
        """Signs what this installation hands out: certificates, packs, reports."""
        return Signer.of(self.master)

    async def key(self, org: OrgId) -> Ring:
        """The organisation's key, with the former ones while they are needed; unwrapped anew every few seconds, so that a new one becomes known."""
        began, reading = self._keys.get(org, (0.0, None))
        now = time.monotonic()
        if reading is None or now - began > KEY_AGE or (reading.done() and (reading.cancelled() or reading.exception())):
            reading = asyncio.create_task(self._read_key(org))  # many ask at the same moment, and one of them reads
            self._keys[org] = now, reading
        return await asyncio.shield(reading)

    async def _read_key(self, org: OrgId) -> Ring:
        async with self.store.tx(org) as tx:
            found = await house.keys(tx, org)
        return Ring.of([self.master.unwrap(wrapped, org, "org_keys", "wrapped", version) for version, wrapped in found])

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Runs something beside the caller, and keeps hold of it until it ends."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @contextmanager
    def watched(self, running: Running) -> Iterator[None]:
        """While it runs, a turn can be looked at."""
        self.turning[running.id] = running
        try:
            yield
        finally:
            del self.turning[running.id]

    async def rest(self, seconds: float) -> None:
        """Waits for what was started; what is not done by then is left to the queue."""
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=seconds)
            for task in late:
                task.cancel()


@asynccontextmanager
async def live(settings: Settings, *, keeps: tuple[OrgId, ...] = ()) -> AsyncIterator[World]:
    """The world as it runs: needs a migrated database at `settings.database_url`. Raises Misconfigured."""
    from glassine.story.boundary.rescan import Rescan  # looks at what leaves with all that the world knows, so it imports this file

    assert settings.database_url, "whoever starts a process sets the database's address"
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(Store(settings.database_url, size=settings.pool_size))
        async with store.outside() as tx:
            sealed_before = bool(await jobs.organizations(tx))
        masters = Master(settings.home, settings.master_key, may_create=not sealed_before)
        switches = Switches(store)
        world = World(
            settings=settings, store=store, switches=switches, meter=Meter(store, switches), masters=masters,
            live=await stack.enter_async_context(Live(settings.database_url, first=switches.hear)),
            gate=Gate(), names=Names(), embed=Embedder(), reader=FileReader(), mail=Mailer(None), clock=lambda: datetime.now(UTC), process=new_id(),
            keeps=keeps,
        )
        world.gate = Gate(allowed_private=places(settings.private_places), private_for=_purposes(settings), closed=switches.closed, scan=Rescan(world), record=_recorder(store))
        world.mail = Mailer(settings.smtp_url, sender=settings.mail_from, gate=world.gate)
        await stack.enter_async_context(contextlib.aclosing(world.gate))
        await stack.enter_async_context(_pulse(world))
        yield world
        await world.rest(10)


def _purposes(settings: Settings) -> dict[Place, frozenset[str]]:
    """What each private place is there for. What the operator has listed is there for everything."""
    found: dict[Place, frozenset[str]] = {}
    for address, purposes in settings.private_purposes:
        for place in places([address]) - places(settings.allow_private):
            found[place] = found.get(place, frozenset()) | purposes
    return found


def _recorder(store: Store) -> Callable[[CrossingRow], Coroutine[Any, Any, None]]:
    """What the gate is handed, so that it need not know the store. One event goes to many endpoints at the same moment: those rows are written together."""

    async def write(org: OrgId, some: Sequence[CrossingRow]) -> None:
        async with store.tx(org) as tx:
            await ledger.record(tx, some)

    events = Together(write)

    async def record(row: CrossingRow) -> None:
        await (events.put(row.org, row) if row.purpose == "webhook" else write(row.org, [row]))

    return record


@asynccontextmanager
async def _pulse(world: World) -> AsyncIterator[None]:
    """Signs of life while the process runs, so that its claimed jobs are not given to others."""
    async with world.store.outside() as tx:
        await jobs.hello(tx, world.process, world.keeps)
    beat = asyncio.create_task(_beat(world))
    try:
        yield
    finally:
        beat.cancel()
        with contextlib.suppress(asyncio.CancelledError, DatabaseError):
            await beat
        with contextlib.suppress(DatabaseError):
            await world.switches.write_down()
            await world.meter.write_down()
            async with world.store.outside() as tx:
                await jobs.goodbye(tx, world.process)


async def _beat(world: World) -> None:
    while True:
        await asyncio.sleep(1)
        try:
            async with world.store.outside() as tx:
                await jobs.hello(tx, world.process, world.keeps)
                await jobs.release_unheld(tx, world.process, world.running)
            await world.switches.write_down()
            await world.meter.write_down()
        except (DatabaseError, OSError, TimeoutError) as error:
            _log.warning("No sign of life could be given: %s", type(error).__name__)
