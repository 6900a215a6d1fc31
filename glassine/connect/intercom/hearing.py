"""What Intercom tells: its notifications, verified over their raw bytes, and what became of a conversation since it was looked at last. It changes nothing there."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from glassine.connect.answers import json_of
from glassine.connect.enclosures import fetched, had, parted
from glassine.connect.intercom import conversations, parts
from glassine.connect.intercom.api import Intercom, Json, segment
from glassine.connect.markup import pictures
from glassine.words.errors import Refused
from glassine.words.helpdesks import Changed, Deleted, Enclosed, Heard, Looked, RawHook, Reopened, Replied, Solved, Ticket, Unhad

_WINDOW = timedelta(days=1)  # Intercom's signature has no time in it; the notification, which is signed, says when it was first sent
_OVERLAP = timedelta(minutes=5)  # Intercom's clock and ours, and what was being written while we looked; the same twice is one
_TOPICS = ("conversation.", "conversation_part.")
_MOST_FILES = 20  # of one part


def verify(raw: RawHook, secret: str) -> None:
    """HMAC-SHA1 of the body under the app's client secret, as Intercom signs."""
    said = raw.headers.get("x-hub-signature", "")
    right = "sha1=" + hmac.new(secret.encode(), raw.body, hashlib.sha1).hexdigest()
    if not secret or not hmac.compare_digest(right.encode(), said.encode()):
        raise Refused("The signature is wrong. Enter the client secret of the app that sends this, from Basic information in Intercom's developer hub.", status=401)
    sent = parts.moment(_read(raw).get("first_sent_at") or _read(raw).get("created_at"))
    if sent is not None and abs(raw.at - sent) > _WINDOW:
        raise Refused("The notification was sent more than a day ago.", status=401)


def _read(raw: RawHook) -> Mapping[str, Any]:
    told = json_of(raw.body)
    if not isinstance(told, dict):
        raise Refused("Intercom's notifications are JSON objects.")
    return told


def parse(raw: RawHook) -> list[Heard]:
    """Which conversation it is about; what was said there is read by looking, so that nothing is told out of order."""
    told = _read(raw)
    topic, data = str(told.get("topic") or ""), told.get("data")
    item = data.get("item") if isinstance(data, dict) else None
    if not topic.startswith(_TOPICS) or not isinstance(item, dict):
        return []
    inner = item.get("conversation")
    thing = inner if isinstance(inner, dict) else item
    id = str(thing.get("id") or thing.get("conversation_id") or "")
    if not id.isascii() or not id.isalnum() or len(id) > 40:
        return []
    key = str(told.get("id") or "") or hashlib.sha256(raw.body).hexdigest()
    if topic == "conversation.deleted":
        return [Deleted(ticket=id, key=key, at=parts.moment(told.get("created_at")) or raw.at)]
    return [Changed(ticket=id, key=key)]


async def look(intercom: Intercom, settings: Mapping[str, str], ticket: Ticket, since: str) -> Looked:
    there = await intercom.get(f"/conversations/{segment(ticket.id)}")
    if there is None:
        return Looked(heard=(Deleted(ticket=ticket.id, key=f"deleted:{ticket.id}", at=intercom.link.now),), since=since)
    admin = ticket.state.get("admin") or (await conversations.who(intercom, settings))[0]
    after = (datetime.fromisoformat(since) if since else datetime.fromtimestamp(0, UTC)) - (_OVERLAP if since else timedelta())
    heard: list[Heard] = []
    before: Json = {}
    for part in sorted(parts.every(there), key=lambda one: (one.get("created_at") or 0, int(one["id"]) if str(one.get("id")).isdigit() else 0)):
        at = parts.moment(part.get("created_at"))
        if at is not None and at > after:
            heard += await _heard(intercom, ticket.id, part, before, at, admin)
        before = part
    return Looked(heard=tuple(heard), since=intercom.link.now.isoformat())


async def _heard(intercom: Intercom, ticket: str, part: Json, before: Json, at: datetime, admin: str) -> list[Heard]:
    if not parts.by_admin(part) or parts.ours(part, admin):
        return []
    key, found = f"part:{part['id']}", list[Heard]()
    author = str((part.get("author") or {}).get("name") or "") or "Intercom"
    if (said := parts.meant(part)) is not None:
        files, unhad = await _files(intercom, part, at)
        if said[0] or files or unhad:
            found.append(Replied(ticket=ticket, key=key, text=said[0], public=said[1], author=author, at=at, files=files, unhad=unhad))
    kind, was_us = str(part.get("part_type") or ""), parts.ours(before, admin) if before else False
    if kind == "close" and not (was_us and parts.CLOSED_HERE in str(before.get("body"))):
        found.append(Solved(ticket=ticket, key=f"{key}:state", at=at))
    if kind in ("open", "note_and_reopen", "assign_and_reopen") and not (was_us and parts.OPENED_HERE in str(before.get("body"))):
        found.append(Reopened(ticket=ticket, key=f"{key}:state", at=at))
    return found


async def _files(intercom: Intercom, part: Json, at: datetime) -> tuple[tuple[Enclosed, ...], tuple[Unhad, ...]]:
    """What was attached, and what was pasted into the words. An address of Intercom's storage is its own permission, so no key goes there; images that stand elsewhere are none of its files."""
    attached = [one for one in part.get("attachments") or [] if isinstance(one, dict)]
    known = {str(one.get("url") or "") for one in attached}
    pasted = [{"url": url} for url in pictures(str(part.get("body") or "")) if url not in known and intercom.link.leads_to(url)]
    return parted([await _file(intercom, one, at) for one in (*attached, *pasted)[:_MOST_FILES]])


async def _file(intercom: Intercom, one: Json, at: datetime) -> Enclosed | Unhad:
    url = str(one.get("url") or "")
    name = str(one.get("name") or "") or unquote(urlsplit(url).path.rpartition("/")[2])
    return await had(intercom.link, name, str(one.get("content_type") or ""), one.get("filesize"), at, lambda: fetched(intercom.link, url))
