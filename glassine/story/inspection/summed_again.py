"""A summary for people computed once more: its prompt made anew from the log, and the stored answer read anew. No model is asked, and nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glassine.rules import differences, summarising
from glassine.store import events, summaries
from glassine.story.summarising import REMEMBERED, said
from glassine.story.world import World
from glassine.words.custom_fields import Wanted
from glassine.words.ids import OrgId, SessionId, TurnId
from glassine.words.replays import Step, StepName, Verdict
from glassine.words.sessions import Event
from glassine.words.summaries import Became


async def steps(world: World, org: OrgId, session: SessionId, turn: TurnId) -> list[Step]:
    """One for each summary of what this turn handed off."""
    async with world.store.tx(org) as tx:
        rows = [row for row in await summaries.all_of(tx, org, session) if row["turn_id"] == turn]
        read = [said(await events.recent_until(tx, org, session, row["seen"], limit=REMEMBERED)) for row in rows]
    return [_step(row, log) for row, log in zip(rows, read, strict=True)]


def _step(row: Mapping[str, Any], log: list[Event]) -> Step:
    trace = row["trace"]
    if row["redacted_at"]:
        return Step(name=StepName.SUMMARY, verdict=Verdict.IMPOSSIBLE, says="What it read has been erased for good.")
    fields = [Wanted.read(one) for one in trace["wanted"]]
    before = "\n\n".join(f"[{one['role']}]\n{one['content']}" for one in trace["prompt"]["messages"])
    after = "\n\n".join(f"[{one.role}]\n{one.content}" for one in summarising.asked(log, fields).messages)
    if before != after:
        return Step(name=StepName.SUMMARY, verdict=Verdict.DIFFERS, says="Today's rules ask for the summary in other words.", pieces=differences.shortened(differences.pieces(before, after)))
    if trace["answer"] is None:
        return Step(name=StepName.SUMMARY, verdict=Verdict.SAME, says="The same words would be sent. The model gave no answer then, and is not asked again.")
    found, filled = summarising.read(trace["answer"], log), summarising.filled(trace["answer"], log, fields)
    same = (found is None) == (row["outcome"] == Became.REFUSED) and (filled.fields == row["fields"] or not row["fields"])
    if not same:
        return Step(name=StepName.SUMMARY, verdict=Verdict.DIFFERS, says=f"The stored answer of {row['model']} would be read otherwise by today's rules.")
    return Step(name=StepName.SUMMARY, verdict=Verdict.SAME, says=f"The same words would be sent, and the stored answer of {row['model']} is read the same. No model is asked again.")
