"""What customers do besides writing: identify themselves, resolve, vote, rate, save the page's state."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from glassine.rules.redaction import restore
from glassine.store import contacts, events, sessions
from glassine.store.live import notify
from glassine.story.inbound import LONGEST
from glassine.story.masking import Mask, say, shortened, write
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import ContactId, EventId, OrgId, SessionId
from glassine.words.people import ActorKind
from glassine.words.sessions import Event, EventType, Status

_MOST_LEAVES = 200


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
    try:
        who = json.loads(str(_claims(token, (await world.key(org)).signings("widget-contact"))["sub"]))["payload"]
        visitor = Visitor(OrgId(UUID(who["organization"])), ContactId(UUID(who["contact"])), bool(who["verified"]))
    except (JoseError, ValueError, KeyError, TypeError):
        raise _unknown() from None
    if visitor.org != org or not await _is_here(world, visitor):
        raise _unknown()
    return visitor


def _claims(token: str, keys: Sequence[bytes]) -> Mapping[str, Any]:
    """What a token says that one of these keys has signed. Raises what its library raises for one that none has."""
    for key in keys[:-1]:
        with contextlib.suppress(JoseError, ValueError):
            return jwt.decode(token, OctKey.import_key(key), algorithms=["HS256"]).claims
    return jwt.decode(token, OctKey.import_key(keys[-1]), algorithms=["HS256"]).claims


async def _is_here(world: World, visitor: Visitor) -> bool:
    async with world.store.tx(visitor.org) as tx:
        try:
            return bool(await contacts.load(tx, visitor.org, visitor.contact))
        except NotFound:
            return False


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
    if len(feedback) > LONGEST:
        raise Refused(f"The comment has {len(feedback):,} characters; {LONGEST:,} is the most.", status=413)

    async def put(mask: Mask, before: Event | None) -> None:
        if before:
            return
        words = shortened((await mask.text(world, feedback)).text, 2_000)
        async with world.store.tx(org) as tx:
            await say(tx, mask, EventType.CSAT_SUBMITTED, ActorKind.USER, id=event, actor_id=mask.session.contact, text=words, payload={"score": score})
            await notify(tx, org, id, "event")

    await write(world, org, id, put, message=event)


async def vote(world: World, org: OrgId, id: SessionId, event: EventId, action: str) -> None:
    """`upvote` or `downvote` on a reply; the last word counts."""
    if action not in ("upvote", "downvote"):
        raise Refused("A vote is upvote or downvote.")
    async with world.store.tx(org) as tx:
        await events.vote(tx, org, id, event, action)
        await notify(tx, org, id, "event")


async def checkpoint(world: World, org: OrgId, id: SessionId, payload: Mapping[str, Any]) -> None:
    """The page's own state, masked like everything else, kept as the newest and as an event."""
    state = dict(payload)
    leaves = _texts(state)
    if len(leaves) > _MOST_LEAVES or sum(map(len, leaves)) > LONGEST:
        raise Refused(f"The state holds more than {_MOST_LEAVES} names and values, or {LONGEST:,} characters.", status=413)

    async def put(mask: Mask, _: Event | None) -> None:
        masked = dict(zip(leaves, await mask.texts(world, leaves), strict=True))
        safe = _replaced(state, masked)
        async with world.store.tx(org) as tx:
            await sessions.checkpoint(tx, org, id, safe)
            await say(tx, mask, EventType.STATE_CHECKPOINT, ActorKind.USER, payload={"payload": safe})

    await write(world, org, id, put)


def _texts(value: Any) -> list[str]:
    """Every name and value of a JSON structure as text, each once."""
    if isinstance(value, dict):
        found = [text for key, each in value.items() for text in [str(key), *_texts(each)]]
    elif isinstance(value, list):
        found = [text for each in value for text in _texts(each)]
    else:
        found = [] if value is None or isinstance(value, bool) else [str(value)]
    return list(dict.fromkeys(found))


def _replaced(value: Any, masked: Mapping[str, str]) -> Any:
    """The structure with every text masked; a number stays one unless it was masked."""
    if isinstance(value, dict):
        return {masked[str(key)]: _replaced(each, masked) for key, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, masked) for each in value]
    if value is None or isinstance(value, bool) or (not isinstance(value, str) and masked[str(value)] == str(value)):
        return value
    return masked[str(value)]


async def checkpoint_restored(world: World, org: OrgId, id: SessionId, tokens: Mapping[str, str]) -> Any:
    """The newest state as the page saved it, or None."""
    async with world.store.tx(org) as tx:
        row = await sessions.find(tx, org, id)
    return restored(row["checkpoint"], tokens) if row else None


def restored(value: Any, tokens: Mapping[str, str]) -> Any:
    """A JSON structure with a customer's own values back in place, names and texts alike."""
    if isinstance(value, dict):
        return {restore(key, tokens): restored(each, tokens) for key, each in value.items()}
    if isinstance(value, list):
        return [restored(each, tokens) for each in value]
    return restore(value, tokens) if isinstance(value, str) else value
