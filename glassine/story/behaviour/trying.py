"""What the AI would do with a message that nobody sent: a scene of a made-up customer, decided by the rules in force or by others. Nothing of it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from glassine.rules import autopilot as rules
from glassine.rules.permits import require
from glassine.store import autopilot, sessions
from glassine.story import handing, terms
from glassine.story.privacy import previewing
from glassine.story.scene import Scene
from glassine.story.world import World
from glassine.words.autopilot import Rulebook, Scored
from glassine.words.errors import Refused
from glassine.words.house import OrgSettings
from glassine.words.ids import ContactId, EventId, SegmentId, SessionId, new_id
from glassine.words.people import Actor, ActorKind, Verb
from glassine.words.sessions import AI, ChannelKind, Event, EventType, Session, Status
from glassine.words.turns import Reason

LONGEST = 4_000  # letters of a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Whoever seems to write: on which channel, in which language (None: found out), and in which segments."""

    channel: ChannelKind = ChannelKind.WEB
    language: str | None = None
    segments: tuple[SegmentId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What the rules decide, why, and which topics the message is about, the surest first."""

    kind: rules.Kind
    reasons: tuple[Reason, ...]
    about: tuple[Scored, ...]
    version: int  # of the rulebook


async def preview(world: World, actor: Actor, customer: Customer, text: str) -> Preview:
    """The decision on a first message. Raises Refused: (400), (403), (413)."""
    require(actor, Verb.READ_SESSIONS)
    if not text.strip():
        raise Refused("Give a text that a customer would write.")
    masked = (await previewing.preview(world, actor.org, text, customer.channel)).text
    made = await terms.applied(world, await scene(world, actor, customer, [said(ActorKind.USER, masked)]))
    decision = handing.decision(made)
    return Preview(kind=decision.kind, reasons=decision.reasons, about=made.about, version=made.rulebook.number)


def said(actor: ActorKind, text: str) -> Event:
    """One message of a conversation that is not stored. `text` is masked."""
    return Event(
        id=EventId(new_id()), session=SessionId(new_id()), seq=0, type=EventType.MESSAGE, actor=actor, actor_id=None, actor_name=None, text=text[:LONGEST], payload={}, created_at=datetime.now(UTC),
    )


async def scene(world: World, actor: Actor, customer: Customer, conversation: Sequence[Event], rulebook: Rulebook | None = None) -> Scene:
    """A session that the AI owns and that any rollout includes, after these messages; the last is the customer's."""
    async with world.store.tx(actor.org) as tx:
        mode = await sessions.mode(tx, actor.org, customer.channel)
        book = rulebook or await autopilot.newest(tx, actor.org)
    id, now, settings = _included(), world.clock(), OrgSettings.read(mode.settings)
    history = tuple(replace(event, session=id, seq=number, created_at=now) for number, event in enumerate(conversation, 1))
    session = Session(
        id=id, ticket_number=0, contact=ContactId(new_id()), channel=customer.channel, status=Status.OPEN, owner=AI, language=customer.language, ai_closure_type=None, sentiment=None,
        summary=None, handed_off_at=None, deadline=None, last_seq=len(history), last_user_seq=len(history), settled_seq=len(history) - 1, verified=False, created_at=now, updated_at=now,
    )
    return Scene(
        org=actor.org, session=session, mode=mode, settings=settings, rulebook=book, at=now if book.part("hours") else None, history=history, message=history[-1], segments=frozenset(customer.segments),
    )


def _included() -> SessionId:
    """An id that even the smallest share holds."""
    return next(id for id in iter(lambda: SessionId(new_id()), None) if rules.place(id) == 1)
