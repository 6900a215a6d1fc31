"""Importing a folder from the command line: the same source and the same run as in the browser, in this process, and of any folder that the operator names."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from glassine.store import Tx, jobs, runs, sources
from glassine.story.sources import syncing
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.ids import OrgId, RunId, SourceId, new_id
from glassine.words.knowledge import Audience, ImportLine
from glassine.words.sources import Cadence, RunOutcome
from glassine.words.syncing import Connected, Readers
from glassine.words.work import JobKind, NewJob

OPERATOR = "glassine import"  # who begins such a run, on its line
_BEING_READ = "being_read"


async def import_folder(
    world: World, org: OrgId, folder: Path, *, source: str, report: Callable[[ImportLine], None], audience: Audience = Audience.PUBLIC, base_url: str | None = None,
    leave_out: tuple[str, ...] = (),
) -> dict[str, int]:
    """Brings a folder (or a .tar.gz or .zip of one) in, and returns how many files had which outcome; each file is reported with its outcome.

    `source` is the name that its articles belong together by. Raises Refused while imports are switched off, while another process reads the
    same source, and when the folder cannot be read.
    """
    await world.switches.admit(org, "import")
    counts: Counter[str] = Counter()

    def tell(line: ImportLine) -> None:
        counts[line.outcome] += 1
        report(line)

    settings = {"path": str(folder), "base_url": base_url or "", "exclude": "\n".join(leave_out), "audience": "internal" if audience is Audience.INTERNAL else "public"}
    run, job = await _begun(world, org, source, settings)
    world.running.add(job)
    try:
        outcome = await syncing.run(world, org, run, report=tell, roots=(str(folder.parent),))
        async with world.store.outside() as tx:
            await jobs.done(tx, job)
    finally:
        world.running.discard(job)
    if outcome is RunOutcome.FAILED:
        async with world.store.tx(org) as tx:
            raise Refused((await runs.load(tx, org, run)).reason)
    return dict(counts)


async def _begun(world: World, org: OrgId, name: str, settings: dict[str, str]) -> tuple[RunId, int]:
    """The run and its job. Where somebody reads the source already, waits until a process that was killed would be known to be dead: it is run again at once."""
    patience = time.monotonic() + jobs.SILENCE + 1
    while True:
        await _take_over(world)
        try:
            async with world.store.tx(org) as tx:
                return await _run(world, tx, org, await _source(tx, org, name, settings))
        except Refused as refused:
            if refused.code != _BEING_READ or time.monotonic() > patience:
                raise
        await asyncio.sleep(0.5)


async def _take_over(world: World) -> None:
    """Runs of processes that died are nobody's; without a worker nobody else would free them."""
    async with world.store.outside() as tx:
        if await jobs.may_sweep(tx):
            await jobs.sweep(tx)


async def _source(tx: Tx, org: OrgId, name: str, settings: dict[str, str]) -> Connected:
    """The source of this name, made if it is not there. It is read when somebody imports again, and not by itself."""
    known = await sources.by_key(tx, org, name)
    if known is None:
        fresh = {
            "name": name, "settings": settings, "secrets": None, "cadence": Cadence.MANUAL, "readers": Readers.SOURCE, "segments": (), "max_age_hours": None, "share": 30,
            "canary": "", "next_run_at": None,
        }
        return await sources.insert(tx, org, SourceId(new_id()), kind="folder", key=name, values=fresh)
    if known.kind != "folder":
        raise Refused(f"The source “{known.name}” is no folder. Rename the folder, or delete that source.", status=409)
    if dict(known.settings) == settings:
        return known
    kept = {name: getattr(known, name) for name in ("name", "secrets", "cadence", "readers", "segments", "max_age_hours", "share", "canary", "next_run_at")}
    return await sources.update(tx, org, known.id, {**kept, "settings": settings}, anew=True)


async def _run(world: World, tx: Tx, org: OrgId, source: Connected) -> tuple[RunId, int]:
    """A run and its job, claimed by this process: a fresh one, or one that was broken off and nobody has taken up."""
    run = await runs.open_run(tx, org, source.id, by=OPERATOR)
    if run is None:
        run = await runs.under_way(tx, org, source.id)
        if run is None or not await jobs.drop_waiting(tx, org, run):
            raise Refused(f"“{source.name}” is being read by another process right now. Wait until that has ended.", status=409, code=_BEING_READ)
    job = await jobs.add(tx, org, NewJob(kind=JobKind.SYNC_SOURCE, ref=run, key=f"source:{source.id}"), claimed_by=world.process)
    assert job is not None, "what is claimed has no word to be told apart by"
    return run, job
