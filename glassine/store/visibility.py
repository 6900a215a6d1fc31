"""Scopes: the small numbers in search's keys that say who sees a passage. It knows who sees what; whose segment somebody is in is decided by whoever calls."""

from __future__ import annotations

from collections.abc import Sequence

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.errors import Refused
from glassine.words.ids import OrgId, SegmentId
from glassine.words.knowledge import Audience, Viewer

_SQL = Statements(__file__)

PUBLIC, INTERNAL = 0, 1  # from 2 on, sets of segments
EVERYBODY = (PUBLIC,)


async def seen_by(tx: Tx, org: OrgId, viewer: Viewer) -> tuple[int, ...]:
    """The scopes that somebody sees now. Nothing keeps them: who leaves a segment no longer sees it in the next search, in any process."""
    if viewer.team:
        return (PUBLIC, INTERNAL, *[row["number"] for row in await rows(tx, _SQL.all, {"org": org})])
    if viewer.segments:
        return (PUBLIC, *[row["number"] for row in await rows(tx, _SQL.of_segments, {"org": org, "segments": list(viewer.segments)})])
    if viewer.contact is None:
        return EVERYBODY
    return (PUBLIC, *[row["number"] for row in await rows(tx, _SQL.of_contact, {"org": org, "contact": viewer.contact})])


def as_seen(numbers: Sequence[int] | None) -> tuple[int, ...]:
    """The same, of the numbers that a row has beside the public one."""
    return (PUBLIC, *(numbers or ()))


async def scope_of(tx: Tx, org: OrgId, audience: Audience, segments: Sequence[SegmentId]) -> int:
    """The number for an audience, made when a set of segments is first used. Raises Refused for no segment, or one that is not there."""
    if audience is not Audience.SEGMENT:
        return PUBLIC if audience is Audience.PUBLIC else INTERNAL
    wanted = sorted(set(segments))
    if not wanted:
        raise Refused("Choose at least one segment that sees this, or make it internal.")
    there = await one(tx, _SQL.there, {"org": org, "segments": wanted})
    if not there or there["n"] != len(wanted):
        raise Refused("A segment that was to see this has been deleted. Choose who sees it, and save again.", status=409, code="conflict")
    row = await one(tx, _SQL.find, {"org": org, "segments": wanted}) or await one(tx, _SQL.mint, {"org": org, "segments": wanted})
    assert row is not None, "an insert returns its row"
    return int(row["number"])
