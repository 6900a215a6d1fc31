"""Sunshine Conversations as a server that answers over HTTP, written from its public documentation: users, conversations, messages, control, and webhooks with their key."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.helpdesk_twins import Comment, SentHook, Twin, TwinTicket
from tests.vendors import Request, Response

APP, KEY, SECRET = "5e9b1c0f", "app_5e9b1c10", "sunco-secret-4711"
TEAM = {"id": "sb1", "name": "zd-agentWorkspace", "integrationId": "i1", "integrationType": "zd:agentWorkspace"}
BOT = {"id": "sb2", "name": "zd-answerBot", "integrationId": "i2", "integrationType": "zd:answerBot"}
_POST = {"author", "content", "metadata"}
_START = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)

Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class SunshineTwin(Twin):
    """State and answers. `holders`: conversation -> who has control; `passed`: what went along with it."""

    users: dict[str, Json] = field(default_factory=dict)
    conversations: dict[str, Json] = field(default_factory=dict)
    messages: dict[str, list[Json]] = field(default_factory=dict)
    holders: dict[str, Json | None] = field(default_factory=dict)
    passed: list[tuple[str, Json]] = field(default_factory=list)
    integrations: dict[str, Json] = field(default_factory=dict)
    stored: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    page_size: int = 100
    answering: list[Json] = field(default_factory=lambda: [TEAM, BOT])
    full: bool = False
    takes_notes: bool = False
    signs: bool = False

    def settings(self) -> dict[str, str]:
        return {"subdomain": "acme", "app_id": APP, "key_id": KEY, "secret": SECRET}

    # -- what people do over there -------------------------------------------------------------------------------------------

    async def answer(self, ticket: str, text: str, *, public: bool = True, author: str = "Grace", files: tuple[tuple[str, str, bytes], ...] = ()) -> Comment:
        """An agent writes, and each file is a message of its own. What is not public stays on the ticket in Zendesk, which messaging knows nothing of."""
        if not public:
            return Comment(id="", text=text, public=False, ours=False)
        by = {"type": "business", "displayName": author, "subtypes": ["agent"]}
        message = self.write(ticket, by, {"type": "text", "text": text}, via="zd:agentWorkspace")
        await self._send(self._events("conversation:message", ticket, {"message": message}))
        for name, kind, content in files:
            path = f"/media/{next(self.ids)}/{name}"
            self.stored[path] = (kind, content)
            sent = self.write(ticket, by, {"type": "file", "mediaUrl": self.url + path, "mediaType": kind, "mediaSize": len(content), "altText": name}, via="zd:agentWorkspace")
            await self._send(self._events("conversation:message", ticket, {"message": sent}))
        return next(one for one in self.held[ticket].comments if one.id == message["id"])

    async def solve(self, ticket: str) -> None:
        self.holders[ticket] = None
        self._show()
        await self._send(self._events("switchboard:releaseControl", ticket, {}))

    async def reopen(self, ticket: str) -> None:
        self.holders[ticket] = TEAM
        self._show()
        await self._send(self._events("switchboard:passControl", ticket, {"activeSwitchboardIntegration": TEAM}))

    async def delete(self, ticket: str) -> None:
        told = self._events("conversation:remove", ticket, {})
        self.held[ticket].deleted = True
        del self.conversations[ticket]
        await self._send(told)

    def write(self, ticket: str, author: Json, content: Json, *, via: str = "api:conversations", metadata: Json | None = None, **more: Any) -> Json:
        id = f"{next(self.ids):024x}"
        message = {"id": id, "received": _time(len(self.messages[ticket])), "author": author, "content": content, "source": {"type": via}, **({"metadata": metadata} if metadata else {}), **more}
        self.messages[ticket].append(message)
        self._show()
        return message

    # -- answers -------------------------------------------------------------------------------------------------------------

    def respond(self, request: Request) -> Response:
        parts = urlsplit(request.target)
        if parts.path.startswith("/media/"):
            type, content = self.stored[parts.path]
            return Response(body=content, headers={"Content-Type": type})
        if request.headers.get("authorization") != "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode():
            return _refused(401, "unauthorized")
        path = parts.path.removeprefix("/v2/apps/").split("/")
        if path[0] != APP:
            return _refused(404, "not_found")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if path[1:] == ["attachments"]:
            return self._upload(request, query)
        body = json.loads(request.body) if request.body else {}
        assert len(request.body) <= 100_000, "a request of JSON is 100 KB at most"
        answer = self._reply(request.method, path[1:], query, body)
        self._show()
        return answer

    def _reply(self, method: str, path: list[str], query: Json, body: Json) -> Response:
        match method, path:
            case "GET", [] | [""]:
                return _json({"app": {"id": APP, "displayName": "Acme messaging"}})
            case "GET", ["switchboards"]:
                return _json({"switchboards": [{"id": "board1", "enabled": True}]})
            case "GET", ["switchboards", "board1", "switchboardIntegrations"]:
                return _json({"switchboardIntegrations": [{**one, "deliverStandbyEvents": False} for one in self.answering]})
            case "POST", ["users"]:
                return self._new_user(body)
            case "GET", ["conversations"]:
                return self._listed(query)
            case "POST", ["conversations"]:
                return self._begun(body)
            case _, ["conversations", id, *rest] if id in self.conversations:
                return self._of(method, id, rest, query, body)
            case _, ["integrations", *rest]:
                return self._of_integrations(method, rest, query, body)
        return _refused(404, "not_found")

    def _new_user(self, body: Json) -> Response:
        assert body.keys() <= {"externalId", "profile"}
        assert body["profile"].keys() <= {"givenName", "surname", "email"}
        if body["externalId"] in self.users:
            return _refused(409, "conflict")
        self.users[body["externalId"]] = {"id": f"u{next(self.ids)}", **body}
        return _json({"user": self.users[body["externalId"]]}, 201)

    def _listed(self, query: Json) -> Response:
        if query["filter[userExternalId]"] not in self.users:
            return _refused(404, "user_not_found")
        found = [self._told(id) for id, one in self.conversations.items() if one["user"] == query["filter[userExternalId]"]]
        ids = [one["id"] for one in found]
        begin = ids.index(query["page[after]"]) + 1 if "page[after]" in query else 0
        page = found[begin : begin + self.page_size]
        more = begin + self.page_size < len(found)
        return _json({"conversations": page, "meta": {"hasMore": more, **({"afterCursor": page[-1]["id"]} if more else {})}})

    def _begun(self, body: Json) -> Response:
        assert body.keys() <= {"type", "displayName", "metadata", "participants", "description"}
        assert body["type"] == "personal"
        assert 1 <= len(body["displayName"]) <= 100
        (participant,) = body["participants"]
        if participant["userExternalId"] not in self.users:
            return _refused(404, "user_not_found")
        id = f"c{next(self.ids)}"
        self.conversations[id] = {"id": id, "type": "personal", "displayName": body["displayName"], "metadata": _flat(body["metadata"]), "user": participant["userExternalId"], "createdAt": _time(len(self.conversations))}
        self.messages[id], self.holders[id] = [], BOT
        return _json({"conversation": self._told(id)}, 201)

    def _of(self, method: str, id: str, rest: list[str], query: Json, body: Json) -> Response:
        match method, rest:
            case "GET", []:
                return _json({"conversation": self._told(id)})
            case "PATCH", []:
                self.conversations[id] |= {"metadata": _flat(body["metadata"])}
                return _json({"conversation": self._told(id)})
            case "GET", ["messages"]:
                return self._page(self.messages[id], query)
            case "POST", ["messages"]:
                return self._posted(id, body)
            case "POST", ["passControl"]:
                wanted = body["switchboardIntegration"]
                to = next((one for one in self.answering if wanted in (one["id"], one["name"], one["integrationType"])), None)
                if to is None:
                    return _refused(404, "switchboard_integration_not_found")
                self.holders[id] = to
                self.passed.append((id, _flat(body["metadata"])))
                return _json({})
            case "POST", ["releaseControl"]:
                self.holders[id] = None
                return _json({})
        return _refused(404, "not_found")

    def _posted(self, id: str, body: Json) -> Response:
        assert body.keys() <= _POST, f"not in the documentation: {body.keys() - _POST}"
        author, content = body["author"], body["content"]
        if self.full:
            return _refused(423, "locked")
        if author["type"] == "user":
            assert author["userExternalId"] == self.conversations[id]["user"]
        else:
            assert author.keys() <= {"type", "displayName"}
        if content["type"] == "text" and not 0 < len(content["text"]) <= 4_096:
            return _refused(400, "bad_request")
        if content["type"] in ("image", "file") and (urlsplit(content["mediaUrl"]).path not in self.stored or len(content["altText"]) > 128):
            return _refused(400, "bad_request")
        return _json({"messages": [self.write(id, author, content, metadata=_flat(body["metadata"]))]}, 201)

    def _page(self, messages: list[Json], query: Json) -> Response:
        """Backwards from the newest, or forwards from one; a page reads from old to new either way."""
        ids = [one["id"] for one in messages]
        if "page[after]" in query:
            begin = ids.index(query["page[after]"]) + 1
            page = messages[begin : begin + self.page_size]
            more = begin + len(page) < len(messages)
            return _json({"messages": page, "meta": {"hasMore": more, **({"afterCursor": page[-1]["id"]} if more else {})}})
        end = ids.index(query["page[before]"]) if "page[before]" in query else len(messages)
        begin = max(0, end - self.page_size)
        return _json({"messages": messages[begin:end], "meta": {"hasMore": begin > 0, **({"beforeCursor": messages[begin]["id"]} if begin > 0 else {})}})

    def _upload(self, request: Request, query: Json) -> Response:
        assert query["access"] == "public"
        boundary = request.headers["content-type"].partition("boundary=")[2]
        head, _, content = request.body.partition(b"\r\n\r\n")
        named = re.fullmatch(rb'--(.+)\r\nContent-Disposition: form-data; name="source"; filename="([^"\r\n]+)"\r\nContent-Type: (\S+)', head)
        assert named, "a form with one file"
        assert named[1].decode() == boundary
        assert content.endswith(f"\r\n--{boundary}--\r\n".encode())
        if named[3].startswith(b"application/x-"):
            return _refused(400, "bad_request")
        path = f"/media/{next(self.ids)}/file"
        self.stored[path] = (named[3].decode(), content.removesuffix(f"\r\n--{boundary}--\r\n".encode()))
        return _json({"attachment": {"mediaUrl": self.url + path, "mediaType": named[3].decode()}}, 201)

    # -- webhooks ------------------------------------------------------------------------------------------------------------

    def _of_integrations(self, method: str, rest: list[str], query: Json, body: Json) -> Response:
        match method, rest:
            case "GET", []:
                assert query["filter[types]"] == "custom"
                return _json({"integrations": [{name: value for name, value in one.items() if name != "webhooks"} for one in self.integrations.values()]})
            case "POST", []:
                (webhook,) = body["webhooks"]
                if not webhook["target"].startswith(("https://", "http://127.0.0.1")):
                    return _refused(400, "bad_request")
                id = f"int{next(self.ids)}"
                self.hook_url, self.hook_secret = webhook["target"], f"sunco-hook-secret-{id}"
                self.integrations[id] = {"id": id, **body, "webhooks": [{"id": f"w{id}", "version": "v2", "secret": self.hook_secret, **webhook}]}
                return _json({"integration": self.integrations[id]}, 201)
            case "GET", [id, "webhooks"]:
                return _json({"webhooks": self.integrations[id]["webhooks"]})
            case "DELETE", [id] if id in self.integrations:
                del self.integrations[id]
                return Response(status=200, body=b"{}")
        return _refused(404, "not_found")

    def _events(self, type: str, ticket: str, payload: Json) -> list[SentHook]:
        told = []
        for one in self.integrations.values():
            (webhook,) = one["webhooks"]
            if type not in webhook["triggers"]:
                continue
            event = {"id": f"ev{next(self.ids)}", "createdAt": datetime.now(UTC).isoformat(), "type": type, "payload": {"conversation": self._told(ticket), **payload}}
            body = json.dumps({"app": {"id": APP}, "webhook": {"id": webhook["id"], "version": "v2"}, "events": [event]}).encode()
            told.append(SentHook(url=webhook["target"], headers={"content-type": "application/json", "X-API-Key": webhook["secret"]}, body=body))
        return told

    def event_of(self, ticket: str, message: Json) -> SentHook:
        """What is sent of one message, whoever wrote it."""
        return self._events("conversation:message", ticket, {"message": message})[0]

    # -- the truth -----------------------------------------------------------------------------------------------------------

    def _told(self, id: str) -> Json:
        there = {name: value for name, value in self.conversations[id].items() if name != "user"}
        return there | ({"activeSwitchboardIntegration": self.holders[id]} if self.holders[id] else {})

    def _show(self) -> None:
        for id, one in self.conversations.items():
            shown = self.held.setdefault(id, TwinTicket(id=id))
            shown.subject, shown.solved = one["displayName"], self.holders[id] != TEAM
            passed = [metadata for conversation, metadata in self.passed if conversation == id and "dataCapture.systemField.tags" in metadata]
            shown.tags = tuple(passed[-1]["dataCapture.systemField.tags"].split(",")) if passed else ()
            shown.fields = {name: str(value) for name, value in passed[-1].items()} if passed else {}
            shown.comments = [
                Comment(id=each["id"], text=each["content"].get("text", ""), ours=each["source"]["type"].startswith("api"), author=each["author"].get("displayName", ""), files=(each["content"]["mediaUrl"],) if "mediaUrl" in each["content"] else ())
                for each in self.messages[id]
            ]


def _flat(metadata: Json) -> Json:
    assert all(isinstance(value, str | int | float | bool) for value in metadata.values())
    assert len(json.dumps(metadata).encode()) <= 4_096
    return metadata


def _time(number: int) -> str:
    return (_START + timedelta(seconds=number)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(value: object, status: int = 200) -> Response:
    return Response(status=status, body=json.dumps(value).encode(), headers={"Content-Type": "application/json"})


def _refused(status: int, code: str) -> Response:
    return _json({"errors": [{"code": code, "title": code}]}, status)
