"""What an organisation's own conversations say of its thresholds: past answers with known ends, scored as they would be now. It stores nothing and changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from glassine.rules import calibration, extract, grounding, guarding, outcomes
from glassine.rules.calibration import Case, Point, Proposal
from glassine.rules.guarding import Guard
from glassine.rules.outcomes import Next
from glassine.rules.permits import require
from glassine.store import calibration as stored
from glassine.story.behaviour import autopilot
from glassine.story.inspection import recalling
from glassine.story.world import World
from glassine.words.people import Actor, Verb
from glassine.words.turns import Reason

LATELY = timedelta(days=180)
_MOST = 1_000  # turns that are looked at


class Of(StrEnum):
    """Which threshold."""

    QUOTES = "quotes"  # the confidence from which a passage is quoted without a language model
    CLAIMS = "claims"  # the share of each sentence of a model's answer that must be backed


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """`seen`: turns whose end was looked for; of those `of` cases tell something."""

    of: Of
    now: float  # the threshold in force
    seen: int
    cases: int
    held: Point  # what the one in force means
    curve: tuple[Point, ...]
    proposals: tuple[Proposal, ...]


async def calibrated(world: World, actor: Actor, of: Of = Of.QUOTES) -> Calibration:
    require(actor, Verb.READ_SESSIONS)
    async with world.store.tx(actor.org) as tx:
        found = await stored.ended(tx, actor.org, world.clock() - LATELY, _MOST)
    guard = guarding.read((await autopilot.in_force(world, actor.org)).part("guard"))
    now = guard.thresholds.answer if of is Of.QUOTES else guard.claims
    rows = [row for row in found if bool(row["by_model"]) is (of is Of.CLAIMS)]
    cases = await asyncio.to_thread(lambda: [case for row in rows if (case := _case(row, of))])  # a thousand take a second or two
    return Calibration(
        of=of, now=now, seen=len(rows), cases=len(cases), held=calibration.point(cases, now), curve=calibration.curve(cases),
        proposals=tuple(calibration.proposal(cases, allowed, now) for allowed in calibration.ALLOWED),
    )


def _case(row: Mapping[str, Any], of: Of) -> Case | None:
    """None where nothing tells whether it was right."""
    answered = Reason.ANSWERED_FROM_KNOWLEDGE in row["reasons"]
    after = Next(vote=row["vote"], entry=row["next"], because=row["because"] or (), said="" if row["gone"] else row["said"] or "", reopened=row["reopened"])
    hits, language = [recalling.hit_from(one) for one in row["hits"] or ()], row["language"]
    if of is Of.CLAIMS:
        right = outcomes.helped(after) if answered else None
        score = grounding.least_backed(row["answer"] or "", hits[: row["shown"]], language=language) if right is not None else None
        return None if right is None or score is None else Case(score, right)
    found = extract.surest(row["query"], hits, language=language)
    if found is None:
        return None
    right = outcomes.helped(after) if answered else outcomes.would_have_helped(after, found[0], (language or "en").split("-")[0])
    return None if right is None else Case(found[1], right)


def tried(guard: Guard, of: Of, least: float) -> Guard:
    """The guard with this threshold: what is offered as a choice is never surer than what is quoted."""
    if of is Of.CLAIMS:
        return replace(guard, claims=least)
    return replace(guard, thresholds=extract.Thresholds(answer=least, suggest=min(least, guard.thresholds.suggest)))


def told(cases: Sequence[Point]) -> list[dict[str, Any]]:
    """Points for programs."""
    return [{"threshold": one.least, "answered": one.answered, "of": one.of, "wrong": one.wrong, "wrong_share": round(one.risk, 4), "wrong_low": one.low, "wrong_high": one.high} for one in cases]
