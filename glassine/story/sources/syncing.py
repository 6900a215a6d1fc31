"""One run over a source: what it tells becomes articles, what is gone goes, and what looks like a mistake waits for a person.

A run can be killed at any moment: each article is swapped in a transaction of its own, and the run goes on from its last checkpoint.
Nothing of what was known is lost by a run that fails.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from glassine import connect
from glassine.rules import passages, syncing
from glassine.store import DatabaseError, Tx, Unreachable, articles, jobs, runs, sources
from glassine.store.runs import Counted
from glassine.story.knowledge import learning
from glassine.story.search.finding import languages_of
from glassine.story.sources import reaching
from glassine.story.sources.bringing import Bringer
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import ArticleId, OrgId, RunId, SourceId
from glassine.words.knowledge import ImportLine
from glassine.words.sources import Asked, Checkpoint, Complete, Failed, Gone, Item, Progress, RunOutcome, Skipped, SourceFailed, Told, Unchanged
from glassine.words.syncing import Connected, PageState, Run
from glassine.words.work import JobKind, NewJob

_log = logging.getLogger(__name__)
_AT_ONCE = 2  # documents; as many as there are model threads
_TICK = 1.0  # seconds between two signs of progress
_NAMED = 200  # pages that are still there, noted together
_REMOVED = 200  # pages that go in one transaction
SCHEDULE = "schedule"  # who begins what is due
DELAYS_KEPT = timedelta(days=90)

Report = Callable[[ImportLine], None]


async def ask_for(tx: Tx, org: OrgId, source: Connected, *, by: str, world: World, only: tuple[str, ...] = ()) -> RunId | None:
    """Makes a run and its job. While one is under way none is made, and another follows it: None."""
    now = world.clock()
    run = await runs.open_run(tx, org, source.id, by=by, only=only)
    if run is None:
        await sources.set_next(tx, org, source.id, now)
        return None
    await set_next(tx, org, source, world)
    await jobs.add(tx, org, NewJob(kind=JobKind.SYNC_SOURCE, ref=run, key=f"source:{source.id}"))
    return run


async def set_next(tx: Tx, org: OrgId, source: Connected, world: World) -> None:
    """When it is read by itself again."""
    await sources.set_next(tx, org, source.id, syncing.next_run(source.cadence, world.clock(), random.random()))  # noqa: S311 - spreads runs, guards nothing


async def _put_off(tx: Tx, org: OrgId, source: Connected, begun: Run, world: World) -> None:
    """What fails again and again is asked less and less often, once a day at least. What a person asked for meanwhile stays as it is."""
    failures = await runs.failures(tx, org, source.id)
    planned = syncing.next_run(source.cadence, begun.made_at, 0)
    if planned and (later := syncing.next_run(source.cadence, world.clock(), random.random(), failures)):  # noqa: S311 - as above
        await sources.put_off(tx, org, source.id, later, planned=planned)


async def run(world: World, org: OrgId, id: RunId, *, report: Report | None = None, roots: tuple[str, ...] | None = None) -> RunOutcome | None:
    """Runs it to its end, and returns how it ended; None when it had ended before. `roots`: what the operator opens just for this run."""
    languages = await languages_of(world, org)
    made = " ".join([str(passages.VERSION), *sorted({world.embed.model(one) for one in languages})])
    async with world.store.tx(org) as tx:
        begun = await runs.begin(tx, org, id)
        source = await sources.load(tx, org, begun.source) if begun else None
        if begun and source and not begun.only and source.made != made:
            source = await sources.begin_anew(tx, org, source.id, made)
        known = await runs.known(tx, org, source.id, source.key) if source else {}
    if begun is None or source is None:
        return None
    course = Course(
        world=world, org=org, source=source, run=begun, report=report or _quiet,
        bringer=Bringer(world=world, org=org, source=source, run=begun.id, languages=languages, known=known),
        counts=Counter(begun.counts),
    )
    secrets = await reaching.secrets_of(world, source, org)
    try:
        link = reaching.link(world, org, source.kind, {**source.settings, **secrets}, source.id, roots=roots)
        await world.switches.admit(org, reaching.boundary(link))
        return await course.follow(link)
    except Unreachable:
        raise  # the database's trouble is not the source's: the job is tried again, and goes on
    except Exception as error:
        _log.warning("A run over a source of kind %s failed: %s", source.kind, type(error).__name__)
        trouble, reason = reaching.failure(error, secrets)
        return await course.end(RunOutcome.FAILED, trouble=trouble, reason=reason)


def _quiet(_: ImportLine) -> None:
    """Nobody watches."""


@dataclass(slots=True, kw_only=True)
class Course:
    """A run under way."""

    world: World
    org: OrgId
    source: Connected
    run: Run
    report: Report
    bringer: Bringer
    counts: Counter[str]
    done: int = 0
    total: int | None = None
    stopped: bool = False
    at_work: set[asyncio.Task[None]] = field(default_factory=set)
    there: list[str] = field(default_factory=list)  # named, and not noted yet
    going: dict[str, str] = field(default_factory=dict)  # told to be gone: path here -> path in the source
    hidden: list[str] = field(default_factory=list)  # of those, what is out of answers already
    left_out: dict[str, str] = field(default_factory=dict)  # of those, what is still there, and why it goes all the same

    async def follow(self, link: reaching.SourceLink) -> RunOutcome:
        """The whole course. A person's word ends it between two documents."""
        watching = asyncio.create_task(self._watch(asyncio.current_task()))
        try:
            complete = await self._consume(link, self._asked())
            if not self.run.only and complete.everything is False:
                await self._left_over(link)
            return await self._finish(complete)
        except asyncio.CancelledError:
            if not self.stopped:
                raise
            _uncancel()
            return await self.end(RunOutcome.STOPPED, reason="Somebody stopped it. What it had read is there.")
        finally:
            for task in (watching, *self.at_work):
                task.cancel()
            await asyncio.gather(watching, *self.at_work, return_exceptions=True)

    def _asked(self) -> Asked:
        """What is known counts: it was cut and embedded as it would be now."""
        markers = {page.part_of: page.marker for page in self.bringer.known.values() if page.marker and page.state is not PageState.PENDING}
        return Asked(
            since=None if self.run.only else self.source.marker, cursor=self.run.cursor, markers={} if self.run.only else markers, only=self.run.only,
        )

    async def _consume(self, link: reaching.SourceLink, asked: Asked) -> Complete:
        complete: Complete | None = None
        try:
            async for told in connect.source(self.source.kind).read(link, asked):
                if isinstance(told, Complete):
                    complete = told
                    break
                await self._hear(told)
        except SourceFailed:
            await self._drain()  # what was told before it failed is brought in to its end
            raise
        await self._drain()
        if complete is None:
            raise Refused("The source's module ended without saying that it was complete.")
        return complete

    async def _left_over(self, link: reaching.SourceLink) -> None:
        """What waits, or could not be fetched before, though it has not changed there since."""
        async with self.world.store.tx(self.org) as tx:
            paths = await runs.left_over(tx, self.org, self.source.id, self.run.id)
        if paths:
            await self._consume(link, Asked(only=tuple(paths)))

    async def _hear(self, told: Told) -> None:
        match told:
            case Item():
                await self._bring(told)
            case Unchanged():
                await self._still_there(told.path)
            case Gone():
                await self._gone(told.path)
            case Skipped():
                await self._skipped(told)
            case Failed():
                self._tell(*await self.bringer.failed(told.path, told.reason))
            case Progress():
                self.total = told.total
            case Checkpoint():
                await self._drain()
                async with self.world.store.tx(self.org) as tx:
                    await runs.checkpoint(tx, self.org, self.run.id, self._counted(), told.cursor)

    async def _still_there(self, path: str) -> None:
        """As it was: also where that is that it cannot be read, or is no knowledge."""
        self.there.append(path)
        page = next((self.bringer.known[part] for part in self.bringer.parts.get(path, ())), None)
        outcome = {PageState.ERROR: "failed", PageState.EXCLUDED: "skipped"}.get(page.state, "unchanged") if page else "unchanged"
        self._tell(ImportLine(path=path, outcome=outcome, reason=page.reason if page and outcome != "unchanged" else ""))
        if len(self.there) >= _NAMED:
            await self._note()

    async def _bring(self, item: Item) -> None:
        while len(self.at_work) >= _AT_ONCE:
            finished, _ = await asyncio.wait(self.at_work, return_when=asyncio.FIRST_COMPLETED)
            self._collect(finished)
        self.at_work.add(asyncio.create_task(self._brought(item)))

    async def _brought(self, item: Item) -> None:
        self._tell(*await self.bringer.bring(item))

    def _collect(self, finished: set[asyncio.Task[None]]) -> None:
        self.at_work -= finished
        for task in finished:
            task.result()

    async def _drain(self) -> None:
        """Everything that was told so far is done."""
        while self.at_work:
            finished, _ = await asyncio.wait(self.at_work)
            self._collect(finished)
        await self._note()

    async def _note(self) -> None:
        if self.there:
            async with self.world.store.tx(self.org) as tx:
                await runs.named(tx, self.org, self.source.id, self.run.id, self.there)
            self.there.clear()

    def _tell(self, *lines: ImportLine) -> None:
        for line in lines:
            self.counts[line.outcome] += 1
            self.done += 1
            self.report(line)

    async def _gone(self, path: str) -> None:
        """Out of answers at once, as long as not more go than may; whether it is deleted is decided at the end."""
        parts = [part for part in self.bringer.parts.get(path, ()) if part not in self.going]
        self.going.update(dict.fromkeys(parts, path))
        live = [part for part in parts if self.bringer.known[part].published]
        if live and len(self.going) <= self._allowed():
            self.hidden += live
            await self._hide(live)

    async def _skipped(self, told: Skipped) -> None:
        """What is known of it goes, as if it were gone; else the page says why nothing is known of it."""
        parts = self.bringer.parts.get(told.path, [])
        if any(self.bringer.known[part].article for part in parts):
            self.left_out.update(dict.fromkeys(parts, told.reason))
            await self._gone(told.path)
        elif self.bringer.excluded(told.path):
            self.there.append(told.path)
        else:
            await self.bringer.leave_out(told.path, told.reason)
        self._tell(ImportLine(path=told.path, outcome="skipped", reason=told.reason))

    def _allowed(self) -> int:
        return syncing.allowed(self._live(), self.source.share)

    def _live(self) -> int:
        return sum(page.article is not None for page in self.bringer.known.values())

    async def _hide(self, paths: list[str]) -> None:
        async with self.world.store.tx(self.org) as tx:
            await articles.unpublish_all(tx, self.org, [id for path in paths if (id := self.bringer.known[path].article)])
            await runs.withdraw(tx, self.org, self.source.id, paths)

    async def _finish(self, complete: Complete) -> RunOutcome:
        gone, empty = set(self.going), False
        if complete.everything and not self.run.only:
            async with self.world.store.tx(self.org) as tx:
                gone |= set(await runs.unnamed(tx, self.org, self.source.id, self.run.id))
                empty = not await runs.names_any(tx, self.org, self.source.id, self.run.id)
        mattering = [path for path in gone if (page := self.bringer.known.get(path)) and page.article]
        if syncing.suspicious(len(mattering), self._live(), self.source.share, empty=empty):
            return await self._wait(complete, sorted(mattering))
        for at in range(0, len(gone), _REMOVED):
            await self.bringer.remove(sorted(gone)[at : at + _REMOVED])
        for path in sorted(gone):
            self._tell(ImportLine(path=path, outcome="removed"))
        await self._succeed(complete)
        return await self.end(RunOutcome.DONE)

    async def _wait(self, complete: Complete, paths: list[str]) -> RunOutcome:
        """Too much would go: everything stays as it was until a person has decided."""
        async with self.world.store.tx(self.org) as tx:
            await runs.hold(tx, self.org, self.source.id, paths)
        await bring_back(self.world, self.org, self.source.id)
        await self._succeed(complete)
        reason = self._why_it_waits(paths)
        self.report(ImportLine(path=self.source.name, outcome="skipped", reason=reason))
        return await self.end(RunOutcome.WAITING, reason=reason)

    def _why_it_waits(self, paths: list[str]) -> str:
        left_out = [self.left_out[path] for path in paths if path in self.left_out]
        what = "no longer there or left out now" if left_out else "no longer there"
        still = f" {len(left_out):,} of them are still there, but left out, the first because: {left_out[0]}." if left_out else ""
        return f"{len(paths):,} of {self._live():,} pages are {what}, so none was deleted: that may be a mistake at the source or in its settings.{still} Decide whether they go or stay."

    async def _succeed(self, complete: Complete) -> None:
        async with self.world.store.tx(self.org) as tx:
            await sources.succeeded(
                tx, self.org, self.source.id, at=self.world.clock(), marker=None if self.run.only else complete.marker,
            )
            await runs.forget(tx, self.org, self.source.id, delays_before=self.world.clock() - DELAYS_KEPT)
            if self.source.withdrawn_at:
                await sources.set_withdrawn(tx, self.org, self.source.id, None)
        if self.source.withdrawn_at:
            await bring_back(self.world, self.org, self.source.id)

    async def end(self, outcome: RunOutcome, *, trouble: str = "", reason: str = "") -> RunOutcome:
        async with self.world.store.tx(self.org) as tx:
            await runs.end(tx, self.org, self.run.id, self._counted(), outcome, trouble=trouble, reason=reason)
            if outcome is RunOutcome.FAILED:
                await _put_off(tx, self.org, self.source, self.run, self.world)
        return outcome

    def _counted(self) -> Counted:
        return Counted(self.counts, self.done, self.total)

    async def _watch(self, course: asyncio.Task[RunOutcome] | asyncio.Task[None] | None) -> None:
        """Signs of progress for whoever looks, and an ear for whoever wants it to stop."""
        while course is not None:
            await asyncio.sleep(_TICK)
            with contextlib.suppress(DatabaseError):
                async with self.world.store.tx(self.org) as tx:
                    self.stopped = await runs.progress(tx, self.org, self.run.id, self._counted())
            if self.stopped:
                course.cancel()
                return


def _uncancel() -> None:
    """The cancellation was a person's word to the run, and is followed by its end."""
    if task := asyncio.current_task():
        task.uncancel()


async def bring_back(world: World, org: OrgId, source: SourceId) -> int:
    """What was out of answers for a while, and not by a person's wish, is answered from again; returns how many articles."""
    async with world.store.tx(org) as tx:
        waiting = await runs.withdrawn(tx, org, source)
    for path, article in waiting.items():
        with contextlib.suppress(NotFound):
            await learning.publish(world, org, ArticleId(article))
        async with world.store.tx(org) as tx:
            await runs.returned(tx, org, source, [path])
    return len(waiting)


async def refuse_aged(tx: Tx, org: OrgId, world: World) -> int:
    """Sources that have not been read for longer than their age limit are out of every answer, in one statement each; returns how many sources."""
    aged = await sources.aged(tx, org, world.clock())
    for source in aged:
        live = {path: page.article for path, page in (await runs.known(tx, org, source.id, source.key)).items() if page.article and page.published}
        if live:
            await articles.unpublish_all(tx, org, [id for id in live.values() if id])
            await runs.withdraw(tx, org, source.id, list(live))
        await sources.set_withdrawn(tx, org, source.id, world.clock())
    return len(aged)
