"""Zendesk's webhooks and triggers as its documentation describes them: kept, fired by changes of tickets, and signed as Zendesk signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.vendors import Response

Json = dict[str, Any]


class Wrong(Exception):
    """What Zendesk answers to a request that it does not take."""

    def __init__(self, status: int, details: Json | None = None, error: str = "RecordInvalid", headers: dict[str, str] | None = None) -> None:
        super().__init__(error)
        body = {"error": error, "description": "Record validation errors", "details": {name: [{"description": str(words), "error": "Invalid"}] for name, words in (details or {}).items()}}
        self.answer = Response(status=status, body=json.dumps(body).encode(), headers={"Content-Type": "application/json", **(headers or {})})


@dataclass(slots=True)
class Hooks:
    """What is to be sent is handed to `send` as address, headers and body."""

    send: Callable[[str, dict[str, str], bytes], None] = lambda *_: None
    known: dict[str, Json] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    rules: dict[int, Json] = field(default_factory=dict)
    _last: int = 9_000

    def webhooks(self, method: str, rest: list[str], query: Json, body: Json) -> Response:
        match method, rest:
            case "GET", []:
                return answered({"webhooks": [one for one in self.known.values() if query.get("filter[name_contains]", "") in one["name"]], "meta": {"has_more": False}})
            case "POST", []:
                given = body["webhook"]
                only(given, {"name", "endpoint", "http_method", "request_format", "status", "subscriptions"})
                if not given["endpoint"].startswith(("https://", "http://127.0.0.1")) or given["http_method"] != "POST":
                    raise Wrong(400, error="InvalidEndpoint")
                id = f"01HOOK{self._next()}"
                self.known[id], self.secrets[id] = {"id": id, **given}, f"vendor-secret-{id}"
                return answered({"webhook": self.known[id]}, 201)
            case "GET", [id, "signing_secret"] if id in self.secrets:
                return answered({"signing_secret": {"algorithm": "SHA256", "secret": self.secrets[id]}})
            case "DELETE", [id] if id in self.known:
                if any(id in action["value"] for one in self.rules.values() for action in one["actions"]):
                    raise Wrong(400, error="WebhookInUse")
                del self.known[id]
                return Response(status=204)
        return answered({"error": "RecordNotFound"}, 404)

    def triggers(self, method: str, rest: list[str], query: Json, body: Json) -> Response:
        match method, rest:
            case "GET", ["search"]:
                return answered({"triggers": [one for one in self.rules.values() if query["query"] in one["title"]]})
            case "POST", []:
                given = body["trigger"]
                known = {"update_type", "current_tags", "current_via_id", "status", "comment_is_public"}
                if any(one["field"] not in known for one in given["conditions"]["all"]) or any(one["value"][0] not in self.known for one in given["actions"]):
                    raise Wrong(422, {"base": "Trigger could not be saved"})
                id = self._next()
                self.rules[id] = {"id": id, "active": True, **given}
                return answered({"trigger": self.rules[id]}, 201)
            case "DELETE", [id] if int(id) in self.rules:
                del self.rules[int(id)]
                return Response(status=204)
        return answered({"error": "RecordNotFound"}, 404)

    def fire(self, ticket: str, tags: list[str], via: str, update: str, at: datetime) -> None:
        """What the triggers send of a change."""
        for trigger in self.rules.values():
            if all(_holds(one, tags, via, update) for one in trigger["conditions"]["all"]):
                for action in trigger["actions"]:
                    webhook, words = action["value"]
                    body = words.replace("{{ticket.id}}", ticket).encode()
                    self.send(self.known[webhook]["endpoint"], self.signed(webhook, body, at), body)

    def signed(self, webhook: str, body: bytes, at: datetime) -> dict[str, str]:
        """The headers of a message, as Zendesk signs them."""
        said = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        mac = hmac.new(self.secrets[webhook].encode(), said.encode() + body, hashlib.sha256).digest()
        return {
            "content-type": "application/json", "x-zendesk-account-id": "1", "x-zendesk-webhook-id": webhook, "x-zendesk-webhook-invocation-id": str(self._next()),
            "x-zendesk-webhook-signature": base64.b64encode(mac).decode(), "x-zendesk-webhook-signature-timestamp": said,
        }

    def _next(self) -> int:
        self._last += 1
        return self._last


def _holds(condition: Json, tags: list[str], via: str, update: str) -> bool:
    match condition["field"], condition["operator"]:
        case "update_type", "is":
            return bool(condition["value"] == update)
        case "current_tags", "includes":
            return condition["value"] in tags
        case "current_via_id", "is_not":
            return bool(condition["value"] != {"web": "0", "mail": "4", "api": "5"}[via])
    return False


def only(given: Json, known: set[str]) -> None:
    """A name that the documentation does not hold is a slip of ours, which Zendesk would pass over in silence."""
    assert given.keys() <= known, f"not in Zendesk's documentation: {given.keys() - known}"


def answered(value: object, status: int = 200) -> Response:
    return Response(status=status, body=json.dumps(value).encode(), headers={"Content-Type": "application/json"})
