"""What a ticket says: a session's log made ready for a helpdesk, by its policy. Values stand in it only where that policy tells them raw. Nothing leaves from here."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from glassine.edge.helpdesk_link import GateHelpdeskLink
from glassine.rules import custom_fields
from glassine.rules import ticketing as rules
from glassine.rules.redaction import masked_again
from glassine.store import Tx, events, sessions, summaries, vault
from glassine.story import masking
from glassine.story.conversations import attached
from glassine.story.files import opened
from glassine.story.masking import Mask
from glassine.story.world import World
from glassine.words.errors import NotFound
from glassine.words.helpdesks import Connected, Draft, Enclosed, Entry, Helpdesk, Requester, Speaker, Telling
from glassine.words.ids import EventId, FileId, OrgId, SessionId
from glassine.words.people import ActorKind
from glassine.words.privacy import Known
from glassine.words.sessions import Event, EventType

SAID = frozenset({EventType.MESSAGE, EventType.AGENT_MESSAGE, EventType.AGENT_COMMENT})
_LARGEST_FILE = 1_300_000  # bytes: the gate lets two million out at once, and some helpdesks take files as base64 only
_SPEAKERS: Mapping[ActorKind, Speaker] = {ActorKind.USER: Speaker.CUSTOMER, ActorKind.AI: Speaker.AI, ActorKind.SYSTEM: Speaker.SYSTEM}


@dataclass(slots=True, kw_only=True)
class Teller:
    """Tells one session to one helpdesk: what may be told of each field, and what stands behind the masks. It keeps count of what it has told, for the gate."""

    org: OrgId
    mask: Mask = field(repr=False)
    policy: Mapping[str, Telling]
    ours: str  # the address of the session in the inbox
    _aliases: dict[str, str] = field(default_factory=dict, repr=False)
    _said: list[str] = field(default_factory=list, repr=False)  # everything
    _let: set[str] = field(default_factory=set, repr=False)  # what of it may be seen raw
    _ours: set[str] = field(default_factory=set, repr=False)

    def text(self, masked: str) -> str:
        """A text of the log as it leaves."""
        how = self.policy["text"]
        masked = masked if how is Telling.RAW else self.again(masked)
        if how is Telling.PSEUDONYM and len(self._aliases) < len(self.mask.tokens):
            self._aliases = {name: rules.alias(name[1:].rpartition("_")[0], self.digest("alias", value)) for name, value in self.mask.tokens.items()}
        return self.told(rules.told_text(masked, how, self.mask.tokens, self._aliases), raw=how is Telling.RAW)

    def again(self, masked: str) -> str:
        """Without what became known only after it was masked: a name, say, that a later message gave away."""
        return masked_again(masked, self.mask.policy, Known(tokens=self.mask.tokens, values=self.mask.identity.known_values))

    def told(self, words: str, *, raw: bool) -> str:
        """What leaves, noted. `raw`: whatever stands in it may be seen there."""
        self._said.append(words)
        self._let |= {words} if raw else set()
        return words

    def noted(self, link: GateHelpdeskLink) -> None:
        """Whatever else is found on its way there stops it."""
        link.tells(values=self._let, told=self._said, ours=self._ours)

    def digest(self, *parts: str) -> str:
        return self.mask.key.digest("helpdesk", *parts).hex()

    def marker(self, id: UUID) -> str:
        """The same for ever, and nobody who knows the id can make it."""
        return f"gls{self.digest('marker', str(id))[:24]}"

    def requester(self) -> Requester:
        """Who they are, as far as it may be told. What a visitor only claims stands in for what is not known."""
        who, alias = self.mask.identity, self.digest("requester")[:8]
        email, name = who.email or who.non_verified_email or "", who.name or who.non_verified_name or ""
        return Requester(
            key=str(self.mask.session.contact), phone=self._told("phone", who.phone_number or "", ""), email=self._told("email", email, f"customer-{alias}@pseudonym.invalid"), name=self._told("name", name, f"Customer {alias.upper()}"),
        )

    def _told(self, name: str, value: str, alias: str) -> str:
        how = self.policy[name]
        return self.told(value if how is Telling.RAW else alias if how is Telling.PSEUDONYM else "", raw=True)

    def entry(self, event: Event, files: Mapping[str, Enclosed]) -> Entry:
        """One line of the log. What was sent with it and does not go along is named, with where it can be seen."""
        kept = [str(one["name"]) for one in event.payload.get("attachments", ()) if one["id"] not in files]
        words = [self.text(event.text)] if event.text else []
        words += [f"Attached, to be seen in the conversation ({self.ours}): {self.text(', '.join(kept))}"] if kept else []
        for file in files.values():
            self._enclosed(file)
        self._ours |= {str(event.id), str(int(event.created_at.timestamp()))}
        return Entry(
            marker=self.marker(event.id), speaker=_SPEAKERS.get(event.actor, Speaker.TEAM), author=self._author(event), text="\n\n".join(words),
            public=event.type is not EventType.AGENT_COMMENT, at=event.created_at, files=tuple(files.values()),
        )

    def _author(self, event: Event) -> str:
        if event.actor is ActorKind.USER:
            return self.requester().name or "Customer"
        return "AI" if event.actor is ActorKind.AI else self.told(event.actor_name or str(event.payload.get("name", "")), raw=True) or "Team"

    def _enclosed(self, file: Enclosed) -> None:
        """Files go along whole or not at all. Some helpdesks take them as base64, in which anything may seem to stand."""
        self.told(file.name, raw=True)
        self._let |= {file.content.replace(b"\x00", b"").decode("utf-8", "replace"), base64.b64encode(file.content).decode()}


async def teller(world: World, org: OrgId, session: SessionId, desk: Connected, module: Helpdesk) -> Teller:
    """Raises NotFound for a session that is no longer there."""
    mask, _ = await masking.look(world, org, session)
    return Teller(org=org, mask=mask, policy=rules.policy_of(desk.policy, module.needs), ours=f"{world.settings.url}/inbox/sessions/{session}")


def says(event: Event) -> bool:
    """Whether there is something in it to be told."""
    return event.type in SAID and not event.redacted and bool(event.text or event.payload.get("attachments"))


async def one(world: World, tell: Teller, event: Event) -> Entry:
    """One entry with its files."""
    async with world.store.tx(tell.org) as tx:
        return tell.entry(event, await _enclosed(tx, tell, event))


async def draft(world: World, tell: Teller, desk: Connected, upto: int) -> Draft:
    """The whole ticket, with what was said up to the event `upto`."""
    org, id = tell.org, tell.mask.session.id
    async with world.store.tx(org) as tx:
        row = await sessions.find(tx, org, id)
        if row is None:
            raise NotFound("There is no session with this id.")
        log = [event for event in await events.log(tx, org, id) if event.seq <= upto]
        entries = tuple([tell.entry(event, await _enclosed(tx, tell, event)) for event in log if says(event)])
        filled = await summaries.fields(tx, org, id, desk.id)
    session, custom = sessions.from_row(row), attached(tell.mask.key, org, row)
    handed = next((event.payload for event in reversed(log) if event.type is EventType.HANDOFF and not event.redacted), {})
    first = next((event.text for event in log if event.type is EventType.MESSAGE and event.actor is ActorKind.USER and event.text), "")
    found = {
        "session_id": str(id), "number": str(session.ticket_number), "link": tell.ours, "channel": str(session.channel), "language": str(handed.get("language") or session.language or ""),
        "sentiment": str(session.sentiment or handed.get("sentiment") or ""), "reasons": ", ".join(map(str, handed.get("reasons", ()))),
        "summary": tell.text(str(session.summary or handed.get("summary") or "")), "contact_id": str(session.contact),
    }
    made = _draft(tell, desk, found, custom, entries, rules.subject(session.ticket_number, tell.again(first)), tuple(map(str, handed.get("reasons", ()))))
    still = {one.name for one in custom_fields.wanted(desk.settings.get("filling", ""), desk.forms, str(desk.id))}
    return replace(made, fields={**{name: tell.text(value) for name, value in filled.items() if name in still}, **made.fields})


def _draft(tell: Teller, desk: Connected, found: Mapping[str, str], custom: Mapping[str, Any], entries: tuple[Entry, ...], subject: str, reasons: tuple[str, ...]) -> Draft:
    session, settings = tell.mask.session, desk.settings
    fields = rules.mapped(settings.get("mapping", ""), found, custom)
    for value in rules.mapped(settings.get("mapping", ""), {}, custom).values():
        tell.told(value, raw=True)  # an admin has named what the page attached, to be told as it is
    return Draft(
        session=session.id, marker=tell.marker(session.id), number=session.ticket_number, subject=tell.told(rules.told_text(subject, Telling.MASKED, {}, {}), raw=False), summary=found["summary"],
        reasons=reasons, sentiment=found["sentiment"], language=found["language"], channel=found["channel"], link=found["link"],
        tags=rules.tags(session.channel, found["sentiment"], rules.lines(settings.get("tags", ""))), priority=settings.get("priority", ""), group=settings.get("group", ""),
        fields=fields, requester=tell.requester(), transcript=entries,
    )


async def _enclosed(tx: Tx, tell: Teller, event: Event) -> dict[str, Enclosed]:
    """The files that came with it and go along, by their ids: none unless the policy lets files go, and none that is too large or was removed."""
    found: dict[str, Enclosed] = {}
    for each in event.payload.get("attachments", ()) if tell.policy["files"] is Telling.RAW else ():
        with contextlib.suppress(NotFound):
            row = await vault.file(tx, tell.org, FileId(UUID(str(each["id"]))))
            if row["contact_id"] == tell.mask.session.contact and row["size"] <= _LARGEST_FILE:
                file = opened(tell.mask.key, tell.org, row)
                found[each["id"]] = Enclosed(name=file.name, media_type=file.media_type, content=file.content)
    return found


async def event_of(world: World, org: OrgId, id: UUID | None) -> Event | None:
    """With the name of whoever of the team wrote it."""
    if id is None:
        return None
    async with world.store.tx(org) as tx:
        found = await events.find(tx, org, EventId(id))
        if found is None:
            return None
        named = await events.log(tx, org, found.session, after=found.seq - 1, limit=1)
    return named[0] if named else None
