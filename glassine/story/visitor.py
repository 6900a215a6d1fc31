"""What customers do besides writing: identify themselves, resolve, vote, rate, save the page's state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from glassine.rules.redaction import restore
from glassine.store import events, sessions
from glassine.store.live import notify
from glassine.story.masking import Mask, keep, look
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.ids import ContactId, EventId, OrgId, SessionId
from glassine.words.people import ActorKind
from glassine.words.sessions import EventType, Status


class Visitor(NamedTuple):
    """A customer on the web: `verified` when the site vouched for who they are."""

    org: OrgId
    contact: ContactId
    verified: bool


async def token_for(world: World, org: OrgId, contact: ContactId, *, verified: bool) -> str:
    """A signed token that says who the visitor is (JWT, HS256, `sub.type` = widget-contact)."""
    key = OctKey.import_key((await world.key(org)).signing("widget-contact"))
    payload = {"contact": str(contact), "organization": str(org), "verified": verified}
    claims = {"sub": json.dumps({"type": "widget-contact", "payload": payload}), "iat": int(datetime.now(UTC).timestamp())}
    return jwt.encode({"alg": "HS256"}, claims, key, algorithms=["HS256"])


async def by_token(world: World, org: OrgId, token: str) -> Visitor:
    """Raises Refused (401) for a token that is not ours, or another organisation's, or of a contact that is gone."""
    key = OctKey.import_key((await world.key(org)).signing("widget-contact"))
    try:
        who = json.loads(str(jwt.decode(token, key, algorithms=["HS256"]).claims["sub"]))["payload"]
        visitor = Visitor(OrgId(UUID(who["organization"])), ContactId(UUID(who["contact"])), bool(who["verified"]))
    except (JoseError, ValueError, KeyError, TypeError):
        raise _unknown() from None
    if visitor.org != org:
        raise _unknown()
    return visitor


def _unknown() -> Refused:
    return Refused("The contact token is not valid here. Start again without it.", status=401, code="unauthorized")


async def resolve(world: World, org: OrgId, id: SessionId) -> None:
    """The customer says that it is solved, and is asked how it went."""
    async with world.store.tx(org) as tx:
        await sessions.load(tx, org, id)
        if await sessions.close(tx, org, id, Status.CLOSED_RESOLVED):
            await events.append(tx, org, id, EventType.CLOSED_RESOLVED_BY_CONTACT, ActorKind.USER)
            await events.append(tx, org, id, EventType.CSAT_REQUESTED, ActorKind.SYSTEM)
            await notify(tx, org, id, "owner")


async def rate(world: World, org: OrgId, id: SessionId, *, score: int, feedback: str = "", event: EventId | None = None) -> None:
    """1 to 5. `event` becomes the row's id, as the widget expects."""
    if not 1 <= score <= 5:
        raise Refused("The score goes from 1 to 5.")
    mask, before = await look(world, org, id, event)
    if before:
        return
    words = await mask.text(world, feedback[:2_000])
    async with world.store.tx(org) as tx:
        await events.say(
            tx, org, id, EventType.CSAT_SUBMITTED, ActorKind.USER, id=event, actor_id=mask.session.contact, text=words.text, payload={"score": score},
            tokens=mask.stored, fresh=len(mask.fresh),
        )
        await keep(tx, mask)
        await notify(tx, org, id, "event")


async def vote(world: World, org: OrgId, id: SessionId, event: EventId, action: str) -> None:
    """`upvote` or `downvote` on a reply; the last word counts."""
    if action not in ("upvote", "downvote"):
        raise Refused("A vote is upvote or downvote.")
    async with world.store.tx(org) as tx:
        await events.vote(tx, org, id, event, action)
        await notify(tx, org, id, "event")


async def checkpoint(world: World, org: OrgId, id: SessionId, payload: Mapping[str, Any]) -> None:
    """The page's own state, masked like everything else, kept as the newest and as an event."""
    if len(json.dumps(payload)) > 20_000:
        raise Refused("The state has more than 20,000 characters.", status=413)
    mask, _ = await look(world, org, id)
    safe = await _masked(world, mask, dict(payload))
    async with world.store.tx(org) as tx:
        await sessions.checkpoint(tx, org, id, safe)
        event = await events.say(tx, org, id, EventType.STATE_CHECKPOINT, ActorKind.USER, payload={"payload": safe}, tokens=mask.stored, fresh=len(mask.fresh))
        if event is None:
            raise Refused("Somebody else is writing in this session at the same moment. Send it again.", status=409)
        await keep(tx, mask)


async def _masked(world: World, mask: Mask, value: Any) -> Any:
    """JSON with every text and every long number masked, its shape kept."""
    match value:
        case dict():
            return {(await mask.text(world, str(key))).text: await _masked(world, mask, each) for key, each in value.items()}
        case list():
            return [await _masked(world, mask, each) for each in value]
        case str():
            return (await mask.text(world, value)).text
        case bool() | None:
            return value
        case _:
            masked = (await mask.text(world, str(value))).text
            return value if masked == str(value) else masked


async def checkpoint_restored(world: World, org: OrgId, id: SessionId, tokens: Mapping[str, str]) -> Any:
    """The newest state as the page saved it, or None."""
    async with world.store.tx(org) as tx:
        row = await sessions.find(tx, org, id)
    return _restored(row["checkpoint"], tokens) if row else None


def _restored(value: Any, tokens: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {restore(key, tokens): _restored(each, tokens) for key, each in value.items()}
    if isinstance(value, list):
        return [_restored(each, tokens) for each in value]
    return restore(value, tokens) if isinstance(value, str) else value
