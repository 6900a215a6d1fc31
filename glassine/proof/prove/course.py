"""The sending half of a proof: stages are set, every canary goes in by its way, and what others see meanwhile is caught. It searches nothing."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from glassine.config import Settings
from glassine.edge.addresses import places as as_places
from glassine.edge.gate import Gate
from glassine.proof.prove import known, places, stage
from glassine.proof.prove.canaries import Canary, Drawer
from glassine.proof.prove.door import Door, Unexpected
from glassine.proof.prove.kinds import KINDS, Guarantee
from glassine.proof.prove.known import Person
from glassine.proof.prove.places import Caught
from glassine.proof.prove.report import Sent
from glassine.proof.prove.sinks import Model, Post
from glassine.proof.prove.stage import Stage
from glassine.proof.prove.ways import CALL, MODEL, RERANK, WAYS, WEBHOOK, Talk, Way
from glassine.store import whole
from glassine.story.world import World, live
from glassine.words.ids import OrgId

Say = Callable[[str], None]
Own = Callable[[Sequence[OrgId], Model, Post], AbstractAsyncContextManager[str]]  # a process of the product for these organisations; gives its address
_AT_ONCE = 3  # customers at each door
_KNOWN = 10  # one canary in so many is a known contact's own value
_SETTLED = 90.0  # seconds that the last turns and notices are waited for
NOTIFIED = "handoffs@prove.invalid"


@dataclass(frozen=True, slots=True)
class Act:
    """Canaries that go in together by one way."""

    way: Way
    canaries: tuple[Canary, ...]


@dataclass(slots=True, kw_only=True)
class Course:
    """What has happened. `orgs` must be removed, whatever happens."""

    canaries: list[Canary] = field(default_factory=list)
    acts: dict[bool, list[Act]] = field(default_factory=lambda: {True: [], False: []})  # by whether a model answers
    orgs: list[OrgId] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    processes: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    caught: Caught = field(default_factory=Caught)
    sessions: dict[OrgId, list[str]] = field(default_factory=dict)
    requests: int = 0
    taken: int = 0  # values that came where an action takes them


def planned(count: int, seed: int) -> Course:
    """Which canaries there are, and by which way each goes: in turns, so that every kind meets every way before one repeats."""
    drawer, course = Drawer(seed), Course()
    persons = known.draw(drawer, max(1, count // _KNOWN // 3), seed)
    free = list(drawer.draw(max(0, count - 3 * len(persons)), KINDS))
    course.canaries = [*(canary for person in persons for canary in person.canaries), *free]
    for turn, act in enumerate([*_of_contacts(persons), *_dealt([canary for canary in free if not canary.blank])]):
        course.acts[act.way.needs_model or turn % 2 == 0].append(act)
    return course


def _of_contacts(persons: Sequence[Person]) -> Iterator[Act]:
    for turn, person in enumerate(persons):
        yield Act(known.ways(person, turn=turn // 2), person.canaries)


def _dealt(canaries: Iterable[Canary]) -> Iterator[Act]:
    """Deals canaries to the ways, in turns. One that a format cannot hold waits for the next way."""
    waiting, turn = deque(canaries), 0
    while waiting:
        if turn % len(WAYS) == 0:
            waiting.rotate(-1)  # or the same kinds would come to the same ways whenever their numbers have a divisor in common
        way, taken, back = WAYS[turn % len(WAYS)], list[Canary](), list[Canary]()
        turn += 1
        while waiting and len(taken) < way.holds:
            canary = waiting.popleft()
            fits = (not way.plain or _latin(canary.text)) and not (way.needs_model and canary.guarantee is Guarantee.FREE)
            (taken if fits else back).append(canary)
        waiting.extendleft(reversed(back))
        if taken:
            yield Act(way, tuple(taken))


def _latin(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


async def run(course: Course, settings: Settings, own: Own, model: Model, post: Post, marker: str, running: str, say: Say) -> None:
    """Sets the stages, sends everything, and catches what others see. What it founded stands in `course.orgs` from the first moment on."""
    assert settings.database_url
    async with live(settings) as world, whole.notices(settings.database_url) as course.notices:
        stages = [await _founded(world, course, model_url) for model_url in (model.url, "")]
        async with own(course.orgs, model, post) as address, _gate(address, running) as gate:
            own_door = Door(name="a process of its own", url=address, gate=gate, org=stages[0].org)
            other = Door(name="the running system", url=running, gate=gate, org=stages[1].org)
            await stage.with_an_action(own_door, stages[0], model)
            await stage.with_an_endpoint(own_door, stages[0], model)
            await stage.with_a_reranker(own_door, stages[0], model)
            doors = [own_door, other if await _may_be_used(course, other, stages[1]) else own_door]
            course.processes = list(dict.fromkeys(f"{door.name}, at {door.url}" for door in doors))
            say(f"Sending {sum(not c.blank for c in course.canaries):,} canaries through {' and '.join(course.processes)}")
            ears = [asyncio.create_task(places.listen(course.caught, door, each)) for door, each in zip(doors, stages, strict=True)]
            await _sent(course, list(zip(stages, doors, strict=True)), model, marker, say)
            await _settled(course, settings.database_url, say)
            for each, door in zip(stages, doors, strict=True):
                await _seen_by_others(course, door, each)
                await places.ledger(course.caught, world, each)
            for ear in ears:
                ear.cancel()
            await asyncio.gather(*ears, return_exceptions=True)
            course.taken = model.taken
            if not model.taken and any(sent.direction == CALL for sent in course.sent):
                course.trouble.append("no action was called with the value that it takes, though customers gave one")
            if not model.webhooks.count:
                course.trouble.append("no endpoint heard of anything, though customers wrote")
            course.requests = sum(door.asked for door in {id(door): door for door in doors}.values())


async def _may_be_used(course: Course, door: Door, where: Stage) -> bool:
    """Whether a system runs there, serves this database, and answers without a model that would be asked in earnest."""
    if not door.url or not await places.answers_for(door, where):
        return False
    if await places.has_a_model_of_its_own(door, where):
        course.caught.not_checked.append(f"the system at {door.url}: it would send the proof's messages to the language model of all organisations")
        return False
    return True


async def _founded(world: World, course: Course, model_url: str) -> Stage:
    """Known to the course as soon as it is there: whoever interrupts must not leave it behind."""
    made = await asyncio.shield(stage.found(world, model_url=model_url, notify=NOTIFIED, founded=course.orgs.append))
    course.sessions[made.org] = []
    return made


@asynccontextmanager
async def _gate(*urls: str) -> AsyncIterator[Gate]:
    async with contextlib.aclosing(Gate(allowed_private=as_places([url for url in urls if url]))) as gate:
        yield gate


async def _sent(course: Course, scenes: Sequence[tuple[Stage, Door]], model: Model, marker: str, say: Say) -> None:
    """Several customers at each door take act after act."""
    total, last = sum(map(len, course.acts.values())), [time.monotonic()]

    async def customer(where: Stage, door: Door, acts: deque[Act]) -> None:
        talk = Talk(door=door, stage=where, model=model, marker=marker, sessions=course.sessions[where.org])
        while acts:
            await _acted(course, talk, acts.popleft())
            if time.monotonic() - last[0] > 5:
                last[0] = time.monotonic()
                say(f"  {total - sum(map(len, queues.values())):,} of {total:,} acts, {len(course.sent):,} canaries sent")

    queues = {where.with_model: deque(course.acts[where.with_model]) for where, _ in scenes}
    async with asyncio.TaskGroup() as group:
        for where, door in scenes:
            for _ in range(_AT_ONCE):
                group.create_task(customer(where, door, queues[where.with_model]))


async def _acted(course: Course, talk: Talk, act: Act) -> None:
    try:
        await act.way.send(talk, act.canaries)
    except (Unexpected, ConnectionError, TimeoutError) as error:
        if len(course.trouble) < 20:
            course.trouble.append(f"{act.way.channel}, {act.way.format}: {error or type(error).__name__}")
        return
    answered = "answered by a model" if talk.stage.with_model else "answered by quoting"
    for canary in act.canaries:
        course.sent.append(Sent(canary=canary.id, channel=act.way.channel, direction=act.way.direction, format=f"{act.way.format}, {answered}"))
        further = ((MODEL, act.way.seen_by_model), (RERANK, act.way.searched_with), (WEBHOOK, act.way.told)) if talk.stage.with_model else ()
        course.sent += [Sent(canary=canary.id, channel=act.way.channel, direction=direction, format=act.way.format) for direction, goes in further if goes]


async def _settled(course: Course, url: str, say: Say) -> None:
    """Waits until the last turn has been taken and the last notice sent."""
    deadline = time.monotonic() + _SETTLED
    while waiting := await asyncio.to_thread(_jobs, url, course.orgs):
        if time.monotonic() > deadline:
            course.trouble.append(f"{waiting} jobs were still waiting after {_SETTLED:.0f} seconds")
            return
        say(f"  waiting for the last {waiting} jobs")
        await asyncio.sleep(0.5)


def _jobs(url: str, orgs: Sequence[OrgId]) -> int:
    with whole.opened(url) as database:
        return database.jobs(orgs)


async def _seen_by_others(course: Course, door: Door, where: Stage) -> None:
    try:
        await places.as_others_see_it(course.caught, door, where, course.sessions[where.org])
    except (Unexpected, ConnectionError, TimeoutError) as error:
        course.trouble.append(f"what others see: {error or type(error).__name__}")
