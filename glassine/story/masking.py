"""Masking within a session: every text that is stored for it, whoever wrote it, passes here first. The only caller of rules.redaction.redact."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from uuid import UUID

from glassine.edge.secrets import Key
from glassine.rules.policies import policy_of
from glassine.rules.redaction import before_names, redact
from glassine.rules.redaction import masked_again as again
from glassine.store import Taken, Tx, contacts, events, sessions, vault
from glassine.store.vault import SealedToken
from glassine.story.contacts import Identity, identity_of, own_key
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.house import OrgSettings
from glassine.words.ids import EventId, OrgId, SessionId
from glassine.words.people import ActorKind
from glassine.words.privacy import Known, Policy, Redacted, Token
from glassine.words.sessions import Event, EventType, Session

T = TypeVar("T")
_TRIES = 8
_LATELY = 1.0  # seconds for which what is known of a session is believed, as a switch is
_LONGEST_PLACEHOLDER = 24  # [NATIONAL_ID_999999]


@dataclass(slots=True, kw_only=True)
class Mask:
    """What is needed to mask the texts of one session. `tokens` grows with each text, so that two texts never share a placeholder by chance."""

    org: OrgId
    session: Session
    key: Key = field(repr=False)  # the contact's
    identity: Identity = field(repr=False)
    settings: OrgSettings
    policy: Policy
    tokens: dict[str, str] = field(repr=False)
    stored: int  # the session's count of tokens when they were read: it only grows, so an equal count means that nothing has changed
    fresh: list[Token] = field(default_factory=list, repr=False)

    async def text(self, world: World, text: str) -> Redacted:
        """Patterns first, so that the names model never mistakes a card for a name; then everything at once. Whatever is stored, indexed or
        given to a model in a session comes through here or `texts`: what a channel, a page, a file, a colleague or a tool says."""
        clean = storable(text)
        spans = await world.names.find(before_names(clean, self.policy))
        masked = redact(clean, self.policy, Known(tokens=self.tokens, values=self.identity.known_values), spans)
        for token in masked.tokens:
            if token.placeholder not in self.tokens:
                self.tokens[token.placeholder] = token.value
                self.fresh.append(token)
        return masked if masked.gone else replace(masked, original=text)  # as it came, with what cannot be stored in the clear

    def says_nothing(self, name: str) -> bool:
        """Whether the name of a colleague holds nothing of the customer's, and no address or number: names themselves are not looked for in it."""
        return not redact(storable(name), self.policy, Known(tokens=self.tokens, values=self.identity.known_values), ()).counts

    async def texts(self, world: World, texts: Sequence[str]) -> list[str]:
        """Many short texts by one look of the models, line by line; one by one where a finding joins lines."""
        if len(texts) > 1 and not any("\n" in text or "\r" in text for text in texts):
            trial = replace(self, tokens=dict(self.tokens), fresh=list(self.fresh))
            lines = (await trial.text(world, "\n".join(texts))).text.split("\n")
            if len(lines) == len(texts):
                self.tokens, self.fresh = trial.tokens, trial.fresh
                return lines
        return [(await self.text(world, text)).text for text in texts]

    def sealed(self) -> list[SealedToken]:
        """The new placeholders, ready for the vault."""
        return [SealedToken(t.placeholder, t.type, self.key.seal(to_bytes(t.value), self.org, "vault", "sealed", self.session.id, t.placeholder)) for t in self.fresh]


async def look(world: World, org: OrgId, id: SessionId, message: EventId | None = None) -> tuple[Mask, Event | None]:
    """Everything there is to know before masking, read in one round trip, and the message `message` if it is stored already. Raises NotFound."""
    org_key = await world.key(org)
    async with world.store.tx(org) as tx:
        ask = {"org": org, "session": id, "id": id, "known": None}
        place, who, kept = [await tx.execute(sql, ask) for sql in (sessions.IN_PLACE, contacts.OF_SESSION, vault.ALL)]
        earlier = await tx.execute(events.FIND, {"org": org, "id": message})
    row, contact_row, found, before = await place.fetchone(), await who.fetchone(), await kept.fetchall(), await earlier.fetchone()  # they came with the commit
    if row is None or contact_row is None:
        raise NotFound("There is no session with this id.")
    sealed = contacts.from_row(contact_row)
    own = own_key(org_key, org, sealed)
    tokens = {each["placeholder"]: to_text(own.open(bytes(each["sealed"]), org, "vault", "sealed", id, each["placeholder"])) for each in found}
    settings = OrgSettings.read(row["settings"])
    mask = Mask(
        org=org, session=sessions.from_row(row), key=own, identity=identity_of(org_key, org, sealed), settings=settings,
        policy=policy_of(row["name"], settings, row["channel"]), tokens=tokens, stored=row["tokens"],
    )
    _keep(world, mask)
    return mask, events.from_row(before) if before else None


def _keep(world: World, mask: Mask) -> None:
    """For a second, and no longer in memory than that: it holds values in the clear."""
    place = mask.org, mask.session.id
    world.looked[place] = mask
    asyncio.get_running_loop().call_later(_LATELY, lambda: world.looked.pop(place) if world.looked.get(place) is mask else None)


def lately(world: World, org: OrgId, id: SessionId) -> Mask | None:
    """The mask of a session that this process looked at within the last second, with all that it has masked since. What another process has
    masked meanwhile stands in no text that was read before it: whoever writes on what it read is overtaken by that message."""
    mask: Mask | None = world.looked.get((org, id))
    return mask


async def write(world: World, org: OrgId, id: SessionId, writing: Callable[[Mask, Event | None], Awaitable[T]], *, message: EventId | None = None) -> T:
    """Looks, then lets `writing` mask and store; again when another text reached the vault first. The only loop around a vault.

    `writing` gets the mask, and the event `message` if it is stored already. Raises what it raises, and Refused (429) when it never comes through.
    """
    for _ in range(_TRIES):
        mask, before = await look(world, org, id, message)
        try:
            return await writing(mask, before)
        except Taken:
            continue  # the same id, or the same placeholder, was written a moment ago by another request
    raise Refused("This session is receiving too many messages at once. Send it again in a moment.", status=429, code="too_many_messages")


async def say(
    tx: Tx, mask: Mask, type: EventType, actor: ActorKind, *, id: EventId | None = None, actor_id: UUID | None = None, text: str = "",
    payload: Mapping[str, Any] | None = None,
) -> Event:
    """Appends what was masked and keeps its new placeholders, or raises Taken: the vault must never count differently from the session."""
    event = await events.say(
        tx, mask.org, mask.session.id, type, actor, id=id, actor_id=actor_id, text=text, payload=payload, tokens=mask.stored, fresh=len(mask.fresh),
    )
    if event is None:
        raise Taken
    await vault.put(tx, mask.org, mask.session.id, mask.sealed(), seq=event.seq)
    return event


async def masked_again(world: World, org: OrgId, id: SessionId, history: Sequence[Event]) -> tuple[Event, ...]:
    """Earlier events without what has become known since they were masked: a name, say, that only a later message gave away."""
    mask, _ = await look(world, org, id)
    known = Known(tokens=mask.tokens, values=mask.identity.known_values)

    def once_more(event: Event) -> Event:
        files = [{**file, "text": again(str(file["text"]), mask.policy, known)} if file.get("text") else file for file in event.payload.get("attachments", ())]
        return replace(event, text=again(event.text, mask.policy, known), payload={**event.payload, "attachments": files} if files else event.payload)

    return tuple(map(once_more, history))


def shortened(masked: str, length: int) -> str:
    """The beginning of a masked text. Cut after masking, never through a placeholder, or half a value would be left standing."""
    if len(masked) <= length:
        return masked
    cut = masked[:length]
    opened = cut.rfind("[")
    return cut[:opened] if opened > max(cut.rfind("]"), length - _LONGEST_PLACEHOLDER) else cut


def storable(text: str) -> str:
    """PostgreSQL has no NUL and UTF-8 no lone surrogates: both become the replacement character, which shows that something stood there."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in text)
    return text.replace("\x00", "\ufffd")


def to_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def to_text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")
