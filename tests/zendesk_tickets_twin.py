"""Zendesk's tickets as a server that answers over HTTP, written from Zendesk's documentation of its API. It knows what it holds, so tests can ask it for the truth."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

from tests.vendors import Request, Response
from tests.zendesk_hooks_twin import Hooks, Json, Wrong, answered, only

EMAIL, TOKEN = "ada@acme.example", "zd-secret-token-42"
SETTINGS = {"subdomain": "acme", "email": EMAIL, "token": TOKEN}
ADA, BOB = 5, 6  # the admin whose token it is, and an agent who answers
_TICKET = {"subject", "comment", "external_id", "requester_id", "tags", "priority", "group_id", "custom_fields", "metadata", "status", "assignee_id"}
_COMMENT = {"html_body", "body", "public", "author_id", "uploads"}
_USER = {"name", "email", "phone", "external_id", "role", "skip_verify_email"}
_ENDED = ("solved", "closed")

@dataclass(slots=True)
class Ticket:
    id: int
    fields: Json
    requester: int
    submitter: int
    created: datetime
    status: str = "new"
    assignee: int | None = None
    audits: list[Json] = field(default_factory=list)
    deleted: bool = False
    changes: list[datetime] = field(default_factory=list)  # by the API, for the limit of each ticket

    @property
    def tags(self) -> list[str]:
        found: list[str] = self.fields.setdefault("tags", [])
        return found

    def comments(self) -> list[Json]:
        return [{**one, "created_at": audit["created_at"]} for audit in self.audits for one in audit["events"] if one["type"] == "Comment"]


@dataclass(slots=True)
class Support:
    """State and answers. `now` is its clock."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    hooks: Hooks = field(default_factory=Hooks)
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    role: str = "admin"
    denied: set[str] = field(default_factory=set)  # the first words of paths that the login may not use
    page_size: int = 100
    searches_lag: bool = False  # its search for users does not know the newest yet
    held: dict[int, Ticket] = field(default_factory=dict)
    users: dict[int, Json] = field(default_factory=lambda: {
        ADA: {"id": ADA, "name": "Ada", "email": EMAIL, "role": "admin"}, BOB: {"id": BOB, "name": "Bob Builder", "alias": "Bob", "email": "bob@acme.example", "role": "agent"},
    })
    groups: dict[int, str] = field(default_factory=lambda: {71: "Support", 72: "Billing"})
    custom_fields: dict[int, str] = field(default_factory=lambda: {360012: "Session", 360013: "Reason"})
    uploads: dict[str, tuple[str, str, bytes]] = field(default_factory=dict)  # token -> name, type, bytes
    files: dict[int, tuple[str, str, bytes]] = field(default_factory=dict)
    keys: dict[str, tuple[bytes, Response]] = field(default_factory=dict)
    mailed: list[tuple[str, str]] = field(default_factory=list)  # what Zendesk's own trigger would have mailed to requesters: address, text
    calls: int = 0
    _last: int = 1_000

    # -- what people do there ----------------------------------------------------------------------------------------------

    def answer(self, ticket: int, text: str, *, public: bool = True, by: int = BOB, files: tuple[tuple[str, str, bytes], ...] = ()) -> int:
        """A comment from the browser; returns its id."""
        held = self.held[ticket]
        comment = self._comment({"body": text, "public": public}, by, [self._keep(one) for one in files])
        changes = [comment]
        if held.status == "new" and self.users[by]["role"] != "end-user":
            changes.append(self._status(held, "open"))
        self._happened(held, changes, by, via="web")
        return int(comment["id"])

    def set_status(self, ticket: int, status: str, *, by: int = BOB, via: str = "web") -> None:
        self._happened(self.held[ticket], [self._status(self.held[ticket], status)], by, via=via)

    def merge(self, ticket: int, into: int, *, by: int = BOB, says_where: bool = True) -> None:
        """As Zendesk merges: the source is closed and tagged, and both hold a comment that names the other."""
        source, target = self.held[ticket], self.held[into]
        tagged = {"id": self._next(), "type": "Change", "field_name": "tags", "value": [*source.tags, "closed_by_merge"], "previous_value": list(source.tags)}
        source.tags.append("closed_by_merge")
        words = f"This request was closed and merged into request #{into} \"Other\"." if says_where else "This request was closed."
        self._happened(source, [self._comment({"body": words, "public": False}, by, []), self._status(source, "closed"), tagged], by, via="web", source={"from": {}, "to": {}, "rel": "merge"})
        note = self._comment({"body": f"Request #{ticket} was closed and merged into this request.", "public": True}, by, [])
        self._happened(target, [note], by, via="web", source={"from": {"ticket_ids": [ticket]}, "to": {}, "rel": "merge"})

    def delete(self, ticket: int) -> None:
        self.held[ticket].deleted = True

    def hire(self, name: str) -> int:
        """An agent more."""
        id = self._next()
        self.users[id] = {"id": id, "name": name, "email": f"agent{id}@acme.example", "role": "agent"}
        return id

    # -- answers -----------------------------------------------------------------------------------------------------------

    def __call__(self, request: Request) -> Response:
        self.calls += 1
        parts = urlsplit(request.target)
        if parts.path.startswith("/attachments/"):
            return self._download(parts.path, request)
        path = parts.path.removeprefix("/api/v2/").strip("/").split("/")
        try:
            self._let_in(request, path)
            body = json.loads(request.body) if request.body and path[0] != "uploads" else {}
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            return self._answer(request, path, query, body)
        except Wrong as wrong:
            return wrong.answer

    def _let_in(self, request: Request, path: list[str]) -> None:
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        name, _, token = base64.b64decode(value).decode().partition(":") if kind == "Basic" else ("", "", "")
        if name != f"{EMAIL}/token" or token not in self.tokens:
            raise Wrong(401, error="Couldn't authenticate you")
        if path[0] in self.denied:
            raise Wrong(403, error="Forbidden")

    def _answer(self, request: Request, path: list[str], query: Json, body: Json) -> Response:
        match request.method, path:
            case "GET", ["users", "me"]:
                return answered({"user": {**self.users[ADA], "role": self.role, "ticket_restriction": None}})
            case "GET", ["users", "search"]:
                return answered({"users": self._search(query)})
            case "GET", ["users", "show_many"]:
                return answered({"users": [self.users[int(id)] for id in query["ids"].split(",") if int(id) in self.users]})
            case "POST", ["users"]:
                return answered({"user": self._new_user(body["user"])}, 201)
            case "POST", ["users", "create_or_update"]:
                return answered({"user": self._upserted(body["user"])})
            case "GET", ["groups"]:
                return answered({"groups": [{"id": id, "name": name} for id, name in self.groups.items()]})
            case "GET", ["ticket_fields"]:
                listed = [{"id": 1, "type": "subject", "title": "Subject", "active": True}, *({"id": id, "type": "text", "title": title, "active": True} for id, title in self.custom_fields.items())]
                return answered({"ticket_fields": listed})
            case "POST", ["uploads"]:
                return self._upload(request, query)
            case _, ["tickets", *rest]:
                return self._of_tickets(request, rest, query, body)
            case _, ["webhooks", *rest]:
                return self.hooks.webhooks(request.method, rest, query, body)
            case _, ["triggers", *rest]:
                return self.hooks.triggers(request.method, rest, query, body)
        return answered({"error": "InvalidEndpoint"}, 404)

    # -- users -------------------------------------------------------------------------------------------------------------

    def _search(self, query: Json) -> list[Json]:
        if self.searches_lag:
            return []
        if "external_id" in query:
            return [one for one in self.users.values() if one.get("external_id") == query["external_id"]]
        wanted = re.fullmatch(r'email:"([^"]+)"', query["query"])
        assert wanted, "only addresses are searched for"
        return [one for one in self.users.values() if wanted[1].lower() in (one.get("email") or "").lower()]

    def _new_user(self, given: Json) -> Json:
        only(given, _USER)
        if not given.get("name"):
            raise Wrong(422, {"name": "Name: is too short (minimum one character)"})
        for name in ("email", "external_id"):
            if given.get(name) and any((one.get(name) or "").lower() == given[name].lower() for one in self.users.values()):
                raise Wrong(422, {name: f"{name} is already being used by another user"})
        if given.get("phone") and not re.fullmatch(r"\+?[\d ()-]{5,}", given["phone"]):
            raise Wrong(422, {"phone": "Phone number: is invalid"})
        id = self._next()
        self.users[id] = {"id": id, "role": "end-user", **{name: value for name, value in given.items() if name != "skip_verify_email"}}
        return self.users[id]

    def _upserted(self, given: Json) -> Json:
        only(given, _USER)
        for one in self.users.values():
            if any(given.get(name) and (one.get(name) or "").lower() == given[name].lower() for name in ("email", "external_id")):
                one.update({name: value for name, value in given.items() if name != "skip_verify_email"})
                return one
        return self._new_user(given)

    # -- tickets -----------------------------------------------------------------------------------------------------------

    def _of_tickets(self, request: Request, rest: list[str], query: Json, body: Json) -> Response:
        if rest == []:
            if request.method == "POST":
                return self._once(request, body)
            found = [one for one in self.held.values() if one.fields.get("external_id") == query["external_id"] and not one.deleted]
            return answered({"tickets": [self._ticket(one) for one in found]})
        held = self.held.get(int(rest[0]))
        if held is None or held.deleted:
            return answered({"error": "RecordNotFound", "description": "Not found"}, 404)
        match request.method, rest[1:]:
            case "GET", []:
                return answered({"ticket": self._ticket(held)})
            case "PUT", []:
                return self._updated(held, body["ticket"])
            case "GET", ["audits"]:
                return self._paged(held.audits, query)
        return answered({"error": "InvalidEndpoint"}, 404)

    def _once(self, request: Request, body: Json) -> Response:
        """A key with other words is refused; the same words under it get the first answer again. Zendesk keeps keys for two hours."""
        key = request.headers.get("idempotency-key", "")
        if len(key) > 255:
            raise Wrong(400, error="IdempotentRequestError")
        if key and key in self.keys:
            before, answer = self.keys[key]
            if before != request.body:
                raise Wrong(400, error="IdempotentRequestError")
            return Response(status=answer.status, body=answer.body, headers={**answer.headers, "x-idempotency-lookup": "hit"})
        made = self._created(body["ticket"])
        if key:
            self.keys[key] = (request.body, made)
        return made

    def _created(self, given: Json) -> Response:
        self._check(given)
        if "comment" not in given:
            raise Wrong(422, {"base": "Description: cannot be blank"})
        requester = given.get("requester_id", ADA)
        if self.users[requester].get("suspended"):
            raise Wrong(422, {"requester": f"Requester: {requester} is suspended."})
        held = Ticket(id=self._next(), fields={name: given[name] for name in ("subject", "external_id", "tags", "priority", "group_id", "custom_fields") if name in given}, requester=requester, submitter=ADA, created=self.now())
        self.held[held.id] = held
        created = {"id": self._next(), "type": "Create", "field_name": "status", "value": "new"}
        audit = self._happened(held, [self._comment(given["comment"], ADA, self._taken(given["comment"])), created], ADA, via="api", custom=given.get("metadata"), update="Create")
        return answered({"ticket": self._ticket(held), "audit": audit}, 201)

    def _updated(self, held: Ticket, given: Json) -> Response:
        self._check(given)
        if held.status == "closed":
            raise Wrong(422, {"status": "Status: closed prevents ticket update"})
        held.changes = [one for one in held.changes if self.now() - one < timedelta(minutes=10)]
        if len(held.changes) >= 30:
            raise Wrong(429, error="TooManyUpdates", headers={"Retry-After": str(600 - int((self.now() - held.changes[0]).total_seconds()))})
        events = []
        if "comment" in given:
            if len(held.comments()) >= 5_000:
                raise Wrong(422, {"comment": "too many"})
            events.append(self._comment(given["comment"], ADA, self._taken(given["comment"])))
        if "status" in given and given["status"] != held.status:
            held.assignee = given.get("assignee_id", held.assignee)
            if given["status"] == "solved" and held.assignee is None:
                raise Wrong(422, {"assignee_id": "Assignee: is required when solving a ticket"})
            events.append(self._status(held, given["status"]))
        held.changes.append(self.now())
        audit = self._happened(held, events, ADA, via="api", custom=given.get("metadata"))
        return answered({"ticket": self._ticket(held), "audit": audit})

    def _check(self, given: Json) -> None:
        only(given, _TICKET)
        only(given.get("comment", {}), _COMMENT)
        if "comment" in given and not (given["comment"].get("body") or given["comment"].get("html_body")):
            raise Wrong(422, {"comment": "Description: cannot be blank"})
        if len(given.get("comment", {}).get("html_body", "")) > 65_535:
            raise Wrong(422, {"comment": "Comment: is too long"})
        if given.get("priority") not in (None, "urgent", "high", "normal", "low"):
            raise Wrong(422, {"priority": "Priority: is invalid"})
        if given.get("group_id") is not None and given["group_id"] not in self.groups:
            raise Wrong(422, {"group": "Group: is invalid"})
        if any(not isinstance(one["id"], int) for one in given.get("custom_fields", ())):
            raise Wrong(400, error="Unprocessable custom field")
        if any(not re.fullmatch(r"[\w/.-]+", tag) or tag != tag.lower() for tag in given.get("tags", ())):
            raise Wrong(422, {"tags": "Tags: contain special characters"})
        if len(json.dumps(given.get("metadata", {}).get("custom", {}))) > 1_024:
            raise Wrong(422, {"metadata": "Metadata: is too large"})
        for person in (given.get("requester_id"), given.get("comment", {}).get("author_id")):
            if person is not None and person not in self.users:
                raise Wrong(422, {"requester_id": "Requester: not found"})

    def _taken(self, comment: Json) -> list[Json]:
        return [self._keep(self.uploads.pop(token)) for token in comment.get("uploads", ())]

    def _keep(self, file: tuple[str, str, bytes]) -> Json:
        id = self._next()
        self.files[id] = file
        return {"id": id, "file_name": file[0], "content_type": file[1], "size": len(file[2]), "content_url": f"https://acme.zendesk.com/attachments/token/{id}/?name=x", "malware_scan_result": "malware_not_found"}

    def _comment(self, given: Json, author: int, attachments: list[Json]) -> Json:
        html = given.get("html_body") or "<p>" + given["body"].replace("\n", "<br>") + "</p>"
        plain = unescape(re.sub(r"<[^>]+>", "", re.sub(r"<br>|</p><p>|<li>", "\n", html)))
        return {
            "id": self._next(), "type": "Comment", "author_id": given.get("author_id", author), "body": given.get("body") or plain, "html_body": html, "plain_body": plain,
            "public": given.get("public", True), "attachments": attachments,
        }

    def _status(self, held: Ticket, status: str) -> Json:
        before, held.status = held.status, status
        return {"id": self._next(), "type": "Change", "field_name": "status", "value": status, "previous_value": before}

    def _happened(self, held: Ticket, events: list[Json], by: int, *, via: str, custom: Json | None = None, source: Json | None = None, update: str = "Change") -> Json:
        audit = {
            "id": self._next(), "ticket_id": held.id, "created_at": self.now().strftime("%Y-%m-%dT%H:%M:%SZ"), "author_id": by, "events": events,
            "metadata": {"system": {"client": "twin"}, "custom": (custom or {}).get("custom", {})}, "via": {"channel": via, "source": source or {"from": {}, "to": {}, "rel": None}},
        }
        held.audits.append(audit)
        self._mail(held, events, by)
        self.hooks.fire(str(held.id), held.tags, via, update, self.now())
        return audit

    def _mail(self, held: Ticket, events: list[Json], by: int) -> None:
        """The two triggers that every account begins with: received requests with public words, and public words of agents."""
        address = self.users.get(held.requester, {}).get("email")
        if address and self.users[by]["role"] != "end-user":
            self.mailed += [(address, one["plain_body"]) for one in events if one["type"] == "Comment" and one["public"]]

    def _ticket(self, held: Ticket) -> Json:
        return {
            "id": held.id, "url": f"https://acme.zendesk.com/api/v2/tickets/{held.id}.json", "requester_id": held.requester, "submitter_id": held.submitter, "assignee_id": held.assignee,
            "status": held.status, "is_public": any(one["public"] for one in held.comments()), "tags": held.tags, **held.fields,
        }

    def _paged(self, audits: list[Json], query: Json) -> Response:
        size, after = min(int(query["page[size]"]), self.page_size), int(query.get("page[after]", "0"))
        rest = [one for one in audits if one["id"] > after]
        page = rest[:size]
        return answered({"audits": page, "meta": {"has_more": len(rest) > size, "after_cursor": str(page[-1]["id"]) if page else None}, "links": {}})

    # -- files -------------------------------------------------------------------------------------------------------------

    def _upload(self, request: Request, query: Json) -> Response:
        if not query.get("filename") or "/" not in request.headers.get("content-type", ""):
            raise Wrong(422, {"filename": "cannot be blank"})
        token = f"token{self._next()}"
        self.uploads[token] = (query["filename"], request.headers["content-type"], request.body)
        return answered({"upload": {"token": token, "attachment": {"id": self._next()}}}, 201)

    def _download(self, path: str, request: Request) -> Response:
        name, type, content = self.files[int(path.split("/")[3])]
        if path.endswith("/stored"):  # where the first address redirects to
            return Response(body=content, headers={"Content-Type": type})
        return Response(status=302, headers={"Location": f"{path.rstrip('/')}/stored"}) if "authorization" in request.headers else Response(status=401, body=name.encode())

    def _next(self) -> int:
        self._last += 1
        return self._last
