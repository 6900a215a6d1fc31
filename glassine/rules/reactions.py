"""What follows from an event: one table from event types to jobs. They are enqueued in the event's own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from glassine.words.ids import SessionId
from glassine.words.sessions import EventType
from glassine.words.work import JobKind, NewJob

REACTIONS: Mapping[EventType, tuple[JobKind, ...]] = MappingProxyType(
    {
        EventType.HANDOFF: (JobKind.NOTIFY_HANDOFF,),
        EventType.HANDOFF_OVERDUE: (JobKind.ESCALATE,),
        EventType.TEAM_ASSIGNED_BY_SYSTEM: (JobKind.NOTIFY_HANDOFF,),
        EventType.AGENT_UNASSIGNED_BY_USER: (JobKind.NOTIFY_HANDOFF,),
    }
)


def jobs_for(type: EventType, session: SessionId) -> list[NewJob]:
    """Jobs of different kinds may run side by side, so each has a key of its own."""
    return [NewJob(kind=kind, ref=session, key=f"{kind}:{session}", dedupe=f"{kind}:{session}") for kind in REACTIONS.get(type, ())]


def turn_of(session: SessionId) -> NewJob:
    """A turn for a session whose newest message nobody is at work on."""
    return NewJob(kind=JobKind.TAKE_TURN, ref=session, key=str(session), dedupe=f"turn:{session}")


def look_at(session: SessionId) -> NewJob:
    """A look at the session's tickets."""
    return NewJob(kind=JobKind.LOOK_AT_TICKET, ref=session, key=f"look:{session}", dedupe=f"look:{session}")
