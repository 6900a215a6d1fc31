"""What the twin of HubSpot is made of: its records, its refusals, and the numbers and names that HubSpot's documentation gives. It holds nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.vendors import Response

OURS, THEIRS = ("INTEGRATION", "778899"), ("CRM_UI", "userId:42")  # who changed something: the app, or somebody in the browser
ADA = "42"
V = "2026-09"
Json = dict[str, Any]
BUILT_IN = {
    "contacts": {"email", "firstname", "lastname", "phone"},
    "tickets": {"subject", "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_priority", "hubspot_owner_id", "hs_lastmodifieddate"},
    "notes": {"hs_note_body", "hs_timestamp", "hs_createdate", "hubspot_owner_id", "hs_attachment_ids"},
    "emails": {"hs_email_direction", "hs_email_status", "hs_email_text", "hs_email_html", "hs_timestamp", "hs_createdate", "hubspot_owner_id", "hs_email_subject", "hs_attachment_ids"},
}
SCOPES = {"contacts": ("crm.objects.contacts.read", "crm.objects.contacts.write"), "notes": ("crm.objects.contacts.read", "crm.objects.contacts.write"),
           "tickets": ("tickets", "tickets"), "emails": ("sales-email-read", "crm.objects.contacts.write")}
ASSOCIATIONS = {("tickets", "contacts"): 16, ("notes", "tickets"): 228, ("emails", "tickets"): 224, ("notes", "contacts"): 202}


class Wrong(Exception):
    """An answer that is none of 2xx."""

    def __init__(self, status: int, category: str, message: str) -> None:
        super().__init__(message)
        self.answer = said({"status": "error", "message": message, "correlationId": "aeb5f871-7f07-4993-9211-075dc63e7cbf", "category": category}, status)


@dataclass
class Record:
    id: str
    kind: str
    properties: dict[str, str]
    created: datetime
    history: dict[str, list[Json]] = field(default_factory=dict)
    archived: bool = False
    merged_into: str = ""


def need(body: Any, names: set[str]) -> None:
    if not isinstance(body, dict) or names - set(body):
        raise Wrong(400, "VALIDATION_ERROR", f"Invalid input JSON: {sorted(names)} are required.")


def pipeline(id: str, label: str, stages: dict[str, str]) -> Json:
    made = {"archived": False, "createdAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-01-01T00:00:00Z"}
    every = [{"id": stage, "label": f"Stage {stage}", "displayOrder": place, "metadata": {"ticketState": state, "isClosed": str(state == "CLOSED").lower()}, "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT", **made}
             for place, (stage, state) in enumerate(stages.items())]
    return {"id": id, "label": label, "displayOrder": int(id), "stages": every, **made}


def iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def said(told: Json, status: int = 200) -> Response:
    return Response(status=status, body=json.dumps(told).encode(), headers={"Content-Type": "application/json"})
