"""Sessions, events and passages as tests of the rules need them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from glassine.words.ids import ArticleId, ContactId, EventId, PassageId, SessionId, new_id
from glassine.words.knowledge import Audience, Hit
from glassine.words.people import ActorKind
from glassine.words.sessions import AI, ChannelKind, Event, EventType, Owner, Session, Status

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SESSION = SessionId(new_id())


def session(*, owner: Owner = AI, status: Status = Status.OPEN) -> Session:
    return Session(
        id=SESSION, ticket_number=1001, contact=ContactId(new_id()), channel=ChannelKind.WEB, status=status, owner=owner, language="en", ai_closure_type=None,
        sentiment=None, summary=None, handed_off_at=None, deadline=None, last_seq=1, last_user_seq=1, settled_seq=0, verified=False, created_at=NOW, updated_at=NOW,
    )  # fmt: skip


def said(text: str, actor: ActorKind = ActorKind.USER, payload: Mapping[str, Any] | None = None, *, kind: EventType = EventType.MESSAGE) -> Event:
    return Event(
        id=EventId(new_id()), session=SESSION, seq=1, type=kind, actor=actor, actor_id=None, actor_name=None, text=text, payload=payload or {}, created_at=NOW,
    )  # fmt: skip


def hit(
    text: str, *, title: str = "Refunds", heading: str = "", url: str | None = "https://help.example/refunds", similarity: float = 0.7, best: str = "",
    audience: Audience = Audience.PUBLIC,
) -> Hit:  # fmt: skip
    return Hit(
        passage=PassageId(new_id()), article=ArticleId(new_id()), title=title, heading=heading or title, text=text, url=url, audience=audience, score=1.0,
        similarity=similarity, best_sentence=best or text.split(". ")[0],
    )  # fmt: skip
