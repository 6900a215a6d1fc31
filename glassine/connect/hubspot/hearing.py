"""What HubSpot tells: its hooks, verified over their raw bytes, and what became of a ticket since it was looked at last. It changes nothing there."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from glassine.connect.answers import json_of
from glassine.connect.hubspot import enclosed, notes, setting_up, tickets
from glassine.connect.hubspot.api import VERSION, HubSpot, Json, segment
from glassine.connect.markup import plain
from glassine.words.deliveries import DeliveryFailed
from glassine.words.errors import Refused
from glassine.words.helpdesks import Changed, Deleted, Heard, Looked, MergedInto, RawHook, Reopened, Replied, Solved, Ticket

_WINDOW = timedelta(minutes=5)
_OVERLAP = timedelta(minutes=5)  # HubSpot's clock and ours, and what was being written while we looked; the same twice is one
_TICKET = "0-5"  # HubSpot's number of tickets among its kinds of objects
_AGENT = "A-"
_MOST_EVENTS = 1_000  # of one hook; HubSpot sends a hundred at most


def verify(raw: RawHook, secret: str) -> None:
    """Version 3: method, address, body and time under the app's client secret."""
    said, stamp = raw.headers.get("x-hubspot-signature-v3", ""), raw.headers.get("x-hubspot-request-timestamp", "")
    if not secret or not said or not stamp.isdigit() or len(stamp) > 16:
        raise Refused("This request is not signed as HubSpot signs (version 3).", status=401)
    signed = f"{raw.method.upper()}{raw.url}".encode() + raw.body + stamp.encode()
    right = base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest())
    if not hmac.compare_digest(right, said.encode()):
        raise Refused("The signature is wrong. Enter the client secret of the app that sends this, and check that HubSpot sends to exactly the address shown in Glassine.", status=401)
    if abs(raw.at.timestamp() * 1000 - int(stamp)) > _WINDOW.total_seconds() * 1000:
        raise Refused("The request was signed more than five minutes ago.", status=401)


def parse(raw: RawHook) -> list[Heard]:
    told = json_of(raw.body)
    if not isinstance(told, list) or len(told) > _MOST_EVENTS:
        raise Refused("HubSpot's hooks are lists of events.")
    return [heard for event in told if isinstance(event, dict) for heard in _heard(event, raw.at)]


def _heard(event: Json, at: datetime) -> Iterator[Heard]:
    thing, _, happened = str(event.get("subscriptionType") or "").partition(".")
    if thing == "object":
        thing = "ticket" if str(event.get("objectTypeId") or event.get("fromObjectTypeId") or "") == _TICKET else thing
    id, when = _id(event.get("objectId")), notes.moment(event.get("occurredAt")) or at
    key = ":".join(str(event.get(name) or "") for name in ("subscriptionId", "eventId", "objectId", "fromObjectId", "occurredAt"))
    if thing != "ticket":
        return
    if happened == "merge":
        into = _id(event.get("newObjectId")) or _id(event.get("primaryObjectId"))
        merged = event.get("mergedObjectIds")
        for one in dict.fromkeys(_id(one) for one in (*(merged if isinstance(merged, list) else ()), event.get("primaryObjectId"))):
            if one and into and one != into:
                yield MergedInto(ticket=one, key=f"{key}:{one}", into=into, at=when)
    elif happened in ("deletion", "privacyDeletion") and id:
        yield Deleted(ticket=id, key=key, at=when)
    elif happened == "associationChange" and (first := _id(event.get("fromObjectId"))):
        yield Changed(ticket=first, key=key)
    elif happened in ("propertyChange", "restore") and id:
        yield Changed(ticket=id, key=key)


def _id(said: Any) -> str:
    text = str(said if said is not None else "")
    return text if text.isdigit() and len(text) < 25 else ""


async def look(hubspot: HubSpot, ticket: Ticket, since: str) -> Looked:
    """Stages, notes, and replies that went out from HubSpot itself: from its inbox or help desk where the ticket has threads there, else as e-mails."""
    query = {"properties": "hs_pipeline_stage", "propertiesWithHistory": f"hs_pipeline_stage,{setting_up.MARKER}"}
    there = await hubspot.get(f"{tickets.OBJECTS}/tickets/{segment(ticket.id)}", query)
    if there is None or there.get("archived"):
        return Looked(heard=(Deleted(ticket=ticket.id, key=f"deleted:{ticket.id}", at=hubspot.link.now),), since=since)
    if str(there.get("id")) != ticket.id:  # a ticket that was merged answers as the one it became
        into = str(there["id"])
        return Looked(heard=(MergedInto(ticket=ticket.id, key=f"merged:{ticket.id}:{into}", into=into, at=hubspot.link.now),), since=since)
    after = (notes.moment(since) or datetime.fromtimestamp(0, UTC)) - (_OVERLAP if since else timedelta())
    heard: list[Heard] = [*await _moves(hubspot, ticket.id, there, after), *await _notes(hubspot, ticket.id, after)]
    heard += await _sent(hubspot, ticket.id, after)
    return Looked(heard=tuple(sorted(heard, key=lambda one: one.at if not isinstance(one, Changed) else hubspot.link.now)), since=hubspot.link.now.isoformat())


async def _moves(hubspot: HubSpot, ticket: str, there: Json, after: datetime) -> list[Heard]:
    """From stage to stage, oldest first. What we moved ourselves bears the source that wrote our marker."""
    past = there.get("propertiesWithHistory") or {}
    us = next(((one.get("sourceType"), one.get("sourceId")) for one in reversed(past.get(setting_up.MARKER) or [])), None)
    moves = sorted(((at, one) for one in reversed(past.get("hs_pipeline_stage") or []) if (at := notes.moment(one.get("timestamp"))) is not None), key=lambda pair: pair[0])
    if not any(at > after for at, _ in moves):
        return []
    closed = tickets.closed_stages(await setting_up.pipelines(hubspot))
    found: list[Heard] = []
    was = False
    for at, one in moves:
        now, key = str(one.get("value")) in closed, f"stage:{ticket}:{one.get('timestamp')}"
        if now is not was and at > after and (one.get("sourceType"), one.get("sourceId")) != us:
            found.append(Solved(ticket=ticket, key=key, at=at) if now else Reopened(ticket=ticket, key=key, at=at))
        was = now
    return found


async def _notes(hubspot: HubSpot, ticket: str, after: datetime) -> list[Heard]:
    properties = ["hs_note_body", "hs_createdate", "hs_timestamp", "hubspot_owner_id", "hs_attachment_ids"]
    found: list[Heard] = []
    for note in await hubspot.records("notes", await hubspot.associated(ticket, "notes"), properties):
        held = note.get("properties") or {}
        body, at = str(held.get("hs_note_body") or ""), notes.moment(held.get("hs_createdate") or note.get("createdAt"))
        if at is None or at <= after or notes.marker_of(body):
            continue
        words, public = notes.meant(body)
        author, key = await _owner(hubspot, held.get("hubspot_owner_id")), f"note:{note['id']}"
        files, unhad = await enclosed.files(hubspot, held.get("hs_attachment_ids"), body, at)
        if words.strip() or files or unhad:
            found.append(Replied(ticket=ticket, key=key, text=words.strip(), public=public, author=author, at=at, files=files, unhad=unhad))
    return found


async def _sent(hubspot: HubSpot, ticket: str, after: datetime) -> list[Heard]:
    """A reply from the inbox is logged as an e-mail too, so it is read in one place only."""
    threads = await _threads(hubspot, ticket)
    if not threads:
        return await _emails(hubspot, ticket, after)
    return [heard for thread in threads for heard in await _messages(hubspot, ticket, str(thread["id"]), after)]


async def _threads(hubspot: HubSpot, ticket: str) -> Sequence[Json]:
    try:
        told = await hubspot.get(f"/conversations/conversations/{VERSION}/threads", {"associatedTicketId": ticket}, right="conversations.read") or {}
    except DeliveryFailed as failure:
        if failure.status == 403:
            return ()
        raise
    return [one for one in told.get("results") or [] if isinstance(one, dict) and not one.get("spam")]


async def _messages(hubspot: HubSpot, ticket: str, thread: str, after: datetime) -> list[Heard]:
    found: list[Heard] = []
    cursor = ""
    for _ in range(20):
        query = {"limit": "100", "sort": "-createdAt"} | ({"after": cursor} if cursor else {})
        told = await hubspot.get(f"/conversations/conversations/{VERSION}/threads/{segment(thread)}/messages", query, right="conversations.read") or {}
        every = [(one, notes.moment(one.get("createdAt"))) for one in told.get("results") or [] if isinstance(one, dict)]
        for one, at in every:
            by, kind = str(one.get("createdBy") or ""), one.get("type")
            public = kind == "MESSAGE" and one.get("direction") == "OUTGOING"
            if at is None or at <= after or not by.startswith(_AGENT) or not (public or kind == "COMMENT"):
                continue
            words = await _whole(hubspot, thread, one)
            if notes.marker_of(words):
                continue
            files, unhad = await enclosed.of_message(hubspot, one.get("attachments"), str(one.get("richText") or ""), at)
            if words or files or unhad:
                author = str(next((sender.get("name") for sender in one.get("senders") or [] if sender.get("name")), "")) or "HubSpot"
                found.append(Replied(ticket=ticket, key=f"message:{one['id']}", text=words, public=public, author=author, at=at, files=files, unhad=unhad))
        cursor = str(((told.get("paging") or {}).get("next") or {}).get("after") or "")
        if not cursor or all(at is None or at <= after for _, at in every):
            break
    return found


async def _whole(hubspot: HubSpot, thread: str, message: Json) -> str:
    if message.get("truncationStatus") in ("TRUNCATED", "TRUNCATED_TO_MOST_RECENT_REPLY"):
        path = f"/conversations/conversations/{VERSION}/threads/{segment(thread)}/messages/{segment(str(message['id']))}/original-content"
        message = await hubspot.get(path, right="conversations.read") or message
    return str(message.get("text") or "").strip() or plain(str(message.get("richText") or ""))


async def _emails(hubspot: HubSpot, ticket: str, after: datetime) -> list[Heard]:
    properties = ["hs_email_direction", "hs_email_status", "hs_email_text", "hs_email_html", "hs_createdate", "hs_timestamp", "hubspot_owner_id", "hs_attachment_ids"]
    try:
        ids = await hubspot.associated(ticket, "emails")
        every = await hubspot.records("emails", ids, properties, right="sales-email-read")
    except DeliveryFailed as failure:
        if failure.status == 403:
            return []
        raise
    found: list[Heard] = []
    for one in every:
        held = one.get("properties") or {}
        at = notes.moment(held.get("hs_createdate") or held.get("hs_timestamp"))
        if at is None or at <= after or held.get("hs_email_direction") != "EMAIL" or held.get("hs_email_status") not in (None, "", "SENT"):
            continue
        words = str(held.get("hs_email_text") or "").strip() or plain(str(held.get("hs_email_html") or ""))
        files, unhad = await enclosed.files(hubspot, held.get("hs_attachment_ids"), str(held.get("hs_email_html") or ""), at)
        if words or files or unhad:
            author = await _owner(hubspot, held.get("hubspot_owner_id"))
            found.append(Replied(ticket=ticket, key=f"email:{one['id']}", text=words, public=True, author=author, at=at, files=files, unhad=unhad))
    return found


async def _owner(hubspot: HubSpot, id: Any) -> str:
    """Whose it is, where HubSpot says so and the token may know."""
    if not _id(id):
        return "HubSpot"
    try:
        there = await hubspot.get(f"/crm/owners/{VERSION}/{_id(id)}", right="crm.objects.owners.read")
    except DeliveryFailed as failure:
        if failure.status == 403:
            return "HubSpot"
        raise
    return setting_up.name_of(there) if there else "HubSpot"
