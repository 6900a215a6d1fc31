"""Whether an answer was right, or would have been, by what customers and people did next. Pure; what does not tell counts as unknown."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from glassine.rules import claims
from glassine.words.knowledge import Hit
from glassine.words.sessions import EventType
from glassine.words.turns import Reason

_ASKED_FOR = frozenset({Reason.USER_REQUESTED_HUMAN, Reason.FRUSTRATION, Reason.LOOP, Reason.REOPENED})  # a handoff that says the answer did not help
_SAME, _OTHER = 0.6, 0.25  # shares of a person's words that stand in a passage, from which they answered by it, and below which by something else


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What came after the AI's words: the customer's vote, and the first entry of the log that tells something."""

    vote: str | None = None
    entry: str | None = None
    because: Collection[str] = ()
    said: str = ""  # by a person, masked
    reopened: bool = False


def helped(after: Next) -> bool | None:
    """Whether an answer that was given was right. The customer's own vote tells most."""
    if after.vote:
        return after.vote == "upvote"
    if after.entry == EventType.AGENT_MESSAGE:
        return False  # a person had to add or correct something
    if after.entry == EventType.HANDOFF:
        return None if _ASKED_FOR.isdisjoint(after.because) else False
    if after.entry == EventType.CLOSED_RESOLVED_BY_CONTACT:
        return not after.reopened
    return False if after.entry == EventType.SYSTEM_REOPENED_SESSION else None


def would_have_helped(after: Next, best: Hit, language: str) -> bool | None:
    """Whether the passage that was not sure enough to be quoted is what a person then answered by."""
    if after.entry != EventType.AGENT_MESSAGE:
        return None
    said = claims.claims(after.said, [("\n".join((best.title, best.heading, best.text)), best.language)], language)
    if not said:
        return None
    most = max(each.backed for each in said)
    return True if most >= _SAME else False if most < _OTHER else None
