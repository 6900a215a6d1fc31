"""The fault matrix of handoffs: every connector against its vendor's twin and our own webhooks, every fault, a worker that is killed -9 at random; then asks
what became of each message.

The clock is moved on between tries, so that pauses of hours and a day without the helpdesk take seconds. Run with `./dev bench handoff`.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bench import scratch
from bench.handoff_desks import Desk, Found, Sink, connected, converse, decide, examine, glance, reply, unheard, waiting
from bench.handoff_worker import SECONDS, Shifted, Worker
from bench.table import Figure
from glassine import connect
from glassine.config import Settings
from glassine.story.delivery import outgoing
from glassine.story.world import World, live
from tests.helpdesk_twins import Fault, Twin, running
from tests.mail_desk_twin import MailTwin
from tests.test_helpdesks_contract import TWINS

DOWN = "down for 24 hours"
FAULTS: tuple[str, ...] = (*map(str, Fault), DOWN)
KINDS: Mapping[str, Callable[[], Twin]] = {**TWINS, "mail_desk": MailTwin}
OURS = "our webhooks"
_PARTS = ("lost", "doubled", "order", "events")
_PATIENCE = 300.0  # seconds of real time for everything to have an outcome
_DAY = 24 * 3_600.0


class Matrix:
    """The world that conversations happen in, the worker that delivers, and one organisation for each connector."""

    def __init__(self, world: World, worker: Worker, clock: Shifted, desks: Sequence[Desk], chance: random.Random) -> None:
        self.world, self.worker, self.clock, self.desks, self.chance = world, worker, clock, desks, chance
        self.kills = 0
        self.asked = 0  # a person, what to do with a message of which nobody can know whether it arrived

    async def stage(self, fault: str, conversations: int, entries: int, kills: int) -> dict[str, Found]:
        """One row: all connectors beside each other, and our endpoints of all of them."""
        self.clock.move(-self.clock.shift)  # nothing waits, so nobody misses the hours that were skipped
        for desk in self.desks:
            desk.cases.clear()
        await self._break(fault)
        watching = asyncio.create_task(self._watch())
        killing = asyncio.create_task(self._kill(kills))
        await asyncio.gather(*(converse(self.world, desk, self.chance, entries) for desk in self.desks for _ in range(conversations)))
        if fault == DOWN:
            await self._wait_a_day()
            await asyncio.gather(*(side.start() for desk in self.desks for side in (desk.twin, desk.sink)))
        await killing
        await self._settled()
        if fault == Fault.EXPIRED:
            await self._renewed()
        await self._way_back(fault)
        await self._decided()
        watching.cancel()
        found, ours = dict[str, Found](), Found()
        for desk in self.desks:
            found[desk.kind], heard = await examine(self.world, desk)
            _add(ours, heard)
        return {**found, OURS: ours}

    async def _break(self, fault: str) -> None:
        """A good third of the first requests go wrong, at the helpdesk and at our own endpoint; for a key that has expired, all of the helpdesk's. What is left
        of the fault before is none of this one's."""
        for desk in self.desks:
            for side in (desk.twin, desk.sink):
                side.slow_seconds = 2 * SECONDS
                side.faults = [] if fault == DOWN else [Fault(fault), *self._some(fault, 20)]
                if fault == DOWN:
                    await side.stop()
            if fault == Fault.EXPIRED:
                desk.twin.faults = [Fault.EXPIRED] * 10_000

    def _some(self, fault: str, many: int) -> list[Fault | None]:
        return self.chance.choices([None, Fault(fault)], weights=[6, 4], k=many)

    async def _watch(self) -> None:
        """As often as it can: no moment shall be without an owner."""
        while True:
            for desk in self.desks:
                await glance(self.world, desk)
            await asyncio.sleep(0.25)

    async def _kill(self, times: int, least: float = 2.0, most: float = 5.0) -> None:
        for _ in range(times):
            await asyncio.sleep(self.chance.uniform(least, most))
            self.worker.kill()
            self.kills += 1

    async def _wait_a_day(self) -> None:
        """In steps that leave what comes due its time."""
        end = self.clock.shift + _DAY
        while self.clock.shift < end:
            await asyncio.sleep(0.25)
            self.clock.move(min(1_800.0, end - self.clock.shift))

    async def _settled(self) -> None:
        """Until nothing waits; the clock is moved to whatever comes next."""
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while left := await waiting(self.world):
            if asyncio.get_running_loop().time() > deadline:
                print(f"  {len(left)} deliveries have no outcome after {_PATIENCE:.0f} seconds", flush=True)
                return
            ahead = (min(left) - self.clock()).total_seconds()
            if ahead > 0:
                self.clock.move(ahead + 0.01)
            await asyncio.sleep(0.1)

    async def _way_back(self, fault: str) -> None:
        """The people over there answer twice, while their side goes on failing in the same way, and the worker is killed in the middle of taking it in."""
        await self._settled()
        for _ in range(2):
            for desk in self.desks:
                desk.twin.faults = []
                await reply(self.world, desk)
        for desk in self.desks:
            desk.twin.faults = [] if fault in (DOWN, Fault.EXPIRED) else self._some(fault, 6)
        killing = asyncio.create_task(self._kill(1, 0.2, 1.5))
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while sum([await unheard(self.world, desk) for desk in self.desks]) and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - another process takes it in
            await asyncio.sleep(0.5)
        await killing
        await self._settled()

    async def _renewed(self) -> None:
        """Somebody enters a new key, and has everything tried again that was given up."""
        for desk in self.desks:
            desk.twin.faults = []
            await outgoing.retry_since(self.world, desk.owner, self.clock().replace(year=2020))
        await self._settled()


    async def _decided(self) -> None:
        """Both sides are well again by now."""
        for desk in self.desks:
            desk.twin.faults = []
            self.asked += await decide(self.world, desk)
        await self._settled()


async def matrix(seed: int, *, faults: Sequence[str] = FAULTS, kinds: Sequence[str] = (), conversations: int = 4, entries: int = 4, kills: int = 3) -> list[Figure]:
    """Every fault for every connector. Prints what is found; the figures count it."""
    chosen = {kind: make for kind, make in KINDS.items() if not kinds or kind in kinds}
    assert set(chosen) <= set(connect.helpdesks()), "a twin without its connector"
    async with _ready(chosen, random.Random(seed)) as bench:
        total, handed, table = Found(), 0, dict[str, Mapping[str, Found]]()
        for fault in faults:
            table[fault] = await bench.stage(fault, conversations, entries, kills)
            handed += sum(len(desk.cases) for desk in bench.desks)
            for kind, one in table[fault].items():
                _told(fault, kind, one)
                _add(total, one)
        _show(table)
        return _figures(seed, bench, total, handed, len(faults))


@asynccontextmanager
async def _ready(chosen: dict[str, Callable[[], Twin]], chance: random.Random) -> AsyncIterator[Matrix]:
    async with AsyncExitStack() as stack:
        url = stack.enter_context(scratch.database(None, options={"fsync": "off"}))  # it is not what dies here: ./dev bench crash kills it
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        twins = {kind: await stack.enter_async_context(running(make())) for kind, make in chosen.items()}
        sinks = {kind: await stack.enter_async_context(running(Sink())) for kind in chosen}
        mail = next((twin for twin in twins.values() if isinstance(twin, MailTwin)), None)
        settings = Settings(
            home=folder / "home", database_url=url, vendor_urls=tuple(f"{kind}={twin.url}" for kind, twin in twins.items()), visitor_rate=100_000,
            allow_private=tuple(sink.url.removeprefix("http://") for sink in sinks.values()), pool_size=20,
            smtp_url=mail.smtp_url if mail else None, mail_from="Glassine <desk@shop.example>",
        )
        clock = Shifted(folder / "clock")
        world = await stack.enter_async_context(live(settings))
        world.clock = clock
        worker = Worker(settings, folder / "clock")
        stack.callback(worker.stop)
        desks = [await connected(world, kind, twins[kind], sinks[kind]) for kind in chosen]
        worker.start()
        yield Matrix(world, worker, clock, desks, chance)


def _add(total: Found, more: Found) -> None:
    for name in _PARTS:
        getattr(total, name).extend(getattr(more, name))


def _told(fault: str, kind: str, found: Found) -> None:
    counts = {name: len(getattr(found, name)) for name in _PARTS}
    print(f"  {kind:18} {fault:36} {'  '.join(f'{name} {many}' for name, many in counts.items())}", flush=True)
    for one in (*found.lost[:3], *found.doubled[:3], *found.order[:3], *found.events[:3]):
        print(f"    {one}", flush=True)


def _show(table: Mapping[str, Mapping[str, Found]]) -> None:
    """As it stands in docs/delivery.md."""
    kinds = list(next(iter(table.values())))
    print(f"\n| fault | {' | '.join(kinds)} |\n|{'---|' * (len(kinds) + 1)}")
    for fault, found in table.items():
        cells = (", ".join(f"{len(getattr(one, name))} {name}" for name in _PARTS if getattr(one, name)) or "none" for one in found.values())
        print(f"| {fault} | {' | '.join(cells)} |", flush=True)


def _figures(seed: int, bench: Matrix, total: Found, handed: int, faults: int) -> list[Figure]:
    name = f"handoff, {len(bench.desks)} connectors and our webhooks × {faults} faults"
    return [
        Figure(what=f"{name}: kills (seed {seed})", value=bench.kills),
        Figure(what=f"{name}: conversations", value=handed),
        Figure(what=f"{name}: messages that stopped for a person", value=bench.asked),
        Figure(what=f"{name}: lost", value=len(total.lost), bar=0),
        Figure(what=f"{name}: doubled", value=len(total.doubled), bar=0),
        Figure(what=f"{name}: out of order", value=len(total.order), bar=0),
        Figure(what=f"{name}: events told more or less than once", value=len(total.events), bar=0),
        Figure(what=f"{name}: moments without an owner", value=sum(desk.ownerless for desk in bench.desks), bar=0),
        Figure(what=f"{name}: moments given up and unseen", value=sum(desk.unseen for desk in bench.desks), bar=0),
    ]  # fmt: skip
