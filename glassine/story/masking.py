"""Masking within a session: every text that is stored for it, whoever wrote it, passes here first. The only caller of rules.redaction.redact."""

from __future__ import annotations

from dataclasses import dataclass, field

from glassine.edge.secrets import Key
from glassine.rules.redaction import before_names, redact
from glassine.store import Tx, contacts, events, sessions, vault
from glassine.store.vault import SealedToken
from glassine.story.contacts import Identity, identity_of, own_key
from glassine.story.world import World
from glassine.words.errors import NotFound
from glassine.words.house import OrgSettings, own_words
from glassine.words.ids import EventId, OrgId, SessionId
from glassine.words.privacy import Known, Policy, Redacted, Token
from glassine.words.sessions import Event, Session


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
    stored: int  # how many tokens the vault held when it was read
    fresh: list[Token] = field(default_factory=list, repr=False)

    async def text(self, world: World, text: str) -> Redacted:
        """Patterns first, so that the names model never mistakes a card for a name; then everything at once."""
        clean = storable(text)
        spans = await world.names.find(before_names(clean, self.policy))
        masked = redact(clean, self.policy, Known(tokens=self.tokens, values=self.identity.known_values), spans)
        for token in masked.tokens:
            if token.placeholder not in self.tokens:
                self.tokens[token.placeholder] = token.value
                self.fresh.append(token)
        return masked

    def sealed(self) -> list[SealedToken]:
        """The new placeholders, ready for the vault."""
        return [SealedToken(t.placeholder, t.type, self.key.seal(to_bytes(t.value), self.org, "vault", self.session.id, t.placeholder)) for t in self.fresh]


async def look(world: World, org: OrgId, id: SessionId, message: EventId | None = None) -> tuple[Mask, Event | None]:
    """Everything there is to know before masking, read in one round trip, and the message `message` if it is stored already. Raises NotFound."""
    org_key = await world.key(org)
    async with world.store.tx(org) as tx:
        ask = {"org": org, "session": id, "id": id}
        place, who, kept = [await tx.execute(sql, ask) for sql in (sessions.IN_PLACE, contacts.OF_SESSION, vault.ALL)]
        earlier = await tx.execute(events.FIND, {"org": org, "id": message})
        row, contact_row, found, before = await place.fetchone(), await who.fetchone(), await kept.fetchall(), await earlier.fetchone()
    if row is None or contact_row is None:
        raise NotFound("There is no session with this id.")
    sealed = contacts.from_row(contact_row)
    own = own_key(org_key, org, sealed)
    tokens = {each["placeholder"]: to_text(own.open(bytes(each["sealed"]), org, "vault", id, each["placeholder"])) for each in found}
    settings = OrgSettings.read(row["settings"])
    mask = Mask(
        org=org, session=sessions.from_row(row), key=own, identity=identity_of(org_key, org, sealed), settings=settings,
        policy=policy_of(row["name"], settings), tokens=tokens, stored=len(tokens),
    )
    return mask, events.from_row(before) if before else None


def policy_of(name: str, settings: OrgSettings) -> Policy:
    """How an organisation masks."""
    return Policy(regions=settings.regions, own_words=own_words(name, settings))


async def keep(tx: Tx, mask: Mask) -> None:
    """Puts the new placeholders into the vault, in the transaction of the text that holds them."""
    await vault.put(tx, mask.org, mask.session.id, mask.sealed())


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
