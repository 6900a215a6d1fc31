"""Which training scenarios hold for a message, and how they stand among passages. Pure: similarities and the time are given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from glassine.rules.grounding import Grounded
from glassine.rules.prompt import SCENARIO
from glassine.rules.redaction import escape
from glassine.words.ids import ArticleId, PassageId, SegmentId
from glassine.words.knowledge import Audience, Hit
from glassine.words.scenarios import Fields, Met, ScenarioKind
from glassine.words.turns import Reason, Reply

LIKE = 0.65  # similarity from which a message counts as like a trigger: bench/scenarios.py
FIXED = 0.7  # and from which it may be answered in fixed words, where no model looks at it any more
MOST = 3  # that one message meets


def holds(fields: Fields, *, channel: str, segments: frozenset[SegmentId], now: datetime) -> bool:
    """Whether a scenario is for this channel, this contact and this moment."""
    if fields.channels and channel not in fields.channels:
        return False
    if fields.segments and not segments & set(fields.segments):
        return False
    return not (fields.starts_at and now < fields.starts_at) and not (fields.ends_at and now >= fields.ends_at)


def nearest(met: Iterable[Met], least: float = LIKE, most: int = MOST) -> list[Met]:
    """Those that are like the message, the likest first."""
    return sorted((one for one in met if one.score >= least), key=lambda one: (-one.score, one.id))[:most]


def fixed(met: Sequence[Met]) -> Grounded | None:
    """The answer that a scenario gives in its own words, if the likest one does."""
    first = next((one for one in met if one.kind is ScenarioKind.SPECIFIC), None)
    if first is None or not first.verbatim or first.score < FIXED:
        return None
    reply = Reply(text=escape(first.content), reasons=(Reason.ANSWERED_FROM_KNOWLEDGE,), resolves=True)
    note = f"The scenario “{first.title}” answers in its own words: the message is like “{first.trigger}” ({first.score:.2f})."
    return Grounded(reply=reply, reasons=reply.reasons, used=(first.id,), notes=(note,))


def guidance(met: Sequence[Met]) -> list[str]:
    """What always holds, in the order in which it was written."""
    return [one.content for one in met if one.kind is ScenarioKind.BEHAVIORAL]


def beside(met: Sequence[Met], hits: Sequence[Hit]) -> list[Hit]:
    """What the model may answer from: first the scenarios that the message met, then the passages that were found."""
    return [*(_hit(one) for one in met if one.kind is ScenarioKind.SPECIFIC), *hits]


def _hit(met: Met) -> Hit:
    id = UUID(met.id)
    return Hit(
        passage=PassageId(id), article=ArticleId(id), title=met.title, heading=met.title, text=escape(met.content), url=None, audience=Audience.PUBLIC, score=met.score,
        similarity=met.score, best_sentence="", scores={SCENARIO: met.score},
    )
