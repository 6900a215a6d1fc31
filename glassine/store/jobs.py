"""The queue: jobs are rows, made in the transaction of what they belong to, claimed by SKIP LOCKED, and given back when their process dies.

Two jobs of one key never run at once, and run in the order they were made. A job holds ids only, never text.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from glassine.store import Tx, count, one, rows
from glassine.store.statements import Statements
from glassine.words.ids import OrgId
from glassine.words.work import Job, JobKind, NewJob

_SQL = Statements(__file__)
SILENCE = 5.0  # seconds without a heartbeat after which a process counts as dead


async def add(tx: Tx, org: OrgId, job: NewJob, *, claimed_by: UUID | None = None) -> int | None:
    """Its id, or None when an equal one waits already. `claimed_by`: this process runs it itself, right after the commit."""
    values = {"org": org, "kind": job.kind, "ref": job.ref, "key": job.key, "dedupe": job.dedupe, "delay": job.delay_seconds, "owner": claimed_by}
    row = await one(tx, _SQL.add, values)
    return row["id"] if row else None


async def claim(tx: Tx, process: UUID, limit: int, kinds: Sequence[JobKind] = tuple(JobKind), keeps: Sequence[OrgId] | None = None) -> list[Job]:
    """Jobs of these kinds; others wait for a process that knows them, as while a newer version is rolled out. `keeps`: of these organisations only."""
    found = await rows(tx, _SQL.claim, {"owner": process, "limit": limit, "kinds": [kind.value for kind in kinds], "keeps": list(keeps) if keeps else None})
    return [Job(id=r["id"], org=OrgId(r["org_id"]), kind=JobKind(r["kind"]), ref=r["ref"], key=r["key"], attempts=r["attempts"], run_at=r["run_at"]) for r in found]


async def done(tx: Tx, id: int) -> None:
    await tx.execute(_SQL.done, {"id": id})


async def finish(tx: Tx, id: int, process: UUID) -> None:
    """As `done`, unless the job has been put off by its own run."""
    await tx.execute(_SQL.finish, {"id": id, "owner": process})


async def put_off(tx: Tx, id: int, until: datetime) -> None:
    """Back into the queue, to be run then."""
    await tx.execute(_SQL.put_off, {"id": id, "until": until})


async def hurry(tx: Tx, key: str) -> None:
    """What was put off is run now."""
    await tx.execute(_SQL.hurry, {"key": key})


async def retry(tx: Tx, id: int, *, delay: float, why: str) -> None:
    await tx.execute(_SQL.retry, {"id": id, "delay": delay, "why": why})


async def give_up(tx: Tx, id: int, *, why: str) -> None:
    """Keeps the row for people to see; it no longer blocks its key."""
    await tx.execute(_SQL.give_up, {"id": id, "why": why})


async def hello(tx: Tx, process: UUID, keeps: Sequence[OrgId] | None = None) -> None:
    """A sign of life; without one for SILENCE seconds, this process's jobs go to others. `keeps`: organisations whose jobs others leave alone till then."""
    await tx.execute(_SQL.hello, {"id": process, "host": platform.node(), "pid": os.getpid(), "keeps": list(keeps) if keeps else None})


async def goodbye(tx: Tx, process: UUID) -> None:
    await tx.execute(_SQL.goodbye, {"id": process})


async def may_sweep(tx: Tx) -> bool:
    """True for one transaction at a time."""
    row = await one(tx, _SQL.may_sweep, {})
    return bool(row and row["mine"])


async def sweep(tx: Tx) -> int:
    """Frees the jobs of dead processes and returns how many."""
    row = await one(tx, _SQL.sweep, {"silence": SILENCE})
    return int(row["released"]) if row else 0


async def waits(tx: Tx, org: OrgId, key: str) -> bool:
    """Whether a job of this key waits or runs."""
    return await one(tx, _SQL.waits, {"org": org, "key": key}) is not None


async def waiting(tx: Tx) -> int:
    row = await one(tx, _SQL.waiting, {})
    return int(row["n"]) if row else 0


async def organizations(tx: Tx) -> list[OrgId]:
    """Every organisation's id, for the sweeper."""
    return [OrgId(row["id"]) for row in await rows(tx, _SQL.organizations, {})]


async def release_unheld(tx: Tx, process: UUID, running: set[int]) -> None:
    """Gives back jobs that stand under this process's name although it is not at work on them."""
    await tx.execute(_SQL.release_unheld, {"owner": process, "running": list(running)})


async def drop_waiting(tx: Tx, org: OrgId, ref: UUID) -> int:
    """Removes the jobs about one thing that no process is at work on, failed ones too, and returns how many."""
    return await count(tx, _SQL.drop_waiting, {"org": org, "ref": ref})
