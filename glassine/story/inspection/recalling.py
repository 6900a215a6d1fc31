"""A turn read back as it began: its scene, what it saw, and what is sealed of its message. It computes nothing anew and changes nothing.

Whoever calls has checked that the reader may inspect. What is opened here is masked again before anybody sees it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from glassine.edge.secrets import Key, Unreadable
from glassine.rules.redaction import restore
from glassine.store import Tx, contacts, events, sessions, turns, vault, visibility
from glassine.store.sessions import Mode
from glassine.store.vault import SealedToken
from glassine.story import handing
from glassine.story.actions import consenting
from glassine.story.behaviour import autopilot
from glassine.story.contacts import own_key
from glassine.story.masking import to_text
from glassine.story.scene import Scene
from glassine.story.turn import REMEMBERED, conversation
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.handoffs import Standing
from glassine.words.house import OrgSettings
from glassine.words.ids import ArticleId, EventId, OrgId, PassageId, SegmentId, SessionId, TurnId
from glassine.words.knowledge import Audience, Hit
from glassine.words.scenarios import Met
from glassine.words.sessions import Autopilot, Event, EventType, Owner, OwnerKind, Session, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """Everything that a turn started from and recorded."""

    id: TurnId
    row: Mapping[str, Any]
    trace: Mapping[str, Any]
    conditions: Mapping[str, Any]
    scene: Scene
    hits: tuple[Hit, ...]
    result: Event | None  # what it left in the log
    handoff: Event | None
    draft: Event | None  # the note that went with the handoff
    original: Mapping[str, Any] | None = field(repr=False)  # the message as it came: the raw text, and what was known when it was masked
    tokens: Mapping[str, str] | None = field(repr=False)  # the placeholders that there were before it

    @property
    def answer(self) -> str | None:
        """The model's words, if it was asked and answered."""
        return self.trace.get("answer")


async def recall(world: World, org: OrgId, session: SessionId, id: TurnId) -> Recalled:
    """Raises NotFound, and Refused (409) for a turn whose words have been erased, or that was taken before this was kept."""
    org_key = await world.key(org)
    async with world.store.tx(org) as tx:
        row = await turns.load(tx, org, session, id)
        _check(row)
        now = await sessions.load(tx, org, session)
        conditions = await turns.conditions(tx, org, row["conditions"])
        given, rulebook = row["trace"]["given"], await autopilot.as_then(tx, org, conditions or {})
        written = await events.recent_until(tx, org, session, given["seen"], limit=REMEMBERED)
        message = next((event for event in written if str(event.id) == row["trace"]["message"]), None)
        if conditions is None or message is None or message.redacted:
            raise _erased()
        key = await _contact_key(tx, org, org_key, now)
        sealed, held = await vault.original(tx, org, message.id), await vault.held(tx, org, session, message.seq)
        result = await events.find(tx, org, EventId(row["event_id"])) if row["event_id"] else None
        handoff = await events.handoff_before(tx, org, session, result.seq) if result and row["outcome"] == "HandOff" else None
        beside = await events.log(tx, org, session, after=handoff.seq, limit=1) if handoff else []
    return Recalled(
        id=id, row=row, trace=row["trace"], conditions=conditions, scene=replace(_scene(org, now, given, conditions, written, message), rulebook=rulebook, at=_at(given), segments=frozenset(SegmentId(UUID(one)) for one in given.get("segments", ()))),
        hits=tuple(hit_from(one) for one in row["trace"].get("hits") or []), result=result, handoff=handoff,
        draft=next((event for event in beside if event.type is EventType.AGENT_COMMENT and event.payload.get("suggestion")), None),
        original=json.loads(to_text(_opened(key, sealed, org, "originals", "sealed", message.id))) if sealed else None,
        tokens=None if held is None else _values(key, org, session, held),
    )


def _at(given: Mapping[str, Any]) -> datetime | None:
    return datetime.fromisoformat(given["at"]) if given.get("at") else None


def _check(row: Mapping[str, Any]) -> None:
    if row["redacted_at"]:
        raise _erased()
    if row["conditions"] is None:
        raise Refused("This turn was taken before Glassine kept what a replay needs. Later turns can be replayed.", status=409, code="not_kept")
    if not row["trace"].get("given"):
        raise Refused("This turn failed again and again and was given up, so there is nothing to replay.", status=409, code="not_kept")


def _erased() -> Refused:
    return Refused("What this turn read has been erased for good, so it cannot be replayed.", status=409, code="erased")


async def _contact_key(tx: Tx, org: OrgId, org_key: Key, session: Session) -> Key:
    try:
        return own_key(org_key, org, await contacts.load(tx, org, session.contact))
    except (NotFound, Unreadable):
        raise _erased() from None


def _opened(key: Key, sealed: bytes, *where: object) -> bytes:
    try:
        return key.open(sealed, *where)
    except Unreadable:
        raise _erased() from None


def _values(key: Key, org: OrgId, session: SessionId, held: list[SealedToken]) -> dict[str, str]:
    return {one.placeholder: to_text(_opened(key, one.sealed, org, "vault", "sealed", session, one.placeholder)) for one in held}


def _scene(org: OrgId, now: Session, given: Mapping[str, Any], conditions: Mapping[str, Any], written: list[Event], message: Event) -> Scene:
    """The session as it was, and the conversation as far as it went."""
    owner = Owner(kind=OwnerKind(given["owner"]))
    session = replace(
        now, status=Status(given["status"]), owner=owner, language=given["language"], last_seq=given["seen"], last_user_seq=message.seq, settled_seq=message.seq - 1,
    )
    mode = Mode(Autopilot(conditions["autopilot"]), conditions["name"], dict(conditions["settings"]), "")
    return Scene(org=org, session=session, mode=mode, settings=OrgSettings.read(conditions["settings"]), history=conversation(written), message=message, scenarios=tuple(map(Met.read, given.get("scenarios", ()))),
        calls=tuple(map(consenting.recalled, given.get("calls", ()))), standing=Standing.read(given.get("standing", {})), heard=handing.reheard(given),
        helpdesks=frozenset(map(UUID, given.get("helpdesks", ()))),
    )


def scopes(given: Mapping[str, Any]) -> tuple[int, ...]:
    """What could be seen then. Before there were segments, a search saw what everybody sees."""
    return tuple(given.get("scopes", visibility.EVERYBODY))


def hit_from(stored: Mapping[str, Any]) -> Hit:
    """A passage out of a trace."""
    ids = {"passage": PassageId(UUID(stored["passage"])), "article": ArticleId(UUID(stored["article"])), "audience": Audience(stored["audience"])}
    return Hit(**{**stored, **ids})


def raw(hit: Hit) -> Hit:
    """As it came out of the knowledge base: traces hold it among masked texts."""
    return replace(hit, text=restore(hit.text, {}), best_sentence=restore(hit.best_sentence, {}))
