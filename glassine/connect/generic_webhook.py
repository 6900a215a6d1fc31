"""Any system as a helpdesk, by HTTP: it is sent JSON for each effect and may send back what its people do. It decides nothing and keeps nothing.

Both ways are signed as Standard Webhooks are (standardwebhooks.com), with one secret that both sides know. docs/generic-webhook.md is its documentation.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from glassine.connect.answers import json_of
from glassine.words.channels import Connector
from glassine.words.crossings import Answer
from glassine.words.deliveries import DeliveryFailed, Effect
from glassine.words.errors import Refused
from glassine.words.helpdesks import (
    HOOK_SECRET,
    Checked,
    Deleted,
    Draft,
    Enclosed,
    Entry,
    Guarantee,
    Heard,
    HelpdeskLink,
    Hook,
    Looked,
    MergedInto,
    RawHook,
    Reopened,
    Replied,
    Solved,
    Step,
    Ticket,
    Unhad,
)
from glassine.words.sources import Field, FieldKind

_WINDOW = 300  # seconds that a signature's time may lie off
_SHORTEST_SECRET = 24
_MOST_FILES = 1_300_000  # bytes of files in one request
_MOST_HEARD = 100


class AnyHelpdesk:
    """What there is to know of it stands on one page of the docs, with a JSON Schema of every request."""

    fields: tuple[Field, ...] = (
        Field(name="url", title="Address", kind=FieldKind.URL, help="Where your system takes requests, for example https://desk.example.com/glassine."),
        Field(name=HOOK_SECRET, title="Shared secret", kind=FieldKind.SECRET, help="At least 24 characters that only both sides know. Requests are signed with it, both ways."),
        Field(name="looks", title="It can be asked", kind=FieldKind.SWITCH, required=False, help="Your system answers ticket.look with what happened on a ticket, so that what hooks lost is found."),
    )
    begin: tuple[Step, ...] = (
        Step(
            title="Have your system take requests", text="Each is a POST with JSON, signed with a secret that both sides know. The page “Any system by HTTP” in the documentation has all of them, with a JSON Schema.",
            picture="generic-webhook-exchange.svg",
        ),
    )
    guarantees: Mapping[Effect, Guarantee] = MappingProxyType(dict.fromkeys((Effect.OPEN, Effect.SAY, Effect.STATUS), Guarantee.IDEMPOTENCY_KEY))
    steps: tuple[Step, ...] = (
        Step(
            title="Send back what your people do",
            text="Have your system POST to {url} when somebody answers, solves, reopens, merges or deletes a ticket, signed with the shared secret. The page “Any system by HTTP” in the documentation shows every request.",
        ),
    )
    wire_name = "generic_webhook"
    id_type = "ticket_id"
    needs: tuple[str, ...] = ()

    def hosts(self, settings: Mapping[str, str]) -> tuple[str, ...]:
        place = urlsplit(settings.get("url", "")).netloc.lower()
        if not place:
            raise Refused("Enter the address of your system.")
        return (place,)

    async def check(self, link: HelpdeskLink) -> Checked:
        if len(link.settings.get(HOOK_SECRET, "")) < _SHORTEST_SECRET:
            raise Refused(f"The shared secret has fewer than {_SHORTEST_SECRET} characters. Make a longer one.")
        answer = await _ask(link, str(uuid4()), {"type": "check"})
        name = str(_object(answer).get("name", "")) if answer.body.strip() else ""
        return Checked(reached=f"{name or 'Your system'} answered and took the signature.")

    async def install(self, link: HelpdeskLink, hook: Hook) -> Mapping[str, str]:  # noqa: ARG002 - every helpdesk is asked alike
        """Its own people do it: see `steps`."""
        return {}

    async def uninstall(self, link: HelpdeskLink, made: Mapping[str, str]) -> None:
        """Nothing of ours is there."""

    async def find(self, link: HelpdeskLink, marker: str) -> Ticket | None:  # noqa: ARG002 - every helpdesk is asked alike
        """Never asked: the same key is the same effect."""
        return None

    async def open(self, link: HelpdeskLink, draft: Draft, key: str) -> Ticket:
        left = _MOST_FILES
        transcript = []
        for entry in draft.transcript:
            written = _entry(entry, left)
            left -= sum(len(file.content) for file in entry.files if len(file.content) <= left)
            transcript.append(written)
        body = {
            "type": "ticket.open", "marker": draft.marker, "session_id": str(draft.session), "number": draft.number, "subject": draft.subject, "summary": draft.summary,
            "reasons": list(draft.reasons), "sentiment": draft.sentiment, "language": draft.language, "channel": draft.channel, "link": draft.link, "tags": list(draft.tags),
            "priority": draft.priority, "group": draft.group, "fields": dict(draft.fields), "transcript": transcript,
            "requester": {"key": draft.requester.key, "email": draft.requester.email, "phone": draft.requester.phone, "name": draft.requester.name},
        }
        made = _object(_taken(await _ask(link, key, body)))
        if not isinstance(made.get("id"), str | int) or made["id"] == "":
            raise DeliveryFailed("Your system took the ticket but did not say its id.", unknown=True)
        return Ticket(id=str(made["id"]), url=_link(made.get("url")))

    async def said(self, link: HelpdeskLink, ticket: Ticket, marker: str) -> str | None:  # noqa: ARG002 - every helpdesk is asked alike
        """Never asked, as `find`."""
        return None

    async def say(self, link: HelpdeskLink, ticket: Ticket, entry: Entry, key: str) -> str:
        answer = _taken(await _ask(link, key, {"type": "ticket.say", "ticket": ticket.id, "entry": _entry(entry, _MOST_FILES)}))
        return str(_object(answer).get("id", entry.marker)) if answer.body.strip() else entry.marker

    async def set_status(self, link: HelpdeskLink, ticket: Ticket, *, solved: bool) -> None:
        _taken(await _ask(link, str(uuid4()), {"type": "ticket.status", "ticket": ticket.id, "solved": solved}))

    def verify(self, raw: RawHook, secret: str) -> None:
        id, stamp = raw.headers.get("webhook-id", ""), raw.headers.get("webhook-timestamp", "")
        if not id or not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16):
            raise Refused("The headers webhook-id, webhook-timestamp and webhook-signature are needed.", status=401)
        if abs(raw.at.timestamp() - int(stamp)) > _WINDOW:
            raise Refused("The signature's time lies more than five minutes off.", status=401)
        good = _signature(secret, id, stamp, raw.body).encode()
        given = raw.headers.get("webhook-signature", "").encode("utf-8", "replace").split()
        if not any(hmac.compare_digest(one.removeprefix(b"v1,"), good) for one in given[:10]):
            raise Refused("The signature is not that of the shared secret over this body.", status=401)

    def parse(self, raw: RawHook) -> Sequence[Heard]:
        try:
            given = json.loads(raw.body)
            return list(_all_heard(given))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Refused("The body is not as the documentation says.", status=400) from None

    async def look(self, link: HelpdeskLink, ticket: Ticket, since: str) -> Looked:
        if link.settings.get("looks") != "yes":
            return Looked(heard=(), since=since)
        answer = await _ask(link, str(uuid4()), {"type": "ticket.look", "ticket": ticket.id, "since": since})
        if answer.status in (404, 410):
            return Looked(heard=(Deleted(ticket=ticket.id, key=f"{ticket.id}:gone", at=link.now),), since=since)
        told = _object(_taken(answer))
        return Looked(heard=tuple(_all_heard(told.get("events", []))), since=str(told.get("since", since)))


async def _ask(link: HelpdeskLink, key: str, body: Mapping[str, Any]) -> Answer:
    content, stamp = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"), str(int(link.now.timestamp()))
    headers = {
        "Content-Type": "application/json", "Idempotency-Key": key, "webhook-id": key, "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{_signature(link.settings.get(HOOK_SECRET, ''), key, stamp, content)}",
    }
    return await link.request("POST", link.settings.get("url", ""), headers=headers, body=content)


def _signature(secret: str, id: str, stamp: str, body: bytes) -> str:
    return base64.b64encode(hmac.digest(_key(secret), f"{id}.{stamp}.".encode() + body, hashlib.sha256)).decode()


def _key(secret: str) -> bytes:
    """A secret that is written as Standard Webhooks write one stands for its bytes; any other is its own."""
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def _taken(answer: Answer) -> Answer:
    if answer.status >= 300:
        raise DeliveryFailed(f"Your system answered {answer.status}, which means that it did not take the request.", again=answer.status not in (410, 422), status=answer.status)
    return answer


def _object(answer: Answer) -> Mapping[str, Any]:
    found = json_of(answer.body)
    if not isinstance(found, dict):
        raise DeliveryFailed("Your system answered, but not with a JSON object.", unknown=True)
    return found


def _link(url: object) -> str:
    """Shown as a link to the team, so nothing but an address of the web."""
    return url if isinstance(url, str) and url.startswith(("https://", "http://")) else ""


def _entry(entry: Entry, room: int) -> dict[str, Any]:
    files, left_out = list[dict[str, str]](), list[str]()
    for file in entry.files:
        if len(file.content) > room:
            left_out.append(file.name)
            continue
        room -= len(file.content)
        files.append({"name": file.name, "type": file.media_type, "content_base64": base64.b64encode(file.content).decode()})
    return {
        "marker": entry.marker, "speaker": str(entry.speaker), "author": entry.author, "text": entry.text, "public": entry.public,
        "at": entry.at.isoformat(timespec="milliseconds"), "files": files, "files_left_out": left_out,
    }


def _all_heard(given: Any) -> Iterator[Heard]:
    for one in (given if isinstance(given, list) else [given])[:_MOST_HEARD]:
        found = _heard(one)
        if found is not None:
            yield found


def _heard(one: Mapping[str, Any]) -> Heard | None:
    """What its type says; types that this version does not know are nothing."""
    ticket, key, at = str(one["ticket"])[:200], str(one["id"])[:200], _at(one["at"])
    match str(one["type"]):
        case "reply" | "note" as type:
            files = tuple(_file(each) for each in one.get("files", ())[:20])
            unhad = tuple(Unhad(name=str(name)[:200], why="it is too large for a request") for name in one.get("files_left_out", ())[:20])
            return Replied(ticket=ticket, key=key, text=str(one.get("text", "")), public=type == "reply", author=str(one.get("author", ""))[:100], at=at, files=files, unhad=unhad)
        case "solved":
            return Solved(ticket=ticket, key=key, at=at)
        case "reopened":
            return Reopened(ticket=ticket, key=key, at=at)
        case "merged":
            return MergedInto(ticket=ticket, key=key, into=str(one["into"])[:200], at=at)
        case "deleted":
            return Deleted(ticket=ticket, key=key, at=at)
    return None


def _at(text: object) -> datetime:
    found = datetime.fromisoformat(str(text))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _file(one: Mapping[str, Any]) -> Enclosed:
    return Enclosed(name=str(one["name"])[:200], media_type=str(one.get("type", "application/octet-stream"))[:100], content=base64.b64decode(str(one["content_base64"]), validate=True))


connector = Connector(name="generic_webhook", title="Any system by HTTP", helpdesk=AnyHelpdesk())
