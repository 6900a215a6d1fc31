"""An Intercom workspace on this machine, written from its public documentation: contacts, conversations with their parts, tags, search that may lag, and notifications that it signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.vendors import Request, Response

TOKEN, CLIENT_SECRET = "dG9rOmludGVyY29tX3R3aW4=", "ic-client-secret-42"
SETTINGS = {"token": TOKEN, "hook_secret": CLIENT_SECRET, "region": "eu"}
API, ADA, BOB = "814860", "991267", "991268"  # the seat whose token it is, and two people who answer
Json = dict[str, Any]


class Wrong(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.answer = said({"type": "error.list", "request_id": "b2f1", "errors": [{"code": code, "message": message}]}, status)


@dataclass
class Workspace:
    """What is there, and how it answers. `faults` are asked first; each may answer in Intercom's stead."""

    now: datetime = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
    token: str = TOKEN
    secret: str = CLIENT_SECRET
    denied: set[str] = field(default_factory=set)  # the first words of paths that the app may not use
    contacts: dict[str, Json] = field(default_factory=dict)
    held: dict[str, Json] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    tags: dict[str, str] = field(default_factory=lambda: {"vip": "7001"})
    attributes: set[str] = field(default_factory=lambda: {"Reason"})  # of conversations, made by people
    admins: dict[str, str] = field(default_factory=lambda: {API: "Glassine", ADA: "Ada Lovelace", BOB: "Bob Builder"})
    teams: dict[str, str] = field(default_factory=lambda: {"5001": "Billing"})
    search_lags: bool = False  # it does not know the newest yet
    unsearched: set[str] = field(default_factory=set)
    told: list[Json] = field(default_factory=list)  # notifications that have not been sent
    mailed: list[str] = field(default_factory=list)  # what Intercom would have shown or mailed to the customer
    stored: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # files: path -> kind and content
    files_at: str = ""  # where its storage is
    refuses: set[str] = field(default_factory=set)  # kinds of files that are not taken
    faults: list[Callable[[Request], Response | None]] = field(default_factory=list)
    most: int = 500  # parts that are given back
    count: int = 100

    # -- what people do there ----------------------------------------------------------------------------------------------

    def reply(self, id: str, text: str, *, kind: str = "comment", by: str = ADA, files: tuple[tuple[str, str, bytes], ...] = ()) -> str:
        made = self._part(id, kind, f"<p>{text}</p>" if text else None, {"type": "admin", "id": by, "name": self.admins[by]}, files=[self.stored_as(*file) for file in files])
        self._tell({"comment": "conversation.admin.replied", "note": "conversation.admin.noted", "close": "conversation.admin.closed", "open": "conversation.admin.opened"}.get(kind, "conversation.admin.assigned"), id)
        return made

    def stored_as(self, name: str, kind: str, content: bytes, at: str = "") -> Json:
        """A file of somebody's, as a part names it."""
        path = f"/downloads/i/o/{self._id()}/{name}"
        self.stored[path] = (kind, content)
        return {"type": "upload", "name": name, "url": f"{at or self.files_at}{path}?expires=1&signature=x", "content_type": kind, "filesize": len(content)}

    def bot(self, id: str, text: str) -> None:
        self._part(id, "comment", f"<p>{text}</p>", {"type": "bot", "id": "1", "name": "Fin"})

    def close(self, id: str, text: str = "", by: str = ADA) -> str:
        self.held[id]["state"] = "closed"
        return self.reply(id, text, kind="close", by=by)

    def reopen(self, id: str, by: str = ADA) -> str:
        self.held[id]["state"] = "open"
        return self.reply(id, "", kind="open", by=by)

    def delete(self, id: str) -> None:
        self.gone.add(id)
        self._tell("conversation.deleted", id)

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    # -- hooks ---------------------------------------------------------------------------------------------------------------

    def hook(self, notification: Json | None = None) -> tuple[dict[str, str], bytes]:
        """The oldest notification as it leaves: headers and body."""
        body = json.dumps(self.told.pop(0) if notification is None else notification).encode()
        return {"content-type": "application/json", "x-hub-signature": "sha1=" + hmac.new(self.secret.encode(), body, hashlib.sha1).hexdigest()}, body

    def _tell(self, topic: str, id: str) -> None:
        shown = {"type": "conversation", "id": id} if topic == "conversation.deleted" else self._shown(id, parts=1)
        at = int(self.now.timestamp())
        self.told.append({
            "type": "notification_event", "app_id": "acme1", "id": f"notif_{self._id()}", "topic": topic, "data": {"type": "notification_event_data", "item": shown}, "links": {}, "self": None,
            "created_at": at, "delivery_attempts": 1, "delivery_status": None, "delivered_at": 0, "first_sent_at": at,
        })

    # -- the API -------------------------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        for fault in self.faults:
            if (stead := fault(request)) is not None:
                return stead
        url = urlsplit(request.target)
        if url.path.startswith("/downloads/"):
            kind, content = self.stored.get(url.path, ("", b""))
            return Response(body=content, headers={"Content-Type": kind}) if kind and "authorization" not in request.headers else Response(status=400 if kind else 404)
        try:
            if request.headers.get("authorization") != f"Bearer {self.token}":
                raise Wrong(401, "unauthorized", "Access Token Invalid")
            if request.headers.get("intercom-version") != "2.14":
                raise Wrong(400, "intercom_version_invalid", "The requested version does not exist")
            if any(url.path.startswith(path) for path in self.denied):
                raise Wrong(403, "api_plan_restricted", "Active subscription or permission needed.")
            try:
                body = json.loads(request.body) if request.body else {}
            except ValueError:
                raise Wrong(400, "bad_request", "bad 'Content-Type' header sent") from None
            for pattern, route in _ROUTES:
                if found := re.fullmatch(pattern, f"{request.method} {url.path}"):
                    return route(self, body, parse_qs(url.query), *map(unquote, found.groups()))
            raise Wrong(404, "not_found", "The requested resource was not found.")
        except Wrong as wrong:
            return wrong.answer

    def me(self, body: Json, query: Json) -> Response:
        app = {"type": "app", "id_code": "acme1", "name": "Acme", "created_at": 1, "secure": False, "identity_verification": False, "timezone": "Europe/Berlin", "region": "EU"}
        return said(self._admin(API) | {"email_verified": True, "app": app})

    def list_admins(self, body: Json, query: Json) -> Response:
        return said({"type": "admin.list", "admins": [self._admin(id) for id in self.admins]})

    def list_teams(self, body: Json, query: Json) -> Response:
        return said({"type": "team.list", "teams": [{"type": "team", "id": id, "name": name, "admin_ids": []} for id, name in self.teams.items()]})

    def list_tags(self, body: Json, query: Json) -> Response:
        return said({"type": "list", "data": [{"type": "tag", "id": id, "name": name} for name, id in self.tags.items()]})

    def make_tag(self, body: Json, query: Json) -> Response:
        need(body, {"name"}, {"name", "id"})
        self.tags.setdefault(body["name"], self._id())
        return said({"type": "tag", "id": self.tags[body["name"]], "name": body["name"]})

    def search_contacts(self, body: Json, query: Json) -> Response:
        wanted = filtered(body)
        found = [one for one in self.contacts.values() if one.get(wanted["field"]) == wanted["value"] and one["id"] not in self.unsearched]
        return said({"type": "list", "data": found, "total_count": len(found), "pages": {"type": "pages", "page": 1, "per_page": 50, "total_pages": 1}})

    def contact_by_key(self, body: Json, query: Json, key: str) -> Response:
        found = next((one for one in self.contacts.values() if one.get("external_id") == key), None)
        if found is None:
            raise Wrong(404, "not_found", "User Not Found")
        return said(found)

    def make_contact(self, body: Json, query: Json) -> Response:
        need(body, set(), {"role", "external_id", "email", "name", "phone"})
        twin = next((one for one in self.contacts.values() if body.get("external_id") == one.get("external_id") or (body.get("email") and body["email"] == one.get("email"))), None)
        if twin is not None:
            raise Wrong(409, "conflict", f"A contact matching those details already exists with id={twin['id']}")
        made: Json = {"type": "contact", "id": f"{int(self._id()):024x}", "workspace_id": "acme1", "email": None, "name": None, "phone": None, "created_at": int(self.now.timestamp())} | body
        self.contacts[made["id"]] = made
        if self.search_lags:
            self.unsearched.add(made["id"])
        return said(made)

    def search(self, body: Json, query: Json) -> Response:
        wanted = filtered(body)
        if (wanted["field"], wanted["operator"]) != ("source.body", "~"):
            raise Wrong(400, "invalid_field", f"{wanted['field']} is not a valid field")
        found = [self._shown(id) for id, one in self.held.items() if id not in self.gone | self.unsearched and wanted["value"] in one["source"]["body"]]
        for one in found:
            del one["conversation_parts"]
        return said({"type": "conversation.list", "conversations": found, "total_count": len(found), "pages": {"type": "pages", "page": 1, "per_page": 20, "total_pages": 1}})

    def begin(self, body: Json, query: Json) -> Response:
        need(body, {"from", "body"}, {"from", "body", "created_at", "attachment_urls"})
        need(body["from"], {"type", "id"}, {"type", "id"})
        if body["from"]["id"] not in self.contacts or body["from"]["type"] not in ("lead", "user", "contact"):
            raise Wrong(404, "not_found", "User Not Found")
        if not body["body"]:
            raise Wrong(400, "parameter_invalid", "body is required")
        id, at = self._id(), int(body.get("created_at") or self.now.timestamp())
        author = {"type": "user", "id": body["from"]["id"], "name": self.contacts[body["from"]["id"]].get("name")}
        self.held[id] = {"state": "open", "created_at": at, "title": None, "tags": [], "custom_attributes": {}, "contact": body["from"]["id"], "assigned": None, "parts": [],
                         "source": {"type": "conversation", "id": self._id(), "delivered_as": "customer_initiated", "subject": "", "body": marked_up(body["body"]), "author": author, "attachments": []}}
        if self.search_lags:
            self.unsearched.add(id)
        return said({"type": "user_message", "id": self._id(), "created_at": at, "body": body["body"], "message_type": "inapp", "conversation_id": id})

    def conversation(self, body: Json, query: Json, id: str) -> Response:
        self._there(id)
        return said(self._shown(id))

    def update(self, body: Json, query: Json, id: str) -> Response:
        held = self._there(id)
        need(body, set(), {"read", "title", "custom_attributes", "company_id"})
        if unknown := set(body.get("custom_attributes", {})) - self.attributes:
            raise Wrong(400, "parameter_invalid", f"Custom attribute '{sorted(unknown)[0]}' does not exist")
        held["title"] = body.get("title", held["title"])
        held["custom_attributes"] |= body.get("custom_attributes", {})
        return said(self._shown(id))

    def write(self, body: Json, query: Json, id: str) -> Response:
        held = self._there(id)
        files = body.get("attachment_files", [])
        if len(files) > 10 or not all(set(one) == {"content_type", "data", "name"} and base64.b64decode(one["data"], validate=True) is not None for one in files):
            raise Wrong(400, "parameter_invalid", "attachment_files are wrong")
        if any(one["content_type"] in self.refuses for one in files):
            raise Wrong(422, "unsupported_attachment", "File type is not supported")
        named = [self.stored_as(one["name"], one["content_type"], base64.b64decode(one["data"])) for one in files]
        at = datetime.fromtimestamp(body["created_at"], UTC) if "created_at" in body else None
        if body.get("type") == "user":
            need(body, {"message_type", "type", "body", "intercom_user_id"}, {"message_type", "type", "body", "intercom_user_id", "created_at", "attachment_files"})
            if body["message_type"] != "comment" or body["intercom_user_id"] != held["contact"]:
                raise Wrong(400, "parameter_invalid", "A contact can only comment in a conversation of their own")
            self._part(id, "comment", marked_up(body["body"]), {"type": "user", "id": held["contact"], "name": None}, files=named, at=at)
            held["state"] = "open"
        else:
            need(body, {"message_type", "type", "admin_id", "body"}, {"message_type", "type", "admin_id", "body", "created_at", "attachment_files"})
            if body["admin_id"] not in self.admins or body["message_type"] not in ("comment", "note"):
                raise Wrong(400, "parameter_invalid", "Admin not found")
            if body["message_type"] == "comment":
                self.mailed.append(body["body"])
            self._part(id, body["message_type"], body["body"], {"type": "admin", "id": body["admin_id"], "name": self.admins[body["admin_id"]]}, files=named, at=at)
        return said(self._shown(id))

    def manage(self, body: Json, query: Json, id: str) -> Response:
        held = self._there(id)
        kind = body.get("message_type")
        need(body, {"message_type", "admin_id"} | ({"type"} if kind != "open" else set()) | ({"assignee_id"} if kind == "assignment" else set()), {"message_type", "admin_id", "type", "assignee_id", "body"})
        if kind not in ("close", "open", "assignment") or body["admin_id"] not in self.admins:
            raise Wrong(400, "parameter_invalid", "message_type or admin_id is wrong")
        if kind == "assignment":
            if body["assignee_id"] not in (self.teams if body["type"] == "team" else self.admins):
                raise Wrong(404, "not_found", "Assignee not found")
            held["assigned"] = f"{body['type']}:{body['assignee_id']}"
        else:
            held["state"] = "closed" if kind == "close" else "open"
        self._part(id, kind, None, {"type": "admin", "id": body["admin_id"], "name": self.admins[body["admin_id"]]})
        return said(self._shown(id))

    def tag(self, body: Json, query: Json, id: str) -> Response:
        held = self._there(id)
        need(body, {"id", "admin_id"}, {"id", "admin_id"})
        name = next((name for name, tag in self.tags.items() if tag == body["id"]), None)
        if name is None:
            raise Wrong(404, "not_found", "Resource Not Found")
        if name not in held["tags"]:
            held["tags"].append(name)
        return said({"type": "tag", "id": body["id"], "name": name, "applied_at": int(self.now.timestamp())})

    # -- state ---------------------------------------------------------------------------------------------------------------

    def _id(self) -> str:
        self.count += 1
        return str(self.count)

    def _admin(self, id: str) -> Json:
        return {"type": "admin", "id": id, "name": self.admins[id], "email": f"{id}@acme.example", "job_title": "", "away_mode_enabled": False, "away_mode_reassign": False, "has_inbox_seat": True, "team_ids": []}

    def _there(self, id: str) -> Json:
        if id not in self.held or id in self.gone:
            raise Wrong(404, "not_found", "Resource Not Found")
        held: Json = self.held[id]
        return held

    def _part(self, id: str, kind: str, body: str | None, author: Json, *, files: list[Json] | None = None, at: datetime | None = None) -> str:
        made = self._id()
        stamp = int((at or self.now).timestamp())
        self.held[id]["parts"].append({
            "type": "conversation_part", "id": made, "part_type": kind, "body": body, "created_at": stamp, "updated_at": stamp, "notified_at": stamp, "author": author, "attachments": files or [], "redacted": False,
        })
        return made

    def _shown(self, id: str, parts: int = 0) -> Json:
        held = self.held[id]
        shown = sorted(held["parts"], key=lambda one: (one["created_at"], int(one["id"])))[-(parts or self.most) :]
        tags = [{"type": "tag", "id": self.tags[name], "name": name} for name in held["tags"]]
        return {
            "type": "conversation", "id": id, "title": held["title"], "created_at": held["created_at"], "updated_at": int(self.now.timestamp()), "waiting_since": None, "snoozed_until": None,
            "open": held["state"] == "open", "state": held["state"], "read": False, "priority": "not_priority", "admin_assignee_id": None, "team_assignee_id": None, "source": held["source"],
            "tags": {"type": "tag.list", "tags": tags}, "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": held["contact"]}]}, "custom_attributes": held["custom_attributes"],
            "conversation_parts": {"type": "conversation_part.list", "conversation_parts": shown, "total_count": len(held["parts"])},
        }


_ROUTES: list[tuple[str, Callable[..., Response]]] = [
    (r"GET /me", Workspace.me), (r"GET /admins", Workspace.list_admins), (r"GET /teams", Workspace.list_teams), (r"GET /tags", Workspace.list_tags), (r"POST /tags", Workspace.make_tag),
    (r"POST /contacts/search", Workspace.search_contacts), (r"GET /contacts/find_by_external_id/([^/]+)", Workspace.contact_by_key), (r"POST /contacts", Workspace.make_contact),
    (r"POST /conversations/search", Workspace.search), (r"POST /conversations", Workspace.begin), (r"GET /conversations/(\w+)", Workspace.conversation), (r"PUT /conversations/(\w+)", Workspace.update),
    (r"POST /conversations/(\w+)/reply", Workspace.write), (r"POST /conversations/(\w+)/parts", Workspace.manage), (r"POST /conversations/(\w+)/tags", Workspace.tag),
]


def need(body: Any, must: set[str], may: set[str]) -> None:
    if not isinstance(body, dict) or must - set(body) or set(body) - may:
        raise Wrong(400, "parameter_invalid", f"{sorted(must)} are needed, and {sorted(set(body) - may) if isinstance(body, dict) else body} are not known")


def filtered(body: Json) -> Json:
    need(body, {"query"}, {"query", "pagination"})
    need(body["query"], {"field", "operator", "value"}, {"field", "operator", "value"})
    found: Json = body["query"]
    return found


def marked_up(text: str) -> str:
    return "".join(f"<p>{html.escape(block, quote=False).replace(chr(10), '<br>')}</p>" for block in text.split("\n\n"))


def said(told: Json, status: int = 200) -> Response:
    return Response(status=status, body=json.dumps(told).encode(), headers={"Content-Type": "application/json"})
