"""Helpdesks in words: what a vendor's module is asked to do with a ticket, what it tells of one, and how it is connected. It decides nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NewType, Protocol
from uuid import UUID

from glassine.words.crossings import Answer
from glassine.words.custom_fields import FieldForm
from glassine.words.deliveries import Effect
from glassine.words.ids import SessionId
from glassine.words.sources import Field, FieldKind

HelpdeskId = NewType("HelpdeskId", UUID)
HELPDESK = "helpdesk"  # the boundary: while it is switched off nothing is handed to one
HOOK_SECRET = "hook_secret"  # noqa: S105 - a field's name: what an admin enters there, the vendor signs with, so no secret of ours is made
SECRET = "secret"  # noqa: S105 - the name of what `Helpdesk.install` returns beside what it made
_MARKER = re.compile(r"\bgls[0-9a-f]{24}\b")


class Guarantee(StrEnum):
    """How a try whose outcome nobody knows is kept from having its effect twice."""

    LOOKUP = "lookup"  # the other side is asked for it first, by our marker
    IDEMPOTENCY_KEY = "idempotency_key"  # the other side tells doubles itself, by the key that every try carries
    NONE = "none"  # it cannot: a customer's message stops as unknown, a ticket goes again with our marker in it


class Telling(StrEnum):
    """How much of a field leaves for a helpdesk."""

    MASKED = "masked"  # texts with their placeholders; a field of the requester's stays empty; files stay here
    PSEUDONYM = "pseudonym"  # another value in its place, the same for one contact for ever
    RAW = "raw"


# What the settings of a helpdesk say how to tell, each with its title.
TOLD: Mapping[str, str] = MappingProxyType({"email": "E-mail address", "phone": "Phone number", "name": "Name", "text": "Texts of messages", "files": "Files"})


class Speaker(StrEnum):
    """Who said an entry of a session, for the other side."""

    CUSTOMER = "customer"
    AI = "ai"
    TEAM = "team"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """Who the ticket is for, with as little as the settings allow. What is empty is not known or not to be told."""

    key: str  # ours, the same for one contact for ever: it says nothing of who they are
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosed:
    """A file that goes along."""

    name: str = field(repr=False)
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unhad:
    """A file of an answer that cannot be brought along, and why: a part of a sentence, for people to read."""

    name: str = field(repr=False)
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a session as it goes onto a ticket. `marker` is its own for ever and stands somewhere in what is sent, so that it can be found again."""

    marker: str
    speaker: Speaker
    author: str  # for people to read: the customer, the AI's name, a colleague's name
    text: str = field(repr=False)
    public: bool  # whether the customer sees it over there; else it is an internal note
    at: datetime
    files: tuple[Enclosed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A ticket to be opened. `transcript` is all that was said so far, in order; each entry becomes a comment of its own where the vendor has such."""

    session: SessionId
    marker: str  # the session's own for ever; stands on the ticket, so that it can be found again
    number: int
    subject: str = field(repr=False)
    summary: str = field(repr=False)
    reasons: tuple[str, ...]
    sentiment: str
    language: str
    channel: str
    link: str  # to the session here
    tags: tuple[str, ...]
    priority: str  # "", low, normal, high or urgent
    group: str
    fields: Mapping[str, str]  # the vendor's name of a custom field -> its value
    requester: Requester
    transcript: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail for the helpdesk's people. `id` becomes its Message-ID, and `thread` is the id of the letter that it follows."""

    to: str
    subject: str = field(repr=False)
    text: str = field(repr=False)
    id: str = ""
    thread: str = ""
    files: tuple[Enclosed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket over there. `state` is whatever the module wants to be handed back with it (a requester's id, say)."""

    id: str
    url: str = ""
    state: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied:
    """Somebody over there wrote. `key` is the vendor's own id of it: the same twice is one, by whatever way it is told.
    What our own account wrote, or an entry of ours that another rule of the vendor's copied, is left out."""

    ticket: str
    key: str
    text: str = field(repr=False)
    public: bool  # else an internal note, which no customer ever sees
    author: str
    at: datetime
    files: tuple[Enclosed, ...] = ()
    unhad: tuple[Unhad, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    ticket: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    ticket: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedInto:
    """The ticket lives on as another."""

    ticket: str
    key: str
    into: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """The ticket is gone for good over there: the session goes back to the inbox."""

    ticket: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Something happened on the ticket, and the message did not say what: it is read again (`Helpdesk.look`)."""

    ticket: str
    key: str


Heard = Replied | Solved | Reopened | MergedInto | Deleted | Changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What became of a ticket since `since`, and where the next look goes on."""

    heard: tuple[Heard, ...]
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawHook:
    """A request of the vendor's as it came, before anybody has looked at it."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str] = field(repr=False)  # names in lower case
    body: bytes = field(repr=False)
    at: datetime
    url: str = ""  # the whole address as the vendor knows it (GLASSINE_PUBLIC_URL before the path): some sign it too


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """Where the vendor is to send what happens, and the secret that it signs with: ours, or the vendor's own where a connector has the field HOOK_SECRET."""

    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What trying the settings has shown. `missing`: rights without which something does not work, each as a sentence that says what and where to give it."""

    reached: str
    missing: tuple[str, ...] = ()
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # field -> id -> title: what the vendor offers (groups, custom fields, admins)
    forms: Mapping[str, FieldForm] = field(default_factory=dict)  # custom field -> what may stand in it, where the vendor tells


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do by hand on the vendor's side. In a step after `install` `{url}` and `{secret}` in the text stand for the hook's; `picture` is a file in docs/images."""

    title: str
    text: str
    picture: str = ""


def markers(text: str) -> tuple[str, ...]:
    """The markers that stand in a text. A person who quotes one of our entries carries its marker along: only what our own account wrote is an echo of ours."""
    return tuple(_MARKER.findall(text))


def unmarked(text: str) -> str:
    """The text without them, for people to read."""
    return _MARKER.sub("", text)


# What is asked for whatever the vendor, after its own fields. Their values come to the module in the draft, and what the vendor offers for `group`, in `Checked.choices`.
FOR_ALL: tuple[Field, ...] = (
    Field(name="tags", title="Tags", kind=FieldKind.LINES, required=False, help="Put on every ticket, one a line, beside those that say channel and sentiment."),
    Field(
        name="priority", title="Priority", kind=FieldKind.CHOICE, required=False, help="Of every ticket.",
        choices=MappingProxyType({"": "As the helpdesk sets it", "low": "Low", "normal": "Normal", "high": "High", "urgent": "Urgent"}),
    ),
    Field(name="group", title="Group", required=False, help="Whom tickets are for over there, as the helpdesk names or numbers it; nobody in particular unless set."),
    Field(
        name="mapping", title="Custom fields", kind=FieldKind.LINES, required=False,
        help="One a line, the helpdesk's name of the field first: 360012 = reasons. To choose from: session_id, number, link, channel, language, sentiment, reasons, summary, contact_id, or custom.NAME for what your page attached.",
    ),
    Field(
        name="filling", title="Custom fields that the AI fills", kind=FieldKind.LINES, required=False,
        help="One a line, the helpdesk's name of the field first, then what is to be found out, and the choices, if there are any, after strokes: 360013 = Which product is it about? | lamp | kettle. What the conversation does not surely say stays empty.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A helpdesk that the team has connected. `secrets` and `hook_secret` are sealed; `made` is what was made on its side; `policy` says what leaves, by field;
    as its settings were tried last, `offered` is what it offers to choose from, by field, `forms` what may stand in its custom fields, and `missing` the rights that it lacks."""

    id: HelpdeskId
    kind: str
    name: str
    settings: Mapping[str, str]
    secrets: bytes | None = field(repr=False)
    hook_secret: bytes | None = field(repr=False)
    made: Mapping[str, str]
    policy: Mapping[str, str]
    offered: Mapping[str, Mapping[str, str]]
    forms: Mapping[str, FieldForm]
    missing: tuple[str, ...]
    created_at: datetime
    removed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A session's ticket as it stands here. `carried`: the newest event that opening it took along, fixed when that was tried first; `why` is a sentence of ours.
    `lacks`: it cannot be opened before the contact has what the helpdesk needs of one. `returns`: trouble took the session away from it.
    `status_at`: as of when its status is known; `heard_from`: what was said there before is not of this conversation."""

    session: SessionId
    helpdesk: HelpdeskId
    external_id: str
    url: str
    state: Mapping[str, str]
    owns: bool
    solved: bool
    carried: int | None
    lacks: bool
    returns: bool
    since: str
    looks: int
    failed_at: datetime | None
    why: str
    told_at: datetime | None
    gone_at: datetime | None
    status_at: datetime | None
    heard_from: datetime | None
    created_at: datetime

    @property
    def ticket(self) -> Ticket:
        return Ticket(id=self.external_id, url=self.url, state=self.state)


class HelpdeskLink(Protocol):
    """A helpdesk's only way out, through the egress gate. It tries once: whoever delivers decides on another try."""

    settings: Mapping[str, str]  # what the admin filled in, secrets included
    now: datetime

    def base(self, default: str) -> str:
        """The vendor's address, without a slash at its end: the operator's (GLASSINE_VENDOR_URLS) or else `default`."""

    def leads_to(self, url: str) -> bool:
        """Whether an address that the vendor named is one of those where this helpdesk may go."""

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", max_bytes: int = 4_000_000,
    ) -> Answer:
        """One exchange. Answers with 2xx, 3xx, 404, 409, 410 and 422 come back; all others raise DeliveryFailed in plain words: 401 and 403 not to be tried
        again, 429 and 503 with the pause that was asked for, time-outs, resets and 5xx as unknown unless the method only reads or nothing was sent."""

    async def mail(self, letter: Letter) -> None:
        """One letter by the operator's mail server. Raises DeliveryFailed, as unknown from the moment on at which the server began to take it."""


class Helpdesk(Protocol):
    """What a vendor's module offers. Everything that asks the vendor raises DeliveryFailed, or Refused for settings that cannot be right."""

    fields: tuple[Field, ...]
    begin: tuple[Step, ...]  # what is to be done over there before the fields can be filled in
    guarantees: Mapping[Effect, Guarantee]
    steps: tuple[Step, ...]  # what is left to do by hand after `install`
    wire_name: str  # the `third_party_name` of the public API
    id_type: str  # on the wire: ticket_id | conversation_id | case_id | conversation_sid
    needs: tuple[str, ...]  # of a requester, any of which is enough to open a ticket: email | phone | name; empty: none

    def hosts(self, settings: Mapping[str, str]) -> tuple[str, ...]:
        """Where it may connect to with these settings; nothing else leaves in its name."""

    async def check(self, link: HelpdeskLink) -> Checked:
        """Tries the settings against the vendor and changes nothing there."""

    async def install(self, link: HelpdeskLink, hook: Hook) -> Mapping[str, str]:
        """Makes the vendor's trigger or webhook where its API allows, once however often it is called. Returns what was made, for `uninstall`.

        Where the vendor makes the secret up itself, or signs with one of the settings, it stands under `SECRET`: whoever keeps what was made seals it,
        and hands it to `verify` in place of the hook's own."""

    async def uninstall(self, link: HelpdeskLink, made: Mapping[str, str]) -> None:
        """Takes away what `install` made; what is gone already is fine."""

    async def find(self, link: HelpdeskLink, marker: str) -> Ticket | None:
        """The ticket that carries this session's marker. Asked only where OPEN has Guarantee.LOOKUP."""

    async def open(self, link: HelpdeskLink, draft: Draft, key: str) -> Ticket:
        """Opens the ticket with everything that the draft holds. `key` is the delivery's id, the same for every try."""

    async def said(self, link: HelpdeskLink, ticket: Ticket, marker: str) -> str | None:
        """The vendor's id of the entry that carries this marker, also where `open` took it along. Asked only where SAY has Guarantee.LOOKUP."""

    async def say(self, link: HelpdeskLink, ticket: Ticket, entry: Entry, key: str) -> str:
        """Puts one more entry on the ticket; returns the vendor's id of it."""

    async def set_status(self, link: HelpdeskLink, ticket: Ticket, *, solved: bool) -> None:
        """As it stands in the session; setting what is set already changes nothing."""

    def verify(self, raw: RawHook, secret: str) -> None:
        """Over the raw bytes, in constant time, within the replay window. Raises Refused (401)."""

    def parse(self, raw: RawHook) -> Sequence[Heard]:
        """Pure. What it does not know is nothing. Raises Refused (400) for what cannot be read."""

    async def look(self, link: HelpdeskLink, ticket: Ticket, since: str) -> Looked:
        """What happened on one ticket since the last look: for what a hook did not say, and for what hooks lost."""
