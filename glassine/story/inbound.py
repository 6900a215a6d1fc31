"""A message comes in: masked, stored and queued, in that order. Raw text gets no further than this file, and leaves it sealed."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from glassine.edge.language import follow
from glassine.rules.courtesies import asking
from glassine.rules.reactions import turn_of
from glassine.rules.reordering import reach
from glassine.rules.small_talk import small_talk
from glassine.store import Taken, Tx, contacts, events, messages, sessions
from glassine.store.live import notify
from glassine.story import turn
from glassine.story.actions import code_in_chat
from glassine.story.contacts import own_key
from glassine.story.masking import Mask, shortened, to_bytes, write
from glassine.story.scene import Scene
from glassine.story.search import finding, sight
from glassine.story.world import World
from glassine.words.channels import Attachment, Inbound
from glassine.words.errors import Refused
from glassine.words.files import FileNote
from glassine.words.house import OrgSettings
from glassine.words.ids import ContactId, EventId, OrgId, SessionId, new_id
from glassine.words.people import ActorKind
from glassine.words.privacy import Redacted, Treatment
from glassine.words.sessions import ChannelKind, Event, EventType, OwnerKind, Session

LONGEST = 20_000  # characters of one message; more is refused with a sentence that says so
_MOST_VALUES = 50  # of clientContext
_MARGIN = 300  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A stored message. `job` is the turn that this process has claimed for it; None when the same message came before."""

    session: Session
    event: Event
    job: int | None
    scene: Scene | None = None  # what the turn starts from, as it was when the message was stored


async def open_session(
    world: World, org: OrgId, contact: ContactId, channel: ChannelKind, *, external_id: UUID | None = None, verified: bool = False,
    custom_data: Mapping[str, Any] | None = None, language: str | None = None,
) -> Session:
    """Starts a session. It belongs to the AI, which hands the first message to the team where autopilot is not on. `custom_data` is for people only, and sealed."""
    id = SessionId(new_id())
    org_key = await world.key(org)
    async with world.store.tx(org) as tx:
        own = own_key(org_key, org, await contacts.load(tx, org, contact))
        sealed = own.seal(to_bytes(json.dumps(dict(custom_data))), org, "sessions", "sealed", id) if custom_data else None
        session = await sessions.create(
            tx, org, id, contact=contact, channel=channel, owner=OwnerKind.AI, language=language, external_id=external_id, verified=verified, sealed=sealed,
        )
        await notify(tx, org, id, "owner")
    return session


async def receive(world: World, org: OrgId, id: SessionId, inbound: Inbound, *, first: Sequence[tuple[UUID, str]] = ()) -> Heard:
    """Masks a customer's message and stores it with its turn's job, in one transaction. `first`: what the page said before, kept above it.

    Raises Refused for a closed session, an empty or too long message, or an id that another session has used.
    """
    _check(inbound, first)

    async def hear(mask: Mask, before: Event | None) -> Heard:
        if before:
            return _again(mask.session, before)
        if not mask.session.open:
            raise Refused("This session is closed. Reopen it, or start a new one.", status=409, code="session_closed")
        return await _store(world, org, mask, await code_in_chat.taken_out(world, org, mask, inbound), first if mask.session.last_seq == 0 else ())

    return await write(world, org, id, hear, message=EventId(inbound.external_id))


def _check(inbound: Inbound, first: Sequence[tuple[UUID, str]]) -> None:
    if not inbound.text.strip("\x00 \t\r\n") and not inbound.attachments:
        raise Refused("The message is empty.")
    length = len(inbound.text) + sum(len(words) for _, words in first)
    if length > LONGEST:
        raise Refused(f"The message has {length:,} characters; {LONGEST:,} is the most.", status=413)
    if sum(len(str(key)) + len(str(value)) for key, value in inbound.context.items()) > LONGEST or len(inbound.context) > _MOST_VALUES:
        raise Refused(f"clientContext holds more than {_MOST_VALUES} values or {LONGEST:,} characters.", status=413)


def _again(session: Session, before: Event) -> Heard:
    if before.session != session.id:
        raise Refused("Another message already has this id. Give each message a new UUID.", status=409, code="id_taken")
    return Heard(session=session, event=before, job=None)


async def _store(world: World, org: OrgId, mask: Mask, inbound: Inbound, first: Sequence[tuple[UUID, str]]) -> Heard:
    """Masks, then one transaction: what was said, the vault, the original, the turn's job. Raises Taken when somebody else was first."""
    began = time.perf_counter()
    text = await _masked(world, mask, inbound)
    said = [(EventId(id), (await mask.text(world, words)).text) for id, words in first]
    files, in_files = await _attached(world, mask, inbound.attachments)
    payload = {
        "masked": dict(Counter(text.counts) + in_files), "attachments": files, "context": await _context(world, mask, inbound.context),
        "custom_data": len(inbound.custom_data), "answers": dict(inbound.answers), "policy": mask.settings.policy_version, "timings": {"mask": round((time.perf_counter() - began) * 1_000, 2)},
    }
    id, message, language = mask.session.id, EventId(inbound.external_id), follow(text.text, mask.settings.languages, mask.session.language or inbound.language)
    _look_ahead(world, org, mask.session, mask.settings, text.text, language)
    raw = to_bytes(json.dumps(_kept(mask, text, inbound)))
    async with world.store.tx(org) as tx:
        await _before(tx, org, id, said)
        hearing = await messages.hear(
            tx, org, id, message, contact=mask.session.contact, text=text.text, payload={name: value for name, value in payload.items() if value},
            language=language, tokens=mask.stored, fresh=mask.sealed(), original=mask.key.seal(raw, org, "originals", "sealed", message),
            job=turn_of(id), process=world.process,
        )
        scene = await turn.see(world, tx, org, id)  # asked before the answer of the other is awaited: one round trip
        heard = await messages.heard(hearing)
        if heard is None:
            raise Taken
    return Heard(session=mask.session, event=heard[0], job=heard[1], scene=scene)


def _kept(mask: Mask, text: Redacted, inbound: Inbound) -> dict[str, Any]:
    """What is sealed of a message: how it came, and what a replay needs beside it: what was known of the contact, who may change, and what was found where.

    What is masked for good stands nowhere in it.
    """
    known = [(str(type), value) for type, value in mask.identity.known_values if mask.policy.treatments.get(type) is not Treatment.MASK]
    kept: dict[str, Any] = {"text": text.original, "custom_data": dict(inbound.custom_data), "known": known}
    if text.gone:
        return {**kept, "gone": [(span.start, span.end, span.type) for span in text.gone]}
    return {**kept, "spans": [(span.start, span.end) for span in text.findings]}


async def _masked(world: World, mask: Mask, inbound: Inbound) -> Redacted:
    """The text, while its vector is made in the other thread for models: it is dropped unless masking leaves the text as it is."""
    spoken = mask.session.language or inbound.language or (mask.settings.languages or ("en",))[0]
    if mask.session.owner.kind is OwnerKind.AI:
        finding.embed_ahead(world, inbound.text, spoken)
    text = await mask.text(world, inbound.text)
    if text.text != inbound.text:
        finding.forget(world, inbound.text)
    return text


def _look_ahead(world: World, org: OrgId, session: Session, settings: OrgSettings, text: str, language: str | None) -> None:
    """The turn that is going to be taken begins to search while its message is being stored."""
    if session.owner.kind is OwnerKind.AI and small_talk(text) is None:
        finding.look_ahead(world, org, asking(text), viewer=sight.customer(session), language=language or "en", limit=reach(settings, finding.LIMIT))


async def _before(tx: Tx, org: OrgId, id: SessionId, said: Sequence[tuple[EventId, str]]) -> None:
    """What the page said before the first message. A page may say it with the same id to everybody, so a taken id is replaced."""
    for first_id, words in said:
        taken = await events.find(tx, org, first_id) is not None
        await events.append(tx, org, id, EventType.MESSAGE, ActorKind.AI, id=None if taken else first_id, text=words, payload={"initial": True})


async def _attached(world: World, mask: Mask, attachments: Sequence[Attachment]) -> tuple[list[dict[str, Any]], Counter[str]]:
    """What is stored beside the message of its files: name and text masked, all texts together no longer than a message. And what was found in the texts."""
    names = await mask.texts(world, [each.name for each in attachments])
    found, counts, left = list[dict[str, Any]](), Counter[str](), LONGEST
    for each, name in zip(attachments, names, strict=True):
        words, cut, more = await _beginning(world, mask, each, left)
        left -= len(words)
        counts.update(more)
        note = FileNote.CUT if cut else each.note
        found.append({"id": str(each.id), "name": name, "type": each.type, "size": each.size, **({"text": words} if words else {}), **({"note": note} if note else {})})
    return found, counts


async def _beginning(world: World, mask: Mask, file: Attachment, most: int) -> tuple[str, bool, Mapping[str, int]]:
    """The masked beginning of a file's text, whether more of it is left out, and what was found in it.

    A little more is masked than is kept, because a value that is cut through would not be known for one.
    """
    given = file.text[: most + _MARGIN] if most > 0 else ""
    if not given:
        return "", bool(file.text), {}
    masked = await mask.text(world, given)
    goes_on = len(given) < len(file.text) or file.note is FileNote.CUT
    words = shortened(masked.text, max(0, min(most, len(masked.text) - (_MARGIN if goes_on else 0))))
    return words, goes_on or len(words) < len(masked.text), masked.counts


async def _context(world: World, mask: Mask, data: Mapping[str, Any]) -> dict[str, str]:
    """What the page lets the AI see, masked name by name and value by value, then cut to 2,000 characters."""
    flat = [(str(key), str(value)) for key, value in data.items() if value is not None]
    masked = await mask.texts(world, [text for pair in flat for text in pair])
    return {shortened(key, 100): shortened(value, 2_000) for key, value in zip(masked[::2], masked[1::2], strict=True)}
