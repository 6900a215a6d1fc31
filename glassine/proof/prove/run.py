"""The proof from beginning to end: organisations are founded, canaries sent, everything searched, the organisations removed, the report signed. Read this first.

It must leave nothing behind but its report, also when it is interrupted; and it must not call something checked that was not.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from glassine import __version__
from glassine.config import Settings
from glassine.proof.prove import course as sending
from glassine.proof.prove import places, report, stage
from glassine.proof.prove.course import Course, Own
from glassine.proof.prove.places import Machine
from glassine.proof.prove.search import Looked, Search
from glassine.proof.prove.sinks import open_sinks
from glassine.store import proofs, whole
from glassine.story.world import live
from glassine.words.errors import Refused

_SYLLABLES = ("zor", "bil", "uta", "nep", "ki", "lud", "fam", "rox", "vel", "dun", "gip", "mar")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked for. `own` starts a process of the product whose model and mail server are the recording ones; `running`: where a system
    may be at work already; `folder` takes what is caught."""

    settings: Settings
    machine: Machine
    folder: Path
    canaries: int
    seed: int
    running: str
    own: Own
    say: Callable[[str], None]


def prove(plan: Plan) -> dict[str, Any]:
    """Runs a proof. Returns the signed report, which is also kept. Raises Refused when another one is running."""
    began = time.time()
    url = plan.machine.all_rows_url
    with whole.opened(url) as database, database.alone() as alone:
        if not alone:
            raise Refused("Another proof of this database is running. Wait for it, or stop it.", status=409)
        behind = stage.clear_away(url)
        if behind:
            plan.say(f"Removed {behind} organisations that an interrupted proof had left behind")
        course, marker, first = sending.planned(plan.canaries, plan.seed), _marker(plan.seed), database.log_position()
        try:
            asyncio.run(_sent(plan, course, marker))
            search = _searched(plan, course, marker, began, first)
        finally:
            plan.say("Removing the throw-away organisations")
            left = stage.strike(url, course.orgs)
        course.trouble += [f"{count} rows of the throw-away organisations are left in {table}" for table, count in left.items()]
        document = report.made(search, course.sent, _facts(plan, course, began), blind=_blind(search, course), trouble=course.trouble)
        return asyncio.run(_kept(plan, document))


def _marker(seed: int) -> str:
    """A word that nobody has said before, and that is nothing personal."""
    return "".join(random.Random(seed + 1).choices(_SYLLABLES, k=5))  # noqa: S311 - no secret


async def _sent(plan: Plan, course: Course, marker: str) -> None:
    async with open_sinks(plan.folder) as (model, post):
        await sending.run(course, plan.settings, plan.own, model, post, marker, plan.running, plan.say)


def _searched(plan: Plan, course: Course, marker: str, began: float, first: str) -> Search:
    plan.say("Preparing the search")
    search = Search(canaries=course.canaries, markers=[marker])
    machine = plan.machine
    with whole.opened(machine.all_rows_url) as database:
        written_out, last = database.write_out(), database.log_position()
    steps: tuple[tuple[str, Callable[[], None]], ...] = (
        ("what was caught and what others may see", lambda: _caught(plan, course, search)),
        ("the tables", lambda: places.tables(search, machine.all_rows_url, course.orgs)),
        ("a backup", lambda: places.backup(search, machine)),
        ("files", lambda: places.files(search, machine, began, (first, last), written_out)),
        ("logs", lambda: places.logs(search, machine)),
    )
    for name, step in steps:
        started = time.monotonic()
        plan.say(f"Searching {name} for {search.size:,} strings")
        step()
        plan.say(f"  {time.monotonic() - started:.0f} seconds, {len({finding.canary for finding in search.findings}):,} canaries found so far")
    places.always_unchecked(search)
    return search


def _caught(plan: Plan, course: Course, search: Search) -> None:
    for name, place in CAUGHT:
        search.file(place, "every byte that came", plan.folder / name, ours=True)
    search.look(places.NOTICES, "every notice", [f"{notice}\n".encode() for notice in course.notices])
    places.caught(search, course.caught)


CAUGHT = (  # files of what was recorded
    ("model", places.MODEL), ("webhooks", places.WEBHOOKS), ("helpdesk", places.DESK), ("actions", places.ACTIONS), ("reranker", places.RERANKER), ("others", places.OTHERS), ("mail", places.MAIL),
)


def _blind(search: Search, course: Course) -> list[str]:
    """Places in which the marker must stand, because it was sent and is stored in the clear, and was not found: the search did not see what it should."""
    nothing = Looked()
    desk = any(sent.channel == "helpdesk" for sent in course.sent)  # a short proof may not come to it
    blind = [place for place in places.HOLD_MARKERS if place in search.looked and not search.looked[place].markers and (place != places.DESK or desk)]
    missing = [place for place in (places.TABLES, places.MODEL, places.VIEWER, places.NARROW) if not search.looked.get(place, nothing).things]
    return [*blind, *missing, *([places.MAIL] if not search.looked.get(places.MAIL, nothing).bytes and course.sent else [])]


def _facts(plan: Plan, course: Course, began: float) -> dict[str, Any]:
    return {
        "version": __version__, "seed": plan.seed, "began": datetime.fromtimestamp(began, UTC).isoformat(timespec="seconds"), "seconds": round(time.time() - began),
        "processes": course.processes, "requests": course.requests, "values_taken_by_an_action": course.taken, "organisations_removed": len(course.orgs),
    }


async def _kept(plan: Plan, document: dict[str, Any]) -> dict[str, Any]:
    async with live(plan.settings) as world:
        signed = world.signer.sign(document)
        async with world.store.outside() as tx:
            await proofs.keep(tx, signed, passed=bool(document["passed"]))
    return signed
