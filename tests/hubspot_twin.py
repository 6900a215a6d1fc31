"""A HubSpot on this machine, written from its public documentation: records, associations, unique properties, pipelines, threads, scopes, and hooks that it signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.hubspot_parts import ADA, ASSOCIATIONS, BUILT_IN, OURS, SCOPES, THEIRS, Json, Record, V, Wrong, iso, need, pipeline, said
from tests.vendors import Request, Response

TOKEN, CLIENT_SECRET = "pat-eu1-0123456789abcdef", "5e0f1a2b-client-secret"
SETTINGS = {"token": TOKEN, "hook_secret": CLIENT_SECRET}


@dataclass
class Portal:
    """What is there, and how it answers. `faults` are asked first; each may answer in HubSpot's stead."""

    now: datetime = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
    token: str = TOKEN
    secret: str = CLIENT_SECRET
    scopes: set[str] = field(default_factory=lambda: {
        "oauth", "tickets", "crm.objects.contacts.read", "crm.objects.contacts.write", "crm.objects.owners.read", "conversations.read", "sales-email-read", "files", "files.ui_hidden.read",
    })
    records: dict[str, Record] = field(default_factory=dict)
    links: set[tuple[str, str]] = field(default_factory=set)  # from, to: both ways
    properties: dict[str, Json] = field(default_factory=dict)  # of tickets, made by the app or by people
    groups: set[str] = field(default_factory=set)
    owners: dict[str, tuple[str, str]] = field(default_factory=lambda: {ADA: ("Ada", "Lovelace"), "43": ("Bob", "Builder")})
    pipelines: list[Json] = field(default_factory=lambda: [pipeline("0", "Support", {"1": "OPEN", "2": "OPEN", "4": "CLOSED"}), pipeline("77", "Billing", {"771": "OPEN", "779": "CLOSED"})])
    threads: dict[str, Json] = field(default_factory=dict)
    uploaded: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    stored: dict[str, tuple[str, bytes, bool]] = field(default_factory=dict)  # files of people: name, content, and whether it is hidden, as those on records are
    files_at: str = ""  # where its storage is
    required: set[str] = field(default_factory=set)  # properties that an admin made required on tickets
    events: list[Json] = field(default_factory=list)  # told to whoever subscribed
    faults: list[Callable[[Request], Response | None]] = field(default_factory=list)
    page: int = 500
    count: int = 1000

    # -- what people do there ----------------------------------------------------------------------------------------------

    def reply(self, ticket: str, text: str, *, public: bool = True, files: str = "") -> str:
        """A note of somebody's, in the browser."""
        body = f"<div><p>{'#reply ' if public else ''}{text}</p></div>"
        made = self._make("notes", {"hs_note_body": body, "hs_timestamp": self.stamp(), "hubspot_owner_id": ADA} | ({"hs_attachment_ids": files} if files else {}), THEIRS)
        self._link(made.id, ticket)
        self._tell("ticket.propertyChange", ticket, propertyName="notes_last_updated", propertyValue=self.stamp())
        return made.id

    def store(self, name: str, content: bytes, *, hidden: bool = True) -> str:
        """Somebody uploads a file."""
        id = self._id()
        self.stored[id] = (name, content, hidden)
        return id

    def email(self, ticket: str, text: str, **more: str) -> str:
        """Sent from the ticket's record, and logged there."""
        made = self._make("emails", {"hs_email_direction": "EMAIL", "hs_email_status": "SENT", "hs_email_text": text, "hs_timestamp": self.stamp(), "hubspot_owner_id": ADA} | more, THEIRS)
        self._link(made.id, ticket)
        return made.id

    def thread(self, ticket: str) -> str:
        """A conversation in the help desk, begun from a ticket."""
        id = self._id()
        self.threads[id] = {"id": id, "status": "OPEN", "spam": False, "archived": False, "ticket": ticket, "messages": [], "createdAt": iso(self.now), "inboxId": "1",
                            "originalChannelId": "1002", "originalChannelAccountId": "5", "associatedContactId": "9"}
        return id

    def message(self, thread: str, text: str, *, kind: str = "MESSAGE", by: str = f"A-{ADA}", direction: str = "OUTGOING", cut: bool = False, files: tuple[str, ...] = ()) -> str:
        id = self._id()
        self.threads[thread]["messages"].append({
            "id": id, "type": kind, "createdBy": by, "createdAt": iso(self.now), "text": text[:20] if cut else text, "richText": "", "archived": False, "recipients": [],
            "attachments": [{"type": "FILE", "fileId": file, "fileUsageType": "OTHER", "name": self.stored[file][0]} for file in files],
            "senders": [{"actorId": by, "name": "Ada Lovelace"}], "client": {"clientType": "HUBSPOT"}, "conversationsThreadId": thread, "whole": text,
            **({"direction": direction, "truncationStatus": "TRUNCATED" if cut else "NOT_TRUNCATED", "channelId": "1002", "channelAccountId": "5"} if kind == "MESSAGE" else {}),
        })
        self._tell("ticket.propertyChange", self.threads[thread]["ticket"], propertyName="hs_last_message_sent_at", propertyValue=self.stamp())
        return id

    def move(self, ticket: str, stage: str, *, by: tuple[str, str] = THEIRS) -> None:
        self._set(self.records[ticket], {"hs_pipeline_stage": stage}, by)

    def merge(self, ticket: str, into: str) -> None:
        self.records[ticket].merged_into = into
        self._tell("ticket.merge", into, primaryObjectId=int(into), mergedObjectIds=[int(ticket)], newObjectId=None, numberOfPropertiesMoved=3)

    def delete(self, ticket: str) -> None:
        self.records[ticket].archived = True
        self._tell("ticket.deletion", ticket, changeFlag="DELETED")

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    # -- what tests ask of the truth ----------------------------------------------------------------------------------------

    def tickets(self) -> list[Record]:
        return [one for one in self.records.values() if one.kind == "tickets" and not one.archived]

    def notes(self, ticket: str) -> list[Record]:
        """As the ticket's timeline shows them, oldest first."""
        found = [self.records[a] for a, b in self.links if b == ticket and self.records[a].kind == "notes"]
        return sorted(found, key=lambda one: (one.properties["hs_timestamp"], int(one.id)))

    def contacts_of(self, ticket: str) -> list[Record]:
        return [self.records[b] for a, b in self.links if a == ticket and self.records[b].kind == "contacts"]

    # -- hooks ---------------------------------------------------------------------------------------------------------------

    def hook(self, url: str, *, at: datetime | None = None, events: list[Json] | None = None) -> tuple[dict[str, str], bytes]:
        """The next hook as it leaves: headers and body, signed as version 3 says. It tells what has happened since the last one."""
        told, body = (self.events if events is None else events), b""
        body = json.dumps(told).encode()
        if events is None:
            self.events = []
        stamp = str(int((at or datetime.now(UTC)).timestamp() * 1000))
        signed = hmac.new(self.secret.encode(), b"POST" + url.encode() + body + stamp.encode(), hashlib.sha256).digest()
        return {
            "content-type": "application/json", "x-hubspot-signature-v3": base64.b64encode(signed).decode(), "x-hubspot-request-timestamp": stamp,
            "x-hubspot-signature": hashlib.sha256(self.secret.encode() + body).hexdigest(), "x-hubspot-signature-version": "v1",
        }, body

    def _tell(self, kind: str, ticket: str, **more: Any) -> None:
        self.count += 1
        self.events.append({
            "eventId": self.count, "subscriptionId": 12345, "portalId": 62515, "appId": 54321, "occurredAt": int(self.now.timestamp() * 1000), "subscriptionType": kind, "attemptNumber": 0,
            "objectId": int(ticket), "changeSource": "CRM_UI", **more,
        })

    # -- the API -------------------------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        for fault in self.faults:
            if (stead := fault(request)) is not None:
                return stead
        url = urlsplit(request.target)
        if url.path.startswith("/signed/"):
            return self.storage(request, url.path.rpartition("/")[2])
        try:
            if request.headers.get("authorization") != f"Bearer {self.token}":
                raise Wrong(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
            multipart = request.headers.get("content-type", "").startswith("multipart/form-data")
            try:
                body = json.loads(request.body) if request.body and not multipart else request.body
            except ValueError:
                raise Wrong(400, "VALIDATION_ERROR", "Invalid input JSON.") from None
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            for pattern, scopes, route in _ROUTES:
                if found := re.fullmatch(pattern, f"{request.method} {url.path}"):
                    parts = [unquote(part) for part in found.groups()]
                    reads, writes = SCOPES.get(parts[0] if scopes is None else "", (scopes or "", scopes or ""))
                    wanted = reads if request.method == "GET" or url.path.endswith("/batch/read") else writes
                    if wanted not in self.scopes:
                        raise Wrong(403, "MISSINGSCOPES", f"This app hasn't been granted all required scopes to make this call: {wanted}")
                    return route(self, query, body, *parts)
            raise Wrong(404, "OBJECT_NOT_FOUND", "No such route.")
        except Wrong as wrong:
            return wrong.answer

    def details(self, query: Json, body: Any) -> Response:
        return said({"portalId": 62515, "accountType": "STANDARD", "uiDomain": "app-eu1.hubspot.com", "timeZone": "Europe/Berlin", "companyCurrency": "EUR", "additionalCurrencies": [], "utcOffset": "+02:00",
                     "utcOffsetMilliseconds": 7200000, "dataHostingLocation": "eu1"})

    def list_pipelines(self, query: Json, body: Any) -> Response:
        return said({"results": self.pipelines})

    def list_owners(self, query: Json, body: Any) -> Response:
        return said({"results": [self._owner(id) for id in self.owners]})

    def owner(self, query: Json, body: Any, id: str) -> Response:
        if id not in self.owners:
            raise Wrong(404, "OBJECT_NOT_FOUND", "Owner not found.")
        return said(self._owner(id))

    def group(self, query: Json, body: Any, name: str) -> Response:
        if name not in self.groups:
            raise Wrong(404, "OBJECT_NOT_FOUND", f"Unable to find property group {name}.")
        return said({"name": name, "label": name, "displayOrder": 1, "archived": False})

    def make_group(self, query: Json, body: Json) -> Response:
        need(body, {"name", "label"})
        self.groups.add(body["name"])
        return said({**body, "displayOrder": 1, "archived": False}, 201)

    def property(self, query: Json, body: Any, name: str) -> Response:
        if name not in self.properties:
            raise Wrong(404, "OBJECT_NOT_FOUND", f"Property {name} does not exist.")
        return said(self.properties[name])

    def list_properties(self, query: Json, body: Any) -> Response:
        return said({"results": [{"label": name, "type": "string", "fieldType": "text", **one} for name, one in self.properties.items()]})

    def make_property(self, query: Json, body: Json) -> Response:
        need(body, {"name", "label", "type", "fieldType", "groupName"})
        if body["groupName"] not in self.groups:
            raise Wrong(400, "VALIDATION_ERROR", f"Property group {body['groupName']} does not exist.")
        if body["name"] in self.properties or body["name"] in BUILT_IN["tickets"]:
            raise Wrong(409, "OBJECT_ALREADY_EXISTS", f"Property {body['name']} already exists.")
        self.properties[body["name"]] = {"options": [], "hasUniqueValue": False, "description": "", **body}
        return said(self.properties[body["name"]], 201)

    def some(self, query: Json, body: Any, kind: str) -> Response:
        found = [one for one in self.records.values() if one.kind == kind and not one.archived]
        return said({"results": [self._shown(one, []) for one in found[: int(query.get("limit", "10"))]]})

    def read(self, query: Json, body: Any, kind: str, id: str) -> Response:
        by = query.get("idProperty", "")
        if by and by != "email" and not self.properties.get(by, {}).get("hasUniqueValue"):
            raise Wrong(400, "VALIDATION_ERROR", f"{by} is not a unique property of {kind}.")
        found = self.records.get(id) if not by else next((one for one in self.records.values() if one.kind == kind and not one.archived and one.properties.get(by, "").lower() == id.lower()), None)
        while found is not None and found.merged_into:
            found = self.records[found.merged_into]
        if found is None or found.kind != kind or found.archived:
            raise Wrong(404, "OBJECT_NOT_FOUND", f"Object not found. objectId are usually numeric. {kind}")
        return said(self._shown(found, query.get("properties", "").split(","), query.get("propertiesWithHistory", "").split(",")))

    def create(self, query: Json, body: Json, kind: str) -> Response:
        return said(self._shown(self._created(kind, body), []), 201)

    def create_many(self, query: Json, body: Json, kind: str) -> Response:
        need(body, {"inputs"})
        if len(body["inputs"]) > 100:
            raise Wrong(400, "VALIDATION_ERROR", "There can be at most 100 inputs.")
        made = [self._created(kind, one) for one in body["inputs"]]
        return said({"status": "COMPLETE", "results": [self._shown(one, []) for one in made], "startedAt": iso(self.now), "completedAt": iso(self.now)}, 201)

    def read_many(self, query: Json, body: Json, kind: str) -> Response:
        need(body, {"inputs", "properties", "propertiesWithHistory"})
        if len(body["inputs"]) > 100:
            raise Wrong(400, "VALIDATION_ERROR", "There can be at most 100 inputs.")
        found = [self.records[one["id"]] for one in body["inputs"] if one["id"] in self.records]
        shown = [self._shown(one, body["properties"]) for one in found if one.kind == kind and not one.archived]
        return said({"status": "COMPLETE", "results": shown, "startedAt": iso(self.now), "completedAt": iso(self.now)})

    def upsert(self, query: Json, body: Json, kind: str) -> Response:
        need(body, {"inputs"})
        raise Wrong(400, "VALIDATION_ERROR", "There must be at least one input.")

    def update(self, query: Json, body: Json, kind: str, id: str) -> Response:
        need(body, {"properties"})
        found = self.records.get(id)
        if found is None or found.kind != kind or found.archived:
            raise Wrong(404, "OBJECT_NOT_FOUND", "Object not found.")
        self._check(kind, body["properties"], found)
        self._set(found, body["properties"], OURS)
        return said(self._shown(found, []))

    def associations(self, query: Json, body: Json, start: str, to: str) -> Response:
        need(body, {"inputs"})
        results = []
        for one in body["inputs"]:
            if one["id"] not in self.records:
                continue
            ids = sorted({other for pair in self.links if one["id"] in pair for other in pair if other != one["id"] and self.records[other].kind == to and not self.records[other].archived}, key=int)
            at = int(one.get("after", "0"))
            more = {"paging": {"next": {"after": str(at + self.page)}}} if at + self.page < len(ids) else {}
            results.append({"from": {"id": one["id"]}, "to": [{"toObjectId": id, "associationTypes": []} for id in ids[at : at + self.page]], **more})
        return said({"status": "COMPLETE", "results": results, "startedAt": iso(self.now), "completedAt": iso(self.now)})

    def list_threads(self, query: Json, body: Any) -> Response:
        found = [one for one in self.threads.values() if one["ticket"] == query.get("associatedTicketId", one["ticket"])]
        return said({"results": [{name: value for name, value in one.items() if name not in ("messages", "ticket")} for one in found]})

    def messages(self, query: Json, body: Any, id: str) -> Response:
        found = sorted(self.threads[id]["messages"], key=lambda one: one["createdAt"], reverse=query.get("sort", "").startswith("-"))
        return said({"results": [{name: value for name, value in one.items() if name != "whole"} for one in found]})

    def original(self, query: Json, body: Any, thread: str, id: str) -> Response:
        found = next(one for one in self.threads[thread]["messages"] if one["id"] == id)
        return said({"text": found["whole"], "richText": ""})

    def upload(self, query: Json, body: bytes) -> Response:
        found = re.search(rb'name="file"; filename="([^"]*)"\r\nContent-Type: [^\r]*\r\n\r\n(.*?)\r\n--glassine', body, re.DOTALL)
        if found is None or b'"access"' not in body or b'name="folderPath"' not in body:
            raise Wrong(400, "VALIDATION_ERROR", "file, options.access and folderPath or folderId are required.")
        id = self._id()
        self.uploaded[id] = (found[1].decode(), found[2])
        return said({"id": id, "access": "PRIVATE", "name": found[1].decode()}, 201)

    def signed(self, query: Json, body: Any, id: str) -> Response:
        if id not in self.stored or (self.stored[id][2] and "files.ui_hidden.read" not in self.scopes):
            raise Wrong(404, "OBJECT_NOT_FOUND", "No file found.")
        name, _, ending = self.stored[id][0].rpartition(".")
        return said({"url": f"{self.files_at}/signed/{id}?Expires=1&Signature=x", "expiresAt": iso(self.now), "name": name, "extension": ending, "type": "DOCUMENT", "size": len(self.stored[id][1])})

    def storage(self, request: Request, id: str) -> Response:
        """Whoever has the address may have the file; no key of HubSpot's is anything to a storage."""
        if "authorization" in request.headers or id not in self.stored:
            return Response(status=400)
        return Response(body=self.stored[id][1], headers={"Content-Type": "application/octet-stream"})

    def files(self, query: Json, body: Any) -> Response:
        return said({"results": []})

    # -- state ---------------------------------------------------------------------------------------------------------------

    def stamp(self) -> str:
        return iso(self.now)

    def _id(self) -> str:
        self.count += 1
        return str(self.count)

    def _owner(self, id: str) -> Json:
        first, last = self.owners[id]
        return {"id": id, "firstName": first, "lastName": last, "email": f"{first.lower()}@acme.example", "type": "PERSON", "archived": False, "createdAt": iso(self.now), "updatedAt": iso(self.now)}

    def _created(self, kind: str, body: Json) -> Record:
        need(body, {"properties", "associations"})
        self._check(kind, body["properties"], None)
        if kind == "tickets" and (lacking := {"hs_pipeline_stage", "subject", *self.required} - set(body["properties"])):
            raise Wrong(400, "VALIDATION_ERROR", f"Property values were not valid: {sorted(lacking)} is required.")
        if kind == "notes" and "hs_timestamp" not in body["properties"]:
            raise Wrong(400, "VALIDATION_ERROR", "hs_timestamp is required.")
        for one in body["associations"]:
            to = self.records.get(str(one["to"]["id"]))
            if to is None or to.archived or [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": ASSOCIATIONS.get((kind, to.kind))}] != one["types"]:
                raise Wrong(400 if to else 404, "VALIDATION_ERROR", "One or more associations are not valid.")
        made = self._make(kind, body["properties"], OURS)
        for one in body["associations"]:
            self._link(made.id, str(one["to"]["id"]))
        return made

    def _check(self, kind: str, properties: Json, held: Record | None) -> None:
        known = BUILT_IN[kind] | (set(self.properties) if kind == "tickets" else set())
        for name, value in properties.items():
            if name not in known or not isinstance(value, str):
                raise Wrong(400, "VALIDATION_ERROR", f"Property \"{name}\" does not exist.")
            unique = name == "email" or self.properties.get(name, {}).get("hasUniqueValue")
            twin = next((one for one in self.records.values() if unique and one.kind == kind and one is not held and not one.archived and one.properties.get(name) == value), None)
            if twin is not None and name == "email":
                raise Wrong(409, "CONFLICT", f"Contact already exists. Existing ID: {twin.id}")
            if twin is not None:
                raise Wrong(400, "VALIDATION_ERROR", f"{twin.id} already has that value.")
        if len(properties.get("hs_note_body", "")) > 65_536:
            raise Wrong(400, "VALIDATION_ERROR", "hs_note_body is too long.")
        if (owner := properties.get("hubspot_owner_id")) and owner not in self.owners:
            raise Wrong(400, "VALIDATION_ERROR", f"{owner} is no owner.")
        if "hs_pipeline_stage" in properties:
            line = properties.get("hs_pipeline") or (held.properties.get("hs_pipeline") if held else "0")
            if not any(one["id"] == line and any(stage["id"] == properties["hs_pipeline_stage"] for stage in one["stages"]) for one in self.pipelines):
                raise Wrong(400, "VALIDATION_ERROR", f"{properties['hs_pipeline_stage']} is not a valid pipeline stage ID.")

    def _make(self, kind: str, properties: Json, by: tuple[str, str]) -> Record:
        made = Record(id=self._id(), kind=kind, properties={"hs_createdate": iso(self.now)} if kind in ("notes", "emails") else {}, created=self.now)
        self.records[made.id] = made
        self._set(made, properties, by)
        return made

    def _set(self, record: Record, properties: Json, by: tuple[str, str]) -> None:
        for name, value in properties.items():
            if record.properties.get(name) == value:
                continue
            record.properties[name] = value
            record.history.setdefault(name, []).insert(0, {"value": value, "timestamp": iso(self.now), "sourceType": by[0], "sourceId": by[1]})
            if record.kind == "tickets":
                self._tell("ticket.propertyChange", record.id, propertyName=name, propertyValue=value, changeSource=by[0], sourceId=by[1])

    def _link(self, a: str, b: str) -> None:
        self.links.add((a, b))

    def _shown(self, one: Record, properties: list[str], history: list[str] | None = None) -> Json:
        shown = {name: one.properties.get(name) for name in (properties or one.properties) if name}
        past = {"propertiesWithHistory": {name: one.history.get(name, []) for name in history}} if history and history != [""] else {}
        return {"id": one.id, "properties": shown, "createdAt": iso(one.created), "updatedAt": iso(self.now), "archived": one.archived, **past}


_C = r"(contacts|tickets|notes|emails)"
_ROUTES: list[tuple[str, str | None, Callable[..., Response]]] = [
    (rf"GET /account-info/{V}/details", "oauth", Portal.details), (rf"GET /crm/pipelines/{V}/tickets", "tickets", Portal.list_pipelines),
    (rf"GET /crm/owners/{V}", "crm.objects.owners.read", Portal.list_owners), (rf"GET /crm/owners/{V}/(\d+)", "crm.objects.owners.read", Portal.owner),
    (rf"GET /crm/properties/{V}/tickets/groups/(\w+)", "tickets", Portal.group), (rf"POST /crm/properties/{V}/tickets/groups", "tickets", Portal.make_group),
    (rf"GET /crm/properties/{V}/tickets", "tickets", Portal.list_properties),
    (rf"GET /crm/properties/{V}/tickets/(\w+)", "tickets", Portal.property), (rf"POST /crm/properties/{V}/tickets", "tickets", Portal.make_property),
    (rf"GET /crm/objects/{V}/{_C}", None, Portal.some), (rf"GET /crm/objects/{V}/{_C}/([^/]+)", None, Portal.read), (rf"POST /crm/objects/{V}/{_C}", None, Portal.create),
    (rf"POST /crm/objects/{V}/{_C}/batch/create", None, Portal.create_many), (rf"POST /crm/objects/{V}/{_C}/batch/read", None, Portal.read_many),
    (rf"POST /crm/objects/{V}/{_C}/batch/upsert", None, Portal.upsert), (rf"PATCH /crm/objects/{V}/{_C}/(\d+)", None, Portal.update),
    (rf"POST /crm/associations/{V}/(tickets)/(\w+)/batch/read", "tickets", Portal.associations), (rf"GET /conversations/conversations/{V}/threads", "conversations.read", Portal.list_threads),
    (rf"GET /conversations/conversations/{V}/threads/(\d+)/messages", "conversations.read", Portal.messages),
    (rf"GET /conversations/conversations/{V}/threads/(\d+)/messages/(\d+)/original-content", "conversations.read", Portal.original),
    (r"POST /files/2026-03/files", "files", Portal.upload), (r"GET /files/2026-03/files/search", "files", Portal.files),
    (r"GET /files/2026-03/files/(\d+)/signed-url", "files", Portal.signed),
]

