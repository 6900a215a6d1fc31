"""Some company's own system that takes tickets by HTTP, written from docs/generic-webhook.md alone: it checks every signature, and knows a repeated key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.helpdesk_twins import Comment, SentHook, Twin, TwinTicket, now
from tests.vendors import Request, Response

SECRET = "whsec_" + base64.b64encode(b"thirty-two bytes that both know!").decode()

_MOST = 1_000_000  # bytes of a file in an answer


@dataclass(slots=True, kw_only=True)
class GenericTwin(Twin):
    """`answered`: what was said to each key, to be said again."""

    answered: dict[str, Response] = field(default_factory=dict)
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    secret: str = SECRET

    def settings(self) -> dict[str, str]:
        return {"url": f"{self.url}/desk", "hook_secret": SECRET, "looks": "yes"}

    def respond(self, request: Request) -> Response:
        given, key = request.headers, request.headers.get("idempotency-key", "")
        if given.get("webhook-signature") != f"v1,{_signature(self.secret, given['webhook-id'], given['webhook-timestamp'], request.body)}":
            return _json(401, {"error": "the signature is wrong"})
        if request.method != "POST" or urlsplit(request.target).path != "/desk" or parse_qs(urlsplit(request.target).query):
            return _json(405, {"error": "only POST /desk"})
        if key not in self.answered:
            self.answered[key] = self._done(json.loads(request.body))
        return self.answered[key]

    def _done(self, said: dict[str, Any]) -> Response:
        if said["type"] == "check":
            return _json(200, {"name": "Desk of Paper & Glass"})
        if said["type"] == "ticket.open":
            return self._opened(said)
        ticket = self.held.get(said["ticket"])
        if ticket is None or ticket.deleted:
            return _json(404, {"error": "no such ticket"})
        if said["type"] == "ticket.say":
            ticket.comments.append(_comment(said["entry"], str(next(self.ids))))
            return _json(200, {"id": ticket.comments[-1].id})
        if said["type"] == "ticket.look":
            after = int(said["since"] or 0)
            return _json(200, {"events": self.events.get(ticket.id, [])[after:], "since": str(len(self.events.get(ticket.id, [])))})
        ticket.solved = said["solved"]
        return _json(200, {})

    def _opened(self, said: dict[str, Any]) -> Response:
        id = f"T-{next(self.ids)}"
        self.held[id] = TwinTicket(
            id=id, subject=said["subject"], tags=tuple(said["tags"]), requester=said["requester"], comments=[_comment(entry, str(next(self.ids))) for entry in said["transcript"]],
            fields={"summary": said["summary"], "session_id": said["session_id"], "link": said["link"], "priority": said["priority"], "group": said["group"], **said["fields"]},
        )
        return _json(201, {"id": id, "url": f"{self.url}/tickets/{id}"})

    def told(self, ticket: TwinTicket, what: str, comment: Comment | None = None, into: str = "") -> list[SentHook]:
        event: dict[str, Any] = {"type": what, "ticket": ticket.id, "id": str(next(self.ids)), "at": now()}
        if comment is not None:
            event |= {"type": "reply" if comment.public else "note", "id": comment.id, "text": comment.text, "author": comment.author}
            event["files"] = [{"name": name, "type": kind, "content_base64": base64.b64encode(content).decode()} for name, kind, content in comment.sent if len(content) <= _MOST]
            event["files_left_out"] = [name for name, _, content in comment.sent if len(content) > _MOST]
        if into:
            event["into"] = into
        self.events.setdefault(ticket.id, []).append(event)
        body, id, stamp = json.dumps(event).encode(), f"msg_{event['id']}", str(int(time.time()))
        headers = {"content-type": "application/json", "webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": f"v1,{_signature(SECRET, id, stamp, body)}"}
        return [SentHook(url=self.hook_url, headers=headers, body=body)]


def _comment(entry: dict[str, Any], id: str) -> Comment:
    return Comment(id=id, text=entry["text"], public=entry["public"], files=tuple(one["name"] for one in entry["files"]), author=entry["author"])


def _signature(secret: str, id: str, stamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return base64.b64encode(hmac.new(key, b".".join([id.encode(), stamp.encode(), body]), hashlib.sha256).digest()).decode()


def _json(status: int, content: dict[str, Any]) -> Response:
    return Response(status=status, body=json.dumps(content).encode(), headers={"Content-Type": "application/json"})
